#ifndef GV_ROLLBACK_GIT_H
#define GV_ROLLBACK_GIT_H
/*
 * git, as the parts of a rollback run it: in this repository, with an index
 * and a working tree that are said outright, and at the top of that.
 *
 *	struct gv_rollback_git g = { .repo = repo, .index = path };
 *	r = gv_rollback_git_id(hex, &g, argv);
 */

#include <stdbool.h>

#include "repo/oid.h"

struct gv_buf;
struct gv_proc;
struct gv_repo;

struct gv_rollback_git {
	const struct gv_repo *repo;
	const char *index;      /* absolute path */
	const char *worktree;   /* the same; NULL: the repository's */
	const char *const *env; /* to add, NULL behind the last; or NULL */
};

/* Run it, fed with `in` unless that is NULL; what it wrote is p's, which the
 * caller releases in any case. 0; GV_ERROR with git's words where it fails,
 * p->status then being set; GV_ENOMEM. */
int gv_rollback_git_run(struct gv_proc *p, const struct gv_rollback_git *g,
    const char *const *argv, const struct gv_buf *in);

/* The `env` of one whose words are read, so that they are not translated. */
extern const char *const gv_rollback_git_plain[];

/* Whether such a one failed because it could not take a lock; a path that it
 * names may look like a lock's, too. */
bool gv_rollback_git_is_locked(const struct gv_proc *p);

/* As gv_rollback_git_run(), for nothing but the exit status. */
int gv_rollback_git_do(const struct gv_rollback_git *g, const char *const *argv,
    const struct gv_buf *in);

/* The same for an answer that begins with an id. */
int gv_rollback_git_id(char hex[GV_OID_HEX + 1],
    const struct gv_rollback_git *g, const char *const *argv);

#endif
