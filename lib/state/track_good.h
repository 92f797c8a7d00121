#ifndef GV_TRACK_GOOD_H
#define GV_TRACK_GOOD_H
/*
 * The version of a state to go back to: the newest that was intact when it was
 * saved.
 *
 *	r = gv_track_good(&version, &found, repo, &of);
 */

#include <stdbool.h>

struct gv_repo;
struct gv_track_of;
struct gv_track_version;

/* Whether a version says that there is no state any more: it has no byte, and
 * somebody wanted it so. What was before it counts for nothing. */
bool gv_track_is_gone(const struct gv_track_version *v);

/* The newest version of a state that was intact when it was saved: *found tells
 * whether there is one, and that it is not gone. 0 or a failure; as
 * gv_track_log(), but no state at all is no failure. */
int gv_track_good(struct gv_track_version *out, bool *found,
    struct gv_repo *repo, const struct gv_track_of *of);

/* The same, but also if the state was deleted since. */
int gv_track_good_once(struct gv_track_version *out, bool *found,
    struct gv_repo *repo, const struct gv_track_of *of);

#endif
