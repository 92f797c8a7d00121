#include "graph/depgraph_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Which edges begin at a node, and which end there. */

#define PER_WORD 64

static uint32_t
end_of(const struct gv_depgraph *g, uint32_t edge, bool is_in)
{
	return is_in ? g->edges[edge].to : g->edges[edge].from;
}

/* How many nodes before this one have edges. */
static uint32_t
rank_of(const struct gv_depgraph_index *index, uint32_t node)
{
	const uint64_t word = index->bits[node / PER_WORD];
	const uint64_t below = (UINT64_C(1) << node % PER_WORD) - 1;

	return index->before[node / PER_WORD] +
	    (uint32_t)__builtin_popcountll(word & below);
}

/* Note which nodes have any. How many do. */
static uint32_t
mark(struct gv_depgraph_index *index, const struct gv_depgraph *g,
    size_t n_words, bool is_in)
{
	uint32_t i, node, n = 0;
	size_t k;

	for (i = 0; i < g->n_edges; i++) {
		node = end_of(g, i, is_in);
		if (node != GV_DEPGRAPH_NONE)
			index->bits[node / PER_WORD] |= UINT64_C(1)
			    << node % PER_WORD;
	}
	for (k = 0; k < n_words; k++) {
		index->before[k] = n;
		n += (uint32_t)__builtin_popcountll(index->bits[k]);
	}
	return n;
}

/* Count those of each, then place them. */
static int
fill(struct gv_depgraph_index *index, const struct gv_depgraph *g, bool is_in)
{
	const size_t n_words = (size_t)gv_depgraph_n_nodes(g) / PER_WORD + 1;
	uint32_t i, node, n;

	index->bits = calloc(n_words, sizeof(*index->bits));
	index->before = calloc(n_words, sizeof(*index->before));
	index->list = calloc((size_t)g->n_edges + 1, sizeof(*index->list));
	if (!index->bits || !index->before || !index->list)
		return gv_err_nomem();
	n = mark(index, g, n_words, is_in);
	index->at = calloc((size_t)n + 2, sizeof(*index->at));
	if (index->at == NULL)
		return gv_err_nomem();
	for (i = 0; i < g->n_edges; i++) {
		node = end_of(g, i, is_in);
		if (node != GV_DEPGRAPH_NONE)
			index->at[rank_of(index, node) + 2]++;
	}
	for (i = 1; i <= n + 1; i++)
		index->at[i] += index->at[i - 1];
	/* each is placed where at[rank + 1] is, which ends where it began for
	 * the next one */
	for (i = 0; i < g->n_edges; i++) {
		node = end_of(g, i, is_in);
		if (node != GV_DEPGRAPH_NONE)
			index->list[index->at[rank_of(index, node) + 1]++] = i;
	}
	return 0;
}

int
gv_depgraph_index(struct gv_depgraph *g)
{
	return fill(&g->out, g, false) < 0 || fill(&g->in, g, true) < 0
	    ? GV_ENOMEM
	    : 0;
}

static struct gv_depgraph_run
get(const struct gv_depgraph_index *index, uint32_t node)
{
	uint32_t rank;

	if (!(index->bits[node / PER_WORD] >> node % PER_WORD & 1))
		return (struct gv_depgraph_run){ NULL, 0 };
	rank = rank_of(index, node);
	return (struct gv_depgraph_run){ index->list + index->at[rank],
		index->at[rank + 1] - index->at[rank] };
}

struct gv_depgraph_run
gv_depgraph_out(const struct gv_depgraph *g, uint32_t node)
{
	return get(&g->out, node);
}

struct gv_depgraph_run
gv_depgraph_in(const struct gv_depgraph *g, uint32_t node)
{
	return get(&g->in, node);
}

void
gv_depgraph_index_release(struct gv_depgraph_index *index)
{
	free(index->bits);
	free(index->before);
	free(index->at);
	free(index->list);
	memset(index, 0, sizeof(*index));
}
