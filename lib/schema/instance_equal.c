#include "schema/instance_internal.h"

#include <string.h>

#include "base/map.h"
#include "schema/decimal.h"

/*
 * Equality by JSON. Recursion is as deep as the value, which is bounded.
 */

#define NEXT(i) ((i) += (i)->span)

static uint64_t
mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdU;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53U;
	return h ^ h >> 33;
}

/* INT and NUMBER never hold the same value, so they need not agree. */
uint64_t
gv_instance_hash(const struct gv_instance_node *n)
{
	const struct gv_instance_node *const end = n + n->span;
	const struct gv_instance_node *i;
	struct gv_decimal d;
	uint64_t h = n->kind;

	switch (n->kind) {
	case GV_INSTANCE_INT:
		return mix(h + (uint64_t)n->is.whole * 16);
	case GV_INSTANCE_NUMBER:
		(void)gv_decimal_read(&d, n->is.text, n->len);
		return mix(h + gv_decimal_hash(&d));
	case GV_INSTANCE_TEXT:
		return mix(h + gv_map_hash(n->is.text, n->len));
	case GV_INSTANCE_LIST:
		for (i = n + 1; i < end; NEXT(i))
			h = mix(h * 31 + gv_instance_hash(i));
		return h;
	case GV_INSTANCE_MAP:
		for (i = n + 1; i < end; NEXT(i))
			if (i->kind != GV_INSTANCE_SHADOWED)
				h += mix(i->key_hash + gv_instance_hash(i) * 3);
		return mix(h);
	default:
		return mix(h);
	}
}

/* Members are mostly in the same order, so the search goes on where the last
 * one was found. */
static const struct gv_instance_node *
find(const struct gv_instance_node *map, const struct gv_instance_node *from,
    const struct gv_instance_node *key)
{
	const struct gv_instance_node *const end = map + map->span;
	const struct gv_instance_node *i;

	if (from == end)
		from = map + 1;
	i = from;
	do {
		if (i->key_hash == key->key_hash &&
		    i->key_len == key->key_len &&
		    i->kind != GV_INSTANCE_SHADOWED &&
		    memcmp(i->key, key->key, key->key_len) == 0)
			return i;
		if (NEXT(i) == end)
			i = map + 1;
	} while (i != from);
	return NULL;
}

static bool
is_equal_map(const struct gv_instance_node *a, const struct gv_instance_node *b)
{
	const struct gv_instance_node *const end = a + a->span;
	const struct gv_instance_node *i, *other, *from = b + 1;

	for (i = a + 1; i < end; NEXT(i)) {
		if (i->kind == GV_INSTANCE_SHADOWED)
			continue;
		other = find(b, from, i);
		if (other == NULL || !gv_instance_equal(i, other))
			return false;
		from = other + other->span;
	}
	return true;
}

static bool
is_equal_list(
    const struct gv_instance_node *a, const struct gv_instance_node *b)
{
	const struct gv_instance_node *const end = a + a->span;

	for (a++, b++; a < end; NEXT(a), NEXT(b))
		if (!gv_instance_equal(a, b))
			return false;
	return true;
}

bool
gv_instance_equal(
    const struct gv_instance_node *a, const struct gv_instance_node *b)
{
	struct gv_decimal x, y;

	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case GV_INSTANCE_INT:
		return a->is.whole == b->is.whole;
	case GV_INSTANCE_NUMBER:
		(void)gv_decimal_read(&x, a->is.text, a->len);
		(void)gv_decimal_read(&y, b->is.text, b->len);
		return gv_decimal_compare(&x, &y) == 0;
	case GV_INSTANCE_TEXT:
		return a->len == b->len &&
		    memcmp(a->is.text, b->is.text, a->len) == 0;
	case GV_INSTANCE_LIST:
		return a->n == b->n && is_equal_list(a, b);
	case GV_INSTANCE_MAP:
		return a->n == b->n && is_equal_map(a, b);
	default:
		return a->kind != GV_INSTANCE_OPAQUE;
	}
}
