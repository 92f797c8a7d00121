#ifndef GV_JOB_GO_H
#define GV_JOB_GO_H
/*
 * Runs what the policy's schedules want now, one after the other: each in a
 * process of its own, tried again as its schedule says, with a report left
 * behind. Two of these never work at the same time in one repository.
 *
 *	r = gv_job_go(&result, repo, &opts);
 *	if (result.busy_since) …
 *	gv_job_go_release(&result);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/job.h"
#include "job/job_due.h"

struct gv_policy_schedule;
struct gv_repo;

struct gv_job_go_opts {
	const char *self; /* this program */
	int64_t now;      /* seconds since 1970; goes on from here */
	gv_job_zone *zone;
	/* Schedules to run whether due or not, NULL behind the last; NULL: what
	 * is due. */
	const char *const *names;
	/* Whether git-vault has that command. */
	bool (*has_command)(void *ctx, const char *name);
	/* A run begins; one has ended, and its report is written. Both may be
	 * NULL. A negative value ends all. */
	int (*began)(void *ctx, const struct gv_job_run *run);
	int (*ended)(void *ctx, const struct gv_job_run *run);
	/* A job is left for the next look, because that run, begun by hand,
	 * dumps components now. May be NULL. */
	void (*left)(void *ctx, const char *job, const char *id);
	void *ctx;
};

struct gv_job_go_result {
	bool is_busy; /* another one is at it: nothing was done */
	int64_t busy_since;
	char busy_id[GV_JOB_ID_LEN + 1];
	size_t n[GV_JOB_STATUSES]; /* runs by how they ended */
	size_t n_left;             /* jobs that were left for the next look */
	int64_t now;               /* when it was over, by the clock above */
};

/* Run. 0, whatever came of the runs; GV_EUSAGE where there is no schedule of a
 * name; GV_ECANCELED; GV_EREFUSED where the policy cannot be read; GV_ERROR;
 * GV_ENOMEM. */
int gv_job_go(struct gv_job_go_result *out, struct gv_repo *repo,
    const struct gv_job_go_opts *opts);

#endif
