#ifndef GV_ROLLBACK_GRAPH_H
#define GV_ROLLBACK_GRAPH_H
/*
 * Which resources of a state need which, as a number for each: above those of
 * all that it needs. Pure: the resources come from elsewhere.
 *
 *	graph = gv_rollback_graph_new(true);
 *	r = gv_track_items(repo, &version, gv_rollback_graph_add, graph);
 *	gv_rollback_graph_rank(graph);
 *	rank = gv_rollback_graph_of(graph, "aws_vpc.a");
 *	gv_rollback_graph_free(graph);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_rollback_graph;
struct gv_track_item;

/* With `strip` the instances of a resource are one: a["x"] is a. NULL without
 * memory. */
struct gv_rollback_graph *gv_rollback_graph_new(bool strip);

/* Add a resource with its needs, which may come later or never. 0 or
 * GV_ENOMEM. */
int gv_rollback_graph_add(void *graph, const struct gv_track_item *item);

/* Number them, once all are there. Resources that need each other in a circle
 * get numbers in the order in which they came. */
void gv_rollback_graph_rank(struct gv_rollback_graph *graph);

/* The number of an address, from 1; 0: there is no such resource. */
size_t
gv_rollback_graph_of(struct gv_rollback_graph *graph, const char *address);

/* NULL-safe. */
void gv_rollback_graph_free(struct gv_rollback_graph *graph);

#endif
