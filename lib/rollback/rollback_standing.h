#ifndef GV_ROLLBACK_STANDING_H
#define GV_ROLLBACK_STANDING_H
/*
 * Whether an environment is rolled back in this working tree, while HEAD still
 * has the code from before. HEAD is then the bad code, and must not be marked
 * as good by mistake.
 *
 *	r = gv_rollback_stands(&by, repo, "prod", &now);
 *	if (r > 0) … record by.record stands, and by.path differs …
 *	gv_rollback_standing_release(&by);
 */

#include "base/buf.h"

struct gv_record;
struct gv_repo;

struct gv_rollback_standing {
	unsigned record;    /* that was restored */
	struct gv_buf path; /* the first file that differs in HEAD, quoted */
};

/* `now` is a snapshot of the present working tree. 1 with *out set, which the
 * caller releases; 0 if no rollback is in force, HEAD has moved since, or the
 * files are those of HEAD again; or a failure. */
int gv_rollback_stands(struct gv_rollback_standing *out, struct gv_repo *repo,
    const char *env, const struct gv_record *now);

/* Zeroed ok. */
void gv_rollback_standing_release(struct gv_rollback_standing *standing);

#endif
