#ifndef GRAPH_OUT_H
#define GRAPH_OUT_H
/*
 * What `git vault graph` prints: all of a graph or a part of it, as text, JSON,
 * dot, mermaid, SVG or HTML.
 *
 *	r = gv_graph_pick_all(&pick, &g, "prod");
 *	gv_graph_out_json(ctx, &pick);
 *	gv_graph_pick_release(&pick);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_ctx;
struct gv_depgraph;
struct gv_depgraph_changes;
struct gv_depgraph_edge;
struct gv_json;

/* The part that is printed. */
struct gv_graph_pick {
	const struct gv_depgraph *g;
	bool *nodes, *edges;
	uint32_t n_nodes, n_edges;
	/* where it began, with a path: steps from there by node, or NULL */
	uint32_t *down, *up, depth;
	const char *path; /* as it was named, from the top; NULL: all */
};

/* Everything, or what is of one environment and what that refers to. 0 or
 * GV_ENOMEM; to be released in any case. */
int gv_graph_pick_all(
    struct gv_graph_pick *out, const struct gv_depgraph *g, const char *env);

/* What is at most `depth` steps (0: any number) from a file, or from what is
 * below a folder: both ways, or with `is_up` only what depends on it. 0;
 * GV_ENOTFOUND with the nearest path; GV_ENOMEM. */
int gv_graph_pick_path(struct gv_graph_pick *out, const struct gv_depgraph *g,
    const char *path, const char *env, uint32_t depth, bool is_up);

/* What depends on files that changed. 0 or GV_ENOMEM. */
int gv_graph_pick_impact(struct gv_graph_pick *out, const struct gv_depgraph *g,
    const struct gv_depgraph_changes *changes, const char *env);

void gv_graph_pick_release(struct gv_graph_pick *pick);

/* ---- forms --------------------------------------------------------------- */

/* A summary of all of it; what a path depends on and what uses it; what
 * changes reach. 0 or GV_ENOMEM. */
int gv_graph_out_summary(struct gv_ctx *ctx, const struct gv_graph_pick *pick);
int gv_graph_out_path(struct gv_ctx *ctx, const struct gv_graph_pick *pick);
int gv_graph_out_impact(struct gv_ctx *ctx, const struct gv_graph_pick *pick,
    const struct gv_depgraph_changes *changes);

/* The document; `changes` NULL: none. 0 or GV_ENOMEM. */
int gv_graph_out_json(struct gv_ctx *ctx, const struct gv_graph_pick *pick,
    const struct gv_depgraph_changes *changes);

/* The languages of Graphviz and Mermaid. 0 or GV_ENOMEM. */
int gv_graph_out_dot(struct gv_ctx *ctx, const struct gv_graph_pick *pick);
int gv_graph_out_mermaid(struct gv_ctx *ctx, const struct gv_graph_pick *pick);

/* A file of SVG, or a page of HTML, of at most some 80 boxes; `env` is the one
 * that was picked, or NULL. 0 or GV_ENOMEM. */
int gv_graph_out_picture(struct gv_ctx *ctx, const struct gv_graph_pick *pick,
    const char *env, bool is_html);

/* ---- shared by the forms ------------------------------------------------- */

/* The file or folder that stands for a node where files are enough. */
uint32_t gv_graph_out_place(const struct gv_depgraph *g, uint32_t node);

/* Append a file's or folder's path; the file and line of an edge. */
void gv_graph_out_add_path(
    struct gv_buf *out, const struct gv_depgraph *g, uint32_t node);
void gv_graph_out_add_where(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_depgraph_edge *e);

/* The environment of a node, or NULL. */
const char *gv_graph_out_env(const struct gv_depgraph *g, uint32_t node);

#endif
