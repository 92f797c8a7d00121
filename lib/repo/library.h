#ifndef GV_LIBRARY_H
#define GV_LIBRARY_H
/*
 * The versions of the libraries that objects go through: those that this
 * program was built with, and those that it runs with.
 *
 *	struct gv_library libs[GV_LIBRARY_MAX];
 *	size_t i, n = gv_library_list(libs);
 *	for (i = 0; i < n; i++) … gv_library_fits(&libs[i]) …
 */

#include <stdbool.h>
#include <stddef.h>

#define GV_LIBRARY_MAX     4
#define GV_LIBRARY_VERSION 24

struct gv_library {
	const char *name;
	char built[GV_LIBRARY_VERSION];
	/* as built, where it does not say; "": it is not there */
	char loaded[GV_LIBRARY_VERSION];
};

/* Fill in all of them; returns how many there are. */
size_t gv_library_list(struct gv_library out[GV_LIBRARY_MAX]);

/* Whether the loaded one is no other generation than what was built with, and
 * not older: by the numbers of the versions. */
bool gv_library_fits(const struct gv_library *lib);

#endif
