#ifndef GV_INIT_H
#define GV_INIT_H
/*
 * Setting a repository up for its vault: a few lines of Git's configuration
 * and a folder. Every other capability works without it where it can. Doing
 * it again changes nothing; what the user has set otherwise stays.
 *
 *	r = gv_init_run(&report, repo, false);
 *	for (i = 0; i < report.n; i++) … report.steps[i]
 *	gv_init_release(&report);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_repo;

enum gv_init_action {
	GV_INIT_ADDED,   /* set now, or with a dry run to be set */
	GV_INIT_FOUND,   /* was so already */
	GV_INIT_KEPT,    /* the user has set something else, which stays */
	GV_INIT_SKIPPED, /* does not apply here */
};

struct gv_init_step {
	enum gv_init_action action;
	char *key;          /* of the configuration; NULL for the folder */
	char *value;        /* the value wanted, or the folder's path */
	char *kept;         /* of GV_INIT_KEPT: the value that stays */
	const char *reason; /* what it is for, or why not; static */
};

struct gv_init_report {
	struct gv_init_step *steps;
	size_t n, cap;
};

/* Set up the repository (with `dry_run` only say what would be done). 0, or
 * GV_ERROR with git's words where the configuration cannot be written; the
 * steps before that one stay done. The caller releases the report either
 * way. */
int gv_init_run(struct gv_init_report *out, struct gv_repo *repo, bool dry_run);

/* Free; NULL-safe. */
void gv_init_release(struct gv_init_report *report);

#endif
