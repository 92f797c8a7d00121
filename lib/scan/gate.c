#include "scan/gate.h"

#include <stdint.h>
#include <string.h>

#include "scan/gate_internal.h"

#define BLOCK   ((size_t)8) /* bytes, and at every second one a gram */
#define STRETCH 128         /* blocks */

/* Which bit makes a letter small is asked without a branch: most literals that
 * are as long as this end with a few letters and a sign. */
static bool
is_tail_equal(const struct gv_gate_literal *lit, const unsigned char *p)
{
	const unsigned nocase = lit->nocase;
	size_t i;

	for (i = GV_GATE_WORD; i < lit->len; i++) {
		const unsigned char a = (unsigned char)lit->text[i];
		const unsigned fold = (nocase & gv_gate_is_letter(a)) << 5;

		if ((a | fold) != (p[i] | fold))
			return false;
	}
	return true;
}

/* Whether the literal of an entry begins at `from`, of which eight bytes are in
 * `v`, and `left` are in the data. */
static inline bool
stands(const struct gv_gate *gate, const struct gv_gate_entry *e,
    const unsigned char *from, uint64_t v, size_t left)
{
	return ((v | e->fold) & e->mask) == e->value && left >= e->len &&
	    (e->len <= GV_GATE_WORD ||
		is_tail_equal(&gate->literals[e->literal], from));
}

/* Eight bytes from `from` on; behind the end of the data stand zeros. */
static uint64_t
load_rest(const struct gv_gate_run *run, const unsigned char *from)
{
	size_t left = (size_t)(run->data + run->len - from);
	uint64_t v = 0;

	if (left >= sizeof(v))
		memcpy(&v, from, sizeof(v));
	else
		memcpy(&v, from, left);
	return v;
}

/* A gram that some literals have stands at `at`: do they? Mostly not, and there
 * may be many: what tells most apart is asked first. */
int
gv_gate_look(const struct gv_gate_run *run, uint32_t gram, size_t at)
{
	const struct gv_gate *gate = run->gate;
	const struct gv_gate_entry *e = gate->tables.entries +
	    (gate->tables.first[gram] & GV_GATE_FIRST_MASK);
	const struct gv_gate_entry *end = gate->tables.entries +
	    (gate->tables.first[gram + 1] & GV_GATE_FIRST_MASK);
	const unsigned char *p = run->data + at;
	size_t left = run->len - at;
	/* and so has what begins in front of it */
	bool has_word = left >= GV_GATE_WORD;
	uint64_t v;
	int r = 0;

	for (; r == 0 && e < end; e++) {
		if (at < e->back)
			continue;
		if (has_word)
			memcpy(&v, p - e->back, sizeof(v));
		else
			v = load_rest(run, p - e->back);
		if (stands(gate, e, p - e->back, v, left + e->back))
			r = run->fn(run->ctx, e->literal, at - e->back);
	}
	return r;
}

int
gv_gate_look_one(const struct gv_gate_run *run, uint32_t gram, size_t at)
{
	const unsigned char *table = run->gate->tables.table,
			    *p = run->data + at;
	bool fits = at + 3 < run->len ? gv_gate_fits(table, gram, p[3])
				      : table[gram] != 0;

	if (fits && at)
		fits = gv_gate_fits_before(run->gate, gram, p[-1]);
	return fits ? gv_gate_look(run, gram, at) : 0;
}

/* Those in front of which stands what may are kept first, by no branch. */
static int
look_at(const struct gv_gate_run *run, size_t from, uint16_t *places, size_t n)
{
	const unsigned char *p = run->data + from;
	/* nothing is in front of the very first */
	size_t i = from == 0 && n && places[0] == 0, kept = i;
	int r = 0;

	for (; i < n; i++) {
		const unsigned char *q = p + places[i];

		places[kept] = places[i];
		kept += gv_gate_fits_before(run->gate, gv_gate_gram(q), q[-1]);
	}
	for (i = 0; r == 0 && i < kept; i++)
		r = gv_gate_look(
		    run, gv_gate_gram(p + places[i]), from + places[i]);
	return r;
}

/* From `at`, which is even, to the end, a gram at a time. Behind the end stand
 * zeros: a literal of three bytes may be the last two of a gram. */
static int
run_rest(const struct gv_gate_run *run, size_t at)
{
	int r = 0;

	for (; r == 0 && at + 2 <= run->len; at += 2) {
		unsigned char p[3] = { run->data[at], run->data[at + 1] };

		if (at + 2 < run->len)
			p[2] = run->data[at + 2];
		r = gv_gate_look_one(run, gv_gate_gram(p), at);
	}
	return r;
}

/* Every second of eight bytes, folded, in sixteen bits each. */
static inline uint64_t
fold_four(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v & 0x001f001f001f001f;
}

/* The four grams of a block, the first lowest. */
static inline uint64_t
grams_of(const unsigned char *p)
{
	return fold_four(p) | fold_four(p + 1) << 5 | fold_four(p + 2) << 10;
}

/* The blocks from `p` on that have a gram of some literal. How many. */
static size_t
find_blocks(
    const unsigned char *table, const unsigned char *p, uint16_t *out, size_t n)
{
	size_t i, found = 0;

	for (i = 0; i < n * BLOCK; i += BLOCK) {
		uint64_t grams = grams_of(p + i);

		out[found] = (uint16_t)i;
		found +=
		    (table[grams & 0xffff] | table[grams >> 16 & 0xffff] |
			table[grams >> 32 & 0xffff] | table[grams >> 48]) != 0;
	}
	return found;
}

/* The places in those blocks, with what may stand behind. How many. */
static size_t
find_places(const unsigned char *table, const unsigned char *p,
    const uint16_t *blocks, size_t n, uint16_t *out)
{
	size_t i, k, found = 0;

	for (i = 0; i < n; i++) {
		uint64_t grams = grams_of(p + blocks[i]);

		for (k = blocks[i]; k < blocks[i] + BLOCK; k += 2) {
			out[found] = (uint16_t)k;
			found += gv_gate_fits(table, grams & 0xffff, p[k + 3]);
			grams >>= 16;
		}
	}
	return found;
}

/* Each step of a stretch is done for all of it before the next one, and none
 * has a branch that could be foretold wrongly: half of the time went there. */
static int
run_plain(const struct gv_gate_run *run)
{
	const unsigned char *table = run->gate->tables.table, *p = run->data;
	/* one more is written than found, and all are in the data with two
	 * bytes more */
	uint16_t blocks[STRETCH + 1], places[STRETCH * BLOCK / 2 + 1];
	size_t at = 0, n = run->len > 2 ? (run->len - 2) / BLOCK : 0, some;
	int r = 0;

	for (; r == 0 && n; n -= some, at += some * BLOCK) {
		some = n < STRETCH ? n : STRETCH;
		r = look_at(run, at, places,
		    find_places(table, p + at, blocks,
			find_blocks(table, p + at, blocks, some), places));
	}
	return r == 0 ? run_rest(run, at) : r;
}

int
gv_gate_run(const struct gv_gate *gate, const void *data, size_t len,
    gv_gate_fn fn, void *ctx)
{
	struct gv_gate_run run = { gate, data, len, fn, ctx };

	return gate->way == GV_GATE_WIDE ? gv_gate_wide(&run) : run_plain(&run);
}
