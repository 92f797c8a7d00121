#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "out_internal.h"
#include "sys/tty.h"

#define GAP       2 /* columns between two cells */
#define LEAST_CUT 8 /* a cut column keeps so many */

/* Small, since a long table has many; their texts stand one behind the other.*/
struct gv_out_cell {
	enum gv_out_slot slot;
	uint32_t len, width;
};

void
gv_out_columns(struct gv_out *o, const struct gv_out_column *columns, size_t n)
{
	o->cells.columns = columns;
	o->cells.n_columns = n;
	o->cells.n = 0;
	gv_buf_reset(&o->cells.text);
}

/* Take what was appended to the text since `at` as the next cell. */
static void
add_cell(struct gv_out *o, enum gv_out_slot slot, size_t at, size_t width)
{
	struct gv_out_cells *t = &o->cells;
	size_t len = t->text.len - at;

	if (len > UINT32_MAX ||
	    gv_vec_grow(
		(void **)&t->cells, &t->cap, t->n + 1, sizeof(*t->cells)) < 0) {
		o->buf.failed = true; /* gv_out_flush() reports it */
		return;
	}
	t->cells[t->n++] =
	    (struct gv_out_cell){ slot, (uint32_t)len, (uint32_t)width };
}

/* Most cells of a thousand lines are plain, and are looked at once. */
static void
add_text(struct gv_out *o, enum gv_out_slot slot, const char *text, size_t len)
{
	struct gv_buf *b = &o->cells.text;
	size_t at = b->len, width = len;

	if (gv_utf8_ascii(text, len) == len) {
		gv_buf_add(b, text, len);
	} else {
		gv_out_make_safe(b, text, len);
		width = gv_utf8_columns(b->p + at, b->len - at);
	}
	add_cell(o, slot, at, width);
}

void
gv_out_cell(struct gv_out *o, enum gv_out_slot slot, const char *fmt, ...)
{
	struct gv_buf b = GV_BUF_INIT;
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	if (strcmp(fmt, "%s") == 0) {
		text = va_arg(ap, const char *);
		add_text(o, slot, text, strlen(text));
	} else {
		gv_buf_vaddf(&b, fmt, ap);
		add_text(o, slot, b.p, b.len);
		gv_buf_release(&b);
	}
	va_end(ap);
}

void
gv_out_cell_path(
    struct gv_out *o, enum gv_out_slot slot, const char *path, size_t len)
{
	struct gv_buf *b = &o->cells.text;
	size_t at = b->len;

	gv_out_make_path(o, b, path, len);
	add_cell(o, slot, at, gv_utf8_columns(b->p + at, b->len - at));
}

/* How wide each column is to be; the last one that may be cut gives way to
 * the terminal's width. */
static void
measure(const struct gv_out *o, size_t *widths)
{
	const struct gv_out_cells *t = &o->cells;
	size_t i, n = t->n_columns, sum = 0, cut = n, room;

	for (i = 0; i < n; i++) {
		widths[i] = t->columns[i].head ? strlen(t->columns[i].head) : 0;
		if (t->columns[i].cut)
			cut = i;
	}
	for (i = 0; i < t->n; i++)
		if (t->cells[i].width > widths[i % n])
			widths[i % n] = t->cells[i].width;
	for (i = 0; i < n; i++)
		sum += widths[i] + (i ? GAP : 0);
	if (cut == n || !o->terminal)
		return;
	room = (size_t)gv_tty_columns(1);
	if (sum > room) {
		size_t over = sum - room;

		widths[cut] = widths[cut] > over + LEAST_CUT
		    ? widths[cut] - over
		    : LEAST_CUT;
	}
}

static void
add_blanks(struct gv_out *o, size_t n)
{
	static const char blanks[] = "                                ";
	size_t part;

	for (; n > 0; n -= part) {
		part = n < sizeof(blanks) - 1 ? n : sizeof(blanks) - 1;
		gv_out_write(o, blanks, part);
	}
}

/* One cell: column `i`, padded on the side that its alignment leaves, with
 * `owed` blanks before it. Returns those that are owed to the next one. */
static size_t
print_cell(struct gv_out *o, size_t i, size_t width,
    const struct gv_out_cell *cell, const char *text, size_t owed)
{
	size_t len = cell->len, used = cell->width, pad;
	bool is_right = o->cells.columns[i].right;
	const char *dots = "";

	if (used > width) {
		dots = "...";
		len = gv_utf8_fit(text, len, width - 3);
		used = gv_utf8_columns(text, len) + strlen(dots);
	}
	pad = used < width ? width - used : 0;
	add_blanks(o, owed + (is_right ? pad : 0));
	gv_out_add_colored(o, &o->buf, cell->slot, text, len);
	gv_out_write(o, dots, strlen(dots));
	if (i + 1 < o->cells.n_columns)
		return GAP + (is_right ? 0 : pad);
	gv_out_write(o, "\n", 1);
	return 0;
}

void
gv_out_columns_end(struct gv_out *o)
{
	struct gv_out_cells *t = &o->cells;
	size_t n = t->n_columns, i, rows = n ? t->n / n : 0, owed = 0;
	size_t *widths = rows ? calloc(n, sizeof(*widths)) : NULL;
	const char *text = t->text.p;

	if (widths == NULL) {
		o->buf.failed = o->buf.failed || rows;
		return;
	}
	measure(o, widths);
	for (i = 0; t->columns[0].head && i < n; i++) {
		uint32_t len = (uint32_t)strlen(t->columns[i].head);
		struct gv_out_cell head = { GV_OUT_HEAD, len, len };

		owed = print_cell(
		    o, i, widths[i], &head, t->columns[i].head, owed);
	}
	for (i = 0; i < rows * n && !gv_out_stopped(o); i++) {
		owed = print_cell(
		    o, i % n, widths[i % n], &t->cells[i], text, owed);
		text += t->cells[i].len;
	}
	free(widths);
	gv_out_columns(o, NULL, 0);
}
