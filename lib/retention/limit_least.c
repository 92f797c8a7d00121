#include "retention/limit.h"

uint64_t
gv_limit_goal(uint64_t limit, uint64_t least)
{
	return least <= limit ? limit : least + least / 10;
}

/* More that is gone never takes more, so half of them are put aside each time:
 * each look is a walk over all objects. */
int
gv_limit_least(size_t *k, size_t n, uint64_t limit,
    int (*measure)(void *ctx, size_t k, uint64_t *bytes), void *ctx)
{
	size_t low = 0, high = n; /* what suffices is in low … high */

	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		uint64_t bytes;
		int r = measure(ctx, mid, &bytes);

		if (r < 0)
			return r;
		if (bytes <= limit)
			high = mid;
		else
			low = mid + 1;
	}
	*k = low;
	return 0;
}
