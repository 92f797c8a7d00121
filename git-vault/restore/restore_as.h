#ifndef RESTORE_AS_H
#define RESTORE_AS_H
/*
 * A restore of the files of one environment as those of another: where these
 * are, by the names that the other one has in this repository.
 *
 *	r = gv_restore_as_begin(&as, ctx, "prod", "staging");
 *	opts.move = as.move;
 *	gv_restore_as_release(&as);
 */

#include "base/arena.h"
#include "infra/sister.h"

struct gv_ctx;

struct gv_restore_as {
	struct gv_sister_move own;
	const struct gv_sister_move
	    *move;             /* NULL: files stay where they were */
	char **paths, **moved; /* pathspecs; NULL-terminated */
	struct gv_arena arena;
};

/* Learn how `to` is spelled in this repository; where it is NULL nothing is
 * done. 0; GV_EUSAGE where it is no other environment; GV_EREFUSED where the
 * policy cannot be read; GV_ENOMEM; GV_ERROR. To be released in any case. */
int gv_restore_as_begin(struct gv_restore_as *as, struct gv_ctx *ctx,
    const char *from, const char *to);
void gv_restore_as_release(struct gv_restore_as *as);

/* Of paths as they were typed, NULL behind the last, make pathspecs from the
 * top of the working tree; *paths is these then. Without a move they stay. 0;
 * GV_EUSAGE for a pattern; GV_ENOMEM. */
int gv_restore_as_paths(
    struct gv_restore_as *as, const struct gv_ctx *ctx, char ***paths);

/* The same of such pathspecs: where the files are restored. */
int gv_restore_as_moved(struct gv_restore_as *as, char *const **paths);

#endif
