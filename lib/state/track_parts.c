#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/tree.h"
#include "safe/safe_reader.h"
#include "state/track_internal.h"
#include "state/track_leaf.h"
#include "sys/workers.h"

#define FEW 64 /* leaves that one thread reads as fast as two */

static int
add_part(void *ctx, const struct gv_tree_entry *e)
{
	struct gv_track_parts *parts = ctx;
	struct gv_track_part part = { .object = e->oid };
	int r = gv_track_part_kind(&part.kind, e);

	if (r == 0 && (r = GV_GROW(parts->list, parts->n, parts->cap)) == 0)
		parts->list[parts->n++] = part;
	return r;
}

static int
note_tree(struct gv_track_parts *parts, const struct gv_oid *oid)
{
	int r = GV_GROW(parts->trees, parts->n_trees, parts->cap_trees);

	if (r == 0)
		parts->trees[parts->n_trees++] = *oid;
	return r;
}

static int
tree_of_parts(void *ctx, const struct gv_oid *oid)
{
	return note_tree(ctx, oid);
}

struct leaves {
	struct gv_track_parts *parts;
	size_t n;
};

static int
add_leaf(void *ctx, const struct gv_tree_entry *e)
{
	struct leaves *l = ctx;

	if (l->n < l->parts->n)
		l->parts->list[l->n].leaf = e->oid;
	l->n++;
	return 0;
}

static int
tree_of_leaves(void *ctx, const struct gv_oid *oid)
{
	struct leaves *l = ctx;

	return note_tree(l->parts, oid);
}

int
gv_track_parts_list(
    struct gv_track_parts *out, struct gv_odb *odb, const struct gv_oid *root)
{
	struct leaves leaves = { .parts = out };
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_track_tree_each(
		 odb, root, "parts", add_part, tree_of_parts, out)) == 0)
		r = gv_track_tree_each(
		    odb, root, "index", add_leaf, tree_of_leaves, &leaves);
	if (r == 0 && leaves.n != out->n)
		r = gv_err(GV_ECORRUPT, "it has %zu parts, and an index of %zu",
		    out->n, leaves.n);
	if (r < 0)
		gv_track_parts_release(out);
	return r;
}

/* What their leaves say, which threads share. */
struct naming {
	struct gv_track_parts *parts;
	struct gv_odb *odb;
	atomic_size_t next;
};

int
gv_track_part_name(struct gv_track_part *part, struct gv_odb *odb)
{
	struct gv_track_leaf leaf = { .n = 0 };
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, &part->leaf, GV_OTYPE_BLOB);

	if (r == 0 && (r = gv_track_leaf_head(&leaf, obj.data, obj.len)) == 0) {
		part->id = leaf.id;
		part->size = leaf.size;
	}
	gv_object_release(&obj);
	return r;
}

static int
name_some(void *ctx, int i)
{
	struct naming *n = ctx;
	size_t at;
	int r = 0;

	(void)i;
	while (r == 0 && (at = atomic_fetch_add(&n->next, 1)) < n->parts->n)
		r = gv_track_part_name(&n->parts->list[at], n->odb);
	return r;
}

int
gv_track_parts_name(struct gv_track_parts *parts, struct gv_odb *odb)
{
	struct naming n = { .parts = parts, .odb = odb };

	return gv_workers_run(
	    parts->n < FEW ? 1 : gv_workers_count(0), name_some, &n);
}

int
gv_track_part_again(
    struct gv_track_part *part, struct gv_safe *safe, const char *env)
{
	int r = 0;

	if (!gv_track_part_is_clear(part->kind))
		r = gv_safe_find_part(&part->again, NULL, safe, env, &part->id);
	return r < 0 ? r : 0;
}

int
gv_track_parts_again(
    struct gv_track_parts *parts, struct gv_safe *safe, const char *env)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < parts->n; i++)
		r = gv_track_part_again(&parts->list[i], safe, env);
	return r;
}

void
gv_track_parts_release(struct gv_track_parts *parts)
{
	if (parts == NULL)
		return;
	free(parts->list);
	free(parts->trees);
	memset(parts, 0, sizeof(*parts));
}
