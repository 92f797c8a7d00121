#ifndef GV_UTF8_H
#define GV_UTF8_H
/*
 * Text in UTF-8: whether it is valid, and how much room it takes on a
 * terminal. Strict: no overlong forms, no surrogates, nothing past U+10FFFF.
 *
 *	while (len && (n = gv_utf8_next(&c, p, len)))
 *		p += n, len -= n, width += gv_utf8_width(c);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read one character from the start of `len` > 0 bytes: how many bytes it
 * has, or 0 where they begin no valid one (*c is then undefined). */
size_t gv_utf8_next(uint32_t *c, const char *p, size_t len);

/* Write a character to `out`, which has room for four bytes: how many it has.
 * A surrogate, or a number past U+10FFFF, is written as U+FFFD. */
size_t gv_utf8_put(char *out, uint32_t c);

/* Whether all of it is valid. */
bool gv_utf8_is_valid(const char *p, size_t len);

/* The columns that a character takes: 0 for one that joins the character
 * before it, 2 for a wide one, else 1; -1 for a control character. */
int gv_utf8_width(uint32_t c);

/* How many bytes at the beginning are printable ASCII, a column each. */
size_t gv_utf8_ascii(const char *p, size_t len);

/* The columns of a text; control characters and bytes that are not UTF-8
 * count as one. */
size_t gv_utf8_columns(const char *p, size_t len);

/* How many of the bytes fit into N columns, whole characters with what
 * joins them. */
size_t gv_utf8_fit(const char *p, size_t len, size_t columns);

#endif
