#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "worktree/statcache.h"

/* A directory on the way down: its next row, and how long its path is. */
struct place {
	uint32_t dir, next;
	size_t len;
};

static bool
is_entered(const struct gv_row *row)
{
	return (row->flags & GV_ROW_DIR) && !(row->flags & GV_ROW_ABSENT);
}

int
gv_statcache_walk(const struct gv_statcache *c, uint32_t dir,
    struct gv_buf *path,
    int (*fn)(void *ctx, const struct gv_buf *path, const struct gv_row *row),
    void *ctx)
{
	struct place *stack = NULL;
	size_t n = 0, cap = 0, before = path->len;
	int r = gv_vec_grow((void **)&stack, &cap, 1, sizeof(*stack));

	if (r == 0)
		stack[n++] = (struct place){ dir, 0, path->len };
	while (r == 0 && n > 0) {
		struct place *at = &stack[n - 1];
		const struct gv_dir_row *d = &c->dirs[at->dir];
		const struct gv_row *row;

		gv_buf_truncate(path, at->len);
		if (at->next == d->n) {
			n--;
			continue;
		}
		row = &c->rows[d->first + at->next++];
		if (path->len)
			gv_buf_addch(path, '/');
		gv_buf_add(path, c->names + row->name, row->name_len);
		if ((r = gv_buf_check(path)) == 0)
			r = fn(ctx, path, row);
		if (r < 0 || !is_entered(row))
			continue;
		if ((r = GV_GROW(stack, n, cap)) == 0)
			stack[n++] =
			    (struct place){ (uint32_t)row->size, 0, path->len };
	}
	gv_buf_truncate(path, before);
	free(stack);
	return r;
}

/* The row, where it and its name can be believed. */
static const struct gv_row *
row_at(const struct gv_statcache *c, uint32_t at)
{
	const struct gv_statcache_head *h = c->head;
	const struct gv_row *row = &c->rows[at];

	return gv_statcache_is_intact(c, row, sizeof(*row)) &&
		row->name <= h->names &&
		row->name_len <= h->names - row->name &&
		gv_statcache_is_intact(c, c->names + row->name, row->name_len)
	    ? row
	    : NULL;
}

static const struct gv_row *
find_as(const struct gv_statcache *c, const struct gv_dir_row *d,
    const char *name, size_t len, bool is_dir)
{
	uint32_t from = 0, to = d->n, i;

	while (from < to) {
		const struct gv_row *row;
		int x;

		i = from + (to - from) / 2;
		row = row_at(c, d->first + i);
		if (row == NULL)
			return NULL;
		x = gv_path_compare(c->names + row->name, row->name_len,
		    row->flags & GV_ROW_DIR, name, len, is_dir);
		if (x == 0)
			return row;
		if (x < 0)
			from = i + 1;
		else
			to = i;
	}
	return NULL;
}

/* Where it stands depends on what it is, which is not known. */
static const struct gv_row *
find_in(
    const struct gv_statcache *c, uint32_t dir, const char *name, size_t len)
{
	const struct gv_dir_row *d = &c->dirs[dir];
	const struct gv_row *row;

	if (dir >= c->head->dirs || !gv_statcache_is_intact(c, d, sizeof(*d)) ||
	    d->first > c->head->rows || d->n > c->head->rows - d->first)
		return NULL;
	row = find_as(c, d, name, len, false);
	return row ? row : find_as(c, d, name, len, true);
}

const struct gv_row *
gv_statcache_find(const struct gv_statcache *c, const char *path, size_t len)
{
	const struct gv_row *row;
	const char *slash;
	uint32_t dir = 0;

	for (;;) {
		slash = memchr(path, '/', len);
		row =
		    find_in(c, dir, path, slash ? (size_t)(slash - path) : len);
		if (slash == NULL || row == NULL || !is_entered(row))
			return slash ? NULL : row;
		dir = (uint32_t)row->size;
		len -= (size_t)(slash + 1 - path);
		path = slash + 1;
	}
}
