#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "scan/gate.h"
#include "scan/gate_internal.h"

#define ANY      UINT32_MAX
#define LITERALS 65535
#define CROWD    4 /* literals that have one gram */

/* What the tables of a gate are in, unless they are the program's own. */
struct gv_gate_memory {
	unsigned char table[GV_GATE_GRAMS];
	uint32_t first[GV_GATE_GRAMS + 1];
	unsigned char pairs[GV_GATE_PAIRS][128];
	struct gv_gate_entry *entries;
};

/* Which grams of a literal are looked for; odd is ANY in one of three bytes,
 * and not used where every position is looked at: `even` is any of them then.
 */
struct choice {
	uint32_t even, odd;
};

/* A gate that is being built. */
struct build {
	enum gv_gate_way way;
	const struct gv_gate_literal *literals;
	size_t n;
	struct gv_gate_memory *to;
	struct choice *choices;         /* of each literal */
	uint32_t at[GV_GATE_GRAMS];     /* where its next entry goes */
	bool is_common[GV_GATE_GRAMS];  /* met too often */
	uint32_t shared[GV_GATE_GRAMS]; /* how many literals have it */
	uint64_t often[32];             /* how often a byte is */
};

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
 * costs a comparison more only. One that many have, of "password", is what a
 * text with secrets is full of, and all of them would be compared at each. */
static uint64_t
cost_of(const struct build *b, const unsigned char *p)
{
	uint64_t cost =
	    (often(p[0], p[1]) * often(p[1], p[2]) << 10) / b->often[p[1] & 31];

	/* of URLs there are more in what we read than where it was counted,
	 * and all their schemes would be compared at each */
	if (p[1] == '/' && (p[0] == ':' || p[2] == '/'))
		cost *= 64;
	if (b->is_common[gv_gate_gram(p)])
		cost *= 32;
	if (b->shared[gv_gate_gram(p)] > CROWD)
		cost *= b->shared[gv_gate_gram(p)];
	return b->to->table[gv_gate_gram(p)] ? cost / 2 : cost;
}

static void
count_shared(struct build *b)
{
	size_t i, k;

	for (i = 0; i < b->n; i++)
		for (k = 0; k + 3 <= b->literals[i].len; k++)
			b->shared[gv_gate_gram(
			    (const unsigned char *)b->literals[i].text + k)]++;
}

/* The distance of the cheapest gram among every second, or every one, from
 * `at` on; ANY where the literal is too short to have one. */
static uint32_t
cheapest(const struct build *b, const struct gv_gate_literal *lit, uint32_t at,
    uint32_t step)
{
	const unsigned char *p = (const unsigned char *)lit->text;
	uint64_t cost, least = UINT64_MAX;
	uint32_t best = ANY;

	for (; at + 3 <= lit->len; at += step) {
		cost = cost_of(b, p + at);
		/* the pairs say little where any byte may stand behind */
		if (b->way == GV_GATE_WIDE && at + 3 == lit->len)
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
		fold[i] = lit->nocase &&
			gv_gate_is_letter((unsigned char)lit->text[i])
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

/* The bit of a byte of a literal, or all where it does not say. */
static unsigned char
bit_of(const struct gv_gate_literal *lit, size_t at)
{
	return at < lit->len ? (unsigned char)(1u << (lit->text[at] & 7))
			     : 0xff;
}

/* Called twice: to count, and to fill. */
static void
put(struct build *b, uint32_t gram, size_t number, uint32_t back, bool count)
{
	const struct gv_gate_literal *lit = &b->literals[number];

	if (count)
		b->to->first[gram + 1]++;
	else
		make_entry(&b->to->entries[b->at[gram]++], lit, number, back);
	b->to->table[gram] |= bit_of(lit, (size_t)back + 3);
}

static void
put_literal(struct build *b, size_t number, bool count)
{
	const struct gv_gate_literal *lit = &b->literals[number];
	const unsigned char *p = (const unsigned char *)lit->text;
	const struct choice *c = &b->choices[number];
	uint32_t any;

	put(b, gv_gate_gram(p + c->even), number, c->even, count);
	if (b->way == GV_GATE_WIDE)
		return;
	if (c->odd != ANY) {
		put(b, gv_gate_gram(p + c->odd), number, c->odd, count);
		return;
	}
	/* whatever stands behind the last two of three */
	for (any = 0; any < 32; any++)
		put(b, (p[1] & 31u) | (p[2] & 31u) << 5 | any << 10, number, 1,
		    count);
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
put_pairs(struct build *b, const struct gv_gate_literal *lit, uint32_t at)
{
	static const unsigned char pairs[GV_GATE_PAIRS][2] = { { 0, 1 },
		{ 1, 2 }, { 0, 2 }, { 1, 3 }, { 0, 3 }, { 2, 3 } };
	uint32_t v[4], i;

	for (i = 0; i < 4; i++)
		v[i] = at + i < lit->len
		    ? (unsigned char)lit->text[at + i] & 31u
		    : ANY;
	for (i = 0; i < GV_GATE_PAIRS; i++)
		put_pair(b->to->pairs[i], v[pairs[i][0]], v[pairs[i][1]]);
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
before(const struct build *b, size_t gram)
{
	uint32_t i, bits = 0;

	for (i = b->to->first[gram] & GV_GATE_FIRST_MASK;
	     i < (b->to->first[gram + 1] & GV_GATE_FIRST_MASK); i++) {
		const struct gv_gate_entry *e = &b->to->entries[i];

		bits |= bit_of(&b->literals[e->literal], (size_t)e->back - 1);
	}
	return bits;
}

static int
fill(struct build *b)
{
	struct gv_gate_memory *to = b->to;
	size_t i, k;

	for (i = 0; i < 32; i++)
		for (k = 0; k < 32; k++)
			b->often[i] += often((unsigned)i, (unsigned)k);
	for (i = 0; i + 3 < sizeof(common); i += 3)
		b->is_common[gv_gate_gram((const unsigned char *)common + i)] =
		    true;
	count_shared(b);
	for (i = 0; i < b->n; i++) {
		const struct gv_gate_literal *lit = &b->literals[i];

		if (b->way == GV_GATE_WIDE) {
			b->choices[i].even = cheapest(b, lit, 0, 1);
			put_pairs(b, lit, b->choices[i].even);
		} else {
			b->choices[i].even = cheapest(b, lit, 0, 2);
			b->choices[i].odd = cheapest(b, lit, 1, 2);
		}
		put_literal(b, i, true);
	}
	for (i = 0; i < GV_GATE_GRAMS; i++) {
		to->first[i + 1] += to->first[i];
		b->at[i] = to->first[i];
	}
	to->entries =
	    calloc((size_t)to->first[GV_GATE_GRAMS] + 1, sizeof(*to->entries));
	if (to->entries == NULL)
		return gv_err_nomem();
	for (i = 0; i < b->n; i++)
		put_literal(b, i, false);
	for (i = 0; i < GV_GATE_GRAMS; i++)
		to->first[i] |= before(b, i) << GV_GATE_FIRST_BITS;
	return 0;
}

static void
free_memory(struct gv_gate_memory *m)
{
	if (m)
		free(m->entries);
	free(m);
}

static int
build(struct gv_gate_memory **out, const struct gv_gate_literal *literals,
    size_t n, enum gv_gate_way way)
{
	struct build *b = calloc(1, sizeof(*b));
	int r = 0;

	if (b) {
		b->to = calloc(1, sizeof(*b->to));
		b->choices = calloc(n + 1, sizeof(*b->choices));
	}
	if (b == NULL || b->to == NULL || b->choices == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	b->way = way;
	b->literals = literals;
	b->n = n;
	if ((r = fill(b)) < 0)
		goto out;
	*out = b->to;
	b->to = NULL;
out:
	if (b) {
		free_memory(b->to);
		free(b->choices);
	}
	free(b);
	return r;
}

int
gv_gate_make(struct gv_gate **out, const struct gv_gate_literal *literals,
    size_t n, enum gv_gate_way way)
{
	struct gv_gate_memory *m = NULL;
	struct gv_gate *gate;
	int r;

	if ((r = check(literals, n)) < 0 ||
	    (r = build(&m, literals, n, way)) < 0)
		return r;
	gate = calloc(1, sizeof(*gate));
	if (gate == NULL) {
		free_memory(m);
		return gv_err_nomem();
	}
	gate->way = way;
	gate->tables =
	    (struct gv_gate_tables){ m->table, m->first, m->pairs, m->entries };
	gate->literals = literals;
	gate->memory = m;
	*out = gate;
	return 0;
}

/* What this processor can do of what is wanted. */
static enum gv_gate_way
way_of(enum gv_gate_way way)
{
	return way == GV_GATE_WIDE && gv_gate_wide_can() ? GV_GATE_WIDE
							 : GV_GATE_PLAIN;
}

int
gv_gate_new_for(struct gv_gate **out, const struct gv_gate_literal *literals,
    size_t n, enum gv_gate_way way)
{
	return gv_gate_make(out, literals, n, way_of(way));
}

int
gv_gate_new(
    struct gv_gate **out, const struct gv_gate_literal *literals, size_t n)
{
	return gv_gate_new_for(out, literals, n, GV_GATE_WIDE);
}

int
gv_gate_thaw(struct gv_gate **out, const struct gv_gate_tables *tables,
    const struct gv_gate_literal *literals)
{
	struct gv_gate *gate = calloc(1, sizeof(*gate));

	if (gate == NULL)
		return gv_err_nomem();
	gate->way = way_of(GV_GATE_WIDE);
	gate->tables = tables[gate->way];
	gate->literals = literals;
	*out = gate;
	return 0;
}

const struct gv_gate_tables *
gv_gate_tables(const struct gv_gate *gate)
{
	return &gate->tables;
}

void
gv_gate_free(struct gv_gate *gate)
{
	if (gate == NULL)
		return;
	free_memory(gate->memory);
	free(gate);
}
