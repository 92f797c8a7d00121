#ifndef GV_POLICY_JOB_H
#define GV_POLICY_JOB_H
/*
 * What the policy says of runs at set times: its section schedule. Include
 * config/policy.h, which has this in it.
 *
 *	runs = gv_policy_runs(&policy);
 *	… runs->items[i].what, runs->items[i].every
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/policy_limits.h"

struct gv_policy;

/* Where nothing is said, in seconds. */
#define GV_POLICY_DRILL_EVERY ((int64_t)90 * 86400)

/* What runs at set times. */
enum gv_policy_job {
	GV_POLICY_JOB_DRILL,
	GV_POLICY_JOB_SNAPSHOT,
	GV_POLICY_JOB_COMPONENTS,
	GV_POLICY_JOB_REPLICATE,
	GV_POLICY_JOB_VERIFY,
	GV_POLICY_JOB_PRUNE,
	GV_POLICY_JOBS
};

/* "drill" …, by number; NULL behind the last. */
extern const char *const gv_policy_jobs[GV_POLICY_JOBS + 1];

/* How often a run that failed is tried: as a step of a plan. */
struct gv_policy_retry {
	unsigned attempts, backoff; /* both at least 1 */
	int64_t delay, max_delay;   /* seconds; 0: none */
};

/* When something is due. */
struct gv_policy_schedule {
	const char *name;
	enum gv_policy_job what;
	const char *env; /* NULL: of all environments */
	/* with GV_POLICY_JOB_COMPONENTS, which of them; none: all of `env` */
	struct gv_policy_texts components;
	int64_t every; /* seconds */
	bool has_at;   /* at a time of the local clock: */
	int hour;      /* of a day; -1: each hour */
	int minute;
	struct gv_policy_retry retry;
	unsigned line;
};

struct gv_policy_schedules {
	struct gv_policy_schedule *items; /* in the order of the file */
	size_t n, cap;
};

/* What runs by itself: of a policy that came with a pull the accepted entries
 * alone. Borrowed. */
const struct gv_policy_schedules *
gv_policy_runs(const struct gv_policy *policy);

/* Whether the file has other runs than these, which nobody accepted. */
bool gv_policy_runs_wait(const struct gv_policy *policy);

#endif
