#include "unit/unit.h"

#include <string.h>

#include "config/policy.h"
#include "job/job_due.h"

#define HOUR ((int64_t)3600)
#define DAY  (24 * HOUR)
/* 2026-03-28, 00:00 UTC: the day before the clocks of Berlin go forward */
#define MARCH ((int64_t)1774656000)
/* 2026-10-24, 00:00 UTC: the day before they go back */
#define OCTOBER ((int64_t)1792800000)

/* Berlin in 2026: forward on 29 March, back on 25 October, at 01:00 UTC. */
static int
berlin(time_t at)
{
	return at >= MARCH + DAY + HOUR && at < OCTOBER + DAY + HOUR ? 120 : 60;
}

static int
greenwich(time_t at)
{
	(void)at;
	return 0;
}

static struct gv_policy_schedule
every(int64_t seconds)
{
	return (struct gv_policy_schedule){ .name = "a", .every = seconds };
}

static struct gv_policy_schedule
at(int64_t seconds, int hour, int minute)
{
	struct gv_policy_schedule s = every(seconds);

	s.has_at = true;
	s.hour = hour;
	s.minute = minute;
	return s;
}

static void
one_that_never_ran_is_due_at_once(void **state)
{
	const struct gv_policy_schedule s = every(DAY), t = at(DAY, 2, 30);

	(void)state;
	assert_int_equal(gv_job_due_at(&s, 0, MARCH, greenwich), MARCH);
	assert_int_equal(gv_job_due_at(&t, 0, MARCH, greenwich), MARCH);
}

static void
a_last_run_in_the_future_counts_as_none(void **state)
{
	const struct gv_policy_schedule s = every(DAY), t = at(DAY, 2, 30);

	(void)state;
	assert_int_equal(
	    gv_job_due_at(&s, MARCH + 99 * DAY, MARCH, greenwich), MARCH);
	assert_int_equal(gv_job_due_at(&t, MARCH + 1, MARCH, greenwich), MARCH);
}

/* A timer looks at 10:03, then at 11:01: the second look is no minute short. */
static void
a_look_that_is_a_little_early_counts(void **state)
{
	const struct gv_policy_schedule s = every(HOUR), w = every(7 * DAY);
	const int64_t last = MARCH + 10 * HOUR + 180;

	(void)state;
	assert_true(gv_job_due_at(&s, last, last + 58 * 60, greenwich) <=
	    last + 58 * 60);
	assert_true(gv_job_due_at(&s, last, last + 50 * 60, greenwich) >
	    last + 50 * 60);
	/* of a week no more than half an hour */
	assert_int_equal(gv_job_due_at(&w, last, last + 1, greenwich),
	    last + 7 * DAY - HOUR / 2);
}

static void
many_missed_runs_are_made_up_by_one(void **state)
{
	const struct gv_policy_schedule s = every(HOUR), t = at(DAY, 2, 30);
	const int64_t now = MARCH + 9 * DAY + 5 * HOUR;

	(void)state;
	assert_true(gv_job_due_at(&s, MARCH, now, greenwich) <= now);
	assert_true(gv_job_due_at(&s, now, now + 60, greenwich) > now + 60);
	assert_true(gv_job_due_at(&t, MARCH, now, greenwich) <= now);
	/* after the catch-up at 05:00 the next one is tomorrow at 02:30 */
	assert_int_equal(gv_job_due_at(&t, now, now + 60, greenwich),
	    MARCH + 10 * DAY + 2 * HOUR + 1800);
}

static void
each_day_has_one_time_whatever_the_clocks_do(void **state)
{
	const struct gv_policy_schedule s = at(DAY, 2, 30);
	static const int64_t begins[] = { MARCH - 2 * DAY, OCTOBER - 2 * DAY };
	int64_t now, last = 0, gap, least = 99 * DAY, most = 0;
	size_t i, runs;

	(void)state;
	for (i = 0; i < 2; i++) {
		last = begins[i];
		runs = 0;
		/* a look each ten minutes, for six days */
		for (now = last + 600; now < begins[i] + 6 * DAY; now += 600) {
			if (gv_job_due_at(&s, last, now, berlin) > now)
				continue;
			gap = now - last;
			if (runs++) {
				least = gap < least ? gap : least;
				most = gap > most ? gap : most;
			}
			last = now;
		}
		assert_int_equal(runs, 6);
	}
	assert_true(least >= 22 * HOUR);
	assert_true(most <= 26 * HOUR);
}

static void
a_time_that_the_clocks_skip_is_the_hour_after(void **state)
{
	const struct gv_policy_schedule s = at(DAY, 2, 30);

	(void)state;
	/* the run of the 28th was at 01:30 UTC; on the 29th there is no 02:30
	 */
	assert_int_equal(
	    gv_job_due_at(&s, MARCH + HOUR + 1800, MARCH + 2 * HOUR, berlin),
	    MARCH + DAY + HOUR + 1800);
}

static void
minutes_of_an_hour(void **state)
{
	const struct gv_policy_schedule s = at(HOUR, -1, 15);
	const struct gv_policy_schedule t = at(6 * HOUR, -1, 15);
	const int64_t last = MARCH + 15 * 60 + 240;

	(void)state;
	assert_int_equal(gv_job_due_at(&s, last, last + 1, greenwich),
	    MARCH + HOUR + 15 * 60);
	assert_int_equal(gv_job_due_at(&t, last, last + 1, greenwich),
	    MARCH + 6 * HOUR + 15 * 60);
	/* over a change of the clocks, too */
	assert_int_equal(gv_job_due_at(&s, MARCH + DAY + 15 * 60,
			     MARCH + DAY + 16 * 60, berlin),
	    MARCH + DAY + HOUR + 15 * 60);
}

static void
tries_are_those_of_plans(void **state)
{
	const struct gv_policy_retry retry = {
		.attempts = 4, .delay = 10, .backoff = 3, .max_delay = 60
	};
	const struct gv_policy_retry once = { .attempts = 1, .backoff = 1 };

	(void)state;
	assert_int_equal(gv_job_due_again(&retry, 1), 10);
	assert_int_equal(gv_job_due_again(&retry, 2), 30);
	assert_int_equal(gv_job_due_again(&retry, 3), 60);
	assert_int_equal(gv_job_due_again(&retry, 4), -1);
	assert_int_equal(gv_job_due_again(&once, 1), -1);
}

UNIT(job_due)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_never_ran_is_due_at_once),
		cmocka_unit_test(a_last_run_in_the_future_counts_as_none),
		cmocka_unit_test(a_look_that_is_a_little_early_counts),
		cmocka_unit_test(many_missed_runs_are_made_up_by_one),
		cmocka_unit_test(each_day_has_one_time_whatever_the_clocks_do),
		cmocka_unit_test(a_time_that_the_clocks_skip_is_the_hour_after),
		cmocka_unit_test(minutes_of_an_hour),
		cmocka_unit_test(tries_are_those_of_plans),
	};

	return UNIT_RUN(tests);
}
