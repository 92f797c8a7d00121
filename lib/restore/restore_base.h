#ifndef GV_RESTORE_BASE_H
#define GV_RESTORE_BASE_H
/*
 * A snapshot of a working copy of Subversion or Mercurial, restored as a
 * working copy: the tool checks out the revision that the snapshot names, what
 * that has more is removed, and the snapshot's files are laid over it. What
 * only the tool knew comes back too: drafts, shelves, patches and bookmarks of
 * Mercurial; shelves, additions, removals, properties and changelists of
 * Subversion.
 *
 *	r = gv_restore_base_run(&result, &told, repo, &rec, &opts);
 *
 * The address is the snapshot's own, which only a key opens. Whoever can push
 * may have made the snapshot, so the address has to be a plain one, the tool
 * runs without asking anybody, and externals are not fetched.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "restore/restore.h"

/* What became of it. */
struct gv_restore_base_told {
	/* called with "revision 5 of file:///srv" before the tool is run */
	void (*begin)(void *ctx, const char *what);
	void *ctx;
	struct gv_buf missed; /* sentences, each on a line: what of the tool's
				 own did not come back */
	struct gv_buf locked; /* paths that were locked on the server, each on a
				 line; no lock is taken again */
};

/* Restore into the new or empty directory opts->to, completely or not at all;
 * opts as for gv_restore_run(), without pathspecs. GV_EREFUSED where the
 * snapshot is of no such working copy or its address is an unusual one;
 * GV_ENOKEY where no key opens the address; GV_ERROR where the tool failed. */
int gv_restore_base_run(struct gv_restore_result *out,
    struct gv_restore_base_told *told, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_restore_opts *opts);

#endif
