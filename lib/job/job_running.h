#ifndef GV_JOB_RUNNING_H
#define GV_JOB_RUNNING_H
/*
 * The runs that are at work in this repository now, each a small file that its
 * process removes at its end, so that anybody can see them and stop one. A file
 * that a killed process left is known by its process and removed.
 *
 *	r = gv_job_running_begin(&at, repo, &run, gv_self_pid(), false);
 *	…
 *	gv_job_running_end(&at);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "job/job.h"
#include "sys/session.h"

struct gv_repo;

/* The file of one's own run; GV_BUF_INIT: none. */
struct gv_job_running {
	struct gv_buf path;
};

#define GV_JOB_RUNNING_INIT                                                    \
	{                                                                      \
		.path = GV_BUF_INIT                                            \
	}

/* One that runs. */
struct gv_job_runner {
	const char *id;
	const char *job; /* NULL: begun by hand */
	const char *what;
	int64_t begun;
	struct gv_session process;
	bool waits; /* for its next try: its process is the one that begins it
		     */
};

struct gv_job_runners {
	struct gv_job_runner *items; /* by id, so the first begun first */
	size_t n, cap;
	struct gv_arena arena;
};

/* Show this run as one of that process, which may be waiting to begin its next
 * try. Called again, it changes what is shown. 0; GV_ENOTFOUND where the system
 * tells nothing of the process; GV_ERROR; GV_ENOMEM. Callers go on without. */
int gv_job_running_begin(struct gv_job_running *at, const struct gv_repo *repo,
    const struct gv_job_run *run, long pid, bool waits);

/* Whether somebody wants this run to stop. */
bool gv_job_running_is_canceled(const struct gv_job_running *at);

/* Remove the file. NULL-safe. */
void gv_job_running_end(struct gv_job_running *at);

/* Find those that run. 0; GV_ERROR; GV_ENOMEM. To be released in any case. */
int gv_job_running_list(struct gv_job_runners *out, const struct gv_repo *repo);
void gv_job_running_release(struct gv_job_runners *runners);

/* Ask one to stop, and wait `ms` until it has. 1 where it has, 0 where it is
 * still at it; GV_EREFUSED where its process belongs to somebody else or runs
 * on another machine; GV_ERROR; GV_ENOMEM. */
int gv_job_running_cancel(
    const struct gv_repo *repo, const struct gv_job_runner *runner, int ms);

#endif
