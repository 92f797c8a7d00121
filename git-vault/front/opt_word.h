#ifndef OPT_WORD_H
#define OPT_WORD_H
/*
 * What other tools call the options that we have. Pure; opt.c asks it for an
 * option that a command does not have.
 *
 *	gv_opt_word("m", 1, 0) is "message", gv_opt_word("m", 1, 1) "reason"
 */

#include <stdbool.h>
#include <stddef.h>

/* Whether a text is one of the words, which spaces separate. */
bool gv_opt_word_is_among(const char *words, const char *text, size_t len);

/* By a letter or a long name: the i-th long name that the option may have here,
 * the likeliest first, or NULL where there are no more. The caller knows which
 * of them the command takes. */
const char *gv_opt_word(const char *word, size_t len, size_t i);

#endif
