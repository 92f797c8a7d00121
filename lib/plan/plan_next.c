#include <string.h>

#include "plan/plan.h"
#include "plan/plan_progress.h"

/*
 * The order of decisions: what was interrupted; then steps that can begin, in
 * the plan's order; then, once nothing runs, what is taken back, the last one
 * to pass first; then `finally`; then the end.
 */

static bool
is_over(enum gv_plan_status status)
{
	return status != GV_PLAN_IS_WAITING && status != GV_PLAN_IS_RUNNING &&
	    status != GV_PLAN_IS_DUE;
}

static bool
is_here(const struct gv_plan_now *at, uint32_t step)
{
	return at->is_running && at->is_running(at->ctx, step);
}

/* A step that its condition or a rehearsal skipped keeps nobody back. */
static bool
is_left_out(const struct gv_plan_step_progress *p)
{
	return p->status == GV_PLAN_IS_SKIPPED && p->detail &&
	    (strcmp(p->detail, "when") == 0 ||
		strcmp(p->detail, GV_PLAN_SKIP_DRILL) == 0 ||
		strcmp(p->detail, GV_PLAN_SKIP_NETWORK) == 0);
}

/* Whether all that it needs is over, and if so, whether it passed. */
static bool
needs_are_over(bool *passed, const struct gv_plan_progress *run, uint32_t step)
{
	const struct gv_plan_step *s = &run->plan->steps[step];
	size_t i;

	*passed = true;
	for (i = 0; i < s->n_needs; i++) {
		const enum gv_plan_status status =
		    run->steps[s->needs[i]].status;

		if (!is_over(status))
			return false;
		if (status != GV_PLAN_IS_PASSED &&
		    !is_left_out(&run->steps[s->needs[i]]))
			*passed = false;
	}
	return true;
}

static int
skip(struct gv_plan_next *out, uint32_t step, const char *why)
{
	out->kind = GV_PLAN_NEXT_SKIP;
	out->step = step;
	out->why = why;
	return 1;
}

/* 1 where *out says what becomes of the step, 0 where it has to wait. */
static int
judge(struct gv_plan_next *out, const struct gv_plan_progress *run,
    uint32_t step, const struct gv_plan_now *at)
{
	const struct gv_plan_step *s = &run->plan->steps[step];
	const struct gv_plan_step_progress *p = &run->steps[step];
	bool passed, holds = true;
	int r;

	if (p->status == GV_PLAN_IS_WAITING) {
		if (run->is_stopping && !s->is_final)
			return skip(out, step, "stopped");
		if (!needs_are_over(&passed, run, step))
			return 0;
		if (!passed && !s->is_final)
			return skip(out, step, "needs");
		if (s->when &&
		    (r = gv_plan_condition_holds(
			 &holds, s->when, at->look, at->ctx)) < 0)
			return r;
		if (!holds)
			return skip(out, step, "when");
	} else if (run->is_stopping && !s->is_final) {
		return skip(out, step, "stopped");
	} else if (p->due > at->now) {
		if (out->until == 0 || p->due < out->until)
			out->until = p->due;
		return 0;
	}
	if (at->running >= run->plan->jobs)
		return 0;
	out->kind = GV_PLAN_NEXT_START;
	out->step = step;
	out->attempt = p->attempts + 1;
	return 1;
}

/* A try that was begun and is nowhere: it is done again, unless the plan says
 * that only a person can know. */
static int
take_up(struct gv_plan_next *out, const struct gv_plan_progress *run,
    uint32_t step, const struct gv_plan_now *at)
{
	out->step = step;
	out->attempt = run->steps[step].attempts + 1;
	if (run->plan->steps[step].is_once && run->is_aborted)
		return skip(out, step, GV_PLAN_SKIP_UNSURE);
	if (run->plan->steps[step].is_once)
		out->kind = GV_PLAN_NEXT_ASK;
	else if (run->is_stopping && !run->plan->steps[step].is_final)
		return skip(out, step, "stopped");
	else if (at->running < run->plan->jobs)
		out->kind = GV_PLAN_NEXT_START;
	else
		return 0;
	return 1;
}

static int
walk(struct gv_plan_next *out, bool *is_left,
    const struct gv_plan_progress *run, const struct gv_plan_now *at,
    bool is_final)
{
	size_t i;
	int r;

	*is_left = false;
	for (i = 0; i < run->order.n; i++) {
		const uint32_t step = run->order.steps[i];
		const enum gv_plan_status status = run->steps[step].status;

		if (run->plan->steps[step].is_final != is_final ||
		    is_over(status))
			continue;
		*is_left = true;
		if (status == GV_PLAN_IS_RUNNING && is_here(at, step))
			continue;
		r = status == GV_PLAN_IS_RUNNING ? take_up(out, run, step, at)
						 : judge(out, run, step, at);
		if (r)
			return r;
	}
	return 0;
}

/* The step to be taken back next: of those that passed, the last. */
static bool
find_back(struct gv_plan_next *out, const struct gv_plan_progress *run)
{
	uint64_t last = 0;
	size_t i;

	for (i = 0; run->is_backward && i < run->plan->n; i++) {
		const struct gv_plan_step_progress *p = &run->steps[i];
		const struct gv_plan_step *s = &run->plan->steps[i];

		if (p->status != GV_PLAN_IS_PASSED || s->is_final ||
		    p->order <= last || !gv_plan_goes_back(s))
			continue;
		last = p->order;
		out->kind = GV_PLAN_NEXT_BACK;
		out->step = (uint32_t)i;
	}
	return last != 0;
}

static enum gv_plan_result
result_of(const struct gv_plan_progress *run)
{
	size_t i;

	for (i = 0; run->is_undone && i < run->plan->n; i++)
		if (run->steps[i].status == GV_PLAN_IS_STUCK)
			return GV_PLAN_FAILED;
	if (run->is_undone)
		return GV_PLAN_UNDONE;
	if (run->is_aborted)
		return GV_PLAN_ABORTED;
	for (i = 0; i < run->plan->n; i++)
		if (run->steps[i].status == GV_PLAN_IS_FAILED ||
		    run->steps[i].status == GV_PLAN_IS_STUCK)
			return GV_PLAN_FAILED;
	return run->is_backward ? GV_PLAN_FAILED : GV_PLAN_PASSED;
}

int
gv_plan_next(struct gv_plan_next *out, const struct gv_plan_progress *run,
    const struct gv_plan_now *at)
{
	bool is_left;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = walk(out, &is_left, run, at, false)) != 0)
		return r < 0 ? r : 0;
	if (is_left) {
		out->kind = GV_PLAN_NEXT_WAIT;
		return 0;
	}
	if (find_back(out, run))
		return 0;
	if ((r = walk(out, &is_left, run, at, true)) != 0)
		return r < 0 ? r : 0;
	if (is_left) {
		out->kind = GV_PLAN_NEXT_WAIT;
		return 0;
	}
	out->kind = GV_PLAN_NEXT_FINISH;
	out->result = result_of(run);
	return 0;
}
