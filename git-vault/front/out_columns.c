#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "git-vault/front/out_fit.h"
#include "git-vault/front/out_internal.h"
#include "sys/tty.h"

#define SHORT_ID  8              /* digits */
#define LINES_MAX 4              /* of a cell in the last column */
#define DOTS      "\xe2\x80\xa6" /* one column */
#define RESET     "\033[m"

/* Small, since a long table has many; their texts stand one behind the other.*/
struct gv_out_cell {
	enum gv_out_slot slot;
	uint32_t len, width;
};

/* A table without one of its cells, or a sentence without its end, would be
 * wrong: gv_out_flush() reports what fails here. */
static void
fail(struct gv_out *o)
{
	o->buf.failed = true;
}

/* Take what was appended to the text since `at` as the next cell. */
static void
add_cell(struct gv_out *o, enum gv_out_slot slot, size_t at, size_t width)
{
	struct gv_out_cells *t = &o->cells;
	size_t len = t->text.len - at;

	if (t->text.failed || len > UINT32_MAX ||
	    (t->n == t->cap && GV_GROW(t->cells, t->n, t->cap) < 0)) {
		fail(o);
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
gv_out_cell_buf(struct gv_out *o, enum gv_out_slot slot, struct gv_buf *text)
{
	if (text->failed)
		fail(o);
	else
		gv_out_cell_text(o, slot, text->p);
	gv_buf_reset(text);
}

const char *
gv_out_short_id(const struct gv_out *o, const char *id)
{
	const char *dash = strrchr(id, '-');

	return o->fitted && dash && strlen(dash + 1) == SHORT_ID ? dash + 1
								 : id;
}

void
gv_out_cell_id(struct gv_out *o, enum gv_out_slot slot, const char *id)
{
	const char *text = gv_out_short_id(o, id);
	size_t len = strlen(text);

	add_text(o, slot, text, o->fitted && len > SHORT_ID ? SHORT_ID : len);
}

void
gv_out_cell(struct gv_out *o, enum gv_out_slot slot, const char *fmt, ...)
{
	struct gv_buf b = GV_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	gv_buf_vaddf(&b, fmt, ap);
	va_end(ap);
	if (b.failed)
		fail(o);
	else
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

/* The heads are the first row; without another nothing is printed. */
void
gv_out_columns(struct gv_out *o, const struct gv_out_column *columns, size_t n)
{
	size_t i;

	o->cells.columns = columns;
	o->cells.n_columns = n;
	o->cells.n = 0;
	gv_buf_reset(&o->cells.text);
	for (i = 0; i < n && columns[i].head; i++)
		gv_out_cell_text(o, GV_OUT_HEAD, columns[i].head);
}

/* Whether all rows have the same in a column. Cells are asked by their texts,
 * which are one behind the other. */
static void
drop_same(const struct gv_out *o, size_t *widths)
{
	const struct gv_out_cells *t = &o->cells;
	const size_t n = t->n_columns;
	size_t i, at = 0, col;
	struct {
		size_t at, len;
	} *first = calloc(n, sizeof(*first));
	bool *varies = calloc(n, sizeof(*varies));

	for (i = 0; first && varies && i < t->n; at += t->cells[i++].len) {
		const size_t len = t->cells[i].len;

		col = i % n;
		if (i < n) /* the heading */
			continue;
		if (i < 2 * n) {
			first[col].at = at;
			first[col].len = len;
		} else if (len != first[col].len ||
		    memcmp(t->text.p + at, t->text.p + first[col].at, len) !=
			0) {
			varies[col] = true;
		}
	}
	for (col = 0; varies && col < n; col++)
		if (t->columns[col].varies && !varies[col])
			widths[col] = GV_OUT_FIT_GONE;
	free(first);
	free(varies);
}

static bool
any_varies(const struct gv_out_cells *t)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		if (t->columns[i].varies)
			return true;
	return false;
}

/* How wide each column is to be. */
static void
measure(const struct gv_out *o, size_t *widths)
{
	const struct gv_out_cells *t = &o->cells;
	const struct gv_out_cell *cell;
	size_t i, n = t->n_columns;

	for (cell = t->cells; cell + n <= t->cells + t->n; cell += n)
		for (i = 0; i < n; i++)
			if (cell[i].width > widths[i])
				widths[i] = cell[i].width;
	/* without a heading it is a list of sentences, which wrap */
	if (!o->fitted || n == 0 || t->columns[0].head == NULL)
		return;
	if (any_varies(t))
		drop_same(o, widths);
	gv_out_fit(widths, t->columns, n, (size_t)gv_tty_columns(1));
}

/* The most that a cell takes beside its text: the blanks before it, on either
 * side of it, a colour on and off, and dots. */
#define CELL_ROOM(width) (GV_OUT_FIT_GAP + 2 * (width) + GV_OUT_COLOR_MAX + 8)

static char *
put(char *p, const char *text, size_t len)
{
	memcpy(p, text, len);
	return p + len;
}

/* A row as it comes about. */
struct line {
	char *p;     /* its end, behind which there is room */
	size_t owed; /* blanks before the next cell, if there is one */
};

/* The part of a sentence that a column has room for. */
static size_t
fit_line(const char *text, size_t len, size_t width)
{
	size_t n = gv_out_fit_line(text, len, width);

	return gv_utf8_columns(text, n) > width ? gv_utf8_fit(text, len, width)
						: n;
}

/* One cell: column `i`, padded on the side that its alignment leaves. */
static void
print_cell(const struct gv_out *o, struct line *l, size_t i, size_t width,
    const struct gv_out_cell *cell, const char *text)
{
	const char *color = o->color_out ? o->colors[cell->slot] : "";
	size_t len = cell->len, used = cell->width, pad;
	bool is_right = o->cells.columns[i].right, is_cut = used > width;

	if (is_cut && o->cells.columns[i].wrap) {
		len = fit_line(text, len, width);
		used = gv_utf8_columns(text, len);
		is_cut = false;
	} else if (is_cut) {
		len = gv_utf8_fit(text, len, width - 1);
		used = gv_utf8_columns(text, len) + 1;
	}
	pad = used < width ? width - used : 0;
	l->owed += is_right ? pad : 0;
	memset(l->p, ' ', l->owed);
	l->p += l->owed;
	if (*color && len)
		l->p = put(l->p, color, strlen(color));
	l->p = put(l->p, text, len);
	if (*color && len)
		l->p = put(l->p, RESET, strlen(RESET));
	if (is_cut)
		l->p = put(l->p, DOTS, strlen(DOTS));
	l->owed = GV_OUT_FIT_GAP + (is_right ? 0 : pad);
}

/* What of a cell in the last column did not fit, on lines of its own. */
static void
print_rest(struct gv_out *o, const size_t *widths,
    const struct gv_out_cell *cell, const char *text)
{
	const size_t last = o->cells.n_columns - 1;
	size_t at = 0, indent = 0, lines = 0, i, n;

	if (cell->width <= widths[last] || !o->cells.columns[last].wrap)
		return;
	for (i = 0; i < last; i++)
		if (widths[i] != GV_OUT_FIT_GONE)
			indent += widths[i] + GV_OUT_FIT_GAP;
	for (;; lines++) {
		n = fit_line(text + at, cell->len - at, widths[last]);
		if (lines == LINES_MAX) {
			gv_out_printf(o, "%*s%s\n", (int)indent, "", DOTS);
			return;
		}
		if (at > 0) {
			gv_out_printf(o, "%*s", (int)indent, "");
			gv_out_paint(o, cell->slot, "%.*s", (int)n, text + at);
			gv_out_write(o, "\n", 1);
		}
		at += n;
		while (at < cell->len && text[at] == ' ')
			at++;
		if (at >= cell->len || n == 0)
			return;
	}
}

/* A row of cells whose texts stand one behind the other; returns their end. A
 * table may have thousands, so room is asked for once. */
static const char *
print_row(struct gv_out *o, const size_t *widths,
    const struct gv_out_cell *cells, const char *text)
{
	size_t i, n = o->cells.n_columns, room = 0;
	struct line l = { .owed = 0 };

	for (i = 0; i < n; i++)
		if (widths[i] != GV_OUT_FIT_GONE)
			room += CELL_ROOM(widths[i]) + cells[i].len;
	if (gv_buf_grow(&o->buf, room) < 0)
		return text; /* gv_out_flush() reports it */
	l.p = o->buf.p + o->buf.len;
	for (i = 0; i < n; text += cells[i++].len)
		if (widths[i] != GV_OUT_FIT_GONE)
			print_cell(o, &l, i, widths[i], &cells[i], text);
	*l.p = '\0';
	o->buf.len = (size_t)(l.p - o->buf.p);
	gv_out_write(o, "\n", 1);
	print_rest(o, widths, &cells[n - 1], text - cells[n - 1].len);
	return text;
}

void
gv_out_columns_end(struct gv_out *o)
{
	struct gv_out_cells *t = &o->cells;
	size_t n = t->n_columns, i, rows = n ? t->n / n : 0;
	bool is_empty = rows == (n && t->columns[0].head);
	size_t *widths = is_empty ? NULL : calloc(n, sizeof(*widths));
	const char *text = t->text.p;

	if (widths == NULL) {
		if (!is_empty)
			fail(o);
		return;
	}
	measure(o, widths);
	for (i = 0; i < rows && !gv_out_stopped(o); i++)
		text = print_row(o, widths, t->cells + i * n, text);
	free(widths);
	gv_out_columns(o, NULL, 0);
}

bool
gv_out_is_fitted(const struct gv_out *o)
{
	return o->fitted;
}

void
gv_out_add_fitted(const struct gv_out *o, struct gv_buf *to, const char *text,
    size_t len, size_t used)
{
	size_t room = (size_t)gv_tty_columns(1), at = to->len, fit;

	gv_out_make_safe(to, text, len);
	room = room > used ? room - used : 0;
	if (!o->fitted || to->failed ||
	    gv_utf8_columns(to->p + at, to->len - at) <= room)
		return;
	fit = room ? gv_utf8_fit(to->p + at, to->len - at, room - 1) : 0;
	gv_buf_truncate(to, at + fit);
	if (room)
		gv_buf_addstr(to, DOTS);
}

void
gv_out_text_fitted(struct gv_out *o, const char *text, size_t len, size_t used)
{
	struct gv_buf b = GV_BUF_INIT;

	if (!o->fitted) {
		gv_out_text(o, text, len);
		return;
	}
	gv_out_add_fitted(o, &b, text, len, used);
	gv_out_write(o, b.p, b.len);
	if (b.failed)
		fail(o);
	gv_buf_release(&b);
}

#define INDENT 4 /* of the lines after the first */

void
gv_out_add_prose(struct gv_buf *to, const char *text, size_t len,
    size_t columns, size_t used)
{
	size_t at = 0, n;

	while (at < len) {
		n = gv_out_fit_line(
		    text + at, len - at, columns > used ? columns - used : 1);
		gv_buf_add(to, text + at, n);
		for (at += n; at < len && text[at] == ' ';)
			at++;
		used = INDENT;
		if (at < len)
			gv_buf_addf(to, "\n%*s", INDENT, "");
	}
}

void
gv_out_prose(struct gv_out *o, const char *text, size_t len, size_t used)
{
	struct gv_buf safe = GV_BUF_INIT, lines = GV_BUF_INIT;

	gv_out_make_safe(&safe, text, len);
	gv_out_add_prose(&lines, safe.p, safe.len,
	    o->fitted ? (size_t)gv_tty_columns(1) : SIZE_MAX, used);
	gv_out_write(o, lines.p, lines.len);
	gv_out_write(o, "\n", 1);
	if (safe.failed || lines.failed)
		fail(o);
	gv_buf_release(&safe);
	gv_buf_release(&lines);
}

/* How long an escape sequence is that begins here; 0 for none. */
static size_t
escape_len(const char *p, const char *end)
{
	const char *q = p;

	if (end - p < 2 || p[0] != '\033' || p[1] != '[')
		return 0;
	while (q < end && *q != 'm')
		q++;
	return q < end ? (size_t)(q - p) + 1 : 0;
}

/* One line: where its words break is asked of the text without colours, and
 * done in the text with them. */
static void
add_folded(struct gv_buf *to, const char *p, const char *end, size_t columns)
{
	struct gv_buf plain = GV_BUF_INIT, lines = GV_BUF_INIT;
	const char *from = p;
	size_t n, i;

	while (p < end) {
		n = escape_len(p, end);
		gv_buf_add(&plain, p, n ? 0 : 1);
		p += n ? n : 1;
	}
	gv_out_add_prose(&lines, plain.p, plain.len, columns, 0);
	for (p = from, i = 0; p < end && i < lines.len;) {
		if ((n = escape_len(p, end)) > 0) {
			gv_buf_add(to, p, n);
			p += n;
		} else if (lines.p[i] == '\n') { /* in place of blanks */
			gv_buf_add(to, lines.p + i, 1 + INDENT);
			i += 1 + INDENT;
			while (p < end && *p == ' ')
				p++;
		} else {
			gv_buf_add(to, p++, 1);
			i++;
		}
	}
	gv_buf_add(to, p, (size_t)(end - p));
	gv_buf_release(&plain);
	gv_buf_release(&lines);
}

size_t
gv_out_fold_begin(struct gv_out *o)
{
	return o->buf.len;
}

void
gv_out_fold_end(struct gv_out *o, size_t mark)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *p, *end, *stop;
	size_t columns;

	/* what was written out meanwhile stays as it is */
	if (!o->fitted || o->buf.failed || o->buf.len <= mark)
		return;
	columns = (size_t)gv_tty_columns(1);
	gv_buf_add(&text, o->buf.p + mark, o->buf.len - mark);
	gv_buf_truncate(&o->buf, mark);
	stop = text.p + text.len;
	for (p = text.p; p && p < stop; p = end + (end < stop)) {
		end = memchr(p, '\n', (size_t)(stop - p));
		end = end ? end : stop;
		add_folded(&o->buf, p, end, columns);
		if (end < stop)
			gv_buf_addch(&o->buf, '\n');
	}
	gv_buf_release(&text);
}
