#ifndef GV_LAYOUT_INTERNAL_H
#define GV_LAYOUT_INTERNAL_H
/*
 * What the parts of the layout share. Its nodes are the boxes that have an
 * edge, and a dummy for each rank that an edge goes past, so that arcs lead
 * from one rank to the next only.
 */

#include "draw/layout.h"

struct gv_layout_node {
	uint32_t rank, pos; /* its place in the rank, from 0 */
	uint32_t box;       /* UINT32_MAX: a dummy */
	double height, y;   /* y is its middle */
};

struct gv_layout_arc {
	uint32_t from, to; /* nodes */
};

struct gv_layout_graph {
	struct gv_layout_node *nodes;
	uint32_t n_nodes;
	struct gv_layout_arc *arcs;
	uint32_t n_arcs;
	/* the arcs of node i are next[next_at[i]] … next[next_at[i + 1]], as
	 * numbers of the nodes that they lead to; `last` those before it */
	uint32_t *next_at, *next, *last_at, *last;
	/* the nodes of rank i are order[rank_at[i]] … order[rank_at[i + 1]] */
	uint32_t *order, *rank_at, n_ranks;
	double *keys; /* by node: for whoever sorts */
};

/* ---- layout_rank.c ------------------------------------------------------- */

/* Mark the edges that close a circle, and give each box its rank. 0 or
 * GV_ENOMEM. */
int gv_layout_rank(struct gv_layout *l);

/* ---- layout_order.c ------------------------------------------------------ */

/* Order the nodes of each rank so that few arcs cross. How many do, in
 * *crossings. 0 or GV_ENOMEM. */
int gv_layout_order(struct gv_layout_graph *g, uint64_t *crossings);

/* ---- layout_place.c ------------------------------------------------------ */

/* Find the height of each node, near to what it is connected with, in the order
 * of its rank. 0 or GV_ENOMEM. */
int gv_layout_place(struct gv_layout_graph *g);

#endif
