/* lib/retention against a slow and obvious model, on random sets and rules. */
#include "unit.h"

#include "unit/retained.h"

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
		bool kept[MAX] = { false };
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

UNIT(retention_model)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_rules_never_drop_more),
		cmocka_unit_test(the_newest_is_never_dropped),
		cmocka_unit_test(the_order_of_the_records_decides_nothing),
		cmocka_unit_test(agrees_with_a_slow_model),
	};

	return UNIT_RUN(tests);
}
