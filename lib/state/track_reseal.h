#ifndef GV_TRACK_RESEAL_H
#define GV_TRACK_RESEAL_H
/*
 * Versions of states encrypted again for who reads them now: after a key was
 * added, removed or changed. A version is a commit that snapshots and
 * known-good records name, so it is never written again: its parts are put into
 * refs/vault/secrets/<env> under their ids, and a reader looks there first.
 *
 *	r = gv_track_reseal(&done, repo, safe, &opts);
 *	gv_track_resealed_release(&done);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "crypto/digest.h"

struct gv_repo;
struct gv_safe;

/* Versions of one state that are not encrypted for who reads it now. */
struct gv_track_shut {
	const char *env, *stack;
	uint64_t older;    /* nobody asked for these: see all_versions */
	uint64_t unopened; /* no identity here opens these … */
	bool is_newest;    /* … and the newest is one of them */
	uint64_t damaged;  /* these lack something, or are refused */
};

struct gv_track_resealed {
	uint64_t versions;          /* that were encrypted again … */
	uint64_t parts;             /* … in so many parts */
	struct gv_track_shut *shut; /* by environment and stack */
	size_t n_shut, cap_shut;
	/* what was done, for the audit */
	struct gv_digest *ids;
	size_t n_ids, cap_ids;
	struct gv_arena arena;
};

#define GV_TRACK_RESEALED_INIT                                                 \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

struct gv_track_reseal_opts {
	/* all of them; else the newest of each state, and those that known-good
	 * records and snapshots name */
	bool all_versions;
	bool looks_only; /* count what is not done, and do nothing */
	void (*on_add)(void *ctx, uint64_t n, uint64_t bytes); /* NULL ok */
	void *ctx;
};

/* Do it. What is done stays done: killed in between, the next call goes on.
 * What is left is in out->shut, and no failure. 0; GV_ELOCKED; GV_ECANCELED;
 * GV_ENOMEM; GV_ERROR. *out is added to, always. */
int gv_track_reseal(struct gv_track_resealed *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_reseal_opts *opts);

/* Free; NULL-safe, zeroed ok. */
void gv_track_resealed_release(struct gv_track_resealed *out);

#endif
