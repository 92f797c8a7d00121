#ifndef GV_FLEET_GUARD_H
#define GV_FLEET_GUARD_H
/*
 * Keeps the configuration of a repository that nobody looked at from running
 * programs. Hooks, the file system monitor, odd transports, and remotes that
 * are folders here, whose own hooks git would run, are switched off by the
 * environment of what runs there; where the repository names a program for
 * anything else, nothing is run at all.
 *
 *	r = gv_fleet_guard_open(&guard);
 *	r = gv_fleet_guard_check(&why, path, &look, 60000);
 *	run(guard.env);
 *	gv_fleet_guard_close(&guard);
 */

#include <stdbool.h>
#include <stddef.h>

#include "fleet/fleet_look.h"

struct gv_buf;
struct gv_config;

struct gv_fleet_guard {
	const char **env; /* "NAME=value", NULL behind the last */
	size_t n, cap;
};

/* Make the variables, from those that this process has. 0 or GV_ENOMEM. */
int gv_fleet_guard_open(struct gv_fleet_guard *out);
void gv_fleet_guard_close(struct gv_fleet_guard *guard);

/* Whether the repository's own configuration names a program, or another folder
 * for its working tree: 1 with *why, a sentence, appended; 0; a failure where
 * git cannot read it. Where the look could read the refs, the file beside them
 * is the one that git reads, and for most a look at that is enough; git is
 * ended when it has run as long as the last argument says, 0: never. */
int gv_fleet_guard_check(struct gv_buf *why, const char *path,
    const struct gv_fleet_look *look, int timeout_ms);

/* Whether the text of a configuration has no word that could be the name of a
 * setting which runs a program or includes a file. A pure function. */
bool gv_fleet_guard_is_plain(const char *text, size_t len);

/* The first key of the repository's own configuration that names a program,
 * which switching off does not help against; NULL. A pure function. */
const char *gv_fleet_guard_find(const struct gv_config *config);

#endif
