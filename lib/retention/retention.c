#include "retention/retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/time.h"
#include "config/policy.h"
#include "record/record.h"
#include "retention/retention_internal.h"

/* How long what a restore or a rollback took first stays, in seconds: it may be
 * the only copy of what they replaced. */
#define SAFETY_AGE ((int64_t)14 * 86400)

/* One group: what is not from the future, the newest first. */
struct group {
	const struct gv_retention_clock *clock;
	struct gv_retention_why *why;
	struct gv_retention_item **items;
	size_t n;
	enum gv_policy_period period;     /* of the rule at hand */
	struct gv_retention_item *newest; /* durations count from it */
	bool is_mixed;   /* some have a name and some have none */
	bool only_named; /* those that have none were left out */
	const char *env; /* whose own rules are applied; NULL: those of all */
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Few rules ask for it of few, and the time zone would be most of the work. */
static int64_t
local_of(const struct group *g, struct gv_retention_item *it)
{
	if (!it->is_moved)
		it->local =
		    it->time + (int64_t)g->clock->zone((time_t)it->time) * 60;
	it->is_moved = true;
	return it->local;
}

/* The number of the period that a local time falls into. */
static int64_t
period_of(enum gv_policy_period period, int64_t local)
{
	int64_t year;
	int month, day;

	switch (period) {
	case GV_POLICY_MINUTELY:
		return floor_div(local, 60);
	case GV_POLICY_HOURLY:
		return floor_div(local, 3600);
	case GV_POLICY_DAILY:
		return floor_div(local, 86400);
	case GV_POLICY_WEEKLY:
		/* from Monday to Sunday; 1970 began on a Thursday */
		return floor_div(floor_div(local, 86400) + 3, 7);
	case GV_POLICY_MONTHLY:
		gv_time_date(&year, &month, &day, local);
		return year * 12 + month;
	case GV_POLICY_YEARLY:
		gv_time_date(&year, &month, &day, local);
		return year;
	case GV_POLICY_SECONDLY:
	case GV_POLICY_LAST:
	case GV_POLICY_PERIODS:
		break;
	}
	return local;
}

static const char *
unit_of(enum gv_policy_period period)
{
	static const char *const units[GV_POLICY_PERIODS] = {
		[GV_POLICY_LAST] = "snapshot",
		[GV_POLICY_SECONDLY] = "second",
		[GV_POLICY_MINUTELY] = "minute",
		[GV_POLICY_HOURLY] = "hour",
		[GV_POLICY_DAILY] = "day",
		[GV_POLICY_WEEKLY] = "week",
		[GV_POLICY_MONTHLY] = "month",
		[GV_POLICY_YEARLY] = "year",
	};

	return units[period];
}

/* --- reasons --- */

/* The texts up to a NULL as one; "" where there is no memory. */
const char *
gv_retention_join(struct gv_retention_why *why, const char *const *texts)
{
	size_t len = 0, i;
	char *joined, *end;

	for (i = 0; texts[i]; i++)
		len += strlen(texts[i]);
	joined = end = gv_arena_alloc(why->arena, len + 1);
	why->failed |= joined == NULL;
	for (i = 0; joined && texts[i]; i++)
		end = stpcpy(end, texts[i]);
	return joined ? joined : "";
}

/* Put a line behind the list. */
static void
add(struct gv_retention_why *why, const char **list, const char *line)
{
	if (*list == NULL) {
		*list = line;
		return;
	}
	if (why->both == NULL || why->head != *list || why->line != line) {
		why->head = *list;
		why->line = line;
		why->both = GV_RETENTION_LINE(why, *list, line);
	}
	*list = why->both;
}

void
gv_retention_keep(struct gv_retention_why *why, struct gv_retention_item *it,
    const char *line)
{
	it->keep = true;
	add(why, &it->kept, line);
}

/* --- rules --- */

static const char *
count_line(const struct group *g, int64_t n, int64_t of)
{
	char place[GV_ENC_DECIMAL_MAX], places[GV_ENC_DECIMAL_MAX];

	gv_enc_decimal(place, (uint64_t)n);
	gv_enc_decimal(places, of < 0 ? 0 : (uint64_t)of);
	return GV_RETENTION_LINE(g->why, gv_policy_periods[g->period], " ",
	    place, of < 0 ? "" : " of ", of < 0 ? "" : places,
	    g->only_named ? ", of those with a message or a tag\n" : "\n");
}

/* Whether the item begins a period. Asked from the newest on, one by one, with
 * the number of the period of the one before in *last. */
static bool
is_first(const struct group *g, size_t i, int64_t *last)
{
	int64_t before = *last;

	if (g->period == GV_POLICY_LAST)
		return true;
	*last = period_of(g->period, local_of(g, g->items[i]));
	return i == 0 || *last != before;
}

static bool
is_oldest(const struct group *g, size_t i)
{
	return i + 1 == g->n && g->period != GV_POLICY_LAST;
}

/* Why those go whose period has its own one. */
struct lines {
	const char *newer, *named;
};

static struct lines
lines_of(const struct group *g)
{
	const char *name = gv_policy_periods[g->period];
	const char *unit = unit_of(g->period);

	return (struct lines){
		GV_RETENTION_LINE(
		    g->why, name, ": a newer one that ", unit, "\n"),
		GV_RETENTION_LINE(g->why, name,
		    ": one with a message or a tag that ", unit, "\n"),
	};
}

/* The one that stands for the period that begins at `i`: the newest that has a
 * name, else the newest; none that is older than `from`. */
static size_t
speaker_of(const struct group *g, size_t i, int64_t from)
{
	int64_t last = 0;
	size_t at;

	if (!g->is_mixed || g->period == GV_POLICY_LAST)
		return i;
	(void)is_first(g, i, &last);
	for (at = i; at < g->n && g->items[at]->time >= from; at++) {
		if (at > i && is_first(g, at, &last))
			break;
		if (g->items[at]->is_named)
			return at;
	}
	return i;
}

/* Note why a rule keeps an item. Where the rule is applied to those with a name
 * alone, what stays anyway needs no second reason. */
static void
keep_by(const struct group *g, struct gv_retention_item *it, const char *line)
{
	if (g->env && !it->keep)
		line = GV_RETENTION_LINE(g->why, "for ", g->env, ": ", line);
	if ((!g->only_named && g->env == NULL) || !it->keep)
		gv_retention_keep(g->why, it, line);
}

/* Note why a rule lets an item go; `newer` is the reason where another one of
 * its period stays. */
static void
drop_by(const struct group *g, struct gv_retention_item *it, const char *line)
{
	if (!g->only_named && g->env == NULL)
		add(g->why, &it->dropped, line);
}

/* keep-daily N and its like. */
static void
apply_count(const struct group *g, int64_t of)
{
	const char *name = gv_policy_periods[g->period];
	const struct lines lines = lines_of(g);
	const char *beyond, *oldest;
	char places[GV_ENC_DECIMAL_MAX];
	int64_t n = 0, last = 0;
	size_t i, speaker = 0;

	gv_enc_decimal(places, of < 0 ? 0 : (uint64_t)of);
	beyond = GV_RETENTION_LINE(
	    g->why, name, ": ", places, " newer one", of == 1 ? "" : "s", "\n");
	oldest = GV_RETENTION_LINE(
	    g->why, "oldest, while ", name, " has places left\n");
	for (i = 0; i < g->n; i++) {
		struct gv_retention_item *it = g->items[i];
		bool has_places = of < 0 || n < of;

		if (!has_places && i > speaker) {
			drop_by(g, it, beyond);
			continue;
		}
		if (has_places && is_first(g, i, &last)) {
			speaker = speaker_of(g, i, INT64_MIN);
			n++;
		}
		if (i == speaker)
			keep_by(g, it, count_line(g, n, of));
		else if (has_places && is_oldest(g, i))
			keep_by(g, it, oldest);
		else
			drop_by(g, it, i < speaker ? lines.named : lines.newer);
	}
}

/* The first time that a duration still holds. */
static int64_t
begin_of(const struct group *g, const struct gv_policy_span *span)
{
	int64_t newest = local_of(g, g->newest);
	int64_t zone = newest - g->newest->time, local, at;

	local = gv_time_back(newest, span->months, span->days) - span->seconds;
	/* the zone may have been another one then */
	at = local - zone;
	return local - (int64_t)g->clock->zone((time_t)at) * 60;
}

/* keep-within and its like. */
static void
apply_within(const struct group *g, const struct gv_policy_span *span)
{
	bool all = g->period == GV_POLICY_LAST;
	const char *name = all ? "" : gv_policy_periods[g->period];
	const struct lines lines = lines_of(g);
	const char *older, *within;
	int64_t from = begin_of(g, span), last = 0;
	size_t i, speaker = 0;

	older = GV_RETENTION_LINE(
	    g->why, name, all ? "" : ": ", "older than ", span->text, "\n");
	within = GV_RETENTION_LINE(
	    g->why, name, all ? "" : " ", "within ", span->text, "\n");
	for (i = 0; i < g->n; i++) {
		struct gv_retention_item *it = g->items[i];

		if (it->time < from) {
			drop_by(g, it, older);
			continue;
		}
		if (is_first(g, i, &last))
			speaker = speaker_of(g, i, from);
		if (i == speaker || is_oldest(g, i))
			keep_by(g, it, within);
		else
			drop_by(g, it, i < speaker ? lines.named : lines.newer);
	}
}

/* Safety snapshots are kept for two weeks after the newest of their line that
 * is not from the future. So they go some day, whatever times were forged.
 * Limits can only keep them longer. */
static void
apply_safety(const struct group *g, int64_t present)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->items[i]->time >= present - SAFETY_AGE)
			gv_retention_keep(g->why, g->items[i],
			    "safety snapshot, for two weeks\n");
		else
			add(g->why, &g->items[i]->dropped,
			    "safety snapshot, older than two weeks\n");
}

/* --- tags and pins --- */

/* One tag, or several with commas between, of which it must have all. */
static bool
has_tags(const struct gv_record *rec, const char *list)
{
	size_t n;

	if (gv_record_has_tag(rec, list, strlen(list)))
		return true;
	for (;; list += n + 1) {
		n = strcspn(list, ",");
		if (!gv_record_has_tag(rec, list, n))
			return false;
		if (list[n] == '\0')
			return true;
	}
}

static void
apply_marks(struct gv_retention_job *d, struct gv_retention_item *it)
{
	size_t i;

	if (it->rec->pinned)
		gv_retention_keep(&d->why, it, "pinned\n");
	for (i = 0; i < d->rules->n_tags; i++)
		if (has_tags(it->rec, d->rules->tags[i]))
			gv_retention_keep(&d->why, it,
			    GV_RETENTION_LINE(
				&d->why, "tag ", d->rules->tags[i], "\n"));
	if (it->future)
		gv_retention_keep(&d->why, it, "from the future\n");
}

/* --- groups --- */

/* By group; then the newest first by time, and within a second by the order
 * of the records. */
static int
compare_items(const void *a, const void *b)
{
	const struct gv_retention_item *x =
	    *(struct gv_retention_item *const *)a;
	const struct gv_retention_item *y =
	    *(struct gv_retention_item *const *)b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->time != y->time)
		return x->time > y->time ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void
apply_rules(struct group *g, const struct gv_policy_limits *limits)
{
	int p;

	for (p = 0; g->n && p < GV_POLICY_PERIODS; p++) {
		g->period = (enum gv_policy_period)p;
		if (limits->keep[p])
			apply_count(g, limits->keep[p]);
		if (*limits->within[p].text)
			apply_within(g, &limits->within[p]);
	}
}

/* Once more for those with a name alone, which take the place of their own:
 * so none of them goes for the sake of one that has none. */
static void
apply_to_named(struct gv_retention_job *d, struct group g,
    const struct gv_policy_limits *limits)
{
	size_t i, n = 0;

	if (!g.is_mixed)
		return;
	for (i = 0; i < g.n; i++)
		if (g.items[i]->is_named)
			d->named[n++] = g.items[i];
	g.items = d->named;
	g.n = n;
	g.is_mixed = false;
	g.only_named = true;
	apply_rules(&g, limits);
}

/* Once more by the rules of an environment, for the snapshots that have its
 * files: they keep more, never fewer. */
static void
apply_env(
    struct gv_retention_job *d, struct group g, const struct gv_policy_env *env)
{
	size_t i, n = 0;

	for (i = 0; i < g.n; i++)
		if (g.items[i]->rec->n_environments == 0 ||
		    gv_record_is_of(g.items[i]->rec, env->name))
			d->named[n++] = g.items[i];
	g.items = d->named;
	g.n = n;
	g.is_mixed = false;
	g.env = env->name;
	apply_rules(&g, &env->retention);
}

static bool
is_mixed(const struct group *g)
{
	size_t i, n = 0;

	for (i = 0; i < g->n; i++)
		n += g->items[i]->is_named;
	return n > 0 && n < g->n;
}

/* The newest by time, by id and by what it claims, and the newest that is not
 * from the future. */
static void
keep_newest(struct gv_retention_job *d, const struct group *g,
    struct gv_retention_item **items, size_t n)
{
	struct gv_retention_item *first = items[0], *claims = items[0];
	static const char why[] = "newest of its group\n";
	size_t i;

	for (i = 0; i < n; i++) {
		if (items[i]->at < first->at)
			first = items[i];
		if (items[i]->rec->time > claims->rec->time)
			claims = items[i];
	}
	gv_retention_keep(&d->why, items[0], why);
	if (first != items[0])
		gv_retention_keep(&d->why, first, why);
	if (claims != items[0] && claims != first)
		gv_retention_keep(&d->why, claims, why);
	if (g->n && g->items[0] != items[0] && g->items[0] != first &&
	    g->items[0] != claims)
		gv_retention_keep(&d->why, g->items[0], why);
}

static void
decide_group(
    struct gv_retention_job *d, struct gv_retention_item **items, size_t n)
{
	const enum gv_policy_lane lane = items[0]->lane;
	struct gv_policy_limits limits;
	struct group g = { .clock = d->clock,
		.why = &d->why,
		.items = items,
		.n = n,
		.period = GV_POLICY_LAST };
	size_t i;

	for (i = 0; i < n; i++)
		apply_marks(d, items[i]);
	while (g.n && g.items[0]->future) {
		g.items++;
		g.n--;
	}
	g.newest = g.n ? g.items[0] : NULL;
	gv_policy_limits_of(&limits, d->rules, lane);
	g.is_mixed = is_mixed(&g);
	if (lane == GV_POLICY_SAFETY)
		apply_safety(&g, d->present[items[0]->line]);
	apply_rules(&g, &limits);
	apply_to_named(d, g, &limits);
	for (i = 0; lane != GV_POLICY_SAFETY && d->rules->envs &&
	     i < d->rules->envs->n;
	     i++)
		apply_env(d, g, &d->rules->envs->items[i]);
	if (lane != GV_POLICY_SAFETY)
		keep_newest(d, &g, items, n);
}

/* The newest of every host and branch, whatever makes a group: by its time, by
 * its id, and of those that a person took; and where that lacks files, since
 * they could not be read, the newest one that lacks none: it may be the only
 * one that has them. */
static int
keep_places(struct gv_retention_job *d)
{
	enum { BY_TIME, BY_ID, BY_PERSON, OF_ALL, LACKS_NONE, KINDS };
	struct gv_retention_item **newest =
	    calloc(KINDS * d->n_places + 1, sizeof(const void *));
	size_t i;
	int kind;

	if (newest == NULL)
		return gv_err_nomem();
	for (i = 0; i < d->n; i++) {
		struct gv_retention_item *it = &d->items[i];
		struct gv_retention_item **best = &newest[KINDS * it->place];

		if (best[BY_ID] == NULL)
			best[BY_ID] = it;
		if (it->future)
			continue;
		if (best[BY_TIME] == NULL || it->time > best[BY_TIME]->time)
			best[BY_TIME] = it;
		if (it->lane == GV_POLICY_MANUAL &&
		    (best[BY_PERSON] == NULL ||
			it->time > best[BY_PERSON]->time))
			best[BY_PERSON] = it;
		if (it->lane == GV_POLICY_SAFETY || it->rec->only)
			continue;
		if (best[OF_ALL] == NULL || it->time > best[OF_ALL]->time)
			best[OF_ALL] = it;
		if (it->rec->unread == 0 &&
		    (best[LACKS_NONE] == NULL ||
			it->time > best[LACKS_NONE]->time))
			best[LACKS_NONE] = it;
	}
	for (i = 0; i < d->n_places; i++) {
		struct gv_retention_item **best = &newest[KINDS * i];

		for (kind = 0; kind < OF_ALL; kind++)
			if (best[kind] && !best[kind]->keep)
				gv_retention_keep(&d->why, best[kind],
				    "newest of its host and branch\n");
		if (best[OF_ALL] && best[OF_ALL]->rec->unread &&
		    best[LACKS_NONE])
			gv_retention_keep(&d->why, best[LACKS_NONE],
			    "newest of its host and branch in which no file "
			    "is missing\n");
	}
	free(newest);
	return 0;
}

static int
note_present(struct gv_retention_job *d)
{
	size_t i;

	d->present = calloc(d->n_lines + 1, sizeof(*d->present));
	if (d->present == NULL)
		return gv_err_nomem();
	for (i = 0; i < d->n_lines; i++)
		d->present[i] = INT64_MIN;
	for (i = 0; i < d->n; i++)
		if (!d->items[i].future &&
		    d->items[i].time > d->present[d->items[i].line])
			d->present[d->items[i].line] = d->items[i].time;
	return 0;
}

static void
set_time(const struct gv_retention_job *d, struct gv_retention_item *it)
{
	const int64_t *received = d->clock->received;

	it->time = it->rec->time;
	if (received && received[it->at] < it->time)
		it->time = received[it->at];
	it->future = it->time > d->clock->now;
}

static int
prepare(struct gv_retention_job *d, const struct gv_records *recs)
{
	size_t i;
	int r;

	d->n = recs->n;
	d->items = calloc(d->n + 1, sizeof(*d->items));
	d->sorted = calloc(d->n + 1, sizeof(*d->sorted));
	d->named = calloc(d->n + 1, sizeof(*d->named));
	d->stack = calloc(d->n + 1, sizeof(*d->stack));
	if (d->items == NULL || d->sorted == NULL || d->named == NULL ||
	    d->stack == NULL)
		return gv_err_nomem();
	for (i = 0; i < d->n; i++) {
		struct gv_retention_item *it = &d->items[i];

		it->rec = &recs->records[i];
		it->at = i;
		it->is_own = d->clock->own && d->clock->own[i];
		it->floor = INT64_MIN; /* in a circle it is asked for early */
		set_time(d, it);
		d->sorted[i] = it;
	}
	if ((r = gv_retention_find_groups(d)) < 0 ||
	    (r = note_present(d)) < 0 || (r = gv_retention_walk(d)) < 0)
		return r;
	if (d->n)
		qsort(d->sorted, d->n, sizeof(*d->sorted), compare_items);
	return 0;
}

/* That it was not judged by its own time is said behind the reasons. */
static void
tell_time(struct gv_retention_why *why, const char **list,
    const struct gv_retention_item *it)
{
	char when[GV_TIME_MAX];

	if (it->time == it->rec->time)
		return;
	gv_time_rfc3339(when, it->time);
	add(why, list, GV_RETENTION_LINE(why, "time by receipt: ", when, "\n"));
}

static int
collect(struct gv_retention *out, struct gv_retention_job *d)
{
	size_t i;

	out->verdicts = calloc(d->n + 1, sizeof(*out->verdicts));
	if (out->verdicts == NULL)
		return gv_err_nomem();
	out->n = d->n;
	out->n_groups = d->n_groups;
	out->follows = d->follows;
	for (i = 0; i < d->n; i++) {
		struct gv_retention_item *it = &d->items[i];
		const char *why = it->keep ? it->kept : it->dropped;

		if (why == NULL)
			why = "no rule keeps it\n";
		tell_time(&d->why, &why, it);
		out->verdicts[i] = (struct gv_retention_verdict){ it->keep,
			it->is_own, it->group, why };
		out->n_keep += it->keep;
	}
	return d->why.failed ? gv_err_nomem() : 0;
}

int
gv_retention_decide(struct gv_retention *out, const struct gv_records *recs,
    const struct gv_policy_rules *rules, const struct gv_retention_clock *clock)
{
	struct gv_retention ret = { .arena = GV_ARENA_INIT };
	struct gv_retention_job d = { .rules = rules, .clock = clock };
	size_t i, n;
	int r;

	d.why.arena = &ret.arena;
	r = prepare(&d, recs);

	for (i = 0; r == 0 && i < d.n; i += n) {
		for (n = 1; i + n < d.n &&
		     d.sorted[i + n]->group == d.sorted[i]->group;
		     n++)
			;
		decide_group(&d, d.sorted + i, n);
	}
	if (r == 0 && (r = keep_places(&d)) == 0) {
		gv_retention_keep_set_back(&d);
		r = collect(&ret, &d);
	}
	if (r < 0)
		gv_retention_release(&ret);
	*out = ret;
	gv_map_release(&d.by_id);
	free(d.items);
	free(d.sorted);
	free(d.named);
	free(d.present);
	free(d.stack);
	free(d.within);
	return r;
}

void
gv_retention_release(struct gv_retention *ret)
{
	if (ret == NULL)
		return;
	gv_arena_release(&ret->arena);
	free(ret->verdicts);
	memset(ret, 0, sizeof(*ret));
}
