#ifndef GV_ACCESS_DOUBT_H
#define GV_ACCESS_DOUBT_H
/*
 * Rules of access that protect nothing, most likely by a typing mistake: those
 * of an environment that neither the policy nor a file has; and names of people
 * that the keyring does not have.
 *
 *	r = gv_access_doubts(&lines, repo, NULL, &policy);
 */

struct gv_buf;
struct gv_oid;
struct gv_policy;
struct gv_repo;

/* Append a sentence for each, a line each, by the tree of a commit; NULL: the
 * working tree, in a bare repository that of HEAD. 0; failures to read. */
int gv_access_doubts(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_oid *commit, const struct gv_policy *policy);

#endif
