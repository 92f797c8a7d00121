#include "vault/repair_internal.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "store/link.h"
#include "sys/cancel.h"

/*
 * All that a ref of ours keeps by standing on older commits. Nothing reads
 * them, but git gc ends where one is lost, and so does whoever fetches or sends
 * them.
 */

struct next {
	struct gv_oid oid;
	enum gv_otype type;
};

struct line {
	struct gv_repair_run *run;
	bool seek;
	struct gv_map seen;
	struct next *next;
	size_t n, cap;
	bool has_gap;
};

static int
push(struct line *l, const struct gv_oid *oid, enum gv_otype type)
{
	char *key;
	int r;

	if (gv_map_get(&l->seen, oid->id, GV_OID_RAW))
		return 0;
	key = gv_arena_copy(&l->run->arena, oid->id, GV_OID_RAW);
	r = key ? gv_map_put(&l->seen, key, GV_OID_RAW, key) : GV_ENOMEM;
	if (r == 0)
		r = gv_vec_grow(
		    (void **)&l->next, &l->cap, l->n + 1, sizeof(*l->next));
	if (r == 0)
		l->next[l->n++] = (struct next){ *oid, type };
	return r;
}

static int
push_parent(void *l, const struct gv_oid *parent)
{
	return push(l, parent, GV_OTYPE_COMMIT);
}

static int
push_head(struct line *l, const struct gv_object *obj)
{
	struct gv_oid tree;
	int r = gv_link_tree(&tree, obj) ? push(l, &tree, GV_OTYPE_TREE) : 0;

	return r < 0 ? r : gv_link_named(l, obj, push_parent);
}

static int
push_tree(struct line *l, const struct gv_object *obj)
{
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r;

	gv_tree_iter_mend(&it, obj->data, obj->len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		r = push(l, &e.oid,
		    e.mode == GV_MODE_DIR ? GV_OTYPE_TREE : GV_OTYPE_BLOB);
		if (r < 0)
			break;
	}
	return r == GV_ECORRUPT ? 0 : r;
}

static int
visit(struct line *l, const struct next *at)
{
	struct gv_object obj = { 0 };
	struct gv_repair_item *item;
	int r = gv_repair_read(&obj, l->run, &at->oid, at->type);

	if (r == 0 && l->seek &&
	    gv_repair_find(&item, l->run, &at->oid, at->type) == 1)
		r = gv_repair_read(&obj, l->run, &at->oid, at->type);
	l->has_gap |= r == 0;
	if (r == 1)
		r = at->type == GV_OTYPE_COMMIT ? push_head(l, &obj)
		    : at->type == GV_OTYPE_TREE ? push_tree(l, &obj)
						: 0;
	gv_object_release(&obj);
	return r;
}

int
gv_repair_line(struct gv_repair_run *run, const struct gv_oid *tip, bool seek)
{
	struct line l = { .run = run, .seek = seek };
	struct next at;
	int r = push(&l, tip, GV_OTYPE_COMMIT);

	while (r == 0 && l.n && (seek || !l.has_gap)) {
		at = l.next[--l.n];
		r = gv_cancel_requested() ? gv_cancel_error() : visit(&l, &at);
	}
	gv_map_release(&l.seen);
	free(l.next);
	return r < 0 ? r : !l.has_gap;
}
