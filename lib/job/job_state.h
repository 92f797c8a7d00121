#ifndef GV_JOB_STATE_H
#define GV_JOB_STATE_H
/*
 * What this clone remembers of its jobs: when each was last run and how it
 * ended, how often which result came of which kind, and what was last reported
 * of each condition. A file of lines in the vault's folder of this clone; it is
 * no record, and losing it costs one more run of each job.
 *
 *	r = gv_job_state_load(&state, repo);
 *	last = gv_job_state_find(&state, "nightly");
 *	gv_job_state_release(&state);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "job/job.h"

struct gv_buf;
struct gv_repo;

#define GV_JOB_STATE_TIMES 9 /* durations that are remembered of a job */

struct gv_job_last {
	const char *name; /* of the job */
	int64_t due;      /* the look that began it: what the next is by */
	int64_t begun, ended;
	enum gv_job_status status;
	int64_t success;                   /* when one last was; 0: never */
	const char *id;                    /* of the run */
	bool has_size;                     /* the run said what it added: */
	uint64_t stored;                   /* bytes */
	int64_t times[GV_JOB_STATE_TIMES]; /* seconds, the newest first */
	size_t n_times;
};

struct gv_job_count {
	const char *what; /* "snapshot" … */
	uint64_t n[GV_JOB_STATUSES];
	uint64_t stored; /* bytes that they added */
};

/* A condition that does not hold, by its key ("run nightly"). */
struct gv_job_told {
	const char *key;
	int64_t since; /* when that was first reported, */
	int64_t time;  /* and when last */
};

struct gv_job_state {
	struct gv_job_last *jobs;
	size_t n, cap;
	struct gv_job_count *counts;
	size_t n_counts, cap_counts;
	struct gv_job_told *told;
	size_t n_told, cap_told;
	struct gv_arena arena;
};

/* Read the bytes of the file; what is no such line is passed over, since a
 * lost line costs little. 0 or GV_ENOMEM. To be released in any case. */
int gv_job_state_read(struct gv_job_state *out, const char *text, size_t len);

/* Append the bytes. 0 or GV_ENOMEM. */
int gv_job_state_write(struct gv_buf *out, const struct gv_job_state *state);

/* Read the file of a repository; empty where there is none, and *is_there (may
 * be NULL) says which. 0; GV_ERROR; GV_ENOMEM. To be released in any case. */
int gv_job_state_load(
    struct gv_job_state *out, bool *is_there, const struct gv_repo *repo);

/* Whether there is that file: somebody has scheduled something here. */
bool gv_job_state_exists(const struct gv_repo *repo);

/* Change it: load, call change(), save, with all others kept out. 0; what
 * change() returned; GV_ELOCKED; GV_ERROR; GV_ENOMEM. */
int gv_job_state_change(const struct gv_repo *repo,
    int (*change)(void *ctx, struct gv_job_state *state), void *ctx);

/* The last run of a job; NULL: none is known. */
const struct gv_job_last *
gv_job_state_find(const struct gv_job_state *state, const char *name);

/* Note a run: its job's last, and its result counted. `due` is the look that
 * began it. 0 or GV_ENOMEM. */
int gv_job_state_note(
    struct gv_job_state *state, const struct gv_job_run *run, int64_t due);

/* Note that a condition was reported not to hold. 0 or GV_ENOMEM. */
int
gv_job_state_tell(struct gv_job_state *state, const char *key, int64_t time);

/* Note that it holds again. */
void gv_job_state_forget(struct gv_job_state *state, const char *key);

/* What was last reported of a condition; NULL: nothing. */
const struct gv_job_told *
gv_job_state_told(const struct gv_job_state *state, const char *key);

/* The median of a job's durations in seconds; -1 with fewer than three. */
int64_t gv_job_state_median(const struct gv_job_last *last);

/* NULL-safe, zeroed ok. */
void gv_job_state_release(struct gv_job_state *state);

#endif
