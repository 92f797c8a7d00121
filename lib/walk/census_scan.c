#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"
#include "infra/product.h"
#include "policy/wish.h"
#include "policy/wish_file.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/file.h"
#include "sys/xattr.h"
#include "walk/census_internal.h"

#define BATCH 64u

#define DAY 1440 /* minutes */

/* Time stamps are this coarse at worst where they have nanoseconds, and that
 * where they have none. */
#define GRAIN        20000000LL
#define COARSE_GRAIN 2000000000LL

/* File systems know times that 64 bits of nanoseconds do not reach. */
int64_t
gv_census_ns(const struct timespec *t)
{
	const int64_t last = INT64_MAX / 1000000000;

	if (t->tv_sec >= last)
		return INT64_MAX;
	if (t->tv_sec <= -last)
		return INT64_MIN;
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

bool
gv_census_is_beyond(int64_t ns)
{
	return ns == INT64_MAX || ns == INT64_MIN;
}

/* What changed at or after the moment of the look may have changed after it
 * without a new stamp: Git's racy rule. */
bool
gv_census_is_settled(int64_t ctime, int64_t stamp)
{
	return !gv_census_is_beyond(ctime) &&
	    ctime < stamp - (ctime % 1000000000 ? GRAIN : COARSE_GRAIN);
}

/* The number of an owner; a tree has few, and the last one is likely. */
static int
intern_owner(struct gv_census *c, struct gv_census_worker *h, uint32_t *id,
    const struct stat *st)
{
	size_t i;
	int r = 0;

	if (h->has_owner && h->owner_uid == st->st_uid &&
	    h->owner_gid == st->st_gid) {
		*id = h->owner_id;
		return 0;
	}
	pthread_mutex_lock(&c->level_lock);
	for (i = 0; i < c->n_owners; i++)
		if (c->owners[i].uid == st->st_uid &&
		    c->owners[i].gid == st->st_gid)
			break;
	if (i == c->n_owners) {
		if ((r = GV_GROW(c->owners, i, c->cap_owners)) == 0)
			c->owners[c->n_owners++] =
			    (struct gv_census_owner){ st->st_uid, st->st_gid };
	}
	pthread_mutex_unlock(&c->level_lock);
	h->has_owner = r == 0;
	h->owner_uid = st->st_uid;
	h->owner_gid = st->st_gid;
	h->owner_id = *id = (uint32_t)i;
	return r;
}

void
gv_census_xattrs(
    const struct gv_census *c, const char *path, size_t len, struct gv_buf *out)
{
	struct gv_buf full = GV_BUF_INIT;
	const char *name;
	int dir;

	gv_buf_addf(&full, "%s/%s", c->opts.repo->worktree, path);
	if (full.len < PATH_MAX) {
		gv_xattr_get(out, AT_FDCWD, full.p);
	} else {
		dir = gv_dir_open_parent(c->root_fd, path, len, &name);
		if (dir >= 0)
			gv_xattr_get(out, dir, name);
		gv_file_close(dir);
	}
	gv_buf_release(&full);
}

/* Whether what stands at h->path may have extended attributes. */
static bool
has_xattrs(const struct gv_census *c, const struct gv_census_worker *h)
{
	struct gv_buf full = GV_BUF_INIT;
	bool any;

	if (c->xattrs_reach && h->path.len - h->name_at < PATH_MAX)
		return gv_xattr_any(h->dir, h->path.p + h->name_at);
	gv_buf_addf(&full, "%s/%s", c->opts.repo->worktree, h->path.p);
	any = full.len >= PATH_MAX || gv_xattr_any(AT_FDCWD, full.p);
	gv_buf_release(&full);
	return any;
}

uint32_t
gv_census_extra(struct gv_census *c, struct gv_census_worker *h,
    const struct stat *st, bool *linked)
{
	struct {
		uint64_t ids, ino, sparse, xattrs;
	} key = { (uint64_t)st->st_uid << 32 | st->st_gid, 0, 0, 0 };
	uint64_t digest;

	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1)
		key.ino = st->st_ino;
	/* its holes may move while its time is kept */
	if (S_ISREG(st->st_mode) && st->st_blocks * 512 < st->st_size)
		key.sparse =
		    (uint64_t)st->st_blocks << 40 ^ (uint64_t)st->st_size;
	if (has_xattrs(c, h)) {
		gv_buf_reset(&h->extra);
		gv_census_xattrs(c, h->path.p, h->path.len, &h->extra);
		if (h->extra.len)
			key.xattrs = gv_map_hash(h->extra.p, h->extra.len) | 1;
	}
	*linked = key.ino || key.sparse || key.xattrs;
	digest = gv_map_hash(&key, sizeof(key));
	/* the row has no room for it, so the digest tells two apart */
	if (gv_census_is_beyond(gv_census_ns(&st->st_mtim))) {
		const int64_t time[2] = { st->st_mtim.tv_sec,
			st->st_mtim.tv_nsec };

		digest ^= gv_map_hash(time, sizeof(time));
		*linked = true;
	}
	return (uint32_t)(digest ^ digest >> 32);
}

void
gv_census_stamp_row(struct gv_row *row, const struct stat *st)
{
	row->mtime = gv_census_ns(&st->st_mtim);
	row->ctime = gv_census_ns(&st->st_ctim);
	row->ino = st->st_ino;
	row->size = (uint64_t)st->st_size;
	row->mode = st->st_mode;
}

bool
gv_census_is_rules(const char *name, size_t len)
{
	return (len == 10 && memcmp(name, ".gitignore", 10) == 0) ||
	    (len == 12 &&
		(memcmp(name, GV_WISH_FILE, 12) == 0 ||
		    memcmp(name, GV_PRODUCT_TAG, 12) == 0));
}

bool
gv_census_is_deferred(
    const struct gv_census *c, const struct gv_row *row, const struct stat *st)
{
	const uint32_t asked =
	    GV_ROW_LOCAL | GV_ROW_CONTENT | GV_ROW_PRECIOUS | GV_ROW_ABSENT;
	int64_t now = c->opts.now / 60;

	return c->opts.daily && row->stored &&
	    (row->flags & asked) == (GV_ROW_LOCAL | GV_ROW_PRECIOUS) &&
	    S_ISREG(st->st_mode) && S_ISREG(row->mode) && now >= row->stored &&
	    now - row->stored < DAY;
}

int
gv_census_fill(struct gv_census *c, struct gv_census_worker *h,
    struct gv_row *row, const struct stat *st)
{
	bool linked;

	gv_census_stamp_row(row, st);
	row->extra = gv_census_extra(c, h, st, &linked);
	row->flags &= ~(uint32_t)GV_ROW_TWIN;
	row->flags |= GV_ROW_LOOKED;
	if (st->st_nlink > 1 && !S_ISDIR(st->st_mode))
		row->flags |= GV_ROW_TWIN;
	if (linked)
		row->flags |= GV_ROW_LINKED;
	return intern_owner(c, h, &row->spare, st);
}

void
gv_census_cursor_init(struct gv_census_cursor *cur,
    const struct gv_index *index, const struct gv_buf *path)
{
	size_t first, n;

	gv_index_range(index, path->p, path->len, &first, &n);
	cur->index = index;
	cur->at = first;
	cur->end = first + n;
	cur->prefix = path->len ? path->len + 1 : 0;
}

/* Past all entries that share the first `len` bytes: galloping, since a
 * directory may hold most of the index. */
static size_t
skip_below(const struct gv_census_cursor *cur, size_t len)
{
	const struct gv_index_entry *e = cur->index->entries;
	const char *path = e[cur->at].path;
	size_t lo = cur->at, hi = cur->end, step = 1, mid;

	while (lo + step < hi && e[lo + step].path_len >= len &&
	    memcmp(e[lo + step].path, path, len) == 0) {
		lo += step;
		step *= 2;
	}
	if (lo + step < hi)
		hi = lo + step;
	for (lo++; lo < hi;) {
		mid = lo + (hi - lo) / 2;
		if (e[mid].path_len >= len &&
		    memcmp(e[mid].path, path, len) == 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct gv_index_entry *
gv_census_cursor_find(
    struct gv_census_cursor *cur, const char *name, size_t len, bool is_dir)
{
	while (cur->at < cur->end) {
		const struct gv_index_entry *e = &cur->index->entries[cur->at];
		const char *rest = e->path + cur->prefix;
		const char *slash = strchr(rest, '/');
		size_t n =
		    slash ? (size_t)(slash - rest) : e->path_len - cur->prefix;
		int x = gv_path_compare(rest, n, slash, name, len, is_dir);

		if (x > 0)
			return NULL;
		if (x == 0)
			return e;
		cur->at =
		    slash ? skip_below(cur, cur->prefix + n + 1) : cur->at + 1;
	}
	return NULL;
}

/* Whether git's index vouches for the bytes of a file. */
static bool
is_clean(const struct gv_index *index, const struct gv_index_entry *e,
    const struct stat *st)
{
	if (e->stage || (e->flags & GV_INDEX_NO_STAT) ||
	    (e->flags & GV_INDEX_INTENT_TO_ADD) ||
	    (e->mode & S_IFMT) != (st->st_mode & S_IFMT))
		return false;
	if (e->mtime_s != (uint32_t)st->st_mtim.tv_sec ||
	    e->mtime_ns != (uint32_t)st->st_mtim.tv_nsec ||
	    e->ctime_s != (uint32_t)st->st_ctim.tv_sec ||
	    e->ctime_ns != (uint32_t)st->st_ctim.tv_nsec ||
	    e->ino != (uint32_t)st->st_ino ||
	    e->size != (uint32_t)st->st_size || e->uid != st->st_uid ||
	    e->gid != st->st_gid)
		return false;
	/* a size of 0 is also how git marks an entry that it is not sure of */
	if (e->size == 0 && !gv_oid_equal(&e->oid, &gv_oid_empty_blob))
		return false;
	/* not older than the index: it may have changed after git looked */
	return st->st_mtim.tv_sec < index->mtime_s ||
	    (st->st_mtim.tv_sec == index->mtime_s &&
		(uint32_t)st->st_mtim.tv_nsec < index->mtime_ns);
}

/* A pointer's file too: by the attributes of today it may be none. */
bool
gv_census_is_row_same(
    const struct gv_row *row, const struct stat *st, int64_t stamp)
{
	return !(row->flags & (GV_ROW_UNSTABLE | GV_ROW_POINTER)) &&
	    row->mtime == gv_census_ns(&st->st_mtim) &&
	    row->ctime == gv_census_ns(&st->st_ctim) &&
	    row->ino == st->st_ino && row->size == (uint64_t)st->st_size &&
	    row->mode == st->st_mode && gv_census_is_settled(row->ctime, stamp);
}

bool
gv_census_is_same(
    const struct gv_census *c, const struct gv_row *row, const struct stat *st)
{
	return gv_census_is_row_same(row, st, c->opts.old->head->stamp);
}

bool
gv_census_is_vouched(const struct gv_census *c, const struct gv_row *row,
    const struct gv_index_entry *e, const struct stat *st)
{
	return (row->flags & GV_ROW_CHUNKED) && e &&
	    is_clean(c->opts.index, e, st);
}

void
gv_census_find_id(const struct gv_census *c, struct gv_row *row,
    const struct gv_index_entry *e, const struct stat *st)
{
	uint32_t was =
	    row->flags & (GV_ROW_UNSTABLE | GV_ROW_POINTER | GV_ROW_CHUNKED);

	row->flags &= ~(was | GV_ROW_WITHHELD | GV_ROW_SEARCHED);
	if (e && is_clean(c->opts.index, e, st)) {
		row->oid = e->oid;
		row->flags |= GV_ROW_BY_INDEX | (was & GV_ROW_POINTER);
		if (S_ISREG(st->st_mode) &&
		    !(e->mode & S_IXUSR) != !(st->st_mode & S_IXUSR))
			row->flags |= GV_ROW_MODE_OFF;
		was &= ~(uint32_t)GV_ROW_POINTER;
	} else {
		row->flags |= GV_ROW_READ;
	}
	/* the reading will tell whether it still is in chunks; no link is */
	if ((row->flags & GV_ROW_READ) && S_ISREG(st->st_mode)) {
		row->flags |= was & GV_ROW_CHUNKED;
		was &= ~(uint32_t)GV_ROW_CHUNKED;
	}
	/* the manifest said so */
	if (was)
		row->flags |= GV_ROW_CHANGED;
}

bool
gv_census_is_tracking_same(const struct gv_census *c,
    const struct gv_census_dir *d, struct gv_buf *path)
{
	struct gv_census_cursor cur;
	size_t dir_len = path->len, at;
	bool same = true;
	uint32_t i;

	gv_census_cursor_init(&cur, c->opts.index, path);
	if (path->len)
		gv_buf_addch(path, '/');
	at = path->len;
	for (i = 0; i < d->n && same; i++) {
		const struct gv_row *row = &d->rows[i];

		gv_buf_truncate(path, at);
		gv_buf_add(path, d->names + row->name, row->name_len);
		same = gv_census_is_tracking(
			   c, &cur, path, at, row->flags & GV_ROW_DIR) ==
		    !!(row->flags & GV_ROW_TRACKED);
	}
	gv_buf_truncate(path, dir_len);
	return same;
}

static int
update_row(struct gv_census *c, struct gv_census_worker *h,
    struct gv_census_dir *d, uint32_t i, const struct stat *st)
{
	const struct gv_index_entry *e;
	struct gv_row *row, before;
	int r = gv_census_own_rows(d);

	if (r < 0)
		return r;
	row = &d->own[i];
	before = *row;
	r = gv_census_fill(c, h, row, st);
	if (row->mtime != before.mtime || row->mode != before.mode ||
	    row->extra != before.extra)
		row->flags |= GV_ROW_CHANGED;
	row->flags &= ~(uint32_t)GV_ROW_UNLIKE;
	e = gv_index_find(c->opts.index, h->path.p, h->path.len, 0);
	gv_census_find_id(c, row, e, st);
	d->flags |= GV_CENSUS_DIRTY;
	c->touched = true;
	return r;
}

/* Only of a file in chunks is the index asked. */
static bool
is_in_git(const struct gv_census *c, const struct gv_census_worker *h,
    const struct gv_row *row, const struct stat *st)
{
	return (row->flags & GV_ROW_CHUNKED) &&
	    gv_census_is_vouched(c, row,
		gv_index_find(c->opts.index, h->path.p, h->path.len, 0), st);
}

bool
gv_census_is_behind(const struct gv_census *c, const struct gv_buf *dir)
{
	return dir->len &&
	    gv_path_compare(dir->p, dir->len, true, c->opts.toward,
		strlen(c->opts.toward), false) > 0;
}

/* What is left out has no stat data to compare, but for what says of itself
 * what is stored, and for a large file, which may have become smaller. */
static bool
is_passed_over(const struct gv_census *c, const struct gv_row *row, bool rules)
{
	/* the limits count ignored files alone */
	if (c->opts.limits && !rules &&
	    !(row->flags & (GV_ROW_LOCAL | GV_ROW_DIR)))
		return true;
	if (!(row->flags & GV_ROW_ABSENT) || (row->flags & GV_ROW_SKIPPED))
		return false;
	return !rules &&
	    !((row->flags & GV_ROW_LOCAL) && row->size > GV_CENSUS_FILE_MOST);
}

int
gv_census_scan_row(
    struct gv_census *c, struct gv_census_worker *h, uint32_t dir, uint32_t i)
{
	struct gv_census_dir *d = gv_census_dir(c, dir);
	const struct gv_row *row = &d->rows[i];
	bool rules = gv_census_is_rules(d->names + row->name, row->name_len);
	struct stat st;

	if (is_passed_over(c, row, rules))
		return 0;
	if (row->flags & GV_ROW_DIR)
		/* what could not be read may be readable now */
		return !!(row->flags & GV_ROW_SKIPPED);
	gv_buf_add(&h->path, d->names + row->name, row->name_len);
	if (gv_dir_stat(c->root_fd, h->path.p, h->path.len, &st) < 0 ||
	    ((row->flags & GV_ROW_SKIPPED) && S_ISREG(st.st_mode)))
		return 1;
	if (gv_census_is_same(c, row, &st) && !is_in_git(c, h, row, &st))
		return 0;
	if (gv_census_is_deferred(c, row, &st)) {
		c->deferred++;
		return 0;
	}
	/* how it begins may be other, and whether it is within the bounds */
	if (row->flags & GV_ROW_LOCAL)
		return 1;
	if ((st.st_mode & S_IFMT) != (row->mode & S_IFMT) ||
	    (row->flags & (GV_ROW_ABSENT | GV_ROW_SPARSE)) || rules)
		return 1;
	return update_row(c, h, d, i, &st);
}

static int
scan_rows(struct gv_census *c, struct gv_census_worker *h, uint32_t dir)
{
	struct gv_census_dir *d = gv_census_dir(c, dir);
	size_t prefix;
	uint32_t i;
	int r = 0;

	if (h->path.len)
		gv_buf_addch(&h->path, '/');
	prefix = h->path.len;
	for (i = 0; r == 0 && i < d->n; i++) {
		r = gv_census_scan_row(c, h, dir, i);
		gv_buf_truncate(&h->path, prefix);
	}
	return r > 0 ? gv_census_queue(c, dir) : r;
}

/* A nested repository: only its commit counts, and its own stat data. */
static int
scan_repo(struct gv_census *c, struct gv_census_worker *h, uint32_t dir)
{
	struct gv_census_dir *d = gv_census_dir(c, dir);
	struct gv_oid commit;

	if (!gv_census_is_still_repo(c, &h->path, &commit)) {
		d->state = GV_CENSUS_TO_JUDGE;
		return gv_census_queue(c, d->parent);
	}
	if (!gv_oid_equal(&commit, &d->tree)) {
		d->tree = commit;
		d->flags |= GV_CENSUS_DIRTY | GV_CENSUS_CHANGED;
		c->touched = true;
	}
	return 0;
}

void
gv_census_begin_dir(
    struct gv_census *c, struct gv_census_worker *h, uint32_t dir)
{
	gv_buf_reset(&h->path);
	gv_census_dir_path(c, dir, &h->path);
	h->dir = c->root_fd;
	h->name_at = 0;
}

int
gv_census_scan_dir(
    struct gv_census *c, struct gv_census_worker *h, uint32_t dir)
{
	struct gv_census_dir *d = gv_census_dir(c, dir);
	struct stat st;

	gv_census_begin_dir(c, h, dir);
	if (gv_buf_check(&h->path) < 0)
		return GV_ENOMEM;
	if (c->opts.limits && gv_census_is_behind(c, &h->path))
		return 0;
	if (gv_dir_stat(c->root_fd, h->path.p, h->path.len, &st) < 0 ||
	    !S_ISDIR(st.st_mode)) {
		d->flags |= GV_CENSUS_GONE;
		d->error = errno;
		return dir ? gv_census_queue(c, d->parent) : 0;
	}
	if (d->mtime != gv_census_ns(&st.st_mtim) ||
	    d->ctime != gv_census_ns(&st.st_ctim) || d->ino != st.st_ino ||
	    !gv_census_is_settled(d->ctime, c->opts.old->head->stamp))
		return gv_census_queue(c, dir);
	if (d->state == GV_DIR_REPO)
		return scan_repo(c, h, dir);
	if (!c->opts.same_index && !gv_census_is_tracking_same(c, d, &h->path))
		return gv_census_queue(c, dir);
	return scan_rows(c, h, dir);
}

static int
look_at(struct gv_census *c, struct gv_census_worker *h, uint32_t dir)
{
	const bool is_passed = gv_census_is_passed(c, dir);
	const int r = is_passed ? gv_census_glance(c, h, dir)
				: gv_census_scan_dir(c, h, dir);

	return r == 0 && c->looks && (!is_passed || c->looks[dir]) &&
		gv_census_dir(c, dir)->queued
	    ? gv_census_scan_below(c, h, dir)
	    : r;
}

int
gv_census_scan(struct gv_census *c, struct gv_census_worker *h)
{
	uint32_t n = c->opts.old->head->dirs, i, end;
	int r = 0;

	while (r == 0 && (i = atomic_fetch_add(&c->next, BATCH)) < n) {
		end = n - i > BATCH ? i + BATCH : n;
		if (gv_cancel_requested())
			return gv_err(GV_ECANCELED, "interrupted");
		for (; r == 0 && i < end; i++)
			r = look_at(c, h, i);
	}
	return r;
}
