#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "detect/sweep_internal.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "view/content.h"
#include "walk/census.h"
#include "worktree/index.h"

/* A row that does not tell what stands in its file: who reads it may, or git's
 * index, which goes by what git makes of it; or something was taken out. */
#define UNKNOWN                                                                \
	(GV_ROW_READ | GV_ROW_BY_INDEX | GV_ROW_UNSTABLE | GV_ROW_POINTER |    \
	    GV_ROW_WITHHELD)

static int
copy(const char **out, struct gv_sweep *sweep, const char *path, size_t len)
{
	*out = gv_arena_copy(&sweep->private->arena, path, len);
	return *out ? 0 : GV_ENOMEM;
}

/* A file of that path below `root`; `row` tells of which blob it is, or NULL.
 */
static int
add_file(struct gv_sweep *sweep, int root, const char *path, size_t len,
    const struct gv_row *row)
{
	struct gv_sweep_job job = { .root = root, .len = len };
	int r = copy(&job.file, sweep, path, len);

	if (row && !gv_oid_is_zero(&row->oid)) {
		job.blob = row->oid;
		job.row = row;
	}

	job.path = job.file;
	return r < 0 ? r : gv_sweep_add_job(sweep, &job);
}

static int
note(struct gv_sweep *sweep, const char *path, size_t len, const char *reason)
{
	const char *kept;
	int r = copy(&kept, sweep, path, len);

	return r < 0 ? r : gv_sweep_note_file(sweep, kept, reason);
}

static int
open_top(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;

	if (p->top < 0)
		p->top = gv_dir_open_root(p->opts.repo->worktree);
	return p->top < 0 ? gv_err_sys("cannot open the working tree %s",
				p->opts.repo->worktree)
			  : 0;
}

/* --- what a snapshot would hold --- */

struct taking {
	struct gv_sweep *sweep;
	struct gv_census *census;
	const char *below; /* "" for all */
	uint32_t *dirs;    /* a stack of those to go through */
	size_t n, cap;
	struct gv_buf path;
};

static int
push(struct taking *t, uint32_t dir)
{
	int r = GV_GROW(t->dirs, t->n, t->cap);

	if (r == 0)
		t->dirs[t->n++] = dir;
	return r;
}

static int
take_dir_row(struct taking *t, const struct gv_row *row)
{
	const struct gv_census_dir *d =
	    gv_census_dir(t->census, (uint32_t)row->size);

	if ((row->flags & GV_ROW_ABSENT) || d->state == GV_DIR_REPO ||
	    (d->flags & (GV_CENSUS_GONE | GV_CENSUS_VIRTUAL)))
		return 0;
	return push(t, (uint32_t)row->size);
}

static int
take_row(struct taking *t, uint32_t dir, const struct gv_row *row)
{
	const struct gv_census_dir *d = gv_census_dir(t->census, dir);
	size_t n = strlen(t->below);

	if (row->flags & GV_ROW_DIR)
		return take_dir_row(t, row);
	if (!S_ISREG(row->mode) || (row->flags & GV_ROW_SPARSE))
		return 0;
	gv_buf_reset(&t->path);
	gv_census_path(t->census, dir, row, &t->path);
	if (!gv_path_is_below(t->path.p, t->path.len, t->below, n))
		return gv_buf_check(&t->path);
	if ((row->flags & (GV_ROW_SKIPPED | GV_ROW_LOCAL)) == GV_ROW_SKIPPED)
		return note(t->sweep, t->path.p, t->path.len,
		    gv_path_is_safe(gv_census_name(d, row), row->name_len)
			? strerror((int)row->spare)
			: "git lets nothing have this name");
	/* what is stored only because it could be lost is sealed as a whole,
	 * and Git has no part in it */
	if (row->flags & (GV_ROW_ABSENT | GV_ROW_LOCAL))
		return 0;
	if (row->flags & UNKNOWN)
		row = NULL;
	return add_file(
	    t->sweep, t->sweep->private->top, t->path.p, t->path.len, row);
}

static int
take_dir(struct taking *t, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(t->census, dir);
	uint32_t i;
	int r = 0;

	if (d->flags & GV_CENSUS_UNREAD) {
		gv_buf_reset(&t->path);
		gv_census_dir_path(t->census, dir, &t->path);
		return note(
		    t->sweep, t->path.p, t->path.len, strerror(d->error));
	}
	for (i = 0; r == 0 && i < d->n; i++)
		r = take_row(t, dir, &d->rows[i]);
	return r;
}

/* None, or one that is damaged: then every file is read. */
static int
open_cache(struct gv_sweep_private *p)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/index", p->opts.repo->vault_dir);
	if ((r = gv_buf_check(&path)) == 0 &&
	    gv_statcache_open(&p->cache, path.p) == GV_ENOMEM)
		r = GV_ENOMEM;
	gv_buf_release(&path);
	return r;
}

/* One for all paths that are named. */
static int
open_census(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	struct gv_census_opts opts = { .repo = p->opts.repo,
		.threads = p->opts.threads };
	int r = open_top(sweep);

	if (r < 0 || p->census)
		return r;
	if ((r = gv_index_open(&p->index, p->opts.repo)) == 0)
		r = open_cache(p);
	opts.index = p->index;
	opts.old = p->cache;
	/* only against what was seen before is it worth asking more */
	opts.names_only = p->cache == NULL;
	opts.wish = &p->wish;
	if (r == 0)
		r = gv_wish_open(&p->wish, p->opts.repo, p->index, NULL);
	return r < 0 ? r : gv_census_take(&p->census, &opts);
}

static int
take_below(struct gv_sweep *sweep, const char *below)
{
	struct taking t = {
		.sweep = sweep, .below = below, .path = GV_BUF_INIT
	};
	int r = open_census(sweep);

	t.census = sweep->private->census;
	if (r == 0)
		r = push(&t, 0);
	while (r == 0 && t.n > 0)
		r = take_dir(&t, t.dirs[--t.n]);
	gv_buf_release(&t.path);
	free(t.dirs);
	return r;
}

int
gv_sweep_add_worktree(struct gv_sweep *sweep)
{
	sweep->private->is_whole = true;
	return take_below(sweep, "");
}

/* --- any directory --- */

static int
take_name(struct gv_sweep *sweep, int root, struct gv_buf *path, bool *is_dir)
{
	struct stat st;

	*is_dir = false;
	if (gv_dir_stat(root, path->p, path->len, &st) < 0)
		return note(sweep, path->p, path->len, strerror(errno));
	*is_dir = S_ISDIR(st.st_mode);
	return S_ISREG(st.st_mode)
	    ? add_file(sweep, root, path->p, path->len, NULL)
	    : 0;
}

/* The paths of directories that are still to be read, one behind the other,
 * each with its NUL; the last is read next. */
struct descent {
	struct gv_sweep *sweep;
	int root;
	struct gv_buf dirs, path;
	struct gv_dir_names names;
};

static int
descend(struct descent *d, const char *dir, size_t len)
{
	size_t i;
	bool is_dir;
	int fd = gv_dir_open(d->root, dir, len), r;

	r = fd < 0 ? -1 : gv_dir_list(&d->names, fd);
	if (r < 0)
		r = note(d->sweep, dir, len, strerror(errno));
	for (i = 0; fd >= 0 && r == 0 && i < d->names.n; i++) {
		const struct gv_dir_name *name = &d->names.names[i];

		if (strcmp(name->name, ".git") == 0)
			continue;
		gv_buf_reset(&d->path);
		gv_buf_add(&d->path, dir, len);
		if (len && dir[len - 1] != '/')
			gv_buf_addch(&d->path, '/');
		gv_buf_add(&d->path, name->name, name->len);
		if ((r = gv_buf_check(&d->path)) == 0)
			r = take_name(d->sweep, d->root, &d->path, &is_dir);
		if (r == 0 && is_dir)
			gv_buf_add(&d->dirs, d->path.p, d->path.len + 1);
	}
	if (fd >= 0)
		gv_file_close(fd);
	return r;
}

static int
take_all(struct gv_sweep *sweep, int root, const char *dir)
{
	struct descent d = { .sweep = sweep,
		.root = root,
		.dirs = GV_BUF_INIT,
		.path = GV_BUF_INIT };
	char *next;
	size_t at;
	int r = 0;

	gv_buf_add(&d.dirs, dir, strlen(dir) + 1);
	while (r == 0 && d.dirs.len > 0) {
		r = gv_buf_check(&d.dirs);
		for (at = d.dirs.len - 1; at > 0 && d.dirs.p[at - 1]; at--)
			;
		next = r == 0 ? strdup(d.dirs.p + at) : NULL;
		if (r == 0 && next == NULL)
			r = gv_err_nomem();
		gv_buf_truncate(&d.dirs, at);
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
		if (r == 0)
			r = descend(&d, next, strlen(next));
		free(next);
	}
	gv_dir_names_release(&d.names);
	gv_buf_release(&d.dirs);
	gv_buf_release(&d.path);
	return r;
}

/* --- a path as it is typed --- */

static int
add_below(struct gv_sweep *sweep, const char *path)
{
	size_t before = sweep->private->n_jobs;
	int r = take_below(sweep, path);

	return r == 0 && *path && sweep->private->n_jobs == before
	    ? take_all(sweep, sweep->private->top, path)
	    : r;
}

/* `path` below `root`, which is the working tree's top if `is_inside`. */
static int
add_path(struct gv_sweep *sweep, int root, const char *path, bool is_inside)
{
	size_t len = strlen(path);
	struct stat st;

	if (*path && gv_dir_stat(root, path, len, &st) < 0)
		return gv_err_sys("cannot scan %s", path);
	if (*path == '\0' || S_ISDIR(st.st_mode))
		return is_inside ? add_below(sweep, path)
				 : take_all(sweep, root, path);
	if (!S_ISREG(st.st_mode))
		return gv_err(
		    GV_EREFUSED, "%s is neither file nor directory", path);
	return add_file(sweep, root, path, len, NULL);
}

int
gv_sweep_add_path(struct gv_sweep *sweep, const char *typed)
{
	const struct gv_repo *repo = sweep->private->opts.repo;
	struct gv_buf path = GV_BUF_INIT;
	size_t len = strlen(typed);
	int r = GV_EUSAGE;

	if (repo && repo->worktree)
		r = gv_content_path(&path, repo, typed);
	if (r == 0 && (r = open_top(sweep)) == 0)
		r = add_path(sweep, sweep->private->top, path.p, true);
	else if (r == GV_EUSAGE) {
		/* outside of the working tree, or there is none */
		while (len > 1 && typed[len - 1] == '/')
			len--;
		gv_buf_add(&path, typed, len);
		if ((r = gv_buf_check(&path)) == 0)
			r = add_path(sweep, AT_FDCWD, path.p, false);
	}
	gv_buf_release(&path);
	return r;
}
