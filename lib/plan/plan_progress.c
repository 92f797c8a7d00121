#include "plan/plan_progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "plan/plan.h"
#include "plan/plan_retry.h"

static const char *const names[] = { "waiting", "running", "retrying", "passed",
	"failed", "skipped", "rolled_back", "rollback_failed" };

const char *
gv_plan_status_name(enum gv_plan_status status)
{
	return names[status];
}

int
gv_plan_progress_init(struct gv_plan_progress *out, const struct gv_plan *plan)
{
	memset(out, 0, sizeof(*out));
	out->plan = plan;
	out->steps = calloc(plan->n + 1, sizeof(*out->steps));
	if (out->steps == NULL)
		return gv_err_nomem();
	return gv_plan_order(&out->order, plan);
}

void
gv_plan_progress_release(struct gv_plan_progress *run)
{
	free(run->steps);
	gv_plan_order_release(&run->order);
	memset(run, 0, sizeof(*run));
}

/* ---- records ------------------------------------------------------------- */

static void
fail(struct gv_plan_progress *run, const struct gv_plan_step *step,
    struct gv_plan_step_progress *s)
{
	s->status = GV_PLAN_IS_FAILED;
	if (step->is_final || step->on_failure == GV_PLAN_CONTINUE)
		return;
	run->is_stopping = true;
	if (step->on_failure == GV_PLAN_ROLLBACK)
		run->is_backward = true;
}

static void
pass(struct gv_plan_progress *run, struct gv_plan_step_progress *s)
{
	s->status = GV_PLAN_IS_PASSED;
	s->order = ++run->n_passed;
}

/* A failed try is the last one unless a record of the next one follows, so
 * the step has failed here only where gv_plan_retry_at() says so: the journal
 * may end between the two. */
static void
end_try(struct gv_plan_progress *run, uint32_t at,
    const struct gv_plan_record *record)
{
	struct gv_plan_step_progress *s = &run->steps[at];

	s->attempts = record->attempt;
	s->ms = record->ms;
	s->result = (int)record->result;
	s->exit = record->status;
	s->detail = record->detail;
	s->outputs = record->values;
	if (record->result == GV_PLAN_PASSED) {
		pass(run, s);
		return;
	}
	s->due = gv_plan_retry_at(run, at, record->at);
	if (s->due >= 0)
		s->status = GV_PLAN_IS_DUE;
	else
		fail(run, &run->plan->steps[at], s);
}

/* What a person said of an interrupted try: it was done, or it is to be done
 * again. */
static void
decide(struct gv_plan_progress *run, struct gv_plan_step_progress *s,
    const struct gv_plan_record *record)
{
	s->is_by_hand = record->result == GV_PLAN_PASSED;
	s->detail = record->detail;
	if (s->is_by_hand) {
		pass(run, s);
		return;
	}
	s->status = GV_PLAN_IS_DUE;
	s->due = record->at;
}

static int
add_of_step(struct gv_plan_progress *run, const struct gv_plan_record *record)
{
	const uint32_t at = gv_plan_find(run->plan, record->step);
	struct gv_plan_step_progress *s;

	if (at == GV_PLAN_NONE)
		return gv_err(GV_ECORRUPT,
		    "the plan has no step '%.64s', which its journal names",
		    record->step);
	s = &run->steps[at];
	switch (record->what) {
	case GV_PLAN_START:
		s->status = GV_PLAN_IS_RUNNING;
		if (s->first == 0)
			s->first = record->at;
		return 0;
	case GV_PLAN_END:
		end_try(run, at, record);
		return 0;
	case GV_PLAN_DUE:
		s->status = GV_PLAN_IS_DUE;
		s->due = record->due;
		return 0;
	case GV_PLAN_SKIP:
		s->status = GV_PLAN_IS_SKIPPED;
		s->detail = record->detail;
		return 0;
	case GV_PLAN_OLD:
		s->old = record->values ? record->values[1] : NULL;
		s->raw = s->old && record->values[2] ? record->values[3] : NULL;
		return 0;
	case GV_PLAN_BACK:
		s->is_going_back = true;
		return 0;
	case GV_PLAN_BACK_END:
		s->is_going_back = false;
		s->status = record->result == GV_PLAN_PASSED ? GV_PLAN_IS_BACK
							     : GV_PLAN_IS_STUCK;
		s->detail = record->detail;
		return 0;
	case GV_PLAN_DECIDE:
		decide(run, s, record);
		return 0;
	default:
		return gv_err(GV_ECORRUPT, "a record of the run names a step");
	}
}

/* Those that could not be taken back are tried again, once a person resumes. */
static void
resume(struct gv_plan_progress *run)
{
	size_t i;

	for (i = 0; i < run->plan->n; i++)
		if (run->steps[i].status == GV_PLAN_IS_STUCK)
			run->steps[i].status = GV_PLAN_IS_PASSED;
	run->finished = GV_PLAN_NO_RESULT;
}

bool
gv_plan_progress_is_stuck(const struct gv_plan_progress *run)
{
	size_t i;

	for (i = 0; i < run->plan->n; i++)
		if (run->steps[i].status == GV_PLAN_IS_STUCK)
			return true;
	return false;
}

bool
gv_plan_progress_can_retry(const struct gv_plan_progress *run)
{
	return run->finished == GV_PLAN_FAILED && !run->is_backward &&
	    !run->is_aborted && !run->is_undone;
}

/* Steps that passed stay so; `finally` is for whatever comes of this. */
static bool
is_again(const struct gv_plan_step *s, const struct gv_plan_step_progress *p)
{
	if (s->is_final || p->status == GV_PLAN_IS_FAILED)
		return true;
	return p->status == GV_PLAN_IS_SKIPPED && p->detail &&
	    (strcmp(p->detail, "needs") == 0 ||
		strcmp(p->detail, "stopped") == 0);
}

static void
retry(struct gv_plan_progress *run)
{
	struct gv_plan_step_progress *p;
	size_t i;

	for (i = 0; i < run->plan->n; i++) {
		p = &run->steps[i];
		if (!is_again(&run->plan->steps[i], p))
			continue;
		p->status = GV_PLAN_IS_WAITING;
		p->before = p->attempts;
		p->first = p->due = 0;
		p->detail = NULL;
		p->is_by_hand = false;
	}
	run->is_stopping = false;
	run->finished = GV_PLAN_NO_RESULT;
}

int
gv_plan_progress_add(
    struct gv_plan_progress *run, const struct gv_plan_record *record)
{
	if (run->begin == NULL && record->what != GV_PLAN_BEGIN)
		return gv_err(
		    GV_ECORRUPT, "the journal does not begin with a run");
	if (record->step)
		return add_of_step(run, record);
	switch (record->what) {
	case GV_PLAN_BEGIN:
		if (run->begin)
			return gv_err(GV_ECORRUPT, "the run begins twice");
		run->begin = record;
		run->began = record->at;
		return 0;
	case GV_PLAN_ABORT:
		run->is_aborted = run->is_stopping = true;
		run->is_backward = record->result == GV_PLAN_FAILED;
		return 0;
	case GV_PLAN_UNDO:
		resume(run);
		run->is_undone = run->is_stopping = run->is_backward = true;
		return 0;
	case GV_PLAN_RESUME:
		resume(run);
		return 0;
	case GV_PLAN_RETRY:
		if (!gv_plan_progress_can_retry(run))
			return gv_err(GV_ECORRUPT,
			    "a run is tried again that has not failed");
		retry(run);
		return 0;
	case GV_PLAN_APPROVED:
		run->approved_by = record->values ? record->values[1] : NULL;
		return 0;
	case GV_PLAN_FINISH:
		run->finished = record->result;
		run->ended = record->at;
		return 0;
	default:
		return gv_err(GV_ECORRUPT, "a record names no step");
	}
}

/* ---- the next try -------------------------------------------------------- */

int64_t
gv_plan_retry_at(const struct gv_plan_progress *run, uint32_t step, int64_t at)
{
	const struct gv_plan_step *s = &run->plan->steps[step];
	const struct gv_plan_step_progress *p = &run->steps[step];
	const bool is_wait = s->kind == GV_PLAN_WAIT;
	const unsigned tries = p->attempts - p->before;
	int64_t due;

	if (run->is_aborted)
		return -1;
	if (!is_wait && tries >= s->retry.attempts)
		return -1;
	due = at + gv_plan_retry_delay(&s->retry, tries);
	if (is_wait && s->retry.delay == 0)
		due = at + 5;
	if (s->deadline && due >= p->first + s->deadline)
		return -1;
	return due;
}
