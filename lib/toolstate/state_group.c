#include "toolstate/state_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"

/*
 * A group is cut before a thing by a hash of what that is called, never of what
 * it holds: nothing under LEAST, then ever more likely, in any case at MOST. An
 * edit changes one group, and behind an insertion the bounds are soon where
 * they were. What comes before the resources and behind them, which changes
 * with every version, is apart from them. By other bits of the hash groups end
 * trees, of about eight, and these trees of trees.
 */
#define LEAST    (GV_STATE_GROUP * 6 / 10)
#define MOST     (2 * GV_STATE_GROUP)
#define NAMELESS UINT64_MAX /* of what bounds nothing */

/* A list in the head from which on it is a group of its own. */
#define APART (GV_STATE_GROUP / 4)

/* From head to body and back: nobody writes a document that does so more
 * often, and is cut by size alone. */
#define TURNS 8

/* A group that is gathered is below MOST when a piece comes that is not large,
 * and may be split once behind it. */
#define ROOM (8 * GV_STATE_GROUP)

/* Of trees: how many they have at least and at most, and how likely, of 65536,
 * one ends in between: 8 on average. */
#define TREE_LEAST 4
#define TREE_MOST  32
#define TREE_ODDS  (65536 / 5)

uint64_t
gv_state_hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	/* FNV-1a, whose upper bits a long shift or two has to mix */
	for (i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ (h >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ (h >> 33);
}

static bool
ends_tree(unsigned *count, uint64_t bits)
{
	if (*count < TREE_LEAST || (*count < TREE_MOST && bits >= TREE_ODDS))
		return false;
	*count = 0;
	return true;
}

/* A group begins: which trees end before it. */
static void
begin(struct gv_state_pile *pile, uint64_t hash)
{
	pile->level = 0;
	if (ends_tree(&pile->groups_in, hash >> 32 & 0xffff)) {
		pile->trees_in++;
		pile->level = 1;
		if (ends_tree(&pile->trees_in, hash >> 48))
			pile->level = 2;
	}
	pile->groups_in++;
}

static int
tell(struct gv_state_pile *pile, const char *text, size_t len, size_t n_items,
    enum gv_state_form form)
{
	const struct gv_state_group group = { .text = text,
		.form = form,
		.len = len,
		.items = n_items ? pile->items.items : NULL,
		.n_items = n_items,
		.level = pile->level };

	if (n_items)
		gv_state_items_settle(&pile->items);
	pile->n_groups++;
	pile->n_items += n_items;
	return pile->fn(pile->ctx, &group);
}

static enum gv_state_form
form_of(const struct gv_state_pile *pile)
{
	return pile->is_yaml ? GV_STATE_YAML : GV_STATE_JSON;
}

int
gv_state_pile_flush(struct gv_state_pile *pile)
{
	int r = 0;

	if (pile->len)
		r = tell(pile, pile->room + pile->start, pile->len,
		    pile->items.n, form_of(pile));
	pile->start = pile->len = pile->mark = 0;
	gv_state_items_reset(&pile->items);
	return r < 0 ? r : 0;
}

/* What comes before the list that has grown is a group without it. */
static int
split(struct gv_state_pile *pile)
{
	int r =
	    tell(pile, pile->room + pile->start, pile->mark, 0, form_of(pile));

	pile->start += pile->mark;
	pile->len -= pile->mark;
	pile->mark = 0;
	begin(pile, NAMELESS);
	return r < 0 ? r : 0;
}

/* How likely, of 2^32, a group ends before a thing of this many bytes: it goes
 * by these, so that groups are as large whatever the size of things is, and
 * doubles towards MOST. More than a half would leave nothing for two ways of
 * cutting to meet at. */
static uint64_t
odds(size_t group, size_t len)
{
	uint64_t of = (uint64_t)len * (MOST - LEAST + group - LEAST);
	uint64_t most = (uint64_t)1 << 31;

	of = of * ((uint64_t)1 << 16) / (GV_STATE_GROUP / 2) * (1 << 16) /
	    (MOST - LEAST);
	return of < most ? of : most;
}

static bool
is_bound(
    const struct gv_state_pile *pile, bool in_body, size_t len, uint64_t hash)
{
	if (pile->len == 0)
		return false;
	if ((pile->in_body != in_body && pile->turns <= TURNS) ||
	    pile->len >= MOST)
		return true;
	return pile->len >= LEAST && (hash & UINT32_MAX) < odds(pile->len, len);
}

/* A list or map of the document begins, and nothing was told of before it. */
static bool
is_mark(const struct gv_state_pile *pile, const struct gv_jsontext_piece *piece)
{
	return piece->kind == GV_JSONTEXT_PIECE_OPEN && piece->n_levels == 1 &&
	    pile->items.n == 0 && pile->start == 0;
}

static void
move_piece(struct gv_jsontext_piece *piece, const char *to)
{
	struct gv_jsontext_token *t = &piece->token;

	if (piece->kind == GV_JSONTEXT_PIECE_VALUE ||
	    piece->kind == GV_JSONTEXT_PIECE_OPEN) {
		t->p = to + (t->p - piece->text);
		if (t->has_key)
			t->key = to + (t->key - piece->text);
	}
	piece->text = to;
}

int
gv_state_pile_add(struct gv_state_pile *pile, struct gv_jsontext_piece *piece,
    enum gv_state_unit unit, uint64_t hash)
{
	bool in_body = unit == GV_STATE_BODY ||
	    (pile->in_body && piece->kind == GV_JSONTEXT_PIECE_VALUE &&
		piece->n_levels > 1);
	char *at;
	int r = 0;

	pile->turns += in_body != pile->in_body;
	if (pile->room == NULL)
		pile->room = gv_memory_get(pile->memory, ROOM);
	if (pile->room == NULL)
		return GV_ENOMEM;
	if (is_bound(pile, in_body, piece->len, hash) &&
	    (r = gv_state_pile_flush(pile)) < 0)
		return r;
	if (pile->len == 0)
		begin(pile, hash);
	if (is_mark(pile, piece))
		pile->mark = pile->len;
	at = pile->room + pile->start + pile->len;
	memcpy(at, piece->text, piece->len);
	move_piece(piece, at);
	pile->len += piece->len;
	pile->in_body = in_body;
	if (pile->mark && pile->len - pile->mark > APART)
		return split(pile);
	return 0;
}

bool
gv_state_pile_is_large(size_t len)
{
	return len > GV_STATE_GROUP;
}

/* How much of these bytes is the next group. */
static size_t
cut(const struct gv_state_pile *pile, const char *p, size_t len)
{
	size_t n = len < GV_STATE_CUT ? len : GV_STATE_CUT;
	size_t at = pile->cut ? pile->cut((const unsigned char *)p, n) : n;

	return at > 0 && at < n ? at : n;
}

static int
tell_cut(struct gv_state_pile *pile, const char *p, size_t len)
{
	begin(pile, gv_state_hash(p, len < 64 ? len : 64));
	return tell(pile, p, len, 0, GV_STATE_BYTES);
}

int
gv_state_pile_large(
    struct gv_state_pile *pile, const char *text, size_t len, uint64_t hash)
{
	int r;

	if (pile->items.n == 0 && len > MOST)
		return gv_state_pile_rest(pile, text, len, NULL);
	begin(pile, hash);
	r = tell(pile, text, len, pile->items.n, form_of(pile));
	gv_state_items_reset(&pile->items);
	return r < 0 ? r : 0;
}

/* Tell what is at hand, but for what may become more of the last group. */
static int
tell_held(struct gv_state_pile *pile, const char **p, size_t *len, size_t keep)
{
	size_t n;
	int r = 0;

	while (r >= 0 && *len > keep) {
		n = cut(pile, *p, *len);
		r = tell_cut(pile, *p, n);
		*p += n;
		*len -= n;
	}
	return r < 0 ? r : 0;
}

#define WINDOW (4 * GV_STATE_CUT)

/* Read until the window is full: how much is in it, fewer at the end. */
static int64_t
fill(char *window, size_t have, const struct gv_state_source *source)
{
	int64_t n = 1;

	while (n > 0 && have < WINDOW) {
		n = source->read(source->ctx, window + have, WINDOW - have);
		have += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? n : (int64_t)have;
}

/* What is held is less than a cut. */
static int
read_rest(struct gv_state_pile *pile, const char *held, size_t n_held,
    const struct gv_state_source *source)
{
	char *window = gv_memory_get(pile->memory, WINDOW);
	const char *p = held;
	size_t len = n_held;
	int64_t have;
	bool is_end;
	int r = 0;

	if (window == NULL)
		return GV_ENOMEM;
	do {
		memmove(window, p, len);
		have = fill(window, len, source);
		is_end = have < (int64_t)WINDOW;
		p = window;
		len = have < 0 ? 0 : (size_t)have;
		r = have < 0
		    ? (int)have
		    : tell_held(pile, &p, &len, is_end ? 0 : GV_STATE_CUT);
	} while (r == 0 && !is_end);
	gv_memory_put(pile->memory, window, WINDOW);
	return r;
}

int
gv_state_pile_rest(struct gv_state_pile *pile, const char *held, size_t n_held,
    const struct gv_state_source *source)
{
	int r;

	if ((r = gv_state_pile_flush(pile)) < 0)
		return r;
	r = tell_held(pile, &held, &n_held, source ? GV_STATE_CUT : 0);
	if (r < 0)
		return r;
	if (source)
		return read_rest(pile, held, n_held, source);
	return 0;
}

void
gv_state_pile_release(struct gv_state_pile *pile)
{
	gv_memory_put(pile->memory, pile->room, ROOM);
	gv_state_items_release(&pile->items);
}
