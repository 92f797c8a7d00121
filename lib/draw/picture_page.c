#include "draw/picture_internal.h"

#include "draw/page_text.h"

/* The style and script, which page.awk makes texts of. */

#define ADD(out, list) add(out, list, sizeof(list) / sizeof((list)[0]))

static void
add(struct gv_buf *out, const char *const *lines, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		gv_buf_addstr(out, lines[i]);
}

void
gv_picture_add_style(struct gv_buf *out)
{
	ADD(out, picture_css);
}

void
gv_picture_add_page_style(struct gv_buf *out)
{
	ADD(out, page_css);
}

void
gv_picture_add_script(struct gv_buf *out)
{
	ADD(out, page_js);
}
