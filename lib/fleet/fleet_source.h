#ifndef GV_FLEET_SOURCE_H
#define GV_FLEET_SOURCE_H
/*
 * Where the paths of repositories come from, one at a time, so that a list of a
 * million lines is never in memory: a file of lines, a folder to search, or
 * paths at hand.
 *
 *	r = gv_fleet_source_list(&source, "repositories.txt");
 *	while ((r = gv_fleet_source_next(&found, source)) > 0)
 *		use(found.path, found.why);
 *	gv_fleet_source_close(source);
 *
 * A folder is searched in the order of names (fleet_walk.h), through no
 * symbolic link. Below a repository nothing is sought.
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;
struct gv_fleet_source;

#define GV_FLEET_PATH 4095 /* bytes of a path */

struct gv_fleet_found {
	const char *path; /* absolute; of an invalid line, as it stands */
	const char *why;  /* it is invalid: a sentence; NULL */
};

/* Read lines of a file, or of standard input for "-". 0; GV_ENOTFOUND;
 * GV_EREFUSED where it is no regular file; GV_ERROR; GV_ENOMEM. */
int gv_fleet_source_list(struct gv_fleet_source **out, const char *file);

/* Search a folder. 0; GV_ENOTFOUND; GV_ENOMEM. */
int gv_fleet_source_root(struct gv_fleet_source **out, const char *dir);

/* Paths that stay until the end. 0 or GV_ENOMEM. */
int gv_fleet_source_paths(
    struct gv_fleet_source **out, const char *const *paths, size_t n);

/* The next one, borrowed until the next call. 1; 0 at the end; GV_ERROR where
 * the list cannot be read on; GV_ENOMEM. */
int gv_fleet_source_next(
    struct gv_fleet_found *out, struct gv_fleet_source *source);

/* NULL-safe. */
void gv_fleet_source_close(struct gv_fleet_source *source);

/* Read a line as a path, absolute below the folder `cwd`, without slashes at
 * its end: a pure function. *why is a sentence where it is no path, and `path`
 * the line as far as it can be shown; NULL where it is one, or the line is
 * empty and `path`, too. 0 or GV_ENOMEM. */
int gv_fleet_source_line(struct gv_buf *path, const char **why,
    const char *line, size_t len, const char *cwd);

#endif
