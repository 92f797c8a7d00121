#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "drift/drift_internal.h"
#include "drift/meaning.h"

/*
 * Keys that each side has under another name. A subtree of at least three equal
 * values has moved; a key next to one of the same value was renamed.
 */

#define MOVED_MIN 3
#define PAIRS_MAX ((size_t)4 * 1024 * 1024) /* of keys that are compared */
#define TAKES_MAX (2 * PAIRS_MAX) /* the same, over all that have moved */

struct move {
	size_t low_len, high_len; /* of the steps that differ */
	const struct gv_drift_key *low, *high;
	size_t n;
};

struct moves {
	struct gv_drift_pair *pair;
	const struct gv_drift_role *role;
	const struct gv_drift_alone *alone;
	struct move *list;
	size_t n, cap;
	uint32_t *slots; /* by what differs: number in `list`, + 1 */
	size_t n_slots;  /* a power of two, or 0 */
	size_t left;     /* pairs that may still be compared */
};

/* Where the last steps begin that both names have; 0: they share none. */
static size_t
shared_end(const struct gv_drift_key *a, const struct gv_drift_key *b)
{
	size_t n = 0, step = 0;

	while (n < a->name_len && n < b->name_len &&
	    a->name[a->name_len - 1 - n] == b->name[b->name_len - 1 - n]) {
		n++;
		if (a->name[a->name_len - n] == '.')
			step = n;
	}
	return step;
}

static bool
is_equal(const struct moves *m, const struct gv_drift_key *a,
    const struct gv_drift_key *b)
{
	return a->kind == b->kind && a->type == b->type &&
	    (gv_drift_is_equal(m->pair->d, a, b) ||
		(!a->is_hidden && !b->is_hidden && a->kind == GV_DRIFT_SCALAR &&
		    gv_drift_is_folded(m->pair, a->text, b->text)));
}

/* ---- moved --------------------------------------------------------------- */

static bool
is_of(const struct move *move, const struct gv_drift_key *low,
    const struct gv_drift_key *high)
{
	const size_t end = shared_end(low, high);

	return end && low->name_len - end == move->low_len &&
	    high->name_len - end == move->high_len &&
	    memcmp(low->name, move->low->name, move->low_len) == 0 &&
	    memcmp(high->name, move->high->name, move->high_len) == 0;
}

static uint32_t
hash(uint32_t h, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 16777619u;
	return h ^ h >> 15;
}

/* Where the move of these is, or belongs: there are more slots than moves. */
static uint32_t *
slot_of(const struct moves *m, const struct gv_drift_key *low, size_t low_len,
    const struct gv_drift_key *high, size_t high_len)
{
	size_t at =
	    hash(hash(2166136261u, low->name, low_len), high->name, high_len);

	for (;; at++) {
		uint32_t *slot = &m->slots[at & (m->n_slots - 1)];
		const struct move *move = *slot ? &m->list[*slot - 1] : NULL;

		if (move == NULL ||
		    (move->low_len == low_len && move->high_len == high_len &&
			memcmp(low->name, move->low->name, low_len) == 0 &&
			memcmp(high->name, move->high->name, high_len) == 0))
			return slot;
	}
}

static int
grow_slots(struct moves *m)
{
	const size_t n = m->n_slots ? m->n_slots * 2 : 64;
	size_t i;

	free(m->slots);
	m->n_slots = 0;
	if ((m->slots = calloc(n, sizeof(*m->slots))) == NULL)
		return gv_err_nomem();
	m->n_slots = n;
	for (i = 0; i < m->n; i++)
		*slot_of(m, m->list[i].low, m->list[i].low_len, m->list[i].high,
		    m->list[i].high_len) = (uint32_t)i + 1;
	return 0;
}

static int
count_move(struct moves *m, const struct gv_drift_key *low,
    const struct gv_drift_key *high)
{
	const size_t end = shared_end(low, high);
	uint32_t *slot;

	if (end == 0)
		return 0;
	if (GV_GROW(m->list, m->n, m->cap) < 0)
		return gv_err_nomem();
	if (m->n * 2 >= m->n_slots && grow_slots(m) < 0)
		return GV_ENOMEM;
	slot = slot_of(m, low, low->name_len - end, high, high->name_len - end);
	if (*slot) {
		m->list[*slot - 1].n++;
		return 0;
	}
	m->list[m->n++] = (struct move){ low->name_len - end,
		high->name_len - end, low, high, 1 };
	*slot = (uint32_t)m->n;
	return 0;
}

/* Mark what moved, and say how many. */
static size_t
take(struct moves *m, const struct move *move)
{
	const struct gv_drift_alone *a = m->alone;
	size_t i, k, n = 0;

	for (i = 0; i < a->n_low; i++)
		for (k = 0; !a->low[i]->is_met && k < a->n_high; k++)
			if (!a->high[k]->is_met &&
			    is_of(move, a->low[i], a->high[k]) &&
			    is_equal(m, a->low[i], a->high[k])) {
				a->low[i]->is_met = a->high[k]->is_met = true;
				n++;
			}
	return n;
}

static int
tell_move(struct moves *m, const struct move *move, size_t n)
{
	struct gv_drift_judged judged;

	gv_drift_set(&judged, GV_DRIFT_DRIFT, GV_DRIFT_MOVED, GV_DRIFT_NORMAL,
	    "%.*s in %s is %.*s in %s (%zu keys)", (int)move->low_len,
	    move->low->show, gv_drift_low(m->pair), (int)move->high_len,
	    move->high->show, gv_drift_high(m->pair), n);
	return gv_drift_tell_as(m->pair, m->role,
	    &(struct gv_drift_told){ { move->low->name, move->low_len },
		move->low, move->high, &judged, n, "block" });
}

static int
by_number(const void *a, const void *b)
{
	const struct move *x = a, *y = b;

	return (x->n < y->n) - (x->n > y->n);
}

static int
find_moved(struct moves *m)
{
	const struct gv_drift_alone *a = m->alone;
	size_t i, k, n;
	int r;

	for (i = 0; i < a->n_low; i++)
		for (k = 0; k < a->n_high; k++)
			if (is_equal(m, a->low[i], a->high[k]) &&
			    (r = count_move(m, a->low[i], a->high[k])) < 0)
				return r;
	if (m->n)
		qsort(m->list, m->n, sizeof(*m->list), by_number);
	for (i = 0; i < m->n && m->list[i].n >= MOVED_MIN; i++) {
		if (m->list[i].low->is_met || m->list[i].high->is_met)
			continue;
		/* the rest is missing on both sides, which is true as well */
		if (m->left < a->n_low * a->n_high)
			break;
		m->left -= a->n_low * a->n_high;
		n = take(m, &m->list[i]);
		if (n > 0 && (r = tell_move(m, &m->list[i], n)) < 0)
			return r;
	}
	return 0;
}

/* ---- renamed ------------------------------------------------------------- */

static size_t
parent_of(const struct gv_drift_key *key)
{
	size_t len = key->name_len;

	while (len > 0 && key->name[len - 1] != '.')
		len--;
	return len;
}

static bool
is_sibling(const struct gv_drift_key *a, const struct gv_drift_key *b)
{
	const size_t len = parent_of(a);

	return parent_of(b) == len && memcmp(a->name, b->name, len) == 0;
}

/* Whether this one has no sibling that has no pair. */
static bool
is_only(
    struct gv_drift_key *const *keys, size_t n, const struct gv_drift_key *of)
{
	size_t i, count = 0;

	for (i = 0; i < n && count < 2; i++)
		count += !keys[i]->is_met && is_sibling(keys[i], of);
	return count == 1;
}

static bool
is_telling(const struct gv_drift_key *key)
{
	return key->is_hidden ||
	    (key->text.len >= 4 && key->type == GV_DOC_TYPE_TEXT &&
		gv_meaning_is_on(key->text.p, key->text.len) < 0);
}

static bool
is_renamed(const struct moves *m, const struct gv_drift_key *low,
    const struct gv_drift_key *high)
{
	const struct gv_drift_alone *a = m->alone;
	unsigned shared;

	if (low->kind != GV_DRIFT_SCALAR || high->kind != GV_DRIFT_SCALAR ||
	    !is_sibling(low, high))
		return false;
	shared = gv_meaning_shared(
	    low->show, strlen(low->show), high->show, strlen(high->show));
	if (is_equal(m, low, high))
		return shared >= 50 || is_telling(low);
	return shared > 50 && low->type == high->type &&
	    low->guise == high->guise && is_only(a->low, a->n_low, low) &&
	    is_only(a->high, a->n_high, high);
}

static int
tell_renamed(
    struct moves *m, struct gv_drift_key *low, struct gv_drift_key *high)
{
	struct gv_drift_judged judged;

	low->is_met = high->is_met = true;
	gv_drift_set(&judged, GV_DRIFT_DRIFT, GV_DRIFT_RENAMED, GV_DRIFT_NORMAL,
	    "%s in %s is %s in %s", low->show, gv_drift_low(m->pair),
	    high->show, gv_drift_high(m->pair));
	return gv_drift_tell(m->pair, m->role, low, high, &judged);
}

static int
find_renamed(struct moves *m)
{
	const struct gv_drift_alone *a = m->alone;
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && i < a->n_low; i++)
		for (k = 0; r == 0 && !a->low[i]->is_met && k < a->n_high; k++)
			if (!a->high[k]->is_met &&
			    is_renamed(m, a->low[i], a->high[k]))
				r = tell_renamed(m, a->low[i], a->high[k]);
	return r;
}

int
gv_drift_move(struct gv_drift_pair *pair, const struct gv_drift_role *role,
    const struct gv_drift_alone *alone)
{
	struct moves m = {
		.pair = pair, .role = role, .alone = alone, .left = TAKES_MAX
	};
	int r;

	if (alone->n_low == 0 || alone->n_high == 0 ||
	    alone->n_low * alone->n_high > PAIRS_MAX)
		return 0;
	if ((r = find_moved(&m)) == 0)
		r = find_renamed(&m);
	free(m.slots);
	free(m.list);
	return r;
}
