#ifndef GV_PROGRAM_H
#define GV_PROGRAM_H
/*
 * Finds a helper program by its name. Only absolute folders of PATH are
 * searched: an empty or relative one, or one inside a working tree, may hold a
 * program that the last fetch brought. Git itself and commands that the user
 * configured are not found this way.
 *
 *	const char *const shut[] = { repo->worktree };
 *
 *	r = gv_program_find(&path, "age-plugin-yubikey", shut, 1);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

/* Append the absolute path of a program: the first in PATH that can be run.
 * Skips folders of PATH that are empty or relative, and programs below one of
 * the folders `shut`, also when they are reached through "..", a link, other
 * letter case or a bind mount. 0; GV_ENOTFOUND if there is no such program, and
 * the message names the first that was skipped; GV_ENOMEM. */
int gv_program_find(struct gv_buf *out, const char *name,
    const char *const *shut, size_t n_shut);

/* Whether the program of an absolute path is below one of these folders, as
 * above: it may be another one after the next fetch. */
bool
gv_program_is_shut(const char *path, const char *const *shut, size_t n_shut);

/* Where a folder lies in its file system, by the text of
 * /proc/self/mountinfo: append "MAJOR:MINOR PATH". `path` is absolute and real.
 * False, with nothing appended, where the text does not tell. A pure function.
 */
bool
gv_program_origin(struct gv_buf *out, const char *mountinfo, const char *path);

#endif
