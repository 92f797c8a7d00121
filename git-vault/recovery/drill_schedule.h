#ifndef DRILL_SCHEDULE_H
#define DRILL_SCHEDULE_H
/*
 * Drills at set times: an entry of the user's crontab, or a timer of systemd,
 * shown before it is written.
 *
 *	r = gv_drill_schedule(ctx, &how);
 */

#include <stdbool.h>

struct gv_ctx;

enum gv_drill_scheduler {
	GV_DRILL_SYSTEMD,
	GV_DRILL_CRONTAB,
};

/* "systemd", "crontab"; NULL behind the last. */
extern const char *const gv_drill_schedulers[];

struct gv_drill_schedule {
	const char *env;   /* or NULL */
	const char *every; /* NULL: 90d */
	int with;          /* of enum gv_drill_scheduler; -1: what is there */
	bool remove, yes;
};

/* Show what would be written, ask, write it. 0; GV_EREFUSED where there is no
 * scheduler; GV_ERROR. */
int gv_drill_schedule(struct gv_ctx *ctx, const struct gv_drill_schedule *how);

#endif
