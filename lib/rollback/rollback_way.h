#ifndef GV_ROLLBACK_WAY_H
#define GV_ROLLBACK_WAY_H
/*
 * What stands in the way of a commit that a rollback makes on the current
 * branch, and git would let go without a word: what it ignores.
 *
 *	r = gv_rollback_way_check(&follow);
 */

struct gv_rollback_follow;

/* Whether each path that the commit adds is free in the working tree, or will
 * be by what the commit takes away, or holds what the commit has. 0;
 * GV_EREFUSED with the first that is in the way; GV_ERROR; GV_ENOMEM. */
int gv_rollback_way_check(const struct gv_rollback_follow *follow);

#endif
