#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "schema/instance_internal.h"

/*
 * Children of large lists and maps by their key or number, so that a pointer
 * into one of them costs the same wherever it leads: the definitions of a
 * schema are many, and each is referred to. Children of small ones are gone
 * through.
 */

#define FEW 16

static uint32_t
slot_of(const struct gv_instance_index *x, uint32_t parent, uint32_t key)
{
	const uint64_t h =
	    (((uint64_t)parent << 32) | key) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(h >> 32) & x->mask;
}

static void
put(struct gv_instance_index *x, const struct gv_instance *in, uint32_t node)
{
	const struct gv_instance_node *n = &in->nodes[node];
	uint32_t i = slot_of(x, n->parent, n->has_key ? n->key_hash : n->index);

	while (x->slots[i] != GV_DOC_NONE)
		i = (i + 1) & x->mask;
	x->slots[i] = node;
}

static bool
is_indexed(const struct gv_instance *in, uint32_t node)
{
	const struct gv_instance_node *n = &in->nodes[node];

	return n->parent != GV_DOC_NONE && n->kind != GV_INSTANCE_SHADOWED &&
	    in->nodes[n->parent].n > FEW;
}

int
gv_instance_make_index(struct gv_instance *in)
{
	struct gv_instance_index *x;
	size_t size = 4;
	uint32_t i, n = 0;

	for (i = 0; i < in->n; i++)
		n += is_indexed(in, i);
	if (n == 0)
		return 0;
	while (size < (size_t)n * 2)
		size *= 2;
	x = malloc(sizeof(*x) + size * sizeof(x->slots[0]));
	if (x == NULL)
		return gv_err_nomem();
	x->mask = (uint32_t)(size - 1);
	memset(x->slots, 0xff, size * sizeof(x->slots[0]));
	in->index = x;
	for (i = 0; i < in->n; i++)
		if (is_indexed(in, i))
			put(x, in, i);
	return 0;
}

bool
gv_instance_has_index(const struct gv_instance *in, uint32_t node)
{
	return in->index && in->nodes[node].n > FEW;
}

uint32_t
gv_instance_child(
    const struct gv_instance *in, uint32_t parent, uint32_t key, uint32_t *at)
{
	const struct gv_instance_index *x = in->index;

	/* the first slot, or the one behind the last answer */
	*at =
	    *at == GV_DOC_NONE ? slot_of(x, parent, key) : (*at + 1) & x->mask;
	for (; x->slots[*at] != GV_DOC_NONE; *at = (*at + 1) & x->mask) {
		const struct gv_instance_node *n = &in->nodes[x->slots[*at]];

		if (n->parent == parent &&
		    (n->has_key ? n->key_hash : n->index) == key)
			return x->slots[*at];
	}
	return GV_DOC_NONE;
}
