#ifndef GV_TRACK_JOIN_H
#define GV_TRACK_JOIN_H
/*
 * Two chains of versions of one state, saved by two clones that did not know of
 * each other, as one: behind theirs come ours, and the newest is what the user
 * has chosen. No version of either goes.
 *
 *	r = gv_track_join(&tip, &edit, &of, &sides);
 */

#include <stdbool.h>

#include "repo/oid.h"

struct gv_ledger_edit;
struct gv_repo;
struct gv_safe;
struct gv_track_of;

struct gv_track_sides {
	struct gv_oid ours, theirs;
	bool keep_theirs; /* it is the newest in the end, once more */
	const char *why;  /* what the newest one says of that */
	struct gv_repo *repo;
	struct gv_safe *safe; /* whose id key binds what is written */
};

/* Write the commits: of each of our versions that they have not one behind
 * theirs, and where theirs is to be the newest, one of it; *tip is the last
 * one, which has both sides for ancestors, so that whatever names a version by
 * its commit still finds it. What is not bound as it has to be is not bound
 * again: see track_binding.h. 0; GV_ECORRUPT where a version cannot be read, or
 * is refused; GV_ENOKEY where nobody here has the id key; GV_ENOMEM; GV_ERROR.
 */
int gv_track_join(struct gv_oid *tip, struct gv_ledger_edit *edit,
    const struct gv_track_of *of, const struct gv_track_sides *sides);

#endif
