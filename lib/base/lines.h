#ifndef GV_LINES_H
#define GV_LINES_H
/*
 * The lines of a text, without their LF. What follows the last LF is a line,
 * too, unless it is empty.
 *
 *	const char *p = text, *line;
 *	size_t n;
 *
 *	while (gv_lines_next(&line, &n, &p, text + len))
 *		use(line, n);
 *
 * gv_lines_after() reads a text that can be written in one way only, word by
 * word:
 *
 *	p = gv_lines_after(text, end, "first ");
 *	p = gv_lines_after(take_digest(out, p, end), end, "\nversion ");
 *	if (p == NULL)
 *		return GV_ECORRUPT;
 */

#include <stdbool.h>
#include <stddef.h>

/* Take the next line of the text from *p to `end`; false at its end. */
bool
gv_lines_next(const char **line, size_t *len, const char **p, const char *end);

/* Whether a text has this line. */
bool
gv_lines_have(const char *text, size_t text_len, const char *line, size_t len);

/* Where the text continues after the word at `p`. NULL if another word is at
 * `p`, or if `p` is NULL. */
const char *gv_lines_after(const char *p, const char *end, const char *word);

#endif
