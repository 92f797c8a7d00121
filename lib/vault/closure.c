#include "vault/closure.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/link.h"
#include "object/tree.h"

int
gv_closure_push(
    struct gv_closure *closure, const struct gv_oid *oid, enum gv_otype type)
{
	char *key;
	int r;

	if (gv_map_get(&closure->seen, oid->id, GV_OID_RAW))
		return 0;
	key = gv_arena_copy(&closure->arena, oid->id, GV_OID_RAW);
	r = key ? gv_map_put(&closure->seen, key, GV_OID_RAW, key) : GV_ENOMEM;
	if (r == 0 &&
	    (r = GV_GROW(closure->steps, closure->n, closure->cap)) == 0)
		closure->steps[closure->n++] =
		    (struct gv_closure_step){ *oid, type };
	return r;
}

int
gv_closure_push_commit(void *closure, const struct gv_oid *commit)
{
	return gv_closure_push(closure, commit, GV_OTYPE_COMMIT);
}

static int
push_head(struct gv_closure *closure, const struct gv_object *obj, bool parents)
{
	struct gv_oid tree;
	int r = gv_link_tree(&tree, obj)
	    ? gv_closure_push(closure, &tree, GV_OTYPE_TREE)
	    : 0;

	return r < 0 || !parents
	    ? r
	    : gv_link_named(closure, obj, gv_closure_push_commit);
}

/* Nobody reads it for what it says. */
static int
push_tree(struct gv_closure *closure, const struct gv_object *obj)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r;

	gv_tree_iter_mend(&it, obj->data, obj->len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (e.mode == GV_MODE_GIT)
			continue;
		r = gv_closure_push(closure, &e.oid,
		    e.mode == GV_MODE_DIR ? GV_OTYPE_TREE : GV_OTYPE_BLOB);
		if (r < 0)
			break;
	}
	return r;
}

int
gv_closure_push_named(
    struct gv_closure *closure, const struct gv_object *obj, bool parents)
{
	switch (obj->type) {
	case GV_OTYPE_COMMIT:
		return push_head(closure, obj, parents);
	case GV_OTYPE_TREE:
		return push_tree(closure, obj);
	default:
		return 0;
	}
}

bool
gv_closure_pop(struct gv_closure_step *out, struct gv_closure *closure)
{
	if (closure->n == 0)
		return false;
	*out = closure->steps[--closure->n];
	return true;
}

void
gv_closure_release(struct gv_closure *closure)
{
	gv_map_release(&closure->seen);
	gv_arena_release(&closure->arena);
	free(closure->steps);
}
