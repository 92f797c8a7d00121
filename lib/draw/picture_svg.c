#include "draw/picture_internal.h"

#include "base/utf8.h"

/*
 * SVG. Each box and arrow says in attributes what it is, for the script of a
 * page and for whoever reads the file; the colours are in the style.
 */

#define MARGIN  20.0
#define HEADING 62.0 /* height of title, summary and keys */
#define HEAD    7.0  /* of an arrow */

static const char *const styles[] = { "", " folded", " outside", " missing",
	" computed" };

#define ATTRIBUTE(out, name, text) add_attribute(out, " " name "=\"", text)

static void
add_attribute(struct gv_buf *out, const char *name, struct gv_picture_text text)
{
	gv_buf_addstr(out, name);
	gv_picture_add_text(out, text);
	gv_buf_addch(out, '"');
}

/* What fits; a text that is too long loses its end, or its beginning. */
static void
add_cut(struct gv_buf *out, struct gv_picture_text text, double width,
    double column, bool at_end)
{
	const size_t most = width > column ? (size_t)(width / column) : 1;
	size_t n;

	if (gv_utf8_columns(text.p, text.len) <= most) {
		gv_picture_add_text(out, text);
		return;
	}
	if (at_end) {
		text.len = gv_utf8_fit(text.p, text.len, most - 1);
		gv_picture_add_text(out, text);
		gv_buf_addstr(out, "…");
		return;
	}
	while (gv_utf8_columns(text.p, text.len) > most - 1) {
		n = gv_utf8_fit(text.p, text.len, 1);
		n += n == 0;
		text.p += n;
		text.len -= n;
	}
	gv_buf_addstr(out, "…");
	gv_picture_add_text(out, text);
}

/* ---- boxes --------------------------------------------------------------- */

static void
add_box(struct gv_buf *out, const struct gv_picture *p, uint32_t i)
{
	const struct gv_picture_box *box = &p->boxes[i];
	const struct gv_layout_box *at = &p->layout.boxes[i];
	const double note =
	    (double)gv_utf8_columns(box->note.p, box->note.len) * 5.9;
	const double alert =
	    (double)gv_utf8_columns(box->alert.p, box->alert.len) * 5.9;

	gv_buf_addf(out, "<g class=\"box t%u%s\" tabindex=\"0\" data-n=\"%u\"",
	    box->tint % GV_PICTURE_TINTS, styles[box->style], i);
	ATTRIBUTE(out, "data-title", box->title);
	ATTRIBUTE(out, "data-where", box->above);
	ATTRIBUTE(out, "data-note", box->note);
	ATTRIBUTE(out, "data-alert", box->alert);
	ATTRIBUTE(out, "data-group", box->group);
	gv_buf_addf(
	    out, " transform=\"translate(%.0f %.0f)\">\n<title>", at->x, at->y);
	gv_picture_add_text(out, box->above);
	if (box->above.len)
		gv_buf_addch(out, '/');
	gv_picture_add_text(out, box->title);
	gv_buf_addstr(out, "</title>");
	if (box->style == GV_PICTURE_FOLDED)
		gv_buf_addf(out,
		    "<rect class=\"under\" x=\"4\" y=\"4\" width=\"%.0f\" "
		    "height=\"%.0f\" rx=\"7\"/>",
		    at->width, at->height);
	gv_buf_addf(out,
	    "<rect class=\"face\" width=\"%.0f\" height=\"%.0f\" rx=\"7\"/>"
	    "<rect class=\"band\" x=\"1\" y=\"7\" width=\"4\" height=\"%.0f\" "
	    "rx=\"2\"/>\n<text x=\"14\" y=\"19\">",
	    at->width, at->height, at->height - 14);
	add_cut(out, box->title, at->width - 24 - alert, 7.4, true);
	gv_buf_addstr(out, "</text><text class=\"above\" x=\"14\" y=\"34\">");
	add_cut(out, box->above, at->width - 32 - note, 5.9, false);
	gv_buf_addf(out, "</text><text class=\"note\" x=\"%.0f\" y=\"34\">",
	    at->width - 10);
	gv_picture_add_text(out, box->note);
	if (box->alert.len) {
		gv_buf_addf(out,
		    "</text><text class=\"note alert\" x=\"%.0f\" y=\"18\">",
		    at->width - 10);
		gv_picture_add_text(out, box->alert);
	}
	gv_buf_addstr(out, "</text></g>\n");
}

/* ---- arrows -------------------------------------------------------------- */

static void
add_curve(struct gv_buf *out, const struct gv_layout_point *a,
    const struct gv_layout_point *b)
{
	const double middle = (a->x + b->x) / 2;

	gv_buf_addf(out, "C%.0f %.1f %.0f %.1f %.0f %.1f", middle, a->y, middle,
	    b->y, b->x, b->y);
}

static void
add_arrow(struct gv_buf *out, const struct gv_picture *p, uint32_t i)
{
	const struct gv_picture_arrow *arrow = &p->arrows[i];
	const struct gv_layout_edge *e = &p->layout.edges[i];
	const struct gv_layout_point *at = p->layout.points + e->first;
	struct gv_layout_point end;
	double to = HEAD;
	uint32_t k;

	if (e->n < 2)
		return;
	end = at[e->n - 1];
	if (end.x < at[e->n - 2].x)
		to = -HEAD;
	gv_buf_addf(out, "<g class=\"arrow%s\" data-from=\"%u\" data-to=\"%u\"",
	    styles[arrow->style], arrow->from, arrow->to);
	ATTRIBUTE(out, "data-kinds", arrow->kinds);
	ATTRIBUTE(out, "data-says", arrow->says);
	gv_buf_addstr(out, "><title>");
	gv_picture_add_text(out, p->boxes[arrow->from].title);
	gv_buf_addstr(out, " → ");
	gv_picture_add_text(out, p->boxes[arrow->to].title);
	gv_buf_addstr(out, ": ");
	gv_picture_add_text(out, arrow->says);
	gv_buf_addf(out, "</title><path%s d=\"M%.0f %.1f",
	    arrow->count > 20      ? " class=\"w3\""
		: arrow->count > 4 ? " class=\"w2\""
				   : "",
	    at[0].x, at[0].y);
	for (k = 1; k < e->n; k++) {
		struct gv_layout_point next = at[k];

		if (k == e->n - 1)
			next.x -= to;
		if (k % 2)
			add_curve(out, &at[k - 1], &next);
		else
			gv_buf_addf(out, "L%.0f %.1f", next.x, next.y);
	}
	gv_buf_addf(out,
	    "\"/><path class=\"head\" d=\"M%.0f %.1fl%.0f -3.5v7z\"/>", end.x,
	    end.y, -to);
	if (arrow->count > 1)
		gv_buf_addf(out, "<text x=\"%.0f\" y=\"%.1f\">%u</text>",
		    (at[0].x + at[1].x) / 2, (at[0].y + at[1].y) / 2 + 3,
		    arrow->count);
	gv_buf_addstr(out, "</g>\n");
}

/* ---- all ----------------------------------------------------------------- */

static void
add_heading(struct gv_buf *out, const struct gv_picture *p)
{
	double x = 0;
	uint32_t i;

	gv_buf_addstr(out, "<text class=\"heading\" y=\"-42\">");
	gv_picture_add_text(out, p->title);
	gv_buf_addstr(out, "</text><text class=\"summary\" y=\"-24\">");
	gv_picture_add_text(out, p->summary);
	gv_buf_addstr(out, "</text>\n");
	for (i = 0; i < p->n_groups; i++) {
		const struct gv_picture_key *key = &p->groups[i];

		gv_buf_addf(out,
		    "<g class=\"key t%u\"><rect x=\"%.0f\" y=\"-14\" "
		    "width=\"10\" height=\"10\" rx=\"3\"/>"
		    "<text x=\"%.0f\" y=\"-5\">",
		    key->tint % GV_PICTURE_TINTS, x, x + 15);
		gv_picture_add_text(out, key->name);
		gv_buf_addstr(out, "</text></g>\n");
		x += 40 +
		    (double)gv_utf8_columns(key->name.p, key->name.len) * 6.8;
	}
}

void
gv_picture_add_svg(struct gv_buf *out, const struct gv_picture *p, bool is_file)
{
	const double top = is_file ? HEADING : 0, least = is_file ? 480 : 0,
		     wide = p->layout.width > least ? p->layout.width : least,
		     width = wide + 2 * MARGIN,
		     height = p->layout.height + 2 * MARGIN + top;
	uint32_t i;

	gv_buf_addf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
	    "width=\"%.0f\" height=\"%.0f\" viewBox=\"%.0f %.0f %.0f %.0f\">\n",
	    width, height, -MARGIN, -MARGIN - top, width, height);
	gv_buf_addstr(out, "<title>");
	gv_picture_add_text(out, p->title);
	gv_buf_addstr(out, "</title>\n");
	if (is_file) {
		gv_buf_addstr(out, "<style>\n");
		gv_picture_add_style(out);
		gv_buf_addf(out,
		    "</style>\n<rect class=\"ground\" x=\"%.0f\" y=\"%.0f\" "
		    "width=\"%.0f\" height=\"%.0f\"/>\n",
		    -MARGIN, -MARGIN - top, width, height);
		add_heading(out, p);
	}
	for (i = 0; i < p->n_arrows; i++)
		add_arrow(out, p, i);
	for (i = 0; i < p->n_boxes; i++)
		add_box(out, p, i);
	gv_buf_addstr(out, "</svg>\n");
}

int
gv_picture_svg(struct gv_buf *out, const struct gv_picture *p)
{
	gv_picture_add_svg(out, p, true);
	return gv_buf_check(out);
}
