#ifndef GV_FOREIGN_H
#define GV_FOREIGN_H
/*
 * A working copy of Subversion or Mercurial has its vault in a git directory of
 * its own, .svn/git-vault or .hg/git-vault, whose working tree is the working
 * copy. Neither tool shows or removes it.
 *
 *	r = gv_foreign_enter();		git finds it from now on
 *
 * Only where no repository of git is above: what a repository of git has in
 * such a folder came with it, and its configuration could run programs.
 */

#include <stdbool.h>

enum gv_foreign_kind {
	GV_FOREIGN_NONE,
	GV_FOREIGN_SVN,
	GV_FOREIGN_HG,
};

struct gv_foreign {
	enum gv_foreign_kind kind;
	char *top;     /* of the working copy, absolute */
	char *git_dir; /* of its vault */
	bool has_vault;
};

/* "Subversion", "Mercurial". */
const char *gv_foreign_name(enum gv_foreign_kind kind);

/* Look for a working copy at or above a folder. 0, with kind NONE where nothing
 * was found, or a repository of git is at or above it; GV_ENOMEM. */
int gv_foreign_find(struct gv_foreign *out, const char *dir);

/* The same of the top of a working copy alone. */
int gv_foreign_look(struct gv_foreign *out, const char *top);

/* Where the current folder is in a working copy with a vault, and nobody has
 * named a repository, name it by the environment. 0; GV_EREFUSED where the
 * vault belongs to another user; GV_ENOMEM. */
int gv_foreign_enter(void);

/* Whether a git directory is the vault of a working copy, and of which kind. */
enum gv_foreign_kind gv_foreign_kind_of(const char *git_dir);

/* Make the vault of a working copy. 0; GV_ERROR. */
int gv_foreign_make(const struct gv_foreign *of);

void gv_foreign_release(struct gv_foreign *of);

#endif
