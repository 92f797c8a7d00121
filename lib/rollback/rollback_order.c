#include "rollback/rollback_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "state/track.h"
#include "state/track_diff.h"
#include "state/track_graph.h"

const char *const gv_rollback_actions[] = {
	[GV_ROLLBACK_CREATE] = "create",
	[GV_ROLLBACK_CHANGE] = "change",
	[GV_ROLLBACK_REPLACE] = "replace",
	[GV_ROLLBACK_REMOVE] = "remove",
};

/* ---- ranks -------------------------------------------------------------- */

/* All instances of an address are one: that is how Terraform names what is
 * needed. */
struct node {
	const char *name;
	const char **needs;
	size_t n_needs, needs_cap;
	size_t next;     /* of them to look at */
	struct node *up; /* while we are below it */
	bool seen;
	size_t rank; /* above that of all it needs; from 1 */
};

struct graph {
	struct node **nodes;
	size_t n, cap;
	struct gv_map by_name;
	struct gv_arena arena;
	bool strip; /* of what stands in brackets */
};

static const char *
name_of(struct graph *g, const char *address)
{
	char *name = gv_arena_copy(&g->arena, address, strlen(address));

	if (name && g->strip)
		gv_track_graph_strip(name, address);
	return name;
}

static struct node *
node_of(struct graph *g, const char *address)
{
	const char *name = name_of(g, address);
	struct node *node;

	if (name == NULL)
		return NULL;
	node = gv_map_get(&g->by_name, name, strlen(name));
	if (node)
		return node;
	node = gv_arena_alloc(&g->arena, sizeof(*node));
	if (node == NULL ||
	    gv_vec_grow((void **)&g->nodes, &g->cap, g->n + 1,
		sizeof(struct node *)) < 0)
		return NULL;
	node->name = name;
	g->nodes[g->n++] = node;
	return gv_map_put(&g->by_name, name, strlen(name), node) < 0 ? NULL
								     : node;
}

static int
add_item(void *graph, const struct gv_track_item *item)
{
	struct graph *g = graph;
	struct node *node = node_of(g, item->address);
	size_t i;

	if (node == NULL)
		return gv_err_nomem();
	for (i = 0; i < item->n_needs; i++) {
		const char *name = name_of(g, item->needs[i]);

		if (name == NULL ||
		    gv_vec_grow((void **)&node->needs, &node->needs_cap,
			node->n_needs + 1, sizeof(char *)) < 0)
			return gv_err_nomem();
		node->needs[node->n_needs++] = name;
	}
	return 0;
}

/* The next that it needs and nobody has looked at; NULL: none is left. */
static struct node *
next_need(struct graph *g, struct node *node)
{
	while (node->next < node->n_needs) {
		const char *name = node->needs[node->next++];
		struct node *need = gv_map_get(&g->by_name, name, strlen(name));

		if (need && !need->seen)
			return need;
	}
	return NULL;
}

/* Without a stack of calls: chains are as long as the state has resources. */
static void
rank_all(struct graph *g)
{
	struct node *at, *need;
	size_t i, rank = 0;

	for (i = 0; i < g->n; i++) {
		at = g->nodes[i]->seen ? NULL : g->nodes[i];
		if (at)
			at->seen = true;
		while (at) {
			need = next_need(g, at);
			if (need) {
				need->seen = true;
				need->up = at;
				at = need;
			} else {
				at->rank = ++rank;
				at = at->up;
			}
		}
	}
}

static size_t
rank_of(struct graph *g, const char *address)
{
	const char *name = name_of(g, address);
	struct node *node =
	    name ? gv_map_get(&g->by_name, name, strlen(name)) : NULL;

	return node ? node->rank : 0;
}

static int
graph_load(
    struct graph *g, struct gv_repo *repo, const struct gv_track_version *v)
{
	int r;

	memset(g, 0, sizeof(*g));
	g->strip = strcmp(v->tool, "terraform") == 0;
	r = gv_track_items(repo, v, add_item, g);
	if (r == 0)
		rank_all(g);
	return r;
}

static void
graph_release(struct graph *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		free(g->nodes[i]->needs);
	free(g->nodes);
	gv_map_release(&g->by_name);
	gv_arena_release(&g->arena);
}

/* ---- steps -------------------------------------------------------------- */

static int
add_step(struct gv_rollback_order *o, enum gv_rollback_action action,
    const char *address)
{
	struct gv_rollback_step *step;

	if (gv_vec_grow(
		(void **)&o->steps, &o->cap, o->n + 1, sizeof(*o->steps)) < 0)
		return gv_err_nomem();
	step = &o->steps[o->n];
	*step = (struct gv_rollback_step){ .action = action,
		.address = gv_arena_copy(&o->arena, address, strlen(address)) };
	if (step->address == NULL)
		return gv_err_nomem();
	o->n++;
	return 0;
}

static int
on_change(void *order, const struct gv_track_change *c)
{
	int r;

	switch (c->kind) {
	case GV_TRACK_ADDED:
		return add_step(order, GV_ROLLBACK_CREATE, c->b->address);
	case GV_TRACK_DELETED:
		return add_step(order, GV_ROLLBACK_REMOVE, c->a->address);
	case GV_TRACK_REPLACED:
		return add_step(order, GV_ROLLBACK_REPLACE, c->b->address);
	case GV_TRACK_MOVED:
		r = add_step(order, GV_ROLLBACK_CREATE, c->b->address);
		return r < 0
		    ? r
		    : add_step(order, GV_ROLLBACK_REMOVE, c->a->address);
	default:
		return add_step(order, GV_ROLLBACK_CHANGE, c->b->address);
	}
}

static int
by_need(const void *a, const void *b)
{
	const struct gv_rollback_step *x = a, *y = b;
	bool x_goes = x->action == GV_ROLLBACK_REMOVE;
	bool y_goes = y->action == GV_ROLLBACK_REMOVE;

	if (x_goes != y_goes)
		return x_goes ? 1 : -1;
	if (x->rank != y->rank)
		return (x->rank < y->rank) == x_goes ? 1 : -1;
	return strcmp(x->address, y->address);
}

int
gv_rollback_order(struct gv_rollback_order *out, struct gv_repo *repo,
    const struct gv_track_version *from, const struct gv_track_version *to,
    struct gv_track_with *with)
{
	struct graph before = { 0 }, after = { 0 };
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	r = gv_track_diff(repo, from, to, with, on_change, out);
	if (r == 0 && out->n)
		r = graph_load(&before, repo, from);
	if (r == 0 && out->n)
		r = graph_load(&after, repo, to);
	for (i = 0; r == 0 && i < out->n; i++)
		out->steps[i].rank =
		    rank_of(out->steps[i].action == GV_ROLLBACK_REMOVE ? &before
								       : &after,
			out->steps[i].address);
	if (r == 0 && out->n)
		qsort(out->steps, out->n, sizeof(*out->steps), by_need);
	graph_release(&before);
	graph_release(&after);
	if (r < 0)
		gv_rollback_order_release(out);
	return r;
}

void
gv_rollback_order_release(struct gv_rollback_order *order)
{
	if (order == NULL)
		return;
	free(order->steps);
	gv_arena_release(&order->arena);
	memset(order, 0, sizeof(*order));
}
