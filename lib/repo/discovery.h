#ifndef GV_DISCOVERY_H
#define GV_DISCOVERY_H
/*
 * What git said of a repository when it was asked last: where its parts are,
 * its configuration, git's version. Two processes less at each start.
 *
 * An answer counts only while all that git read for it is as it was: each file
 * of the configuration, each that git would have read if it had been there, the
 * program git, the user, and the environment. Whatever is in doubt is asked of
 * git: files younger than two seconds, a `.git` of somebody else, a folder on
 * the way that may be a bare repository, included files that depend on remotes.
 *
 *	if (!gv_discovery_recall(&found)) {
 *		ask git, and fill `found`
 *		gv_discovery_remember(&found, began);
 *	}
 */

#include <stdbool.h>
#include <time.h>

#include "repo/config.h"

/* git's answers; strings are malloc'd. */
struct gv_discovery {
	/* absolute paths */
	char *git_dir, *common_dir, *objects_dir, *index_file;
	char *worktree;    /* NULL: none */
	char *prefix;      /* of the current directory: "" or "a/b/" */
	char *git_version; /* "2.39.5"; NULL: not asked yet */
	bool shallow;
	struct gv_config config; /* with origins */
};

/* Fill a zeroed struct with what is remembered of the repository of the current
 * directory and environment. False, and nothing is filled, if nothing is
 * remembered or anything is in doubt. */
bool gv_discovery_recall(struct gv_discovery *out);

/* Remember git's answers, which it was asked for at `began` of
 * gv_clock_coarse(). Where they could not be trusted later, or the repository
 * has no folder .git/vault yet, nothing is remembered. A failure is not
 * reported, since it costs only time. Asks git for its version, if that is not
 * filled, and for the path of the system's configuration. */
void gv_discovery_remember(struct gv_discovery *found, struct timespec began);

/* Ask git for its version: malloc'd. 0; GV_ENOTFOUND where there is no git;
 * GV_ERROR; GV_ENOMEM. */
int gv_discovery_ask_version(char **out);

/* Free everything; a zeroed struct is fine. */
void gv_discovery_release(struct gv_discovery *d);

#endif
