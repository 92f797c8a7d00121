#ifndef GV_GATE_INTERNAL_H
#define GV_GATE_INTERNAL_H
/*
 * What the ways of one gate share: gate_build.c makes its tables, gate.c goes
 * over the data by every second position, gate_wide.c by sixty-four at once.
 */

#include <stdint.h>

#include "scan/frozen.h"
#include "scan/gate.h"

#define GV_GATE_WORD       8  /* bytes compared at once */
#define GV_GATE_FIRST_BITS 24 /* 34 entries of each literal at most */
#define GV_GATE_FIRST_MASK ((1u << GV_GATE_FIRST_BITS) - 1)

struct gv_gate_memory;

struct gv_gate {
	enum gv_gate_way way;
	struct gv_gate_tables tables;
	const struct gv_gate_literal *literals;
	struct gv_gate_memory *memory; /* of the tables, if they are its own */
};

struct gv_gate_run {
	const struct gv_gate *gate;
	const unsigned char *data;
	size_t len;
	gv_gate_fn fn;
	void *ctx;
};

/* ASCII only. */
static inline bool
gv_gate_is_letter(unsigned char ch)
{
	return (ch | 32) >= 'a' && (ch | 32) <= 'z';
}

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
	return gate->tables.first[gram] >> (GV_GATE_FIRST_BITS + (ch & 7)) & 1;
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
