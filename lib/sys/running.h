#ifndef GV_RUNNING_H
#define GV_RUNNING_H
/*
 * Who else is at work somewhere, where the system tells of it (Linux, /proc).
 *
 *	pid = gv_running_find("git", (const char *[]){ worktree, NULL });
 */

#include <stdbool.h>

/* The number of a process of that name that stands in one of these directories
 * or below it, and is neither we nor who started us; 0 where none is seen. What
 * others' processes do may be hidden from us. */
long gv_running_find(const char *name, const char *const *dirs);

/* Whether the system tells at all who is at work. */
bool gv_running_is_known(void);

#endif
