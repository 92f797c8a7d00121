#ifndef GV_TRACK_SHARE_H
#define GV_TRACK_SHARE_H
/*
 * The versions of one stack, shared by a remote: what it has is fetched before
 * one is read or saved, and a version is not reported as saved before the
 * remote has it. It is the sync of the one stack (sync.h), which asks nobody.
 *
 *	r = gv_track_share_take(&with, &of);
 *	r = gv_track_save(&saved, …);
 *	r = gv_track_share_give(&with, &of);
 */

#include "safe/safe.h"
#include "state/track.h"

struct gv_repo;

struct gv_track_peer {
	struct gv_repo *repo;
	const char *remote;              /* a configured one */
	const struct gv_safe_opts *safe; /* how the safe is opened */
};

/* Bring what the remote has of a stack that is not here. 0; GV_EREFUSED where
 * both have gone on; GV_ERROR where it cannot be asked; as gv_sync_run(). */
int gv_track_share_take(
    const struct gv_track_peer *with, const struct gv_track_of *of);

/* See to it that the remote has our newest version of the stack, and ask it for
 * nothing where it is known to. The same. */
int gv_track_share_give(
    const struct gv_track_peer *with, const struct gv_track_of *of);

#endif
