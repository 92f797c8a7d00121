#include "vault/lineset.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"

int
gv_lineset_add(struct gv_lineset *set, const void *text, size_t len)
{
	const char *p = text, *nl, *end;
	int r = 0;

	if (len == 0)
		return 0;
	for (end = p + len; r == 0 && p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		if (nl == p)
			continue;
		if ((r = GV_GROW(set->lines, set->n, set->cap)) == 0)
			set->lines[set->n++] =
			    (struct gv_lineset_line){ p, (size_t)(nl - p) };
	}
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_lineset_line *x = a, *y = b;
	int c = memcmp(x->p, y->p, x->len < y->len ? x->len : y->len);

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

void
gv_lineset_sort(struct gv_lineset *set)
{
	size_t i, n = 0;

	if (set->n)
		qsort(set->lines, set->n, sizeof(*set->lines), compare);
	for (i = 0; i < set->n; i++)
		if (n == 0 || compare(&set->lines[n - 1], &set->lines[i]) != 0)
			set->lines[n++] = set->lines[i];
	set->n = n;
}

bool
gv_lineset_has(const struct gv_lineset *set, const struct gv_lineset_line *line)
{
	return set->n &&
	    bsearch(line, set->lines, set->n, sizeof(*set->lines), compare);
}

void
gv_lineset_write(struct gv_buf *out, const struct gv_lineset *set)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		gv_buf_add(out, set->lines[i].p, set->lines[i].len);
		gv_buf_addch(out, '\n');
	}
}

void
gv_lineset_release(struct gv_lineset *set)
{
	if (set == NULL)
		return;
	free(set->lines);
	memset(set, 0, sizeof(*set));
}
