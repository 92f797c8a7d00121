#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "snapshot/status_internal.h"

/* Whether a row has a line in the manifest, or lines below it. */
static bool
is_noted(const struct gv_row *row)
{
	return !(row->flags & GV_ROW_IGNORED);
}

/* What the cache has of a directory that went and held nothing but
 * directories. */
static bool
was_bare(const struct gv_statcache *cache, const struct gv_row *row)
{
	const struct gv_dir_row *d = &cache->dirs[row->size];
	uint32_t i;

	if (d->state != GV_DIR_NORMAL || d->mode == 0)
		return false;
	for (i = 0; i < d->n; i++)
		if (is_noted(&cache->rows[d->first + i]))
			return false;
	return true;
}

/* What a row of the cache is shown as where nothing stands any more; 0: not at
 * all. */
static char
letter_of_gone(const struct gv_statcache *cache, const struct gv_row *old)
{
	if (!is_noted(old))
		return 0;
	if (old->flags & GV_ROW_ABSENT)
		return 'm'; /* it was only noted */
	if (!(old->flags & GV_ROW_DIR) ||
	    cache->dirs[old->size].state == GV_DIR_REPO)
		return 'D';
	return was_bare(cache, old) ? 'D' : 0;
}

static int
add_gone(void *ctx, const struct gv_buf *path, const struct gv_row *old)
{
	struct gv_status_run *cmp = ctx;
	char change = letter_of_gone(cmp->run->survey.cache, old);

	return change ? gv_status_add(cmp->out, path, change, old) : 0;
}

/* What the cache has and the census lacks. */
static int
lose(struct gv_status_run *cmp, uint32_t dir, const struct gv_row *old)
{
	const struct gv_statcache *cache = cmp->run->survey.cache;
	int r;

	gv_buf_reset(&cmp->path);
	gv_census_dir_path(cmp->run->survey.census, dir, &cmp->path);
	if (cmp->path.len)
		gv_buf_addch(&cmp->path, '/');
	gv_buf_add(&cmp->path, cache->names + old->name, old->name_len);
	r = add_gone(cmp, &cmp->path, old);
	if (r < 0 || !(old->flags & GV_ROW_DIR) || (old->flags & GV_ROW_ABSENT))
		return r;
	return gv_statcache_walk(
	    cache, (uint32_t)old->size, &cmp->path, add_gone, cmp);
}

/* A file that was in chunks, or had values taken out, and that git has by now:
 * its names say nothing of each other, its stat data do. */
static bool
is_regained(const struct gv_status_run *cmp, const struct gv_row *row,
    const struct gv_row *old)
{
	return (old->flags & (GV_ROW_CHUNKED | GV_ROW_WITHHELD)) &&
	    !(row->flags & (GV_ROW_CHUNKED | GV_ROW_WITHHELD)) &&
	    row->mtime == old->mtime && row->ctime == old->ctime &&
	    row->ino == old->ino && row->size == old->size &&
	    gv_census_is_settled(
		old->ctime, cmp->run->survey.cache->head->stamp);
}

bool
gv_status_is_note_changed(const struct gv_row *row, const struct gv_row *old)
{
	if (!is_noted(row))
		return old && is_noted(old);
	return !(old && is_noted(old) && row->mtime == old->mtime &&
	    row->mode == old->mode && row->extra == old->extra);
}

/* What is not stored: of that a snapshot only notes that it was there. */
static int
compare_absent(struct gv_status_run *cmp, uint32_t dir,
    const struct gv_row *row, const struct gv_row *old)
{
	if (old && (!(old->flags & GV_ROW_ABSENT) || !is_noted(row)))
		return lose(cmp, dir, old);
	return gv_status_is_note_changed(row, old)
	    ? gv_status_add_row(cmp, dir, row, 'm')
	    : 0;
}

/* What stands in a directory is shown separately. */
static int
compare_child(struct gv_status_run *cmp, uint32_t dir, const struct gv_row *row,
    const struct gv_row *old)
{
	const struct gv_census *census = cmp->run->survey.census;
	const struct gv_census_dir *child =
	    gv_census_dir(census, (uint32_t)row->size);
	bool stood = old && !(old->flags & GV_ROW_ABSENT);

	if (child->flags & GV_CENSUS_GONE)
		return old ? lose(cmp, dir, old) : 0;
	if ((child->flags & GV_CENSUS_UNREAD) || stood)
		return 0;
	if (child->state == GV_DIR_REPO ||
	    gv_status_is_bare(census, (uint32_t)row->size))
		return gv_status_add_row(cmp, dir, row, 'A');
	return old && is_noted(old) ? gv_status_add_row(cmp, dir, row, 'm') : 0;
}

static int
compare_pair(struct gv_status_run *cmp, uint32_t dir, const struct gv_row *row,
    const struct gv_row *old)
{
	if (gv_status_is_unreadable(row))
		return gv_status_add_row(cmp, dir, row, 'X');
	if ((row->flags & GV_ROW_BASE) && old && gv_status_is_file(old))
		return gv_status_add_row(cmp, dir, row, 'm');
	if (row->flags & GV_ROW_ABSENT)
		return compare_absent(cmp, dir, row, old);
	if (row->flags & GV_ROW_DIR)
		return compare_child(cmp, dir, row, old);
	if (old && (old->flags & GV_ROW_BASE))
		return gv_status_add_row(cmp, dir, row, 'M');
	if (old == NULL || !gv_status_is_file(old))
		return gv_status_add_row(cmp, dir, row, 'A');
	if ((!gv_oid_equal(&row->oid, &old->oid) &&
		!is_regained(cmp, row, old)) ||
	    (row->mode & S_IFMT) != (old->mode & S_IFMT))
		return gv_status_add_row(cmp, dir, row, 'M');
	if (row->mtime != old->mtime || row->mode != old->mode ||
	    row->extra != old->extra)
		return gv_status_add_row(cmp, dir, row, 'm');
	return 0;
}

/* The rows of a directory beside the cache's, both in Git's order. */
static int
compare_rows(struct gv_status_run *cmp, uint32_t dir)
{
	const struct gv_census_dir *d =
	    gv_census_dir(cmp->run->survey.census, dir);
	const struct gv_statcache *cache = cmp->run->survey.cache;
	const struct gv_row *old = NULL, *old_end = NULL;
	uint32_t i = 0;
	int r = 0;

	if (d->old != UINT32_MAX) {
		old = cache->rows + cache->dirs[d->old].first;
		old_end = old + cache->dirs[d->old].n;
	}
	while (r == 0 && (i < d->n || old < old_end)) {
		int x = old == old_end ? -1 : i == d->n ? 1 : 0;

		if (x == 0)
			x = gv_path_compare(gv_census_name(d, &d->rows[i]),
			    d->rows[i].name_len, d->rows[i].flags & GV_ROW_DIR,
			    cache->names + old->name, old->name_len,
			    old->flags & GV_ROW_DIR);
		if (x > 0) {
			r = lose(cmp, dir, old++);
			continue;
		}
		r = compare_pair(cmp, dir, &d->rows[i++], x ? NULL : old);
		if (x == 0)
			old++;
	}
	return r;
}

/* What a directory that was there is shown as; 0: as nothing. Its time is no
 * change: each name in it sets that. */
static char
letter_of_dir(const struct gv_census_dir *d, const struct gv_dir_row *old)
{
	if (d->flags & GV_CENSUS_UNREAD)
		return 0;
	if (d->state == GV_DIR_REPO && old->state != GV_DIR_REPO)
		return 'A';
	if (d->state == GV_DIR_REPO && !gv_oid_equal(&d->tree, &old->tree))
		return 'M';
	if (d->state != GV_DIR_REPO && old->state == GV_DIR_REPO)
		return 'D';
	/* one that is, or was, not on disk has no mode */
	if (d->mode == 0 || old->mode == 0)
		return 0;
	return d->mode != old->mode || d->extra != old->extra ? 'm' : 0;
}

/* The directory itself. */
static int
compare_dir(struct gv_status_run *cmp, uint32_t dir)
{
	const struct gv_census_dir *d =
	    gv_census_dir(cmp->run->survey.census, dir);
	const struct gv_dir_row *old =
	    d->old == UINT32_MAX ? NULL : &cmp->run->survey.cache->dirs[d->old];
	char change = old ? letter_of_dir(d, old) : 0;

	if (change == 0)
		return 0;
	gv_buf_reset(&cmp->path);
	gv_census_dir_path(cmp->run->survey.census, dir, &cmp->path);
	if (cmp->path.len == 0)
		gv_buf_addch(&cmp->path, '.');
	return gv_status_add(cmp->out, &cmp->path, change,
	    gv_status_row_of(cmp->run->survey.census, dir));
}

static int
compare_one(struct gv_status_run *cmp, uint32_t dir)
{
	const struct gv_census_dir *d =
	    gv_census_dir(cmp->run->survey.census, dir);
	int r = compare_dir(cmp, dir);

	if (r == 0 && (d->flags & GV_CENSUS_UNREAD)) {
		gv_buf_reset(&cmp->path);
		gv_census_dir_path(cmp->run->survey.census, dir, &cmp->path);
		return gv_status_add(cmp->out, &cmp->path, 'X',
		    gv_status_row_of(cmp->run->survey.census, dir));
	}
	/* rows that are the cache's own stand as they were */
	return r == 0 && (d->own || d->n == 0) ? compare_rows(cmp, dir) : r;
}

int
gv_status_compare_cache(struct gv_status_run *cmp)
{
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < cmp->run->survey.n_order; i++)
		r = compare_one(cmp, cmp->run->survey.order[i]);
	return r;
}
