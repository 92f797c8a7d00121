#ifndef GV_TRACK_RESEAL_H
#define GV_TRACK_RESEAL_H
/*
 * Encrypts versions of states again for their present readers, after a key was
 * added, removed or changed. A version is a commit that snapshots and
 * known-good records name, so it never changes. Its parts are stored again in
 * refs/vault/secrets/<env> under their ids, and readers look there first.
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

/* Versions of one state that are not encrypted for its present readers. */
struct gv_track_shut {
	const char *env, *stack;
	uint64_t older;    /* not asked for: see all_versions */
	uint64_t unopened; /* no identity here opens them … */
	bool is_newest;    /* … and the newest is one of them */
	uint64_t damaged;  /* incomplete, damaged or refused */
};

struct gv_track_resealed {
	uint64_t versions;          /* encrypted again … */
	uint64_t parts;             /* … in this number of parts */
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
	/* all versions; otherwise the newest of each state, and those that
	 * known-good records and snapshots name */
	bool all_versions;
	bool looks_only; /* only count what is left to do */
	void (*on_add)(void *ctx, uint64_t n, uint64_t bytes); /* may be NULL */
	void *ctx;
};

/* Encrypt the versions again. After a crash the next call continues. Versions
 * that could not be done are listed in out->shut, and are no failure. *out is
 * added to, also on failure. 0; GV_ELOCKED; GV_ECANCELED; GV_ENOMEM; GV_ERROR.
 */
int gv_track_reseal(struct gv_track_resealed *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_reseal_opts *opts);

/* Free; NULL-safe, zeroed ok. */
void gv_track_resealed_release(struct gv_track_resealed *out);

#endif
