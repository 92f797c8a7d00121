#ifndef RECOVER_LOCK_H
#define RECOVER_LOCK_H
/*
 * Whether somebody works on a state that `git vault recover` is about to bring
 * back: an apply that is at work writes it, and a recovery in between loses one
 * of the two.
 *
 *	r = gv_recover_lock_check(ctx, &facts, false);
 */

#include <stdbool.h>

struct gv_ctx;
struct gv_plan_facts;

/* Look for a lock of each state, here and on the default remote; one that does
 * not answer is named by a warning. Where the files are written as those of
 * another environment, only the states of that one count: all of them. 0;
 * GV_ELOCKED with whose it is; with `only_warn` that is a warning, too; as
 * gv_statelock_list_load(). */
int gv_recover_lock_check(
    struct gv_ctx *ctx, const struct gv_plan_facts *facts, bool only_warn);

#endif
