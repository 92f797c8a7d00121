#ifndef GV_HOOK_SVN_H
#define GV_HOOK_SVN_H
/*
 * The hook of a Subversion server on this host: after each commit it brings one
 * working copy, checked out for this alone, to the committed revision, so that
 * a snapshot of it can be taken.
 *
 *	r = gv_hook_svn_install(&report, repo, &choice);
 *	r = gv_hook_svn_follow(repo, &follow);		in the hook
 *
 * The working copy names its server by a file:// address. A hook that was there
 * before is kept and runs first, as in a repository of git.
 */

#include <stddef.h>

#include "hook/hook.h"

/* Look at the hook: one step, of a server; report->where where the server is
 * not on this host. 0; GV_ERROR where svn failed; GV_ENOMEM. */
int gv_hook_svn_look(struct gv_hook_report *out, struct gv_repo *repo);

/* Install it, with the stub, program and home of the choice. 0, whatever came
 * of it; GV_EREFUSED where the server is elsewhere, commits are made there by
 * another user, or its hook saves another working copy; GV_ERROR; GV_ENOMEM. */
int gv_hook_svn_install(struct gv_hook_report *out, struct gv_repo *repo,
    const struct gv_hook_choice *choice);

/* Take it out, where it saves this working copy. As gv_hook_svn_look(). */
int gv_hook_svn_uninstall(struct gv_hook_report *out, struct gv_repo *repo);

#define GV_HOOK_SVN_MOST 100 /* revisions that one commit makes up for */

struct gv_hook_svn_follow {
	unsigned long revision; /* that was committed */
	/* Take a snapshot of the working copy as that revision has it; a
	 * negative value ends all. */
	int (*save)(void *ctx, unsigned long revision);
	void *ctx;
	unsigned long skipped; /* revisions that were too many: result */
};

/* Bring the working copy to each revision up to the one that was committed, and
 * have those saved that changed something in it; another hook at the same work
 * is waited for. 0; GV_EREFUSED where the working copy has changes of its own;
 * GV_ELOCKED; GV_ERROR where svn failed; else as save(). */
int gv_hook_svn_follow(struct gv_repo *repo, struct gv_hook_svn_follow *follow);

#endif
