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
	    (t->n == t->cap &&
		gv_vec_grow((void **)&t->cells, &t->cap, t->n + 1,
		    sizeof(*t->cells)) < 0)) {
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
gv_out_cell_text(struct gv_out *o, enum gv_out_slot slot, const char *text)
{
	add_text(o, slot, text, strlen(text));
}

void
gv_out_cell(struct gv_out *o, enum gv_out_slot slot, const char *fmt, ...)
{
	struct gv_buf b = GV_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	gv_buf_vaddf(&b, fmt, ap);
	va_end(ap);
	add_text(o, slot, b.p, b.len);
	gv_buf_release(&b);
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
	const struct gv_out_cell *cell;
	size_t i, n = t->n_columns, sum = 0, cut = n, room;

	for (i = 0; i < n; i++) {
		widths[i] = t->columns[i].head ? strlen(t->columns[i].head) : 0;
		if (t->columns[i].cut)
			cut = i;
	}
	for (cell = t->cells; cell + n <= t->cells + t->n; cell += n)
		for (i = 0; i < n; i++)
			if (cell[i].width > widths[i])
				widths[i] = cell[i].width;
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
add_blanks(struct gv_buf *out, size_t n)
{
	if ((out->failed || out->cap - out->len <= n) &&
	    gv_buf_grow(out, n) < 0)
		return;
	memset(out->p + out->len, ' ', n);
	out->len += n;
	out->p[out->len] = '\0';
}

/* One cell: column `i`, padded on the side that its alignment leaves, with
 * `owed` blanks before it. Returns those that are owed to the next one. */
static size_t
print_cell(struct gv_out *o, size_t i, size_t width,
    const struct gv_out_cell *cell, const char *text, size_t owed)
{
	size_t len = cell->len, used = cell->width, pad;
	bool is_right = o->cells.columns[i].right;
	const char *dots = NULL;

	if (used > width) {
		dots = "...";
		len = gv_utf8_fit(text, len, width - 3);
		used = gv_utf8_columns(text, len) + strlen(dots);
	}
	pad = used < width ? width - used : 0;
	add_blanks(&o->buf, owed + (is_right ? pad : 0));
	gv_out_add_colored(o, &o->buf, cell->slot, text, len);
	if (dots)
		gv_buf_addstr(&o->buf, dots);
	return GAP + (is_right ? 0 : pad);
}

/* A row without colours, of which nothing is cut: a table of thousands is
 * nothing else, so its room is asked for once. Returns the end of the texts, or
 * NULL where the row is no such one. */
static const char *
print_plain(struct gv_out *o, const size_t *widths,
    const struct gv_out_cell *cells, const char *text)
{
	const struct gv_out_column *columns = o->cells.columns;
	size_t i, n = o->cells.n_columns, room = 1, owed = 0;
	char *p;

	for (i = 0; i < n; i++) {
		if (o->color_out || cells[i].width > widths[i])
			return NULL;
		room += GAP + widths[i] + cells[i].len;
	}
	if (gv_buf_grow(&o->buf, room) < 0)
		return NULL;
	p = o->buf.p + o->buf.len;
	for (i = 0; i < n; text += cells[i++].len) {
		size_t pad = widths[i] - cells[i].width;

		owed += columns[i].right ? pad : 0;
		memset(p, ' ', owed);
		memcpy(p + owed, text, cells[i].len);
		p += owed + cells[i].len;
		owed = GAP + (columns[i].right ? 0 : pad);
	}
	*p = '\0';
	o->buf.len = (size_t)(p - o->buf.p);
	return text;
}

/* A row of cells whose texts stand one behind the other; returns their end. */
static const char *
print_row(struct gv_out *o, const size_t *widths,
    const struct gv_out_cell *cells, const char *text)
{
	const char *end = print_plain(o, widths, cells, text);
	size_t i, owed = 0;

	if (end) {
		gv_out_write(o, "\n", 1);
		return end;
	}
	for (i = 0; i < o->cells.n_columns; i++) {
		owed = print_cell(o, i, widths[i], &cells[i], text, owed);
		text += cells[i].len;
	}
	gv_out_write(o, "\n", 1);
	return text;
}

static void
print_heads(struct gv_out *o, const size_t *widths)
{
	const struct gv_out_column *columns = o->cells.columns;
	struct gv_out_cell head = { .slot = GV_OUT_HEAD };
	size_t i, owed = 0;

	for (i = 0; i < o->cells.n_columns; i++) {
		head.len = head.width = (uint32_t)strlen(columns[i].head);
		owed =
		    print_cell(o, i, widths[i], &head, columns[i].head, owed);
	}
	gv_out_write(o, "\n", 1);
}

void
gv_out_columns_end(struct gv_out *o)
{
	struct gv_out_cells *t = &o->cells;
	size_t n = t->n_columns, i, rows = n ? t->n / n : 0;
	size_t *widths = rows ? calloc(n, sizeof(*widths)) : NULL;
	const char *text = t->text.p;

	if (widths == NULL) {
		o->buf.failed = o->buf.failed || rows;
		return;
	}
	measure(o, widths);
	if (t->columns[0].head)
		print_heads(o, widths);
	for (i = 0; i < rows && !gv_out_stopped(o); i++)
		text = print_row(o, widths, t->cells + i * n, text);
	free(widths);
	gv_out_columns(o, NULL, 0);
}
