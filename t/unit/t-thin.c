#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "autosave/thin.h"

#define HOUR 3600
#define DAY  ((int64_t)24 * HOUR)
#define NOW  ((int64_t)1700000000)

/* Those that hold without a policy. */
static const struct gv_thin_rule rules[GV_CLASSES] = {
	{ { DAY, 7 * DAY, 30 * DAY, 182 * DAY } },
	{ { DAY, 7 * DAY, 30 * DAY, 182 * DAY } },
	{ { DAY, 7 * DAY, 30 * DAY, 182 * DAY } },
};

static size_t
choose(bool *stays, const int64_t *times, size_t n)
{
	struct gv_thin_save *saves = calloc(n + 1, sizeof(*saves));
	size_t i, gone;

	assert_non_null(saves);
	for (i = 0; i < n; i++)
		saves[i].time = times[i];
	gone = gv_thin_choose(stays, saves, n, rules);
	free(saves);
	return gone;
}

static void
all_of_the_last_day_stay(void **state)
{
	int64_t times[1440];
	bool stays[1440];
	size_t i;

	(void)state;
	for (i = 0; i < 1440; i++)
		times[i] = NOW - (int64_t)i * 60;
	assert_int_equal(choose(stays, times, 1440), 0);
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
	assert_true(choose(stays, times, N) > 0);
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
	choose(stays, times, 4000);
	for (i = 0; i < 4000; i++)
		if (stays[i])
			left[n++] = times[i];
	assert_true(n > 0 && n < 4000);
	assert_int_equal(choose(stays, left, n), 0);
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
	assert_int_equal(choose(stays, back, 3), 0);
	assert_int_equal(choose(stays, forward, 4), 1);
	assert_true(stays[0] && stays[1] && !stays[2] && stays[3]);
	assert_int_equal(choose(stays, NULL, 0), 0);
}

/* Each class by its own rule, and what is let go leaves the last of its slot. */
static void
classes_stay_for_as_long_as_their_rules_say(void **state)
{
	static const struct gv_thin_rule by_class[GV_CLASSES] = {
		{ { DAY, 7 * DAY, 30 * DAY, 182 * DAY } },
		{ { DAY, 7 * DAY, 0, 0 } },
		{ { HOUR, 0, 0, 0 } },
	};
	enum { N = 60 * 24 };
	static struct gv_thin_save saves[N];
	static bool stays[N];
	size_t kept[GV_CLASSES] = { 0 }, i;

	(void)state;
	/* one an hour for 60 days, of each class in turn */
	for (i = 0; i < N; i++)
		saves[i] = (struct gv_thin_save){ NOW - (int64_t)i * HOUR,
			(enum gv_class)(i % GV_CLASSES) };
	gv_thin_choose(stays, saves, N, by_class);
	for (i = 0; i < N; i++) {
		const int64_t age = NOW - saves[i].time;

		kept[saves[i].class] += stays[i];
		if (saves[i].class == GV_CLASS_LOW)
			assert_false(stays[i]);
		if (saves[i].class == GV_CLASS_NORMAL)
			assert_int_equal(stays[i], age <= 7 * DAY);
		if (saves[i].class == GV_CLASS_CRITICAL && age <= 7 * DAY)
			assert_true(stays[i]);
	}
	assert_int_equal(kept[GV_CLASS_NORMAL], 7 * 24 / 3);
	/* 7 days of 8, 23 days of one, four weeks of one */
	assert_in_range(
	    kept[GV_CLASS_CRITICAL], 7 * 8 + 22 + 4, 7 * 8 + 25 + 5);
}

/* What a critical save had is in the newer one of its slot that stays, or it
 * stays itself: whatever the rules are. */
static void
no_slot_of_a_critical_save_is_without_one_that_stays(void **state)
{
	enum { N = 3000 };
	static struct gv_thin_save saves[N];
	static bool stays[N];
	struct gv_thin_rule any[GV_CLASSES];
	unsigned seed = 7;
	size_t i, k, round, newer;

	(void)state;
	for (round = 0; round < 50; round++) {
		for (i = 0; i < GV_CLASSES; i++)
			for (k = 0; k < GV_THIN_SPANS; k++) {
				seed = seed * 1103515245 + 12345;
				any[i].keep[k] = (seed >> 16) % 40 * DAY / 2;
			}
		any[GV_CLASS_CRITICAL].keep[2] = 40 * DAY;
		for (i = 0; i < N; i++) {
			seed = seed * 1103515245 + 12345;
			saves[i] = (struct gv_thin_save){ NOW -
				    (int64_t)i * 1000,
				(enum gv_class)((seed >> 16) % GV_CLASSES) };
		}
		gv_thin_choose(stays, saves, N, any);
		for (i = newer = 0; i < N; i++) {
			if (stays[i])
				newer = i;
			if (saves[i].class == GV_CLASS_CRITICAL)
				assert_int_equal(saves[i].time / DAY,
				    saves[newer].time / DAY);
		}
	}
}

static void
the_class_is_asked_for_only_where_it_matters(void **state)
{
	struct gv_thin_rule other[GV_CLASSES];

	(void)state;
	assert_false(gv_thin_needs_class(0, rules));
	assert_false(gv_thin_needs_class(20 * DAY, rules));
	memcpy(other, rules, sizeof(other));
	other[GV_CLASS_LOW].keep[2] = 10 * DAY;
	assert_false(gv_thin_needs_class(10 * DAY, other));
	assert_true(gv_thin_needs_class(20 * DAY, other));
	assert_false(gv_thin_needs_class(31 * DAY, other));
}

UNIT(thin)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_the_last_day_stay),
		cmocka_unit_test(
		    older_ones_stay_by_the_hour_the_day_and_the_week),
		cmocka_unit_test(thinning_again_changes_nothing),
		cmocka_unit_test(a_clock_that_was_wrong_lets_nothing_new_go),
		cmocka_unit_test(classes_stay_for_as_long_as_their_rules_say),
		cmocka_unit_test(
		    no_slot_of_a_critical_save_is_without_one_that_stays),
		cmocka_unit_test(the_class_is_asked_for_only_where_it_matters),
	};

	return UNIT_RUN(tests);
}
