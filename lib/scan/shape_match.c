#include "scan/shape.h"

#include <stdint.h>
#include <string.h>

#include "lex/ascii.h"

#define RUN_MIN 48 /* characters of an item whose runs are remembered */

struct matcher {
	const struct gv_shape *shape;
	const struct gv_shape_place *place;
	struct gv_shape_match *out;
	bool needs_group, whole;
};

static bool
is_word(const char *text, size_t len, size_t at)
{
	return at < len && gv_ascii_is_word(text[at]);
}

static bool
is_border(const char *text, size_t len, size_t at)
{
	bool before = at > 0 && is_word(text, len, at - 1);

	return before != is_word(text, len, at);
}

static size_t
slot_of(const struct gv_shape_item *item)
{
	return (uintptr_t)item / sizeof(*item) % GV_SHAPE_RUNS;
}

/* How many characters of an item stand from `at` on, up to its most without
 * those that are known. */
static size_t
count_more(const struct gv_shape_place *place, const struct gv_shape_item *item,
    size_t at, size_t known)
{
	size_t most = item->max - known, to = at, end;

	most = place->end - at < most ? place->end - at : most;
	end = at + most;

	while (to < end && gv_shape_has(item, place->text[to]))
		to++;
	return to - at;
}

static size_t
count(const struct gv_shape_place *place, const struct gv_shape_item *item,
    size_t at)
{
	return count_more(place, item, at, 0);
}

/* The same of an item of which there may be many. */
static size_t
count_run(const struct gv_shape_place *place, const struct gv_shape_item *item,
    size_t at)
{
	struct gv_shape_run *run = &place->runs->runs[slot_of(item)];
	size_t from = at, known = 0, n;

	if (run->item == item && at >= run->from && at <= run->to) {
		from = run->from;
		known = run->to - at;
	}
	if (known >= item->max || known >= place->end - at)
		return item->max < place->end - at ? item->max
						   : place->end - at;
	n = known + count_more(place, item, at + known, known);
	*run = (struct gv_shape_run){ item, from, at + n };
	return n;
}

static bool match_from(struct matcher *m, unsigned i, size_t at);

/* What is known of the places behind a gap, or NULL: where the end of what may
 * be matched is no part of why nothing was. */
static struct gv_shape_run *
barren_of(const struct matcher *m, const struct gv_shape_item *gap)
{
	const struct gv_shape_place *place = m->place;
	struct gv_shape_runs *runs = place->runs;
	unsigned i;

	if (runs == NULL || m->whole ||
	    (place->end != place->len &&
		place->end - place->at < m->shape->reach))
		return NULL;
	for (i = 0; i < GV_SHAPE_BARREN; i++)
		if (runs->barren[i].item == gap)
			return &runs->barren[i];
	i = runs->oldest++ % GV_SHAPE_BARREN;
	runs->barren[i] = (struct gv_shape_run){ .item = gap };
	return &runs->barren[i];
}

/* What is behind item `i`, a gap, from `at` on; if it is the last of them, all
 * that may be chosen there. */
static bool
match_rest(struct matcher *m, unsigned i, size_t at)
{
	const struct gv_shape *first = m->shape;
	bool is_there = false;

	for (;; m->shape = m->shape->next) {
		is_there =
		    gv_shape_has(&m->shape->items[i + 1], m->place->text[at]) &&
		    match_from(m, i + 1, at);
		if (is_there || i < first->last_gap || !m->shape->shares_gaps)
			break;
	}
	m->shape = first;
	return is_there;
}

/* The least of item `i` behind which the rest is. Where anchors stand one
 * behind the other, no place is asked twice: from a gap's first to that of the
 * next bytes are its own, and the rest begins at none. */
static bool
match_behind(struct matcher *m, unsigned i, size_t at)
{
	const struct gv_shape_item *gap = &m->shape->items[i];
	const struct gv_shape_place *place = m->place;
	struct gv_shape_run *barren = barren_of(m, gap);
	size_t from = at + gap->min, to = from, last = at + gap->max;
	bool is_there = false;

	if (barren && from >= barren->from && from <= barren->to) {
		from = barren->from;
		to = barren->to;
	} else if (count(place, gap, at) < gap->min) {
		return false;
	}
	for (; to <= last && to < place->end; to++) {
		is_there = match_rest(m, i, to);
		if (is_there || !gv_shape_has(gap, place->text[to]))
			break;
	}
	if (barren)
		*barren = (struct gv_shape_run){ gap, from, to };
	return is_there;
}

/* The items from `i` on. */
static bool
match_from(struct matcher *m, unsigned i, size_t at)
{
	const struct gv_shape *shape = m->shape;
	const struct gv_shape_place *place = m->place;
	size_t n;

	for (; i < shape->n; i++, at += n) {
		const struct gv_shape_item *item = &shape->items[i];

		if (i == shape->group_from)
			m->out->group = at;
		if (item->gap)
			return match_behind(m, i, at);
		n = item->max < RUN_MIN || place->runs == NULL
		    ? count(place, item, at)
		    : count_run(place, item, at);
		if (n < item->min)
			return false;
		if (i + 1 == shape->group_to)
			m->out->group_len = at + n - m->out->group;
	}
	m->out->len = at - place->at;
	return (!m->whole || at == place->end) &&
	    (!m->needs_group || shape->group_from < shape->group_to) &&
	    (!shape->ends_word || is_border(place->text, place->len, at));
}

static bool
match_one(struct matcher *m)
{
	const struct gv_shape *shape = m->shape;
	const struct gv_shape_place *place = m->place;

	*m->out = (struct gv_shape_match){ 0 };
	return place->end - place->at >= shape->head_len &&
	    memcmp(place->text + place->at, shape->head, shape->head_len) ==
	    0 &&
	    (!shape->starts_word ||
		is_border(place->text, place->len, place->at)) &&
	    match_from(m, shape->head_items, place->at + shape->head_len);
}

bool
gv_shape_match(struct gv_shape_match *out, const struct gv_shape *list,
    const struct gv_shape_place *place, bool needs_group, bool whole)
{
	struct matcher m = { list, place, out, needs_group, whole };
	bool is_chosen = false;

	/* what was chosen between behind a gap has been matched with it */
	for (; m.shape; m.shape = m.shape->next) {
		if (!is_chosen && match_one(&m))
			return true;
		is_chosen = m.shape->shares_gaps;
	}
	return false;
}
