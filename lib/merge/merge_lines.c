#include "merge/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/linediff.h"
#include "base/vec.h"

/* What a side changed: lines of the base, and its own lines for them. */
struct hunk {
	size_t from, to, new_from, new_to;
};

struct side {
	struct gv_merge_text text;
	size_t *starts, n, cap; /* of lines; one more at the end */
	struct hunk *hunks;
	size_t n_hunks, cap_hunks, at;
};

static int
find_lines(struct side *s)
{
	const char *end = s->text.p + s->text.len, *p = s->text.p;
	int r;

	for (;; s->n++) {
		if ((r = GV_GROW(s->starts, s->n, s->cap)) < 0)
			return r;
		s->starts[s->n] = (size_t)(p - s->text.p);
		if (p == end)
			return 0;
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : end;
	}
}

static int
take_hunk(void *ctx, const struct gv_linediff_hunk *h)
{
	struct side *s = ctx;
	const size_t from = h->old_first - (h->old_n ? 1 : 0);
	const size_t new_from = h->new_first - (h->new_n ? 1 : 0);
	int r = GV_GROW(s->hunks, s->n_hunks, s->cap_hunks);

	if (r == 0)
		s->hunks[s->n_hunks++] = (struct hunk){ .from = from,
			.to = from + h->old_n,
			.new_from = new_from,
			.new_to = new_from + h->new_n };
	return r;
}

static int
skip_line(void *ctx, char sign, const char *line, size_t len, bool is_cut)
{
	(void)ctx;
	(void)sign;
	(void)line;
	(void)len;
	(void)is_cut;
	return 0;
}

static int
open_side(struct side *s, const struct gv_merge_text *text,
    const struct gv_merge_text *base)
{
	const struct gv_linediff_to to = { take_hunk, skip_line, s };
	int r;

	s->text = *text;
	if ((r = find_lines(s)) < 0 || base == NULL)
		return r;
	return gv_linediff(&to, base->p, base->len, text->p, text->len, 0);
}

static void
close_side(struct side *s)
{
	free(s->starts);
	free(s->hunks);
}

/* The next hunk that begins at this line of the base or before it. */
static struct hunk *
next_until(struct side *s, size_t line)
{
	return s->at < s->n_hunks && s->hunks[s->at].from <= line
	    ? &s->hunks[s->at]
	    : NULL;
}

static struct gv_merge_text
part(const struct side *s, size_t from, size_t to)
{
	return (struct gv_merge_text){ .p = s->text.p + s->starts[from],
		.len = s->starts[to] - s->starts[from] };
}

/* A side's own lines for those of the base between `from` and `to`, in which
 * the hunks from `first` up to now are. */
static struct gv_merge_text
own_part(const struct side *s, size_t first, size_t from, size_t to)
{
	const struct hunk *h = &s->hunks[first], *last = &s->hunks[s->at - 1];

	return part(
	    s, h->new_from - (h->from - from), last->new_to + (to - last->to));
}

static bool
is_same(const struct gv_merge_text *a, const struct gv_merge_text *b)
{
	return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* Merge what is changed from the next hunk on, as long as hunks touch. False:
 * both sides changed it, and not in the same way. */
static bool
merge_hunks(struct gv_buf *out, const struct side *base, struct side *a,
    struct side *b, size_t *line)
{
	const size_t a_first = a->at, b_first = b->at;
	struct gv_merge_text x, y;
	struct hunk *h;
	size_t from = SIZE_MAX, to;

	if (a->at < a->n_hunks)
		from = a->hunks[a->at].from;
	if (b->at < b->n_hunks && b->hunks[b->at].from < from)
		from = b->hunks[b->at].from;
	for (to = from;;) {
		struct side *s = next_until(a, to) ? a : b;

		if ((h = next_until(s, to)) == NULL)
			break;
		to = h->to > to ? h->to : to;
		s->at++;
	}
	x = part(base, *line, from);
	gv_buf_add(out, x.p, x.len);
	*line = to;
	if (b->at == b_first) {
		x = own_part(a, a_first, from, to);
	} else if (a->at == a_first) {
		x = own_part(b, b_first, from, to);
	} else {
		x = own_part(a, a_first, from, to);
		y = own_part(b, b_first, from, to);
		if (!is_same(&x, &y))
			return false;
	}
	gv_buf_add(out, x.p, x.len);
	return true;
}

int
gv_merge_lines(
    struct gv_buf *out, const struct gv_merge_text sides[GV_MERGE_SIDES])
{
	struct side base = { .n = 0 }, a = { .n = 0 }, b = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_merge_text rest;
	size_t line = 0;
	bool is_clean = true;
	int r;

	if ((r = open_side(&base, &sides[GV_MERGE_BASE], NULL)) < 0 ||
	    (r = open_side(&a, &sides[GV_MERGE_OURS], &base.text)) < 0 ||
	    (r = open_side(&b, &sides[GV_MERGE_THEIRS], &base.text)) < 0)
		goto out;
	while (is_clean && (a.at < a.n_hunks || b.at < b.n_hunks))
		is_clean = merge_hunks(&text, &base, &a, &b, &line);
	if (is_clean) {
		rest = part(&base, line, base.n);
		gv_buf_add(&text, rest.p, rest.len);
		if ((r = gv_buf_check(&text)) == 0)
			gv_buf_add(out, text.p, text.len);
		r = r < 0 ? r : gv_buf_check(out);
	}
	r = r < 0 ? r : is_clean;
out:
	gv_buf_release(&text);
	close_side(&base);
	close_side(&a);
	close_side(&b);
	return r;
}
