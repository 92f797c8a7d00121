#ifndef OUT_FIT_H
#define OUT_FIT_H
/*
 * How wide the columns of a table are where all of it does not fit: which are
 * left out, and which are cut. Pure; out_columns.c prints.
 *
 *	size_t widths[] = { 8, 14, 9, 120 };	as wide as their texts
 *
 *	gv_out_fit(widths, columns, 4, 80);
 *	widths[2] == GV_OUT_FIT_GONE		left out
 */

#include <stddef.h>
#include <stdint.h>

struct gv_out_column;

#define GV_OUT_FIT_GAP  2        /* blanks between two columns */
#define GV_OUT_FIT_GONE SIZE_MAX /* the width of a column that is left out */

/* Fit n columns into `room`, by the flags of each. First those that are `extra`
 * go, the highest number first. Then the widest of the others are cut, so that
 * the one that is `cut` or `wrap` has room for a few words. What is GONE before
 * stays so. Numbers, ids and ages stay
 * whole as long as anything else can be cut. `widths` has what the texts take,
 * and afterwards what each column gets. A room too small for even that is
 * exceeded. */
void gv_out_fit(
    size_t *widths, const struct gv_out_column *columns, size_t n, size_t room);

/* How many bytes of a text are its first line where lines have `room` columns:
 * up to the blank at which it is broken, or all of it. A word that is wider
 * stays in one piece, and so does a command ("git vault …"), which is to be
 * pasted. */
size_t gv_out_fit_line(const char *text, size_t len, size_t room);

#endif
