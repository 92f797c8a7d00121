#ifndef GV_TRACK_NAMED_H
#define GV_TRACK_NAMED_H
/*
 * Which versions of states are named by known-good records, or by snapshots
 * that hold a state. These are the versions that a user may go back to.
 *
 *	r = gv_track_named_load(&named, repo);
 *	if (gv_track_named_has(&named, &version.commit)) …
 *	gv_track_named_release(&named);
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/map.h"
#include "repo/oid.h"

struct gv_repo;

struct gv_track_named {
	struct gv_map commits; /* by their raw ids */
	struct gv_map lists;   /* lists of snapshots that were read */
	struct gv_arena arena;
};

/* Read all records and snapshots. One that cannot be read names nothing; verify
 * reports it. 0; GV_ENOMEM; GV_ERROR. The caller releases *out in any case. */
int gv_track_named_load(struct gv_track_named *out, struct gv_repo *repo);

bool gv_track_named_has(
    const struct gv_track_named *named, const struct gv_oid *commit);

/* Free; zeroed ok. */
void gv_track_named_release(struct gv_track_named *named);

#endif
