#ifndef GV_TRACK_MOVE_H
#define GV_TRACK_MOVE_H
/*
 * What of a diff went under one address and came under another and is the same
 * object. The index does not tell, since its digests have the address in them:
 * where both sides have something of one type and provider that only they have,
 * the parts of these are opened and what the objects are known by is compared.
 *
 *	struct gv_track_move m = { .repo = repo, .a = &a, … };
 *	r = gv_track_move_find(&m);
 */

#include <stddef.h>

struct gv_arena;
struct gv_repo;
struct gv_safe;
struct gv_track_change;
struct gv_track_values;
struct gv_track_version;
struct gv_track_with;

struct gv_track_move {
	struct gv_repo *repo;
	const struct gv_track_version *a, *b;
	struct gv_track_with *with;
	struct gv_arena *arena; /* of names of attributes that changed */
	struct gv_track_change *changes;
	size_t n; /* of them; fewer afterwards, by one for each move */
	struct gv_safe *safe;             /* that was lent; NULL */
	struct gv_track_values *was, *is; /* of each version what changed, or
					     what may have been moved; NULL */
};

/* Join the two changes that are one move into the place of the first, and where
 * values are wanted open those of all changes. 0, also where nothing could be
 * opened and no values are wanted: then with->shut says why; what with->open()
 * returned; as gv_track_values_open(). */
int gv_track_move_find(struct gv_track_move *m);

/* Free what was opened; zeroed ok. */
void gv_track_move_release(struct gv_track_move *m);

#endif
