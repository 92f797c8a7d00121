#include "graph/depgraph_query.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/*
 * Circles, by Tarjan's algorithm without recursion: a hostile tree may be as
 * deep as it likes. Only what no tool can order counts: a workflow may well
 * call a script that starts the workflow.
 */

static const bool forms[GV_SYMBOL_N_EDGES] = {
	[GV_SYMBOL_EDGE_TF_MODULE] = true,
	[GV_SYMBOL_EDGE_TF_REF] = true,
	[GV_SYMBOL_EDGE_TF_DEPENDS_ON] = true,
	[GV_SYMBOL_EDGE_TF_REMOTE_STATE] = true,
	[GV_SYMBOL_EDGE_TG_INCLUDE] = true,
	[GV_SYMBOL_EDGE_TG_READ_CONFIG] = true,
	[GV_SYMBOL_EDGE_TG_DEPENDENCY] = true,
	[GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE] = true,
	[GV_SYMBOL_EDGE_FLUX_DEPENDS_ON] = true,
	[GV_SYMBOL_EDGE_HELM_DEPENDENCY] = true,
	[GV_SYMBOL_EDGE_COMPOSE_DEPENDS_ON] = true,
	[GV_SYMBOL_EDGE_DOCKER_FROM] = true,
	[GV_SYMBOL_EDGE_ANSIBLE_ROLE_DEPENDENCY] = true,
	[GV_SYMBOL_EDGE_CFN_REF] = true,
	[GV_SYMBOL_EDGE_CFN_GETATT] = true,
	[GV_SYMBOL_EDGE_CFN_SUB] = true,
	[GV_SYMBOL_EDGE_CFN_DEPENDS_ON] = true,
	[GV_SYMBOL_EDGE_GHA_NEEDS] = true,
	[GV_SYMBOL_EDGE_GITLAB_INCLUDE] = true,
	[GV_SYMBOL_EDGE_GITLAB_EXTENDS] = true,
	[GV_SYMBOL_EDGE_GITLAB_NEEDS] = true,
};

/* ---- what is next, as a list --------------------------------------------- */

struct nexts {
	const struct gv_depgraph *g;
	uint32_t *items;
	size_t n, cap;
	bool failed;
};

/* Nothing comes back from a definition that refers to nothing; a backend stands
 * for the files of its stack. */
static bool
is_end(const struct gv_depgraph *g, uint32_t node)
{
	const struct gv_symbol *s = gv_depgraph_definition(g, node);

	return s && s->word != GV_SYMBOL_SPACE_TF_BACKEND &&
	    gv_depgraph_out(g, node).n == 0;
}

static void
take(void *ctx, uint32_t node, const struct gv_depgraph_edge *edge)
{
	struct nexts *nexts = ctx;

	if ((edge && (!forms[edge->kind] || edge->is_pattern)) ||
	    is_end(nexts->g, node))
		return;
	if (GV_GROW(nexts->items, nexts->n, nexts->cap) < 0)
		nexts->failed = true;
	else
		nexts->items[nexts->n++] = node;
}

/* ---- sets of nodes that reach each other --------------------------------- */

struct frame {
	uint32_t node;
	size_t at, end; /* of what is next to it, in `nexts` */
};

#define DONE UINT32_MAX

struct searching {
	const struct gv_depgraph *g;
	struct gv_depgraph_cycles *out;
	uint32_t *index; /* in the order they were seen; 0: not yet, DONE */
	uint32_t *low;   /* of nodes that are DONE: their root */
	uint32_t count;
	uint32_t *stack;
	size_t n_stack, cap_stack;
	struct frame *frames;
	size_t n_frames, cap_frames;
	struct nexts nexts;
	uint32_t *from; /* how a node was come to, in find_way(); NULL: there is
			   no circle yet */
	struct nexts queue;
	bool failed;
};

static void
open_node(struct searching *s, uint32_t node)
{
	struct frame frame = { node, s->nexts.n, 0 };

	s->index[node] = s->low[node] = ++s->count;
	gv_depgraph_each_next(s->g, node, GV_DEPGRAPH_DOWN, take, &s->nexts);
	frame.end = s->nexts.n;
	if (s->nexts.failed ||
	    GV_GROW(s->stack, s->n_stack, s->cap_stack) < 0 ||
	    GV_GROW(s->frames, s->n_frames, s->cap_frames) < 0) {
		s->failed = true;
		return;
	}
	s->stack[s->n_stack++] = node;
	s->frames[s->n_frames++] = frame;
}

static int
put(struct gv_depgraph_cycles *out, uint32_t node)
{
	if (GV_GROW(out->items, out->n_items, out->cap_items) < 0)
		return GV_ENOMEM;
	out->items[out->n_items++] = node;
	return 0;
}

/* The shortest way from a node of a set back to itself, inside of the set. */
static void
find_way(struct searching *s, uint32_t start)
{
	const uint32_t root = s->low[start];
	struct nexts *queue = &s->queue, nexts = { .g = s->g };
	size_t at, i, first = s->out->n_items;
	uint32_t node = start;

	queue->n = 0;
	take(queue, start, NULL);
	for (at = 0; at < queue->n && !queue->failed; at++) {
		node = queue->items[at];
		nexts.n = 0;
		gv_depgraph_each_next(
		    s->g, node, GV_DEPGRAPH_DOWN, take, &nexts);
		for (i = 0; i < nexts.n && nexts.items[i] != start; i++)
			if (s->index[nexts.items[i]] == DONE &&
			    s->low[nexts.items[i]] == root &&
			    s->from[nexts.items[i]] == 0) {
				s->from[nexts.items[i]] = node + 1;
				take(queue, nexts.items[i], NULL);
			}
		if (i < nexts.n)
			break;
	}
	for (; node != start && !s->failed; node = s->from[node] - 1)
		s->failed |= put(s->out, node) < 0;
	s->failed |= put(s->out, start) < 0 || queue->failed || nexts.failed;
	free(nexts.items);
	/* it was put down from its end */
	for (i = s->out->n_items; !s->failed && first + 1 < i; first++) {
		node = s->out->items[first];
		s->out->items[first] = s->out->items[--i];
		s->out->items[i] = node;
	}
}

/* A set is complete: the nodes on the stack from `root` on. */
static void
close_set(struct searching *s, uint32_t root)
{
	struct gv_depgraph_cycles *out = s->out;
	size_t n = 0;
	uint32_t node;

	do {
		node = s->stack[--s->n_stack];
		s->index[node] = DONE;
		s->low[node] = root;
		n++;
	} while (node != root);
	if (n == 1)
		return;
	if (s->from == NULL)
		s->from = calloc(
		    (size_t)gv_depgraph_n_nodes(s->g) + 1, sizeof(*s->from));
	if (s->from == NULL || GV_GROW(out->at, out->n + 1, out->cap_at) < 0) {
		s->failed = true;
		return;
	}
	out->at[out->n++] = (uint32_t)out->n_items;
	find_way(s, root);
	out->at[out->n] = (uint32_t)out->n_items;
}

static void
step(struct searching *s)
{
	struct frame *frame = &s->frames[s->n_frames - 1];
	const uint32_t node = frame->node;
	uint32_t next;

	if (frame->at < frame->end) {
		next = s->nexts.items[frame->at++];
		if (s->index[next] == 0)
			open_node(s, next);
		else if (s->index[next] < s->low[node])
			s->low[node] = s->index[next];
		return;
	}
	s->n_frames--;
	s->nexts.n = s->n_frames ? s->frames[s->n_frames - 1].end : 0;
	if (s->low[node] == s->index[node]) {
		close_set(s, node);
		return;
	}
	/* the first of a set is on the stack below this one */
	if (s->low[node] < s->low[s->frames[s->n_frames - 1].node])
		s->low[s->frames[s->n_frames - 1].node] = s->low[node];
}

int
gv_depgraph_find_cycles(
    struct gv_depgraph_cycles *out, const struct gv_depgraph *g)
{
	const uint32_t n = gv_depgraph_n_nodes(g);
	struct searching s = { .g = g, .out = out, .nexts.g = g, .queue.g = g };
	uint32_t i;

	*out = (struct gv_depgraph_cycles){ .n = 0 };
	s.index = calloc((size_t)n + 1, sizeof(*s.index));
	s.low = calloc((size_t)n + 1, sizeof(*s.low));
	s.failed = !s.index || !s.low;
	for (i = 0; i < g->n_edges && !s.failed; i++) {
		if (!forms[g->edges[i].kind] || s.index[g->edges[i].from])
			continue;
		open_node(&s, g->edges[i].from);
		while (s.n_frames && !s.failed)
			step(&s);
	}
	free(s.index);
	free(s.low);
	free(s.from);
	free(s.stack);
	free(s.frames);
	free(s.nexts.items);
	free(s.queue.items);
	return s.failed ? gv_err_nomem() : 0;
}

void
gv_depgraph_cycles_release(struct gv_depgraph_cycles *cycles)
{
	free(cycles->items);
	free(cycles->at);
	memset(cycles, 0, sizeof(*cycles));
}
