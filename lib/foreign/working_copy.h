#ifndef GV_WORKING_COPY_H
#define GV_WORKING_COPY_H
/*
 * What only a working copy of Subversion or Mercurial knows: its status and
 * properties, changesets that were never published, shelves, patches. Becomes
 * the tree meta/origin/working-copy, each file of it encrypted. The tool is run
 * only if its database moved since it was run last, and if a snapshot is taken.
 *
 *	r = gv_working_copy_digest(&wc, repo);	of what counts as a change
 *	r = gv_working_copy_gather(&wc, repo);	wc.files
 *	gv_working_copy_release(&wc);
 *
 * Without the tool, or where it fails, files alone are stored, and a line says
 * so: the tool's own folder is never read in its place.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_base;
struct gv_repo;

struct gv_working_copy_file {
	char *name;
	struct gv_buf text;
};

struct gv_working_copy {
	struct gv_working_copy_file *files; /* by name, in Git's order */
	size_t n, cap;
	bool is_gathered;
	/* Files are left out of the snapshot since a server has them, so one
	 * without what else the tool knows of them is not to be taken: that
	 * the tool fails is an error, and has_failed is set. */
	bool omits;
	bool has_failed;
	bool stores_base; /* they were to be left out, and the tool failed */
	struct gv_oid digest; /* zero: it is no such working copy */
};

/* 0; GV_ECANCELED; GV_ENOMEM; with wc->omits a failure of the tool. Without,
 * what it could not say is reported by gv_repo_note(). To be released in any
 * case. */
int gv_working_copy_digest(struct gv_working_copy *wc, struct gv_repo *repo);
int gv_working_copy_gather(struct gv_working_copy *wc, struct gv_repo *repo);

/* Ask which files of a working copy are as a revision of its server has them
 * (walk/base.h), or take what the tool said last if its database did not move;
 * with `may_write` that is kept for the next time. out->tool stays NULL, and
 * gv_repo_note() has the reason, where that cannot be told. 0; GV_ECANCELED;
 * GV_ENOMEM. To be released in any case. */
int
gv_working_copy_base(struct gv_base *out, struct gv_repo *repo, bool may_write);

/* Run svn in the working copy with these words, and take what it prints: out is
 * replaced. While another svn has the database, it is asked a second time,
 * unless it has waited for that itself. 0;
 * GV_ERROR with its own words where it failed; GV_ENOTFOUND where there is no
 * svn but one that the working copy brought along; GV_ECANCELED; GV_ENOMEM. */
int gv_working_copy_svn(
    struct gv_buf *out, const struct gv_repo *repo, const char *const *argv);

void gv_working_copy_release(struct gv_working_copy *wc);

#endif
