#ifndef GV_JOB_DUE_H
#define GV_JOB_DUE_H
/*
 * When a schedule of the policy is due. Pure: the policy, the last run and the
 * time decide, and nothing else. However many times were missed, one run makes
 * up for all of them.
 *
 *	at = gv_job_due_at(schedule, last, now, gv_clock_zone);
 *	if (at <= now) …
 */

#include <stdint.h>
#include <time.h>

struct gv_policy_retry;
struct gv_policy_schedule;

/* How many minutes the local clock is ahead of UTC at a time. */
typedef int gv_job_zone(time_t at);

/* When the run after the last one is due: at or before `now`, it is due now.
 * `last` is when the last one was begun, 0: never. One that has never run is
 * due at once, and so is one whose last run is later than `now`, because the
 * clock was wrong. A run that is early by a tenth of its period, at most half
 * an hour, is not put off to the next look. */
int64_t gv_job_due_at(const struct gv_policy_schedule *schedule, int64_t last,
    int64_t now, gv_job_zone *zone);

/* When a run that failed is tried again, by how many tries there were: seconds
 * after it ended; -1 where that was the last. */
int64_t gv_job_due_again(const struct gv_policy_retry *retry, unsigned tries);

#endif
