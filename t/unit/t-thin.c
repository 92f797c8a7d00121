#include "unit.h"

#include "autosave/thin.h"

#define HOUR 3600
#define DAY  ((int64_t)24 * HOUR)
#define NOW  ((int64_t)1700000000)

static void
all_of_the_last_day_stay(void **state)
{
	int64_t times[1440];
	bool stays[1440];
	size_t i;

	(void)state;
	for (i = 0; i < 1440; i++)
		times[i] = NOW - (int64_t)i * 60;
	assert_int_equal(gv_thin_choose(stays, times, 1440), 0);
}

/* A save each minute for 200 days: a day whole, 6 days by the hour, 23 days by
 * the day, and the rest by the week, within a slot's rounding. */
static void
older_ones_stay_by_the_hour_the_day_and_the_week(void **state)
{
	enum { N = 200 * 24 * 60 };
	static int64_t times[N];
	static bool stays[N];
	size_t kept[4] = { 0 }, i;

	(void)state;
	for (i = 0; i < N; i++)
		times[i] = NOW - (int64_t)i * 60;
	assert_true(gv_thin_choose(stays, times, N) > 0);
	for (i = 0; i < N; i++) {
		const int64_t age = NOW - times[i];

		kept[age <= DAY           ? 0
			: age <= 7 * DAY  ? 1
			: age <= 30 * DAY ? 2
					  : 3] += stays[i];
		if (age > 26 * 7 * DAY)
			assert_false(stays[i]);
	}
	assert_int_equal(kept[0], 1441);
	assert_in_range(kept[1], 6 * 24, 6 * 24 + 1);
	assert_in_range(kept[2], 23, 24);
	assert_in_range(kept[3], 22, 23);
}

/* What is thinned once loses nothing more at the same time, and each slot keeps
 * its last. */
static void
thinning_again_changes_nothing(void **state)
{
	int64_t times[4000], left[4000];
	bool stays[4000];
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < 4000; i++)
		times[i] = NOW - (int64_t)i * 1777;
	gv_thin_choose(stays, times, 4000);
	for (i = 0; i < 4000; i++)
		if (stays[i])
			left[n++] = times[i];
	assert_true(n > 0 && n < 4000);
	assert_int_equal(gv_thin_choose(stays, left, n), 0);
}

static void
a_clock_that_was_wrong_lets_nothing_new_go(void **state)
{
	/* set back after the second: what claims to be newer stays */
	const int64_t back[] = { NOW - 400 * DAY, NOW, NOW - 60 };
	/* set forward for the newest: the rest is old by it, one a slot stays
	 */
	const int64_t forward[] = { NOW + 3 * DAY, NOW, NOW - 60, NOW - HOUR };
	bool stays[4];

	(void)state;
	assert_int_equal(gv_thin_choose(stays, back, 3), 0);
	assert_int_equal(gv_thin_choose(stays, forward, 4), 1);
	assert_true(stays[0] && stays[1] && !stays[2] && stays[3]);
	assert_int_equal(gv_thin_choose(stays, NULL, 0), 0);
}

UNIT(thin)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_the_last_day_stay),
		cmocka_unit_test(
		    older_ones_stay_by_the_hour_the_day_and_the_week),
		cmocka_unit_test(thinning_again_changes_nothing),
		cmocka_unit_test(a_clock_that_was_wrong_lets_nothing_new_go),
	};

	return UNIT_RUN(tests);
}
