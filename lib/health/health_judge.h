#ifndef GV_HEALTH_JUDGE_H
#define GV_HEALTH_JUDGE_H
/*
 * What is good enough: how many runs succeed, which took too long, what each of
 * the last 90 days was like, how much did not have to be stored. Pure functions
 * of runs and times.
 *
 *	gv_health_ratio(&ratio, goal, runs, n, 30, now);
 *	if (gv_health_is_met(goal, &ratio))
 *		…
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

#define GV_HEALTH_DAYS 90
#define GV_HEALTH_DAY  ((int64_t)86400)

/* What is run, as `runs_total` counts it. */
enum gv_health_job {
	GV_HEALTH_SNAPSHOT,
	GV_HEALTH_COMPONENT,
	GV_HEALTH_REPLICATE,
	GV_HEALTH_VERIFY,
	GV_HEALTH_DRILL,
	GV_HEALTH_RESTORE,
	GV_HEALTH_RECOVER,
	GV_HEALTH_ROLLBACK,
	GV_HEALTH_JOBS
};

/* "snapshot" …; NULL behind the last. */
extern const char *const gv_health_jobs[GV_HEALTH_JOBS + 1];

/* The job that a run was of: the policy calls that of components
 * "components". GV_HEALTH_JOBS: another one. */
enum gv_health_job gv_health_job_of(const char *what);

/* How many runs are to succeed. */
struct gv_health_goal {
	const char *name; /* "backup" … */
	unsigned jobs;    /* bits of enum gv_health_job */
	double share;     /* 0.999 */
};

#define GV_HEALTH_GOALS 4
extern const struct gv_health_goal gv_health_goals[GV_HEALTH_GOALS];

struct gv_health_ratio {
	size_t n;    /* runs; those that somebody stopped do not count */
	size_t good; /* that succeeded as a whole */
};

/* Count the runs of a goal of that many days before `now`; what is later than
 * now is passed over. */
void
gv_health_ratio(struct gv_health_ratio *out, const struct gv_health_goal *goal,
    const struct gv_job_run *runs, size_t n, unsigned days, int64_t now);

/* Whether enough succeeded; also where there were none. */
bool gv_health_is_met(
    const struct gv_health_goal *goal, const struct gv_health_ratio *ratio);

/* What did not have to be stored of what runs of 90 days captured, from 0 to 1;
 * *n (may be NULL) of them said so; -1: none. */
double gv_health_saved(
    size_t *n, const struct gv_job_run *runs, size_t n_runs, int64_t now);

#define GV_HEALTH_SAVED 0.7 /* is to be saved, at least */

/* A run that took more than twice the median of those before it. */
struct gv_health_slow {
	const struct gv_job_run *run;
	int64_t median;
};

/* Whether the run runs[i], of runs with the newest first, took more than twice
 * the median of the up to nine finished ones of its job before it, of which
 * there have to be three. */
bool gv_health_is_slow(struct gv_health_slow *out,
    const struct gv_job_run *runs, size_t n, size_t i);

/* The newest run of each job or, begun by hand, kind, that was slow: at most
 * `most`, the newest first. */
size_t gv_health_slowest(struct gv_health_slow *out, size_t most,
    const struct gv_job_run *runs, size_t n);

/* What a day was like, for an environment. */
enum gv_health_day {
	GV_HEALTH_BEFORE,  /* the first snapshot */
	GV_HEALTH_NOTHING, /* was run, and nothing was wanted */
	GV_HEALTH_FINE,    /* a snapshot was taken, or found nothing new */
	GV_HEALTH_PARTLY,  /* some of it is missing */
	GV_HEALTH_FAILED,  /* nothing succeeded */
	GV_HEALTH_MISSED,  /* the last snapshot was older than it may be */
	GV_HEALTH_DAY_KINDS
};

/* "before" …; NULL behind the last. */
extern const char *const gv_health_day_kinds[GV_HEALTH_DAY_KINDS + 1];

/* Whole snapshots by day, the last day being that of now (in UTC). */
struct gv_health_taken {
	int64_t now;
	int64_t first;                /* of all; 0: none */
	size_t n[GV_HEALTH_DAYS];     /* taken on that day */
	int64_t last[GV_HEALTH_DAYS]; /* the newest at its end; 0: none */
};

/* Count; times in any order. What is later than now is passed over. */
void gv_health_take(
    struct gv_health_taken *out, const int64_t *times, size_t n, int64_t now);

/* Judge the days by these snapshots, by runs that are about this environment or
 * all, and by how old a snapshot may become (0: any age). */
void gv_health_judge_days(unsigned char days[GV_HEALTH_DAYS],
    const struct gv_health_taken *taken, const struct gv_job_run *runs,
    size_t n, const char *env, int64_t most);

#endif
