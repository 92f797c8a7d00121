#include "graph/depgraph_internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sys/workers.h"

/*
 * All steps that join the symbols of a graph. Names are looked for by several
 * threads: each joins the references of some files, and their edges are put
 * behind each other. The parts do not follow from the number of threads, so
 * that every machine has the same edges.
 */

#define PARTS         4
#define SYMBOLS_LEAST 100000 /* that are worth parts */

/* ---- before names are looked for ----------------------------------------- */

static void
note_affix(struct gv_depgraph *g, const struct gv_symbol *s)
{
	size_t i;

	for (i = 0; i < g->n_affixes; i++)
		if (g->affixes[i].is_suffix ==
			(s->word == GV_SYMBOL_VALUE_KUSTOMIZE_SUFFIX) &&
		    strcmp(gv_symbol_text(&g->symbols, &g->affixes[i].text),
			gv_symbol_text(&g->symbols, &s->name)) == 0)
			return;
	if (g->n_affixes == GV_DEPGRAPH_AFFIXES || s->name.len == 0)
		return;
	g->affixes[g->n_affixes++] = (struct gv_depgraph_affix){ s->name,
		s->word == GV_SYMBOL_VALUE_KUSTOMIZE_SUFFIX };
}

static void
note_patches(struct gv_depgraph *g, const struct gv_depgraph_found *found)
{
	uint32_t i;

	for (i = 0; i < found->n; i++)
		if (gv_depgraph_is_file(g, found->items[i]))
			g->files[found->items[i]].flags |= GV_DEPGRAPH_PATCH;
}

/* Which files are patches, which folders are modules, and how names are
 * changed, before names are looked for. */
static int
note_first(struct gv_depgraph *g)
{
	uint32_t i;
	int r;

	for (i = 0; i < g->symbols.n; i++) {
		const struct gv_symbol *s = &g->symbols.items[i];
		struct gv_depgraph_found found = { .n = 0 };

		if (s->kind == GV_SYMBOL_VALUE &&
		    (s->word == GV_SYMBOL_VALUE_KUSTOMIZE_PREFIX ||
			s->word == GV_SYMBOL_VALUE_KUSTOMIZE_SUFFIX))
			note_affix(g, s);
		if (s->kind == GV_SYMBOL_REFERENCE &&
		    s->word == GV_SYMBOL_EDGE_TF_VAR_FILE &&
		    s->how == GV_SYMBOL_BY_PATH &&
		    (r = gv_depgraph_assign(g, g->file_of[i], s)) < 0)
			return r;
		if (s->kind != GV_SYMBOL_REFERENCE ||
		    s->how != GV_SYMBOL_BY_PATH ||
		    (s->word != GV_SYMBOL_EDGE_KUSTOMIZE_PATCH &&
			s->word != GV_SYMBOL_EDGE_TF_MODULE))
			continue;
		r = gv_depgraph_find_path(&found, g, g->file_of[i], s);
		if (r < 0)
			return r;
		if (s->word == GV_SYMBOL_EDGE_TF_MODULE)
			gv_depgraph_note_module(g, &found);
		else
			note_patches(g, &found);
	}
	return 0;
}

typedef int step_fn(struct gv_depgraph *g);

static int
find_names(struct gv_depgraph *g)
{
	return gv_depgraph_names_new(&g->names, g);
}

/* Names that threads share are put in order for patterns, too. */
static int
order_names(struct gv_depgraph *g)
{
	const int r = find_names(g);

	return r < 0 ? r : gv_depgraph_names_order(g->names);
}

static int
run_step(void *ctx, int i)
{
	static step_fn *const steps[] = { order_names, note_first };

	return steps[i](ctx);
}

/* ---- edges --------------------------------------------------------------- */

/* The same graph with edges of its own. */
struct part {
	struct gv_depgraph g;
	uint32_t from, to; /* files */
};

struct parts {
	struct part items[PARTS];
	atomic_int next;
};

/* As many symbols for each. */
static int
share_out(struct parts *parts, const struct gv_depgraph *g)
{
	uint32_t i = 0, k;
	int r;

	for (k = 0; k < PARTS; k++) {
		struct part *part = &parts->items[k];

		part->g = *g;
		part->g.edges = NULL;
		part->g.n_edges = part->g.cut = 0;
		part->g.cap_edges = 0;
		part->g.sops = NULL;
		part->from = i;
		while (i < g->n_files &&
		    (k + 1 == PARTS ||
			g->files[i].first < g->symbols.n / PARTS * (k + 1)))
			i++;
		part->to = i;
		part->g.names = NULL;
		r = gv_depgraph_names_share(&part->g.names, g->names);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
resolve_some(void *ctx, int worker)
{
	struct parts *parts = ctx;
	int i, r = 0;

	(void)worker;
	while (r == 0 && (i = atomic_fetch_add(&parts->next, 1)) < PARTS)
		r = gv_depgraph_resolve(&parts->items[i].g,
		    parts->items[i].from, parts->items[i].to);
	return r;
}

/* Put the edges of all parts behind each other. */
static int
gather(struct gv_depgraph *g, struct parts *parts)
{
	size_t n = 0;
	int i;

	for (i = 0; i < PARTS; i++)
		n += parts->items[i].g.n_edges;
	if (n >= GV_DEPGRAPH_NONE ||
	    (g->edges = malloc((n + 1) * sizeof(*g->edges))) == NULL)
		return gv_err_nomem();
	g->cap_edges = n + 1;
	for (i = 0; i < PARTS; i++) {
		struct gv_depgraph *part = &parts->items[i].g;

		if (part->n_edges)
			memcpy(g->edges + g->n_edges, part->edges,
			    part->n_edges * sizeof(*g->edges));
		g->n_edges += part->n_edges;
		g->cut += part->cut;
		free(part->edges);
		part->edges = NULL;
	}
	return 0;
}

static int
resolve_parts(struct gv_depgraph *g, int threads)
{
	struct parts *parts = calloc(1, sizeof(*parts));
	int i, r;

	if (parts == NULL)
		return gv_err_nomem();
	atomic_init(&parts->next, 0);
	if ((r = share_out(parts, g)) == 0 &&
	    (r = gv_workers_run(threads, resolve_some, parts)) == 0)
		r = gather(g, parts);
	for (i = 0; i < PARTS; i++) {
		gv_depgraph_names_free(parts->items[i].g.names);
		gv_depgraph_sops_free(parts->items[i].g.sops);
		free(parts->items[i].g.edges);
	}
	free(parts);
	return r;
}

/* ---- all ----------------------------------------------------------------- */

static int
link_alone(struct gv_depgraph *g)
{
	int r;

	if ((r = find_names(g)) < 0 || (r = note_first(g)) < 0)
		return r;
	gv_depgraph_note_stacks(g);
	return gv_depgraph_resolve(g, 0, g->n_files);
}

static int
link_parts(struct gv_depgraph *g)
{
	const int threads = gv_workers_count(0);
	int r;

	if ((r = gv_workers_run(2, run_step, g)) < 0)
		return r;
	gv_depgraph_note_stacks(g);
	return resolve_parts(g, threads < PARTS ? threads : PARTS);
}

int
gv_depgraph_link(struct gv_depgraph *g)
{
	int r;

	gv_symbols_settle(&g->symbols);
	if ((r = gv_depgraph_note_files(g)) < 0)
		return r;
	r = g->symbols.n < SYMBOLS_LEAST ? link_alone(g) : link_parts(g);
	if (r < 0 || (r = gv_depgraph_defaults(g)) < 0)
		return r;
	return gv_depgraph_index(g);
}
