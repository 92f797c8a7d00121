#ifndef GV_GATE_INTERNAL_H
#define GV_GATE_INTERNAL_H
/*
 * What the ways of one gate share: gate.c makes its tables and goes over the
 * data by every second position, gate_wide.c by sixty-four at once.
 */

#include <stdint.h>

#include "scan/gate.h"

#define GV_GATE_GRAMS      32768
#define GV_GATE_WORD       8  /* bytes compared at once */
#define GV_GATE_FIRST_BITS 24 /* 34 entries of each literal at most */
#define GV_GATE_FIRST_MASK ((1u << GV_GATE_FIRST_BITS) - 1)
#define GV_GATE_PAIRS      6 /* of a gram and the byte behind it */

/* A literal that may stand where a gram was met. */
struct gv_gate_entry {
	uint64_t fold;  /* bits that make its letters small */
	uint64_t mask;  /* bytes of its first eight that there are */
	uint64_t value; /* those */
	uint32_t literal;
	uint16_t len;
	uint16_t back; /* from the gram to its beginning */
};

struct gv_gate {
	enum gv_gate_way way;
	/* what may stand behind a gram: a bit for the last three of that byte;
	 * 0: no literal has it */
	unsigned char table[GV_GATE_GRAMS];
	/* of the entries of a gram the first, below 2^24; above that a bit for
	 * the last three of each byte that may stand in front of the gram */
	uint32_t first[GV_GATE_GRAMS + 1];
	struct gv_gate_entry *entries;
	const struct gv_gate_literal *literals;
	size_t n;
	/* of the four bytes from a gram on, two at a time, which folded ones
	 * some literal has: by the first and two bits of the second a byte, by
	 * its last three the bit of that */
	unsigned char pairs[GV_GATE_PAIRS][128];
	/* while it is built: grams that are met too often, and how often a
	 * byte is */
	bool is_common[GV_GATE_GRAMS];
	uint64_t often[32];
};

struct gv_gate_run {
	const struct gv_gate *gate;
	const unsigned char *data;
	size_t len;
	gv_gate_fn fn;
	void *ctx;
};

static inline uint32_t
gv_gate_gram(const unsigned char *p)
{
	return (p[0] & 31u) | (p[1] & 31u) << 5 | (p[2] & 31u) << 10;
}

/* Whether `ch` stands behind the gram in some literal. */
static inline bool
gv_gate_fits(const unsigned char *table, uint32_t gram, unsigned char ch)
{
	return table[gram] >> (ch & 7) & 1;
}

/* Whether `ch` stands in front of it in some. */
static inline bool
gv_gate_fits_before(const struct gv_gate *gate, uint32_t gram, unsigned char ch)
{
	return gate->first[gram] >> (GV_GATE_FIRST_BITS + (ch & 7)) & 1;
}

/* A gram stands at `at`: are there literals that have it, and what stands
 * behind and in front of it? 0, or what the callback returned, as the next. */
int gv_gate_look_one(const struct gv_gate_run *run, uint32_t gram, size_t at);

/* The same where it was asked already what stands there. */
int gv_gate_look(const struct gv_gate_run *run, uint32_t gram, size_t at);

/* All of it, where the processor can: of a gate that was made for it. */
bool gv_gate_wide_can(void);
int gv_gate_wide(const struct gv_gate_run *run);

#endif
