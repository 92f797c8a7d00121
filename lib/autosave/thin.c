#include "autosave/thin.h"

#define HOUR 3600
#define DAY  ((int64_t)24 * HOUR)
#define WEEK (7 * DAY)

/* In each span the last save of each slot stays. */
static const struct {
	int64_t until; /* age */
	int64_t slot;
} spans[] = {
	{ WEEK, HOUR },
	{ 30 * DAY, DAY },
	{ 26 * WEEK, WEEK },
};

#define N_SPANS (sizeof(spans) / sizeof(spans[0]))

/* The number of a slot, also before 1970. */
static int64_t
slot_of(int64_t time, int64_t length)
{
	return time / length - (time % length < 0);
}

size_t
gv_thin_choose(bool *stays, const int64_t *times, size_t n)
{
	int64_t last[N_SPANS] = { 0 };
	bool has_last[N_SPANS] = { false };
	size_t i, k, gone = 0;

	for (i = 0; i < n; i++) {
		const int64_t age = times[0] - times[i];

		for (k = 0; k < N_SPANS && age > spans[k].until; k++)
			;
		stays[i] = i == 0 || age <= DAY;
		if (!stays[i] && k < N_SPANS) {
			const int64_t slot = slot_of(times[i], spans[k].slot);

			stays[i] = !has_last[k] || slot != last[k];
			last[k] = slot;
			has_last[k] = true;
		}
		gone += !stays[i];
	}
	return gone;
}
