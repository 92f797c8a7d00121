#ifndef GV_PICTURE_INTERNAL_H
#define GV_PICTURE_INTERNAL_H
/*
 * What the forms of a picture share: its text and its drawing, and the style
 * and script of page_text.h, which is made of page.css and page.js.
 */

#include "base/buf.h"
#include "draw/picture.h"

/* Append the element <svg>; with `is_file` as a document of its own, which has
 * its style and its title in it. */
void gv_picture_add_svg(
    struct gv_buf *out, const struct gv_picture *p, bool is_file);

/* Append the style of a picture, what a page has besides, and its script. */
void gv_picture_add_style(struct gv_buf *out);
void gv_picture_add_page_style(struct gv_buf *out);
void gv_picture_add_script(struct gv_buf *out);

#endif
