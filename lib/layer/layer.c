#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "layer/layer_internal.h"

/*
 * Values and trees. A value that is shared is never changed: whoever wants to
 * change it copies it first, one level deep, so that a merge costs what the
 * upper layer has, not what the lower one has.
 */

#define ITEMS_MAX (UINT32_MAX / 4)

/* The tree's token; NULL: no memory. */
static const void *
token(struct gv_layer_tree *tree)
{
	if (tree->token == NULL)
		tree->token = gv_arena_alloc(&tree->arena, 1);
	return tree->token;
}

struct gv_layer_value *
gv_layer_new(struct gv_layer_tree *tree, enum gv_layer_kind kind)
{
	struct gv_layer_value *v;

	if (token(tree) == NULL ||
	    (v = gv_arena_alloc(&tree->arena, sizeof(*v))) == NULL)
		return NULL;
	v->kind = (uint8_t)kind;
	v->owner = tree->token;
	v->layer = GV_LAYER_NONE;
	return v;
}

/* Have the items of an own value in `cap` places, `front` of them before it. */
static int
move_items(struct gv_layer_tree *tree, struct gv_layer_value *v, uint32_t front,
    uint32_t behind)
{
	const size_t cap = (size_t)front + v->n + behind;
	struct gv_layer_value **items;

	if (cap > ITEMS_MAX)
		return gv_err(GV_EREFUSED, "a list or map has too many items");
	items =
	    gv_arena_alloc(&tree->arena, cap * sizeof(struct gv_layer_value *));
	if (items == NULL)
		return GV_ENOMEM;
	if (v->n)
		memcpy(items + front, v->items, v->n * sizeof(*items));
	v->items = items + front;
	v->front = front;
	v->cap = v->n + behind;
	return 0;
}

int
gv_layer_own(struct gv_layer_tree *tree, struct gv_layer_value **slot)
{
	struct gv_layer_value *v;

	if (token(tree) == NULL)
		return GV_ENOMEM;
	if ((*slot)->owner == tree->token)
		return 0;
	v = gv_arena_alloc(&tree->arena, sizeof(*v));
	if (v == NULL)
		return GV_ENOMEM;
	*v = **slot;
	v->owner = tree->token;
	v->index = NULL;
	v->front = v->cap = 0;
	if (v->n && move_items(tree, v, 0, v->n / 8 + 2) < 0)
		return GV_ENOMEM;
	*slot = v;
	return 0;
}

struct gv_layer_value *
gv_layer_named(struct gv_layer_tree *tree, const struct gv_layer_value *v,
    const char *key, size_t len)
{
	struct gv_layer_value *copy = gv_layer_new(tree, GV_LAYER_NULL);

	if (copy == NULL)
		return NULL;
	*copy = *v;
	copy->key = key;
	copy->key_len = (uint32_t)len;
	/* its items are still those of the other: nobody may change them */
	copy->owner = NULL;
	copy->index = NULL;
	return copy;
}

int
gv_layer_append(struct gv_layer_tree *tree, struct gv_layer_value *to,
    struct gv_layer_value *v)
{
	int r;

	if (to->n == to->cap &&
	    (r = move_items(tree, to, to->front ? to->n / 2 : 0,
		 to->n < 4 ? 4 : to->n)) < 0)
		return r;
	if (to->index && v->key &&
	    (r = gv_map_put(to->index, v->key, v->key_len,
		 (void *)(uintptr_t)(to->n + 1))) < 0)
		return r;
	to->items[to->n++] = v;
	return 0;
}

int
gv_layer_insert(struct gv_layer_tree *tree, struct gv_layer_value *to,
    size_t at, struct gv_layer_value *v)
{
	int r;

	to->index = NULL;
	if (at == 0 && to->n) {
		if (to->front == 0 &&
		    (r = move_items(tree, to, to->n + 4, to->cap - to->n)) < 0)
			return r;
		to->items--;
		to->front--;
		to->cap++;
		to->n++;
		to->items[0] = v;
		return 0;
	}
	if ((r = gv_layer_append(tree, to, v)) < 0)
		return r;
	memmove(to->items + at + 1, to->items + at,
	    (to->n - 1 - at) * sizeof(*to->items));
	to->items[at] = v;
	return 0;
}

void
gv_layer_remove(struct gv_layer_value *from, size_t at)
{
	from->index = NULL;
	from->n--;
	memmove(from->items + at, from->items + at + 1,
	    (from->n - at) * sizeof(*from->items));
}

struct gv_map *
gv_layer_new_index(struct gv_layer_tree *tree, struct gv_layer_value *v)
{
	struct gv_layer_index *index = calloc(1, sizeof(*index));

	if (index == NULL) {
		gv_err_nomem();
		return NULL;
	}
	index->next = tree->indices;
	tree->indices = index;
	v->index = &index->map;
	return v->index;
}

static bool
is_key(const struct gv_layer_value *v, const char *key, size_t len)
{
	return v && v->key && v->key_len == len &&
	    memcmp(v->key, key, len) == 0;
}

static int
learn(struct gv_layer_tree *tree, struct gv_layer_value *map)
{
	struct gv_map *index = gv_layer_new_index(tree, map);
	uint32_t i;
	int r;

	if (index == NULL)
		return GV_ENOMEM;
	for (i = 0; i < map->n; i++)
		if (map->items[i] &&
		    (r = gv_map_put(index, map->items[i]->key,
			 map->items[i]->key_len, (void *)(uintptr_t)(i + 1))) <
			0)
			return r;
	return 0;
}

uint32_t
gv_layer_place(int *r, struct gv_layer_tree *tree, struct gv_layer_value *map,
    const char *key, size_t len)
{
	uint32_t i;

	*r = 0;
	if (map->n <= GV_LAYER_FEW && map->index == NULL) {
		for (i = 0; i < map->n; i++)
			if (is_key(map->items[i], key, len))
				return i;
		return GV_LAYER_NONE;
	}
	if (map->index == NULL && (*r = learn(tree, map)) < 0)
		return GV_LAYER_NONE;
	i = (uint32_t)(uintptr_t)gv_map_get(map->index, key, len);
	/* a removed one left a hole */
	return i && map->items[i - 1] ? i - 1 : GV_LAYER_NONE;
}

int
gv_layer_put(struct gv_layer_tree *tree, struct gv_layer_value *map,
    struct gv_layer_value *v)
{
	int r;
	const uint32_t i = gv_layer_place(&r, tree, map, v->key, v->key_len);

	if (r < 0)
		return r;
	if (i == GV_LAYER_NONE)
		return gv_layer_append(tree, map, v);
	map->items[i] = v;
	return 0;
}

const struct gv_layer_value *
gv_layer_get(const struct gv_layer_value *map, const char *key, size_t len)
{
	uint32_t i;

	if (map == NULL || map->kind != GV_LAYER_MAP)
		return NULL;
	if (map->index) {
		i = (uint32_t)(uintptr_t)gv_map_get(map->index, key, len);
		return i ? map->items[i - 1] : NULL;
	}
	for (i = 0; i < map->n; i++)
		if (is_key(map->items[i], key, len))
			return map->items[i];
	return NULL;
}

void
gv_layer_tree_release(struct gv_layer_tree *tree)
{
	struct gv_layer_index *index, *next;

	for (index = tree->indices; index; index = next) {
		next = index->next;
		gv_map_release(&index->map);
		free(index);
	}
	gv_arena_release(&tree->arena);
	free(tree->clashes);
	*tree = (struct gv_layer_tree){ .root = NULL };
}

int
gv_layer_drop(struct gv_layer *layer, const char *key)
{
	struct gv_layer_value *root = layer->tree.root;
	uint32_t i;
	int r;

	if (root == NULL || root->kind != GV_LAYER_MAP)
		return 0;
	if ((r = gv_layer_own(&layer->tree, &root)) < 0)
		return r;
	layer->tree.root = root;
	i = gv_layer_place(&r, &layer->tree, root, key, strlen(key));
	if (r == 0 && i != GV_LAYER_NONE)
		gv_layer_remove(root, i);
	return r;
}

void
gv_layer_release(struct gv_layer *layer)
{
	gv_layer_tree_release(&layer->tree);
}
