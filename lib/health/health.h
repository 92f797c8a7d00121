#ifndef GV_HEALTH_H
#define GV_HEALTH_H
/*
 * How a vault is, in figures: collected once, in bounded time and memory, and
 * then written as metrics or as a page. Nobody is asked, and nothing but caches
 * is written. Which of it is good enough: health_judge.h.
 *
 *	r = gv_health_load(&health, repo, &opts);
 *	r = gv_metrics_text(&text, &health, PACKAGE_VERSION);
 *	r = gv_page_html(&text, &health, PACKAGE_VERSION);
 *	gv_health_release(&health);
 *
 * Reports of runs come from all hosts and nobody signs them. They are counted
 * and drawn; when something last succeeded is what this clone knows itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit_find.h"
#include "base/arena.h"
#include "base/buf.h"
#include "doctor/doctor.h"
#include "drift/drift.h"
#include "drill/drill_due.h"
#include "health/health_judge.h"
#include "job/job_list.h"

struct gv_repo;

/* What is looked at, at most; `left_out` counts the rest. */
#define GV_HEALTH_RUNS       5000 /* reports, the newest */
#define GV_HEALTH_ENVS       100
#define GV_HEALTH_COMPONENTS 200
#define GV_HEALTH_TARGETS    50
#define GV_HEALTH_EVENTS     20
#define GV_HEALTH_TREND      24 /* points of a line */

/* Numbers in the order of time. */
struct gv_health_trend {
	double at[GV_HEALTH_TREND];
	size_t n;
};

struct gv_health_env {
	const char *name;
	/* the policy's targets in seconds; 0: not set */
	int64_t rpo; /* the smaller of `rpo` and `every` */
	int64_t rto;
	size_t good; /* its place in doctor.envs; doctor.n_envs: no record */
	struct gv_drill_state drill;
	bool is_drilled; /* the policy wants drills of it, or some were run */
	struct gv_health_trend recovery; /* seconds of its drills */
	/* drift against the environment before it in the order of promotion */
	const char *against;            /* NULL: it was not compared */
	size_t drift[GV_DRIFT_CLASSES]; /* keys that should not differ */
	size_t drifts, expected;
	/* its configuration, as HEAD has it */
	bool has_config;
	size_t wrong, unsure;     /* problems */
	const char *config_first; /* the first of them: a sentence; NULL */
	size_t approvals;         /* that somebody waits for in this clone */
	unsigned char days[GV_HEALTH_DAYS]; /* of enum gv_health_day */
};

struct gv_health_component {
	const char *env, *name, *engine;
	int64_t time; /* of the last dump; 0: the policy has it, and no dump */
	uint64_t bytes;
	size_t dumps;
	struct gv_health_trend sizes;
};

/* A copy elsewhere: a remote of Git, or a store. */
struct gv_health_copy {
	const char *name;
	bool is_store;
	bool is_known;    /* this clone has seen it */
	bool is_damaged;  /* … and found it damaged, or gone */
	uint64_t behind;  /* snapshots that it lacks, as it was last seen */
	int64_t since;    /* when the oldest of these was taken, or 0 */
	int64_t last;     /* when it was last pushed to; 0: not known */
	int64_t verified; /* when it was last verified; 0: never */
	const char *how;  /* … to which level; NULL */
};

struct gv_health {
	int64_t now;
	const char *repository;         /* the name of its folder */
	struct gv_doctor_report doctor; /* the brief look */
	size_t snapshots;               /* whole ones */
	int64_t oldest, newest;         /* of these; 0 without snapshots */
	int64_t point;  /* until then everything is saved: the newest, or a
			  scheduled one that found nothing new; 0 likewise */
	uint64_t bytes; /* of the newest's files */
	struct gv_health_trend sizes; /* of snapshots, over time */
	uint64_t store;               /* bytes of the repository's packs */
	struct gv_job_list jobs;
	bool counts;             /* runs begun by hand are counted, too */
	struct gv_job_run *runs; /* reports, the newest first */
	size_t n_runs;
	struct gv_health_env *envs; /* in the order of promotion */
	size_t n_envs;
	/* by environment and name, then those without a dump */
	struct gv_health_component *components;
	size_t n_components;
	struct gv_health_copy *copies; /* remotes, then stores */
	size_t n_copies;
	/* snapshots of which the policy wants copies in stores; that have too
	 * few that were verified */
	uint64_t wanted, lacking;
	struct gv_drill_log drills;
	struct gv_drill_dues dues;
	bool wants_drills;
	struct gv_audit_found events; /* the newest first */
	/* approvals that are waited for and are of no environment above */
	size_t approvals;
	bool has_secrets;       /* they could be read */
	size_t secrets_due;     /* in use although they were revoked */
	struct gv_buf problems; /* a sentence a line: what could not be read */
	size_t left_out; /* environments, components and so on that were not
			    looked at */
	struct gv_arena arena;
};

struct gv_health_opts {
	int64_t now;             /* seconds since 1970 */
	int64_t max_age;         /* as of gv_doctor_opts; 0: its default */
	int64_t verified_within; /* the same */
};

/* Collect. 0, also where some of it could not be read; GV_ECANCELED, GV_ENOMEM;
 * GV_ERROR where the repository cannot be read at all. To be released in any
 * case. */
int gv_health_load(struct gv_health *out, struct gv_repo *repo,
    const struct gv_health_opts *opts);

/* Add to what doctor found: jobs whose last run was no success. 0; GV_ENOMEM;
 * GV_ECANCELED; GV_ERROR. (health_jobs.c) */
int gv_health_judge_jobs(
    struct gv_doctor_report *report, struct gv_repo *repo, int64_t now);

/* The same of components that nobody has dumped; of a whole health they are
 * known without it. */
int gv_health_judge_components(
    struct gv_doctor_report *report, struct gv_repo *repo);

/* The sentence that sums it up: whether everything is recoverable. */
bool gv_health_is_good(const struct gv_health *health);

/* Whether more time has passed since the recovery point than the policy lets,
 * or the environment has none. */
bool gv_health_is_late(
    const struct gv_health *health, const struct gv_health_env *env);

/* NULL-safe, zeroed ok. */
void gv_health_release(struct gv_health *health);

#endif
