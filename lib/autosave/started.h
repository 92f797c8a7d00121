#ifndef GV_STARTED_H
#define GV_STARTED_H
/*
 * Whether a user started `git vault watch` and counts on it: a crash, a kill or
 * a restart of the host ends it without a word, and nothing is saved from then
 * on. The folder is that of watch/watch.h.
 *
 *	gv_started_set(true);
 *	if (gv_started_is_down(worktree)) ...
 */

#include <stdbool.h>

/* Remember that it was started, or that it was stopped. 0; GV_ERROR; GV_ENOMEM.
 */
int gv_started_set(bool is);

/* Whether it was started, was not stopped, and does not run. With a working
 * tree, only if it watched that (or does not say what it watched). Sets no
 * message. */
bool gv_started_is_down(const char *worktree);

#endif
