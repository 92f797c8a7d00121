#ifndef GV_GITLINK_H
#define GV_GITLINK_H
/*
 * A repository inside the working tree, a submodule or one of its own: only
 * its HEAD is asked for.
 *
 *	if (gv_gitlink_head(&commit, "/srv/infra/modules/net")) …
 */

#include <stdbool.h>

#include "repo/oid.h"

/* Whether the directory is the top of a repository's working tree (its .git
 * is a folder with a HEAD, or a file that names one); *commit is what HEAD
 * points at, zero before its first commit. */
bool gv_gitlink_head(struct gv_oid *commit, const char *dir);

#endif
