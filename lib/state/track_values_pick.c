#include <string.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "safe/safe_who.h"
#include "seal/seal.h"
#include "state/track_leaf.h"
#include "state/track_values_internal.h"
#include "sys/cancel.h"

/*
 * A part holds whole resources, but not what they stand in. So parts are read
 * as a document that begins with the first one, and in which those are missing
 * that nobody asked for: whole values, as if they were not there. Whether what
 * is given then is what stands there, the leaf says, which is made of it again.
 * Where it is another one, there is a part between in which a list or a map
 * ends or begins. It is sought by halves: a part before it reads well, and one
 * behind it does not.
 */

#define FEW    8  /* parts of a state that is read whole just as soon */
#define PROBES 40 /* that may be taken before the whole state is read */

struct pick {
	size_t part;
	struct gv_secret text;
	size_t skip;    /* bytes that are left out at its beginning */
	bool is_wanted; /* its items are to be as the index has them … */
	bool is_right;  /* … and are */
};

struct picks {
	struct gv_track_values *values;
	struct gv_seal_reader *open;
	struct gv_seal_claim claim;
	unsigned char leaf_key[GV_TRACK_LEAF_KEY];
	struct pick *list; /* in order */
	size_t n, cap;
	size_t end, next, given; /* while it is read: how many, where it is */
	struct gv_state_item *items;
	size_t cap_items;
	struct gv_buf leaf;
	struct gv_secret room;
	unsigned probes;
};

/* ---- picks -------------------------------------------------------------- */

static int
open_pick(struct picks *p, struct pick *pick)
{
	struct gv_track_part *part = &p->values->parts.list[pick->part];
	int r = gv_cancel_requested()
	    ? gv_cancel_error()
	    : gv_track_part_name(part, p->values->odb);

	if (r == 0 &&
	    (r = gv_track_part_again(
		 part, p->values->safe, p->values->v->env)) == 0)
		r = gv_track_part_open(
		    &pick->text, p->open, p->values->odb, part, &p->claim);
	p->values->opened += r == 0;
	return r;
}

/* Where a part is among them, or would be. */
static size_t
place_of(const struct picks *p, size_t part)
{
	size_t i = p->n;

	while (i && p->list[i - 1].part >= part)
		i--;
	return i;
}

/* 1; 0 where it is there already; a failure. */
static int
add_pick(struct picks *p, size_t part, bool is_wanted)
{
	struct pick pick = { .part = part, .is_wanted = is_wanted };
	size_t at = place_of(p, part);
	int r;

	if (at < p->n && p->list[at].part == part)
		return 0;
	if ((r = GV_GROW(p->list, p->n, p->cap)) == 0)
		r = open_pick(p, &pick);
	if (r < 0) {
		gv_secret_release(&pick.text);
		return r;
	}
	memmove(&p->list[at + 1], &p->list[at], (p->n - at) * sizeof(*p->list));
	p->list[at] = pick;
	p->n++;
	return 1;
}

static void
drop_pick(struct picks *p, size_t at)
{
	gv_secret_release(&p->list[at].text);
	p->n--;
	memmove(&p->list[at], &p->list[at + 1], (p->n - at) * sizeof(*p->list));
}

/* ---- a document of them ------------------------------------------------- */

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What begins with a comma stood behind a value; where that is missing and a
 * list or map has just begun, the comma is left out. */
static size_t
comma_of(const struct pick *pick, unsigned char before)
{
	size_t i = 0;

	if (before != '[' && before != '{')
		return 0;
	while (i < pick->text.len && is_blank(pick->text.p[i]))
		i++;
	return i < pick->text.len && pick->text.p[i] == ',' ? i + 1 : 0;
}

static int
lay_out(struct picks *p)
{
	unsigned char before = '\0';
	size_t i, k;
	int r = 0;

	gv_track_values_reset(p->values);
	for (i = 0; r == 0 && i < p->end; i++) {
		struct pick *pick = &p->list[i];

		pick->skip = comma_of(pick, before);
		for (k = pick->text.len; k > pick->skip; k--)
			if (!is_blank(pick->text.p[k - 1]))
				break;
		if (k > pick->skip)
			before = pick->text.p[k - 1];
		r = gv_track_values_span(p->values, pick->part,
		    pick->text.len - pick->skip, pick->is_wanted);
	}
	p->next = p->given = 0;
	return r;
}

static int64_t
read_picks(void *ctx, void *data, size_t len)
{
	struct picks *p = ctx;
	const struct pick *pick;
	size_t n;

	for (; p->next < p->end; p->next++, p->given = 0) {
		pick = &p->list[p->next];
		n = pick->text.len - pick->skip - p->given;
		if (n == 0)
			continue;
		n = n < len ? n : len;
		memcpy(data, pick->text.p + pick->skip + p->given, n);
		p->given += n;
		return (int64_t)n;
	}
	return 0;
}

/* The items that were told of a part: how many, or a failure. */
static int
gather(struct picks *p, size_t *n, size_t part)
{
	const struct gv_track_values *values = p->values;
	const struct gv_track_values_span *span;
	size_t i, k;
	int r = 0;

	*n = 0;
	for (i = 0; r == 0 && i < values->n_groups; i++) {
		const struct gv_track_values_group *g = &values->groups[i];

		for (k = 0; r == 0 && k < g->kept.group.n_items; k++) {
			span = gv_track_values_where(values, g, k);
			if (span == NULL || span->part != part)
				continue;
			r = gv_vec_grow((void **)&p->items, &p->cap_items,
			    *n + 1, sizeof(*p->items));
			if (r == 0)
				p->items[(*n)++] = g->kept.group.items[k];
		}
	}
	return r;
}

/* Whether the leaf of what was told of it is the one that is kept. */
static int
judge(struct picks *p, struct pick *pick)
{
	const struct gv_track_part *part = &p->values->parts.list[pick->part];
	struct gv_state_group group = { .len = (size_t)part->size };
	struct gv_oid oid;
	int r = gather(p, &group.n_items, pick->part);

	group.items = p->items;
	pick->is_right = false;
	gv_buf_reset(&p->leaf);
	if (r < 0)
		return r;
	r = gv_track_leaf_add(
	    &p->leaf, p->leaf_key, &p->room, &group, &part->id);
	if (r < 0 ||
	    (r = gv_oid_of(&oid, GV_OTYPE_BLOB, p->leaf.p, p->leaf.len)) < 0)
		return r;
	pick->is_right = group.n_items && gv_oid_equal(&oid, &part->leaf);
	return 0;
}

/* Read those before `end`. */
static int
run(struct picks *p, size_t end)
{
	const struct gv_state_source source = { .read = read_picks,
		.cut = gv_chunk_cut,
		.memory = &gv_secret_memory,
		.ctx = p };
	struct gv_state_info info;
	size_t i;
	int r;

	p->end = end;
	if ((r = lay_out(p)) == 0)
		r = gv_state_run(
		    &info, &source, gv_track_values_keep, p->values);
	for (i = 0; r == 0 && i < end; i++)
		if (p->list[i].is_wanted)
			r = judge(p, &p->list[i]);
	return r;
}

/* ---- what is missing between -------------------------------------------- */

/* Whether a part reads well behind those that are there. */
static int
probe(struct picks *p, bool *is_right, size_t part)
{
	size_t at = place_of(p, part);
	int r = add_pick(p, part, true);

	if (r < 0)
		return r;
	r = run(p, at + 1);
	*is_right = r == 0 && p->list[at].is_right;
	drop_pick(p, at);
	return r;
}

/* Pick `at` does not read well: pick what it stands in, too. 1; 0 where that
 * cannot be found; a failure. */
static int
bridge(struct picks *p, size_t at)
{
	size_t low, mid, high = p->list[at].part;
	bool is_right;
	int r = 0, added;

	if (at == 0)
		return 0;
	low = p->list[at - 1].part;
	while (r == 0 && high - low > 1) {
		if (p->probes++ == PROBES)
			return 0;
		mid = low + (high - low) / 2;
		if ((r = probe(p, &is_right, mid)) == 0 && is_right)
			low = mid;
		else
			high = mid;
	}
	if (r < 0)
		return r;
	r = added = add_pick(p, low, false);
	if (r >= 0)
		r = add_pick(p, high, false);
	return r < 0 ? r : r > 0 || added > 0;
}

static int
settle(struct picks *p)
{
	size_t i;
	int r = 1;

	while (r > 0) {
		r = run(p, p->n);
		for (i = 0; r == 0 && i < p->n; i++)
			if (p->list[i].is_wanted && !p->list[i].is_right)
				break;
		if (r < 0 || i == p->n)
			return r < 0 ? r : 1;
		r = bridge(p, i);
	}
	return r;
}

static int
pick_wanted(struct picks *p)
{
	const struct gv_track_values *values = p->values;
	size_t i;
	int r = add_pick(p, 0, values->wanted[0]);

	for (i = 1; r >= 0 && i < values->parts.n; i++)
		if (values->wanted[i])
			r = add_pick(p, i, true);
	return r < 0 ? r : settle(p);
}

static int
prepare(struct picks *p)
{
	struct gv_track_values *values = p->values;
	const struct gv_track_version *v = values->v;
	const struct gv_identity *const *with;
	size_t n;
	int r = gv_track_naming_key(&p->claim.key, values->safe, v);

	if (r < 0 || p->claim.key == NULL)
		return r;
	p->claim.scope = v->env;
	gv_track_leaf_key(p->leaf_key, p->claim.key, v->env, v->stack);
	if ((r = gv_safe_identities(&with, &n, values->safe)) == 0)
		r = gv_seal_reader_new(&p->open, with, n);
	return r < 0 ? r : 1;
}

int
gv_track_values_pick(struct gv_track_values *values)
{
	struct picks p = { .values = values, .leaf = GV_BUF_INIT };
	size_t i;
	int r = 0;

	if (values->parts.n > FEW && values->n_wanted < values->parts.n / 4)
		r = prepare(&p);
	if (r > 0)
		r = gv_track_in_version(values->v, pick_wanted(&p));
	for (i = 0; i < p.n; i++)
		gv_secret_release(&p.list[i].text);
	free(p.list);
	free(p.items);
	gv_seal_reader_free(p.open);
	gv_secret_release(&p.room);
	gv_buf_release(&p.leaf);
	explicit_bzero(p.leaf_key, sizeof(p.leaf_key));
	return r;
}
