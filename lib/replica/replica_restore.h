#ifndef GV_REPLICA_RESTORE_H
#define GV_REPLICA_RESTORE_H
/*
 * What the parts of a restore share; include it nowhere else.
 *
 *	replica_restore.c	all of it, in order
 *	replica_restore_trust.c	the identities at hand, and whose word counts
 *	replica_restore_pack.c	packs, into the new repository
 *	replica_restore_refs.c	refs and HEAD
 *	replica_restore_git.c	git in the new repository
 */

#include "replica/replica_internal.h"

struct gv_proc;

/* One host's chain as it is restored. */
struct gv_replica_branch {
	struct gv_replica_chain chain;
	bool is_in; /* its signer is trusted, and it has a state */
};

struct gv_replica_restore {
	struct gv_replica_restored *out;
	struct gv_replica rep;
	const struct gv_replica_restore_opts *opts;
	struct gv_buf git_dir;
	char *dir; /* absolute, once it is there */
	struct gv_replica_listing all;
	struct gv_replica_branch *branches; /* of each host that is listed */
	size_t chosen; /* whose refs have their own names */
	bool has_refs; /* some were set before, by others' choice */
};

/* ---- replica_restore_trust.c ---- */

/* Read the identities at hand: they open what is encrypted, and what they
 * signed is trusted. 0, also where there is none; why a file that was named
 * cannot be read. */
int gv_replica_restore_keys(struct gv_replica_restore *restore);

/* Load the chains that are not in yet. 0, also with faults; others. */
int gv_replica_restore_chains(struct gv_replica_restore *restore);

/* The one whose refs have their own names. 0; GV_EREFUSED where none is
 * trusted, with the fingerprints; GV_ENOTFOUND. */
int gv_replica_restore_choose(struct gv_replica_restore *restore);

/* ---- replica_restore_git.c ---- */

/* Run a git in the new repository, without what leads it elsewhere. 0; GV_ERROR
 * where it fails, with `what` could not be done. */
int gv_replica_restore_git(struct gv_replica_restore *restore,
    const char *const *argv, const struct gv_buf *in, const char *what);

/* Remove all refs of it: those of another choice can be in the way. 0;
 * GV_ERROR. */
int gv_replica_restore_clear(struct gv_replica_restore *restore);

/* Go into it, for good: no setting of the environment leads elsewhere. 0;
 * GV_ERROR; GV_ENOMEM. */
int gv_replica_restore_enter(struct gv_replica_restore *restore);

/* Make the repository, or go on in one that a restore of this store has left.
 * 0; GV_EEXISTS; GV_ERROR. */
int gv_replica_restore_begin(struct gv_replica_restore *restore);

/* All refs lead to objects that are there; then the files of HEAD. 0;
 * GV_ECORRUPT; GV_ERROR. */
int gv_replica_restore_end(struct gv_replica_restore *restore);

/* ---- replica_restore_pack.c ---- */

/* Bring the packs of all chains that are in. 0; as gv_store_get(). */
int gv_replica_restore_packs(struct gv_replica_restore *restore);

/* ---- replica_restore_refs.c ---- */

/* Set the refs of all chains that are in. 0; GV_ERROR with git's words. */
int gv_replica_restore_refs(struct gv_replica_restore *restore);

#endif
