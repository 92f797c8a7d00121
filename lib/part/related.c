#include "part/related.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "graph/depgraph.h"

struct finding {
	struct gv_related *out;
	const struct gv_depgraph *g;
	const struct gv_related_opts *opts;
	bool *seen; /* by file */
	/* what is next to the files of one step */
	struct gv_related_item *found;
	size_t n, cap;
	uint32_t of; /* the file whose neighbours are looked for */
	bool failed;
};

/* ---- what is next to a file ---------------------------------------------- */

static bool
is_elsewhere(const struct finding *f, uint32_t file, bool is_needed)
{
	const char *env = f->g->files[file].env;

	return f->opts->env && env && !is_needed &&
	    strcmp(env, f->opts->env) != 0;
}

static void
add(struct finding *f, uint32_t file, uint32_t edge, bool is_needed)
{
	if (f->seen[file] ||
	    (f->g->files[file].flags &
		(GV_DEPGRAPH_LEFT | GV_DEPGRAPH_LEFT_ALL)) ||
	    is_elsewhere(f, file, is_needed))
		return;
	f->seen[file] = true;
	if (GV_GROW(f->found, f->n, f->cap) < 0)
		f->failed = true;
	else
		f->found[f->n++] =
		    (struct gv_related_item){ file, f->of, edge, is_needed };
}

/* All files of a chart belong to its Chart.yaml, which others name. */
static void
add_target(struct finding *f, uint32_t file, uint32_t edge)
{
	const struct gv_depgraph_folder *folder =
	    &f->g->folders[f->g->files[file].folder];
	uint32_t i;

	add(f, file, edge, true);
	if (f->g->files[file].dialect == GV_SYMBOL_DIALECT_HELM_CHART)
		for (i = folder->first; i < folder->end; i++)
			if (f->g->files[i].n)
				add(f, i, edge, true);
}

/* A folder stands for the files that it has edges to (a module of Terraform its
 * code), else for all that is below it. */
static void
add_folder(struct finding *f, uint32_t node, uint32_t edge)
{
	const struct gv_depgraph *g = f->g;
	const struct gv_depgraph_run edges = gv_depgraph_out(g, node);
	const struct gv_depgraph_folder *folder =
	    &g->folders[node - g->n_files];
	uint32_t i, file;

	for (i = 0; i < edges.n; i++) {
		file = gv_depgraph_file_of(g, g->edges[edges.items[i]].to);
		if (file != GV_DEPGRAPH_NONE)
			add_target(f, file, edge);
	}
	if (edges.n)
		return;
	for (i = folder->first; i < folder->end; i++)
		add(f, i, edge, true);
}

static void
add_out(struct finding *f, uint32_t node)
{
	const struct gv_depgraph *g = f->g;
	const struct gv_depgraph_run edges = gv_depgraph_out(g, node);
	uint32_t i, file;

	for (i = 0; i < edges.n; i++) {
		const struct gv_depgraph_edge *e = &g->edges[edges.items[i]];

		if (e->target != GV_DEPGRAPH_NODE || e->is_pattern)
			continue;
		file = gv_depgraph_file_of(g, e->to);
		if (file == GV_DEPGRAPH_NONE)
			add_folder(f, e->to, edges.items[i]);
		else
			add_target(f, file, edges.items[i]);
	}
}

/* What refers to a node; what refers to a folder that refers to it, too. */
static void
add_in(struct finding *f, uint32_t node)
{
	const struct gv_depgraph *g = f->g;
	const struct gv_depgraph_run edges = gv_depgraph_in(g, node);
	uint32_t i, file;

	for (i = 0; i < edges.n; i++) {
		const struct gv_depgraph_edge *e = &g->edges[edges.items[i]];

		if (e->is_pattern)
			continue;
		file = gv_depgraph_file_of(g, e->from);
		if (file != GV_DEPGRAPH_NONE)
			add(f, file, edges.items[i], false);
		else if (!gv_depgraph_is_folder(g, node))
			add_in(f, e->from);
	}
}

/* The folders above a file that are targets themselves. */
static void
add_above(struct finding *f, uint32_t file)
{
	const struct gv_depgraph *g = f->g;
	uint32_t folder = g->files[file].folder, node;

	for (;; folder = g->folders[folder].parent) {
		node = gv_depgraph_folder_node(g, folder);
		if (gv_depgraph_in(g, node).n &&
		    gv_depgraph_out(g, node).n == 0)
			add_in(f, node);
		if (folder == 0)
			return;
	}
}

static void
add_near(struct finding *f, uint32_t file)
{
	const struct gv_depgraph *g = f->g;
	uint32_t i, node;

	f->of = file;
	add_out(f, file);
	add_in(f, file);
	add_above(f, file);
	for (i = g->files[file].first;
	     i < g->files[file].first + g->files[file].n; i++) {
		node = gv_depgraph_symbol_node(g, i);
		add_out(f, node);
		add_in(f, node);
	}
}

/* ---- steps --------------------------------------------------------------- */

static int
by_file(const void *a, const void *b)
{
	const struct gv_related_item *x = a, *y = b;

	return x->file < y->file ? -1 : x->file > y->file;
}

/* Of what was found, list what differs. */
static int
take(struct finding *f)
{
	struct gv_related *out = f->out;
	uint32_t *files = calloc(f->n + 1, sizeof(*files));
	bool *differs = calloc(f->n + 1, sizeof(*differs));
	size_t i;
	int r = GV_ENOMEM;

	if (files == NULL || differs == NULL) {
		gv_err_nomem();
		goto out;
	}
	qsort(f->found, f->n, sizeof(*f->found), by_file);
	for (i = 0; i < f->n; i++) {
		files[i] = f->found[i].file;
		differs[i] = f->opts->differ == NULL;
	}
	if (f->opts->differ &&
	    (r = f->opts->differ(
		 f->opts->ctx, differs, files, (uint32_t)f->n)) < 0)
		goto out;
	r = 0;
	for (i = 0; i < f->n && !out->is_cut; i++) {
		if (!differs[i])
			continue;
		if (out->n == GV_RELATED_MOST)
			out->is_cut = true;
		else if ((r = GV_GROW(out->items, out->n, out->cap)) < 0)
			goto out;
		else
			out->items[out->n++] = f->found[i];
	}
out:
	free(files);
	free(differs);
	return r;
}

/* Whether there are more steps to go. 1, 0, or a failure. */
static int
go_on(struct finding *f, size_t first)
{
	size_t i, end = f->out->n;
	int r;

	f->n = 0;
	for (i = first; i < end; i++)
		add_near(f, f->out->items[i].file);
	if (f->failed)
		return gv_err_nomem();
	if (f->n && (r = take(f)) < 0)
		return r;
	return f->out->n > end && !f->out->is_cut;
}

static int
begin(struct finding *f)
{
	uint32_t i;

	for (i = 0; i < f->g->n_files; i++)
		f->seen[i] = f->opts->chosen[i];
	for (i = 0; i < f->g->n_files && !f->failed; i++)
		if (f->opts->chosen[i])
			add_near(f, i);
	if (f->failed)
		return gv_err_nomem();
	return f->n ? take(f) : 0;
}

int
gv_related_find(struct gv_related *out, const struct gv_depgraph *graph,
    const struct gv_related_opts *opts)
{
	const uint32_t most = opts->steps ? opts->steps : GV_RELATED_STEPS;
	struct finding f = { .out = out, .g = graph, .opts = opts };
	size_t first = 0, end;
	uint32_t step;
	int r;

	*out = (struct gv_related){ .items = NULL };
	f.seen = calloc((size_t)graph->n_files + 1, sizeof(*f.seen));
	if (f.seen == NULL)
		return gv_err_nomem();
	if ((r = begin(&f)) < 0)
		goto out;
	for (step = 1; step < most && out->n > first; step++) {
		end = out->n;
		if ((r = go_on(&f, first)) <= 0)
			goto out;
		first = end;
	}
	if (most > 1 && out->n > first)
		out->is_cut = true;
	r = 0;
out:
	free(f.seen);
	free(f.found);
	return r;
}

void
gv_related_release(struct gv_related *related)
{
	free(related->items);
	memset(related, 0, sizeof(*related));
}
