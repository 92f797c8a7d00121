#include "git-vault/analysis/graph_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/distance.h"
#include "base/err.h"
#include "base/path.h"
#include "graph/depgraph.h"
#include "graph/depgraph_change.h"
#include "graph/depgraph_query.h"

/* ---- places -------------------------------------------------------------- */

uint32_t
gv_graph_out_place(const struct gv_depgraph *g, uint32_t node)
{
	const uint32_t file = gv_depgraph_file_of(g, node);

	return file == GV_DEPGRAPH_NONE ? node : file;
}

const char *
gv_graph_out_env(const struct gv_depgraph *g, uint32_t node)
{
	const uint32_t file = gv_depgraph_file_of(g, node);

	return file == GV_DEPGRAPH_NONE ? NULL : g->files[file].env;
}

void
gv_graph_out_add_path(
    struct gv_buf *out, const struct gv_depgraph *g, uint32_t node)
{
	gv_depgraph_add_id(out, g, gv_graph_out_place(g, node));
}

void
gv_graph_out_add_where(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_depgraph_edge *e)
{
	const uint32_t line = gv_depgraph_line(g, e);

	gv_graph_out_add_path(out, g, e->from);
	if (line)
		gv_buf_addf(out, ":%u", line);
}

/* ---- picking ------------------------------------------------------------- */

static int
begin(struct gv_graph_pick *out, const struct gv_depgraph *g)
{
	*out = (struct gv_graph_pick){ .g = g };
	out->nodes =
	    calloc((size_t)gv_depgraph_n_nodes(g) + 1, sizeof(*out->nodes));
	out->edges = calloc((size_t)g->n_edges + 1, sizeof(*out->edges));
	return out->nodes && out->edges ? 0 : gv_err_nomem();
}

static void
count(struct gv_graph_pick *out)
{
	uint32_t i;

	for (i = 0; i < gv_depgraph_n_nodes(out->g); i++)
		out->n_nodes += out->nodes[i];
	for (i = 0; i < out->g->n_edges; i++)
		out->n_edges += out->edges[i];
}

static void
take_edge(struct gv_graph_pick *out, uint32_t i)
{
	const struct gv_depgraph_edge *e = &out->g->edges[i];

	out->edges[i] = true;
	out->nodes[e->from] = true;
	if (e->target == GV_DEPGRAPH_NODE)
		out->nodes[e->to] = true;
}

static bool
is_of(const struct gv_depgraph *g, uint32_t node, const char *env)
{
	const char *own = env ? gv_graph_out_env(g, node) : NULL;

	return env == NULL || (own && strcmp(own, env) == 0);
}

int
gv_graph_pick_all(
    struct gv_graph_pick *out, const struct gv_depgraph *g, const char *env)
{
	uint32_t i;

	if (begin(out, g) < 0)
		return GV_ENOMEM;
	for (i = 0; i < gv_depgraph_n_nodes(g); i++)
		out->nodes[i] = gv_depgraph_is_node(g, i) && is_of(g, i, env);
	for (i = 0; i < g->n_edges; i++)
		if (is_of(g, g->edges[i].from, env))
			take_edge(out, i);
	count(out);
	return 0;
}

/* Whether a step along an edge was taken, from one of its ends. */
static bool
is_taken(const struct gv_graph_pick *out, const struct gv_depgraph_edge *e)
{
	if (e->target == GV_DEPGRAPH_NODE &&
	    (!out->nodes[e->from] || !out->nodes[e->to]))
		return false;
	if (out->down && out->down[e->from] < out->depth)
		return out->nodes[e->from];
	if (e->target != GV_DEPGRAPH_NODE)
		return false;
	/* what is in a folder is as near as the folder */
	return (out->up && out->up[e->to] < out->depth) ||
	    gv_depgraph_is_folder(out->g, e->from);
}

static void
take_reached(struct gv_graph_pick *out, const char *env)
{
	const struct gv_depgraph *g = out->g;
	uint32_t i;

	for (i = 0; i < gv_depgraph_n_nodes(g); i++)
		out->nodes[i] = gv_depgraph_is_node(g, i) && is_of(g, i, env) &&
		    ((out->down && out->down[i] != GV_DEPGRAPH_NONE) ||
			(out->up && out->up[i] != GV_DEPGRAPH_NONE));
	for (i = 0; i < g->n_edges; i++)
		out->edges[i] = is_taken(out, &g->edges[i]);
	count(out);
}

/* ---- a path -------------------------------------------------------------- */

/* The path that is most like one that is not there. */
static int
refuse(const struct gv_depgraph *g, const char *path)
{
	const size_t len = strlen(path);
	const char *near = NULL;
	size_t most = 4, d;
	uint32_t i;

	for (i = 0; i < g->n_files; i++) {
		d = gv_distance(
		    g->files[i].path, g->files[i].len, path, len, most);
		if (d > most)
			continue;
		near = g->files[i].path;
		most = d ? d - 1 : 0;
		if (d <= 1)
			break;
	}
	if (near)
		return gv_err(GV_ENOTFOUND,
		    "there is no '%s' in this tree; did you mean '%s'?", path,
		    near);
	return gv_err(GV_ENOTFOUND, "there is no '%s' in this tree", path);
}

/* A file, and what it defines. */
static uint32_t
add_file(
    uint32_t *starts, uint32_t n, const struct gv_depgraph *g, uint32_t file)
{
	uint32_t i;

	starts[n++] = file;
	for (i = g->files[file].first;
	     i < g->files[file].first + g->files[file].n; i++)
		if (g->symbols.items[i].kind == GV_SYMBOL_DEFINITION)
			starts[n++] = gv_depgraph_symbol_node(g, i);
	return n;
}

/* The nodes at a path: of a folder, all files below it. */
static int
starts_of(uint32_t **starts, uint32_t *n, const struct gv_depgraph *g,
    const char *path)
{
	const size_t len = strlen(path);
	const uint32_t file = gv_depgraph_find_file(g, path, len),
		       folder = gv_depgraph_find_folder(g, path, len);
	uint32_t first = 0, end = 0, i;

	if (file != GV_DEPGRAPH_NONE) {
		first = file;
		end = file + 1;
	} else if (folder != GV_DEPGRAPH_NONE) {
		first = g->folders[folder].first;
		end = g->folders[folder].end;
	} else {
		return refuse(g, path);
	}
	*starts =
	    malloc(((size_t)gv_depgraph_n_nodes(g) + 1) * sizeof(**starts));
	if (*starts == NULL)
		return gv_err_nomem();
	*n = 0;
	for (i = first; i < end; i++)
		*n = add_file(*starts, *n, g, i);
	/* a number in the order of folders says nothing of what is below */
	for (i = 0; folder != GV_DEPGRAPH_NONE && i < g->n_folders; i++)
		if (gv_path_is_below(
			g->folders[i].path, g->folders[i].len, path, len))
			(*starts)[(*n)++] = gv_depgraph_folder_node(g, i);
	return 0;
}

int
gv_graph_pick_path(struct gv_graph_pick *out, const struct gv_depgraph *g,
    const char *path, const char *env, uint32_t depth, bool is_up)
{
	uint32_t *starts = NULL, n = 0;
	int r;

	if ((r = begin(out, g)) < 0 ||
	    (r = starts_of(&starts, &n, g, path)) < 0)
		goto out;
	out->path = path;
	out->depth = depth ? depth : GV_DEPGRAPH_NONE;
	if ((!is_up &&
		(r = gv_depgraph_reachable(
		     &out->down, g, starts, n, GV_DEPGRAPH_DOWN, depth)) < 0) ||
	    (r = gv_depgraph_reachable(
		 &out->up, g, starts, n, GV_DEPGRAPH_UP, depth)) < 0)
		goto out;
	take_reached(out, env);
out:
	free(starts);
	return r;
}

/* ---- changes ------------------------------------------------------------- */

/* Who refers to a file that is not there any more. */
static uint32_t
add_orphans(uint32_t *starts, uint32_t n, const struct gv_depgraph *g,
    const struct gv_depgraph_changes *changes)
{
	struct gv_buf path = GV_BUF_INIT;
	uint32_t i;
	size_t k;

	for (i = 0; i < g->n_edges; i++) {
		if (g->edges[i].target != GV_DEPGRAPH_MISSING)
			continue;
		gv_buf_reset(&path);
		gv_depgraph_add_target(&path, g, &g->edges[i]);
		for (k = 0; k < changes->n; k++)
			if (changes->items[k].kind == GV_DEPGRAPH_DELETED &&
			    changes->items[k].len == path.len &&
			    memcmp(changes->items[k].path, path.p, path.len) ==
				0)
				break;
		if (k < changes->n)
			starts[n++] = g->edges[i].from;
	}
	gv_buf_release(&path);
	return n;
}

int
gv_graph_pick_impact(struct gv_graph_pick *out, const struct gv_depgraph *g,
    const struct gv_depgraph_changes *changes, const char *env)
{
	uint32_t *starts, n = 0, node;
	size_t i;
	int r;

	if ((r = begin(out, g)) < 0)
		return r;
	starts = malloc(((size_t)gv_depgraph_n_nodes(g) + g->n_edges + 1) *
	    sizeof(*starts));
	if (starts == NULL)
		return gv_err_nomem();
	for (i = 0; i < changes->n; i++) {
		node = gv_depgraph_find_file(
		    g, changes->items[i].path, changes->items[i].len);
		if (node != GV_DEPGRAPH_NONE)
			n = add_file(starts, n, g, node);
	}
	n = add_orphans(starts, n, g, changes);
	r = gv_depgraph_reachable(
	    &out->up, g, starts, n, GV_DEPGRAPH_IMPACT, 0);
	free(starts);
	if (r == 0)
		take_reached(out, env);
	return r;
}

void
gv_graph_pick_release(struct gv_graph_pick *pick)
{
	free(pick->nodes);
	free(pick->edges);
	free(pick->down);
	free(pick->up);
	memset(pick, 0, sizeof(*pick));
}
