#ifndef DIFF_SPECS_H
#define DIFF_SPECS_H
/*
 * The pathspecs of a git diff: the user's, and others with magic that take
 * files out of it or name them. From init to release magic counts to every git
 * that is run, also where the user wants none in those given.
 *
 *	r = gv_diff_specs_init(&specs, paths);
 *	if (r == 0)
 *		r = gv_diff_specs_add(&specs, GV_DIFF_SPECS_NOT, path, len);
 *	… specs.v …
 *	gv_diff_specs_release(&specs);
 */

#include <stddef.h>

#include "base/arena.h"

#define GV_DIFF_SPECS_NOT  ":(top,exclude,literal)"
#define GV_DIFF_SPECS_ONLY ":(top,literal)"

struct gv_diff_specs {
	const char **v; /* NULL-terminated */
	/* private */
	size_t n, cap, bytes;
	struct gv_arena arena;
	char *literal; /* what GIT_LITERAL_PATHSPECS was, or NULL */
};

/* Those that the user gave (NULL-terminated), of which none is all files; NULL:
 * nothing yet. 0, or as gv_diff_specs_add(); to be released whatever comes. */
int gv_diff_specs_init(struct gv_diff_specs *s, const char *const *given);

/* Add one, of a path from the top or of none, behind its magic. 0; GV_ENOMEM;
 * GV_EREFUSED if that is more than git takes. */
int gv_diff_specs_add(
    struct gv_diff_specs *s, const char *magic, const char *path, size_t len);

/* Free, and have the user's word on magic count again. */
void gv_diff_specs_release(struct gv_diff_specs *s);

#endif
