#ifndef GV_WORKING_COPY_RULES_H
#define GV_WORKING_COPY_RULES_H
/*
 * What Subversion or Mercurial ignores in a working copy, and what it tracks
 * (walk/vcsrules.h). The rules of Mercurial are read from its files each time.
 * The tool is asked for the rest only if its database moved.
 *
 *	r = gv_working_copy_rules_open(&rules, repo, true);
 *	opts.vcs = rules.vcs.tool ? &rules.vcs : NULL;
 *	gv_working_copy_rules_close(&rules);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "foreign/hgignore.h"
#include "walk/vcsrules.h"

struct gv_ignore_level;
struct gv_repo;

struct gv_working_copy_rules {
	struct gv_vcsrules vcs; /* its tool is NULL in a repository of git */
	struct gv_hgignore hg;
	struct gv_ignore_level *svn;
	struct gv_buf text;   /* what the tool said */
	const char **tracked; /* paths in it, sorted */
	size_t n_tracked, cap_tracked;
};

/* Read the rules; with `may_write` what the tool says is kept for the next
 * time. Where it says nothing, its last answer counts; without one the rules
 * are blind, and gv_repo_note() has the reason. 0; GV_ECANCELED; GV_ENOMEM. To
 * be closed in any case. */
int gv_working_copy_rules_open(
    struct gv_working_copy_rules *out, struct gv_repo *repo, bool may_write);

void gv_working_copy_rules_close(struct gv_working_copy_rules *rules);

#endif
