#ifndef GV_SERVE_NAMES_H
#define GV_SERVE_NAMES_H
/*
 * Which properties a client of Spring gets where values are withheld from it.
 * Sources are written from the highest on, and a client takes a name from the
 * first that has it: if that value is withheld, a lower source must not give
 * another one in its place.
 *
 *	if (gv_serve_names_take(&names, name, is_withheld))
 *		… write it …
 *	gv_serve_names_release(&names);
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/map.h"

struct gv_serve_names {
	struct gv_map seen; /* names in their uniform form, to whether the
			       first of them is withheld */
	struct gv_arena arena;
	bool failed; /* there was no memory: nothing more is taken */
};

/* Whether a property is written: it is not withheld, and neither is one of that
 * name in a higher source. Names that Spring takes for the same, such as
 * db.pass-word and DB.PASSWORD, are the same. */
bool gv_serve_names_take(
    struct gv_serve_names *names, const char *name, bool is_withheld);

void gv_serve_names_release(struct gv_serve_names *names);

#endif
