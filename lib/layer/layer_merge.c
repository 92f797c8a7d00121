#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "layer/layer_internal.h"

/*
 * One layer over the layers below it. Only what the upper layer has is visited;
 * the index of a large map or list is kept between layers, so that n layers of
 * one key each take time in proportion to n.
 */

struct merge {
	struct gv_layer_tree *tree;
	const struct gv_layer_opts *opts;
	struct gv_layer_step steps[GV_LAYER_DEPTH_MAX + 2];
	size_t n;
};

static int merge_slot(struct merge *m, struct gv_layer_value **slot,
    const struct gv_layer_value *above);

/* ---- where we are -------------------------------------------------------- */

static int
push(struct merge *m, const struct gv_layer_value *v)
{
	if (m->n == GV_LAYER_DEPTH_MAX)
		return gv_err(GV_EREFUSED, "layers nest more than %d deep",
		    GV_LAYER_DEPTH_MAX);
	m->steps[m->n++] = v
	    ? (struct gv_layer_step){ .p = v->key, .len = v->key_len }
	    : (struct gv_layer_step){ .is_element = true };
	return 0;
}

static const struct gv_layer_rule *
rule(const struct merge *m)
{
	return m->opts->n_rules ? gv_layer_rule_at(m->opts, m->steps, m->n)
				: NULL;
}

static bool
deletes(struct merge *m, const struct gv_layer_value *v)
{
	const struct gv_layer_rule *said;

	if (v->kind != GV_LAYER_NULL)
		return false;
	if (m->opts->n_rules == 0 || push(m, v) < 0)
		return m->opts->null_deletes;
	said = rule(m);
	m->n--;
	return said && said->null_deletes >= 0 ? said->null_deletes
					       : m->opts->null_deletes;
}

/* ---- findings ------------------------------------------------------------ */

static int
note_clash(struct merge *m, const struct gv_layer_value *below,
    const struct gv_layer_value *above)
{
	struct gv_layer_tree *tree = m->tree;
	struct gv_buf path = GV_BUF_INIT;
	const char *copy;
	size_t i;
	int r;

	if (tree->n_clashes++ >= GV_LAYER_CLASHES)
		return 0;
	for (i = 0; i < m->n; i++)
		if (m->steps[i].is_element)
			gv_buf_addstr(&path, "[]");
		else
			gv_layer_add_key(&path, m->steps[i].p, m->steps[i].len);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	copy = gv_arena_copy(&tree->arena, path.p, path.len);
	if (copy == NULL ||
	    GV_GROW(tree->clashes, tree->n_clashes - 1, tree->cap_clashes) <
		0) {
		r = gv_err_nomem();
		goto out;
	}
	tree->clashes[tree->n_clashes - 1] =
	    (struct gv_layer_clash){ copy, below, above };
out:
	gv_buf_release(&path);
	return r;
}

static bool
clash(const struct merge *m, const struct gv_layer_value *below,
    const struct gv_layer_value *above)
{
	return !m->opts->takes_any_type &&
	    gv_layer_class(below) != gv_layer_class(above) &&
	    below->kind != GV_LAYER_NULL && above->kind != GV_LAYER_NULL;
}

/* ---- what is new --------------------------------------------------------- */

/* Whether there is a null in it that deletes nothing, since nothing is there.
 */
static bool
has_nulls(struct merge *m, const struct gv_layer_value *v)
{
	bool has = false;
	uint32_t i;

	if (v->kind != GV_LAYER_MAP)
		return false;
	for (i = 0; !has && i < v->n; i++) {
		if (deletes(m, v->items[i]))
			return true;
		if (v->items[i]->kind != GV_LAYER_MAP)
			continue;
		if (push(m, v->items[i]) < 0)
			return false;
		has = has_nulls(m, v->items[i]);
		m->n--;
	}
	return has;
}

/* A copy of a map, and of all maps in it, without nulls that delete. */
static int
strip(struct merge *m, struct gv_layer_value **out,
    const struct gv_layer_value *above)
{
	struct gv_layer_value *v, *item;
	uint32_t i;
	int r = 0;

	*out = (struct gv_layer_value *)(uintptr_t)above;
	if (above->kind != GV_LAYER_MAP)
		return 0;
	if ((v = gv_layer_new(m->tree, GV_LAYER_MAP)) == NULL)
		return GV_ENOMEM;
	*v = *above;
	v->owner = m->tree->token;
	v->index = NULL;
	v->items = NULL;
	v->n = v->cap = v->front = 0;
	for (i = 0; r == 0 && i < above->n; i++) {
		if (deletes(m, above->items[i]))
			continue;
		if ((r = push(m, above->items[i])) < 0)
			break;
		if ((r = strip(m, &item, above->items[i])) == 0)
			r = gv_layer_append(m->tree, v, item);
		m->n--;
	}
	*out = v;
	return r;
}

/* A value that comes where nothing is: as it is, but for nulls that delete. */
static int
take(struct merge *m, struct gv_layer_value **out,
    const struct gv_layer_value *above)
{
	if ((m->opts->null_deletes || m->opts->n_rules) && has_nulls(m, above))
		return strip(m, out, above);
	*out = (struct gv_layer_value *)(uintptr_t)above;
	return 0;
}

/* ---- maps and lists ------------------------------------------------------ */

static void
set_origin(struct gv_layer_value *v, const struct gv_layer_value *above)
{
	v->layer = above->layer;
	v->line = above->line;
	v->column = above->column;
	v->at = above->at;
	v->size = above->size;
}

static int
merge_item(struct merge *m, struct gv_layer_value *map,
    const struct gv_layer_value *above)
{
	struct gv_layer_value *item;
	uint32_t i;
	int r;

	i = gv_layer_place(&r, m->tree, map, above->key, above->key_len);
	if (r < 0)
		return r;
	if (deletes(m, above)) {
		if (i != GV_LAYER_NONE) {
			map->items[i] = NULL;
			map->has_holes = true;
		}
		return 0;
	}
	if ((r = push(m, above)) < 0)
		return r;
	if (i != GV_LAYER_NONE)
		r = merge_slot(m, &map->items[i], above);
	else if ((r = take(m, &item, above)) == 0)
		r = gv_layer_append(m->tree, map, item);
	m->n--;
	return r;
}

static int
merge_map(struct merge *m, struct gv_layer_value **slot,
    const struct gv_layer_value *above)
{
	uint32_t i;
	int r;

	if ((r = gv_layer_own(m->tree, slot)) < 0)
		return r;
	set_origin(*slot, above);
	for (i = 0; i < above->n; i++)
		if ((r = merge_item(m, *slot, above->items[i])) < 0)
			return r;
	return 0;
}

/* What an element is known by: of a map the value of a key. False: nothing. */
static bool
identify(struct gv_buf *out, const struct gv_layer_value *v, const char *by)
{
	const struct gv_layer_value *name;

	gv_buf_reset(out);
	if (by == NULL) {
		gv_layer_add_canonical(out, v);
		return true;
	}
	name = gv_layer_get(v, by, strlen(by));
	if (name == NULL || gv_layer_class(name) != 0)
		return false;
	gv_layer_add_canonical(out, name);
	return true;
}

/* Have the list's index name element `i` as `id`; the first of a name stays. */
static int
know(struct merge *m, struct gv_layer_value *list, uint32_t i,
    const struct gv_buf *id)
{
	const char *copy;
	int r;

	if ((r = gv_buf_check(id)) < 0 ||
	    gv_map_get(list->index, id->p, id->len))
		return r;
	copy = gv_arena_copy(&m->tree->arena, id->p, id->len);
	return copy
	    ? gv_map_put(list->index, copy, id->len, (void *)(uintptr_t)(i + 1))
	    : GV_ENOMEM;
}

static int
know_all(struct merge *m, struct gv_layer_value *list, const char *by)
{
	struct gv_buf id = GV_BUF_INIT;
	uint32_t i;
	int r = 0;

	if (list->index)
		return 0;
	if (gv_layer_new_index(m->tree, list) == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && i < list->n; i++)
		if (identify(&id, list->items[i], by))
			r = know(m, list, i, &id);
	gv_buf_release(&id);
	return r;
}

/* Add elements that are new; those that are known by a key are merged. */
static int
unite(struct merge *m, struct gv_layer_value *list,
    const struct gv_layer_value *above, const char *by)
{
	struct gv_buf id = GV_BUF_INIT;
	uint32_t i;
	int r;

	for (i = 0, r = know_all(m, list, by); r == 0 && i < above->n; i++) {
		struct gv_layer_value *v = above->items[i];
		const bool has_id = identify(&id, v, by);
		uint32_t at = 0;

		if ((r = gv_buf_check(&id)) < 0)
			break;
		if (has_id)
			at = (uint32_t)(uintptr_t)gv_map_get(
			    list->index, id.p, id.len);
		if (at && by == NULL)
			continue;
		if (at) {
			if ((r = push(m, NULL)) == 0) {
				r = merge_slot(m, &list->items[at - 1], v);
				m->n--;
			}
			continue;
		}
		if ((r = gv_layer_append(m->tree, list, v)) == 0 && has_id)
			r = know(m, list, list->n - 1, &id);
	}
	gv_buf_release(&id);
	return r;
}

static int
merge_list(struct merge *m, struct gv_layer_value **slot,
    const struct gv_layer_value *above, const struct gv_layer_rule *said)
{
	struct gv_layer_value *list;
	uint32_t i;
	int r;

	if ((r = gv_layer_own(m->tree, slot)) < 0)
		return r;
	list = *slot;
	set_origin(list, above);
	switch (said->way) {
	case GV_LAYER_APPEND:
		for (i = 0; r == 0 && i < above->n; i++)
			r = gv_layer_append(m->tree, list, above->items[i]);
		return r;
	case GV_LAYER_PREPEND:
		for (i = above->n; r == 0 && i > 0; i--)
			r = gv_layer_insert(
			    m->tree, list, 0, above->items[i - 1]);
		return r;
	case GV_LAYER_UNIQUE:
		return unite(m, list, above, NULL);
	default:
		return unite(m, list, above, said->by);
	}
}

static int
merge_slot(struct merge *m, struct gv_layer_value **slot,
    const struct gv_layer_value *above)
{
	const struct gv_layer_value *below = *slot;
	const struct gv_layer_rule *said = NULL;
	int r;

	if (gv_layer_class(below) && gv_layer_class(above))
		said = rule(m);
	if (said && said->way == GV_LAYER_REPLACE)
		return take(m, slot, above);
	if (below->kind == GV_LAYER_MAP && above->kind == GV_LAYER_MAP)
		return merge_map(m, slot, above);
	if (below->kind == GV_LAYER_LIST && above->kind == GV_LAYER_LIST &&
	    said && said->way != GV_LAYER_DEFAULT)
		return merge_list(m, slot, above, said);
	if (clash(m, below, above) && (r = note_clash(m, below, above)) < 0)
		return r;
	return take(m, slot, above);
}

/* ---- all ----------------------------------------------------------------- */

void
gv_layer_close_holes(const struct gv_layer_tree *tree, struct gv_layer_value *v)
{
	uint32_t i, n = 0;

	/* what has holes, or has something in it that has, is the tree's own */
	if (v == NULL || v->owner != tree->token)
		return;
	for (i = 0; i < v->n; i++) {
		if (v->items[i] == NULL)
			continue;
		gv_layer_close_holes(tree, v->items[i]);
		if (v->has_holes)
			v->items[n] = v->items[i];
		n++;
	}
	if (v->has_holes) {
		v->n = n;
		v->index = NULL;
		v->has_holes = false;
	}
}

int
gv_layer_put_over(struct gv_layer_tree *tree,
    const struct gv_layer_value *above, const struct gv_layer_opts *opts)
{
	struct merge m = { .tree = tree, .opts = opts };

	if (above == NULL)
		return 0;
	if (tree->root == NULL) {
		/* the lowest layer is as it is: nothing is below a null */
		tree->root = (struct gv_layer_value *)(uintptr_t)above;
		return 0;
	}
	return merge_slot(&m, &tree->root, above);
}

int
gv_layer_merge(struct gv_layer_tree *out, const struct gv_layer *const *layers,
    size_t n, const struct gv_layer_opts *opts)
{
	size_t i;
	int r;

	*out = (struct gv_layer_tree){ .root = NULL };
	for (i = 0; i < n; i++)
		if ((r = gv_layer_put_over(out, layers[i]->tree.root, opts)) <
		    0) {
			gv_layer_tree_release(out);
			return r;
		}
	gv_layer_close_holes(out, out->root);
	return 0;
}

int
gv_layer_merge_patch(
    struct gv_layer_tree *tree, const struct gv_layer_value *patch)
{
	const struct gv_layer_opts opts = { .null_deletes = true,
		.takes_any_type = true };
	struct merge m = { .tree = tree, .opts = &opts };
	int r;

	if (tree->root)
		r = merge_slot(&m, &tree->root, patch);
	else
		r = take(&m, &tree->root, patch);
	gv_layer_close_holes(tree, tree->root);
	return r;
}
