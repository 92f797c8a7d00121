#include "graph/depgraph_query.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"

/* ---- what is next -------------------------------------------------------- */

static bool
is_backend(const struct gv_symbol *s)
{
	return s && s->kind == GV_SYMBOL_DEFINITION &&
	    s->word == GV_SYMBOL_SPACE_TF_BACKEND;
}

static void
each_file(const struct gv_depgraph *g, uint32_t first, uint32_t end,
    gv_depgraph_next_fn *fn, void *ctx)
{
	uint32_t i;

	for (i = first; i < end; i++)
		if (g->files[i].n)
			fn(ctx, i, NULL);
}

/* Definitions of a file, and of that of a chart all that the chart holds; of a
 * stack's backend the files of the stack; of a folder what is below it, unless
 * it is a module of Terraform, whose code has edges. */
static void
each_inside(const struct gv_depgraph *g, uint32_t node, gv_depgraph_next_fn *fn,
    void *ctx)
{
	const uint32_t file = gv_depgraph_file_of(g, node);
	const struct gv_depgraph_folder *f =
	    &g->folders[file == GV_DEPGRAPH_NONE ? node - g->n_files
						 : g->files[file].folder];
	uint32_t i;

	if (file == GV_DEPGRAPH_NONE) {
		if (gv_depgraph_out(g, node).n == 0)
			each_file(g, f->first, f->end, fn, ctx);
	} else if (gv_depgraph_is_file(g, node)) {
		for (i = g->files[node].first;
		     i < g->files[node].first + g->files[node].n; i++)
			if (g->symbols.items[i].kind == GV_SYMBOL_DEFINITION)
				fn(ctx, gv_depgraph_symbol_node(g, i), NULL);
		if (g->files[node].dialect == GV_SYMBOL_DIALECT_HELM_CHART)
			each_file(g, f->first, f->end, fn, ctx);
	} else if (is_backend(gv_depgraph_definition(g, node))) {
		each_file(g, f->first, f->first + f->n, fn, ctx);
	}
}

/* The backends of the stack that a file is in. */
static void
each_backend(const struct gv_depgraph *g, uint32_t file,
    gv_depgraph_next_fn *fn, void *ctx)
{
	const struct gv_depgraph_folder *f = &g->folders[g->files[file].folder];
	uint32_t i, k;

	if (g->files[file].dialect != GV_SYMBOL_DIALECT_TERRAFORM &&
	    g->files[file].dialect != GV_SYMBOL_DIALECT_TERRAFORM_JSON)
		return;
	for (i = f->first; i < f->first + f->n; i++)
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n; k++)
			if (is_backend(&g->symbols.items[k]))
				fn(ctx, gv_depgraph_symbol_node(g, k), NULL);
}

/* The other way: the chart, the backend, and the folders that are targets. */
static void
each_outside(const struct gv_depgraph *g, uint32_t node,
    gv_depgraph_next_fn *fn, void *ctx)
{
	const uint32_t file = gv_depgraph_file_of(g, node);
	uint32_t folder, i, top;

	if (file == GV_DEPGRAPH_NONE)
		return;
	if (!gv_depgraph_is_file(g, node)) {
		fn(ctx, file, NULL);
		return;
	}
	each_backend(g, file, fn, ctx);
	folder = g->files[file].folder;
	top = g->folders[folder].chart;
	for (i = top == GV_DEPGRAPH_NONE ? 0 : g->folders[top].first;
	     top != GV_DEPGRAPH_NONE &&
	     i < g->folders[top].first + g->folders[top].n;
	     i++)
		if (g->files[i].dialect == GV_SYMBOL_DIALECT_HELM_CHART &&
		    i != file)
			fn(ctx, i, NULL);
	for (;; folder = g->folders[folder].parent) {
		const uint32_t at = gv_depgraph_folder_node(g, folder);

		if (gv_depgraph_in(g, at).n && gv_depgraph_out(g, at).n == 0)
			fn(ctx, at, NULL);
		if (folder == 0)
			return;
	}
}

/* Values for other files: these depend on them, although nobody wrote it. */
static bool
is_turned(const struct gv_depgraph_edge *e)
{
	return e->kind == GV_SYMBOL_EDGE_TF_VAR_FILE ||
	    e->kind == GV_SYMBOL_EDGE_COMPOSE_OVERRIDE ||
	    e->kind == GV_SYMBOL_EDGE_ANSIBLE_GROUP_VARS ||
	    (e->kind == GV_SYMBOL_EDGE_PULUMI_PROJECT &&
		e->symbol == GV_DEPGRAPH_NONE);
}

static void
each_out(const struct gv_depgraph *g, uint32_t node, bool turned,
    gv_depgraph_next_fn *fn, void *ctx)
{
	const struct gv_depgraph_run edges = gv_depgraph_out(g, node);
	uint32_t i;

	for (i = 0; i < edges.n; i++) {
		const struct gv_depgraph_edge *e = &g->edges[edges.items[i]];

		if (e->target == GV_DEPGRAPH_NODE && (!turned || is_turned(e)))
			fn(ctx, e->to, e);
	}
}

static void
each_in(const struct gv_depgraph *g, uint32_t node, bool turned,
    gv_depgraph_next_fn *fn, void *ctx)
{
	const struct gv_depgraph_run edges = gv_depgraph_in(g, node);
	uint32_t i;

	for (i = 0; i < edges.n; i++) {
		const struct gv_depgraph_edge *e = &g->edges[edges.items[i]];

		if (!turned || !is_turned(e))
			fn(ctx, e->from, e);
	}
}

void
gv_depgraph_each_next(const struct gv_depgraph *g, uint32_t node,
    enum gv_depgraph_way way, gv_depgraph_next_fn *fn, void *ctx)
{
	switch (way) {
	case GV_DEPGRAPH_DOWN:
		each_inside(g, node, fn, ctx);
		each_out(g, node, false, fn, ctx);
		break;
	case GV_DEPGRAPH_UP:
		each_outside(g, node, fn, ctx);
		each_in(g, node, false, fn, ctx);
		break;
	case GV_DEPGRAPH_IMPACT:
		each_outside(g, node, fn, ctx);
		each_in(g, node, true, fn, ctx);
		each_out(g, node, true, fn, ctx);
		break;
	}
}

/* ---- how far ------------------------------------------------------------- */

struct list {
	uint32_t *items;
	size_t n, cap;
};

struct reaching {
	const struct gv_depgraph *g;
	uint32_t *steps;
	uint32_t step, most;
	uint32_t at; /* the node that is left */
	struct list now, next;
	bool failed;
};

static void
push(struct reaching *r, struct list *list, uint32_t node)
{
	if (GV_GROW(list->items, list->n, list->cap) < 0)
		r->failed = true;
	else
		list->items[list->n++] = node;
}

/* What a folder holds is no farther than the folder. */
static void
reach(void *ctx, uint32_t node, const struct gv_depgraph_edge *edge)
{
	struct reaching *r = ctx;
	const bool is_near =
	    edge == NULL || gv_depgraph_is_folder(r->g, edge->from);
	const uint32_t step = r->step + !is_near;

	/* a stack is no part of its file that names the backend */
	if (edge == NULL && r->step == 0 &&
	    is_backend(gv_depgraph_definition(r->g, r->at)))
		return;
	if (r->steps[node] <= step || (r->most && step > r->most))
		return;
	r->steps[node] = step;
	push(r, is_near ? &r->now : &r->next, node);
}

int
gv_depgraph_reachable(uint32_t **steps, const struct gv_depgraph *g,
    const uint32_t *starts, uint32_t n, enum gv_depgraph_way way, uint32_t most)
{
	const uint32_t n_nodes = gv_depgraph_n_nodes(g);
	struct reaching r = { .g = g, .most = most };
	struct list list;
	uint32_t i;

	r.steps = malloc(((size_t)n_nodes + 1) * sizeof(*r.steps));
	if (r.steps == NULL)
		return gv_err_nomem();
	for (i = 0; i < n_nodes; i++)
		r.steps[i] = GV_DEPGRAPH_NONE;
	for (i = 0; i < n; i++) {
		r.steps[starts[i]] = 0;
		push(&r, &r.now, starts[i]);
	}
	for (; r.now.n && !r.failed; r.step++) {
		while (r.now.n && !r.failed) {
			const uint32_t node = r.now.items[--r.now.n];

			/* a shorter way to it may have been found */
			r.at = node;
			if (r.steps[node] == r.step)
				gv_depgraph_each_next(g, node, way, reach, &r);
		}
		list = r.now;
		r.now = r.next;
		r.next = list;
	}
	free(r.now.items);
	free(r.next.items);
	if (r.failed) {
		free(r.steps);
		return gv_err_nomem();
	}
	*steps = r.steps;
	return 0;
}
