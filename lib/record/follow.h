#ifndef GV_FOLLOW_H
#define GV_FOLLOW_H
/*
 * Snapshots follow the commits that they were taken on: where git has rewritten
 * such a commit (commit --amend, rebase), the note of the new one names them,
 * so that the new commit finds them. Nothing else of a note follows, since a
 * rewritten commit was never deployed.
 *
 *	r = gv_follow_rewritten(&n, repo, &lines, now);
 *	r = gv_follow_find(&id, repo, &commit);
 */

#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_oid;
struct gv_repo;

/* Add to the notes of new commits what follows from the old ones, by the lines
 * that git gives to post-rewrite. *n: how many lines were added. 0; GV_ERROR
 * for invalid lines; as gv_note_put(), and then some may have been added.
 */
int gv_follow_rewritten(
    size_t *n, struct gv_repo *repo, const struct gv_buf *lines, int64_t now);

/* Append the ids of the snapshots that the note of a commit names, a line each,
 * whether they are there or not; none where that note cannot be read. 0;
 * GV_ERROR; GV_ENOMEM. */
int gv_follow_find(
    struct gv_buf *ids, struct gv_repo *repo, const struct gv_oid *commit);

#endif
