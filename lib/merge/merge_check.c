#include <string.h>

#include "base/err.h"
#include "merge/merge_internal.h"

/*
 * Merging values, without a look at how they are written: what the texts have
 * been merged to is held against that.
 */

struct check {
	const struct gv_map *conflicts;
	enum gv_merge_side chosen;
	struct gv_buf path;
};

typedef const struct gv_layer_value *const values_of[GV_MERGE_SIDES];

static int
check_value(struct check *c, values_of v, const struct gv_layer_value *result);

bool
gv_merge_is_equal(
    const struct gv_layer_value *a, const struct gv_layer_value *b)
{
	return a && b ? gv_layer_is_equal(a, b) : a == b;
}

static bool
is_kind(const struct gv_layer_value *v, enum gv_layer_kind kind)
{
	return v && v->kind == kind;
}

/* What is on several lines may have been merged line by line. */
static bool
has_lines(const struct gv_layer_value *v)
{
	return is_kind(v, GV_LAYER_LIST) ||
	    (is_kind(v, GV_LAYER_TEXT) && memchr(v->text, '\n', v->len));
}

static int
check_key(struct check *c, values_of v, const struct gv_layer_value *result,
    const char *key, size_t len)
{
	const size_t before = c->path.len;
	const struct gv_layer_value *in[GV_MERGE_SIDES + 1] = { v[0], v[1],
		v[2], result };
	int i, r;

	for (i = 0; i <= GV_MERGE_SIDES; i++)
		in[i] = is_kind(in[i], GV_LAYER_MAP)
		    ? gv_layer_get(in[i], key, len)
		    : NULL;
	gv_layer_add_key(&c->path, key, len);
	if ((r = gv_buf_check(&c->path)) == 0)
		r = check_value(c, in, in[GV_MERGE_SIDES]);
	gv_buf_truncate(&c->path, before);
	return r;
}

/* Whether one of the first `n` has this key. */
static bool
has_key(const struct gv_layer_value *const *all, size_t n,
    const struct gv_layer_value *item)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_kind(all[i], GV_LAYER_MAP) &&
		    gv_layer_get(all[i], item->key, item->key_len))
			return true;
	return false;
}

/* Each key that any of them has. */
static int
check_map(struct check *c, values_of v, const struct gv_layer_value *result)
{
	const struct gv_layer_value *const all[] = { v[0], v[1], v[2], result };
	size_t side;
	uint32_t i;
	int r = 1;

	for (side = 0; side < sizeof(all) / sizeof(all[0]); side++) {
		const struct gv_layer_value *map = all[side];

		for (i = 0; r == 1 && is_kind(map, GV_LAYER_MAP) && i < map->n;
		     i++)
			if (!has_key(all, side, map->items[i]))
				r = check_key(c, v, result, map->items[i]->key,
				    map->items[i]->key_len);
	}
	return r;
}

static int
check_value(struct check *c, values_of v, const struct gv_layer_value *result)
{
	const struct gv_layer_value *base = v[GV_MERGE_BASE];
	const struct gv_layer_value *ours = v[GV_MERGE_OURS];
	const struct gv_layer_value *theirs = v[GV_MERGE_THEIRS];

	if (gv_map_get(c->conflicts, c->path.p, c->path.len))
		return gv_merge_is_equal(result, v[c->chosen]);
	if (gv_merge_is_equal(ours, theirs))
		return gv_merge_is_equal(result, ours);
	if (is_kind(ours, GV_LAYER_MAP) && is_kind(theirs, GV_LAYER_MAP) &&
	    (base == NULL || is_kind(base, GV_LAYER_MAP)))
		return is_kind(result, GV_LAYER_MAP) ? check_map(c, v, result)
						     : 0;
	if (gv_merge_is_equal(base, ours))
		return gv_merge_is_equal(result, theirs);
	if (gv_merge_is_equal(base, theirs))
		return gv_merge_is_equal(result, ours);
	return has_lines(ours) && has_lines(theirs) && has_lines(result);
}

int
gv_merge_check(const struct gv_layer_value *const values[GV_MERGE_SIDES],
    const struct gv_layer_value *result, const struct gv_map *conflicts,
    enum gv_merge_side chosen)
{
	struct check c = {
		.conflicts = conflicts, .chosen = chosen, .path = GV_BUF_INIT
	};
	int r = check_value(&c, values, result);

	gv_buf_release(&c.path);
	return r;
}
