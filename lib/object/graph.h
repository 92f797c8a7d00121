#ifndef GV_GRAPH_H
#define GV_GRAPH_H
/*
 * Git's commit-graph, which git gc, git maintenance and a fetch may write with
 * the commits of snapshots in it. One that names a commit that is gone is
 * an error to git fsck, until a new one is written; so it forgets what was
 * deleted before anybody (git prune, git repack -ad) takes it away.
 *
 *	r = gv_graph_forget(repo, commits, n);
 *	r = gv_graph_write(repo);
 */

#include <stdbool.h>
#include <stddef.h>

#include "repo/oid.h"

struct gv_repo;

/* Have git write a new commit-graph, of what refs reach and of the kind that
 * it was, where it has one that names one of these commits or that cannot be
 * read. 0, also where there is nothing to be done; GV_ELOCKED where another git
 * writes it; GV_ERROR with git's words. */
int gv_graph_forget(
    const struct gv_repo *repo, const struct gv_oid *commits, size_t n);

/* Whether there is one, of whatever kind. */
bool gv_graph_is_there(const struct gv_repo *repo);

/* Have git add what refs reach to its commit-graph, in a file beside those that
 * there are, as git maintenance does; not where gc.writeCommitGraph or
 * core.commitGraph forbid it. 0 and failures as above. */
int gv_graph_write(const struct gv_repo *repo);

#endif
