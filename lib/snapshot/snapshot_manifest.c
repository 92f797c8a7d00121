#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "object/tree.h"
#include "snapshot/snapshot_internal.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/owner.h"
#include "sys/xattr.h"

/* The layer while it is written. */
struct writing {
	struct gv_snapshot_run *run;
	struct gv_owner owner;
	uint32_t uid, gid; /* the layer's defaults */
	dev_t dev;         /* of the top directory */
	struct gv_buf path, xattrs, holes;
};

static void
split_time(struct gv_manifest_entry *e, int64_t ns)
{
	int64_t s = ns / 1000000000, rest = ns % 1000000000;

	if (rest < 0) {
		rest += 1000000000;
		s--;
	}
	e->mtime_s = s;
	e->mtime_ns = (uint32_t)rest;
}

/* The time of the thing at w->path. */
static void
set_time(struct writing *w, struct gv_manifest_entry *e, int64_t ns)
{
	struct stat st;

	split_time(e, ns);
	if (!gv_census_is_beyond(ns) ||
	    gv_dir_stat(gv_census_root(w->run->survey.census), w->path.p,
		w->path.len, &st) < 0)
		return;
	e->mtime_s = st.st_mtim.tv_sec;
	e->mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
}

static void
set_owner(
    struct writing *w, struct gv_manifest_entry *e, uint32_t uid, uint32_t gid)
{
	if (uid != w->uid)
		e->user = gv_owner_user(&w->owner, uid);
	if (gid != w->gid)
		e->group = gv_owner_group(&w->owner, gid);
}

/* Where a sparse file has data. */
static void
find_holes(struct writing *w, uint64_t size)
{
	int fd = gv_dir_open_file(
	    gv_census_root(w->run->survey.census), w->path.p, w->path.len);
	uint64_t at = 0, data, end;
	unsigned runs = 0;
	int r = 1;

	gv_buf_reset(&w->holes);
	if (fd < 0)
		return;
	while (at < size && (r = gv_file_next_data(fd, at, &data, &end)) > 0) {
		gv_manifest_add_extent(&w->holes, data, end - data);
		runs++;
		at = end;
	}
	/* nobody can tell, or one run over all of it, which is no hole */
	if (r < 0 ||
	    (at == size && runs == 1 && strncmp(w->holes.p, "0+", 2) == 0))
		gv_buf_reset(&w->holes);
	else
		gv_manifest_end_extents(&w->holes, size);
	gv_file_close(fd);
}

static void
find_xattrs(struct writing *w)
{
	gv_buf_reset(&w->xattrs);
	gv_census_xattrs(
	    w->run->survey.census, w->path.p, w->path.len, &w->xattrs);
}

/* Equal in all names of one file. Another file system in the tree may use the
 * same inode for another one. */
static uint64_t
link_number(const struct writing *w, const struct stat *st)
{
	uint64_t key[2] = { st->st_dev, st->st_ino };

	return st->st_dev == w->dev ? st->st_ino
				    : gv_map_hash(key, sizeof(key));
}

/* What only a look at the file itself tells: its owner where the row came
 * from the cache, other names, attributes, holes. */
static int
look(struct writing *w, struct gv_manifest_entry *e, const struct gv_row *row)
{
	struct stat st;

	if (gv_dir_stat(gv_census_root(w->run->survey.census), w->path.p,
		w->path.len, &st) < 0)
		return 0;
	set_owner(w, e, st.st_uid, st.st_gid);
	if (st.st_nlink > 1)
		e->link = link_number(w, &st);
	find_xattrs(w);
	if (w->xattrs.len)
		e->xattrs = w->xattrs.p;
	if (S_ISREG(st.st_mode) && st.st_blocks * 512 < st.st_size) {
		find_holes(w, row->size);
		if (w->holes.len)
			e->holes = row->flags & GV_ROW_WITHHELD
			    ? GV_MANIFEST_HOLES_UNSAID
			    : w->holes.p;
	}
	return 0;
}

static void
set_skipped(
    struct gv_manifest_entry *e, const struct gv_row *row, const char *name)
{
	e->type = GV_MANIFEST_SKIPPED;
	if (row->flags & GV_ROW_BASE)
		e->reason = GV_MANIFEST_BASE;
	else if (row->flags & GV_ROW_PRODUCT)
		e->reason = "build product";
	else if (!gv_path_is_safe(name, row->name_len))
		e->reason = "forbidden name";
	else if (S_ISSOCK(row->mode))
		e->reason = "socket";
	else if (S_ISFIFO(row->mode))
		e->reason = "fifo";
	else if (S_ISCHR(row->mode) || S_ISBLK(row->mode))
		e->reason = "device";
	else if (row->mode == 0)
		e->reason = "vanished";
	else
		e->reason = "unreadable";
	/* what was not looked at has no mode to tell of */
	if ((row->mode & 07777) == 0 && row->mtime == 0)
		e->mode = 0644;
}

void
gv_snapshot_set_row(
    struct gv_manifest_entry *e, const struct gv_row *row, const char *name)
{
	e->mode = row->mode & 07777;
	if (row->flags & GV_ROW_ABSENT) {
		set_skipped(e, row, name);
		return;
	}
	e->type = row->flags & GV_ROW_SPARSE ? GV_MANIFEST_SPARSE
	    : S_ISLNK(row->mode)             ? GV_MANIFEST_LINK
					     : GV_MANIFEST_FILE;
	if (row->flags & GV_ROW_SPARSE)
		return;
	if (row->flags & GV_ROW_UNSTABLE)
		e->reason = "unstable";
	if (row->flags & GV_ROW_POINTER)
		e->reason = "pointer";
	if (row->flags & GV_ROW_CHUNKED)
		e->chunked = row->size;
}

/* The owner of what was looked at, now or when its row was made. */
static void
find_owner(
    struct writing *w, struct gv_manifest_entry *e, const struct gv_row *row)
{
	const struct gv_census_owner *owner;
	struct stat st;

	if (row->flags & GV_ROW_LOOKED) {
		owner = gv_census_owner(w->run->survey.census, row);
		set_owner(w, e, owner->uid, owner->gid);
	} else if (gv_dir_stat(gv_census_root(w->run->survey.census), w->path.p,
		       w->path.len, &st) == 0) {
		set_owner(w, e, st.st_uid, st.st_gid);
	}
}

static int
put_row(struct writing *w, uint32_t dir, const struct gv_row *row)
{
	struct gv_manifest_entry e = { .type = GV_MANIFEST_FILE };
	int r = 0;

	if (row->flags & GV_ROW_IGNORED)
		return 0;
	gv_buf_reset(&w->path);
	gv_census_path(w->run->survey.census, dir, row, &w->path);
	e.path = w->path.p;
	e.path_len = w->path.len;
	gv_snapshot_set_row(&e, row,
	    gv_census_name(gv_census_dir(w->run->survey.census, dir), row));
	if (e.chunked)
		r = gv_snapshot_chunked_size(w->run, row, &e.chunked);
	set_time(w, &e, row->mtime);
	if (row->flags & GV_ROW_ABSENT) {
		if (row->mtime)
			find_owner(w, &e, row);
	} else if (!(row->flags & GV_ROW_SPARSE)) {
		if ((row->flags & GV_ROW_LOOKED) &&
		    !(row->flags & GV_ROW_LINKED))
			find_owner(w, &e, row);
		else
			look(w, &e, row);
	}
	gv_manifest_put(&w->run->layer, &e);
	w->run->lines++;
	return r;
}

static void
put_gone(struct writing *w)
{
	struct gv_manifest_entry e = { .type = GV_MANIFEST_GONE };

	e.path = w->path.p;
	e.path_len = w->path.len;
	gv_manifest_put(&w->run->layer, &e);
	w->run->lines++;
}

static void
put_dir(struct writing *w, uint32_t dir, bool whole)
{
	const struct gv_census_dir *d =
	    gv_census_dir(w->run->survey.census, dir);
	struct gv_manifest_entry e = { .type = GV_MANIFEST_DIR };
	struct stat st;

	gv_buf_reset(&w->path);
	gv_census_dir_path(w->run->survey.census, dir, &w->path);
	if (d->flags & GV_CENSUS_VIRTUAL) {
		/* nothing is known of it, and it may have had a line */
		if (!whole)
			put_gone(w);
		return;
	}
	if (d->flags & GV_CENSUS_UNREAD) {
		e.type = GV_MANIFEST_SKIPPED;
		e.reason = "unreadable";
	} else if (d->state == GV_DIR_REPO) {
		e.type = GV_MANIFEST_REPO;
	}
	e.path = w->path.p;
	e.path_len = w->path.len;
	e.mode = d->mode & 07777;
	set_time(w, &e, d->mtime);
	if (d->flags & GV_CENSUS_PLAIN) {
		set_owner(w, &e, d->uid, d->gid);
	} else if (gv_dir_stat(gv_census_root(w->run->survey.census), w->path.p,
		       w->path.len, &st) == 0) {
		set_owner(w, &e, st.st_uid, st.st_gid);
		find_xattrs(w);
		if (w->xattrs.len)
			e.xattrs = w->xattrs.p;
	}
	gv_manifest_put(&w->run->layer, &e);
	w->run->lines++;
}

static int
put_gone_row(void *ctx, const struct gv_buf *path, const struct gv_row *row)
{
	struct writing *w = ctx;

	if (row->flags & GV_ROW_IGNORED)
		return 0;
	gv_buf_reset(&w->path);
	gv_buf_add(&w->path, path->p, path->len);
	put_gone(w);
	return gv_buf_check(&w->path);
}

/* All that the cache has below a directory that went. */
static int
put_gone_tree(struct writing *w, uint32_t old)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_add(&path, w->path.p, w->path.len);
	r = gv_statcache_walk(
	    w->run->survey.cache, old, &path, put_gone_row, w);
	gv_buf_release(&path);
	return r;
}

/* Whether a row of the census still stands for something. */
static bool
is_there(const struct writing *w, const struct gv_row *row)
{
	if (row->flags & GV_ROW_IGNORED)
		return false;
	return !(row->flags & GV_ROW_DIR) || (row->flags & GV_ROW_ABSENT) ||
	    !(gv_census_dir(w->run->survey.census, (uint32_t)row->size)->flags &
		GV_CENSUS_GONE);
}

/* The row of the census that has the name and kind of the cache's row; *at
 * moves along, since both are in Git's order. */
static const struct gv_row *
find_row(const struct gv_census_dir *d, uint32_t *at, const char *names,
    const struct gv_row *old)
{
	for (; *at < d->n; (*at)++) {
		const struct gv_row *row = &d->rows[*at];
		int x = gv_path_compare(d->names + row->name, row->name_len,
		    row->flags & GV_ROW_DIR, names + old->name, old->name_len,
		    old->flags & GV_ROW_DIR);

		if (x >= 0)
			return x == 0 ? row : NULL;
	}
	return NULL;
}

/* Whether a directory of the census goes on from the cache's: else everything
 * in it is new. */
static bool
is_continued(
    const struct writing *w, const struct gv_row *row, const struct gv_row *old)
{
	return !(row->flags & GV_ROW_ABSENT) &&
	    gv_census_dir(w->run->survey.census, (uint32_t)row->size)->old ==
	    old->size;
}

/* What the cache has in a directory and the census lacks. Where a file gave
 * way to a directory of its name, or the other way round, the new line comes
 * after this one and wins. */
static int
put_missing(struct writing *w, uint32_t dir)
{
	const struct gv_census_dir *d =
	    gv_census_dir(w->run->survey.census, dir);
	const struct gv_statcache *cache = w->run->survey.cache;
	const struct gv_dir_row *od = &cache->dirs[d->old];
	uint32_t i, at = 0;
	int r = 0;

	for (i = 0; r == 0 && i < od->n; i++) {
		const struct gv_row *old = &cache->rows[od->first + i], *row;
		bool gone;

		if (old->flags & GV_ROW_IGNORED)
			continue;
		row = find_row(d, &at, cache->names, old);
		gone = row == NULL || !is_there(w, row);
		if (!gone && !(old->flags & GV_ROW_DIR))
			continue;
		gv_buf_reset(&w->path);
		gv_census_dir_path(w->run->survey.census, dir, &w->path);
		if (w->path.len)
			gv_buf_addch(&w->path, '/');
		gv_buf_add(&w->path, cache->names + old->name, old->name_len);
		if (gone)
			put_gone(w);
		if ((old->flags & GV_ROW_DIR) &&
		    !(old->flags & GV_ROW_ABSENT) &&
		    (gone || !is_continued(w, row, old)))
			r = put_gone_tree(w, (uint32_t)old->size);
	}
	return r;
}

static bool
is_dir_changed(const struct gv_census_dir *d)
{
	if (d->flags & GV_CENSUS_UNREAD)
		return !(d->flags & GV_CENSUS_SAME);
	return d->flags & (GV_CENSUS_NEW | GV_CENSUS_CHANGED);
}

/* The lines of one directory: its own, and its rows that are no directory. */
static int
put_rows(struct writing *w, uint32_t dir, bool whole)
{
	const struct gv_census_dir *d =
	    gv_census_dir(w->run->survey.census, dir);
	uint32_t i;
	int r = 0;

	if (!whole && d->old != UINT32_MAX && (d->own || d->n == 0))
		r = put_missing(w, dir);
	if (whole || is_dir_changed(d))
		put_dir(w, dir, whole);
	if (!whole && !d->own)
		return r;
	for (i = 0; r == 0 && i < d->n; i++) {
		const struct gv_row *row = &d->rows[i];

		if ((row->flags & GV_ROW_DIR) && !(row->flags & GV_ROW_ABSENT))
			continue;
		if (whole || (row->flags & (GV_ROW_NEW | GV_ROW_CHANGED)))
			r = put_row(w, dir, row);
	}
	return r;
}

/* Those lines of a directory without which the tree misleads. */
static int
put_partial(struct writing *w, uint32_t dir)
{
	const struct gv_census_dir *d =
	    gv_census_dir(w->run->survey.census, dir);
	uint32_t i;
	int r = 0;

	if (d->flags & GV_CENSUS_UNREAD)
		put_dir(w, dir, true);
	for (i = 0; r == 0 && i < d->n; i++) {
		const struct gv_row *row = &d->rows[i];

		if ((row->flags & GV_ROW_ABSENT) ||
		    ((row->flags & GV_ROW_CHUNKED) &&
			!(row->flags & GV_ROW_DIR)))
			r = put_row(w, dir, row);
	}
	return r;
}

static int
begin(struct writing *w)
{
	struct stat st;

	if (gv_dir_stat_fd(gv_census_root(w->run->survey.census), &st) < 0)
		return gv_err_sys("cannot look at the working tree");
	w->uid = st.st_uid;
	w->gid = st.st_gid;
	w->dev = st.st_dev;
	gv_buf_reset(&w->run->layer);
	w->run->lines = 0;
	gv_manifest_begin(&w->run->layer, gv_owner_user(&w->owner, w->uid),
	    gv_owner_group(&w->owner, w->gid));
	return 0;
}

enum which { CHANGED, WHOLE, PARTIAL };

static int
put_all(struct gv_snapshot_run *run, enum which which)
{
	struct writing w = { .run = run,
		.owner = GV_OWNER_INIT,
		.path = GV_BUF_INIT,
		.xattrs = GV_BUF_INIT,
		.holes = GV_BUF_INIT };
	uint32_t i;
	int r = begin(&w);

	for (i = 0; r == 0 && i < run->survey.n_order; i++)
		r = which == PARTIAL
		    ? put_partial(&w, run->survey.order[i])
		    : put_rows(&w, run->survey.order[i], which == WHOLE);
	if (r == 0)
		r = gv_buf_check(&run->layer);
	gv_owner_release(&w.owner);
	gv_buf_release(&w.path);
	gv_buf_release(&w.xattrs);
	gv_buf_release(&w.holes);
	return r;
}

int
gv_snapshot_manifest(struct gv_snapshot_run *run, bool whole)
{
	return put_all(run, whole ? WHOLE : CHANGED);
}

int
gv_snapshot_partial(struct gv_snapshot_run *run, struct gv_oid *id)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid layer;
	int r = put_all(run, PARTIAL);

	memset(id, 0, sizeof(*id));
	if (r < 0 || run->lines == 0)
		return r;
	r = gv_pack_add(run->lane, &layer, GV_OTYPE_BLOB, run->layer.p,
	    run->layer.len, NULL);
	gv_tree_add(&tree, GV_MODE_FILE, "0000", 4, &layer);
	if (r == 0 && (r = gv_buf_check(&tree)) == 0)
		r = gv_pack_add(
		    run->lane, id, GV_OTYPE_TREE, tree.p, tree.len, NULL);
	gv_buf_release(&tree);
	return r;
}
