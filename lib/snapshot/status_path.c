#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "object/repo_odb.h"
#include "record/latest.h"
#include "record/record_load.h"
#include "repo/hash.h"
#include "snapshot/status_internal.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "view/apart.h"

/* One path: by its row in the cache, or by the folders that lead to it, without
 * a look at all others. */

/* A single file up to this size is hashed at once. */
#define SMALL ((size_t)64 * 1024 * 1024)

/* A row of the cache beside the file as it is: '=' , 'm' or 'M'; 'D' where
 * it went, 0 where only the whole look can tell. */
static int
judge_file(char *change, const struct gv_repo *repo, const struct gv_row *row,
    int64_t stamp, const char *path)
{
	struct gv_buf full = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_oid id;
	struct stat st;
	int r = 0;

	gv_buf_addf(&full, "%s/%s", repo->worktree, path);
	*change = 0;
	if (gv_dir_stat(AT_FDCWD, full.p, full.len, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			*change = 'D';
		goto out;
	}
	if (st.st_mode != row->mode ||
	    (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)))
		goto out;
	*change = 'M';
	if ((uint64_t)st.st_size != row->size)
		goto out;
	*change = '=';
	if (gv_census_ns(&st.st_mtim) == row->mtime &&
	    gv_census_ns(&st.st_ctim) == row->ctime && st.st_ino == row->ino &&
	    gv_census_is_settled(row->ctime, stamp))
		goto out;
	*change = 0;
	/* its id is of what stands for it, which only the whole look makes
	 * again */
	if ((row->flags & (GV_ROW_CHUNKED | GV_ROW_WITHHELD)) ||
	    !S_ISREG(st.st_mode))
		goto out;
	if (gv_file_read(&text, AT_FDCWD, full.p, SMALL) < 0)
		goto out;
	gv_hash_object(&id, GV_OTYPE_BLOB, text.p, text.len);
	*change = gv_oid_equal(&id, &row->oid) ? 'm' : 'M';
	if (*change == 'm' && gv_census_ns(&st.st_mtim) == row->mtime)
		*change = 0; /* owner or attributes, or nothing at all */
out:
	gv_buf_release(&full);
	gv_buf_release(&text);
	return r;
}

/* Whether what the cache has of a path is what the last snapshot holds. After a
 * restore in place the cache is of the safety snapshot, which mostly holds the
 * same of this path. */
static int
is_of_last(bool *is, struct gv_repo *repo, const struct gv_record *last,
    const struct gv_statcache *cache, const struct gv_buf *path)
{
	struct gv_record seen = { 0 };
	struct gv_odb *odb;
	int r;

	*is = gv_oid_equal(&last->commit, &cache->head->commit);
	if (*is)
		return 0;
	if ((r = gv_repo_odb(repo, &odb)) == 0 &&
	    (r = gv_record_load(&seen, repo, &cache->head->commit)) == 0)
		r = gv_apart_is_alike(is, odb, last, &seen, path->p, path->len);
	gv_record_release(&seen);
	/* a snapshot that cannot be read tells nothing here */
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* What the cache has of a path. */
struct known {
	bool any;
	struct gv_row row;
	char id[GV_RECORD_ID_LEN + 1]; /* the snapshot's that it tells of */
};

/* By the cache alone: 1 where that tells. */
static int
look_up(struct gv_status *out, struct gv_repo *repo, const char *path,
    size_t len, struct known *known)
{
	struct gv_statcache *cache = NULL;
	struct gv_buf name = GV_BUF_INIT, at = GV_BUF_INIT;
	const struct gv_row *row = NULL;
	unsigned long n;
	char change = 0;
	bool is;
	int r;

	gv_survey_cache_path(&name, repo);
	if (gv_statcache_open_part(&cache, name.p) == 0)
		row = gv_statcache_find(cache, path, len);
	r = gv_buf_check(&name);
	*known = (struct known){ .any = row != NULL };
	if (row) {
		known->row = *row;
		memcpy(known->id, cache->head->id, GV_RECORD_ID_LEN);
	}
	/* what was not read as it stands there, only the whole look knows */
	if (r < 0 || row == NULL || !gv_status_is_file(row) ||
	    (row->flags & (GV_ROW_SPARSE | GV_ROW_UNSTABLE | GV_ROW_POINTER)))
		goto out;
	r = gv_latest_find(&out->last, &n, repo,
	    &(struct gv_latest_query){ .of = GV_LATEST_TREE }, true);
	if (r < 0) {
		r = r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0 : r;
		goto out;
	}
	gv_buf_add(&at, path, len);
	if ((r = gv_buf_check(&at)) < 0 ||
	    (r = is_of_last(&is, repo, &out->last, cache, &at)) < 0 || !is)
		goto out;
	r = judge_file(&change, repo, row, cache->head->stamp, at.p);
	if (r != 0)
		goto out;
	if (change && (r = gv_status_add(out, &at, change, row)) < 0)
		goto out;
	r = change != 0;
out:
	if (r <= 0) {
		gv_record_release(&out->last);
		memset(&out->last, 0, sizeof(out->last));
	}
	gv_statcache_close(cache);
	gv_buf_release(&name);
	gv_buf_release(&at);
	return r;
}

static int
add_unchanged(struct gv_status *out, const char *path, size_t len,
    const struct gv_row *row)
{
	struct gv_buf at = GV_BUF_INIT;
	int r;

	gv_buf_add(&at, path, len);
	if ((r = gv_buf_check(&at)) == 0)
		r = gv_status_add(out, &at, '=', row);
	gv_buf_release(&at);
	if (r < 0)
		gv_status_release(out);
	return r;
}

static bool
can_be_read(const struct gv_repo *repo, const char *path, size_t len)
{
	struct gv_buf full = GV_BUF_INIT;
	struct stat st;
	int fd = -1;

	gv_buf_addf(&full, "%s/%.*s", repo->worktree, (int)len, path);
	if (gv_buf_check(&full) < 0 ||
	    gv_file_open(&fd, &st, AT_FDCWD, full.p) < 0)
		fd = -1;
	gv_file_close(fd);
	gv_buf_release(&full);
	return fd >= 0;
}

static int
no_such(const char *path, size_t len)
{
	return gv_err(GV_ENOTFOUND,
	    "there is no %.*s, and the last snapshot had none either", (int)len,
	    path);
}

/* A path that the last snapshot does not hold. */
struct fresh {
	struct gv_status *out;
	struct gv_repo *repo;
	struct gv_buf path;
	struct gv_row old; /* what the cache has of it: it was left out */
	bool has_old;
	struct gv_status_verdict now;
};

/* Whether the last snapshot holds nothing at the path, by its cache. All of
 * that has to be intact: a damaged part has no row, either. */
static int
find_old(bool *is, struct fresh *f)
{
	struct gv_statcache *cache = NULL;
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_row *row = NULL;
	unsigned long n;
	int r;

	gv_survey_cache_path(&name, f->repo);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_latest_find(&f->out->last, &n, f->repo,
		    &(struct gv_latest_query){ .of = GV_LATEST_TREE }, true);
	if (r == 0 && gv_statcache_open(&cache, name.p) == 0) {
		row = gv_statcache_find(cache, f->path.p, f->path.len);
		*is =
		    gv_oid_equal(&f->out->last.commit, &cache->head->commit) &&
		    (row == NULL || (row->flags & GV_ROW_ABSENT));
	}
	if (*is && row) {
		f->has_old = true;
		f->old = *row;
	}
	gv_statcache_close(cache);
	gv_buf_release(&name);
	return r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0 : r;
}

static int
add_fresh(struct fresh *f, char change, const struct gv_row *row)
{
	int r = gv_status_add(f->out, &f->path, change, row);

	if (r == 0 && change == 'A' && (row->flags & GV_ROW_PRECIOUS))
		r = gv_status_find_unheld(f->out, f->repo);
	return r < 0 ? r : 1;
}

/* It is left out, or there is nothing. */
static int
add_left_out(struct fresh *f, const struct gv_row *row)
{
	const struct gv_row *old = f->has_old ? &f->old : NULL;

	f->out->left_why = f->now.why;
	f->now.why = NULL;
	if (gv_status_is_unreadable(row))
		return add_fresh(f, 'X', row);
	if (!gv_status_is_note_changed(row, old))
		return 1;
	return add_fresh(f, 'm', row->flags & GV_ROW_IGNORED ? old : row);
}

/* 1 where that is all there is to say of it; 0 where the whole look tells. */
static int
tell_fresh(struct fresh *f)
{
	static const struct gv_row nothing = { .flags = GV_ROW_IGNORED };
	const struct gv_row *row = f->now.has_row ? &f->now.row : &nothing;

	/* something above it is left out */
	if (!f->now.has_row && f->now.kept != GV_CENSUS_LEFT_OUT)
		return 0;
	if (row->flags & GV_ROW_ABSENT)
		return add_left_out(f, row);
	if ((row->flags & (GV_ROW_DIR | GV_ROW_SPARSE)) ||
	    (f->has_old && (f->old.flags & GV_ROW_BASE)) ||
	    !(S_ISLNK(row->mode) ||
		(S_ISREG(row->mode) &&
		    can_be_read(f->repo, f->path.p, f->path.len))))
		return 0;
	return add_fresh(f, 'A', row);
}

static int
judge_fresh(struct fresh *f)
{
	int r = gv_status_judge(&f->now, f->repo, f->path.p, f->path.len);

	if (r == 0)
		return tell_fresh(f);
	/* neither here nor in the last snapshot */
	if (r == GV_ENOTFOUND && !f->has_old &&
	    !gv_status_stands(f->repo, f->path.p, f->path.len))
		return no_such(f->path.p, f->path.len);
	return r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

/* By the rules that hold for it: 1 where they tell. */
static int
look_at_new(
    struct gv_status *out, struct gv_repo *repo, const char *path, size_t len)
{
	struct fresh f = { .out = out, .repo = repo, .path = GV_BUF_INIT };
	char *before = gv_err_save();
	bool is = false;
	int r;

	gv_buf_add(&f.path, path, len);
	if ((r = gv_buf_check(&f.path)) == 0)
		r = find_old(&is, &f);
	if (r == 0 && is)
		r = judge_fresh(&f);
	if (r <= 0)
		gv_status_release(out);
	free(f.now.why);
	gv_buf_release(&f.path);
	return gv_err_settle(r, before);
}

int
gv_status_of(
    struct gv_status *out, struct gv_repo *repo, const char *path, size_t len)
{
	struct known known;
	size_t i, n = 0;
	int r;

	memset(out, 0, sizeof(*out));
	r = look_up(out, repo, path, len, &known);
	if (r == 0 && (!known.any || (known.row.flags & GV_ROW_ABSENT)))
		r = look_at_new(out, repo, path, len);
	if (r != 0) {
		if (r < 0)
			gv_status_release(out);
		return r < 0 ? r : 0;
	}
	r = gv_status_get(out, repo);
	if (r < 0)
		return r;
	for (i = 0; i < out->n; i++) {
		struct gv_status_entry e = out->entries[i];

		if (gv_path_is_below(e.path, e.len, path, len))
			out->entries[n++] = e;
		else
			free(e.path);
	}
	out->n = n;
	out->is_held = known.any && !(known.row.flags & GV_ROW_ABSENT) &&
	    strcmp(known.id, out->last.id) == 0;
	if (n == 0 && out->is_held && gv_status_is_file(&known.row) &&
	    !(known.row.flags & GV_ROW_SPARSE))
		return add_unchanged(out, path, len, &known.row);
	if (n || known.any || gv_status_stands(repo, path, len))
		return 0;
	gv_status_release(out);
	return no_such(path, len);
}
