#include "base/linediff.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/*
 * Myers' greedy algorithm, "An O(ND) Difference Algorithm": v[k] is how far
 * down the old text a path with d edits gets on the diagonal k. All v of a
 * search are stored, since the path is read back from them. Lines are compared
 * by length and bytes, never by a hash: of a short secret a hash says too much
 * once its memory is free.
 */

struct line {
	const char *p;
	size_t len;
	bool is_cut;
};

struct text {
	struct line *lines;
	size_t n;
	bool *differs; /* of each line: it is only in this text */
};

/* ---- lines --------------------------------------------------------------- */

static int
split(struct text *t, const char *p, size_t len)
{
	const char *end = p + len, *nl;
	size_t n = 1, i;

	for (i = 0; i < len; i++)
		n += p[i] == '\n';
	t->lines = calloc(n, sizeof(*t->lines));
	t->differs = calloc(n, sizeof(*t->differs));
	if (t->lines == NULL || t->differs == NULL)
		return gv_err_nomem();
	for (; p < end; p = nl) {
		nl = memchr(p, '\n', (size_t)(end - p));
		t->lines[t->n++] = (struct line){ .p = p,
			.len = (size_t)((nl ? nl : end) - p),
			.is_cut = nl == NULL };
		nl = nl ? nl + 1 : end;
	}
	return 0;
}

static bool
is_same(const struct line *a, const struct line *b)
{
	return a->len == b->len && a->is_cut == b->is_cut &&
	    memcmp(a->p, b->p, a->len) == 0;
}

/* ---- the search ---------------------------------------------------------- */

/* The middle of both texts, without what is equal at both ends. */
struct search {
	struct text *old, *new;
	size_t from; /* its first line, of both */
	long n, m;   /* its lines */
	long *v; /* by d: d + 1 values, of the diagonals -d, -d + 2, … d */
	long d;
};

static long *
row(const struct search *s, long d)
{
	return s->v + d * (d + 1) / 2;
}

/* How far the diagonal k gets with d edits: from the better one of its
 * neighbours with d - 1. *is_down: by a line of the new text. */
static long
step(const struct search *s, long d, long k, bool *is_down)
{
	const long *before = row(s, d - 1);
	/* k - 1 and k + 1 are at these places of the row before */
	long at = (k + d) / 2, left = at > 0 ? before[at - 1] + 1 : -1,
	     down = at < d ? before[at] : -1;

	*is_down = at == 0 || (at < d && down >= left);
	return *is_down ? down : left;
}

static long
slide(const struct search *s, long x, long k)
{
	while (x < s->n && x - k < s->m &&
	    is_same(&s->old->lines[s->from + (size_t)x],
		&s->new->lines[s->from + (size_t)(x - k)]))
		x++;
	return x;
}

/* Whether d edits are enough. */
static bool
reaches(struct search *s, long d)
{
	long k, x;
	bool is_down;

	for (k = -d; k <= d; k += 2) {
		x = slide(s, d ? step(s, d, k, &is_down) : 0, k);
		row(s, d)[(k + d) / 2] = x;
		/* a path that left the texts never comes back to their end */
		if (x == s->n && x - k == s->m)
			return true;
	}
	return false;
}

/* Mark the edits of the path that was found, from its end. */
static void
mark_path(struct search *s)
{
	long d, k = s->n - s->m;
	bool is_down;

	for (d = s->d; d > 0; d--) {
		long x = step(s, d, k, &is_down);

		if (is_down) {
			s->new->differs[s->from + (size_t)(x - k - 1)] = true;
			k++;
		} else {
			s->old->differs[s->from + (size_t)(x - 1)] = true;
			k--;
		}
	}
}

static void
mark_all(struct search *s)
{
	long i;

	for (i = 0; i < s->n; i++)
		s->old->differs[s->from + (size_t)i] = true;
	for (i = 0; i < s->m; i++)
		s->new->differs[s->from + (size_t)i] = true;
}

static int
search(struct search *s)
{
	long max = s->n + s->m;

	if (s->n == 0 || s->m == 0) {
		mark_all(s);
		return 0;
	}
	if (max > GV_LINEDIFF_MAX)
		max = GV_LINEDIFF_MAX;
	s->v = malloc((size_t)((max + 1) * (max + 2) / 2) * sizeof(*s->v));
	if (s->v == NULL)
		return gv_err_nomem();
	for (s->d = 0; s->d <= max && !reaches(s, s->d); s->d++)
		;
	if (s->d > max)
		mark_all(s);
	else
		mark_path(s);
	free(s->v);
	return 0;
}

static int
compare(struct text *old, struct text *new)
{
	struct search s = { .old = old, .new = new };
	size_t least = old->n < new->n ? old->n : new->n, tail = 0;

	while (
	    s.from < least && is_same(&old->lines[s.from], &new->lines[s.from]))
		s.from++;
	while (tail < least - s.from &&
	    is_same(
		&old->lines[old->n - 1 - tail], &new->lines[new->n - 1 - tail]))
		tail++;
	s.n = (long)(old->n - s.from - tail);
	s.m = (long)(new->n - s.from - tail);
	return search(&s);
}

/* ---- hunks --------------------------------------------------------------- */

/* A place in both texts. */
struct place {
	size_t old, new;
};

static bool
is_equal_at(const struct text *old, const struct text *new, struct place at)
{
	return at.old < old->n && at.new < new->n && !old->differs[at.old] &&
	    !new->differs[at.new];
}

/* The end of a hunk that begins at a difference: `context` equal lines behind
 * its last one, and no difference within twice as many. */
static struct place
end_of(const struct text *old, const struct text *new, struct place at,
    size_t context)
{
	size_t equal = 0;

	while (at.old < old->n || at.new < new->n) {
		if (is_equal_at(old, new, at)) {
			if (equal == 2 * context)
				break;
			equal++;
			at.old++;
			at.new ++;
			continue;
		}
		equal = 0;
		while (at.old < old->n && old->differs[at.old])
			at.old++;
		while (at.new < new->n &&new->differs[at.new])
			at.new ++;
	}
	if (equal > context) {
		at.old -= equal - context;
		at.new -= equal - context;
	}
	return at;
}

static int
give_line(const struct gv_linediff_to *to, char sign, const struct line *l)
{
	return to->line(to->ctx, sign, l->p, l->len, l->is_cut);
}

static int
give_hunk(const struct gv_linediff_to *to, const struct text *old,
    const struct text *new, struct place at, struct place end)
{
	struct gv_linediff_hunk h = { at.old + (end.old > at.old),
		end.old - at.old, at.new + (end.new > at.new),
		end.new - at.new };
	int r = to->hunk(to->ctx, &h);

	while (r == 0 && (at.old < end.old || at.new < end.new)) {
		if (at.old < end.old && old->differs[at.old]) {
			r = give_line(to, '-', &old->lines[at.old++]);
		} else if (at.new < end.new &&new->differs[at.new]) {
			r = give_line(to, '+', &new->lines[at.new ++]);
		} else {
			r = give_line(to, ' ', &old->lines[at.old++]);
			at.new ++;
		}
	}
	return r;
}

static int
give(const struct gv_linediff_to *to, const struct text *old,
    const struct text *new, size_t context)
{
	struct place at = { 0, 0 }, begin, end;
	size_t back;
	int r = 0;

	while (r == 0) {
		size_t equal = 0;

		while (is_equal_at(old, new, at)) {
			at.old++;
			at.new ++;
			equal++;
		}
		if (at.old >= old->n && at.new >= new->n)
			break;
		back = equal < context ? equal : context;
		begin = (struct place){ at.old - back, at.new - back };
		end = end_of(old, new, at, context);
		r = give_hunk(to, old, new, begin, end);
		at = end;
	}
	return r;
}

int
gv_linediff(const struct gv_linediff_to *to, const char *old, size_t old_len,
    const char *new, size_t new_len, size_t context)
{
	struct text a = { 0 }, b = { 0 };
	int r = split(&a, old, old_len);

	if (r == 0 && (r = split(&b, new, new_len)) == 0 &&
	    (r = compare(&a, &b)) == 0)
		r = give(to, &a, &b, context);
	free(a.lines);
	free(a.differs);
	free(b.lines);
	free(b.differs);
	return r;
}
