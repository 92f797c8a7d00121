/* lib/retention/retention: what rules keep by count and by time. */
#include "unit.h"

#include "unit/retained.h"

/* A zone with an hour of summer time, from day 100 to day 300 of 365. */
static int
summer(time_t at)
{
	int64_t day = (int64_t)at / DAY % 365;

	return day >= 100 && day < 300 ? 120 : 60;
}

static void
an_empty_set_is_decided(void **state)
{
	struct set *s = new_set();

	(void)state;
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_int_equal(s->ret.n_keep, 0);
	assert_int_equal(s->ret.n_groups, 0);
	free_set(s);
	gv_retention_release(NULL);
}

static void
counts_only_periods_that_have_one(void **state)
{
	struct set *s = new_set();

	(void)state;
	add(s, NOW - 1 * DAY);
	add(s, NOW - 1 * DAY - 3600);
	add(s, NOW - 5 * DAY);
	add(s, NOW - 90 * DAY);
	add(s, NOW - 91 * DAY);
	set(s, "keep-daily", "3");
	decide(s, NOW);
	assert_verdicts(s, "kdkkd");
	assert_why(s, 0, "daily 1 of 3");
	assert_why(s, 0, "newest of its group");
	assert_why(s, 1, "daily: a newer one that day");
	assert_why(s, 3, "daily 3 of 3");
	assert_why(s, 4, "daily: 3 newer ones");
	assert_int_equal(s->ret.n_keep, 3);
	free_set(s);
}

static void
a_week_begins_on_monday(void **state)
{
	struct set *s = new_set();

	(void)state;
	/* 2026-11-16 was a Monday */
	add(s, 1794787200 + 3600);
	add(s, 1794787200);
	add(s, 1794787200 - 1);
	add(s, 1794787200 - 7 * DAY);
	add(s, 1794787200 - 7 * DAY - 1);
	set(s, "keep-weekly", "3");
	decide(s, NOW);
	assert_verdicts(s, "kdkdk");
	free_set(s);
}

static void
local_days_are_meant(void **state)
{
	struct set *s = new_set();

	(void)state;
	add(s, 1794787200 + 3600);
	add(s, 1794787200 - 3600);
	add(s, 1794787200 - 3 * 3600);
	set(s, "keep-daily", "2");
	decide(s, NOW);
	assert_verdicts(s, "kkd");
	offset = 120; /* the second is past midnight there */
	decide(s, NOW);
	assert_verdicts(s, "kdk");
	offset = -300;
	decide(s, NOW);
	assert_verdicts(s, "kdk"); /* the oldest, while places are left */
	assert_why(s, 2, "oldest, while daily has places left");
	free_set(s);
}

static void
months_are_those_of_the_calendar(void **state)
{
	struct set *s = new_set();

	(void)state;
	add(s, 1774915200); /* 2026-03-31T00:00:00Z */
	add(s, 1772236800); /* 2026-02-28T00:00:00Z */
	add(s, 1772236799);
	set(s, "keep-within", "1m");
	decide(s, NOW);
	assert_verdicts(s, "kkd");
	assert_why(s, 1, "within 1m");
	assert_why(s, 2, "older than 1m");
	free_set(s);
}

static void
durations_go_by_the_newest_snapshot(void **state)
{
	struct set *s = new_set();

	(void)state;
	add(s, NOW - 1000 * (int64_t)DAY);
	add(s, NOW - 1001 * (int64_t)DAY);
	add(s, NOW - 1003 * (int64_t)DAY);
	set(s, "keep-within", "2d");
	decide(s, NOW);
	assert_verdicts(s, "kkd");
	free_set(s);
}

static void
pins_and_tags_keep(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 6; i++)
		add(s, NOW - 10 * i);
	s->recs[2].pinned = true;
	s->recs[3].tags[0] = (char *)"a";
	s->recs[3].n_tags = 1;
	s->recs[4].tags[0] = (char *)"a";
	s->recs[4].tags[1] = (char *)"b";
	s->recs[4].n_tags = 2;
	s->recs[5].tags[0] = (char *)"b,a";
	s->recs[5].n_tags = 1;
	set(s, "keep-tag", "b,a");
	decide(s, NOW);
	assert_verdicts(s, "kdkdkk");
	assert_why(s, 1, "no rule keeps it");
	assert_why(s, 2, "pinned");
	assert_why(s, 4, "tag b,a");
	set(s, "keep-tag", "a");
	decide(s, NOW);
	assert_verdicts(s, "kdkkkk");
	free_set(s);
}

static void
the_future_takes_no_place(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	add(s, 253402300799); /* the end of 9999 */
	for (i = 1; i < 8; i++)
		add(s, NOW + 10 * DAY - i);
	add(s, NOW);
	add(s, NOW - 3600);
	add(s, NOW - 2 * DAY);
	set(s, "keep-last", "2");
	decide(s, NOW);
	assert_verdicts(s, "kkkkkkkkkkd");
	assert_why(s, 3, "from the future");
	assert_why(s, 8, "last 1 of 2");
	assert_why(s, 8, "newest of its group");
	set(s, "keep-within", "1d");
	decide(s, NOW);
	assert_verdicts(s, "kkkkkkkkkkd");
	/* a present before all of them: nothing goes */
	decide(s, 0);
	assert_verdicts(s, "kkkkkkkkkkk");
	free_set(s);
}

static void
all_of_one_second(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		add(s, NOW);
	set(s, "keep-secondly", "1");
	decide(s, NOW);
	assert_verdicts(s, "kdddd");
	set(s, "keep-secondly", "0");
	set(s, "keep-last", "3");
	decide(s, NOW);
	assert_verdicts(s, "kkkdd");
	free_set(s);
}

static void
what_was_replaced_stays_for_two_weeks(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	add(s, NOW + 60 * DAY); /* from the future, so it is no measure */
	for (i = 0; i < 5; i++)
		add(s, NOW - 7 * DAY * i)->trigger = (char *)"safety";
	s->recs[1].trigger = (char *)"manual";
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kkkkdd");
	assert_why(s, 2, "safety snapshot, for two weeks\n");
	assert_why(s, 4, "safety snapshot, older than two weeks\n");
	/* a clock that is set forward drops nothing */
	s->recs[0].time = s->recs[1].time;
	decide(s, NOW + 900 * (int64_t)DAY);
	assert_verdicts(s, "kdkkdd");
	/* of one group the newest is no measure of another */
	s->recs[4].branch = s->recs[5].branch = (char *)"c";
	decide(s, NOW);
	assert_verdicts(s, "kdkkkk");
	free_set(s);
}

static void
changes_of_the_zone_confuse_no_hour(void **state)
{
	const struct gv_retention_clock clock = { .now = NOW, .zone = summer };
	struct set *s = new_set();
	int64_t end = (int64_t)(56 * 365 + 300) * DAY;

	(void)state;
	/* half past two comes twice: before the change, and an hour later */
	add(s, end + 3600);
	add(s, end + 1800);
	add(s, end - 1800);
	add(s, end - 5400);
	set(s, "keep-hourly", "3");
	assert_int_equal(
	    gv_retention_decide(&s->ret, &s->all, &s->rules, &clock), 0);
	assert_verdicts(s, "kkdk");
	free_set(s);
}

/* Rules of an environment keep more of the snapshots that have its files. */
static void
an_environment_keeps_more(void **state)
{
	struct gv_policy_env prod = { .name = "prod" };
	const struct gv_policy_envs envs = { .items = &prod, .n = 1 };
	char name[] = "dev", *dev[] = { name };
	struct gv_record *rec;
	struct set *s = new_set();

	(void)state;
	add(s, NOW - DAY);
	add(s, NOW - 2 * DAY);
	add(s, NOW - 3 * DAY);
	add(s, NOW - 4 * DAY);
	rec = (struct gv_record *)&s->all.records[1];
	rec->environments = dev;
	rec->n_environments = 1;
	set(s, "keep-last", "1");
	s->rules.envs = &envs;
	decide(s, NOW);
	assert_verdicts(s, "kddd");
	prod.retention.keep[GV_POLICY_LAST] = 2;
	decide(s, NOW);
	assert_verdicts(s, "kdkd");
	assert_why(s, 2, "for prod: last 2 of 2");
	rec->environments = NULL;
	rec->n_environments = 0;
	free_set(s);
}

UNIT(retention)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_set_is_decided),
		cmocka_unit_test(counts_only_periods_that_have_one),
		cmocka_unit_test(a_week_begins_on_monday),
		cmocka_unit_test(local_days_are_meant),
		cmocka_unit_test(months_are_those_of_the_calendar),
		cmocka_unit_test(durations_go_by_the_newest_snapshot),
		cmocka_unit_test(pins_and_tags_keep),
		cmocka_unit_test(the_future_takes_no_place),
		cmocka_unit_test(all_of_one_second),
		cmocka_unit_test(what_was_replaced_stays_for_two_weeks),
		cmocka_unit_test(changes_of_the_zone_confuse_no_hour),
		cmocka_unit_test(an_environment_keeps_more),
	};

	return UNIT_RUN(tests);
}
