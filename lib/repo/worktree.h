#ifndef GV_WORKTREE_H
#define GV_WORKTREE_H
/*
 * The working trees that share a repository, found as git finds them: the main
 * one has the shared .git, each linked one a folder in worktrees/ below it
 * (gitrepository-layout(5)).
 *
 *	struct gv_worktrees trees;
 *
 *	r = gv_worktrees_load(&trees, repo);
 *	for (i = 0; i < trees.n; i++)
 *		r = gv_worktree_top(&top, repo, trees.git_dirs[i]);
 *	gv_worktrees_release(&trees);
 */

#include <stddef.h>

#include "base/arena.h"

struct gv_buf;
struct gv_repo;

struct gv_worktrees {
	const char **git_dirs; /* absolute: first the shared one, then by name*/
	size_t n, cap;
	struct gv_arena arena;
};

/* Find git's own folders of all of them, also of one whose working tree is
 * gone. 0; GV_ERROR where they cannot be listed, or GV_ENOMEM: then `out` has
 * what was found. The caller releases it in any case. */
int gv_worktrees_load(struct gv_worktrees *out, const struct gv_repo *repo);

/* Append the top of the working tree that one of these folders is of, which
 * need not be there any more; nothing where it is bare, or does not say. 0 or
 * GV_ENOMEM. */
int gv_worktree_top(
    struct gv_buf *out, const struct gv_repo *repo, const char *git_dir);

/* Free; NULL-safe, zeroed struct ok. */
void gv_worktrees_release(struct gv_worktrees *trees);

#endif
