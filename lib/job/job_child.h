#ifndef GV_JOB_CHILD_H
#define GV_JOB_CHILD_H
/*
 * One try of a scheduled run: the command of git-vault that does it, as a
 * process of its own, so that a crash or a hang stays in it.
 *
 *	r = gv_job_child_run(&run, &arena, repo, &child);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "config/policy.h"
#include "job/job.h"

struct gv_answer;
struct gv_job_running;
struct gv_repo;

/* The environment variable that tells a child which run it is part of. */
#define GV_JOB_CHILD_RUN "GIT_VAULT_RUN"

#define GV_JOB_CHILD_WORDS (8 + GV_POLICY_COMPONENTS_MAX)

/* The command of each kind: "component" and so on, the first of its words. */
const char *gv_job_child_command(enum gv_policy_job what);

/* The words behind "git vault" for a schedule, NULL behind the last. Pure. */
void gv_job_child_words(const char *words[GV_JOB_CHILD_WORDS],
    const struct gv_policy_schedule *schedule);

/* Take into a run what its command answered; texts go to the arena. Pure. 0 or
 * GV_ENOMEM. */
int gv_job_child_take(struct gv_job_run *run, struct gv_arena *arena,
    enum gv_policy_job what, const struct gv_answer *answer);

struct gv_job_child {
	const struct gv_policy_schedule *schedule;
	const char *self;               /* this program */
	struct gv_job_running *running; /* shows the run as that process */
};

/* Run it, and set what `run` has of its end but the time. 0, whatever came of
 * it; GV_ECANCELED where this process is to stop; GV_ENOMEM. */
int gv_job_child_run(struct gv_job_run *run, struct gv_arena *arena,
    struct gv_repo *repo, const struct gv_job_child *child);

#endif
