#ifndef GV_REPARENT_H
#define GV_REPARENT_H
/*
 * Lets go of history that only snapshots keep alive: after a rebase or a
 * rewrite the old commits are parents of snapshots taken on them. The
 * snapshot's commit is written again without the parents that no ref of the
 * user reaches; its id, its files, its date stay, and its base stays named in
 * a trailer. Where the index was the base's tree, that becomes its own, without
 * the values that no snapshot has in clear.
 *
 *	struct gv_reparent_opts opts = { .all_of = "HEAD@{1}" };
 *	r = gv_reparent_run(&result, repo, &opts);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_repo;
struct gv_safe;

struct gv_reparent_opts {
	const char *const *snapshots; /* expressions */
	size_t n_snapshots;
	const char *all_of; /* instead: all that have this commit as parent */
	bool dry_run;
	/* prepared, to seal by; what is known of its scopes is forgotten.
	 * NULL: one is opened where it is needed */
	struct gv_safe *safe;
	/* a snapshot lets go of a commit, and of `commits` in all with it */
	void (*told)(void *ctx, const char *snapshot,
	    const struct gv_oid *commit, uint64_t commits);
	/* it is done, and a safe was needed for it; NULL */
	void (*told_safe)(void *ctx, const struct gv_safe *safe);
	void *ctx;
};

struct gv_reparent_result {
	uint64_t snapshots; /* looked at */
	uint64_t changed;   /* written again */
	uint64_t withheld;  /* values of what is their index now */
};

/* 0; GV_ENOTFOUND where an expression names no snapshot or no commit;
 * GV_EREFUSED where a known-good record is of one that would change, or a file
 * cannot be searched; as gv_safe_put(); GV_ELOCKED where another of us works,
 * or changed one of them meanwhile; GV_ERROR. Snapshots are changed all or
 * none. */
int gv_reparent_run(struct gv_reparent_result *out, struct gv_repo *repo,
    const struct gv_reparent_opts *opts);

#endif
