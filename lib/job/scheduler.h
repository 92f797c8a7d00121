#ifndef GV_SCHEDULER_H
#define GV_SCHEDULER_H
/*
 * The scheduler of this user's system that looks for due runs: systemd, else
 * crontab; launchd and the task scheduler where these are. Files are written
 * only below the user's folders of configuration. Only these are removed.
 *
 *	r = gv_scheduler_start(&at, &opts);
 *	r = gv_scheduler_stop(&stopped, &opts);
 */

#include <stdbool.h>

#include "base/buf.h"
#include "job/job_unit.h"

enum gv_scheduler_kind {
	GV_SCHEDULER_SYSTEMD,
	GV_SCHEDULER_CRONTAB,
	GV_SCHEDULER_LAUNCHD,
	GV_SCHEDULER_SCHTASKS,
	GV_SCHEDULER_KINDS
};

/* "systemd" …; NULL behind the last. */
extern const char *const gv_scheduler_kinds[GV_SCHEDULER_KINDS + 1];

struct gv_scheduler_opts {
	const char *program;       /* this one, absolute */
	enum gv_job_period period; /* of start */
	int with;                  /* of enum gv_scheduler_kind; -1: any */
	const char *shut; /* no program below this folder is run; or NULL */
};

/* Where ours is installed. */
struct gv_scheduler_place {
	int kind;                  /* -1: nowhere */
	enum gv_job_period period; /* as far as it can be seen */
	struct gv_buf file;        /* that says so; empty for a crontab */
};

#define GV_SCHEDULER_PLACE_INIT                                                \
	{                                                                      \
		.kind = -1, .file = GV_BUF_INIT                                \
	}

/* NULL-safe. */
void gv_scheduler_place_release(struct gv_scheduler_place *place);

/* Install, and remove the entry of another scheduler. 0; GV_EREFUSED where
 * there is no scheduler, or a file is in the way that is not ours; GV_ERROR;
 * GV_ENOMEM. Release *out in any case. */
int gv_scheduler_start(
    struct gv_scheduler_place *out, const struct gv_scheduler_opts *opts);

/* Remove it wherever it is installed; *out says whether it was. 0; GV_ERROR;
 * GV_ENOMEM. */
int gv_scheduler_stop(bool *out, const struct gv_scheduler_opts *opts);

/* Look where it is installed. 0; GV_ENOMEM. Release *out in any case. */
int gv_scheduler_look(
    struct gv_scheduler_place *out, const struct gv_scheduler_opts *opts);

#endif
