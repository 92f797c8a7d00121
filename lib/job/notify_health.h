#ifndef GV_NOTIFY_HEALTH_H
#define GV_NOTIFY_HEALTH_H
/*
 * The conditions that notifications are about: runs that have ended, and what
 * the checks for monitors find (doctor), as events.
 *
 *	r = gv_notify_health_run(&health, &run);
 *	r = gv_notify_health_look(&health, repo, now);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "job/notify.h"

struct gv_repo;

#define GV_NOTIFY_HEALTH_BLIND 8

/* A target of copies. */
struct gv_notify_copies {
	const char *name;
	bool is_well;      /* nothing is wrong with it, but that it may lack
			      snapshots of the last day */
	bool is_whole;     /* it lacks none */
	int64_t succeeded; /* when it last got everything; 0: never */
};

struct gv_notify_health {
	struct gv_notify_condition *items;
	size_t n, cap;
	/* events that could not be looked for: nothing of them has ended */
	const char *blind[GV_NOTIFY_HEALTH_BLIND];
	size_t n_blind;
	/* all targets of copies; none is known to be in order, or removed,
	 * where these could not be read */
	struct gv_notify_copies *targets;
	size_t n_targets;
	bool has_targets;
	struct gv_arena arena;
};

/* Add a condition; its texts are copied. 0 or GV_ENOMEM. */
int gv_notify_health_add(struct gv_notify_health *health,
    const struct gv_notify_condition *condition);

/* Add a run that has ended. 0 or GV_ENOMEM. */
int gv_notify_health_run(
    struct gv_notify_health *health, const struct gv_job_run *run);

/* Add what endangers the vault now. 0; as gv_doctor_run(). */
int gv_notify_health_look(
    struct gv_notify_health *health, struct gv_repo *repo, int64_t now);

/* Add that what was reported, and is not found any more, holds again; runs
 * apart. A target of copies is in order again when it lacks nothing, or when a
 * push since then has brought all there was. 0 or GV_ENOMEM. */
int gv_notify_health_ended(
    struct gv_notify_health *health, const struct gv_job_state *state);

/* The event that a finding of doctor is; NULL: none is sent. Pure. */
const char *gv_notify_health_event(const char *kind, bool is_error);

void gv_notify_health_release(struct gv_notify_health *health);

#endif
