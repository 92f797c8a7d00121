#ifndef GV_DRILL_TIMER_H
#define GV_DRILL_TIMER_H
/*
 * The texts by which a scheduler runs drills: an entry of a crontab between
 * marks, and the two files of a user's timer of systemd. Pure. The job runs
 * each day and drills only when one is due, so a day that was missed is caught
 * up once.
 *
 *	r = gv_drill_timer_crontab(&text, old, &timer);
 *	r = gv_drill_timer_service(&text, &timer);
 */

#include <stdbool.h>

struct gv_buf;

struct gv_drill_timer {
	const char *dir;   /* the repository */
	const char *env;   /* or NULL */
	const char *every; /* "90d" */
};

/* Whether the texts of schedulers can hold these names. */
bool gv_drill_timer_fits(const struct gv_drill_timer *timer);

/* A name for the files that no other repository or environment has. */
int gv_drill_timer_name(struct gv_buf *out, const struct gv_drill_timer *timer);

/* The crontab with the entry for this repository and environment replaced, or
 * added at the end; taken out where `every` is NULL. What is outside of the
 * marks stays as it is. 0 or GV_ENOMEM. */
int gv_drill_timer_crontab(
    struct gv_buf *out, const char *old, const struct gv_drill_timer *timer);

/* The files of systemd. 0 or GV_ENOMEM. */
int
gv_drill_timer_service(struct gv_buf *out, const struct gv_drill_timer *timer);
int
gv_drill_timer_timer(struct gv_buf *out, const struct gv_drill_timer *timer);

#endif
