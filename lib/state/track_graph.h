#ifndef GV_TRACK_GRAPH_H
#define GV_TRACK_GRAPH_H
/*
 * What the resources of a state say of one another: which address there is
 * twice, which dependency names nothing or stands behind who needs it, and who
 * depends on himself in the end. What of this holds depends on the tool:
 *
 *	terraform	dependencies name resources without the keys of their
 *			instances and modules, so an address counts without
 *			what stands in brackets
 *	pulumi		what a resource needs stands before it
 *	cloudformation	a macro makes resources that its template refers to
 *			and does not have, so nothing is missing
 *
 *	r = gv_track_graph_new(&graph, "terraform");
 *	r = gv_track_items(repo, &version, gv_track_graph_add, graph);
 *	r = gv_track_graph_check(graph, tell, ctx);
 */

#include "state/track_diff.h"
#include "state/track_verify.h"

struct gv_track_graph;

/* `tool` is as in gv_track_version. 0 or GV_ENOMEM. */
int gv_track_graph_new(struct gv_track_graph **out, const char *tool);

/* Add an item, of which nothing is kept but copies; `graph` is one. 0 or
 * GV_ENOMEM. */
int gv_track_graph_add(void *graph, const struct gv_track_item *item);

/* Tell what is found; tell's negative value ends it. */
int gv_track_graph_check(struct gv_track_graph *graph,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx);

/* Copy an address without what stands in brackets; `out` has room for all of
 * it. */
void gv_track_graph_strip(char *out, const char *address);

/* NULL-safe. */
void gv_track_graph_free(struct gv_track_graph *graph);

#endif
