#ifndef GV_SECRET_LEAKED_H
#define GV_SECRET_LEAKED_H
/*
 * Which sealed values stand in clear in Git's own history, where sealing came
 * too late: everybody who has a clone has them. All are opened, and sought in
 * what the user's refs reach, in the forms that needle.h knows.
 *
 *	r = gv_secret_leaked_find(&exposure, repo, safe, &inv);
 *	if (exposure.places[i].path)
 *		tell(&inv.values[i], &exposure.places[i]);
 *	gv_secret_leaked_release(&exposure);
 */

#include <stddef.h>

#include "base/arena.h"
#include "repo/oid.h"

struct gv_inventory;
struct gv_repo;
struct gv_safe;

/* Where a value was seen first. */
struct gv_secret_leaked_place {
	const char *path; /* NULL: nowhere */
	struct gv_oid blob;
	struct gv_oid commit; /* the newest that has to do with the blob; zero:
				 git names none */
};

struct gv_secret_leaked {
	struct gv_secret_leaked_place
	    *places;     /* one a value of the inventory */
	size_t n;        /* that are exposed */
	size_t unopened; /* values that no key opens, or too short to seek */
	struct gv_arena arena;
};

/* Find them. 0; GV_ENOMEM; GV_ERROR with git's words; GV_ECANCELED. What of
 * the history is damaged is passed over. To be released in any case. */
int gv_secret_leaked_find(struct gv_secret_leaked *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_inventory *inv);

/* NULL-safe, zeroed ok. */
void gv_secret_leaked_release(struct gv_secret_leaked *exposure);

#endif
