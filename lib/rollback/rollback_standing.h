#ifndef GV_ROLLBACK_STANDING_H
#define GV_ROLLBACK_STANDING_H
/*
 * Whether an environment stands rolled back in this working tree while HEAD
 * still has the code from before: HEAD is then what somebody found bad, and
 * must not be marked as good unless that is meant.
 *
 *	r = gv_rollback_stands(&by, repo, "prod", &now);
 *	if (r > 0) … record by.record stands, and by.path differs …
 *	gv_rollback_standing_release(&by);
 */

#include "base/buf.h"

struct gv_record;
struct gv_repo;

struct gv_rollback_standing {
	unsigned record;    /* that was gone back to */
	struct gv_buf path; /* the first that HEAD has otherwise, quoted */
};

/* `now` is a snapshot of the working tree as it is. 1 with *out set; 0 where
 * nothing stands rolled back, a commit came since, or the working tree has
 * HEAD's files again; a failure. The caller releases. */
int gv_rollback_stands(struct gv_rollback_standing *out, struct gv_repo *repo,
    const char *env, const struct gv_record *now);

/* Zeroed ok. */
void gv_rollback_standing_release(struct gv_rollback_standing *standing);

#endif
