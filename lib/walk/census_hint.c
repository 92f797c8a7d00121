#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "walk/census_internal.h"

#define LOOKS_NAMED 1 /* at some files */
#define LOOKS_WHOLE 2

/* Where watch says which directories and files something happened to, all
 * others are taken as the cache knows them. What it cannot know of is looked at
 * all the same: rows that may change without a word to their directory, and
 * those that the last look left open. */

/* Whether hints count yet: from time to time all is looked at. */
static bool
is_recent(const struct gv_census *c)
{
	const int64_t age = c->stamp - c->opts.old->head->walked;

	return age >= 0 && age < (c->opts.daily ? GV_HINT_RENEW : GV_HINT_MOST);
}

/* The directory of the cache that a path is, or the next above that it has. */
static uint32_t
find_dir(const struct gv_statcache *old, const char *path)
{
	size_t len = strlen(path);
	const struct gv_row *row;

	while (len > 0) {
		row = gv_statcache_find(old, path, len);
		if (row && gv_census_is_entered(row))
			return (uint32_t)row->size;
		while (len > 0 && path[--len] != '/')
			;
	}
	return 0;
}

/* Of a file that the cache does not have, all of its directory is looked at. */
static void
mark(struct gv_census *c, const char *path)
{
	const struct gv_statcache *old = c->opts.old;
	const bool is_file = *path == '/';
	const struct gv_row *row;
	uint32_t dir;

	path += is_file;
	dir = find_dir(old, path);
	row = is_file ? gv_statcache_find(old, path, strlen(path)) : NULL;
	if (row == NULL || gv_census_is_entered(row)) {
		c->looks[dir] = LOOKS_WHOLE;
		return;
	}
	c->named[row - old->rows] = 1;
	if (c->looks[dir] != LOOKS_WHOLE)
		c->looks[dir] = LOOKS_NAMED;
}

static int
mark_named(struct gv_census *c)
{
	const struct gv_statcache_head *head = c->opts.old->head;
	const char *p = c->hint.names.p, *end = p + c->hint.names.len;

	c->named = calloc((size_t)head->rows + 1, 1);
	c->looks = calloc(head->dirs, 1);
	if (c->looks == NULL || c->named == NULL)
		return gv_err_nomem();
	for (; p < end; p += strlen(p) + 1)
		mark(c, p);
	return 0;
}

int
gv_census_hint(struct gv_census *c)
{
	const struct gv_statcache *old = c->opts.old;
	int r;

	c->walked = c->stamp;
	if (!c->opts.hints)
		return 0;
	r = gv_hint_ask(&c->hint, c->root_fd,
	    old && is_recent(c) ? &old->head->moment : NULL);
	/* then the next walk learns what happened since that one: more than
	 * since this one, and less than all */
	if (c->hint.is_silent && old)
		c->hint.now = old->head->moment;
	if (r < 0 || !c->hint.is || old == NULL || c->force)
		return r;
	c->walked = old->head->walked;
	return mark_named(c);
}

bool
gv_census_is_counted(const struct gv_census *c)
{
	return c->hint.now.n && (c->looks == NULL || c->hint.names.len);
}

/* ---- what is looked at all the same -------------------------------------- */

static bool
is_open(const struct gv_census *c, const struct gv_row *row)
{
	const uint32_t always = GV_ROW_SKIPPED | GV_ROW_UNSTABLE |
	    GV_ROW_POINTER | GV_ROW_SPARSE | GV_ROW_TWIN;

	if (row->flags & always)
		return true;
	if (row->flags & (GV_ROW_ABSENT | GV_ROW_DIR))
		return false;
	/* left as it was stored; or git's index may vouch for it by now */
	return row->stored ||
	    ((row->flags & GV_ROW_CHUNKED) && !c->opts.same_index) ||
	    !gv_census_is_settled(row->ctime, c->opts.old->head->stamp);
}

bool
gv_census_is_passed(const struct gv_census *c, uint32_t dir)
{
	const struct gv_dir_row *d;

	if (c->looks == NULL)
		return false;
	d = &c->opts.old->dirs[dir];
	return c->looks[dir] != LOOKS_WHOLE && gv_dir_row_is_minded(d) &&
	    d->ino && gv_census_is_settled(d->ctime, c->opts.old->head->stamp);
}

int
gv_census_glance(struct gv_census *c, struct gv_census_worker *h, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(c, dir);
	const unsigned char *named =
	    c->looks[dir] ? c->named + c->opts.old->dirs[dir].first : NULL;
	bool has_path = false;
	size_t prefix = 0;
	uint32_t i;
	int r = 0;

	if (!c->opts.same_index) {
		gv_census_begin_dir(c, h, dir);
		if (gv_buf_check(&h->path) < 0)
			return GV_ENOMEM;
		if (!gv_census_is_tracking_same(c, d, &h->path))
			return gv_census_queue(c, dir);
	}
	for (i = 0; r == 0 && i < d->n; i++) {
		if (!is_open(c, &d->rows[i]) && !(named && named[i]))
			continue;
		if (!has_path) {
			gv_census_begin_dir(c, h, dir);
			if (h->path.len)
				gv_buf_addch(&h->path, '/');
			prefix = h->path.len;
			has_path = true;
		}
		r = gv_census_scan_row(c, h, dir, i);
		gv_buf_truncate(&h->path, prefix);
	}
	return r > 0 ? gv_census_queue(c, dir) : r;
}

/* What is below a directory that is read again may be another one of the same
 * name: each is looked at that the hint does not name, and what is below it if
 * it is. */
int
gv_census_scan_below(
    struct gv_census *c, struct gv_census_worker *h, uint32_t dir)
{
	uint32_t *stack = NULL;
	size_t n = 0, cap = 0;
	int r = GV_GROW(stack, n, cap);

	if (r == 0)
		stack[n++] = dir;
	while (r == 0 && n > 0) {
		const struct gv_dir_row *d = &c->opts.old->dirs[stack[--n]];
		const struct gv_row *row = &c->opts.old->rows[d->first];
		uint32_t i;

		for (i = 0; r == 0 && i < d->n; i++, row++) {
			uint32_t child = (uint32_t)row->size;

			if (!(row->flags & GV_ROW_DIR) ||
			    (row->flags & GV_ROW_ABSENT) ||
			    !gv_census_is_passed(c, child))
				continue;
			r = gv_census_scan_dir(c, h, child);
			if (r == 0 && gv_census_dir(c, child)->queued &&
			    (r = GV_GROW(stack, n, cap)) == 0)
				stack[n++] = child;
		}
	}
	free(stack);
	return r;
}
