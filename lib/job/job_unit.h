#ifndef GV_JOB_UNIT_H
#define GV_JOB_UNIT_H
/*
 * The texts by which a scheduler of the system looks now and then for runs that
 * are due: units of systemd, a part of a crontab, a property list of launchd, a
 * task of Windows. Pure. One entry serves all projects of a user.
 *
 *	r = gv_job_unit_service(&text, &unit);
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_buf;

/* How often is looked for what is due. */
enum gv_job_period {
	GV_JOB_HOURLY,
	GV_JOB_DAILY,
	GV_JOB_WEEKLY,
	GV_JOB_PERIODS
};

/* "hourly" …; NULL behind the last. */
extern const char *const gv_job_periods[GV_JOB_PERIODS + 1];

struct gv_job_unit {
	const char *program; /* this one, absolute */
	const char *config;  /* $XDG_CONFIG_HOME where it is set; or NULL */
	enum gv_job_period period;
	unsigned char spread[3]; /* the minute, hour and day of this user */
};

/* The first line of each file that git-vault writes; no other is removed. */
#define GV_JOB_UNIT_MARK                                                       \
	"written by git vault schedule start; git vault schedule stop "        \
	"removes it"

/* The lines of a crontab that ours are between. */
#define GV_JOB_UNIT_BEGIN "# BEGIN GIT-VAULT SCHEDULE\n"
#define GV_JOB_UNIT_END   "# END GIT-VAULT SCHEDULE\n"

/* Append git-vault@.service and git-vault@.timer, which are instantiated by a
 * period. 0; GV_EREFUSED for a path that a unit cannot hold; GV_ENOMEM. */
int gv_job_unit_service(struct gv_buf *out, const struct gv_job_unit *unit);
int gv_job_unit_timer(struct gv_buf *out, const struct gv_job_unit *unit);

/* Append the lines of a crontab, with the marks. The same. */
int gv_job_unit_cron(struct gv_buf *out, const struct gv_job_unit *unit);

/* Append a property list of launchd, and a task for schtasks. The same. */
int gv_job_unit_launchd(struct gv_buf *out, const struct gv_job_unit *unit);
int gv_job_unit_task(struct gv_buf *out, const struct gv_job_unit *unit);

#endif
