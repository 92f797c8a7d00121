#ifndef GV_GRAM_H
#define GV_GRAM_H
/*
 * Four bytes in a row, as a number: what an index of texts is made of. Letters
 * of both cases are the same. A text that lacks one of the grams of what is
 * searched for need not be read. Pure.
 *
 *	gv_gram_of_string(&grams, "open_db", 7);
 *	gv_gram_of_regex(&grams, "open_(db|file)\\(");	those of "open_"
 */

#include <stddef.h>
#include <stdint.h>

#define GV_GRAM_LEN  4
#define GV_GRAM_BITS 24
#define GV_GRAMS     32 /* no more are asked for */

struct gv_grams {
	uint32_t items[GV_GRAMS]; /* each once, in any order */
	size_t n;
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

/* What every text has in which the string is. None for a short one. */
void gv_gram_of_string(struct gv_grams *out, const char *string, size_t len);

/* The same of a regular expression of RE2; none where that is not sure. */
void gv_gram_of_regex(struct gv_grams *out, const char *regex);

#endif
