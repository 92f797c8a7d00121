#include "base/csv.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

/* Spreadsheets take what begins so for a formula, and names and reasons are
 * anybody's: an apostrophe makes it text. */
static bool
is_formula(const char *text)
{
	return *text && strchr("=+-@\t\r", *text);
}

static void
add_cell(struct gv_buf *out, const char *text)
{
	const char *p;

	if (!is_formula(text) && strcspn(text, ",\"\r\n") == strlen(text)) {
		gv_buf_addstr(out, text);
		return;
	}
	gv_buf_addch(out, '"');
	if (is_formula(text))
		gv_buf_addch(out, '\'');
	for (p = text; *p; p++) {
		if (*p == '"')
			gv_buf_addch(out, '"');
		gv_buf_addch(out, *p);
	}
	gv_buf_addch(out, '"');
}

void
gv_csv_add_row(struct gv_buf *out, const char *const *cells, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i)
			gv_buf_addch(out, ',');
		if (cells[i])
			add_cell(out, cells[i]);
	}
	gv_buf_addstr(out, "\r\n");
}
