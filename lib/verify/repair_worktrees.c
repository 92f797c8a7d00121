#include "verify/repair_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "repo/worktree.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "worktree/statcache.h"

/*
 * The working trees of a repository. They share its objects, so what is lost
 * may stand in any of them.
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
	    GV_GROW(run->tops, run->n_tops, run->tops_cap) < 0)
		return GV_ENOMEM;
	top->dev = st.st_dev;
	top->ino = st.st_ino;
	top->is_own = git_dir == NULL;
	if (top->is_own)
		top->cache = run->cache;
	else
		gv_buf_addf(&path, "%s/vault/index", git_dir);
	if ((r = gv_buf_check(&path)) == 0 && !top->is_own &&
	    gv_statcache_open(&top->cache, path.p) < 0)
		top->cache = NULL;
	gv_buf_release(&path);
	if (r == 0)
		run->tops[run->n_tops++] = top;
	return r;
}

static int
add_all(struct gv_repair_run *run)
{
	struct gv_worktrees trees;
	struct gv_buf dir = GV_BUF_INIT;
	size_t i;
	int r = 0;

	/* those that cannot be listed are no source */
	if (gv_worktrees_load(&trees, run->repo) == GV_ENOMEM)
		r = GV_ENOMEM;
	for (i = 0; r == 0 && i < trees.n; i++) {
		gv_buf_reset(&dir);
		r = gv_worktree_top(&dir, run->repo, trees.git_dirs[i]);
		if (r == 0 && dir.len)
			r = add_top(run, dir.p, trees.git_dirs[i]);
	}
	gv_worktrees_release(&trees);
	gv_buf_release(&dir);
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
	return r == 0 ? add_all(run) : r;
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
