#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/time.h"
#include "config/policy.h"
#include "vault/record.h"
#include "vault/retention.h"

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
		s->has_received ? s->received : NULL };

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
	set(s, "group-by", "env");
	decide(s, NOW);
	assert_verdicts(s, "kdkddd");
	set(s, "group-by", "");
	decide(s, NOW);
	assert_verdicts(s, "kddddd");
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
	assert_why(s, 4, "last: 1 newer one\n");
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
	const struct gv_retention_clock clock = { NOW, summer, NULL };
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
is_same_group(
    const struct set *s, const struct gv_record *a, const struct gv_record *b)
{
	return (!(s->rules.group_by & GV_POLICY_HOST) ||
		   strcmp(a->host, b->host) == 0) &&
	    (!(s->rules.group_by & GV_POLICY_BRANCH) ||
		strcmp(a->branch, b->branch) == 0);
}

static bool
is_newer(const struct gv_record *a, const struct gv_record *b)
{
	return a->time > b->time || (a->time == b->time && a < b);
}

/* Others of its group that count. */
static bool
is_peer(const struct set *s, const struct gv_record *a,
    const struct gv_record *b, int64_t now)
{
	return b->time <= now && is_same_group(s, a, b);
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

/* Whether one rule keeps it: `of` places, or since `from`. */
static bool
model_rule(const struct set *s, const struct gv_record *rec, int period,
    int64_t of, int64_t from, int64_t now)
{
	bool newest_of_period = true, oldest = period != GV_POLICY_LAST;
	int64_t newer_periods = 0, periods = 0;
	size_t i, j;

	for (i = 0; i < s->all.n; i++) {
		const struct gv_record *r = &s->recs[i];
		bool first = true;

		if (!is_peer(s, rec, r, now))
			continue;
		if (is_newer(rec, r))
			oldest = false;
		if (is_newer(r, rec) && is_same_period(period, r, rec))
			newest_of_period = false;
		/* count each period at its newest */
		for (j = 0; j < s->all.n; j++)
			if (is_peer(s, rec, &s->recs[j], now) &&
			    is_newer(&s->recs[j], r) &&
			    is_same_period(period, &s->recs[j], r))
				first = false;
		periods += first;
		newer_periods += first && is_newer(r, rec) &&
		    !is_same_period(period, r, rec);
	}
	if (from != INT64_MIN)
		return rec->time >= from && (newest_of_period || oldest);
	if (newest_of_period)
		return of < 0 || newer_periods < of;
	return oldest && (of < 0 || periods < of);
}

static bool
model(const struct set *s, const struct gv_record *rec, int64_t now)
{
	const struct gv_record *newest = rec, *present = NULL;
	bool is_first = true;
	size_t i;
	int p;

	for (i = 0; i < s->all.n; i++) {
		const struct gv_record *r = &s->recs[i];

		if (!is_same_group(s, rec, r))
			continue;
		if (is_newer(r, newest))
			newest = r;
		if (r->time <= now && (!present || is_newer(r, present)))
			present = r;
		if (r < rec)
			is_first = false;
	}
	if (rec->time > now || rec == newest || rec == present || is_first ||
	    rec->pinned)
		return true;
	if (rec->trigger && present->time - rec->time <= 14 * DAY)
		return true;
	for (p = 0; p < GV_POLICY_PERIODS; p++) {
		if (s->rules.keep[p] &&
		    model_rule(s, rec, p, s->rules.keep[p], INT64_MIN, now))
			return true;
		if (*s->rules.within[p].text &&
		    model_rule(s, rec, p, 0,
			back(present->time, &s->rules.within[p]), now))
			return true;
	}
	return false;
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
	unsigned n = 1 + next(4), p;

	while (n--) {
		p = next(GV_POLICY_PERIODS);
		if (next(3)) {
			snprintf(name, sizeof(name), "keep-%s",
			    gv_policy_periods[p]);
			snprintf(value, sizeof(value), "%d", (int)next(7) - 1);
			set(s, name, value);
			continue;
		}
		snprintf(name, sizeof(name), "keep-within%s%s", p ? "-" : "",
		    p ? gv_policy_periods[p] : "");
		set(s, name, spans[next(7)]);
	}
	s->rules.group_by = next(4);
}

static void
random_set(struct set *s)
{
	static const int64_t spreads[] = { 30, 3600 * 5, DAY * 4, DAY * 60,
		(int64_t)DAY * 900 };
	static const char *const names[] = { "x", "y", "z" };
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
		rec->trigger = (char *)(next(9) ? NULL : "safety");
	}
}

/* Of several that claim the same the one that is the newest by receipt, and
 * then by id. */
static bool
is_first_claim(const struct set *s, size_t at)
{
	int64_t mine = s->recs[at].time < s->received[at] ? s->recs[at].time
							  : s->received[at];
	size_t i;

	for (i = 0; i < s->all.n; i++) {
		int64_t other = s->recs[i].time < s->received[i]
		    ? s->recs[i].time
		    : s->received[i];

		if (i != at && s->recs[i].time == s->recs[at].time &&
		    is_same_group(s, &s->recs[i], &s->recs[at]) &&
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

	for (i = 0; i < s->all.n; i++) {
		if (s->received[i] < s->recs[i].time)
			bounded.recs[i].time = s->received[i];
		if (is_same_group(s, &s->recs[at], &s->recs[i]) &&
		    s->recs[i].time > s->recs[at].time)
			claims = false;
	}
	return model(&bounded, &bounded.recs[at], now) ||
	    (claims && is_first_claim(s, at));
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
		cmocka_unit_test(agrees_with_a_slow_model),
	};

	return UNIT_RUN(tests);
}
