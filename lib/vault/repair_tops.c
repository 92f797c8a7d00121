#include "vault/repair_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "store/repo.h"
#include "store/statcache.h"
#include "sys/dir.h"
#include "sys/file.h"

/*
 * The working trees of a repository. They share its objects, so what is lost
 * may stand in any of them. Where they are is read as git does, out of
 * worktrees/ below the shared .git, since there the caches are, too.
 */

bool
gv_repair_is_top(const struct gv_repair_run *run, const struct stat *st)
{
	size_t i;

	for (i = 0; i < run->n_tops; i++)
		if (run->tops[i]->ino == st->st_ino &&
		    run->tops[i]->dev == st->st_dev)
			return true;
	return false;
}

/* A working tree and what git has of it; one that is gone, or whose place
 * something else has taken, is passed over. */
static int
add_top(struct gv_repair_run *run, const char *dir, const char *git_dir)
{
	struct gv_repair_top *top;
	struct gv_buf path = GV_BUF_INIT;
	struct stat st, dot;
	int root = gv_dir_open_root(dir), r = 0;
	bool is_there = root >= 0 && gv_dir_stat_fd(root, &st) == 0 &&
	    (git_dir == NULL || gv_dir_stat(root, ".git", 4, &dot) == 0);

	gv_file_close(root);
	if (!is_there || gv_repair_is_top(run, &st))
		return 0;
	top = gv_arena_alloc(&run->arena, sizeof(*top));
	if (top)
		top->dir = gv_arena_copy(&run->arena, dir, strlen(dir));
	if (top == NULL || top->dir == NULL ||
	    gv_vec_grow((void **)&run->tops, &run->tops_cap, run->n_tops + 1,
		sizeof(*run->tops)) < 0)
		return GV_ENOMEM;
	top->dev = st.st_dev;
	top->ino = st.st_ino;
	top->is_own = git_dir == NULL;
	if (top->is_own)
		top->cache = run->cache;
	else
		gv_buf_addf(&path, "%s/vault/index", git_dir);
	r = gv_buf_check(&path);
	if (r == 0 && !top->is_own &&
	    gv_statcache_open(&top->cache, path.p) < 0)
		top->cache = NULL;
	gv_buf_release(&path);
	if (r == 0)
		run->tops[run->n_tops++] = top;
	return r;
}

/* A path that may be meant from a folder of git's on. */
static void
add_path(struct gv_buf *out, const char *from, const char *path)
{
	if (*path != '/')
		gv_buf_addf(out, "%s/", from);
	gv_buf_addstr(out, path);
}

/* The one that is no linked one: git's folder lies in it, or names it. */
static int
add_main(struct gv_repair_run *run)
{
	const struct gv_repo *repo = run->repo;
	const char *set = gv_config_get(&repo->config, "core.worktree");
	size_t len = strlen(repo->common_dir);
	struct gv_buf dir = GV_BUF_INIT;
	int r;

	if (gv_config_bool(&repo->config, "core.bare", false))
		return 0;
	if (set)
		add_path(&dir, repo->common_dir, set);
	else if (len > 5 && strcmp(repo->common_dir + len - 5, "/.git") == 0)
		gv_buf_add(&dir, repo->common_dir, len - 5);
	r = gv_buf_check(&dir);
	if (r == 0 && dir.len)
		r = add_top(run, dir.p, repo->common_dir);
	gv_buf_release(&dir);
	return r;
}

/* One that is linked, by its folder in worktrees/, whose file gitdir names the
 * file .git of the working tree. */
static int
add_linked(struct gv_repair_run *run, const char *git_dir)
{
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/gitdir", git_dir);
	r = gv_buf_check(&path);
	if (r == 0 && gv_file_read(&text, AT_FDCWD, path.p, 1 << 16) < 0)
		gv_buf_reset(&text);
	while (text.len && strchr("\r\n", text.p[text.len - 1]))
		gv_buf_truncate(&text, text.len - 1);
	if (text.len > 5 && strcmp(text.p + text.len - 5, "/.git") == 0) {
		gv_buf_truncate(&text, text.len - 5);
		gv_buf_reset(&path);
		add_path(&path, git_dir, text.p);
		r = gv_buf_check(&path);
		if (r == 0)
			r = add_top(run, path.p, git_dir);
	}
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}

static int
by_name(const void *a, const void *b)
{
	const struct gv_dir_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
add_all_linked(struct gv_repair_run *run)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r, fd = -1;

	gv_buf_addf(&path, "%s/worktrees", run->repo->common_dir);
	r = gv_buf_check(&path);
	if (r == 0)
		fd = gv_dir_open_root(path.p);
	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		names.n = 0;
	if (names.n)
		qsort(names.names, names.n, sizeof(*names.names), by_name);
	for (i = 0; r == 0 && i < names.n; i++) {
		gv_buf_reset(&path);
		gv_buf_addf(&path, "%s/worktrees/%s", run->repo->common_dir,
		    names.names[i].name);
		r = gv_buf_check(&path);
		if (r == 0)
			r = add_linked(run, path.p);
	}
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r;
}

int
gv_repair_tops(struct gv_repair_run *run)
{
	int r = 0;

	if (run->tried & GV_REPAIR_TOPS)
		return 0;
	run->tried |= GV_REPAIR_TOPS;
	gv_repair_cache(run);
	if (run->repo->worktree)
		r = add_top(run, run->repo->worktree, NULL);
	if (r == 0)
		r = add_main(run);
	return r == 0 ? add_all_linked(run) : r;
}

void
gv_repair_tops_free(struct gv_repair_run *run)
{
	size_t i;

	for (i = 0; i < run->n_tops; i++)
		if (!run->tops[i]->is_own)
			gv_statcache_close(run->tops[i]->cache);
	free(run->tops);
}
