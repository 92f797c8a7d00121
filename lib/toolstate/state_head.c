#include "toolstate/state_repair_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/*
 * The lists of a document stand in a body, which can be the document itself or
 * a map in it. The members of each map on the way there are chosen by
 * themselves, so a body that is cut keeps what of it is whole.
 */

static enum gv_state_head_kind
kind_of(const struct gv_state_head *h, size_t level, const char *key)
{
	const struct gv_state_salvage *how = h->how;
	const struct gv_state_body *body = h->at.body;

	if (level == 0 && how->serial && strcmp(key, how->serial) == 0)
		return GV_STATE_HEAD_SERIAL;
	if (level < h->at.depth)
		return strcmp(key, body->path[level]) == 0
		    ? GV_STATE_HEAD_MAP
		    : GV_STATE_HEAD_SLICE;
	if (body->resources && strcmp(key, body->resources) == 0)
		return GV_STATE_HEAD_RESOURCES;
	return body->outputs && strcmp(key, body->outputs) == 0
	    ? GV_STATE_HEAD_OUTPUTS
	    : GV_STATE_HEAD_SLICE;
}

/* A serial is a slice that is written again, and given as one. */
static bool
is_made(enum gv_state_head_kind kind)
{
	return kind != GV_STATE_HEAD_SLICE && kind != GV_STATE_HEAD_SERIAL;
}

static size_t
find(const struct gv_state_head_level *l, const char *key)
{
	size_t i = 0;

	while (i < l->n && strcmp(l->members[i].key, key) != 0)
		i++;
	return i;
}

static int
insert(struct gv_state_head_level *l, size_t at,
    const struct gv_state_head_member *m)
{
	int r = GV_GROW(l->members, l->n, l->cap);

	if (r < 0)
		return r;
	memmove(l->members + at + 1, l->members + at,
	    (l->n - at) * sizeof(*l->members));
	l->members[at] = *m;
	l->n++;
	return 0;
}

static int
need(struct gv_state_head *h, size_t level, const char *key, size_t at)
{
	struct gv_state_head_level *l = &h->levels[level];
	const struct gv_state_head_member m = { .key = key,
		.kind = kind_of(h, level, key) };

	return find(l, key) < l->n ? 0 : insert(l, at < l->n ? at : l->n, &m);
}

/* ---- the damaged document ----------------------------------------------- */

static bool
is_left_out(const struct gv_state_head *h, enum gv_state_head_kind kind)
{
	return kind == GV_STATE_HEAD_OUTPUTS && h->how->is_passing &&
	    !h->has_outputs;
}

/* Of a key that stands twice the last one counts, as it does for the tool. */
static int
take_level(struct gv_state_head *h, size_t level)
{
	struct gv_state_head_level *l = &h->levels[level];
	size_t i, at;
	int r = 0;

	for (i = 0; r == 0 && i < h->bad->n; i++) {
		const struct gv_state_member *from = &h->bad->members[i];
		const struct gv_state_head_member m = { from->key,
			kind_of(h, level, from->key), h->source, from->at,
			from->len, NULL };

		if (from->in != h->at.in[level] ||
		    (!from->is_whole && !is_made(m.kind)) ||
		    is_left_out(h, m.kind))
			continue;
		at = find(l, m.key);
		if (at < l->n)
			l->members[at] = m;
		else
			r = insert(l, l->n, &m);
	}
	return r;
}

/* What began and is not whole, and was found nowhere else. */
static int
note_lost(struct gv_state_head *h, size_t level)
{
	const struct gv_state_head_level *l = &h->levels[level];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && level < h->at.n && i < h->bad->n; i++) {
		const struct gv_state_member *m = &h->bad->members[i];
		const enum gv_state_head_kind kind = kind_of(h, level, m->key);

		if (m->in != h->at.in[level] || m->is_whole)
			continue;
		if ((!is_made(kind) && find(l, m->key) == l->n) ||
		    (kind == GV_STATE_HEAD_OUTPUTS && h->how->is_passing))
			r = h->note(h->ctx, GV_STATE_LOST, m->key);
	}
	return r;
}

/* ---- the whole one ------------------------------------------------------ */

/* A map that ends says what it lacks. */
static bool
is_level_whole(const struct gv_state_head *h, size_t level)
{
	if (level == 0)
		return h->bad->is_whole;
	return level < h->at.n && h->bad->members[h->at.in[level] - 1].is_whole;
}

/* What the damaged one has lost of a map, in the place that it has there. */
static int
take_level_of_good(
    struct gv_state_head *h, const struct gv_state_body_at *where, size_t level)
{
	struct gv_state_head_level *l = &h->levels[level];
	size_t i, at, after = 0;
	int r = 0;

	for (i = 0; r == 0 && i < h->good->n; i++) {
		const struct gv_state_member *from = &h->good->members[i];
		const struct gv_state_head_member m = { from->key,
			kind_of(h, level, from->key), GV_STATE_FROM_GOOD,
			from->at, from->len, NULL };

		if (from->in != where->in[level] || is_left_out(h, m.kind))
			continue;
		at = find(l, m.key);
		if (at < l->n) {
			after = at + 1;
			continue;
		}
		if ((r = insert(l, after++, &m)) == 0 && !is_made(m.kind))
			r = h->note(h->ctx, GV_STATE_HEAD_FROM, m.key);
	}
	return r;
}

/* Values that are encrypted by one thing are not to stand beside those that
 * are by another. */
static int
check_bound(const struct gv_state_head *h)
{
	const char *name = h->how->bound;
	const struct gv_state_member *a, *b;

	if (name == NULL || !h->mixes)
		return 0;
	a = gv_state_body_inner(h->how, h->bad, name);
	b = gv_state_body_inner(h->how, h->good, name);
	if (a == NULL || !a->is_whole || b == NULL || !b->is_whole ||
	    memcmp(a->sum, b->sum, GV_STATE_SUM) == 0)
		return 0;
	return gv_err(GV_EREFUSED,
	    "its %s differs from that of the intact version, so secrets of "
	    "missing resources could not be decrypted in it; name another "
	    "version by --from, or leave out --with-lost",
	    name);
}

static const char *
place_of(const struct gv_state_body *body)
{
	if (body->path[0])
		return body->path[0];
	return body->resources ? body->resources : "a list of nothing else";
}

static int
take_good(struct gv_state_head *h)
{
	struct gv_state_body_at where;
	size_t level;
	int r = 0;

	gv_state_body_find(&where, h->how, h->good);
	if (where.body == NULL)
		return 0;
	if (where.body != h->at.body)
		return gv_err(GV_EREFUSED,
		    "the intact version has another form, with its resources "
		    "in %s, not in %s; name another one by --from",
		    place_of(where.body), place_of(h->at.body));
	for (level = 0; r == 0 && level < where.n; level++)
		if (!is_level_whole(h, level))
			r = take_level_of_good(h, &where, level);
	return r < 0 ? r : check_bound(h);
}

/* ---- all of it ---------------------------------------------------------- */

/* Where nothing is left of the way, that of the whole one is it. */
static int
choose_body(struct gv_state_head *h)
{
	struct gv_state_body_at good;

	gv_state_body_find(&h->at, h->how, h->bad);
	if (h->at.body)
		return 0;
	good = h->at;
	if (h->good)
		gv_state_body_find(&good, h->how, h->good);
	h->at.body = good.body;
	h->at.depth = good.depth;
	if (h->at.body == NULL && h->has_resources)
		h->at.body = h->how->plain;
	if (h->at.body)
		return 0;
	if (h->how->is_loose)
		return gv_err(GV_EREFUSED,
		    "it has no list of resources to repair; restore an intact "
		    "version");
	return gv_err(GV_EREFUSED,
	    "nothing of its header is left, and there is no intact version to "
	    "take it from; name one by --from VERSION");
}

/* What is the same in all, where it is known nowhere else. */
static int
fill(struct gv_state_head *h, size_t level, const char *key)
{
	const struct gv_state_fill *f = h->at.body->fills;
	struct gv_state_head_level *l = &h->levels[level];
	struct gv_state_head_member m = { .key = key,
		.kind = GV_STATE_HEAD_TEXT };
	int r;

	while (f && f->key && strcmp(f->key, key) != 0)
		f++;
	if (f == NULL || f->key == NULL)
		return gv_err(GV_EREFUSED,
		    "its %s is damaged, and there is no intact version to take "
		    "it from; name one by --from VERSION",
		    key);
	m.text = f->value;
	r = insert(l, l->n, &m);
	return r < 0 ? r : h->note(h->ctx, GV_STATE_WRITTEN, key);
}

static int
check_level(struct gv_state_head *h, size_t level)
{
	const struct gv_state_head_level *l = &h->levels[level];
	const char *const *name = h->at.body->needs[level];
	int r = 0;

	for (; r == 0 && name && *name; name++)
		if (find(l, *name) == l->n)
			r = fill(h, level, *name);
	if (r == 0 && level < h->at.depth)
		return need(h, level, h->at.body->path[level], l->n);
	return r;
}

/* Where nothing tells what stood beside the list. */
static int
check_beside(const struct gv_state_head *h)
{
	size_t level;

	for (level = 0;
	     h->at.body->is_bound && h->good == NULL && level <= h->at.depth;
	     level++)
		if (!is_level_whole(h, level))
			return gv_err(GV_EREFUSED,
			    "the part next to its %s is damaged, and there is "
			    "no intact version to take it from; name one by "
			    "--from VERSION",
			    h->at.body->resources);
	return 0;
}

static int
check(struct gv_state_head *h)
{
	const struct gv_state_salvage *how = h->how;
	const char *outputs = h->at.body->outputs;
	size_t level, body = h->at.depth;
	int r = check_beside(h);

	if (r < 0 || h->at.body->resources == NULL)
		return r;
	for (level = 0; r == 0 && level <= body; level++)
		r = check_level(h, level);
	if (r < 0)
		return r;
	if (how->serial && (r = need(h, 0, how->serial, 1)) < 0)
		return r;
	if (outputs && !how->is_passing &&
	    (r = need(h, body, outputs, h->levels[body].n)) < 0)
		return r;
	r = need(h, body, h->at.body->resources, h->levels[body].n);
	if (r < 0)
		return r;
	if (outputs && h->has_outputs &&
	    (r = need(h, body, outputs, h->levels[body].n)) < 0)
		return r;
	for (level = 0; r == 0 && level <= body; level++)
		r = note_lost(h, level);
	if (r < 0)
		return r;
	/* nobody can tell whether there was one, and much depends on it */
	if (how->bound && h->good == NULL && !is_level_whole(h, body) &&
	    find(&h->levels[body], how->bound) == h->levels[body].n)
		return h->note(h->ctx, GV_STATE_LOST, how->bound);
	return 0;
}

int
gv_state_head_make(struct gv_state_head *h)
{
	size_t level;
	int r = choose_body(h);

	for (level = 0; r == 0 && level < h->at.n; level++)
		r = take_level(h, level);
	if (r == 0 && h->good)
		r = take_good(h);
	return r < 0 ? r : check(h);
}

int
gv_state_head_compare(const struct gv_state_head *h,
    const struct gv_state_document *other, enum gv_state_note kind)
{
	struct gv_state_head one = *h;
	struct gv_state_body_at where;
	size_t i, level;
	int r = 0;

	gv_state_body_find(&one.at, h->how, h->bad);
	gv_state_body_find(&where, h->how, other);
	if (one.at.body == NULL || where.body != one.at.body)
		return 0;
	for (i = 0; r == 0 && i < h->bad->n; i++) {
		const struct gv_state_member *a = &h->bad->members[i], *b;

		for (level = 0; level < one.at.n; level++)
			if (a->in == one.at.in[level])
				break;
		if (level == one.at.n || !a->is_whole ||
		    kind_of(&one, level, a->key) != GV_STATE_HEAD_SLICE)
			continue;
		b = gv_state_body_member(&where, other, level, a->key);
		if (b && b->is_whole &&
		    memcmp(a->sum, b->sum, GV_STATE_SUM) != 0)
			r = h->note(h->ctx, kind, a->key);
	}
	return r;
}

void
gv_state_head_release(struct gv_state_head *h)
{
	size_t level;

	for (level = 0; level <= GV_STATE_BODY_DEPTH; level++)
		free(h->levels[level].members);
}
