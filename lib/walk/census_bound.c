#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "sys/dir.h"
#include "walk/census_internal.h"

/*
 * Which ignored files fit: by the order of their paths, as long as neither of
 * the bounds is met, so that the same files give the same choice. Those beyond
 * them are not looked at again as long as nothing changes.
 */

struct bounding {
	struct gv_census *c;
	struct gv_census_worker worker;
	uint64_t files, bytes;
	bool full;
};

bool
gv_census_is_choice(const struct gv_row *row)
{
	return (row->flags & GV_ROW_LOCAL) &&
	    !(row->flags & (GV_ROW_CONTENT | GV_ROW_SKIPPED));
}

static int
leave_out(struct gv_census_dir *d, uint32_t i)
{
	const uint32_t gone = GV_ROW_PRECIOUS | GV_ROW_UNSTABLE |
	    GV_ROW_CHUNKED | GV_ROW_WITHHELD | GV_ROW_SEARCHED |
	    GV_ROW_BY_INDEX | GV_ROW_NEW | GV_ROW_CHANGED | GV_ROW_READ;
	struct gv_row *row;
	int r = gv_census_own_rows(d);

	if (r < 0)
		return r;
	row = &d->own[i];
	row->flags = (row->flags & ~gone) | GV_ROW_IGNORED;
	row->stored = 0;
	memset(&row->oid, 0, sizeof(row->oid));
	d->flags |= GV_CENSUS_DIRTY;
	return 0;
}

/* One that was left out last time and has room now: it is not known how it is
 * by now. Whoever took it away is seen next time. */
static int
take_in(struct bounding *b, uint32_t dir, uint32_t i)
{
	struct gv_census_dir *d = gv_census_dir(b->c, dir);
	struct gv_row *row;
	struct stat st;
	int r = gv_census_own_rows(d);

	if (r < 0)
		return r;
	row = &d->own[i];
	gv_buf_reset(&b->worker.path);
	gv_census_path(b->c, dir, row, &b->worker.path);
	if ((r = gv_buf_check(&b->worker.path)) < 0)
		return r;
	if (gv_dir_stat(
		b->c->root_fd, b->worker.path.p, b->worker.path.len, &st) < 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)))
		return 0;
	r = gv_census_fill(b->c, &b->worker, row, &st);
	row->flags &= ~(uint32_t)GV_ROW_IGNORED;
	row->flags |= GV_ROW_PRECIOUS | GV_ROW_NEW | GV_ROW_READ;
	d->flags |= GV_CENSUS_DIRTY;
	return r;
}

static int
bound_row(struct bounding *b, uint32_t dir, uint32_t i)
{
	struct gv_census_dir *d = gv_census_dir(b->c, dir);
	const struct gv_row *row = &d->rows[i];
	int r = 0;

	if (!gv_census_is_choice(row))
		return 0;
	if (!b->full && (row->flags & GV_ROW_IGNORED) &&
	    row->size <= GV_CENSUS_FILE_MOST)
		r = take_in(b, dir, i);
	row = &d->rows[i];
	if (r < 0 || (row->flags & GV_ROW_IGNORED))
		return r;
	if (row->size > GV_CENSUS_FILE_MOST)
		return leave_out(d, i);
	if (b->files == GV_CENSUS_FILES_MOST ||
	    b->bytes + row->size > GV_CENSUS_ALL_MOST)
		b->full = true;
	if (b->full)
		return leave_out(d, i);
	b->files++;
	b->bytes += row->size;
	return 0;
}

/* The next row from `i` on with one of the flags. Most rows have none of them.
 */
static uint32_t
next_row(const struct gv_census_dir *d, uint32_t i, uint32_t flags)
{
	while (i < d->n && !(d->rows[i].flags & flags))
		i++;
	return i;
}

int
gv_census_each_row(const struct gv_census *c, uint32_t flags,
    int (*fn)(void *ctx, uint32_t dir, uint32_t i), void *ctx)
{
	struct at {
		uint32_t dir, row;
	} *stack = NULL, *top;
	size_t n = 0, cap = 0;
	int r = gv_vec_grow((void **)&stack, &cap, 1, sizeof(*stack));

	if (r == 0)
		stack[n++] = (struct at){ 0, 0 };
	while (r == 0 && n > 0) {
		const struct gv_census_dir *d;
		const struct gv_row *row;

		top = &stack[n - 1];
		d = gv_census_dir(c, top->dir);
		top->row = next_row(d, top->row, flags | GV_ROW_DIR);
		if (top->row >= d->n || (d->flags & GV_CENSUS_GONE)) {
			n--;
			continue;
		}
		row = &d->rows[top->row];
		r = fn(ctx, top->dir, top->row++);
		if (r || !(row->flags & GV_ROW_DIR) ||
		    (row->flags & GV_ROW_ABSENT))
			continue;
		if ((r = GV_GROW(stack, n, cap)) == 0)
			stack[n++] = (struct at){ (uint32_t)row->size, 0 };
	}
	free(stack);
	return r;
}

static int
bound_each(void *ctx, uint32_t dir, uint32_t i)
{
	return bound_row(ctx, dir, i);
}

int
gv_census_bound(struct gv_census *c)
{
	struct bounding b = { .c = c,
		.worker = { .path = GV_BUF_INIT,
		    .dir = c->root_fd,
		    .extra = GV_BUF_INIT,
		    .names = { .text = GV_BUF_INIT } } };
	int r = gv_census_each_row(c, GV_ROW_LOCAL, bound_each, &b);

	gv_buf_release(&b.worker.path);
	gv_buf_release(&b.worker.extra);
	return r;
}
