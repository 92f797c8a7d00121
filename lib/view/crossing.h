#ifndef GV_CROSSING_H
#define GV_CROSSING_H
/*
 * Whether a secret that a snapshot puts into a file of the working tree would
 * be read by more people than read it now. A snapshot says which secret stands
 * where, and whoever can push can write one. The next snapshot encrypts what it
 * finds in a file for the readers of that path. So a secret of the scope "prod"
 * in a path of "dev" would be given to the readers of dev.
 *
 * Nothing that a snapshot says of itself counts for it: neither its policy nor
 * its trailers. A snapshot that this clone took itself (own.h) puts its secrets
 * back where they stood. Not for copies outside the working tree.
 *
 *	r = gv_crossing_new(&crossing, repo, safe, &rec, NULL);
 *	r = gv_crossing_find(&why, crossing, &entry);	1: it crosses
 *	gv_crossing_free(crossing);
 */

#include <stdbool.h>

struct gv_crossing;
struct gv_keyring;
struct gv_record;
struct gv_repo;
struct gv_safe;
struct gv_sister_move;
struct gv_withheld_entry;

struct gv_crossing_why {
	const char *scope;  /* of the path; NULL: it is stored in clear */
	const char *reader; /* who reads that, and not the secret; NULL: all who
			       can read the repository */
};

/* Be ready to judge the secrets of a snapshot; `safe` must outlive it. With
 * `move` they are put where another environment has them, and are judged there,
 * whoever took the snapshot; it must outlive this, too. 0;
 * GV_EREFUSED where the policy cannot be read; GV_ENOMEM; GV_ERROR. */
int gv_crossing_new(struct gv_crossing **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_record *rec,
    const struct gv_sister_move *move);

/* NULL-safe. */
void gv_crossing_free(struct gv_crossing *c);

/* Whether a secret would be given to more people: 1 with *why set, which lives
 * as long as `c`; 0; GV_ENOMEM. From one thread. */
int gv_crossing_find(struct gv_crossing_why *why, struct gv_crossing *c,
    const struct gv_withheld_entry *entry);

/* The decision: a recipient of the keyring who reads one scope and not the
 * other. 1 with its name in *out, which is the keyring's; 0; GV_ENOMEM. */
int gv_crossing_reader(const char **out, const struct gv_keyring *k,
    const char *from, const char *to);

/* Whether only one recipient of the keyring reads anything. */
bool gv_crossing_is_of_one(const struct gv_keyring *k);

#endif
