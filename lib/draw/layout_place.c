#include "draw/layout_internal.h"

#include <stdlib.h>

#include "base/err.h"

/*
 * Heights. Each node wants to be at the mean of those that it is connected
 * with; a rank has them at least their heights apart, in its order. What is
 * nearest to all wishes is found by joining neighbours that want to pass each
 * other into blocks, which go to the mean of their wishes.
 */

#define ROUNDS      10
#define GAP         18.0 /* between boxes */
#define DUMMY_PULL  4.0  /* long arrows are to be straight */
#define DUMMY_SPACE 8.0

struct block {
	double sum, weight; /* of wishes, each less its own offset */
	uint32_t first, n;  /* of the rank */
};

struct placing {
	struct gv_layout_graph *g;
	struct block *blocks;
	double *wish, *weight, *offset; /* of the nodes of one rank */
};

static double
space_of(const struct gv_layout_node *node)
{
	return node->box == UINT32_MAX ? DUMMY_SPACE : node->height + GAP;
}

/* The mean of those on one side; weight 0: there are none. */
static void
wish(struct placing *p, uint32_t i, uint32_t id, bool by_last)
{
	const struct gv_layout_graph *g = p->g;
	const uint32_t *at = by_last ? g->last_at : g->next_at,
		       *list = by_last ? g->last : g->next;
	const bool is_dummy = g->nodes[id].box == UINT32_MAX;
	double sum = 0, weight = 0, one;
	uint32_t k;

	for (k = at[id]; k < at[id + 1]; k++) {
		const struct gv_layout_node *other = &g->nodes[list[k]];

		one = is_dummy && other->box == UINT32_MAX ? DUMMY_PULL : 1;
		sum += one * other->y;
		weight += one;
	}
	p->wish[i] = weight > 0 ? sum / weight : g->nodes[id].y;
	p->weight[i] = weight > 0 ? weight : 0.1;
}

/* Where the blocks are: a node is at its block's place and its own offset. */
static void
place_rank(struct placing *p, uint32_t rank, bool by_last)
{
	struct gv_layout_graph *g = p->g;
	const uint32_t *order = g->order + g->rank_at[rank];
	const uint32_t n = g->rank_at[rank + 1] - g->rank_at[rank];
	uint32_t i, k, n_blocks = 0;

	for (i = 0; i < n; i++) {
		wish(p, i, order[i], by_last);
		p->offset[i] = i == 0 ? 0
				      : p->offset[i - 1] +
			(space_of(&g->nodes[order[i - 1]]) +
			    space_of(&g->nodes[order[i]])) /
			    2;
		p->blocks[n_blocks++] =
		    (struct block){ p->weight[i] * (p->wish[i] - p->offset[i]),
			    p->weight[i], i, 1 };
		while (n_blocks > 1) {
			struct block *b = &p->blocks[n_blocks - 1], *a = b - 1;

			if (a->sum / a->weight <= b->sum / b->weight)
				break;
			a->sum += b->sum;
			a->weight += b->weight;
			a->n += b->n;
			n_blocks--;
		}
	}
	for (k = 0; k < n_blocks; k++) {
		const struct block *b = &p->blocks[k];

		for (i = b->first; i < b->first + b->n; i++)
			g->nodes[order[i]].y =
			    b->sum / b->weight + p->offset[i];
	}
}

/* One below the other, each rank around the same middle. */
static void
begin(struct gv_layout_graph *g)
{
	uint32_t rank, i;

	for (rank = 0; rank < g->n_ranks; rank++) {
		double y = 0;

		for (i = g->rank_at[rank]; i < g->rank_at[rank + 1]; i++)
			y -= space_of(&g->nodes[g->order[i]]) / 2;
		for (i = g->rank_at[rank]; i < g->rank_at[rank + 1]; i++) {
			struct gv_layout_node *node = &g->nodes[g->order[i]];

			y += space_of(node) / 2;
			node->y = y;
			y += space_of(node) / 2;
		}
	}
}

int
gv_layout_place(struct gv_layout_graph *g)
{
	const size_t n = g->n_nodes;
	struct placing p = { .g = g };
	uint32_t i;
	int r = 0, round;

	p.blocks = calloc(n + 1, sizeof(*p.blocks));
	p.wish = calloc(n + 1, sizeof(*p.wish));
	p.weight = calloc(n + 1, sizeof(*p.weight));
	p.offset = calloc(n + 1, sizeof(*p.offset));
	if (!p.blocks || !p.wish || !p.weight || !p.offset) {
		r = gv_err_nomem();
		goto out;
	}
	begin(g);
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < g->n_ranks; i++)
			place_rank(&p, round % 2 ? g->n_ranks - 1 - i : i,
			    round % 2 == 0);
out:
	free(p.blocks);
	free(p.wish);
	free(p.weight);
	free(p.offset);
	return r;
}
