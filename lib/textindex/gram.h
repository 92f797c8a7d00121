#ifndef GV_GRAM_H
#define GV_GRAM_H
/*
 * Four bytes in a row, as a number: what an index of texts is made of. Letters
 * of both cases are the same. A text that lacks one of the grams of what is
 * searched for need not be read. Pure.
 *
 *	gv_gram_of_string(&grams, "open_db", 7);
 *	gv_gram_of_regex(&grams, "open_(db|file)\\(");	two sets
 */

#include <stddef.h>
#include <stdint.h>

#define GV_GRAM_LEN  4
#define GV_GRAM_BITS 24
#define GV_GRAMS     32 /* no more are asked for in a set */
#define GV_GRAM_SETS 32

/* A line that is searched for has all grams of one of the sets. */
struct gv_grams {
	struct gv_gram_set {
		uint32_t items[GV_GRAMS]; /* each once, in any order */
		size_t n;
	} sets[GV_GRAM_SETS];
	size_t n; /* none: any line may be one */
};

/* The byte that stands for a byte. */
extern const unsigned char gv_gram_fold[256];

/* The number of four folded bytes, the first one highest. Two may have the same
 * number: a text that has it may still lack them. */
static inline uint32_t
gv_gram_number(uint32_t bytes)
{
	return (bytes * UINT32_C(2654435761)) >> (32 - GV_GRAM_BITS);
}

/* Add one to a set, once; one that is too many is left out. */
void gv_gram_add(struct gv_gram_set *set, uint32_t gram);

/* What every line has in which the string is. None for a short one. */
void gv_gram_of_string(struct gv_grams *out, const char *string, size_t len);

/* The same of a regular expression of RE2 that matches within a line; none
 * where that is not sure. What may be one of a few (an alternative, a small
 * class, something optional) makes a set of each. */
void gv_gram_of_regex(struct gv_grams *out, const char *regex);

#endif
