#ifndef PLAN_GUARD_H
#define PLAN_GUARD_H
/*
 * What the policy asks before an environment is recovered, or a plan is run for
 * it: that it is not frozen, and that others have approved it.
 *
 *	r = gv_plan_guard(&note, ctx, &(struct gv_plan_guarded){ … });
 *	r = begin(&run, …);
 *	r = gv_plan_guard_use(&names, ctx, &of, "plan/NAME/RUN");
 *	gv_buf_release(&note);
 */

#include <stdbool.h>

#include "good/approval.h"

struct gv_buf;
struct gv_ctx;

struct gv_plan_guarded {
	struct gv_approval_of of;   /* env NULL: nothing is asked */
	const char *what;           /* "recover prod" */
	const char *approve;        /* the command of others; NULL: this cannot
				       be approved */
	const char *reason;         /* of --reason; or NULL */
	bool in_freeze, unapproved; /* go on nevertheless */
};

/* Use up the approvals that this asks for, before a run begins to do anything:
 * `by` is the run, "plan/NAME/RUN". Says whose they were; their names are
 * appended to *names, ", " between two. As gv_plan_guard(), which was asked
 * before. */
int gv_plan_guard_use(struct gv_buf *names, struct gv_ctx *ctx,
    const struct gv_plan_guarded *of, const char *by);

/* 0, with what was passed over and why appended to *note; GV_EUSAGE without a
 * reason for it; GV_EREFUSED with what to do; GV_ERROR; GV_ENOMEM. */
int gv_plan_guard(
    struct gv_buf *note, struct gv_ctx *ctx, const struct gv_plan_guarded *of);

#endif
