#include "scan/scan_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "lex/seek.h"
#include "scan/rule.h"

#define FEW 8 /* findings that are put among the others */

static int
by_place(const void *a, const void *b)
{
	const struct gv_scan_finding *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->grade != y->grade)
		return x->grade > y->grade ? -1 : 1;
	if (x->len != y->len)
		return x->len > y->len ? -1 : 1;
	/* what stands in clear first */
	return (x->encodings[0] > y->encodings[0]) -
	    (x->encodings[0] < y->encodings[0]);
}

static bool
is_public(const struct gv_scan_finding *f)
{
	return f->rule->kind == GV_RULE_PUBLIC;
}

/* Whether nothing of it is in the other, which is in front of it. */
static bool
is_behind(const struct gv_scan_finding *f, const struct gv_scan_finding *other)
{
	return f->at > other->at && f->at >= other->at + other->len;
}

/* Mostly they come in order, and are asked while they are at hand. */
int
gv_scan_push(struct gv_scan_run *run, const struct gv_scan_finding *f)
{
	struct gv_scan *scan = run->scan;
	int r = GV_GROW(scan->findings, scan->n, scan->cap);
	bool is_apart;

	if (r < 0)
		return r;
	is_apart = scan->n == 0 || is_behind(f, &scan->findings[scan->n - 1]);
	if (scan->n == scan->n_merged && is_apart && !is_public(f))
		scan->n_merged++;
	if (scan->n == scan->n_ordered &&
	    (is_apart || by_place(&scan->findings[scan->n - 1], f) <= 0))
		scan->n_ordered++;
	scan->findings[scan->n++] = *f;
	return 0;
}

/* Several providers begin their tokens alike; where the name tells which, the
 * rule that asks for name and form says more than that of the form. */
static bool
is_narrower(const struct gv_rule *a, const struct gv_rule *b)
{
	return a->way == GV_RULE_VALUE && b->way == GV_RULE_PATTERN &&
	    strncmp(a->pattern, b->anchors[0], strlen(b->anchors[0])) == 0;
}

/* Two findings of what is partly the same become one: what says more, as sure
 * as the surer of them. */
static void
combine(struct gv_scan_finding *kept, const struct gv_scan_finding *other)
{
	enum gv_scan_grade grade =
	    kept->grade > other->grade ? kept->grade : other->grade;

	if (is_narrower(other->rule, kept->rule) ||
	    (!is_narrower(kept->rule, other->rule) &&
		(other->rank > kept->rank ||
		    (other->rank == kept->rank && other->len > kept->len))))
		*kept = *other;
	kept->grade = grade;
}

/* What was found in the structure of a text comes first, and then what was in
 * its lines: each of the two in order. Where it is so, merge the first `n`, few
 * of them, with the others. */
static bool
merge_two(struct gv_scan_finding *f, size_t n, size_t all)
{
	struct gv_scan_finding first[FEW];
	size_t i, k = 0, to = 0;

	for (i = n + 1; i < all && by_place(&f[i - 1], &f[i]) <= 0; i++)
		;
	if (n > FEW || i < all)
		return false;
	memcpy(first, f, n * sizeof(*f));
	for (i = n; k < n; to++) {
		if (i < all && by_place(&first[k], &f[i]) > 0)
			f[to] = f[i++];
		else
			f[to] = first[k++];
	}
	return true;
}

/* Mostly it is there already. */
static void
keep(struct gv_scan_finding *f, size_t to, size_t from)
{
	if (to < from)
		f[to] = f[from];
}

/* One finding a place: the better one. What is public is no finding. */
void
gv_scan_merge(struct gv_scan *scan)
{
	struct gv_scan_finding *f = scan->findings;
	size_t i, n = scan->n_merged;

	if (scan->n_ordered < scan->n) {
		n = 0;
		if (!merge_two(f, scan->n_ordered, scan->n))
			qsort(f, scan->n, sizeof(*f), by_place);
	}
	for (i = n; i < scan->n; i++) {
		if (n && f[i].at < f[n - 1].at + f[n - 1].len) {
			combine(&f[n - 1], &f[i]);
			continue;
		}
		n -= n && is_public(&f[n - 1]);
		keep(f, n++, i);
	}
	n -= n && is_public(&f[n - 1]);
	scan->n = scan->n_ordered = scan->n_merged = n;
}

/* One pass forward over what lies between findings. */
void
gv_scan_locate(struct gv_scan *scan, const char *text)
{
	size_t at = 0, line_at = 0, i;
	unsigned line = 1;

	for (i = 0; i < scan->n; i++) {
		struct gv_scan_finding *f = &scan->findings[i];

		while ((at = gv_seek(text, at, f->at, '\n')) < f->at) {
			line_at = ++at;
			line++;
		}
		f->line = line;
		f->column = (unsigned)(f->at - line_at) + 1;
	}
}
