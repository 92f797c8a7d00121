#ifndef GV_THINNING_H
#define GV_THINNING_H
/*
 * Thins the automatic saves of this working tree (autosave/thin.h) by what the
 * policy says of the classes of files (policy/classes.h).
 *
 *	r = gv_thinning_apply(&n, repo, now);
 */

#include <stddef.h>
#include <stdint.h>

struct gv_repo;

/* *n tells how many went. 0, also where there is no save; GV_ELOCKED where a
 * save is under way; GV_EEXISTS where one came meanwhile; GV_EREFUSED where the
 * policy cannot be read; other failures as of gv_autosave_tidy(). */
int gv_thinning_apply(size_t *n, struct gv_repo *repo, int64_t now);

#endif
