#include "part/cover.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"

/* By components, so that what is below a folder is next to each other. */
static int
by_path(const void *a, const void *b)
{
	const struct gv_cover_file *x = a, *y = b;
	const size_t n = x->len < y->len ? x->len : y->len;
	size_t i;
	int c, d;

	for (i = 0; i < n && x->path[i] == y->path[i]; i++)
		;
	c = i == x->len         ? -1
	    : x->path[i] == '/' ? 0
				: (unsigned char)x->path[i];
	d = i == y->len         ? -1
	    : y->path[i] == '/' ? 0
				: (unsigned char)y->path[i];
	return c - d;
}

/* The first file behind `i` that is not below a folder, and whether all up to
 * it are in the set. */
static size_t
end_of(const struct gv_cover_file *files, size_t n, size_t i, const char *dir,
    size_t len, bool *is_all)
{
	*is_all = true;
	for (; i < n && gv_path_is_below(files[i].path, files[i].len, dir, len);
	     i++)
		*is_all &= files[i].is_in;
	return i;
}

/* Take the highest folder of the i-th file that has nothing else, else the
 * file. The next file that is not covered. */
static int
take(struct gv_cover *out, const struct gv_cover_file *files, size_t n,
    size_t *i)
{
	const struct gv_cover_file *f = &files[*i];
	struct gv_cover_item *item;
	size_t len = 0, end;
	const char *slash;
	bool is_all;

	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	item = &out->items[out->n++];
	do {
		/* one that begins before has a file that is in no cover */
		if (*i == 0 ||
		    !gv_path_is_below(
			files[*i - 1].path, files[*i - 1].len, f->path, len)) {
			end = end_of(files, n, *i, f->path, len, &is_all);
			if (is_all) {
				*item = (struct gv_cover_item){ f->path, len };
				*i = end;
				return 0;
			}
		}
		slash = memchr(
		    f->path + len + (len > 0), '/', f->len - len - (len > 0));
		len = slash ? (size_t)(slash - f->path) : f->len;
	} while (slash);
	*item = (struct gv_cover_item){ f->path, f->len };
	++*i;
	return 0;
}

int
gv_cover_find(struct gv_cover *out, struct gv_cover_file *files, size_t n)
{
	size_t i = 0;
	int r = 0;

	*out = (struct gv_cover){ .items = NULL };
	if (n)
		qsort(files, n, sizeof(*files), by_path);
	while (r == 0 && i < n) {
		if (files[i].is_in)
			r = take(out, files, n, &i);
		else
			i++;
	}
	return r;
}

void
gv_cover_release(struct gv_cover *cover)
{
	free(cover->items);
	memset(cover, 0, sizeof(*cover));
}
