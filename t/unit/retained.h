#ifndef RETAINED_H
#define RETAINED_H
/*
 * Sets of snapshots, and what rules keep of them.
 *
 *	struct set *s = new_set();
 *
 *	add(s, NOW - 2 * DAY);
 *	set(s, "keep-last", "1");
 *	decide(s, NOW);
 *	assert_verdicts(s, "k");
 *	free_set(s);
 */

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

static inline int
zone(time_t at)
{
	(void)at;
	return offset;
}

static inline struct set *
new_set(void)
{
	struct set *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->all.records = s->recs;
	s->rules.group_by = GV_POLICY_HOST | GV_POLICY_BRANCH;
	offset = 0;
	return s;
}

static inline struct gv_record *
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

static inline void
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
static inline void
assert_verdicts(struct set *s, const char *want)
{
	char got[MAX + 1];
	size_t i;

	for (i = 0; i < s->ret.n; i++)
		got[i] = s->ret.verdicts[i].keep ? 'k' : 'd';
	got[i] = '\0';
	assert_string_equal(got, want);
}

static inline void
assert_why(struct set *s, size_t i, const char *words)
{
	if (strstr(s->ret.verdicts[i].why, words) == NULL)
		fail_msg("%zu: '%s' does not say '%s'", i,
		    s->ret.verdicts[i].why, words);
}

static inline void
free_set(struct set *s)
{
	gv_retention_release(&s->ret);
	gv_policy_rules_release(&s->rules);
	free(s);
}

static inline void
set(struct set *s, const char *name, const char *value)
{
	assert_int_equal(gv_policy_set(&s->rules, name, value), 0);
}

static inline void
set_limit(struct gv_policy_limits *limits, const char *name, const char *value)
{
	limits->is_set = true;
	assert_int_equal(gv_policy_set_limit(limits, name, value), 0);
}

#endif
