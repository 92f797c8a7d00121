#ifndef GV_ACCESS_STEP_H
#define GV_ACCESS_STEP_H
/*
 * What changes between two trees of Git, as rules of access see it: each file,
 * its keys and its environments. By the policy that judges, never by one of
 * these trees.
 *
 *	r = gv_access_step_load(&changes, repo, &before, &after, &policy);
 *	…
 *	gv_access_changes_release(&changes);
 */

#include "access/access.h"

struct gv_buf;
struct gv_odb;
struct gv_repo;

/* Load them, with is_governed set; a tree that is zero is empty. `key` (NULL:
 * none) names values (gv_access_change.sums) and outlives *out. 0;
 * GV_ECORRUPT, GV_ENOTFOUND for missing objects; GV_ECANCELED; GV_ENOMEM;
 * GV_ERROR. Release *out in any case. */
int gv_access_step_load(struct gv_access_changes *out, struct gv_repo *repo,
    const struct gv_oid *old, const struct gv_oid *now,
    const struct gv_policy *policy, const unsigned char *key);

/* The same of a commit and a tree that is not committed yet. */
int gv_access_step_index(struct gv_access_changes *out, struct gv_repo *repo,
    const struct gv_oid *commit, const struct gv_oid *tree,
    const struct gv_policy *policy);

/* The same as if a file were changed: in one key, or (NULL) in any. Both trees
 * are that of the commit, which may be zero. */
int gv_access_step_path(struct gv_access_changes *out, struct gv_repo *repo,
    const struct gv_oid *commit, const char *path, const char *key,
    const struct gv_policy *policy);

/* 1 where a commit has that file; 0; failures to read. */
int gv_access_step_has(
    struct gv_repo *repo, const struct gv_oid *commit, const char *path);

/* The same of one file of a commit that would have another text: what is not
 * committed yet. */
int gv_access_step_file(struct gv_access_changes *out, struct gv_repo *repo,
    const struct gv_oid *commit, const char *path, const struct gv_buf *text,
    const struct gv_policy *policy);

/* A layer that a program keeps in place of Git, before and after. */
struct gv_access_kept {
	const char *path;
	const struct gv_buf *was, *text;
};

/* The same of such a layer. Keys are found whether rules are about them or not;
 * `key` as for gv_access_step_load(). */
int gv_access_step_kept(struct gv_access_changes *out, struct gv_repo *repo,
    const struct gv_access_kept *kept, const struct gv_policy *policy,
    const unsigned char *key);

#endif
