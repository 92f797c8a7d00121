#ifndef GV_INIT_H
#define GV_INIT_H
/*
 * Setting a repository up for its vault: a few lines of Git's configuration, a
 * folder, and a keyring with an identity of this host. Every other capability
 * works without it where it can. Doing it again changes nothing; what the user
 * has set otherwise stays.
 *
 *	r = gv_init_run(&report, &safe, repo, &opts, false);
 *	for (i = 0; i < report.n; i++) … report.steps[i]
 *	gv_init_release(&report);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_repo;
struct gv_safe;
struct gv_safe_opts;

enum gv_init_action {
	GV_INIT_ADDED,   /* set now, or with a dry run to be set */
	GV_INIT_FOUND,   /* was so already */
	GV_INIT_KEPT,    /* the user has set something else, which stays */
	GV_INIT_SKIPPED, /* does not apply here */
};

struct gv_init_step {
	enum gv_init_action action;
	/* of the configuration; "keyring"; "keyring of REMOTE"; NULL for the
	 * folder */
	char *key;
	/* the value wanted, the fingerprint, the folder's path, or why a remote
	 * cannot be asked; NULL where that is not known yet */
	char *value;
	char *kept;         /* of GV_INIT_KEPT: the value that stays */
	const char *reason; /* what it is for, or why not; static */
};

struct gv_init_report {
	struct gv_init_step *steps;
	size_t n, cap;
};

/* Set up the repository (with `dry_run` only say what would be done). Where
 * there is no keyring, or one that one alone reads, remotes are asked for
 * theirs; that one cannot be is a step of the report, and no failure. The safe
 * is opened so; *safe is the caller's to close, who has its news then. 0, or
 * GV_ERROR with git's words where the configuration cannot be written, or what
 * gv_safe_open() and gv_safe_prepare() return; the steps before that one stay
 * done. The caller releases the report either way. */
int gv_init_run(struct gv_init_report *out, struct gv_safe **safe,
    struct gv_repo *repo, const struct gv_safe_opts *opts, bool dry_run);

/* Free; NULL-safe. */
void gv_init_release(struct gv_init_report *report);

#endif
