#ifndef GV_LAYER_INTERNAL_H
#define GV_LAYER_INTERNAL_H
/*
 * How trees are built and changed. A value that the tree does not own is copied
 * before it changes (gv_layer_own()), one level deep: what is in it stays
 * shared. For lib/layer alone.
 */

#include "base/map.h"
#include "layer/layer.h"
#include "layer/layer_path.h"

/* Maps with fewer keys are searched one by one. */
#define GV_LAYER_FEW 8

struct gv_layer_index {
	struct gv_map map;
	struct gv_layer_index *next;
};

/* A new value that the tree owns; NULL: no memory. */
struct gv_layer_value *
gv_layer_new(struct gv_layer_tree *tree, enum gv_layer_kind kind);

/* Have *slot be the tree's own. 0 or GV_ENOMEM. */
int gv_layer_own(struct gv_layer_tree *tree, struct gv_layer_value **slot);

/* A copy with another key, what is in it being shared; NULL: no memory. */
struct gv_layer_value *gv_layer_named(struct gv_layer_tree *tree,
    const struct gv_layer_value *v, const char *key, size_t len);

/* Put a value behind, in front of, or at a place in one that the tree owns. 0
 * or GV_ENOMEM. */
int gv_layer_append(struct gv_layer_tree *tree, struct gv_layer_value *to,
    struct gv_layer_value *v);
int gv_layer_insert(struct gv_layer_tree *tree, struct gv_layer_value *to,
    size_t at, struct gv_layer_value *v);
void gv_layer_remove(struct gv_layer_value *from, size_t at);

/* The place of a key in a map that the tree owns, or GV_LAYER_NONE. Appending
 * keeps what it has learned; all other changes forget it. *r is GV_ENOMEM on
 * failure. */
uint32_t gv_layer_place(int *r, struct gv_layer_tree *tree,
    struct gv_layer_value *map, const char *key, size_t len);

/* An empty index of a value that the tree owns; NULL: no memory. */
struct gv_map *
gv_layer_new_index(struct gv_layer_tree *tree, struct gv_layer_value *v);

/* Set the value of a key in a map that the tree owns. 0 or GV_ENOMEM. */
int gv_layer_put(struct gv_layer_tree *tree, struct gv_layer_value *map,
    struct gv_layer_value *v);

/* Merge a value over the tree's root: one more layer. 0; GV_EREFUSED,
 * GV_ENOMEM. */
int gv_layer_put_over(struct gv_layer_tree *tree,
    const struct gv_layer_value *above, const struct gv_layer_opts *opts);

/* Remove the holes that merging with deletions leaves. */
void gv_layer_close_holes(
    const struct gv_layer_tree *tree, struct gv_layer_value *v);

/* The rule for these steps, or NULL; an element is "[]". */
const struct gv_layer_rule *gv_layer_rule_at(const struct gv_layer_opts *opts,
    const struct gv_layer_step *steps, size_t n);

/* The kinds that may replace each other. */
static inline int
gv_layer_class(const struct gv_layer_value *v)
{
	return v->kind == GV_LAYER_MAP ? 2 : v->kind == GV_LAYER_LIST ? 1 : 0;
}

/* What a value has at a step, or NULL. */
const struct gv_layer_value *
gv_layer_take(const struct gv_layer_value *v, const struct gv_layer_step *step);

#endif
