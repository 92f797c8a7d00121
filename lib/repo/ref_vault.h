#ifndef GV_REF_VAULT_H
#define GV_REF_VAULT_H
/*
 * The vault refs of a repository that is not open, from git's files alone: for
 * those who ask many repositories in one process.
 *
 *	if (gv_ref_vault_read(&refs, "/srv/shop/.git", GV_REFS_AUTO) > 0) …
 */

#include "repo/ref.h"

/* Whether a working tree and its git directory are those of a plain repository
 * of this user: git refuses one of somebody else, and a linked working tree has
 * its git directory elsewhere. */
bool gv_ref_vault_is_plain(const char *worktree, const char *git_dir);

/* List the refs below a vault prefix ("refs/vault/…/") in the repository whose
 * common folder that is, sorted by name, with the refs `names` (NULL
 * behind the last), which come before it; NULL: without. 1; 0 where something
 * in the files is not of the plainest form, so that only git can tell;
 * GV_ENOMEM. */
int gv_ref_vault_read(struct gv_refs *out, const char *common_dir,
    const char *const *names, const char *prefix);

#endif
