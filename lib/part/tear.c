#include "part/tear.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "graph/depgraph.h"

/*
 * A file has the same bytes in the result and in the tree that it comes from,
 * so its n-th symbol is the same reference in both.
 */

/* Where each reference of a graph leads: an edge that is sure and leads to a
 * node, else one that does not; NONE: a reference that says nothing. */
struct leads {
	const struct gv_depgraph *g;
	uint32_t *edges; /* by symbol */
};

static bool
is_firm(const struct gv_depgraph_edge *e)
{
	return e->target == GV_DEPGRAPH_NODE;
}

static int
leads_init(struct leads *l, const struct gv_depgraph *g)
{
	uint32_t i;

	*l = (struct leads){ .g = g };
	if (g == NULL)
		return 0;
	l->edges = malloc((g->symbols.n + 1) * sizeof(*l->edges));
	if (l->edges == NULL)
		return gv_err_nomem();
	for (i = 0; i < g->symbols.n; i++)
		l->edges[i] = GV_DEPGRAPH_NONE;
	for (i = 0; i < g->n_edges; i++) {
		const struct gv_depgraph_edge *e = &g->edges[i];
		uint32_t *at;

		if (e->symbol == GV_DEPGRAPH_NONE || e->is_pattern ||
		    e->target == GV_DEPGRAPH_COMPUTED)
			continue;
		at = &l->edges[e->symbol];
		if (*at == GV_DEPGRAPH_NONE ||
		    (is_firm(e) && !is_firm(&g->edges[*at])))
			*at = i;
	}
	return 0;
}

/* ---- one reference ------------------------------------------------------- */

struct looking {
	struct gv_tear *out;
	const struct gv_tear_trees *trees;
	struct leads result, target, now;
};

/* The edge of the same reference in another tree; NULL: it has none. */
static const struct gv_depgraph_edge *
same_in(const struct leads *there, const struct gv_depgraph_file *file,
    uint32_t nth)
{
	uint32_t i, edge;

	if (there->g == NULL)
		return NULL;
	i = gv_depgraph_find_file(there->g, file->path, file->len);
	if (i == GV_DEPGRAPH_NONE || there->g->files[i].n != file->n)
		return NULL;
	edge = there->edges[there->g->files[i].first + nth];
	return edge == GV_DEPGRAPH_NONE ? NULL : &there->g->edges[edge];
}

/* Whether what it led to goes back to a file that nobody can look into. */
static bool
is_hidden(const struct looking *l, const struct leads *there,
    const struct gv_depgraph_edge *before)
{
	const struct gv_tear_trees *t = l->trees;
	const uint32_t file = gv_depgraph_file_of(there->g, before->to);
	const struct gv_depgraph_file *f;
	uint32_t i;

	if (t->is_opaque == NULL || file == GV_DEPGRAPH_NONE)
		return false;
	f = &there->g->files[file];
	i = gv_depgraph_find_file(t->result, f->path, f->len);
	return i != GV_DEPGRAPH_NONE && t->goes_back[i] &&
	    t->is_opaque(t->ctx, f->path, f->len);
}

static int
add(struct looking *l, uint32_t edge, uint32_t argument, bool is_torn)
{
	if (GV_GROW(l->out->items, l->out->n, l->out->cap) < 0)
		return gv_err_nomem();
	l->out->items[l->out->n++] =
	    (struct gv_tear_item){ edge, argument, is_torn };
	l->out->n_torn += is_torn;
	return 0;
}

static int
look(struct looking *l, uint32_t file, uint32_t nth)
{
	const struct gv_depgraph *g = l->result.g;
	const struct gv_depgraph_file *f = &g->files[file];
	const uint32_t edge = l->result.edges[f->first + nth];
	const bool goes = l->trees->goes_back[file];
	const struct leads *there = goes ? &l->target : &l->now;
	const struct gv_depgraph_edge *before;
	bool is_torn;

	if (edge == GV_DEPGRAPH_NONE || is_firm(&g->edges[edge]))
		return 0;
	before = same_in(there, f, nth);
	is_torn = before && is_firm(before) && !is_hidden(l, there, before);
	if (!is_torn && (!goes || g->edges[edge].target != GV_DEPGRAPH_MISSING))
		return 0;
	return add(l, edge, GV_DEPGRAPH_NONE, is_torn);
}

/* ---- arguments of modules ------------------------------------------------ */

static uint32_t
folder_of(const struct gv_depgraph *g, const struct gv_depgraph_edge *e)
{
	return gv_depgraph_is_folder(g, e->to)
	    ? e->to - g->n_files
	    : g->files[gv_depgraph_file_of(g, e->to)].folder;
}

/* Whether the code of a folder declares a variable; true also where it declares
 * none at all, since it could not be read then. */
static bool
declares(const struct gv_depgraph *g, uint32_t folder, const char *name)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	bool has_any = false;
	uint32_t i, k;

	for (i = f->first; i < f->first + f->n; i++)
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n; k++) {
			const struct gv_symbol *s = &g->symbols.items[k];

			if (s->kind != GV_SYMBOL_DEFINITION ||
			    s->word != GV_SYMBOL_SPACE_TF_VARIABLE)
				continue;
			has_any = true;
			if (strcmp(gv_symbol_text(&g->symbols, &s->name),
				name) == 0)
				return true;
		}
	return !has_any;
}

/* The k-th symbol is an argument of the module that the edge leads to. */
static int
look_at_argument(struct looking *l, uint32_t edge, uint32_t k)
{
	const struct gv_depgraph *g = l->result.g;
	const struct gv_depgraph_edge *e = &g->edges[edge], *before;
	const uint32_t file = g->file_of[e->symbol];
	const bool goes = l->trees->goes_back[file];
	const struct leads *there = goes ? &l->target : &l->now;
	const char *name =
	    gv_symbol_text(&g->symbols, &g->symbols.items[k].name);
	bool is_torn;

	if (declares(g, folder_of(g, e), name))
		return 0;
	before =
	    same_in(there, &g->files[file], e->symbol - g->files[file].first);
	is_torn = before && is_firm(before) &&
	    declares(there->g, folder_of(there->g, before), name);
	return is_torn || goes ? add(l, edge, k, is_torn) : 0;
}

static int
look_at_modules(struct looking *l)
{
	const struct gv_depgraph *g = l->result.g;
	uint32_t i, k, end, module;
	int r;

	for (i = 0; i < g->n_edges; i++) {
		const struct gv_depgraph_edge *e = &g->edges[i];

		if (e->kind != GV_SYMBOL_EDGE_TF_MODULE || !is_firm(e) ||
		    e->is_pattern || e->symbol == GV_DEPGRAPH_NONE ||
		    (module = g->symbols.items[e->symbol].in) == GV_SYMBOL_NONE)
			continue;
		end = g->files[g->file_of[module]].first +
		    g->files[g->file_of[module]].n;
		for (k = module + 1; k < end; k++)
			if (g->symbols.items[k].kind == GV_SYMBOL_VALUE &&
			    g->symbols.items[k].in == module &&
			    g->symbols.items[k].word ==
				GV_SYMBOL_VALUE_TF_ARGUMENT &&
			    (r = look_at_argument(l, i, k)) < 0)
				return r;
	}
	return 0;
}

uint32_t
gv_tear_say(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_tear_item *item)
{
	const struct gv_depgraph_edge *e = &g->edges[item->edge];
	const struct gv_symbol *s;

	if (item->argument == GV_DEPGRAPH_NONE) {
		gv_depgraph_add_target(out, g, e);
		return gv_depgraph_line(g, e);
	}
	s = &g->symbols.items[item->argument];
	gv_buf_add(out, g->folders[folder_of(g, e)].path,
	    g->folders[folder_of(g, e)].len);
	gv_buf_addf(out, "#%s:%s",
	    gv_symbol_spaces[GV_SYMBOL_SPACE_TF_VARIABLE],
	    gv_symbol_text(&g->symbols, &s->name));
	return s->line;
}

/* ---- all ----------------------------------------------------------------- */

int
gv_tear_find(struct gv_tear *out, const struct gv_tear_trees *trees)
{
	struct looking l = { .out = out, .trees = trees };
	uint32_t i, k;
	int r;

	*out = (struct gv_tear){ .items = NULL };
	if ((r = leads_init(&l.result, trees->result)) < 0 ||
	    (r = leads_init(&l.target, trees->target)) < 0 ||
	    (r = leads_init(&l.now, trees->now)) < 0)
		goto out;
	for (i = 0; r == 0 && i < trees->result->n_files; i++)
		for (k = 0; r == 0 && k < trees->result->files[i].n; k++)
			r = look(&l, i, k);
	if (r == 0)
		r = look_at_modules(&l);
out:
	free(l.result.edges);
	free(l.target.edges);
	free(l.now.edges);
	return r;
}

void
gv_tear_release(struct gv_tear *tear)
{
	free(tear->items);
	memset(tear, 0, sizeof(*tear));
}
