#include "base/csv.h"

#include <string.h>

#include "base/buf.h"

bool
gv_csv_is_formula(const char *text)
{
	/* the same four in full width: U+FF1D, U+FF0B, U+FF0D, U+FF20 */
	static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b",
		"\xef\xbc\x8d", "\xef\xbc\xa0" };
	size_t i;

	if (*text && strchr("=+-@\t\r\n", *text))
		return true;
	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (strncmp(text, wide[i], 3) == 0)
			return true;
	return false;
}

static void
add_cell(struct gv_buf *out, const char *text)
{
	const char *p;

	if (!gv_csv_is_formula(text) &&
	    strcspn(text, ",\"\r\n") == strlen(text)) {
		gv_buf_addstr(out, text);
		return;
	}
	gv_buf_addch(out, '"');
	if (gv_csv_is_formula(text))
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
