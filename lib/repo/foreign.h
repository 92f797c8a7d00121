#ifndef GV_FOREIGN_H
#define GV_FOREIGN_H
/*
 * A working copy of Subversion or Mercurial has its vault in a git directory of
 * its own, .svn/git-vault or .hg/git-vault, whose working tree is the working
 * copy. Neither tool shows or removes it.
 *
 *	r = gv_foreign_enter();		git finds it from now on
 *
 * Only where no repository of git is above, nor a working copy of the other
 * tool: what these have in such a folder may have come with it, and its
 * configuration could run programs.
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

/* Look for a working copy at or above a folder: the nearest one, or that of the
 * other tool above. 0, with kind NONE where nothing was found, a repository of
 * git is at or above it, or a folder is of both tools; GV_ENOMEM. */
int gv_foreign_find(struct gv_foreign *out, const char *dir);

/* The same of the top of a working copy alone, whatever is above. */
int gv_foreign_look(struct gv_foreign *out, const char *top);

/* The top of a working copy of a Subversion older than 1.7, which svn has to
 * upgrade first, for the caller to free; NULL outside one. 0 or GV_ENOMEM. */
int gv_foreign_find_old(char **top, const char *dir);

/* Where the current folder is in a working copy with a vault, and nobody has
 * named a repository, name it by the environment. 0; GV_EREFUSED where the
 * vault belongs to another user; GV_ENOMEM. */
int gv_foreign_enter(void);

/* The vault of a working copy by its top, for a git that is started there; NULL
 * where gv_foreign_find() finds no vault of that folder. 0; GV_EREFUSED where
 * it belongs to another user; GV_ENOMEM. */
int gv_foreign_vault(char **git_dir, const char *top);

/* Whether a git directory is the vault of a working copy, and of which kind. */
enum gv_foreign_kind gv_foreign_kind_of(const char *git_dir);

/* Make the vault of a working copy. 0; GV_ERROR. */
int gv_foreign_make(const struct gv_foreign *of);

void gv_foreign_release(struct gv_foreign *of);

#endif
