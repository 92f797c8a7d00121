#ifndef GV_SHALLOW_H
#define GV_SHALLOW_H
/*
 * The commits at which a shallow clone ends: git has none of their parents, and
 * misses none. Those of every other commit are to be here.
 *
 *	r = gv_shallow_load(&s, repo);
 *	if (!gv_shallow_has(&s, &commit)) … its parents are here …
 *	gv_shallow_release(&s);
 */

#include <stdbool.h>
#include <stddef.h>

#include "repo/oid.h"

struct gv_repo;

struct gv_shallow {
	struct gv_oid *ids; /* sorted */
	size_t n, cap;
};

/* Read which they are: none where the clone is not shallow. 0; GV_ECORRUPT,
 * GV_ERROR, GV_ENOMEM, and *out is empty then. */
int gv_shallow_load(struct gv_shallow *out, const struct gv_repo *repo);

bool
gv_shallow_has(const struct gv_shallow *shallow, const struct gv_oid *commit);

/* Free; zeroed struct ok. */
void gv_shallow_release(struct gv_shallow *shallow);

#endif
