#include "vault/line.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/link.h"
#include "object/tree.h"

int
gv_line_push(struct gv_line *line, const struct gv_oid *oid, enum gv_otype type)
{
	char *key;
	int r;

	if (gv_map_get(&line->seen, oid->id, GV_OID_RAW))
		return 0;
	key = gv_arena_copy(&line->arena, oid->id, GV_OID_RAW);
	r = key ? gv_map_put(&line->seen, key, GV_OID_RAW, key) : GV_ENOMEM;
	if (r == 0 && (r = GV_GROW(line->steps, line->n, line->cap)) == 0)
		line->steps[line->n++] = (struct gv_line_step){ *oid, type };
	return r;
}

int
gv_line_push_commit(void *line, const struct gv_oid *commit)
{
	return gv_line_push(line, commit, GV_OTYPE_COMMIT);
}

static int
push_head(struct gv_line *line, const struct gv_object *obj, bool parents)
{
	struct gv_oid tree;
	int r = gv_link_tree(&tree, obj)
	    ? gv_line_push(line, &tree, GV_OTYPE_TREE)
	    : 0;

	return r < 0 || !parents
	    ? r
	    : gv_link_named(line, obj, gv_line_push_commit);
}

/* Nobody reads it for what it says. */
static int
push_tree(struct gv_line *line, const struct gv_object *obj)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r;

	gv_tree_iter_mend(&it, obj->data, obj->len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (e.mode == GV_MODE_GIT)
			continue;
		r = gv_line_push(line, &e.oid,
		    e.mode == GV_MODE_DIR ? GV_OTYPE_TREE : GV_OTYPE_BLOB);
		if (r < 0)
			break;
	}
	return r;
}

int
gv_line_push_named(
    struct gv_line *line, const struct gv_object *obj, bool parents)
{
	switch (obj->type) {
	case GV_OTYPE_COMMIT:
		return push_head(line, obj, parents);
	case GV_OTYPE_TREE:
		return push_tree(line, obj);
	default:
		return 0;
	}
}

bool
gv_line_pop(struct gv_line_step *out, struct gv_line *line)
{
	if (line->n == 0)
		return false;
	*out = line->steps[--line->n];
	return true;
}

void
gv_line_release(struct gv_line *line)
{
	gv_map_release(&line->seen);
	gv_arena_release(&line->arena);
	free(line->steps);
}
