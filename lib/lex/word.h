#ifndef GV_WORD_H
#define GV_WORD_H
/*
 * Many words, to be found in the names of settings in one look at each letter,
 * whatever joins their parts: dd_api_key is in DD-API-KEY and in myDdApiKey.
 *
 *	r = gv_word_new(&words, texts, n);
 *	n = gv_word_find(words, name, len, found, max);
 *	gv_word_free(words);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lex/ascii.h"

#define GV_WORD_MIN 3  /* letters and digits of a word */
#define GV_WORD_MAX 64 /* bytes of a word */

struct gv_word;

/* What words begin with: for two letters a bit for each third one, by the last
 * five bits of each. */
struct gv_word_heads {
	uint32_t thirds[32][32];
};

/* Build of at most 65,535 words, which are copied. 0; GV_EREFUSED where one is
 * too short or too long; GV_ENOMEM. */
int gv_word_new(struct gv_word **out, const char *const *texts, size_t n);

/* Free; NULL-safe. */
void gv_word_free(struct gv_word *words);

/* The numbers of the words that stand anywhere in a name, of its first 200
 * bytes, into `out`: how many, at most `max`. */
size_t gv_word_find(const struct gv_word *words, const char *name, size_t len,
    unsigned short *out, size_t max);

/* Those of the words, as long as these are there. */
const struct gv_word_heads *gv_word_heads(const struct gv_word *words);

/* Whether a byte joins parts of a word: what a name may have in it. */
static inline bool
gv_word_is_joint(char ch)
{
	return (gv_ascii_bits[(unsigned char)ch] &
		   (GV_ASCII_NAME | GV_ASCII_ALNUM)) == GV_ASCII_NAME;
}

/* Whether a word may begin with these three letters. Of random ones few do. */
static inline bool
gv_word_has_head(const struct gv_word_heads *heads, const char *p)
{
	return heads->thirds[p[0] & 31][p[1] & 31] >> (p[2] & 31) & 1;
}

/* The same of the first three of `len` bytes, one at least, without joints. */
bool
gv_word_may_begin(const struct gv_word_heads *heads, const char *p, size_t len);

/* The number of a word that begins at `at`, of several the longest, and its
 * length as it stands there; -1 where there is none. */
int gv_word_at(const struct gv_word *words, const char *text, size_t len,
    size_t at, size_t *word_len);

#endif
