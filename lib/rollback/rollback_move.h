#ifndef GV_ROLLBACK_MOVE_H
#define GV_ROLLBACK_MOVE_H
/*
 * The last step of a rollback that is a commit: the index, and then the branch,
 * go to it. It may be taken any number of times, by whoever finds it not taken.
 *
 *	r = gv_rollback_move(repo, &note, &missed);
 *	if (!gv_rollback_is_moved(repo, &note)) …
 */

#include <stdbool.h>

struct gv_buf;
struct gv_repo;
struct gv_rollback_note;

/* Take it, where the branch is still what it was and HEAD is that branch; else
 * all stays. Where git refuses the branch, by a hook, the index has gone there
 * already. That the sparse checkout could not
 * be applied is appended to `missed`, unless that is NULL, and keeps nothing.
 * 0; GV_ELOCKED while git holds the index or the branch; GV_ERROR; GV_ENOMEM.
 */
int gv_rollback_move(const struct gv_repo *repo,
    const struct gv_rollback_note *note, struct gv_buf *missed);

/* Whether the branch has the commit, or commits on top of it. */
bool gv_rollback_is_moved(
    const struct gv_repo *repo, const struct gv_rollback_note *note);

/* Whether HEAD is the branch, and that where it was before. */
bool gv_rollback_is_before(
    const struct gv_repo *repo, const struct gv_rollback_note *note);

#endif
