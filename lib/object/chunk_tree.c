#include "object/chunk.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "object/pack.h"
#include "object/tree.h"

/*
 * Two levels: the top names groups by eight hexadecimal digits, a group names
 * chunks by four, both counted from zero without a gap, so that names in order
 * are bytes in order. A group ends where its chunk's id says so, so that an
 * insertion renames the chunks of one group and the groups of the top, and
 * leaves all other groups the same objects; holes, which are all one id, fill
 * groups to the maximum, which are all one object too.
 */
#define GROUP_MIN  16
#define GROUP_MAX  512
#define GROUP_MASK 0x7f /* on average every 128th */

static const unsigned digits[] = { 4, 8 };

static int
put(struct gv_chunk_tree *t, struct gv_pack_lane *lane, struct gv_oid *out,
    struct gv_buf *tree)
{
	int r;

	if ((r = gv_buf_check(tree)) < 0)
		goto out;
	r = lane
	    ? gv_pack_add(lane, out, GV_OTYPE_TREE, tree->p, tree->len, NULL)
	    : gv_oid_of(out, GV_OTYPE_TREE, tree->p, tree->len);
	if (r < 0)
		goto out;
	if (lane == NULL && t->made)
		r = t->made(t->made_ctx, out, tree->p, tree->len);
out:
	gv_buf_reset(tree);
	return r;
}

static void
add_name(struct gv_buf *tree, bool top, uint32_t n, const struct gv_oid *id)
{
	char name[16];

	snprintf(name, sizeof(name), "%0*x", (int)digits[top], n);
	gv_tree_add(
	    tree, top ? GV_MODE_DIR : GV_MODE_FILE, name, digits[top], id);
}

static int
end_group(struct gv_chunk_tree *t, struct gv_pack_lane *lane)
{
	struct gv_oid id;
	int r = put(t, lane, &id, &t->group);

	if (r < 0)
		return r;
	if (t->groups == UINT32_MAX)
		return gv_err(GV_EREFUSED, "it has too many chunks");
	add_name(&t->top, true, t->groups++, &id);
	t->n = 0;
	return gv_buf_check(&t->top);
}

int
gv_chunk_tree_add(
    struct gv_chunk_tree *t, struct gv_pack_lane *lane, const struct gv_oid *id)
{
	bool ends = (id->id[GV_OID_RAW - 1] & GROUP_MASK) == 0;

	add_name(&t->group, false, t->n++, id);
	if (t->n < GROUP_MIN || (t->n < GROUP_MAX && !ends))
		return 0;
	return end_group(t, lane);
}

int
gv_chunk_tree_finish(
    struct gv_chunk_tree *t, struct gv_pack_lane *lane, struct gv_oid *out)
{
	int r = t->n ? end_group(t, lane) : 0;

	if (r == 0)
		r = put(t, lane, out, &t->top);
	t->n = t->groups = 0;
	return r;
}

void
gv_chunk_tree_release(struct gv_chunk_tree *t)
{
	if (t == NULL)
		return;
	gv_buf_release(&t->group);
	gv_buf_release(&t->top);
	t->n = t->groups = 0;
}

int
gv_chunk_level(const void *data, size_t len, bool top,
    int (*fn)(void *ctx, const struct gv_oid *id), void *ctx)
{
	unsigned mode = top ? GV_MODE_DIR : GV_MODE_FILE;
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	char name[16];
	uint32_t n = 0;
	int r;

	gv_tree_iter_init(&it, data, len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		snprintf(name, sizeof(name), "%0*x", (int)digits[top], n++);
		if (e.mode != mode || strcmp(e.name, name) != 0 ||
		    (!top && n > GROUP_MAX))
			return gv_err(GV_ECORRUPT,
			    "a tree of chunks has '%s' where %s must be",
			    e.name, name);
		r = fn(ctx, &e.oid);
		if (r < 0)
			return r;
	}
	if (r == 0 && n == 0)
		r = gv_err(GV_ECORRUPT, "a tree of chunks is empty");
	return r;
}
