#ifndef GV_JOB_H
#define GV_JOB_H
/*
 * A run of a job: what was run, when, and what came of it. The policy says
 * which jobs there are (section schedule); a run begun by hand is one, too.
 *
 *	struct gv_job_run run = { .what = "verify", .begun = now };
 *	r = gv_job_report_write(repo, &run);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_JOB_ID_LEN 25 /* YYYYMMDDTHHMMSSZ-xxxxxxxx */
#define GV_JOB_PARTS  64 /* components that a report names */

enum gv_job_status {
	GV_JOB_SUCCESS,
	GV_JOB_PARTIAL, /* some was done; exit status 3 */
	GV_JOB_FAILED,
	GV_JOB_STATUSES
};

/* "success", "partial", "failed"; NULL behind the last. */
extern const char *const gv_job_statuses[GV_JOB_STATUSES + 1];

/* What became of one component, target or the like. */
struct gv_job_part {
	const char *name;
	const char *env; /* or NULL */
	enum gv_job_status status;
	const char *reason; /* or NULL */
	uint64_t bytes;
};

struct gv_job_run {
	char id[GV_JOB_ID_LEN + 1];
	const char *job;  /* its name in the policy; NULL: begun by hand */
	const char *what; /* "snapshot" … */
	const char *env;  /* or NULL */
	int64_t begun, ended;
	enum gv_job_status status;
	int exit;
	unsigned attempts;
	const char *reason; /* why it is no success; NULL */
	bool is_canceled;   /* … because somebody stopped it */
	uint64_t bytes;     /* that it is about; with has_size */
	uint64_t stored;    /* that were added */
	bool has_size;
	const char *location; /* of what it made: a ref; NULL */
	const char *checksum; /* its object id; NULL */
	struct gv_job_part *parts;
	size_t n_parts;
};

/* What an exit status of git-vault says. */
enum gv_job_status gv_job_status_of(int exit);

/* The status of that name, or GV_JOB_STATUSES. */
enum gv_job_status gv_job_status_named(const char *name);

/* Make an id of that time. 0; GV_ERROR without random bytes. */
int gv_job_id(char out[GV_JOB_ID_LEN + 1], int64_t now);

#endif
