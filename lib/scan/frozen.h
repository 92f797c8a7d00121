#ifndef GV_FROZEN_H
#define GV_FROZEN_H
/*
 * A ruleset as data: what gv_ruleset_new() makes of the rules that come with
 * git-vault, worked out when the program is built. To prepare them costs more
 * than all else that a snapshot of one small file does. The data names texts by
 * their places, for the reason that is in scan/builtin.h.
 *
 *	r = gv_ruleset_thaw(&set, rules, n, &gv_builtin_frozen);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_ruleset_use;

#define GV_GATE_WAYS  2 /* in enum gv_gate_way */
#define GV_GATE_GRAMS 32768
#define GV_GATE_PAIRS 6 /* of a gram and the byte behind it */

/* A literal that may stand where a gram was met. */
struct gv_gate_entry {
	uint64_t fold;  /* bits that make its letters small */
	uint64_t mask;  /* bytes of its first eight that there are */
	uint64_t value; /* those */
	uint32_t literal;
	uint16_t len;
	uint16_t back; /* from the gram to its beginning */
};

struct gv_gate_tables {
	/* GV_GATE_GRAMS: what may stand behind a gram, a bit for the last three
	 * of that byte; 0: no literal has it */
	const unsigned char *table;
	/* GV_GATE_GRAMS + 1: of the entries of a gram the first, below 2^24;
	 * above that a bit for the last three of each byte that may stand in
	 * front of the gram */
	const uint32_t *first;
	/* GV_GATE_PAIRS: of the four bytes from a gram on, two at a time, which
	 * folded ones some literal has: by the first and two bits of the second
	 * a byte, by its last three the bit of that */
	const unsigned char (*pairs)[128];
	const struct gv_gate_entry *entries;
};

struct gv_frozen_literal {
	uint32_t text, use; /* where they begin among all of the data */
	uint16_t len, n;    /* bytes; uses */
	bool nocase;
};

struct gv_frozen_list {
	const struct gv_frozen_literal *literals;
	size_t n;
	struct gv_gate_tables gates[GV_GATE_WAYS]; /* none of names */
};

struct gv_frozen {
	uint32_t order; /* GV_FROZEN_ORDER where it was made */
	size_t comment; /* see gv_ruleset_comment() */
	const char *text;
	const struct gv_ruleset_use *uses;
	struct gv_frozen_list texts, paths, names;
};

/* How this processor orders the bytes of a number: entries depend on it. */
#define GV_FROZEN_ORDER ((uint32_t)__BYTE_ORDER__)

#endif
