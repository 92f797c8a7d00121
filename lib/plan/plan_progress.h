#ifndef GV_PLAN_PROGRESS_H
#define GV_PLAN_PROGRESS_H
/*
 * How far a run is, by its journal, and what comes next. All that a run decides
 * is decided here, by the plan, the records up to now and the time; so a run
 * that was killed and goes on decides the same.
 *
 *	r = gv_plan_progress_init(&run, &plan);
 *	r = gv_plan_progress_add(&run, &record);	for each
 *	r = gv_plan_next(&next, &run, now);
 *	switch (next.kind) …
 *	gv_plan_progress_release(&run);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan_journal.h"
#include "plan/plan_order.h"
#include "plan/plan_template.h"

struct gv_plan;

enum gv_plan_status {
	GV_PLAN_IS_WAITING,
	GV_PLAN_IS_RUNNING, /* a try has begun and not ended */
	GV_PLAN_IS_DUE,     /* failed; another try comes */
	GV_PLAN_IS_PASSED,
	GV_PLAN_IS_FAILED, /* for good */
	GV_PLAN_IS_SKIPPED,
	GV_PLAN_IS_BACK,  /* passed, and taken back since */
	GV_PLAN_IS_STUCK, /* it could not be taken back */
};

/* "waiting", "running", "retrying", "passed", "failed", "skipped",
 * "rolled_back", "rollback_failed". */
const char *gv_plan_status_name(enum gv_plan_status status);

/* Why a rehearsal skips a step, as its record says: it is to be left out, or it
 * needs what a sandbox does not have. */
#define GV_PLAN_SKIP_DRILL   "drill"
#define GV_PLAN_SKIP_NETWORK "network"

/* Why an ended run leaves a step: its try was interrupted, and only a person
 * could know what it did. */
#define GV_PLAN_SKIP_UNSURE "unsure"

struct gv_plan_step_progress {
	enum gv_plan_status status;
	unsigned attempts;  /* tries that ended */
	unsigned before;    /* of them, those before the run was tried again */
	bool is_by_hand;    /* a person said that it was done */
	bool is_going_back; /* that has begun and not ended */
	int64_t first;      /* when the first try began; 0: none */
	int64_t due;        /* of the next try */
	int64_t ms;         /* of the last try */
	uint64_t order;     /* which one to pass it was, from 1 */
	int result;         /* enum gv_plan_result of the last try */
	int exit;           /* the exit status of its command */
	const char *detail; /* of the last try; borrowed from its record */
	const char *old;    /* of a switch: the value before … */
	const char *raw;    /* … and as it was written; or NULL */
	const char *const *outputs; /* names and values in turn; or NULL */
};

struct gv_plan_progress {
	const struct gv_plan *plan;
	struct gv_plan_order order;
	struct gv_plan_step_progress *steps;
	const struct gv_plan_record *begin; /* NULL: not begun */
	const char *approved_by; /* names, ", " between two; or NULL */
	uint64_t n_passed;
	bool is_stopping; /* no other step of `steps` begins */
	bool is_backward; /* passed steps are taken back */
	bool is_aborted;
	bool is_undone;               /* a person wanted it taken back */
	enum gv_plan_result finished; /* GV_PLAN_NO_RESULT: it is not */
	int64_t began, ended;
};

/* The plan has no faults, and stays. 0; GV_ENOMEM. */
int
gv_plan_progress_init(struct gv_plan_progress *out, const struct gv_plan *plan);

/* Take one record in; it and its texts stay. 0; GV_ECORRUPT where it cannot
 * follow what was before it. */
int gv_plan_progress_add(
    struct gv_plan_progress *run, const struct gv_plan_record *record);

void gv_plan_progress_release(struct gv_plan_progress *run);

/* ---- what comes next ---- */

enum gv_plan_next_kind {
	GV_PLAN_NEXT_START,  /* begin a try of `step`, its number `attempt` */
	GV_PLAN_NEXT_SKIP,   /* `step` is not run, because of `why` */
	GV_PLAN_NEXT_BACK,   /* take `step` back */
	GV_PLAN_NEXT_WAIT,   /* nothing before `until`, or before one ends */
	GV_PLAN_NEXT_ASK,    /* a try of `step` was interrupted, and a person
				has to say what became of it */
	GV_PLAN_NEXT_FINISH, /* nothing is left: `result` */
};

struct gv_plan_next {
	enum gv_plan_next_kind kind;
	uint32_t step;
	unsigned attempt;
	int64_t until;   /* 0: only one that ends matters */
	const char *why; /* static */
	enum gv_plan_result result;
};

/* What to do now. `running` counts the tries that are running in this process,
 * and is_running() knows which (NULL: none); a try that the journal has begun
 * and this process does not run was interrupted. 0; what `look` returned, which
 * gives the values for conditions; GV_ENOMEM. */
struct gv_plan_now {
	int64_t now;
	unsigned running;
	bool (*is_running)(void *ctx, uint32_t step);
	gv_plan_look_fn *look;
	void *ctx;
};

/* Whether a run that is over has failed steps to try again: it was neither
 * ended by a person nor taken back. */
bool gv_plan_progress_can_retry(const struct gv_plan_progress *run);

/* Whether a step of it could not be taken back. */
bool gv_plan_progress_is_stuck(const struct gv_plan_progress *run);

int gv_plan_next(struct gv_plan_next *out, const struct gv_plan_progress *run,
    const struct gv_plan_now *at);

/* When the try after the one that just failed is due: seconds since 1970, or
 * -1 if it was the last. `at` is when it ended. */
int64_t
gv_plan_retry_at(const struct gv_plan_progress *run, uint32_t step, int64_t at);

#endif
