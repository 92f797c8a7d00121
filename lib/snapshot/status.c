#include "snapshot/status.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "snapshot/snapshot_last.h"
#include "snapshot/status_internal.h"
#include "sys/dir.h"

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

bool
gv_status_stands(const struct gv_repo *repo, const char *path, size_t len)
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
	    gv_status_stands(cmp->run->repo, e->path, e->len);
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
		r = gv_status_find_unheld(out, cmp->run->repo);
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

void
gv_status_release(struct gv_status *status)
{
	size_t i;

	if (status == NULL)
		return;
	for (i = 0; i < status->n; i++)
		free(status->entries[i].path);
	free(status->entries);
	free(status->left_why);
	gv_record_release(&status->last);
	memset(status, 0, sizeof(*status));
}
