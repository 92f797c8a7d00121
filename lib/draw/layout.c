#include "draw/layout_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/*
 * All steps: ranks, a graph with a dummy for each rank that an edge goes past,
 * the order within ranks, heights, then places and points.
 */

#define RANK_GAP    88.0 /* between ranks */
#define ROW_GAP     18.0 /* between boxes that have no edge */
#define COLUMN_GAP  20.0
#define PORT_MOST   7.0   /* between arrows at one box */
#define LEAST_WIDTH 900.0 /* of the rows, whatever is above them */
#define NONE        UINT32_MAX

struct laying {
	struct gv_layout *l;
	struct gv_layout_graph g;
	uint32_t *node_of; /* of each box; NONE: it has no edge */
	uint32_t *arc_of;  /* of each edge: its first arc */
	double *x, *width; /* of each rank */
};

static bool
is_drawn(const struct gv_layout_edge *e)
{
	return e->from != e->to;
}

/* The boxes of an edge in the order of their ranks. */
static const struct gv_layout_box *
left_of(const struct gv_layout *l, const struct gv_layout_edge *e)
{
	return &l->boxes[e->is_back ? e->to : e->from];
}

static const struct gv_layout_box *
right_of(const struct gv_layout *l, const struct gv_layout_edge *e)
{
	return &l->boxes[e->is_back ? e->from : e->to];
}

/* ---- the graph ----------------------------------------------------------- */

static void
count(struct laying *a, size_t *n_nodes, size_t *n_arcs)
{
	const struct gv_layout *l = a->l;
	uint32_t i, span;

	*n_nodes = *n_arcs = 0;
	for (i = 0; i < l->n_boxes; i++)
		a->node_of[i] = NONE;
	for (i = 0; i < l->n_edges; i++) {
		const struct gv_layout_edge *e = &l->edges[i];

		if (!is_drawn(e))
			continue;
		span = right_of(l, e)->rank - left_of(l, e)->rank;
		*n_nodes += span - 1;
		*n_arcs += span;
		a->node_of[e->from] = a->node_of[e->to] = 0;
	}
	for (i = 0; i < l->n_boxes; i++)
		*n_nodes += a->node_of[i] != NONE;
}

static int
open_graph(struct laying *a)
{
	struct gv_layout_graph *g = &a->g;
	size_t n_nodes, n_arcs;

	a->node_of = calloc((size_t)a->l->n_boxes + 1, sizeof(uint32_t));
	a->arc_of = calloc((size_t)a->l->n_edges + 1, sizeof(uint32_t));
	if (!a->node_of || !a->arc_of)
		return gv_err_nomem();
	count(a, &n_nodes, &n_arcs);
	if (n_nodes >= NONE || n_arcs >= NONE)
		return gv_err(GV_ENOMEM, "too much for one picture");
	g->nodes = calloc(n_nodes + 1, sizeof(*g->nodes));
	g->arcs = calloc(n_arcs + 1, sizeof(*g->arcs));
	g->next_at = calloc(n_nodes + 2, sizeof(uint32_t));
	g->last_at = calloc(n_nodes + 2, sizeof(uint32_t));
	g->next = calloc(n_arcs + 1, sizeof(uint32_t));
	g->last = calloc(n_arcs + 1, sizeof(uint32_t));
	g->order = calloc(n_nodes + 1, sizeof(uint32_t));
	g->rank_at = calloc((size_t)a->l->n_boxes + 3, sizeof(uint32_t));
	g->keys = calloc(n_nodes + 1, sizeof(*g->keys));
	a->x = calloc((size_t)a->l->n_boxes + 2, sizeof(*a->x));
	a->width = calloc((size_t)a->l->n_boxes + 2, sizeof(*a->width));
	if (!g->nodes || !g->arcs || !g->next_at || !g->last_at || !g->next ||
	    !g->last || !g->order || !g->rank_at || !g->keys || !a->x ||
	    !a->width)
		return gv_err_nomem();
	return 0;
}

static uint32_t
add_node(struct gv_layout_graph *g, uint32_t rank, uint32_t box, double height)
{
	g->nodes[g->n_nodes] = (struct gv_layout_node){
		.rank = rank, .box = box, .height = height
	};
	if (rank >= g->n_ranks)
		g->n_ranks = rank + 1;
	return g->n_nodes++;
}

static void
add_arc(struct gv_layout_graph *g, uint32_t from, uint32_t to)
{
	g->arcs[g->n_arcs++] = (struct gv_layout_arc){ from, to };
}

static void
add_edge(struct laying *a, uint32_t i)
{
	const struct gv_layout *l = a->l;
	const struct gv_layout_edge *e = &l->edges[i];
	const struct gv_layout_box *left = left_of(l, e),
				   *right = right_of(l, e);
	uint32_t at = a->node_of[left - l->boxes], rank, next;

	a->arc_of[i] = a->g.n_arcs;
	for (rank = left->rank + 1; rank < right->rank; rank++) {
		next = add_node(&a->g, rank, NONE, 0);
		add_arc(&a->g, at, next);
		at = next;
	}
	add_arc(&a->g, at, a->node_of[right - l->boxes]);
}

/* List what is at the one end of arcs by what is at the other. */
static void
index_arcs(
    const struct gv_layout_graph *g, uint32_t *at, uint32_t *list, bool by_to)
{
	uint32_t i, node;

	for (i = 0; i < g->n_arcs; i++)
		at[(by_to ? g->arcs[i].to : g->arcs[i].from) + 1]++;
	for (i = 1; i <= g->n_nodes; i++)
		at[i] += at[i - 1];
	for (i = g->n_arcs; i-- > 0;) {
		node = by_to ? g->arcs[i].to : g->arcs[i].from;
		list[--at[node + 1]] = by_to ? g->arcs[i].from : g->arcs[i].to;
	}
	/* each begins one place too far to the right now */
	for (i = 0; i < g->n_nodes; i++)
		at[i] = at[i + 1];
	at[g->n_nodes] = g->n_arcs;
}

static void
fill_graph(struct laying *a)
{
	const struct gv_layout *l = a->l;
	struct gv_layout_graph *g = &a->g;
	uint32_t i;

	for (i = 0; i < l->n_boxes; i++)
		if (a->node_of[i] != NONE)
			a->node_of[i] = add_node(
			    g, l->boxes[i].rank, i, l->boxes[i].height);
	for (i = 0; i < l->n_edges; i++)
		if (is_drawn(&l->edges[i]))
			add_edge(a, i);
	index_arcs(g, g->next_at, g->next, false);
	index_arcs(g, g->last_at, g->last, true);
	for (i = 0; i < g->n_nodes; i++)
		g->rank_at[g->nodes[i].rank + 1]++;
	for (i = 1; i <= g->n_ranks; i++)
		g->rank_at[i] += g->rank_at[i - 1];
	for (i = 0; i < g->n_nodes; i++) {
		struct gv_layout_node *node = &g->nodes[i];

		/* `pos` counts up to where the next one goes */
		node->pos =
		    g->keys[node->rank] > 0 ? (uint32_t)g->keys[node->rank] : 0;
		g->order[g->rank_at[node->rank] + node->pos] = i;
		g->keys[node->rank] = node->pos + 1;
	}
}

/* ---- places -------------------------------------------------------------- */

static void
place_ranks(struct laying *a)
{
	struct gv_layout *l = a->l;
	const struct gv_layout_graph *g = &a->g;
	double top = 0, x = 0;
	uint32_t i;

	for (i = 0; i < g->n_nodes; i++) {
		const struct gv_layout_node *n = &g->nodes[i];

		if (i == 0 || n->y - n->height / 2 < top)
			top = n->y - n->height / 2;
		if (n->box != NONE &&
		    l->boxes[n->box].width > a->width[n->rank])
			a->width[n->rank] = l->boxes[n->box].width;
	}
	for (i = 0; i < g->n_ranks; i++) {
		a->x[i] = x;
		x += a->width[i] + RANK_GAP;
	}
	l->width = g->n_ranks ? x - RANK_GAP : 0;
	for (i = 0; i < g->n_nodes; i++) {
		struct gv_layout_node *n = &g->nodes[i];

		n->y -= top;
		if (n->y + n->height / 2 > l->height)
			l->height = n->y + n->height / 2;
		if (n->box == NONE)
			continue;
		l->boxes[n->box].x = a->x[n->rank];
		l->boxes[n->box].y = n->y - n->height / 2;
	}
}

/* Boxes without edges, in rows as long as what is above them. */
static void
place_alone(struct laying *a)
{
	struct gv_layout *l = a->l;
	const double most = l->width > LEAST_WIDTH ? l->width : LEAST_WIDTH;
	double x = 0, y = l->height > 0 ? l->height + 2 * ROW_GAP : 0, row = 0;
	uint32_t i;

	for (i = 0; i < l->n_boxes; i++) {
		struct gv_layout_box *b = &l->boxes[i];

		if (a->node_of[i] != NONE)
			continue;
		if (x > 0 && x + b->width > most) {
			x = 0;
			y += row + ROW_GAP;
			row = 0;
		}
		b->x = x;
		b->y = y;
		x += b->width + COLUMN_GAP;
		if (b->height > row)
			row = b->height;
		if (b->x + b->width > l->width)
			l->width = b->x + b->width;
		if (b->y + b->height > l->height)
			l->height = b->y + b->height;
	}
}

/* ---- points -------------------------------------------------------------- */

/* How far from the middle of a box an arrow is, of all at its side: by its
 * place in the order of the nodes that it leads to. */
static double
port_of(const struct gv_layout_graph *g, uint32_t node, uint32_t other,
    bool is_left)
{
	const uint32_t *at = is_left ? g->next_at : g->last_at,
		       *list = is_left ? g->next : g->last;
	const uint32_t n = at[node + 1] - at[node];
	const double room = g->nodes[node].height * 0.6;
	double step = n > 1 ? room / (n - 1) : 0;
	uint32_t k, before = 0;

	if (step > PORT_MOST)
		step = PORT_MOST;
	for (k = at[node]; k < at[node + 1]; k++)
		before += g->nodes[list[k]].pos < g->nodes[other].pos;
	return (before - (n - 1) / 2.0) * step;
}

static int
add_point(struct gv_layout *l, double x, double y)
{
	if (GV_GROW(l->points, l->n_points, l->cap_points) < 0)
		return gv_err_nomem();
	l->points[l->n_points++] = (struct gv_layout_point){ x, y };
	return 0;
}

static void
turn(struct gv_layout_point *points, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n / 2; i++) {
		const struct gv_layout_point point = points[i];

		points[i] = points[n - 1 - i];
		points[n - 1 - i] = point;
	}
}

static int
route(struct laying *a, uint32_t i)
{
	struct gv_layout *l = a->l;
	struct gv_layout_edge *e = &l->edges[i];
	const struct gv_layout_graph *g = &a->g;
	const struct gv_layout_arc *arc = &g->arcs[a->arc_of[i]];
	const struct gv_layout_box *left = left_of(l, e);
	const struct gv_layout_node *node = &g->nodes[arc->from];
	int r;

	e->first = (uint32_t)l->n_points;
	if ((r = add_point(l, left->x + left->width,
		 node->y + port_of(g, arc->from, arc->to, true))) < 0)
		return r;
	for (; g->nodes[arc->to].box == NONE; arc++) {
		node = &g->nodes[arc->to];
		if ((r = add_point(l, a->x[node->rank], node->y)) < 0 ||
		    (r = add_point(l, a->x[node->rank] + a->width[node->rank],
			 node->y)) < 0)
			return r;
	}
	node = &g->nodes[arc->to];
	if ((r = add_point(l, right_of(l, e)->x,
		 node->y + port_of(g, arc->to, arc->from, false))) < 0)
		return r;
	e->n = (uint32_t)l->n_points - e->first;
	if (e->is_back)
		turn(l->points + e->first, e->n);
	return 0;
}

/* ---- all ----------------------------------------------------------------- */

static void
close_graph(struct laying *a)
{
	free(a->g.nodes);
	free(a->g.arcs);
	free(a->g.next_at);
	free(a->g.next);
	free(a->g.last_at);
	free(a->g.last);
	free(a->g.order);
	free(a->g.rank_at);
	free(a->g.keys);
	free(a->node_of);
	free(a->arc_of);
	free(a->x);
	free(a->width);
}

int
gv_layout_run(struct gv_layout *l)
{
	struct laying a = { .l = l };
	uint32_t i;
	int r;

	l->width = l->height = 0;
	l->n_points = 0;
	l->crossings = 0;
	if ((r = gv_layout_rank(l)) < 0 || (r = open_graph(&a)) < 0)
		goto out;
	fill_graph(&a);
	if ((r = gv_layout_order(&a.g, &l->crossings)) < 0 ||
	    (r = gv_layout_place(&a.g)) < 0)
		goto out;
	place_ranks(&a);
	place_alone(&a);
	for (i = 0; i < l->n_edges && r == 0; i++) {
		l->edges[i].first = l->edges[i].n = 0;
		if (is_drawn(&l->edges[i]))
			r = route(&a, i);
	}
out:
	close_graph(&a);
	return r;
}

void
gv_layout_release(struct gv_layout *l)
{
	if (l == NULL)
		return;
	free(l->points);
	l->points = NULL;
	l->n_points = l->cap_points = 0;
}
