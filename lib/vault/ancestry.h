#ifndef GV_ANCESTRY_H
#define GV_ANCESTRY_H
/*
 * How two commits of vault chains are related, by git merge-base.
 *
 *	r = gv_ancestry_base(&base, &ours, &theirs);
 *	if (gv_oid_equal(&base, &ours)) theirs goes on from ours
 */

struct gv_oid;

/* Where two histories part: `a` itself where `b` goes on from it, and the other
 * way round. *out is zero where they have nothing in common, or one of them is
 * zero. 0; GV_ERROR with git's words; GV_ENOMEM. */
int gv_ancestry_base(
    struct gv_oid *out, const struct gv_oid *a, const struct gv_oid *b);

#endif
