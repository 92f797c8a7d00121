#ifndef GV_SCORE_INTERNAL_H
#define GV_SCORE_INTERNAL_H
/*
 * What the parts of a score share: score.c has its points, score_value.c tells
 * what a value looks like, score_word.c whether words are in it, and what a
 * secret is called.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lex/ascii.h"
#include "scan/letters.h"

#define GV_SCORE_WORD_MIN 3 /* letters of a word */

static inline bool
is_letter(char ch)
{
	return gv_ascii_is_lower(ch) || gv_ascii_is_upper(ch);
}

/* Whether letters read like a word: at least three of four pairs are common,
 * which one in thirty of those made by chance is. */
bool gv_score_is_word(const char *p, size_t len);

/* The letters from `i` on that are of one word: APIKey has two. There must be
 * one. */
size_t gv_score_letters_at(const char *p, size_t i, size_t len);

/* How many letters are of words, and, where some are, how many characters of
 * nothing that could be one. Three letters are as soon a word as they are
 * chance, and are counted as others where there is no longer word. */
void gv_score_count(size_t *words, size_t *others, const char *p, size_t len);

/* The same of a value whose letters are known. */
void gv_score_count_of(size_t *words, size_t *others,
    const struct gv_letters *letters, const char *p, size_t len);

/* Whether any are: the first word says so. */
bool gv_score_has_word_of(
    const struct gv_letters *letters, const char *p, size_t len);

/* Whether the letters of words, this many, make up most of it. */
static inline bool
gv_score_are_most(size_t words, size_t others)
{
	return words > GV_SCORE_WORD_MIN && words >= others * 2;
}

/* Whether it is one of these words, in letters of any case. */
bool gv_score_is_one_of(const char *p, size_t len, const char *const *words);

/* Words that the name of a secret has, and hardly any password. */
extern const char *const gv_score_secrets[];

#endif
