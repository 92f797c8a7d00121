#include "draw/picture_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

/*
 * Sizes of boxes, by how many columns their texts take, and what all forms do
 * with text.
 */

#define TITLE_COLUMN 7.6 /* widths of a character */
#define SMALL_COLUMN 6.1
#define SIDES        30.0
#define WIDTH_LEAST  104.0
#define HEIGHT       44.0

#define TITLE_MOST 30 /* columns */
#define ABOVE_MOST 34

/* ---- text ---------------------------------------------------------------- */

/* Characters that show nothing, or turn the direction of what follows. */
static bool
is_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	    (c & 0xfffe) == 0xfffe;
}

static void
add_character(struct gv_buf *out, uint32_t c, const char *p, size_t n)
{
	static const char marks[] = "&<>\"'";

	if (is_hidden(c))
		gv_buf_addf(out, c < 0x80 ? "\\%03o" : "\\u{%x}", c);
	else if (c < 0x80 && strchr(marks, (int)c))
		gv_buf_addf(out, "&#%u;", c);
	else
		gv_buf_add(out, p, n);
}

void
gv_picture_add_text(struct gv_buf *out, struct gv_picture_text text)
{
	uint32_t c;
	size_t n;

	while (text.len) {
		n = gv_utf8_next(&c, text.p, text.len);
		if (n)
			add_character(out, c, text.p, n);
		else
			gv_buf_addf(out, "\\%03o", (unsigned char)*text.p);
		n += n == 0;
		text.p += n;
		text.len -= n;
	}
}

/* ---- places -------------------------------------------------------------- */

static double
columns(struct gv_picture_text text, size_t most)
{
	const size_t n = gv_utf8_columns(text.p, text.len);

	return (double)(n < most ? n : most);
}

static void
size(struct gv_layout_box *out, const struct gv_picture_box *box)
{
	const double title = columns(box->title, TITLE_MOST) * TITLE_COLUMN +
	    (box->alert.len ? columns(box->alert, ABOVE_MOST) + 2 : 0) *
		SMALL_COLUMN,

		     small = (columns(box->above, ABOVE_MOST) +
				 columns(box->note, ABOVE_MOST) + 2) *
	    SMALL_COLUMN;

	out->width = SIDES + (title > small ? title : small);
	if (out->width < WIDTH_LEAST)
		out->width = WIDTH_LEAST;
	out->height = HEIGHT;
}

int
gv_picture_place(struct gv_picture *p)
{
	struct gv_layout *l = &p->layout;
	uint32_t i;

	*l =
	    (struct gv_layout){ .n_boxes = p->n_boxes, .n_edges = p->n_arrows };
	l->boxes = calloc((size_t)p->n_boxes + 1, sizeof(*l->boxes));
	l->edges = calloc((size_t)p->n_arrows + 1, sizeof(*l->edges));
	if (l->boxes == NULL || l->edges == NULL)
		return gv_err_nomem();
	for (i = 0; i < p->n_boxes; i++)
		size(&l->boxes[i], &p->boxes[i]);
	for (i = 0; i < p->n_arrows; i++) {
		l->edges[i].from = p->arrows[i].from;
		l->edges[i].to = p->arrows[i].to;
	}
	return gv_layout_run(l);
}

void
gv_picture_release(struct gv_picture *p)
{
	free(p->layout.boxes);
	free(p->layout.edges);
	gv_layout_release(&p->layout);
	memset(&p->layout, 0, sizeof(p->layout));
}
