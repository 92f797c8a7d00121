#ifndef GV_LINE_H
#define GV_LINE_H
/*
 * All that a ref of ours keeps by standing on older commits, object by object,
 * each once. Nothing reads what older versions say, and yet git gc ends where
 * one has lost something, and so does whoever fetches or sends them.
 *
 *	r = gv_line_push(&line, &tip, GV_OTYPE_COMMIT);
 *	while (r == 0 && gv_line_pop(&at, &line)) {
 *		… read it …
 *		r = gv_line_push_named(&line, &obj, true);
 *	}
 *	gv_line_release(&line);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"
#include "object/odb.h"

struct gv_line_step {
	struct gv_oid oid;
	enum gv_otype type;
};

struct gv_line {
	struct gv_arena arena;
	struct gv_map seen;
	struct gv_line_step *steps; /* still to be taken */
	size_t n, cap;
};

/* Add an object, unless it was added before. 0 or GV_ENOMEM. */
int gv_line_push(
    struct gv_line *line, const struct gv_oid *oid, enum gv_otype type);

/* The same of a commit, for gv_link_parents(). */
int gv_line_push_commit(void *line, const struct gv_oid *commit);

/* Add what a commit or a tree names: of a commit its tree and, with `parents`,
 * those before it; of a blob nothing. 0; GV_ECORRUPT for what is no tree, with
 * what stands before that place added; GV_ENOMEM. */
int gv_line_push_named(
    struct gv_line *line, const struct gv_object *obj, bool parents);

/* Take the next one: false where there is none. */
bool gv_line_pop(struct gv_line_step *out, struct gv_line *line);

/* Free; zeroed ok. */
void gv_line_release(struct gv_line *line);

#endif
