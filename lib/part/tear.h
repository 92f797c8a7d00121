#ifndef GV_TEAR_H
#define GV_TEAR_H
/*
 * Which references a partial restore would leave dangling. A reference is torn
 * if it leads somewhere in the tree that its file comes from, and nowhere in
 * the tree that would result: for a file that goes back, the tree that it goes
 * back to; for one that stays, the tree as it is. What leads nowhere there
 * either dangled before. A pure function of graphs (lib/graph).
 *
 *	r = gv_tear_find(&tear, &trees);
 *	if (tear.n_torn)
 *		refuse;
 *	gv_tear_release(&tear);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_depgraph;

struct gv_tear_trees {
	const struct gv_depgraph *result; /* what the restore would leave */
	const bool *goes_back;            /* by file of it */
	const struct gv_depgraph *target; /* what files go back to */
	const struct gv_depgraph *now;    /* the tree as it is; NULL: nothing
					     stays */
	/* whether nobody can see what a file of `target` defines, since it is
	 * stored encrypted. NULL: none is */
	bool (*is_opaque)(void *ctx, const char *path, size_t len);
	void *ctx;
};

struct gv_tear_item {
	uint32_t edge; /* of the result */
	/* the symbol of an argument that the edge's module does not take any
	 * more; GV_DEPGRAPH_NONE: the edge itself */
	uint32_t argument;
	bool is_torn; /* else it dangled before */
};

struct gv_tear {
	struct gv_tear_item *items; /* in the order of the result's files */
	size_t n, cap, n_torn;
};

/* What an item's reference names: "modules/net", or "modules/net#cidr", and the
 * line where that is. */
struct gv_buf;
uint32_t gv_tear_say(struct gv_buf *out, const struct gv_depgraph *result,
    const struct gv_tear_item *item);

/* Find them; of those that dangled before, only those in files that go back.
 * 0 or GV_ENOMEM. To be released in any case. */
int gv_tear_find(struct gv_tear *out, const struct gv_tear_trees *trees);

/* Free; zeroed ok. */
void gv_tear_release(struct gv_tear *tear);

#endif
