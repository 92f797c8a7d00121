#include <string.h>

#include "walk/census_internal.h"

#define MODULES ".gitmodules"

struct leaving {
	const struct gv_census *c;
	int (*fn)(void *ctx, const struct gv_census_out *out);
	void *ctx;
};

/* Whether one row stands for the whole directory: it is a build product or too
 * large by its own entries, not because of its parent. */
static bool
is_whole(const struct gv_census_dir *d)
{
	return d->read_as != d->state &&
	    (d->read_as == GV_DIR_TRACKED_ONLY || d->read_as == GV_DIR_CROWDED);
}

/* How many things below a crowded folder are left out. */
static uint64_t
count_crowd(const struct gv_census *c, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(c, dir), *child;
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < d->n; i++) {
		const struct gv_row *row = &d->rows[i];

		n += (row->flags & (GV_ROW_IGNORED | GV_ROW_EXCLUDED)) ==
		    GV_ROW_IGNORED;
		if (!(row->flags & GV_ROW_DIR) || (row->flags & GV_ROW_ABSENT))
			continue;
		child = gv_census_dir(c, (uint32_t)row->size);
		if (!(child->flags & GV_CENSUS_GONE) &&
		    child->read_as == GV_DIR_CROWDED)
			n += count_crowd(c, (uint32_t)row->size);
	}
	return n;
}

/* A submodule has an address to fetch its commit from, and Git tells of changes
 * in it. Nobody else may have what is in any other repository, even if Git's
 * index names its commit. */
static int
tell_repo(struct leaving *l, uint32_t dir)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is_submodule;
	int r;

	gv_census_dir_path(l->c, dir, &path);
	r = gv_buf_check(&path);
	is_submodule = r == 0 && gv_census_is_gitlink(l->c, &path, NULL) &&
	    gv_index_find(l->c->opts.index, MODULES, strlen(MODULES), 0);
	gv_buf_release(&path);
	if (r < 0 || is_submodule)
		return r;
	return l->fn(l->ctx,
	    &(struct gv_census_out){ .why = GV_CENSUS_REPO, .dir = dir });
}

static int
tell_dir(struct leaving *l, const struct gv_row *row)
{
	const struct gv_census_dir *d =
	    gv_census_dir(l->c, (uint32_t)row->size);
	struct gv_census_out out = { .dir = (uint32_t)row->size };

	if (d->flags & (GV_CENSUS_GONE | GV_CENSUS_UNREAD))
		return 0;
	if (d->state == GV_DIR_REPO)
		return tell_repo(l, out.dir);
	if (!is_whole(d))
		return 0;
	out.why = GV_CENSUS_PRODUCT;
	if (d->read_as == GV_DIR_CROWDED) {
		out.why = GV_CENSUS_IN_CROWD;
		out.entries = count_crowd(l->c, out.dir);
	}
	return l->fn(l->ctx, &out);
}

static enum gv_census_left
why_of(const struct gv_row *row)
{
	if (row->flags & GV_ROW_PRODUCT)
		return GV_CENSUS_PRODUCT;
	if (row->flags & GV_ROW_EXCLUDED)
		return GV_CENSUS_UNWANTED;
	if (!(row->flags & GV_ROW_LOCAL))
		return GV_CENSUS_ELSES;
	return row->size > GV_CENSUS_FILE_MOST ? GV_CENSUS_LARGE
					       : GV_CENSUS_FULL;
}

/* Whether the row of the directory stands for this row as well. */
static bool
is_covered(const struct gv_census_dir *d, const struct gv_row *row)
{
	if (row->flags & GV_ROW_EXCLUDED)
		return false;
	return d->read_as == GV_DIR_CROWDED
	    ? !(row->flags & GV_ROW_PRODUCT)
	    : d->read_as == GV_DIR_TRACKED_ONLY && is_whole(d);
}

/* What has no content. */
static bool
is_special(const struct gv_row *row)
{
	return (row->flags & GV_ROW_SKIPPED) && row->mode &&
	    !S_ISREG(row->mode) && !S_ISDIR(row->mode);
}

static int
tell_row(void *ctx, uint32_t dir, uint32_t i)
{
	struct leaving *l = ctx;
	const struct gv_census_dir *d = gv_census_dir(l->c, dir);
	const struct gv_row *row = &d->rows[i];
	struct gv_census_out out = { .dir = dir, .row = row };

	if ((row->flags & GV_ROW_DIR) && !(row->flags & GV_ROW_ABSENT))
		return tell_dir(l, row);
	if (row->flags & GV_ROW_BASE)
		out.why = GV_CENSUS_BASE;
	else if (is_special(row))
		out.why = GV_CENSUS_SPECIAL;
	else if (!(row->flags & (GV_ROW_IGNORED | GV_ROW_PRODUCT)) ||
	    is_covered(d, row))
		return 0;
	else
		out.why = why_of(row);
	if (out.why == GV_CENSUS_LARGE || out.why == GV_CENSUS_FULL ||
	    out.why == GV_CENSUS_BASE)
		out.bytes = row->size;
	return l->fn(l->ctx, &out);
}

int
gv_census_each_left(const struct gv_census *c,
    int (*fn)(void *ctx, const struct gv_census_out *out), void *ctx)
{
	struct leaving l = { .c = c, .fn = fn, .ctx = ctx };

	return gv_census_each_row(c, GV_ROW_ABSENT, tell_row, &l);
}
