#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "state/track_internal.h"
#include "sys/cancel.h"

#define MOST GV_TRACK_PARTS /* things in a tree: five digits */

static int
put(struct gv_track_tree *t, unsigned level, enum gv_track_kind kind,
    const struct gv_oid *oid)
{
	char name[GV_TRACK_NAME + 8];
	int n;

	if (t->n[level] == MOST)
		return gv_err(GV_EREFUSED,
		    "a tree of it would have more than %u parts, more than "
		    "any state needs",
		    MOST);
	n = snprintf(name, sizeof(name), "%05x%s", t->n[level]++,
	    gv_track_part_suffix(kind));
	gv_tree_add(
	    &t->level[level], gv_track_part_mode(kind), name, (size_t)n, oid);
	return gv_buf_check(&t->level[level]);
}

static int
add(struct gv_track_tree *t, struct gv_oid *out, const struct gv_buf *tree)
{
	int r = gv_oid_of(out, GV_OTYPE_TREE, tree->p, tree->len);

	if (r < 0 || gv_map_get(t->known, out->id, GV_OID_RAW))
		return r;
	return gv_pack_add_known(
	    t->lane, out, GV_OTYPE_TREE, tree->p, tree->len, NULL);
}

/* A tree of this level is complete: it goes into the one above. */
static int
end_level(struct gv_track_tree *t, unsigned level)
{
	struct gv_oid oid;
	int r;

	if (t->n[level] == 0)
		return 0;
	r = add(t, &oid, &t->level[level]);
	gv_buf_reset(&t->level[level]);
	t->n[level] = 0;
	return r < 0 ? r : put(t, level + 1, GV_TRACK_CHUNKS, &oid);
}

int
gv_track_tree_add(struct gv_track_tree *t, unsigned ends,
    enum gv_track_kind kind, const struct gv_oid *oid)
{
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i < ends && i + 1 < GV_TRACK_LEVELS; i++)
		r = end_level(t, i);
	return r < 0 ? r : put(t, 0, kind, oid);
}

int
gv_track_tree_finish(struct gv_track_tree *t, struct gv_oid *out)
{
	const struct gv_buf *top = &t->level[GV_TRACK_LEVELS - 1];
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i + 1 < GV_TRACK_LEVELS; i++)
		r = end_level(t, i);
	return r < 0
	    ? r
	    : gv_pack_add(t->lane, out, GV_OTYPE_TREE, top->p, top->len, NULL);
}

void
gv_track_tree_release(struct gv_track_tree *t)
{
	unsigned i;

	for (i = 0; t && i < GV_TRACK_LEVELS; i++)
		gv_buf_release(&t->level[i]);
}

/* ---- reading ------------------------------------------------------------ */

struct walk {
	struct gv_odb *odb;
	int (*fn)(void *ctx, const struct gv_tree_entry *e);
	int (*tree)(void *ctx, const struct gv_oid *oid);
	void *ctx;
	size_t seen;
};

/* Trees that name one another many times would have no end. */
static int
count(struct walk *w)
{
	if (gv_cancel_requested())
		return gv_cancel_error();
	return w->seen++ == (size_t)2 * MOST
	    ? gv_err(GV_ECORRUPT, "a state cannot have that many parts")
	    : 0;
}

static int
go(struct walk *w, const struct gv_oid *oid, unsigned level)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r;

	if ((r = count(w)) < 0 ||
	    (r = gv_odb_read_type(w->odb, &obj, oid, GV_OTYPE_TREE)) < 0)
		goto out;
	if (w->tree && (r = w->tree(w->ctx, oid)) != 0)
		goto out;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (level == 0 && (r = count(w)) == 0)
			r = w->fn(w->ctx, &e);
		else if (r < 0)
			break;
		else if (e.mode != GV_MODE_DIR)
			r = gv_err(GV_ECORRUPT,
			    "a file is where a tree of parts should be");
		else
			r = go(w, &e.oid, level - 1);
		if (r < 0)
			break;
	}
out:
	gv_object_release(&obj);
	return r;
}

int
gv_track_tree_each(struct gv_odb *odb, const struct gv_oid *root,
    const char *name, int (*fn)(void *ctx, const struct gv_tree_entry *e),
    int (*tree)(void *ctx, const struct gv_oid *oid), void *ctx)
{
	struct walk w = { odb, fn, tree, ctx, 0 };
	struct gv_oid at;
	unsigned mode;
	int r = gv_tree_find(odb, root, name, &mode, &at);

	if (r == GV_ENOTFOUND || (r == 0 && mode != GV_MODE_DIR))
		return gv_err(GV_ECORRUPT, "it has no %s", name);
	return r < 0 ? r : go(&w, &at, GV_TRACK_LEVELS - 1);
}
