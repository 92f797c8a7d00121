#ifndef GV_LACKING_H
#define GV_LACKING_H
/*
 * What another snapshot has more than the newest one: a pipeline or a colleague
 * on another branch takes the newest, and somebody else's, a little older, has
 * the files that no commit has.
 *
 *	if ((r = gv_lacking_find(&more, repo, &rec)) > 0)
 *		… more.rec.id, more.n, more.paths …
 *	gv_lacking_release(&more);
 */

#include <stddef.h>

#include "record/record.h"

struct gv_repo;

#define GV_LACKING_NAMED 3

struct gv_lacking {
	struct gv_record rec; /* the other snapshot */
	size_t n;             /* files of it that are in neither the first one
				 nor the commit that it was taken on */
	char *paths[GV_LACKING_NAMED]; /* the first of them */
};

/* Of the newest snapshots of other people, machines and branches find the one
 * that has most. 1 with *out set, which the caller releases; 0 if none has
 * more; GV_ENOMEM, GV_ECANCELED. One that is damaged is passed over. */
int gv_lacking_find(
    struct gv_lacking *out, struct gv_repo *repo, const struct gv_record *rec);

/* Free; NULL-safe, zeroed struct ok. */
void gv_lacking_release(struct gv_lacking *more);

#endif
