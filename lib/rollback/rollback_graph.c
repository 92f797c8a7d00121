#include "rollback/rollback_graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "state/track_graph.h"
#include "state/track_leaf.h"

/* All instances of a resource are one node, since Terraform's needs name the
 * resource. */
struct node {
	const char *name;
	const char **needs;
	size_t n_needs, needs_cap;
	size_t next;     /* the next need to visit */
	struct node *up; /* the node that led here */
	bool seen;
	size_t rank; /* above those of its needs; from 1 */
};

struct gv_rollback_graph {
	struct node **nodes;
	size_t n, cap;
	struct gv_map by_name;
	struct gv_arena arena;
	bool strip; /* names without what is in brackets */
};

static const char *
name_of(struct gv_rollback_graph *g, const char *address)
{
	char *name = gv_arena_copy(&g->arena, address, strlen(address));

	if (name && g->strip)
		gv_track_graph_strip(name, address);
	return name;
}

static struct node *
node_of(struct gv_rollback_graph *g, const char *address)
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

int
gv_rollback_graph_add(void *graph, const struct gv_track_item *item)
{
	struct gv_rollback_graph *g = graph;
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

/* The next need that was not visited yet, or NULL. */
static struct node *
next_need(struct gv_rollback_graph *g, struct node *node)
{
	while (node->next < node->n_needs) {
		const char *name = node->needs[node->next++];
		struct node *need = gv_map_get(&g->by_name, name, strlen(name));

		if (need && !need->seen)
			return need;
	}
	return NULL;
}

/* Not recursive: a chain may be as long as the state has resources. */
void
gv_rollback_graph_rank(struct gv_rollback_graph *g)
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

size_t
gv_rollback_graph_of(struct gv_rollback_graph *g, const char *address)
{
	const char *name = name_of(g, address);
	struct node *node =
	    name ? gv_map_get(&g->by_name, name, strlen(name)) : NULL;

	return node ? node->rank : 0;
}

struct gv_rollback_graph *
gv_rollback_graph_new(bool strip)
{
	struct gv_rollback_graph *g = calloc(1, sizeof(*g));

	if (g)
		g->strip = strip;
	else
		(void)gv_err_nomem();
	return g;
}

void
gv_rollback_graph_free(struct gv_rollback_graph *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->n; i++)
		free(g->nodes[i]->needs);
	free(g->nodes);
	gv_map_release(&g->by_name);
	gv_arena_release(&g->arena);
	free(g);
}
