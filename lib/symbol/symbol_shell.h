#ifndef GV_SYMBOL_SHELL_H
#define GV_SYMBOL_SHELL_H
/*
 * The commands of a shell script, one after the other, as words without their
 * quotes. No more of the grammar than is needed to see which files a command
 * names: what stands in $(…) stays part of its word.
 *
 *	gv_symbol_shell_init(&s, text, len, line, false);
 *	while (gv_symbol_shell_next(&s))
 *		use(s.n, gv_symbol_shell_word(&s, 0));
 *	gv_symbol_shell_release(&s);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define GV_SYMBOL_SHELL_WORDS 64 /* of a command; what follows is left out */

/* What a command is behind. */
enum gv_symbol_shell_sign {
	GV_SYMBOL_SHELL_LINE,  /* the end of a line, or of the text */
	GV_SYMBOL_SHELL_THEN,  /* ; & | && || */
	GV_SYMBOL_SHELL_OPEN,  /* ( */
	GV_SYMBOL_SHELL_CLOSE, /* ) */
};

struct gv_symbol_shell_word {
	size_t at; /* in `words` */
	uint32_t line;
	char redirect; /* '<', '>': the word is the file behind it; else 0 */
};

struct gv_symbol_shell {
	const char *text;
	size_t len, at;
	uint32_t line;
	bool is_make;              /* a text in quotes ends with its line */
	bool no_single, no_double; /* no further quote in the text */
	struct gv_buf words;       /* NUL behind each */
	struct gv_symbol_shell_word word[GV_SYMBOL_SHELL_WORDS];
	size_t n;
	enum gv_symbol_shell_sign before, after; /* of the command */
	struct gv_buf heredoc; /* the word that ends the one to come */
};

void gv_symbol_shell_init(struct gv_symbol_shell *s, const char *text,
    size_t len, uint32_t line, bool is_make);
void gv_symbol_shell_release(struct gv_symbol_shell *s);

/* The next command, which may have no words. Whether there is one. */
bool gv_symbol_shell_next(struct gv_symbol_shell *s);

/* One of its words; "" behind the last one. */
const char *gv_symbol_shell_word(const struct gv_symbol_shell *s, size_t i);

#endif
