#ifndef GV_MIDX_H
#define GV_MIDX_H
/*
 * Git's multi-pack-index, of which we want to know which packs it names: those
 * are left alone, since one that names a pack that is gone is an error to git
 * fsck, and `git multi-pack-index write` does not mend it.
 *
 *	r = gv_midx_load(&midx, objects_dir);
 *	if (gv_midx_names(&midx, name))
 *	gv_midx_release(&midx);
 */

#include <stdbool.h>

#include "base/buf.h"

struct gv_midx {
	struct gv_buf names; /* of packs, as it has them, each with its NUL */
	bool is_opaque;      /* it, or a chain of such, is there and cannot be
				read, so that it may name any pack */
};

/* Read the names; none where there is no such file. 0 or GV_ENOMEM. */
int gv_midx_load(struct gv_midx *out, const char *objects_dir);

/* Whether it names, or may name, the pack of these 40 digits. */
bool gv_midx_names(const struct gv_midx *midx, const char *pack);

/* Free; NULL-safe. */
void gv_midx_release(struct gv_midx *midx);

/* Whether a git is writing one, or may: `git maintenance`, too, has its lock.
 * Locks that nobody removed within half a day do not count. */
bool gv_midx_is_busy(const char *objects_dir);

/* Remove one that names a pack that is gone, as `git repack` does, unless it is
 * busy; git makes another one when it wants one. 0 or GV_ERROR, GV_ENOMEM. */
int gv_midx_sweep(const char *objects_dir);

#endif
