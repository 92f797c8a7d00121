#ifndef GV_TRACKED_H
#define GV_TRACKED_H
/*
 * Which snapshots a remote had when it was last asked. That stands in a file
 * beside git's own, and not in refs: a copy of each ref would cost every git of
 * the user as much as the snapshot itself does. What stands in
 * refs/vault-remote/<remote>/snapshots/ counts as well: what a refspec of the
 * user's brings there, and what is there and not here. The file counts only as
 * long as the remote has the address that it was written of.
 *
 *	r = gv_tracked_load(&refs, repo, "origin");
 *	gv_tracked_save(repo, "origin", &list);
 */

#include <stdbool.h>

#include "repo/ref.h"

struct gv_repo;

/* List them, by names in refs/vault-remote/<remote>/snapshots/. A file that is
 * lost or damaged says nothing: the next sync writes it. 0 or a failure; the
 * caller releases *out. */
int gv_tracked_load(
    struct gv_refs *out, const struct gv_repo *repo, const char *remote);

/* Whether the file says what that remote had, be it nothing: not where it is
 * lost, damaged or of another address, nor before the remote was ever asked. */
bool gv_tracked_is_told(const struct gv_repo *repo, const char *remote);

/* Have it say what snapshots are in the remote's list of refs, by our names. No
 * failure tells. */
void gv_tracked_save(
    const struct gv_repo *repo, const char *remote, const struct gv_refs *list);

/* Whether that is the name of a snapshot in such a list, and not what a tag is
 * of. */
bool gv_tracked_is_snapshot(const char *ref);

#endif
