#include "scan/gate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "scan/gate_internal.h"

#define ANY      UINT32_MAX
#define LITERALS 65535
#define BLOCK    ((size_t)8) /* bytes, and at every second one a gram */
#define STRETCH  128         /* blocks */

/* How often one folded byte follows another: the base 2 logarithm of the
 * millionths, a hexadecimal digit each, a row for each first byte. Counted over
 * configuration files, documentation and sources of a Debian system. */
static const char follows[32][33] = {
	"fcdcbbbcbca9bccbcabcdbbb899bac8a",
	"a7abb78b7b89ccc7b8cbcb998b856749",
	"aa998b89abc7c99a9aabaa8979b67587",
	"bb8a8b78ca9ba98ca7a9b97778846769",
	"ba979c7a8b9899aa7789887777a6788a",
	"dbbbcaba99b7cbdba9ddcaaac9b78a7b",
	"ba777a987b86989b77a8996779746547",
	"ba998c899ba7caa987aa99777797897a",
	"ab988c798b97898a77a9a8776787785a",
	"aaacbaba8cb8cbeca8acc8a787a9a757",
	"ea9b99998cc8899a98ba988977788757",
	"98877b68798778897778786777846849",
	"cb979d997cc7b98b867aaa8769a56759",
	"cca99d987b97ac9abaaa998988857779",
	"ccaccc9c9abaaaabbaacdaa888967879",
	"baaba9ba79aabbdbb7dabbaa97856789",
	"9b887b789aa7b9bcb9caaa8899866678",
	"7797777778a78797a9999b9999755546",
	"bc9aad8b8ca99aacb9abcba89b95787a",
	"c9a97d79bca89aaba99bda898ab7797b",
	"ccab8d89ccb79bacb8cbba899bb7897b",
	"9999ab986997bab9b8bbb88888735445",
	"7b877c677a9678988989989888935548",
	"8b877a779a97789a8899888888745547",
	"8a88797778968997a888a88899845748",
	"a797886878a68aa9a89998898895697a",
	"d87779766bb6776a7788777776955527",
	"9656565757b566657567554432456664",
	"97888767698566897468786752678758",
	"b6a6578788a695656988887777577b65",
	"8565646667a255565545633322557585",
	"699a9a998a869a98a8bba9996565664a",
};

/* Three letters that stand together much more often than pairs of them say, in
 * the same files: one is looked for only where there is no other. */
static const char common[] =
    "entingmencomtheionommmmeameortmmmpornamtioresserproocojreiiimai"
    "angoutteratiesejiiervateconxmlersileainmmaultrvencolanvededzuse"
    "staallfilauldzitorblemplmlzzlalzlndepleforveresttinandodevaldef"
    "corarevenidenotampluemezessaluendexacatderxamsiotrinexstrrpnsto"
    "ttphttpszefacccorpfauriclinulepnezoorearedptionsartbljoretypabl"
    "ronnjjtpsqpnrtztchindlesszointamiypeharectdeswortemrepchescrtag"
    "inbenvquenbjithednicadgeevetralogatasetensedgtocrouitytarivessi"
    "istleomodewastecriripillntiediiptwitratctirenmilenaordilytifage"
    "keymittrushalicnstthifamonfngesinaceseseedcalesctenermantoryjjcard"
    "synyncleddncstmdatnpoagsatclenonmargonontrinebjiinsorkailntshea"
    "rgeexpocktalinjwarepoonzmetautnshuthdenalslettedhecrtbreleckrac"
    "itsmonimideotbjpriimprinruegettrequouotdelgraonthengitchahislay";

static uint64_t
often(unsigned a, unsigned b)
{
	char ch = follows[a & 31][b & 31];

	return (uint64_t)1 << (ch <= '9' ? ch - '0' : ch - 'a' + 10);
}

/* About how often a gram is met. One that another literal has put in the table
 * costs a comparison more only. */
static uint64_t
cost_of(const struct gv_gate *gate, const unsigned char *p)
{
	uint64_t cost = (often(p[0], p[1]) * often(p[1], p[2]) << 10) /
	    gate->often[p[1] & 31];

	/* of URLs there are more in what we read than where it was counted,
	 * and all their schemes would be compared at each */
	if (p[1] == '/' && (p[0] == ':' || p[2] == '/'))
		cost *= 64;
	if (gate->is_common[gv_gate_gram(p)])
		cost *= 32;
	return gate->table[gv_gate_gram(p)] ? cost / 2 : cost;
}

static bool
is_letter(unsigned char ch)
{
	return (ch | 32) >= 'a' && (ch | 32) <= 'z';
}

/* The distance of the cheapest gram among every second, or every one, from
 * `at` on; ANY where the literal is too short to have one. */
static uint32_t
cheapest(const struct gv_gate *gate, const struct gv_gate_literal *lit,
    uint32_t at, uint32_t step)
{
	const unsigned char *p = (const unsigned char *)lit->text;
	uint64_t cost, least = UINT64_MAX;
	uint32_t best = ANY;

	for (; at + 3 <= lit->len; at += step) {
		cost = cost_of(gate, p + at);
		/* the pairs say little where any byte may stand behind */
		if (gate->way == GV_GATE_WIDE && at + 3 == lit->len)
			cost *= 32;
		if (cost < least) {
			least = cost;
			best = at;
		}
	}
	return best;
}

static void
make_entry(struct gv_gate_entry *e, const struct gv_gate_literal *lit,
    size_t number, uint32_t back)
{
	size_t n = lit->len < GV_GATE_WORD ? lit->len : GV_GATE_WORD, i;
	unsigned char fold[GV_GATE_WORD] = { 0 }, mask[GV_GATE_WORD] = { 0 };
	unsigned char value[GV_GATE_WORD] = { 0 };

	for (i = 0; i < n; i++) {
		mask[i] = 255;
		fold[i] = lit->nocase && is_letter((unsigned char)lit->text[i])
		    ? 32
		    : 0;
		value[i] = (unsigned char)lit->text[i] | fold[i];
	}
	memcpy(&e->fold, fold, GV_GATE_WORD);
	memcpy(&e->mask, mask, GV_GATE_WORD);
	memcpy(&e->value, value, GV_GATE_WORD);
	e->literal = (uint32_t)number;
	e->len = (uint16_t)lit->len;
	e->back = (uint16_t)back;
}

/* Which grams of a literal are looked for; odd is ANY in one of three bytes,
 * and not used where every position is looked at: `even` is any of them then.
 */
struct choice {
	uint32_t even, odd;
};

/* The bit of a byte of a literal, or all where it does not say. */
static unsigned char
bit_of(const struct gv_gate_literal *lit, size_t at)
{
	return at < lit->len ? (unsigned char)(1u << (lit->text[at] & 7))
			     : 0xff;
}

/* Called twice: to count (`at` NULL), and to fill. */
static void
put(struct gv_gate *gate, uint32_t gram, size_t number, uint32_t back,
    uint32_t *at)
{
	const struct gv_gate_literal *lit = &gate->literals[number];

	if (at == NULL)
		gate->first[gram + 1]++;
	else
		make_entry(&gate->entries[at[gram]++], lit, number, back);
	gate->table[gram] |= bit_of(lit, (size_t)back + 3);
}

static void
put_literal(
    struct gv_gate *gate, size_t number, const struct choice *c, uint32_t *at)
{
	const struct gv_gate_literal *lit = &gate->literals[number];
	const unsigned char *p = (const unsigned char *)lit->text;
	uint32_t any;

	put(gate, gv_gate_gram(p + c->even), number, c->even, at);
	if (gate->way == GV_GATE_WIDE)
		return;
	if (c->odd != ANY) {
		put(gate, gv_gate_gram(p + c->odd), number, c->odd, at);
		return;
	}
	/* whatever stands behind the last two of three */
	for (any = 0; any < 32; any++)
		put(gate, (p[1] & 31u) | (p[2] & 31u) << 5 | any << 10, number,
		    1, at);
}

/* Two bytes of a literal, each folded or ANY, where the first stands. */
static void
put_pair(unsigned char pairs[128], uint32_t a, uint32_t b)
{
	uint32_t i, k;

	for (i = a == ANY ? 0 : a; i <= (a == ANY ? 31 : a); i++)
		for (k = b == ANY ? 0 : b; k <= (b == ANY ? 31 : b); k++)
			pairs[i << 2 | k >> 3] |=
			    (unsigned char)(1u << (k & 7));
}

/* In the order in which gate_wide.c asks for them. */
static void
put_pairs(struct gv_gate *gate, const struct gv_gate_literal *lit, uint32_t at)
{
	static const unsigned char pairs[GV_GATE_PAIRS][2] = { { 0, 1 },
		{ 1, 2 }, { 0, 2 }, { 1, 3 }, { 0, 3 }, { 2, 3 } };
	uint32_t v[4], i;

	for (i = 0; i < 4; i++)
		v[i] = at + i < lit->len
		    ? (unsigned char)lit->text[at + i] & 31u
		    : ANY;
	for (i = 0; i < GV_GATE_PAIRS; i++)
		put_pair(gate->pairs[i], v[pairs[i][0]], v[pairs[i][1]]);
}

static int
check(const struct gv_gate_literal *literals, size_t n)
{
	size_t i;

	if (n > LITERALS)
		return gv_err(GV_EREFUSED,
		    "%zu literals are more than a scan can look for", n);
	for (i = 0; i < n; i++)
		if (literals[i].len < GV_GATE_MIN ||
		    literals[i].len > GV_GATE_MAX)
			return gv_err(GV_EREFUSED,
			    "the literal '%.*s' is not of %d to %d bytes",
			    (int)literals[i].len, literals[i].text, GV_GATE_MIN,
			    GV_GATE_MAX);
	return 0;
}

/* What may stand in front of a gram: a bit for the last three of each byte. */
static uint32_t
before(const struct gv_gate *gate, size_t gram)
{
	uint32_t i, bits = 0;

	for (i = gate->first[gram] & GV_GATE_FIRST_MASK;
	     i < (gate->first[gram + 1] & GV_GATE_FIRST_MASK); i++) {
		const struct gv_gate_entry *e = &gate->entries[i];

		bits |=
		    bit_of(&gate->literals[e->literal], (size_t)e->back - 1);
	}
	return bits;
}

static int
fill(struct gv_gate *gate, struct choice *choices, uint32_t *at)
{
	size_t i, k;

	for (i = 0; i < 32; i++)
		for (k = 0; k < 32; k++)
			gate->often[i] += often((unsigned)i, (unsigned)k);
	for (i = 0; i + 3 < sizeof(common); i += 3)
		gate->is_common[gv_gate_gram(
		    (const unsigned char *)common + i)] = true;
	for (i = 0; i < gate->n; i++) {
		const struct gv_gate_literal *lit = &gate->literals[i];

		if (gate->way == GV_GATE_WIDE) {
			choices[i].even = cheapest(gate, lit, 0, 1);
			put_pairs(gate, lit, choices[i].even);
		} else {
			choices[i].even = cheapest(gate, lit, 0, 2);
			choices[i].odd = cheapest(gate, lit, 1, 2);
		}
		put_literal(gate, i, &choices[i], NULL);
	}
	for (i = 0; i < GV_GATE_GRAMS; i++) {
		gate->first[i + 1] += gate->first[i];
		at[i] = gate->first[i];
	}
	gate->entries = calloc(
	    (size_t)gate->first[GV_GATE_GRAMS] + 1, sizeof(*gate->entries));
	if (gate->entries == NULL)
		return gv_err_nomem();
	for (i = 0; i < gate->n; i++)
		put_literal(gate, i, &choices[i], at);
	for (i = 0; i < GV_GATE_GRAMS; i++)
		gate->first[i] |= before(gate, i) << GV_GATE_FIRST_BITS;
	return 0;
}

int
gv_gate_new_for(struct gv_gate **out, const struct gv_gate_literal *literals,
    size_t n, enum gv_gate_way way)
{
	struct gv_gate *gate = NULL;
	struct choice *choices = NULL;
	uint32_t *at = NULL;
	int r = check(literals, n);

	if (r < 0)
		return r;
	gate = calloc(1, sizeof(*gate));
	choices = calloc(n + 1, sizeof(*choices));
	at = malloc(GV_GATE_GRAMS * sizeof(*at));
	if ((r = gate && choices && at ? 0 : gv_err_nomem()) == 0) {
		gate->literals = literals;
		gate->n = n;
		gate->way = way == GV_GATE_WIDE && gv_gate_wide_can()
		    ? GV_GATE_WIDE
		    : GV_GATE_PLAIN;
		r = fill(gate, choices, at);
	}
	free(choices);
	free(at);
	if (r < 0)
		gv_gate_free(gate);
	else
		*out = gate;
	return r;
}

int
gv_gate_new(
    struct gv_gate **out, const struct gv_gate_literal *literals, size_t n)
{
	return gv_gate_new_for(out, literals, n, GV_GATE_WIDE);
}

void
gv_gate_free(struct gv_gate *gate)
{
	if (gate == NULL)
		return;
	free(gate->entries);
	free(gate);
}

static bool
is_tail_equal(const struct gv_gate_literal *lit, const unsigned char *p)
{
	size_t i;

	for (i = GV_GATE_WORD; i < lit->len; i++) {
		unsigned char a = (unsigned char)lit->text[i], b = p[i];

		if (lit->nocase && is_letter(a)) {
			a |= 32;
			b |= 32;
		}
		if (a != b)
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
	const struct gv_gate_entry *e =
	    gate->entries + (gate->first[gram] & GV_GATE_FIRST_MASK);
	const struct gv_gate_entry *end =
	    gate->entries + (gate->first[gram + 1] & GV_GATE_FIRST_MASK);
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
	const unsigned char *table = run->gate->table, *p = run->data + at;
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
	const unsigned char *table = run->gate->table, *p = run->data;
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
