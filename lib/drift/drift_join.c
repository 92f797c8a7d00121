#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "drift/drift_internal.h"
#include "drift/meaning.h"

/*
 * Keys of two sides, joined by their names; what one side lacks, the layer
 * below both may have.
 */

/* ---- pairs --------------------------------------------------------------- */

static bool
is_list(const struct gv_drift_key *key)
{
	return key->kind == GV_DRIFT_SET || key->kind == GV_DRIFT_SEQUENCE ||
	    key->kind == GV_DRIFT_LIST;
}

static bool
is_recipients(const struct gv_drift_key *key)
{
	const size_t len = strlen(key->show);

	return len >= 15 &&
	    memcmp(key->show + len - 15, "sops.recipients", 15) == 0;
}

static int
tell_comments(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_key *low, const struct gv_drift_key *high)
{
	struct gv_drift_judged judged;

	gv_drift_set(&judged, GV_DRIFT_NOTE, GV_DRIFT_VALUE,
	    GV_DRIFT_NO_SEVERITY, "the comments differ");
	return gv_drift_tell_as(pair, role,
	    &(struct gv_drift_told){ { low->name, low->name_len }, low, high,
		&judged, 1, "comment" });
}

static int
compare(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_key *low, const struct gv_drift_key *high)
{
	struct gv_drift_judged judged;

	/* its file is reported */
	if (low->kind == GV_DRIFT_BROKEN || high->kind == GV_DRIFT_BROKEN)
		return 0;
	if (is_list(low) && is_list(high) && !is_recipients(low))
		return gv_drift_items(pair, role, low, high);
	gv_drift_judge(&judged, pair, low, high);
	if (judged.verdict == GV_DRIFT_SAME && pair->d->opts->comments &&
	    gv_drift_comments_differ(pair->d, low, high))
		return tell_comments(pair, role, low, high);
	return gv_drift_tell(pair, role, low, high, &judged);
}

/* Whether something of a side may be where it cannot be read. */
static bool
is_broken(const struct gv_drift_side *side)
{
	size_t i;

	for (i = 0; i < side->n; i++)
		if (side->files[i]->doc.n_errors || side->files[i]->file.why)
			return true;
	return false;
}

/* What lies below a key that is not there. A list in a file of values is
 * replaced as a whole, so its elements have nothing below. */
static struct gv_drift_key *
find_base(const struct gv_drift_role *role, const struct gv_drift_key *key,
    unsigned other)
{
	struct gv_drift_key *base = gv_drift_find(&role->base, key);

	return base && (!key->in_list || key->in_object) &&
		!is_broken(&role->sides[other])
	    ? base
	    : NULL;
}

/* A side that says what the layer below says, too. */
static int
tell_repeated(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_key *low, const struct gv_drift_key *high,
    const char *env)
{
	struct gv_drift_judged judged;

	gv_drift_set(&judged, GV_DRIFT_NOTE, GV_DRIFT_VALUE,
	    GV_DRIFT_NO_SEVERITY, "%s repeats the base", env);
	return gv_drift_tell(pair, role, low, high, &judged);
}

static int
compare_with_base(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_key *low, const struct gv_drift_key *high)
{
	const struct gv_drift_opts *opts = pair->d->opts;
	const struct gv_drift_key *key =
	    low->of->file.env == GV_DRIFT_SHARED ? high : low;

	if (!is_list(low) && gv_drift_is_equal(pair->d, low, high) &&
	    low->kind == high->kind && low->type == high->type)
		return tell_repeated(
		    pair, role, low, high, opts->envs[key->of->file.env].name);
	return compare(pair, role, low, high);
}

static int
add_alone(struct gv_drift_key ***list, size_t *n, size_t *cap,
    struct gv_drift_key *key)
{
	if (gv_meaning_of(key->show, strlen(key->show)) ==
		GV_MEANING_VOLATILE ||
	    key->kind == GV_DRIFT_BROKEN)
		return 0;
	if (gv_vec_grow((void **)list, cap, *n + 1, sizeof(**list)) < 0)
		return gv_err_nomem();
	(*list)[(*n)++] = key;
	return 0;
}

static int
join_low(struct gv_drift_pair *pair, struct gv_drift_role *role,
    struct gv_drift_alone *alone)
{
	const struct gv_drift_keys *lows = &role->sides[pair->low].keys;
	const struct gv_drift_keys *highs = &role->sides[pair->high].keys;
	struct gv_drift_key *low, *high;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < lows->n; i++) {
		low = lows->items[i];
		high = gv_drift_find(highs, low);
		if (high)
			high->is_met = true;
		if (low->is_crossed || (high && high->is_crossed))
			continue;
		if (high)
			r = compare(pair, role, low, high);
		else if ((high = find_base(role, low, pair->high)) != NULL)
			r = compare_with_base(pair, role, low, high);
		else
			r = add_alone(
			    &alone->low, &alone->n_low, &alone->cap_low, low);
	}
	return r;
}

static int
join_high(struct gv_drift_pair *pair, struct gv_drift_role *role,
    struct gv_drift_alone *alone)
{
	const struct gv_drift_keys *highs = &role->sides[pair->high].keys;
	struct gv_drift_key *low, *high;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < highs->n; i++) {
		high = highs->items[i];
		if (high->is_met || high->is_crossed)
			continue;
		low = find_base(role, high, pair->low);
		r = low ? compare_with_base(pair, role, low, high)
			: add_alone(&alone->high, &alone->n_high,
			      &alone->cap_high, high);
	}
	return r;
}

/* ---- what one side lacks ------------------------------------------------- */

/* Keys that are missing together: all below a step that the other side lacks.
 */
struct group {
	const struct gv_drift_key *first;
	size_t len, n;
};

struct lacking {
	struct gv_map present; /* steps of the other side */
	struct gv_map groups;
	struct group *list;
	size_t n, cap;
	bool is_broken; /* the other side could not be read as a whole */
};

static bool
is_step(const char *name, size_t len, size_t at)
{
	return at == len || name[at] == '.' || name[at] == '[';
}

static int
note_steps(struct gv_map *map, const struct gv_drift_keys *keys)
{
	static char there;
	size_t i, at;

	for (i = 0; i < keys->n; i++) {
		const struct gv_drift_key *k = keys->items[i];

		for (at = 1; at <= k->name_len; at++)
			if (is_step(k->name, k->name_len, at) &&
			    gv_map_get(map, k->name, at) == NULL &&
			    gv_map_put(map, k->name, at, &there) < 0)
				return gv_err_nomem();
	}
	return 0;
}

static int
add_group(struct lacking *l, const struct gv_drift_key *key)
{
	size_t at = key->name_len > 0, *index;

	while (at < key->name_len &&
	    (!is_step(key->name, key->name_len, at) ||
		gv_map_get(&l->present, key->name, at)))
		at++;
	index = gv_map_get(&l->groups, key->name, at);
	if (index) {
		l->list[(size_t)(uintptr_t)index - 1].n++;
		return 0;
	}
	if (GV_GROW(l->list, l->n, l->cap) < 0)
		return gv_err_nomem();
	l->list[l->n++] = (struct group){ key, at, 1 };
	return gv_map_put(&l->groups, key->name, at,
	    (void *)(uintptr_t)l->n); /* NOLINT(performance-no-int-to-ptr) */
}

static bool
is_env_file(const struct gv_drift_key *key)
{
	const enum gv_doc_format format = key->of->doc.format;

	return format == GV_DOC_FORMAT_ENV || format == GV_DOC_FORMAT_INI ||
	    format == GV_DOC_FORMAT_PROPERTIES;
}

/* null, {} and [] say the same as nothing; an empty variable is set. */
static bool
is_default(const struct gv_drift_key *key)
{
	return key->kind == GV_DRIFT_EMPTY ||
	    (key->kind == GV_DRIFT_SCALAR && !is_env_file(key) &&
		key->type == GV_DOC_TYPE_NULL) ||
	    (key->n_items == 0 && is_list(key));
}

/* Whether it is an instance of a resource by its number, where the other side
 * has others: web[2] next to web[0]. */
static bool
is_one_more(const struct group *g)
{
	const struct gv_drift_file *file = &g->first->of->file;
	size_t at = g->len;

	/* not an element of one of its attributes */
	if (!file->is_state || at < 3 || g->first->name[at - 1] != ']' ||
	    g->first->name_len - at !=
		strlen(g->first->show) - strlen(file->under))
		return false;
	for (at--; at > 0 && g->first->name[at - 1] >= '0' &&
	     g->first->name[at - 1] <= '9';)
		at--;
	return at > 0 && g->first->name[at - 1] == '[' && at < g->len - 1;
}

static void
judge_missing(struct gv_drift_judged *out, const struct gv_drift_pair *pair,
    const struct lacking *l, const struct group *g, bool is_low)
{
	const struct gv_drift_key *key = g->first;
	const bool is_guard =
	    gv_meaning_of(key->show, strlen(key->show)) == GV_MEANING_GUARD;
	const bool is_empty = key->kind == GV_DRIFT_SCALAR && !key->is_hidden &&
	    key->text.len == 0;
	const char *has = is_low ? gv_drift_low(pair) : gv_drift_high(pair);
	const char *lacks = is_low ? gv_drift_high(pair) : gv_drift_low(pair);
	char keys[40] = "";

	if (l->is_broken) {
		gv_drift_set(out, GV_DRIFT_UNKNOWN, GV_DRIFT_MISSING,
		    GV_DRIFT_NO_SEVERITY,
		    "in %s; not all of %s's file can be read", has, lacks);
		return;
	}
	if (g->n == 1 && g->len == key->name_len && is_default(key)) {
		gv_drift_set(out, GV_DRIFT_NOTE, GV_DRIFT_MISSING,
		    GV_DRIFT_NO_SEVERITY, "empty in %s, not there in %s", has,
		    lacks);
		return;
	}
	if (g->n > 1)
		snprintf(keys, sizeof(keys), "%zu keys ", g->n);
	if (is_one_more(g)) {
		gv_drift_set(out, GV_DRIFT_INTENDED, GV_DRIFT_SIZE,
		    GV_DRIFT_NO_SEVERITY, "one more in %s than in %s", has,
		    lacks);
		return;
	}
	if (is_low || pair->d->opts->in_time)
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_MISSING,
		    is_guard ? GV_DRIFT_HIGH : GV_DRIFT_NORMAL,
		    "%s%sin %s, not in %s", keys, is_empty ? "empty " : "", has,
		    lacks);
	else
		gv_drift_set(out, GV_DRIFT_DRIFT, GV_DRIFT_MISSING,
		    GV_DRIFT_NORMAL,
		    "%s%sonly in %s: a hot fix not carried back?", keys,
		    is_empty ? "empty, " : "", has);
}

/* Whether a file of an environment cannot be read, or not all of it. */
static bool
judge_broken(struct gv_drift_judged *out, const struct gv_drift_document *of,
    const char *env)
{
	const struct gv_doc *doc = &of->doc;
	size_t line, column;

	if (of->file.why) {
		gv_drift_set(out, GV_DRIFT_UNKNOWN, GV_DRIFT_VALUE,
		    GV_DRIFT_NO_SEVERITY, "cannot be read in %s: %s", env,
		    of->file.why);
		return true;
	}
	if (doc->n_errors == 0)
		return false;
	gv_doc_where(doc, doc->errors[0].at, &line, &column);
	gv_drift_set(out, GV_DRIFT_UNKNOWN, GV_DRIFT_VALUE,
	    GV_DRIFT_NO_SEVERITY, "cannot be read in %s: line %zu: %s", env,
	    line, doc->errors[0].what);
	return true;
}

/* A file with errors: one finding, whatever else is found in it. */
static int
tell_broken(
    struct gv_drift_pair *pair, const struct gv_drift_role *role, bool is_low)
{
	const struct gv_drift_side *side =
	    &role->sides[is_low ? pair->low : pair->high];
	struct gv_drift_judged judged;
	struct gv_drift_key *key;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < side->n; i++) {
		if (!judge_broken(&judged, side->files[i],
			is_low ? gv_drift_low(pair) : gv_drift_high(pair)))
			continue;
		key = gv_arena_alloc(&pair->d->arena, sizeof(*key));
		if (key == NULL)
			return gv_err_nomem();
		key->of = side->files[i];
		key->kind = GV_DRIFT_BROKEN;
		r = gv_drift_tell_as(pair, role,
		    &(struct gv_drift_told){ { "", 0 }, is_low ? key : NULL,
			is_low ? NULL : key, &judged, 1, "file" });
	}
	return r;
}

static const char *
kind_of(const struct group *g)
{
	if (g->len == g->first->name_len)
		return NULL;
	if (g->first->of->file.is_state)
		return "resource";
	if (g->first->of->doc.format == GV_DOC_FORMAT_HCL)
		return "block";
	return g->first->in_object && !memchr(g->first->name, '.', g->len)
	    ? "object"
	    : "map";
}

static int
tell_missing(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    struct gv_drift_key *const *keys, size_t n, bool is_low)
{
	const unsigned other = is_low ? pair->high : pair->low;
	struct lacking l = { .n = 0 };
	struct gv_drift_judged judged;
	size_t i;
	int r;

	if (n == 0)
		return 0;
	l.is_broken = is_broken(&role->sides[other]);
	r = note_steps(&l.present, &role->sides[other].keys);
	for (i = 0; r == 0 && i < n; i++)
		if (!keys[i]->is_met)
			r = add_group(&l, keys[i]);
	for (i = 0; r == 0 && i < l.n; i++) {
		const struct group *g = &l.list[i];

		judge_missing(&judged, pair, &l, g, is_low);
		r = gv_drift_tell_as(pair, role,
		    &(struct gv_drift_told){ { g->first->name, g->len },
			is_low ? g->first : NULL, is_low ? NULL : g->first,
			&judged, g->n, kind_of(g) });
	}
	gv_map_release(&l.present);
	gv_map_release(&l.groups);
	free(l.list);
	return r;
}

/* ---- files --------------------------------------------------------------- */

/* One finding for all of a file that the other side lacks. */
static int
tell_missing_role(
    struct gv_drift_pair *pair, struct gv_drift_role *role, bool is_low)
{
	struct gv_drift_side *side =
	    &role->sides[is_low ? pair->low : pair->high];
	const char *has = is_low ? gv_drift_low(pair) : gv_drift_high(pair);
	const char *lacks = is_low ? gv_drift_high(pair) : gv_drift_low(pair);
	struct gv_drift_judged judged;
	size_t n = side->keys.n;

	if (n == 0 || side->is_moved)
		return tell_broken(pair, role, is_low);
	pair->report->files++;
	gv_drift_set(&judged, GV_DRIFT_DRIFT, GV_DRIFT_MISSING, GV_DRIFT_NORMAL,
	    is_low || pair->d->opts->in_time
		? "all of it in %s, not in %s (%zu key%s)"
		: "only in %s, not in %s: a hot fix not carried back? "
		  "(%zu key%s)",
	    has, lacks, n, n == 1 ? "" : "s");
	return gv_drift_tell_as(pair, role,
	    &(struct gv_drift_told){ { "", 0 },
		is_low ? side->keys.items[0] : NULL,
		is_low ? NULL : side->keys.items[0], &judged, n,
		role->is_folder ? "folder" : "file" });
}

static const struct gv_drift_key *
sealed_of(const struct gv_drift_side *side)
{
	return side->keys.n && side->keys.items[0]->of->is_sealed
	    ? side->keys.items[0]
	    : NULL;
}

/* One side is encrypted as a whole, the other one is not. */
static int
tell_half_sealed(struct gv_drift_pair *pair, const struct gv_drift_role *role)
{
	const struct gv_drift_side *sides[] = { &role->sides[pair->low],
		&role->sides[pair->high] };
	const bool is_low = sealed_of(sides[0]) != NULL;
	const struct gv_drift_keys *clear = &sides[is_low]->keys;
	struct gv_drift_judged judged;
	size_t i;

	gv_drift_set(&judged, GV_DRIFT_UNKNOWN, GV_DRIFT_SECRET,
	    GV_DRIFT_NO_SEVERITY, "encrypted in %s",
	    is_low ? gv_drift_low(pair) : gv_drift_high(pair));
	for (i = 0; i < clear->n && !pair->d->opts->in_time; i++)
		if (clear->items[i]->guise == GV_DRIFT_CREDENTIAL)
			gv_drift_set(&judged, GV_DRIFT_DRIFT, GV_DRIFT_SECRET,
			    GV_DRIFT_HIGH, "clear in %s",
			    is_low ? gv_drift_high(pair) : gv_drift_low(pair));
	pair->report->files++;
	return gv_drift_tell_as(pair, role,
	    &(struct gv_drift_told){ { "", 0 },
		is_low             ? sealed_of(sides[0])
		    : clear->n > 0 ? clear->items[0]
				   : NULL,
		!is_low            ? sealed_of(sides[1])
		    : clear->n > 0 ? clear->items[0]
				   : NULL,
		&judged, 1, "file" });
}

int
gv_drift_join(struct gv_drift_pair *pair, struct gv_drift_role *role)
{
	const struct gv_drift_side *low = &role->sides[pair->low];
	const struct gv_drift_side *high = &role->sides[pair->high];
	struct gv_drift_alone alone = { .low = NULL };
	int r;

	if (low->n == 0 && high->n == 0)
		return 0;
	if (low->n == 0 || high->n == 0)
		return tell_missing_role(pair, role, high->n == 0);
	if (!sealed_of(low) != !sealed_of(high))
		return tell_half_sealed(pair, role);
	/* parts of one file, and resources of one state, are one */
	pair->report->files += low->files[0]->file.under ? 1
	    : low->n > high->n                           ? low->n
							 : high->n;
	if ((r = tell_broken(pair, role, true)) < 0 ||
	    (r = tell_broken(pair, role, false)) < 0 ||
	    (r = join_low(pair, role, &alone)) < 0 ||
	    (r = join_high(pair, role, &alone)) < 0 ||
	    (r = gv_drift_ratios(pair, role)) < 0 ||
	    (r = gv_drift_move(pair, role, &alone)) < 0 ||
	    (r = tell_missing(pair, role, alone.low, alone.n_low, true)) < 0)
		goto out;
	r = tell_missing(pair, role, alone.high, alone.n_high, false);
out:
	free(alone.low);
	free(alone.high);
	return r;
}

/* ---- files of another name ----------------------------------------------- */

static size_t
folder_of(const struct gv_drift_role *role)
{
	size_t len = role->len;

	while (len > 0 && role->name[len - 1] != '/')
		len--;
	return len;
}

static bool
is_same_content(const struct gv_drift_pair *pair, const struct gv_drift_keys *a,
    const struct gv_drift_keys *b)
{
	struct gv_drift_judged judged;
	size_t i;

	if (a->n != b->n || a->n == 0)
		return false;
	for (i = 0; i < a->n; i++) {
		const struct gv_drift_key *other =
		    gv_drift_find(b, a->items[i]);

		if (other == NULL || other->n_items != a->items[i]->n_items)
			return false;
		if (a->items[i]->guise == GV_DRIFT_CREDENTIAL)
			continue;
		gv_drift_judge(&judged, pair, a->items[i], other);
		if (judged.verdict != GV_DRIFT_SAME &&
		    judged.verdict != GV_DRIFT_INTENDED)
			return false;
	}
	return true;
}

static int
tell_moved_file(struct gv_drift_pair *pair, struct gv_drift_role *from,
    struct gv_drift_role *to)
{
	struct gv_drift_side *low = &from->sides[pair->low];
	struct gv_drift_side *high = &to->sides[pair->high];
	struct gv_drift_judged judged;

	low->is_moved = high->is_moved = true;
	pair->report->files++;
	gv_drift_set(&judged, GV_DRIFT_NOTE, GV_DRIFT_MOVED,
	    GV_DRIFT_NO_SEVERITY, "a file of another name in %s",
	    gv_drift_high(pair));
	return gv_drift_tell_as(pair, from,
	    &(struct gv_drift_told){ { "", 0 }, low->keys.items[0],
		high->keys.items[0], &judged, low->keys.n, "file" });
}

int
gv_drift_join_moved(struct gv_drift_pair *pair)
{
	struct gv_drift *d = pair->d;
	size_t i, k;
	int r = 0;

	/* sorted by name, so those of one folder are next to each other */
	for (i = 0; r == 0 && i < d->n_roles; i++) {
		struct gv_drift_role *a = d->roles[i];
		const size_t len = folder_of(a);

		if (a->sides[pair->low].n == 0 || a->sides[pair->high].n > 0)
			continue;
		k = i;
		while (k > 0 && d->roles[k - 1]->len >= len &&
		    memcmp(d->roles[k - 1]->name, a->name, len) == 0)
			k--;
		for (; r == 0 && k < d->n_roles && d->roles[k]->len >= len &&
		     memcmp(d->roles[k]->name, a->name, len) == 0;
		     k++) {
			struct gv_drift_role *b = d->roles[k];

			if (b == a || b->sides[pair->low].n > 0 ||
			    b->sides[pair->high].n == 0 ||
			    b->sides[pair->high].is_moved ||
			    folder_of(b) != len ||
			    !is_same_content(pair, &a->sides[pair->low].keys,
				&b->sides[pair->high].keys))
				continue;
			r = tell_moved_file(pair, a, b);
			break;
		}
	}
	return r;
}
