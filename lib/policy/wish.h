#ifndef GV_WISH_H
#define GV_WISH_H
/*
 * What the user wants in snapshots, or out of them, in addition to the rules:
 * snapshots.include and snapshots.exclude of the policy, .vaultignore files,
 * and --include and --exclude. All are patterns of gitignore(5), where "!"
 * brings a path in. The nearest pattern wins: the command line, then
 * .vaultignore from the path's own directory up, then the policy. Files that
 * Git tracks are never left out. A .vaultignore that Git tracks leaves out only
 * what the accepted ones leave out as well (consent.h, wish_file.h); what it
 * brings in counts at once.
 *
 *	r = gv_wish_open(&wish, repo, index, &said);
 *	gv_wish_close(&wish);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct gv_ignore_level;
struct gv_index;
struct gv_repo;

/* Patterns as they were given; those of the command line are of the current
 * directory. */
struct gv_wish_said {
	const char *const *include, *const *exclude;
	size_t n_include, n_exclude;
};

struct gv_wish {
	struct gv_ignore_level *policy, *command; /* NULL: no patterns */
	/* what is as a revision of Subversion or Mercurial is not stored */
	bool omits_base;
	uint64_t sum; /* digest of everything here; 0: there is nothing */
	/* whether the tracked .vaultignore files differ from the accepted ones,
	 * and the text of the accepted ones */
	bool is_held;
	struct gv_buf accepted;
	/* snapshots.classes, for watch (classes.h); no part of the sum */
	struct gv_buf classes;
};

/* Read the patterns of the policy, those of the accepted .vaultignore files,
 * and those of the command line (NULL: none). A policy that cannot be read
 * counts as empty here; callers that need the policy report it. Notes in the
 * repository that a .vaultignore does not count, for the end of the command. 0;
 * GV_EUSAGE where a pattern is empty, begins with '!' or has a line end;
 * GV_ENOMEM. */
int gv_wish_open(struct gv_wish *out, struct gv_repo *repo,
    const struct gv_index *index, const struct gv_wish_said *said);

void gv_wish_close(struct gv_wish *wish);

#endif
