#ifndef GV_CSV_H
#define GV_CSV_H
/*
 * Rows of CSV (RFC 4180) that are safe to open in a spreadsheet: a text that it
 * would take for a formula begins with an apostrophe.
 *
 *	gv_csv_add_row(&text, (const char *const[]){ "id", NULL, "a,b" }, 3);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

/* Whether a spreadsheet would take the text for a formula, by what it begins
 * with; names and reasons are anybody's. An apostrophe in front makes it text.
 */
bool gv_csv_is_formula(const char *text);

/* Append a row with its line end; a cell that is NULL is empty. */
void gv_csv_add_row(struct gv_buf *out, const char *const *cells, size_t n);

#endif
