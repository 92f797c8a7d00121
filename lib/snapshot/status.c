#include "snapshot/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "object/repo_odb.h"
#include "record/latest.h"
#include "record/record_load.h"
#include "repo/hash.h"
#include "snapshot/snapshot_last.h"
#include "snapshot/status_internal.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "view/apart.h"

/* A single file up to this size is hashed at once. */
#define SMALL ((size_t)64 * 1024 * 1024)

static enum gv_status_kind
kind_of(const struct gv_row *row)
{
	if (row->flags & (GV_ROW_LOCAL | GV_ROW_WANTED))
		return GV_STATUS_IGNORED;
	if (row->flags & GV_ROW_PRECIOUS)
		return GV_STATUS_PRECIOUS;
	return row->flags & GV_ROW_TRACKED ? GV_STATUS_TRACKED
					   : GV_STATUS_UNTRACKED;
}

int
gv_status_add(struct gv_status *out, const struct gv_buf *path, char change,
    const struct gv_row *row)
{
	struct gv_status_entry e = { .len = path->len, .change = change };
	int r;

	if (row) {
		e.kind = kind_of(row);
		e.is_left = change == 'm' && (row->flags & GV_ROW_ABSENT);
		/* of a directory that is a number */
		e.size = row->flags & GV_ROW_DIR ? 0 : row->size;
	}
	e.path = malloc(path->len + 1);
	if (e.path == NULL)
		return gv_err_nomem();
	memcpy(e.path, path->p, path->len + 1);
	if ((r = GV_GROW(out->entries, out->n, out->cap)) == 0)
		out->entries[out->n++] = e;
	else
		free(e.path);
	return r;
}

int
gv_status_add_row(struct gv_status_run *cmp, uint32_t dir,
    const struct gv_row *row, char change)
{
	gv_buf_reset(&cmp->path);
	gv_census_path(cmp->run->survey.census, dir, row, &cmp->path);
	return gv_status_add(cmp->out, &cmp->path, change, row);
}

bool
gv_status_is_file(const struct gv_row *row)
{
	return !(row->flags & (GV_ROW_ABSENT | GV_ROW_DIR));
}

bool
gv_status_is_unreadable(const struct gv_row *row)
{
	return (row->flags & GV_ROW_SKIPPED) && !(row->flags & GV_ROW_BASE) &&
	    (S_ISREG(row->mode) || S_ISDIR(row->mode));
}

const struct gv_row *
gv_status_row_of(const struct gv_census *c, uint32_t dir)
{
	const struct gv_census_dir *up =
	    gv_census_dir(c, gv_census_dir(c, dir)->parent);
	uint32_t i;

	for (i = 0; i < up->n; i++)
		if ((up->rows[i].flags & GV_ROW_DIR) &&
		    !(up->rows[i].flags & GV_ROW_ABSENT) &&
		    up->rows[i].size == dir)
			return &up->rows[i];
	return NULL;
}

bool
gv_status_is_bare(const struct gv_census *c, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(c, dir), *child;
	uint32_t i;

	if (d->state != GV_DIR_NORMAL ||
	    (d->flags & (GV_CENSUS_UNREAD | GV_CENSUS_VIRTUAL)))
		return false;
	for (i = 0; i < d->n; i++) {
		const struct gv_row *row = &d->rows[i];

		if (row->flags & GV_ROW_IGNORED)
			continue;
		if (!(row->flags & GV_ROW_DIR) || (row->flags & GV_ROW_ABSENT))
			return false;
		child = gv_census_dir(c, (uint32_t)row->size);
		if (!(child->flags & GV_CENSUS_GONE))
			return false;
	}
	return true;
}

static void
count(struct gv_status_run *cmp, uint32_t dir)
{
	const struct gv_census_dir *d =
	    gv_census_dir(cmp->run->survey.census, dir);
	uint32_t i;

	for (i = 0; i < d->n; i++) {
		uint32_t flags = d->rows[i].flags;

		cmp->out->products += !!(flags & GV_ROW_PRODUCT);
		cmp->out->ignored += !!(flags & GV_ROW_IGNORED);
		if ((flags & GV_ROW_PRECIOUS) &&
		    (flags & (GV_ROW_LOCAL | GV_ROW_WANTED)))
			cmp->out->others++;
		else
			cmp->out->precious += !!(flags & GV_ROW_PRECIOUS);
	}
}

/* Whether something is at the path. */
static bool
stands(const struct gv_repo *repo, const char *path, size_t len)
{
	struct gv_buf full = GV_BUF_INIT;
	struct stat st;
	bool yes;

	gv_buf_addf(&full, "%s/%.*s", repo->worktree, (int)len, path);
	yes = gv_buf_check(&full) == 0 &&
	    gv_dir_stat(AT_FDCWD, full.p, full.len, &st) == 0;
	gv_buf_release(&full);
	return yes;
}

/* What the last snapshot has and the next will not have is gone, or it is here
 * and not stored any more: then it has no row, or one that says so. */
static void
tell_out(struct gv_status_run *cmp, struct gv_status_entry *e)
{
	const struct gv_survey *s = &cmp->run->survey;
	const struct gv_row *row = gv_survey_find_row(s, e->path, e->len, NULL);

	e->is_out = (row == NULL || (row->flags & GV_ROW_ABSENT)) &&
	    stands(cmp->run->repo, e->path, e->len);
	e->is_excluded = e->is_out && gv_survey_is_excluded(s, e->path, e->len);
}

static int
compare_entries(const void *a, const void *b)
{
	const struct gv_status_entry *x = a, *y = b;
	int c = strcmp(x->path, y->path);

	/* what went before what came in its place */
	return c ? c : (y->change > x->change) - (y->change < x->change);
}

/* The last snapshot's record. Without one, the content of files is not needed.
 */
static int
find_last(struct gv_status_run *cmp)
{
	struct gv_record *last = &cmp->out->last;
	int r = gv_snapshot_last(last, cmp->run->repo);

	cmp->run->survey.names_only = r == GV_ENOTFOUND;
	return r == GV_ENOTFOUND ? 0 : r;
}

/* The cache may be of another one, such as what was taken before a restore. */
static bool
is_of_cache(const struct gv_status_run *cmp)
{
	const struct gv_statcache *cache = cmp->run->survey.cache;

	return cache &&
	    gv_oid_equal(&cmp->out->last.commit, &cache->head->commit);
}

static int
compare(struct gv_status_run *cmp)
{
	struct gv_status *out = cmp->out;
	uint32_t i;
	int r;

	for (i = 0; i < cmp->run->survey.n_order; i++)
		count(cmp, cmp->run->survey.order[i]);
	r = cmp->by_cache ? gv_status_compare_cache(cmp)
			  : gv_status_compare_record(cmp);
	if (r == 0 && out->n)
		qsort(out->entries, out->n, sizeof(*out->entries),
		    compare_entries);
	for (i = 0; r == 0 && i < out->n; i++)
		if (out->entries[i].change == 'D' && !out->entries[i].is_left)
			tell_out(cmp, &out->entries[i]);
	if (r == 0)
		r = gv_status_find_unheld(cmp);
	return r;
}

int
gv_status_tell_wishes(const struct gv_snapshot_run *run)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->out->found.n_notes; i++) {
		const struct gv_survey_note *n = &run->out->found.notes[i];

		if (n->what != GV_SURVEY_NO_WISH)
			continue;
		gv_buf_reset(&text);
		gv_path_quote(&text, n->path, strlen(n->path));
		gv_buf_addf(&text,
		    " is %s, so its patterns do not count; make it a file",
		    n->reason);
		if ((r = gv_buf_check(&text)) == 0)
			gv_repo_note(run->repo, text.p);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_status_get(struct gv_status *out, struct gv_repo *repo)
{
	struct gv_snapshot_opts opts = { .dry_run = true };
	struct gv_snapshot snap = { 0 };
	struct gv_snapshot_run run = { GV_SNAPSHOT_RUN(&opts, &snap, repo) };
	struct gv_status_run cmp = { out, &run, GV_BUF_INIT, false };
	int r;

	memset(out, 0, sizeof(*out));
	run.withhold.looks = true;
	if ((r = find_last(&cmp)) == 0 && (r = gv_snapshot_open(&run)) == 0)
		r = gv_status_tell_wishes(&run);
	cmp.by_cache = r == 0 && is_of_cache(&cmp);
	/* what is all new need not be searched */
	opts.no_scan = *out->last.id == '\0' ||
	    !gv_config_bool(&repo->config, GV_SNAPSHOT_SCAN, true);
	if (r == 0 && (r = gv_snapshot_search_open(&run)) == 0 && *out->last.id)
		r = gv_snapshot_search(&run);
	/* without a pack: what must be read is only hashed */
	if (r == 0 && (r = gv_snapshot_capture(&run)) == 0)
		r = compare(&cmp);
	out->files = snap.found.files;
	out->bytes = snap.found.bytes;
	memcpy(out->left, snap.found.left, sizeof(out->left));
	gv_buf_release(&cmp.path);
	gv_snapshot_close(&run);
	gv_snapshot_release(&snap);
	if (r < 0)
		gv_status_release(out);
	return r;
}

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
	if (st.st_mode != row->mode || !S_ISREG(st.st_mode))
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
	if (row->flags & (GV_ROW_CHUNKED | GV_ROW_WITHHELD))
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

int
gv_status_of(
    struct gv_status *out, struct gv_repo *repo, const char *path, size_t len)
{
	struct known known;
	size_t i, n = 0;
	int r;

	memset(out, 0, sizeof(*out));
	r = look_up(out, repo, path, len, &known);
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
	if (n || known.any || stands(repo, path, len))
		return 0;
	gv_status_release(out);
	return gv_err(GV_ENOTFOUND,
	    "there is no %.*s, and the last snapshot had none either", (int)len,
	    path);
}

int
gv_status_explain(char **out, enum gv_census_kept *kept, struct gv_repo *repo,
    const char *path, size_t len)
{
	struct gv_census_opts opts = { .repo = repo };
	struct gv_census *census = NULL;
	struct gv_index *index = NULL;
	struct gv_wish wish = { .policy = NULL };
	struct gv_base base = { .paths = GV_BUF_INIT };
	int r = gv_index_open(&index, repo);

	if (r == 0)
		r = gv_wish_open(&wish, repo, index, NULL);
	opts.index = index;
	opts.wish = &wish;
	if (r == 0 && wish.omits_base)
		r = gv_working_copy_base(&base, repo, false);
	opts.base = base.tool ? &base : NULL;
	if (r == 0 && (r = gv_census_take(&census, &opts)) == 0)
		r = gv_census_explain(out, kept, census, path, len);
	gv_census_free(census);
	gv_index_close(index);
	gv_wish_close(&wish);
	gv_base_release(&base);
	return r;
}

void
gv_status_release(struct gv_status *status)
{
	size_t i;

	if (status == NULL)
		return;
	for (i = 0; i < status->n; i++)
		free(status->entries[i].path);
	free(status->entries);
	gv_record_release(&status->last);
	memset(status, 0, sizeof(*status));
}
