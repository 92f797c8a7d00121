#include "draw/picture_internal.h"

#include "draw/page_text.h"

/* The style and script, which page.awk makes texts of. */

void
gv_picture_add_style(struct gv_buf *out)
{
	GV_BUF_ADDSTRS(out, picture_css);
}

void
gv_picture_add_page_style(struct gv_buf *out)
{
	GV_BUF_ADDSTRS(out, page_css);
}

void
gv_picture_add_script(struct gv_buf *out)
{
	GV_BUF_ADDSTRS(out, page_js);
}
