#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/time.h"
#include "config/policy.h"
#include "record/record.h"
#include "retention/retention.h"

#define MAX 64
#define NOW 1795158764 /* 2026-11-20T07:12:44Z */
#define DAY 86400

/* A set of records, which own nothing. */
struct set {
	struct gv_record recs[MAX];
	struct gv_records all;
	struct gv_policy_rules rules;
	struct gv_retention ret;
	char *tags[MAX][2];
	bool has_received;
	int64_t received[MAX]; /* times of receipts */
	bool has_own;
	bool own[MAX]; /* this clone took it */
};

static int offset; /* of the zone, in minutes */

static int
zone(time_t at)
{
	(void)at;
	return offset;
}

/* A zone with an hour of summer time, from day 100 to day 300 of 365. */
static int
summer(time_t at)
{
	int64_t day = (int64_t)at / DAY % 365;

	return day >= 100 && day < 300 ? 120 : 60;
}

static struct set *
new_set(void)
{
	struct set *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->all.records = s->recs;
	s->rules.group_by = GV_POLICY_HOST | GV_POLICY_BRANCH;
	offset = 0;
	return s;
}

static struct gv_record *
add(struct set *s, int64_t time)
{
	struct gv_record *rec = &s->recs[s->all.n];
	char stamp[GV_TIME_MAX];

	gv_time_compact(stamp, time);
	snprintf(rec->id, sizeof(rec->id), "%.16s-%08zx", stamp, s->all.n);
	rec->time = time;
	rec->host = (char *)"h";
	rec->branch = (char *)"b";
	rec->tags = s->tags[s->all.n];
	s->all.n++;
	return rec;
}

static void
decide(struct set *s, int64_t now)
{
	const struct gv_retention_clock clock = { now, zone,
		s->has_received ? s->received : NULL,
		s->has_own ? s->own : NULL };

	gv_retention_release(&s->ret);
	assert_int_equal(
	    gv_retention_decide(&s->ret, &s->all, &s->rules, &clock), 0);
	assert_int_equal(s->ret.n, s->all.n);
}

/* "k" and "d", one a record. */
static void
assert_verdicts(struct set *s, const char *want)
{
	char got[MAX + 1];
	size_t i;

	for (i = 0; i < s->ret.n; i++)
		got[i] = s->ret.verdicts[i].keep ? 'k' : 'd';
	got[i] = '\0';
	assert_string_equal(got, want);
}

static void
assert_why(struct set *s, size_t i, const char *words)
{
	if (strstr(s->ret.verdicts[i].why, words) == NULL)
		fail_msg("%zu: '%s' does not say '%s'", i,
		    s->ret.verdicts[i].why, words);
}

static void
free_set(struct set *s)
{
	gv_retention_release(&s->ret);
	gv_policy_rules_release(&s->rules);
	free(s);
}

static void
set(struct set *s, const char *name, const char *value)
{
	assert_int_equal(gv_policy_set(&s->rules, name, value), 0);
}

static void
set_limit(struct gv_policy_limits *limits, const char *name, const char *value)
{
	limits->is_set = true;
	assert_int_equal(gv_policy_set_limit(limits, name, value), 0);
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
groups_have_a_newest_each(void **state)
{
	struct set *s = new_set();
	char *one[] = { (char *)"x", (char *)"y" };
	char *two[] = { (char *)"y", (char *)"x" };
	int i;

	(void)state;
	for (i = 0; i < 6; i++)
		add(s, NOW - 10 * i);
	s->recs[1].host = (char *)"other";
	s->recs[3].branch = NULL;
	s->recs[4].branch = NULL;
	s->recs[2].environments = one;
	s->recs[2].n_environments = 2;
	s->recs[5].environments = two;
	s->recs[5].n_environments = 2;
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kkdkdd");
	assert_int_equal(s->ret.n_groups, 3);
	/* whatever makes a group, every host and branch keeps its newest */
	set(s, "group-by", "env");
	decide(s, NOW);
	assert_verdicts(s, "kkkkdd");
	assert_why(s, 1, "newest of its host and branch");
	set(s, "group-by", "");
	decide(s, NOW);
	assert_verdicts(s, "kkdkdd");
	free_set(s);
}

/* Whoever can push can name any host and branch, at any time. */
static void
what_others_push_takes_no_place_of_our_own(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 8; i++)
		add(s, NOW - 10 * i);
	s->has_own = true;
	s->own[5] = s->own[6] = s->own[7] = true;
	set(s, "keep-last", "2");
	decide(s, NOW);
	assert_verdicts(s, "kkdddkkd");
	assert_int_equal(s->ret.n_groups, 2);
	assert_why(s, 5, "last 1 of 2");
	assert_why(s, 5, "newest of its group");
	/* in one group of all, and in those of other keys */
	set(s, "group-by", "");
	decide(s, NOW);
	assert_verdicts(s, "kkdddkkd");
	set(s, "group-by", "trigger");
	decide(s, NOW);
	assert_verdicts(s, "kkdddkkd");
	/* whose rules keep by periods or durations */
	set(s, "keep-last", "0");
	set(s, "keep-daily", "1");
	decide(s, NOW);
	assert_verdicts(s, "kddddkdd");
	/* what is of CI, too, and of a host that is gone */
	for (i = 0; i < 8; i++)
		s->recs[i].trigger = (char *)"ci";
	decide(s, NOW);
	assert_verdicts(s, "kddddkdd");
	s->recs[0].host = (char *)"other";
	for (i = 1; i < 8; i++)
		s->recs[i].time = NOW - 40 * DAY - i;
	decide(s, NOW);
	assert_verdicts(s, "kkdddkdd");
	/* where nothing is known of that, all are alike */
	s->has_own = false;
	decide(s, NOW);
	assert_verdicts(s, "kkdddddd");
	free_set(s);
}

/* What could not be read is perhaps only in the newest that lacks nothing. */
static void
the_newest_that_lacks_nothing_stays(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 6; i++)
		add(s, NOW - 10 * i);
	set(s, "keep-last", "1");
	s->recs[3].unread = 1;
	decide(s, NOW); /* the newest lacks nothing */
	assert_verdicts(s, "kddddd");
	s->recs[0].unread = s->recs[1].unread = 2;
	decide(s, NOW);
	assert_verdicts(s, "kdkddd");
	assert_why(
	    s, 2, "newest of its host and branch in which no file is missing");
	/* one of some files, or what a restore replaced, is none */
	s->recs[2].only = (char *)"f";
	decide(s, NOW);
	assert_int_equal(s->ret.verdicts[4].keep, true);
	s->recs[2].only = NULL;
	/* another host or branch has one of its own */
	s->recs[5].branch = (char *)"c";
	s->recs[2].host = (char *)"other";
	decide(s, NOW);
	assert_verdicts(s, "kdkdkk");
	/* one from the future counts as none; all lack something */
	s->recs[2].host = (char *)"h";
	for (i = 0; i < 6; i++)
		s->recs[i].unread = 1;
	decide(s, NOW);
	assert_verdicts(s, "kddddk");
	free_set(s);
}

static void
a_name_does_not_run_into_the_next(void **state)
{
	struct set *s = new_set();

	(void)state;
	add(s, NOW)->host = (char *)"ab";
	add(s, NOW - 1)->host = (char *)"a";
	s->recs[0].branch = (char *)"c";
	s->recs[1].branch = (char *)"bc";
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kk");
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
a_clock_set_back_does_not_lose_what_came_after(void **state)
{
	struct set *s = new_set();

	(void)state;
	/* the records' order is that of the ids: the newest first */
	add(s, NOW - 10);
	add(s, NOW - 20);
	add(s, 1000000)->previous = NULL;
	add(s, 500000);
	add(s, 0);
	s->recs[4].previous = s->recs[0].id; /* 1970, after the newest */
	s->recs[2].previous = s->recs[4].id;
	s->recs[3].previous = s->recs[1].id;
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kdkkk");
	assert_why(s, 2, "taken after");
	assert_why(s, 3, s->recs[1].id);
	assert_why(s, 4, s->recs[0].id);
	/* in another group it is a link of the chain as well */
	s->recs[3].branch = s->recs[4].branch = (char *)"c";
	decide(s, NOW);
	assert_verdicts(s, "kdkkk");
	/* what names itself, or each other, ends somewhere */
	s->recs[0].previous = s->recs[2].id;
	s->recs[3].previous = s->recs[3].id;
	decide(s, NOW);
	assert_verdicts(s, "kdkkk");
	free_set(s);
}

/* The one whose id tells that it was taken after what is gone. */
static void
an_id_that_is_gone_shows_a_clock_set_back(void **state)
{
	char gone[GV_RECORD_ID_LEN + 1] = "20261120T071240Z-0badcafe";
	struct set *s = new_set();

	(void)state;
	add(s, NOW);
	add(s, NOW - 100 * DAY);
	add(s, NOW - 101 * DAY);
	add(s, NOW - 102 * DAY);
	s->recs[3].previous = gone;
	s->recs[1].previous = s->recs[3].id;
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kkdk");
	assert_why(s, 1, "taken after 20261120T071240Z-0badcafe\n");
	assert_true(s->ret.follows);
	/* of a clock that was ahead it says nothing about the others */
	memcpy(gone, "2099", 4);
	decide(s, NOW);
	assert_verdicts(s, "kddd");
	assert_false(s->ret.follows);
	free_set(s);
}

static void
what_was_taken_at_a_wrong_time_goes_once_it_is_followed(void **state)
{
	struct set *s = new_set();

	(void)state;
	add(s, NOW);
	add(s, NOW - 50);
	add(s, NOW - 100 * DAY);
	add(s, NOW - 101 * DAY);
	s->recs[3].previous = s->recs[1].id;
	s->recs[2].previous = s->recs[3].id;
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kdkk");
	s->recs[0].previous = s->recs[2].id;
	decide(s, NOW);
	assert_verdicts(s, "kddd");
	/* nor does what only stands between hide it */
	s->recs[2].branch = (char *)"c";
	decide(s, NOW);
	assert_verdicts(s, "kdkk");
	s->recs[0].branch = s->recs[1].branch = (char *)"c";
	s->recs[3].branch = (char *)"c";
	decide(s, NOW);
	assert_verdicts(s, "kddd");
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
the_newest_by_id_stays_whatever_its_time(void **state)
{
	struct set *s = new_set();

	(void)state;
	add(s, NOW);
	add(s, NOW - 10);
	add(s, NOW - 20);
	s->recs[0].time = 1; /* the commit's; its id says another */
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kkd");
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

/* --- receipts --- */

static struct set *
new_received(void)
{
	struct set *s = new_set();
	size_t i;

	s->has_received = true;
	for (i = 0; i < MAX; i++)
		s->received[i] = INT64_MAX;
	set(s, "keep-last", "1");
	return s;
}

static void
a_receipt_takes_the_future_from_a_forged_time(void **state)
{
	struct set *s = new_received();

	(void)state;
	add(s, NOW + 500 * DAY);
	add(s, NOW + 400 * DAY);
	add(s, NOW - 2 * DAY);
	add(s, NOW - 9 * DAY);
	decide(s, NOW);
	assert_verdicts(s, "kkkd");
	assert_why(s, 1, "from the future\n");
	s->received[0] = s->received[1] = NOW - 5 * DAY;
	decide(s, NOW);
	/* the newest by its claim stays, the other counts as of its receipt */
	assert_verdicts(s, "kdkd");
	assert_why(s, 0, "newest of its group\n");
	assert_why(s, 0, "time by receipt: 2026-11-15T07:12:44Z\n");
	assert_why(s, 1, "last: 1 newer one\n");
	assert_why(s, 1, "time by receipt: 2026-11-15T07:12:44Z\n");
	free_set(s);
}

static void
a_late_receipt_makes_nothing_younger(void **state)
{
	struct set *s = new_received();

	(void)state;
	add(s, NOW - DAY);
	add(s, NOW - 900 * DAY);
	s->received[0] = s->received[1] = NOW;
	decide(s, NOW);
	assert_verdicts(s, "kd");
	assert_null(strstr(s->ret.verdicts[0].why, "receipt"));
	assert_null(strstr(s->ret.verdicts[1].why, "receipt"));
	free_set(s);
}

static void
the_order_of_what_came_together_is_that_of_the_ids(void **state)
{
	struct set *s = new_received();

	(void)state;
	set(s, "keep-last", "2");
	add(s, NOW + 3 * DAY);
	add(s, NOW + 2 * DAY);
	add(s, NOW + 1 * DAY);
	s->received[0] = s->received[1] = s->received[2] = NOW - DAY;
	decide(s, NOW);
	assert_verdicts(s, "kkd");
	free_set(s);
}

static void
no_receipt_drops_a_pinned_one_or_all(void **state)
{
	struct set *s = new_received();

	(void)state;
	add(s, NOW - 1 * DAY);
	add(s, NOW - 2 * DAY)->pinned = true;
	s->received[0] = s->received[1] = 0;
	decide(s, NOW);
	assert_verdicts(s, "kk");
	free_set(s);
}

/* --- a slow and obvious model --- */

static void
describe(char *out, size_t len, int period, int64_t time)
{
	static const char *const formats[GV_POLICY_PERIODS] = {
		[GV_POLICY_SECONDLY] = "%Y-%m-%d %H:%M:%S",
		[GV_POLICY_MINUTELY] = "%Y-%m-%d %H:%M",
		[GV_POLICY_HOURLY] = "%Y-%m-%d %H",
		[GV_POLICY_DAILY] = "%Y-%m-%d",
		[GV_POLICY_WEEKLY] = "%G week %V",
		[GV_POLICY_MONTHLY] = "%Y-%m",
		[GV_POLICY_YEARLY] = "%Y",
	};
	time_t t = (time_t)(time + (int64_t)offset * 60);
	struct tm tm;

	assert_non_null(gmtime_r(&t, &tm));
	assert_true(strftime(out, len, formats[period], &tm) > 0);
}

static bool
is_same_period(int period, const struct gv_record *a, const struct gv_record *b)
{
	char x[64], y[64];

	if (period == GV_POLICY_LAST)
		return a == b;
	describe(x, sizeof(x), period, a->time);
	describe(y, sizeof(y), period, b->time);
	return strcmp(x, y) == 0;
}

static bool
is_newer(const struct gv_record *a, const struct gv_record *b)
{
	return a->time > b->time || (a->time == b->time && a < b);
}

static const char *
trigger_of(const struct gv_record *rec)
{
	return rec->trigger ? rec->trigger : "manual";
}

static bool
is_safety(const struct gv_record *rec)
{
	return strcmp(trigger_of(rec), "safety") == 0;
}

/* Whether it is of a CI host that took nothing for 30 days. */
static bool
is_gone(const struct set *s, const struct gv_record *rec, int64_t now)
{
	int64_t newest = INT64_MIN, seen = INT64_MIN;
	size_t i;

	for (i = 0; i < s->all.n; i++) {
		const struct gv_record *r = &s->recs[i];

		if (r->time > now)
			continue;
		if (r->time > newest)
			newest = r->time;
		if (r->time > seen && strcmp(r->host, rec->host) == 0)
			seen = r->time;
	}
	return rec->time <= now && strcmp(trigger_of(rec), "ci") == 0 &&
	    seen < newest - 30 * DAY;
}

static bool
is_same_line(const struct set *s, const struct gv_record *a,
    const struct gv_record *b, unsigned by, int64_t now)
{
	bool gone = is_gone(s, a, now);

	if (gone || is_gone(s, b, now))
		return gone && is_gone(s, b, now);
	return (!(by & GV_POLICY_HOST) || strcmp(a->host, b->host) == 0) &&
	    (!(by & GV_POLICY_BRANCH) || strcmp(a->branch, b->branch) == 0);
}

static bool
is_same_group(const struct set *s, const struct gv_record *a,
    const struct gv_record *b, int64_t now)
{
	return strcmp(trigger_of(a), trigger_of(b)) == 0 &&
	    is_same_line(s, a, b, s->rules.group_by, now);
}

static bool
is_named(const struct gv_record *rec)
{
	return rec->n_tags || (rec->subject && !rec->trigger);
}

/* Others of its group that count. */
static bool
is_peer(const struct set *s, const struct gv_record *a,
    const struct gv_record *b, int64_t now)
{
	return b->time <= now && is_same_group(s, a, b, now);
}

static int64_t
back(int64_t from, const struct gv_policy_span *span)
{
	time_t t = (time_t)(from + (int64_t)offset * 60);
	struct tm tm;
	int day, month;

	assert_non_null(gmtime_r(&t, &tm));
	day = tm.tm_mday;
	month = tm.tm_year * 12 + tm.tm_mon - (int)span->months;
	tm.tm_year = month >= 0 ? month / 12 : (month - 11) / 12;
	tm.tm_mon = month - tm.tm_year * 12;
	/* the last day that the month has */
	for (;; day--) {
		struct tm probe = tm;

		probe.tm_mday = day;
		t = timegm(&probe);
		if (probe.tm_mon == tm.tm_mon)
			break;
	}
	return (int64_t)t - span->days * DAY - span->seconds -
	    (int64_t)offset * 60;
}

/* Of two of one period, whether `a` speaks for it rather than `b`. */
static bool
is_better(const struct gv_record *a, const struct gv_record *b, int64_t from)
{
	bool x = is_named(a) && a->time >= from;
	bool y = is_named(b) && b->time >= from;

	return x != y ? x : is_newer(a, b);
}

struct model_rule {
	int period;
	int64_t of, from;
	bool named;
};

/* Whether one rule keeps it: `of` places, or since `from`; applied to all or to
 * those with a name alone. */
static bool
model_rule(const struct set *s, const struct gv_record *rec,
    const struct model_rule *rule, int64_t now)
{
	int period = rule->period;
	int64_t of = rule->of, from = rule->from;
	bool named = rule->named;
	bool speaks = true, oldest = period != GV_POLICY_LAST;
	int64_t newer_periods = 0, periods = 0;
	size_t i, j;

	if (named && !is_named(rec))
		return false;
	for (i = 0; i < s->all.n; i++) {
		const struct gv_record *r = &s->recs[i];
		bool first = true;

		if (!is_peer(s, rec, r, now) || (named && !is_named(r)))
			continue;
		if (is_newer(rec, r))
			oldest = false;
		if (r != rec && is_same_period(period, r, rec) &&
		    is_better(r, rec, from))
			speaks = false;
		/* count each period at its newest */
		for (j = 0; j < s->all.n; j++)
			if (is_peer(s, rec, &s->recs[j], now) &&
			    (!named || is_named(&s->recs[j])) &&
			    is_newer(&s->recs[j], r) &&
			    is_same_period(period, &s->recs[j], r))
				first = false;
		periods += first;
		newer_periods += first && is_newer(r, rec) &&
		    !is_same_period(period, r, rec);
	}
	if (from != INT64_MIN)
		return rec->time >= from && (speaks || oldest);
	if (speaks)
		return of < 0 || newer_periods < of;
	return oldest && (of < 0 || periods < of);
}

/* The limits of the record's trigger, or of all. */
static const struct gv_policy_limits *
model_limits(const struct set *s, const struct gv_record *rec)
{
	const char *trigger = rec->trigger ? rec->trigger : "manual";
	int i;

	for (i = 0; i < GV_POLICY_OTHER; i++)
		if (strcmp(gv_policy_lanes[i], trigger) == 0 &&
		    s->rules.lanes[i].is_set)
			return &s->rules.lanes[i];
	return &s->rules.all;
}

static bool
model_rules(const struct set *s, const struct gv_record *rec,
    const struct gv_record *present, int64_t now, bool named)
{
	const struct gv_policy_limits *limits = model_limits(s, rec);
	bool only_within = is_safety(rec) && limits == &s->rules.all;
	int p;

	for (p = 0; p < GV_POLICY_PERIODS; p++) {
		struct model_rule rule = { p, limits->keep[p], INT64_MIN,
			named };

		if (only_within && p != GV_POLICY_LAST)
			continue;
		if (rule.of && !only_within && model_rule(s, rec, &rule, now))
			return true;
		if (*limits->within[p].text == '\0')
			continue;
		rule.of = 0;
		rule.from = back(present->time, &limits->within[p]);
		if (model_rule(s, rec, &rule, now))
			return true;
	}
	return false;
}

/* Whether it is the newest of its host and branch. */
static bool
model_place(const struct set *s, const struct gv_record *rec, int64_t now)
{
	bool first = true, newest = rec->time <= now;
	bool newest_manual = newest && rec->trigger == NULL;
	size_t i;

	for (i = 0; i < s->all.n; i++) {
		const struct gv_record *r = &s->recs[i];

		if (!is_same_line(
			s, rec, r, GV_POLICY_HOST | GV_POLICY_BRANCH, now))
			continue;
		if (r < rec)
			first = false;
		if (r->time <= now && is_newer(r, rec)) {
			newest = false;
			newest_manual = newest_manual && r->trigger;
		}
	}
	return first || newest || newest_manual;
}

static bool
model(const struct set *s, const struct gv_record *rec, int64_t now)
{
	const struct gv_record *newest = rec, *present = NULL;
	int64_t line = INT64_MIN;
	bool is_first = true;
	size_t i;

	for (i = 0; i < s->all.n; i++) {
		const struct gv_record *r = &s->recs[i];

		if (r->time <= now && r->time > line &&
		    is_same_line(s, rec, r, s->rules.group_by, now))
			line = r->time;
		if (!is_same_group(s, rec, r, now))
			continue;
		if (is_newer(r, newest))
			newest = r;
		if (r->time <= now && (!present || is_newer(r, present)))
			present = r;
		if (r < rec)
			is_first = false;
	}
	if (rec->time > now || rec->pinned || model_place(s, rec, now))
		return true;
	if (is_safety(rec) && line - rec->time <= 14 * DAY)
		return true;
	if (!is_safety(rec) && (rec == newest || rec == present || is_first))
		return true;
	return model_rules(s, rec, present, now, false) ||
	    model_rules(s, rec, present, now, true);
}

static uint64_t seed = 42;

static unsigned
next(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static void
random_rules(struct set *s)
{
	static const char *const spans[] = { "1d", "3w", "1m", "1y2m", "36h",
		"0d", "90M" };
	char name[64], value[16];
	unsigned n = 1 + next(6), p;
	struct gv_policy_limits *limits;

	while (n--) {
		p = next(GV_POLICY_PERIODS);
		limits = next(2) ? &s->rules.all
				 : &s->rules.lanes[next(GV_POLICY_OTHER)];
		limits->is_set = true;
		if (next(3)) {
			snprintf(name, sizeof(name), "keep-%s",
			    gv_policy_periods[p]);
			snprintf(value, sizeof(value), "%d", (int)next(7) - 1);
			set_limit(limits, name, value);
			continue;
		}
		snprintf(name, sizeof(name), "keep-within%s%s", p ? "-" : "",
		    p ? gv_policy_periods[p] : "");
		set_limit(limits, name, spans[next(7)]);
	}
	s->rules.group_by = next(4);
}

static void
random_set(struct set *s)
{
	static const int64_t spreads[] = { 30, 3600 * 5, DAY * 4, DAY * 60,
		(int64_t)DAY * 900 };
	static const char *const names[] = { "x", "y", "z" };
	static const char *const triggers[] = { NULL, NULL, NULL, NULL,
		"safety", "hook", "schedule", "ci", "watch", "newer" };
	static char tag[] = "t", said[] = "before the upgrade";
	int64_t spread = spreads[next(5)];
	unsigned n = next(40) + 1, i;

	for (i = 0; i < n; i++) {
		struct gv_record *rec = add(s,
		    NOW -
			(int64_t)((double)next(1000000) / 1e6 *
			    (double)spread));

		if (next(20) == 0)
			rec->time = (int64_t)next(2) * 253402300799;
		if (next(20) == 0)
			rec->time = NOW + next(100000);
		rec->host = (char *)names[next(2)];
		rec->branch = (char *)names[next(3)];
		rec->pinned = next(15) == 0;
		rec->trigger = (char *)triggers[next(10)];
		if (next(6) == 0)
			rec->subject = said;
		if (next(9) == 0) {
			rec->tags[0] = tag;
			rec->n_tags = 1;
		}
	}
}

/* --- who asked for it, and whether it has a name --- */

/* Six of each trigger, a minute apart: how many stay. */
static void
assert_kept(struct set *s, const char *trigger, size_t want)
{
	size_t i, n = 0;

	for (i = 0; i < 6; i++)
		add(s, NOW - (int64_t)i * 60)->trigger = (char *)trigger;
	decide(s, NOW);
	for (i = 0; i < 6; i++)
		n += s->ret.verdicts[i].keep;
	if (n != want)
		fail_msg("%s: %zu stay, not %zu", trigger ? trigger : "none", n,
		    want);
	s->all.n = 0;
}

static void
a_trigger_with_limits_of_its_own_goes_by_them_alone(void **state)
{
	struct gv_policy_limits *lanes;
	struct set *s = new_set();

	(void)state;
	lanes = s->rules.lanes;
	set(s, "keep-last", "3");
	set_limit(&lanes[GV_POLICY_HOOK], "keep-last", "2");
	set_limit(&lanes[GV_POLICY_CI], "keep-within", "4M");
	/* the newest of a group stays in any case */
	set_limit(&lanes[GV_POLICY_WATCH], "keep-last", "0");
	set_limit(&lanes[GV_POLICY_SCHEDULE], "keep-last", "unlimited");
	assert_kept(s, "hook", 2);
	assert_kept(s, "ci", 5);
	assert_kept(s, "watch", 1);
	assert_kept(s, "schedule", 6);
	assert_kept(s, "manual", 3);
	assert_kept(s, NULL, 3);
	assert_kept(s, "of-a-newer-program", 3);
	set_limit(&lanes[GV_POLICY_MANUAL], "keep-last", "5");
	assert_kept(s, NULL, 5);
	assert_kept(s, "of-a-newer-program", 3);
	free_set(s);
}

static void
limits_for_safety_snapshots_only_add_to_two_weeks(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		add(s, NOW - (int64_t)i * 10 * DAY)->trigger = (char *)"safety";
	set(s, "keep-last", "9");
	decide(s, NOW);
	assert_verdicts(s, "kkdd");
	set_limit(&s->rules.lanes[GV_POLICY_SAFETY], "keep-last", "3");
	decide(s, NOW);
	assert_verdicts(s, "kkkd");
	assert_why(s, 2, "last 3 of 3");
	set_limit(&s->rules.lanes[GV_POLICY_SAFETY], "keep-last", "0");
	decide(s, NOW);
	assert_verdicts(s, "kkdd");
	set_limit(&s->rules.lanes[GV_POLICY_SAFETY], "keep-within", "25d");
	decide(s, NOW);
	assert_verdicts(s, "kkkd");
	free_set(s);
}

static void
what_programs_take_uses_up_no_place_of_a_person(void **state)
{
	static const char *const triggers[] = { "hook", "schedule", "ci",
		"watch", "safety", "of a newer program" };
	static const char *const rules[] = { "keep-last", "keep-hourly",
		"keep-daily", "keep-weekly", "keep-monthly", "keep-yearly" };
	size_t t, r;

	(void)state;
	for (t = 0; t < sizeof(triggers) / sizeof(triggers[0]); t++)
		for (r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
			struct set *s = new_set();

			add(s, NOW)->trigger = (char *)triggers[t];
			add(s, NOW - 1)->trigger = (char *)triggers[t];
			add(s, NOW - 2)->trigger = (char *)"manual";
			add(s, NOW - 3)->trigger = (char *)triggers[t];
			add(s, NOW - 4);
			set(s, rules[r], "1");
			decide(s, NOW);
			assert_true(s->ret.verdicts[2].keep);
			assert_false(s->ret.verdicts[2].group ==
			    s->ret.verdicts[0].group);
			/* nor the other way round */
			assert_true(s->ret.verdicts[0].keep);
			assert_int_equal(s->ret.n_groups, 2);
			free_set(s);
		}
}

static void
one_with_a_name_outlives_those_without(void **state)
{
	static const char *const rules[] = { "keep-last", "keep-minutely",
		"keep-hourly", "keep-daily", "keep-weekly", "keep-monthly",
		"keep-yearly" };
	size_t r;
	int how;

	(void)state;
	for (how = 0; how < 3; how++)
		for (r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
			struct set *s = new_set();
			char *said = (char *)"before the migration";
			int i;

			for (i = 0; i < 6; i++)
				add(s, NOW - i)->subject =
				    (char *)"snapshot of b";
			if (how == 0)
				s->recs[3].subject = said;
			else if (how == 1)
				s->recs[3].body = said;
			else
				s->tags[3][0] = said;
			s->recs[3].n_tags = how == 2;
			set(s, rules[r], "1");
			decide(s, NOW);
			/* it, and the newest */
			assert_verdicts(s, "kddkdd");
			free_set(s);
		}
}

static void
a_message_of_a_program_is_no_name(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		add(s, NOW - i)->trigger = (char *)"hook";
		s->recs[i].subject = (char *)"before a rebase";
	}
	s->recs[1].subject = (char *)"snapshot of b";
	set(s, "keep-daily", "1");
	decide(s, NOW);
	assert_verdicts(s, "kddd");
	free_set(s);
}

static void
the_oldest_named_one_goes_for_a_newer_named_one(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 6; i++)
		add(s, NOW - i * DAY)->subject = (char *)"said";
	s->recs[0].subject = s->recs[2].subject = NULL;
	set(s, "keep-last", "2");
	decide(s, NOW);
	assert_verdicts(s, "kkdkdd");
	assert_why(s, 3, "last 2 of 2, of those with a message or a tag");
	free_set(s);
}

static void
ci_hosts_that_are_gone_share_a_group(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	add(s, NOW);
	for (i = 1; i < 6; i++) {
		add(s, NOW - (i < 3 ? 1 : 40) * DAY - i)->trigger =
		    (char *)"ci";
		s->recs[i].host = s->recs[i].id; /* one a job */
	}
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kkkkdd");
	/* a clock that is set forward makes no host look gone */
	decide(s, NOW + 900 * (int64_t)DAY);
	assert_verdicts(s, "kkkkdd");
	/* those of a person stay, however long nobody saw the host */
	for (i = 1; i < 6; i++)
		s->recs[i].trigger = (char *)"manual";
	decide(s, NOW);
	assert_verdicts(s, "kkkkkk");
	/* and so do those of a host that is at work still */
	for (i = 1; i < 6; i++) {
		s->recs[i].trigger = (char *)"ci";
		s->recs[i].branch = s->recs[i].id;
		s->recs[i].host = s->recs[0].host;
	}
	decide(s, NOW);
	assert_verdicts(s, "kkkkkk");
	free_set(s);
}

/* --- properties --- */

/* More rules, or larger ones, never let go of what others keep. */
static void
more_rules_never_drop_more(void **state)
{
	int round;
	size_t i;

	(void)state;
	for (round = 0; round < 1000; round++) {
		struct set *s = new_set();
		bool kept[MAX];
		char more[16];
		unsigned p = next(GV_POLICY_PERIODS);
		char name[64];

		random_set(s);
		random_rules(s);
		decide(s, NOW);
		for (i = 0; i < s->all.n; i++)
			kept[i] = s->ret.verdicts[i].keep;
		if (s->rules.all.keep[p] >= 0) {
			snprintf(name, sizeof(name), "keep-%s",
			    gv_policy_periods[p]);
			snprintf(more, sizeof(more), "%d",
			    (int)s->rules.all.keep[p] + 1 + (int)next(5));
			set(s, name, more);
		}
		decide(s, NOW);
		for (i = 0; i < s->all.n; i++)
			if (kept[i] && !s->ret.verdicts[i].keep)
				fail_msg("round %d: record %zu of %zu: %s",
				    round, i, s->all.n, s->ret.verdicts[i].why);
		free_set(s);
	}
}

/* Whatever else was taken, the newest that a person took of a host and branch
 * stays, and so does the newest of all. */
static void
the_newest_is_never_dropped(void **state)
{
	int round;
	size_t i, j;

	(void)state;
	for (round = 0; round < 1000; round++) {
		struct set *s = new_set();

		random_set(s);
		random_rules(s);
		decide(s, NOW);
		for (i = 0; i < s->all.n; i++) {
			const struct gv_record *a = &s->recs[i];
			bool newest = a->time <= NOW && a->trigger == NULL;

			for (j = 0; newest && j < s->all.n; j++) {
				const struct gv_record *b = &s->recs[j];

				newest = b == a || b->trigger ||
				    b->time > NOW || b->host != a->host ||
				    b->branch != a->branch ||
				    b->time < a->time ||
				    (b->time == a->time && b > a);
			}
			if (newest)
				assert_true(s->ret.verdicts[i].keep);
		}
		free_set(s);
	}
}

/* Only times and ids decide, not the order in which the records come: of one
 * second the order of the records is that of the ids. */
static void
the_order_of_the_records_decides_nothing(void **state)
{
	int round;
	size_t i, at;

	(void)state;
	for (round = 0; round < 1000; round++) {
		struct set *s = new_set(), *t = new_set();
		size_t rank[MAX];

		random_set(s);
		/* one a second, each in its place by time, as ids are */
		for (i = 0; i < s->all.n; i++)
			s->recs[i].time =
			    NOW - 7 * (int64_t)i * next(5000) - (int64_t)i;
		random_rules(s);
		decide(s, NOW);
		/* another host's snapshots in between change nothing */
		for (i = at = 0; i < s->all.n && at + 1 < MAX; i++) {
			add(t, s->recs[i].time)->host = (char *)"between";
			rank[i] = ++at;
			t->recs[at] = s->recs[i];
			t->all.n = ++at;
		}
		if (i == s->all.n && (s->rules.group_by & GV_POLICY_HOST)) {
			const struct gv_policy_rules own = t->rules;

			t->rules = s->rules;
			decide(t, NOW);
			t->rules = own;
			for (i = 0; i < s->all.n; i++)
				assert_true(s->ret.verdicts[i].keep ==
				    t->ret.verdicts[rank[i]].keep);
		}
		free_set(s);
		free_set(t);
	}
}

/* Of several that claim the same the one that is the newest by receipt, and
 * then by id. */
static bool
is_first_claim(const struct set *s, const struct set *b, size_t at, int64_t now)
{
	int64_t mine = s->recs[at].time < s->received[at] ? s->recs[at].time
							  : s->received[at];
	size_t i;

	for (i = 0; i < s->all.n; i++) {
		int64_t other = s->recs[i].time < s->received[i]
		    ? s->recs[i].time
		    : s->received[i];

		if (i != at && s->recs[i].time == s->recs[at].time &&
		    is_same_group(b, &b->recs[i], &b->recs[at], now) &&
		    (other > mine || (other == mine && i < at)))
			return false;
	}
	return true;
}

/* With receipts it is the model of the times that these leave, beside the
 * newest by what was claimed. */
static bool
model_received(const struct set *s, size_t at, int64_t now)
{
	struct set bounded = *s;
	bool claims = true;
	size_t i;

	for (i = 0; i < s->all.n; i++)
		if (s->received[i] < s->recs[i].time)
			bounded.recs[i].time = s->received[i];
	for (i = 0; i < s->all.n; i++)
		if (is_same_group(
			&bounded, &bounded.recs[at], &bounded.recs[i], now) &&
		    s->recs[i].time > s->recs[at].time)
			claims = false;
	claims = claims && !is_safety(&s->recs[at]);
	return model(&bounded, &bounded.recs[at], now) ||
	    (claims && is_first_claim(s, &bounded, at, now));
}

static void
random_receipts(struct set *s)
{
	size_t i;

	s->has_received = next(2);
	for (i = 0; i < MAX; i++)
		s->received[i] = INT64_MAX;
	for (i = 0; s->has_received && i < s->all.n; i++)
		if (next(3))
			s->received[i] = NOW - next(400 * DAY);
}

static void
agrees_with_a_slow_model(void **state)
{
	static const int zones[] = { 0, 60, -300, 345, 720, -720 };
	int round;
	size_t i;

	(void)state;
	for (round = 0; round < 4000; round++) {
		struct set *s = new_set();

		random_set(s);
		random_rules(s);
		random_receipts(s);
		offset = zones[next(6)];
		decide(s, NOW);
		for (i = 0; i < s->all.n; i++)
			if (s->ret.verdicts[i].keep !=
			    model_received(s, i, NOW))
				fail_msg("round %d: record %zu of %zu: %s",
				    round, i, s->all.n, s->ret.verdicts[i].why);
		free_set(s);
	}
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
		cmocka_unit_test(groups_have_a_newest_each),
		cmocka_unit_test(what_others_push_takes_no_place_of_our_own),
		cmocka_unit_test(the_newest_that_lacks_nothing_stays),
		cmocka_unit_test(a_name_does_not_run_into_the_next),
		cmocka_unit_test(the_future_takes_no_place),
		cmocka_unit_test(all_of_one_second),
		cmocka_unit_test(
		    a_clock_set_back_does_not_lose_what_came_after),
		cmocka_unit_test(an_id_that_is_gone_shows_a_clock_set_back),
		cmocka_unit_test(
		    what_was_taken_at_a_wrong_time_goes_once_it_is_followed),
		cmocka_unit_test(what_was_replaced_stays_for_two_weeks),
		cmocka_unit_test(the_newest_by_id_stays_whatever_its_time),
		cmocka_unit_test(changes_of_the_zone_confuse_no_hour),
		cmocka_unit_test(a_receipt_takes_the_future_from_a_forged_time),
		cmocka_unit_test(a_late_receipt_makes_nothing_younger),
		cmocka_unit_test(
		    the_order_of_what_came_together_is_that_of_the_ids),
		cmocka_unit_test(no_receipt_drops_a_pinned_one_or_all),
		cmocka_unit_test(
		    a_trigger_with_limits_of_its_own_goes_by_them_alone),
		cmocka_unit_test(
		    limits_for_safety_snapshots_only_add_to_two_weeks),
		cmocka_unit_test(
		    what_programs_take_uses_up_no_place_of_a_person),
		cmocka_unit_test(one_with_a_name_outlives_those_without),
		cmocka_unit_test(a_message_of_a_program_is_no_name),
		cmocka_unit_test(
		    the_oldest_named_one_goes_for_a_newer_named_one),
		cmocka_unit_test(ci_hosts_that_are_gone_share_a_group),
		cmocka_unit_test(more_rules_never_drop_more),
		cmocka_unit_test(the_newest_is_never_dropped),
		cmocka_unit_test(the_order_of_the_records_decides_nothing),
		cmocka_unit_test(agrees_with_a_slow_model),
	};

	return UNIT_RUN(tests);
}
