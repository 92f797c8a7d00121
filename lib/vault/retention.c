#include "vault/retention.h"

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
#include "vault/record.h"
#include "vault/snapshot.h"

/* How long what a restore or a rollback took first stays, in seconds: it may be
 * the only copy of what they replaced. */
#define SAFETY_AGE ((int64_t)14 * 86400)

struct item {
	const struct gv_record *rec;
	size_t at; /* in the records: the newest by id first */
	size_t group;
	int64_t time;  /* its own, or that of its receipt if that is before */
	int64_t local; /* the same, moved to local time, once it is asked for */
	bool is_moved; /* it was */
	bool future, keep;
	struct item *previous; /* what it follows, where that stands */
	size_t follower; /* 1 + the place of one that names it as previous */
	size_t sibling;  /* 1 + the next that names the same one */
	int64_t floor;   /* the latest time that it was surely taken after */
	const char *floor_id; /* of what was taken then */
	struct item *outer;   /* the nearest before it that is of its group */
	bool seen, entered; /* by the walk; and its followers are being seen */
	bool is_followed;   /* one of its group was taken after it */
	bool is_link;       /* it stays since the clock was set back */
	const char *kept, *dropped; /* reasons, a line each; NULL: none */
};

/* Thousands have the same reasons, one behind the other: so each list is
 * written once, and the last that was joined is remembered. */
struct reasons {
	struct gv_arena *arena;
	const char *head, *line, *both;
	bool failed; /* no memory */
};

struct decision {
	const struct gv_policy_rules *rules;
	const struct gv_retention_clock *clock;
	struct item *items; /* in the records' order */
	size_t n;
	struct item **sorted; /* by group, the newest first */
	size_t n_groups;
	struct item **stack;  /* of the walk */
	struct item **within; /* by group: the nearest above, in the walk */
	struct gv_map by_id;  /* once one is sought */
	bool follows;
	struct reasons why;
};

/* One group: what is not from the future, the newest first. */
struct group {
	const struct gv_retention_clock *clock;
	struct reasons *why;
	struct item **items;
	size_t n;
	enum gv_policy_period period; /* of the rule at hand */
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Few rules ask for it of few, and the time zone would be most of the work. */
static int64_t
local_of(const struct group *g, struct item *it)
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
static const char *
join(struct reasons *why, const char *const *texts)
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

#define LINE(why, ...) join(why, (const char *const[]){ __VA_ARGS__, NULL })

/* Put a line behind the list. */
static void
add(struct reasons *why, const char **list, const char *line)
{
	if (*list == NULL) {
		*list = line;
		return;
	}
	if (why->both == NULL || why->head != *list || why->line != line) {
		why->head = *list;
		why->line = line;
		why->both = LINE(why, *list, line);
	}
	*list = why->both;
}

static void
keep(struct reasons *why, struct item *it, const char *line)
{
	it->keep = true;
	add(why, &it->kept, line);
}

/* --- rules --- */

static const char *
count_line(
    struct reasons *why, enum gv_policy_period period, int64_t n, int64_t of)
{
	char place[GV_ENC_DECIMAL_MAX], places[GV_ENC_DECIMAL_MAX];

	gv_enc_decimal(place, (uint64_t)n);
	gv_enc_decimal(places, of < 0 ? 0 : (uint64_t)of);
	return LINE(why, gv_policy_periods[period], " ", place,
	    of < 0 ? "" : " of ", of < 0 ? "" : places, "\n");
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
static const char *
newer_line(struct reasons *why, enum gv_policy_period period)
{
	return LINE(why, gv_policy_periods[period], ": a newer one that ",
	    unit_of(period), "\n");
}

/* keep-daily N and its like. */
static void
apply_count(const struct group *g, int64_t of)
{
	const char *name = gv_policy_periods[g->period];
	const char *newer = newer_line(g->why, g->period), *beyond, *oldest;
	char places[GV_ENC_DECIMAL_MAX];
	int64_t n = 0, last = 0;
	size_t i;

	gv_enc_decimal(places, of < 0 ? 0 : (uint64_t)of);
	beyond = LINE(
	    g->why, name, ": ", places, " newer one", of == 1 ? "" : "s", "\n");
	oldest = LINE(g->why, "oldest, while ", name, " has places left\n");
	for (i = 0; i < g->n; i++) {
		struct item *it = g->items[i];

		if (of >= 0 && n >= of)
			add(g->why, &it->dropped, beyond);
		else if (is_first(g, i, &last))
			keep(
			    g->why, it, count_line(g->why, g->period, ++n, of));
		else if (is_oldest(g, i))
			keep(g->why, it, oldest);
		else
			add(g->why, &it->dropped, newer);
	}
}

/* The first time that a duration still holds. */
static int64_t
begin_of(const struct group *g, const struct gv_policy_span *span)
{
	int64_t newest = local_of(g, g->items[0]);
	int64_t zone = newest - g->items[0]->time, local, at;

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
	const char *newer = newer_line(g->why, g->period), *older, *within;
	int64_t from = begin_of(g, span), last = 0;
	size_t i;

	older = LINE(
	    g->why, name, all ? "" : ": ", "older than ", span->text, "\n");
	within =
	    LINE(g->why, name, all ? "" : " ", "within ", span->text, "\n");
	for (i = 0; i < g->n; i++) {
		struct item *it = g->items[i];

		if (it->time < from)
			add(g->why, &it->dropped, older);
		else if (is_first(g, i, &last) || is_oldest(g, i))
			keep(g->why, it, within);
		else
			add(g->why, &it->dropped, newer);
	}
}

/* As with any duration, from the newest on that is not from the future: so it
 * is over at some time, whatever was forged. */
static void
keep_safety(const struct group *g)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		struct item *it = g->items[i];
		const char *trigger = it->rec->trigger;

		if (it->time < g->items[0]->time - SAFETY_AGE)
			break;
		if (trigger == NULL || strcmp(trigger, GV_SNAPSHOT_SAFETY) != 0)
			continue;
		keep(g->why, it, "safety snapshot, for two weeks\n");
	}
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
apply_marks(struct decision *d, struct item *it)
{
	size_t i;

	if (it->rec->pinned)
		keep(&d->why, it, "pinned\n");
	for (i = 0; i < d->rules->n_tags; i++)
		if (has_tags(it->rec, d->rules->tags[i]))
			keep(&d->why, it,
			    LINE(&d->why, "tag ", d->rules->tags[i], "\n"));
	if (it->future)
		keep(&d->why, it, "from the future\n");
}

/* --- the newest --- */

static void
keep_newest(struct decision *d, struct item *it)
{
	keep(&d->why, it, "newest of its group\n");
}

/* --- clocks that were set back --- */

/* What it names as previous was there before it. Of one that is gone its id
 * still tells when; but not a time that has yet to come: that was a clock that
 * was ahead, and all that follows would be kept for it. */
static void
set_floor(const struct decision *d, struct item *it)
{
	const struct item *prev = it->previous;
	int64_t time;

	it->floor = INT64_MIN;
	if (prev && prev->time >= prev->floor) {
		it->floor = prev->time;
		it->floor_id = prev->rec->id;
	} else if (prev) {
		it->floor = prev->floor;
		it->floor_id = prev->floor_id;
	} else if (it->rec->previous &&
	    gv_time_parse_compact(&time, it->rec->previous) == 0 &&
	    time <= d->clock->now) {
		it->floor = time;
		it->floor_id = it->rec->previous;
	}
}

static bool
is_set_back(const struct item *it)
{
	return it->time < it->floor;
}

/* Go through what follows `root`, each once, and on the way up again, too: so
 * the nearest of each group above is always known. */
static void
walk_chain(struct decision *d, struct item *root)
{
	size_t n = 0, next;

	root->seen = true;
	d->stack[n++] = root;
	while (n) {
		struct item *it = d->stack[n - 1];

		if (it->entered) {
			d->within[it->group] = it->outer;
			n--;
			continue;
		}
		it->entered = true;
		set_floor(d, it);
		it->outer = d->within[it->group];
		if (it->outer)
			it->outer->is_followed = true;
		d->within[it->group] = it;
		for (next = it->follower; next;
		     next = d->items[next - 1].sibling) {
			if (d->items[next - 1].seen)
				continue;
			d->items[next - 1].seen = true;
			d->stack[n++] = &d->items[next - 1];
		}
	}
}

/* Keep what was taken after something younger than itself, where none of its
 * group was taken after it: in truth it may be the newest. What it follows
 * stays with it, back to the one that tells so by itself, or the next prune
 * would not know. */
static void
keep_set_back(struct decision *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		struct item *it = &d->items[i];

		d->follows |= is_set_back(it);
		if (it->is_followed)
			continue;
		for (; it && is_set_back(it) && !it->is_link;
		     it = it->previous) {
			it->is_link = true;
			keep(&d->why, it,
			    LINE(&d->why, "taken after ", it->floor_id, "\n"));
		}
	}
}

/* The item of that id, or NULL. */
static int
find_item(struct item **out, struct decision *d, const char *id)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && d->by_id.n < d->n && i < d->n; i++)
		r = gv_map_put(&d->by_id, d->items[i].rec->id, GV_RECORD_ID_LEN,
		    &d->items[i]);
	*out = gv_map_get(&d->by_id, id, strlen(id));
	return r;
}

static int
link_followers(struct decision *d)
{
	struct item *it, *prev;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d->n; i++) {
		it = &d->items[i];
		if (it->rec->previous == NULL)
			continue;
		/* mostly it is the next older one, and nothing is sought */
		prev = i + 1 < d->n ? it + 1 : NULL;
		if (prev == NULL ||
		    strcmp(prev->rec->id, it->rec->previous) != 0)
			r = find_item(&prev, d, it->rec->previous);
		if (prev == NULL || prev == it)
			continue;
		it->previous = prev;
		it->sibling = prev->follower;
		prev->follower = i + 1;
	}
	return r;
}

static int
walk_chains(struct decision *d)
{
	size_t i;

	d->within = calloc(d->n_groups + 1, sizeof(*d->within));
	if (d->within == NULL)
		return gv_err_nomem();
	for (i = 0; i < d->n; i++)
		if (d->items[i].previous == NULL)
			walk_chain(d, &d->items[i]);
	/* circles, which only forged trailers make */
	for (i = 0; i < d->n; i++)
		if (!d->items[i].seen)
			walk_chain(d, &d->items[i]);
	return 0;
}

/* --- groups --- */

static void
add_key(struct gv_buf *key, const char *text)
{
	/* a length before each, so that no two lists look alike */
	gv_buf_addf(key, "%zu:%s", text ? strlen(text) : 0, text ? text : "");
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
add_environments(struct gv_buf *key, const struct gv_record *rec)
{
	size_t n = rec->n_environments, i;
	char **sorted;

	if (n == 0)
		return 0;
	sorted = calloc(n, sizeof(*sorted));
	if (sorted == NULL)
		return gv_err_nomem();
	memcpy(sorted, rec->environments, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_texts);
	for (i = 0; i < n; i++)
		add_key(key, sorted[i]);
	free(sorted);
	return 0;
}

static int
make_key(struct gv_buf *key, const struct gv_record *rec, unsigned by)
{
	int r = 0;

	gv_buf_reset(key);
	/* some files are no substitute for all of them */
	if (rec->only) {
		gv_buf_addstr(key, "only:");
		add_key(key, rec->only);
	}
	if (by & GV_POLICY_HOST)
		add_key(key, rec->host);
	if (by & GV_POLICY_BRANCH)
		add_key(key, rec->branch);
	if (by & GV_POLICY_TRIGGER)
		add_key(key, rec->trigger);
	if (by & GV_POLICY_ENV)
		r = add_environments(key, rec);
	return r < 0 ? r : gv_buf_check(key);
}

static bool
is_same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Whether two are of one group by any rule that needs no sorting. */
static bool
is_alike(const struct gv_record *a, const struct gv_record *b)
{
	return is_same(a->host, b->host) && is_same(a->branch, b->branch) &&
	    is_same(a->trigger, b->trigger) && is_same(a->only, b->only) &&
	    a->n_environments == 0 && b->n_environments == 0;
}

static int
find_groups(struct decision *d)
{
	struct gv_map groups = GV_MAP_INIT;
	struct gv_buf key = GV_BUF_INIT;
	char **keys = calloc(d->n + 1, sizeof(*keys));
	size_t i;
	int r = keys ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < d->n; i++) {
		char *found;

		/* mostly all are of one group */
		if (i && is_alike(d->items[i].rec, d->items[i - 1].rec)) {
			d->items[i].group = d->items[i - 1].group;
			continue;
		}
		r = make_key(&key, d->items[i].rec, d->rules->group_by);
		if (r < 0)
			break;
		/* the value is a place in keys[], which tells the number */
		found = gv_map_get(&groups, key.p, key.len);
		if (found) {
			d->items[i].group =
			    (size_t)((char **)(void *)found - keys);
			continue;
		}
		keys[d->n_groups] = strdup(key.p);
		if (keys[d->n_groups] == NULL)
			r = gv_err_nomem();
		else
			r = gv_map_put(&groups, keys[d->n_groups], key.len,
			    &keys[d->n_groups]);
		d->items[i].group = d->n_groups++;
	}
	for (i = 0; keys && i < d->n_groups; i++)
		free(keys[i]);
	free(keys);
	gv_map_release(&groups);
	gv_buf_release(&key);
	return r;
}

/* By group; then the newest first by time, and within a second by the order
 * of the records. */
static int
compare_items(const void *a, const void *b)
{
	const struct item *x = *(struct item *const *)a;
	const struct item *y = *(struct item *const *)b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->time != y->time)
		return x->time > y->time ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void
decide_group(struct decision *d, struct item **items, size_t n)
{
	const struct gv_policy_rules *rules = d->rules;
	struct item *first = items[0], *claims = items[0];
	struct group g = { d->clock, &d->why, items, n, GV_POLICY_LAST };
	size_t i;
	int p;

	for (i = 0; i < n; i++) {
		apply_marks(d, items[i]);
		if (items[i]->at < first->at)
			first = items[i];
		if (items[i]->rec->time > claims->rec->time)
			claims = items[i];
	}
	while (g.n && g.items[0]->future) {
		g.items++;
		g.n--;
	}
	if (g.n)
		keep_safety(&g);
	for (p = 0; g.n && p < GV_POLICY_PERIODS; p++) {
		g.period = (enum gv_policy_period)p;
		if (rules->keep[p])
			apply_count(&g, rules->keep[p]);
		if (*rules->within[p].text)
			apply_within(&g, &rules->within[p]);
	}
	keep_newest(d, items[0]);
	if (first != items[0])
		keep_newest(d, first);
	if (claims != items[0] && claims != first)
		keep_newest(d, claims);
	if (g.n && g.items[0] != items[0] && g.items[0] != first &&
	    g.items[0] != claims)
		keep_newest(d, g.items[0]);
}

static void
set_time(const struct decision *d, struct item *it)
{
	const int64_t *received = d->clock->received;

	it->time = it->rec->time;
	if (received && received[it->at] < it->time)
		it->time = received[it->at];
	it->future = it->time > d->clock->now;
}

static int
prepare(struct decision *d, const struct gv_records *recs)
{
	size_t i;
	int r;

	d->n = recs->n;
	d->items = calloc(d->n + 1, sizeof(*d->items));
	d->sorted = calloc(d->n + 1, sizeof(*d->sorted));
	d->stack = calloc(d->n + 1, sizeof(*d->stack));
	if (d->items == NULL || d->sorted == NULL || d->stack == NULL)
		return gv_err_nomem();
	for (i = 0; i < d->n; i++) {
		struct item *it = &d->items[i];

		it->rec = &recs->records[i];
		it->at = i;
		it->floor = INT64_MIN; /* in a circle it is asked for early */
		set_time(d, it);
		d->sorted[i] = it;
	}
	r = find_groups(d);
	if (r == 0)
		r = link_followers(d);
	if (r == 0)
		r = walk_chains(d);
	if (r == 0 && d->n)
		qsort(d->sorted, d->n, sizeof(*d->sorted), compare_items);
	return r;
}

/* That it was not judged by its own time is said behind the reasons. */
static void
tell_time(struct reasons *why, const char **list, const struct item *it)
{
	char when[GV_TIME_MAX];

	if (it->time == it->rec->time)
		return;
	gv_time_rfc3339(when, it->time);
	add(why, list, LINE(why, "time by receipt: ", when, "\n"));
}

static int
collect(struct gv_retention *out, struct decision *d)
{
	size_t i;

	out->verdicts = calloc(d->n + 1, sizeof(*out->verdicts));
	if (out->verdicts == NULL)
		return gv_err_nomem();
	out->n = d->n;
	out->n_groups = d->n_groups;
	out->follows = d->follows;
	for (i = 0; i < d->n; i++) {
		struct item *it = &d->items[i];
		const char *why = it->keep ? it->kept : it->dropped;

		if (why == NULL)
			why = "no rule keeps it\n";
		tell_time(&d->why, &why, it);
		out->verdicts[i] =
		    (struct gv_retention_verdict){ it->keep, it->group, why };
		out->n_keep += it->keep;
	}
	return d->why.failed ? gv_err_nomem() : 0;
}

int
gv_retention_decide(struct gv_retention *out, const struct gv_records *recs,
    const struct gv_policy_rules *rules, const struct gv_retention_clock *clock)
{
	struct gv_retention ret = { .arena = GV_ARENA_INIT };
	struct decision d = { .rules = rules, .clock = clock };
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
	if (r == 0) {
		keep_set_back(&d);
		r = collect(&ret, &d);
	}
	if (r < 0)
		gv_retention_release(&ret);
	*out = ret;
	gv_map_release(&d.by_id);
	free(d.items);
	free(d.sorted);
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
