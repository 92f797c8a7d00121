#ifndef PLAN_GATE_H
#define PLAN_GATE_H
/*
 * What the policy asks before a plan is run, in each environment that the run
 * is about: one that is given does not make the plan's own free.
 *
 *	r = gv_plan_gate_open(&gate, ctx, &plan, &text);
 *	r = gv_plan_begin(&run, …);
 *	r = gv_plan_gate_pass(&gate, run);
 *	gv_plan_gate_close(&gate);
 */

#include "base/buf.h"
#include "git-vault/recovery/plan_guard.h"
#include "plan/plan.h"

struct gv_ctx;
struct gv_recover;

struct gv_plan_gate {
	struct gv_ctx *ctx;
	struct gv_buf note; /* what was passed over, and why */
	/* private */
	struct gv_buf what, approve;
	struct gv_plan_envs envs;
	struct gv_plan_guarded of;
};

/* Ask whether it may be run, by the options of the context. As
 * gv_plan_guard(). To be closed in any case. */
int gv_plan_gate_open(struct gv_plan_gate *out, struct gv_ctx *ctx,
    const struct gv_plan *plan, const struct gv_buf *text);

/* The run begins: use up the approvals, and note in it whose they are. As
 * gv_plan_guard_use(); GV_ERROR where the journal cannot be written. */
int gv_plan_gate_pass(struct gv_plan_gate *gate, struct gv_recover *run);

/* The same of one environment: use up its approvals for the run. */
int gv_plan_gate_use(
    struct gv_ctx *ctx, struct gv_plan_guarded *of, struct gv_recover *run);

/* Zeroed ok. */
void gv_plan_gate_close(struct gv_plan_gate *gate);

#endif
