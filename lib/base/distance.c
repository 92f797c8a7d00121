#include "base/distance.h"

#include <assert.h>

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The usual table, of which three rows are held, and no cell further than
 * `most` from the diagonal is looked at. */
size_t
gv_distance(
    const char *a, size_t a_len, const char *b, size_t b_len, size_t most)
{
	size_t rows[3][GV_DISTANCE_MAX + 1], far = most + 1, i, j;

	if (a_len > GV_DISTANCE_MAX || b_len > GV_DISTANCE_MAX)
		return far;
	most = least(most, GV_DISTANCE_MAX);
	if (a_len > b_len + most || b_len > a_len + most)
		return far;
	for (j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (i = 1; i <= a_len; i++) {
		size_t *now = rows[i % 3];
		const size_t *last = rows[(i + 2) % 3];
		const size_t *before = rows[(i + 1) % 3];
		size_t from = i > most ? i - most : 1;
		size_t to = least(i + most, b_len), best;

		assert(from - 1 <= b_len);
		best = now[from - 1] = from == 1 ? i : most + 1;
		for (j = from; j <= to; j++) {
			size_t d = last[j - 1] + (a[i - 1] != b[j - 1]);

			/* the row above ended one cell earlier */
			if (j < i + most)
				d = least(d, last[j] + 1);
			d = least(d, now[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d = least(d, before[j - 2] + 1);
			now[j] = d;
			best = least(best, d);
		}
		if (best > most)
			return far;
	}
	return least(rows[a_len % 3][b_len], far);
}
