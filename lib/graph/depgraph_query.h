#ifndef GV_DEPGRAPH_QUERY_H
#define GV_DEPGRAPH_QUERY_H
/*
 * Questions to a graph: what something depends on, what depends on it, and what
 * goes in circles.
 *
 *	r = gv_depgraph_reachable(&steps, g, starts, n, GV_DEPGRAPH_UP, 0);
 *	if (steps[node] != GV_DEPGRAPH_NONE)
 *		...
 *	free(steps);
 */

#include "graph/depgraph.h"

enum gv_depgraph_way {
	GV_DEPGRAPH_DOWN, /* to what something depends on */
	GV_DEPGRAPH_UP,   /* to what depends on it */
	/* to what a change of it reaches: what depends on it, and for values
	 * that apply to other files by their names, these in place of it */
	GV_DEPGRAPH_IMPACT,
};

/* Call fn for each node that is next to a node: by an edge, or with `edge`
 * NULL because one contains the other: a file its definitions, a stack of
 * Terraform its backend. Such a step counts for nothing. */
typedef void gv_depgraph_next_fn(
    void *ctx, uint32_t node, const struct gv_depgraph_edge *edge);
void gv_depgraph_each_next(const struct gv_depgraph *g, uint32_t node,
    enum gv_depgraph_way way, gv_depgraph_next_fn *fn, void *ctx);

/* How many steps lead to each node from the nearest of these, GV_DEPGRAPH_NONE:
 * none do, or more than `most` (0: any number). 0 or GV_ENOMEM. The caller
 * frees *steps. */
int gv_depgraph_reachable(uint32_t **steps, const struct gv_depgraph *g,
    const uint32_t *starts, uint32_t n, enum gv_depgraph_way way,
    uint32_t most);

/* Nodes that depend on each other in a circle: items[at[i]] … items[at[i + 1]]
 * for the i-th, each node on the next, the last on the first. */
struct gv_depgraph_cycles {
	uint32_t *items, *at;
	size_t n, n_items;
	/* private */
	size_t cap_items, cap_at;
};

/* Find them, one for each set of nodes that can all reach each other. 0 or
 * GV_ENOMEM; to be released in any case. */
int gv_depgraph_find_cycles(
    struct gv_depgraph_cycles *out, const struct gv_depgraph *g);

void gv_depgraph_cycles_release(struct gv_depgraph_cycles *cycles);

/* What a folder is by what is right in it, in a word: "terraform", "chart";
 * NULL: no component. */
const char *gv_depgraph_component(const struct gv_depgraph *g, uint32_t folder);

#endif
