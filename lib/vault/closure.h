#ifndef GV_CLOSURE_H
#define GV_CLOSURE_H
/*
 * All that a vault ref keeps through its older commits, object by object,
 * each once. Nothing reads what older versions say, and yet git gc ends where
 * one has lost something, and so does whoever fetches or sends them.
 *
 *	r = gv_closure_push(&closure, &tip, GV_OTYPE_COMMIT);
 *	while (r == 0 && gv_closure_pop(&at, &closure)) {
 *		… read it …
 *		r = gv_closure_push_named(&closure, &obj, true);
 *	}
 *	gv_closure_release(&closure);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"
#include "object/odb.h"

struct gv_closure_step {
	struct gv_oid oid;
	enum gv_otype type;
};

struct gv_closure {
	struct gv_arena arena;
	struct gv_map seen;
	struct gv_closure_step *steps; /* still to be taken */
	size_t n, cap;
};

/* Add an object, unless it was added before. 0 or GV_ENOMEM. */
int gv_closure_push(
    struct gv_closure *closure, const struct gv_oid *oid, enum gv_otype type);

/* The same of a commit, for gv_link_parents(). */
int gv_closure_push_commit(void *closure, const struct gv_oid *commit);

/* Add what a commit or a tree names: of a commit its tree and, with `parents`,
 * those before it; of a blob nothing. 0; GV_ECORRUPT for what is no tree, with
 * what stands before that place added; GV_ENOMEM. */
int gv_closure_push_named(
    struct gv_closure *closure, const struct gv_object *obj, bool parents);

/* Take the next one: false where there is none. */
bool gv_closure_pop(struct gv_closure_step *out, struct gv_closure *closure);

/* Free; zeroed ok. */
void gv_closure_release(struct gv_closure *closure);

#endif
