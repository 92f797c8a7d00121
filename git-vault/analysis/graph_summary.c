#include "git-vault/analysis/graph_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "graph/depgraph.h"
#include "graph/depgraph_query.h"

/*
 * All of a graph on a screen or two: what there is by environment and
 * component, how it hangs together by kind, what is missing, and circles.
 */

#define LINES_MOST 40
#define LEFT       (GV_DEPGRAPH_LEFT | GV_DEPGRAPH_LEFT_ALL)
#define NEAREST    "; nearest: "

/* ---- components ---------------------------------------------------------- */

struct component {
	const char *env, *kind;
	uint32_t folder; /* NONE: files of no component */
	uint32_t files, edges, missing;
};

struct summing {
	const struct gv_depgraph *g;
	struct component *items; /* by folder, the last for what is of none */
	uint32_t *component_of;  /* of each folder */
};

/* The folder of a component is the nearest that is one. */
static int
open_summing(struct summing *s, const struct gv_depgraph *g)
{
	uint32_t i;

	s->g = g;
	s->items = calloc((size_t)g->n_folders + 1, sizeof(*s->items));
	s->component_of =
	    calloc((size_t)g->n_folders + 1, sizeof(*s->component_of));
	if (s->items == NULL || s->component_of == NULL)
		return gv_err_nomem();
	for (i = 0; i < g->n_folders; i++) {
		s->items[i].folder = i;
		s->items[i].kind = gv_depgraph_component(g, i);
		if (s->items[i].kind)
			s->component_of[i] = i;
		else
			s->component_of[i] = i == 0
			    ? g->n_folders
			    : s->component_of[g->folders[i].parent];
	}
	s->items[g->n_folders].folder = GV_DEPGRAPH_NONE;
	return 0;
}

static void
sum(struct summing *s, const struct gv_graph_pick *pick)
{
	const struct gv_depgraph *g = s->g;
	struct component *c;
	uint32_t i, file;

	for (i = 0; i < g->n_files; i++) {
		if (!pick->nodes[i] || (g->files[i].flags & LEFT))
			continue;
		c = &s->items[s->component_of[g->files[i].folder]];
		/* a chart with values for each environment is of none */
		if (c->files++ == 0)
			c->env = g->files[i].env;
		else if (c->env != g->files[i].env)
			c->env = NULL;
	}
	for (i = 0; i < g->n_edges; i++) {
		file = gv_depgraph_file_of(g, g->edges[i].from);
		if (!pick->edges[i] || file == GV_DEPGRAPH_NONE)
			continue;
		c = &s->items[s->component_of[g->files[file].folder]];
		c->edges++;
		c->missing += g->edges[i].target == GV_DEPGRAPH_MISSING;
	}
}

/* By environment, those of none last; then by folder. */
static int
compare(const void *a, const void *b)
{
	const struct component *x = a, *y = b;
	int r;

	if ((x->env == NULL) != (y->env == NULL))
		return x->env ? -1 : 1;
	r = x->env ? strcmp(x->env, y->env) : 0;
	return r ? r : (x->folder > y->folder) - (x->folder < y->folder);
}

static void
print_component(
    struct gv_ctx *ctx, const struct gv_depgraph *g, const struct component *c)
{
	gv_out_cell_text(
	    ctx->out, c->env ? GV_OUT_TAG : GV_OUT_DIM, c->env ? c->env : "-");
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, c->kind ? c->kind : "-");
	if (c->folder == GV_DEPGRAPH_NONE)
		gv_out_cell_text(ctx->out, GV_OUT_DIM, "(others)");
	else if (g->folders[c->folder].len == 0)
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, ".");
	else
		gv_out_cell_path(ctx->out, GV_OUT_PLAIN,
		    g->folders[c->folder].path, g->folders[c->folder].len);
	gv_out_cell(ctx->out, GV_OUT_PLAIN, "%u", c->files);
	gv_out_cell(ctx->out, GV_OUT_PLAIN, "%u", c->edges);
	if (c->missing)
		gv_out_cell(ctx->out, GV_OUT_REMOVED, "%u", c->missing);
	else
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, "");
}

static int
print_components(struct gv_ctx *ctx, const struct gv_graph_pick *pick)
{
	static const struct gv_out_column columns[] = {
		{ .head = "ENVIRONMENT", .whole = true },
		{ .head = "KIND" },
		{ .head = "COMPONENT", .cut = true },
		{ .head = "FILES", .right = true },
		{ .head = "RELATIONS", .right = true },
		{ .head = "MISSING", .right = true },
	};
	struct summing s = { .g = NULL };
	uint32_t i, shown = 0, left = 0;
	int r = open_summing(&s, pick->g);

	if (r < 0)
		goto out;
	sum(&s, pick);
	qsort(
	    s.items, (size_t)pick->g->n_folders + 1, sizeof(*s.items), compare);
	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i <= pick->g->n_folders; i++) {
		if (s.items[i].files == 0)
			continue;
		if (shown >= LINES_MOST && gv_out_is_fitted(ctx->out)) {
			left++;
			continue;
		}
		print_component(ctx, pick->g, &s.items[i]);
		shown++;
	}
	gv_out_columns_end(ctx->out);
	if (left)
		gv_out_paint(ctx->out, GV_OUT_DIM,
		    "… %u more components; to see all: --long\n", left);
out:
	free(s.items);
	free(s.component_of);
	return r;
}

/* ---- kinds --------------------------------------------------------------- */

static void
print_kinds(struct gv_ctx *ctx, const struct gv_graph_pick *pick)
{
	static const struct gv_out_column columns[] = {
		{ .head = "RELATION", .whole = true },
		{ .head = "FOUND", .right = true },
		{ .head = "COMPUTED", .right = true },
		{ .head = "EXTERNAL", .right = true },
		{ .head = "MISSING", .right = true },
	};
	uint32_t counts[GV_SYMBOL_N_EDGES][4] = { { 0 } }, i;
	size_t k, t;

	for (i = 0; i < pick->g->n_edges; i++) {
		const struct gv_depgraph_edge *e = &pick->g->edges[i];

		if (!pick->edges[i])
			continue;
		if (e->target == GV_DEPGRAPH_EXTERNAL)
			counts[e->kind][2]++;
		else if (e->target == GV_DEPGRAPH_MISSING)
			counts[e->kind][3]++;
		else
			counts[e->kind][e->is_pattern]++;
	}
	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(columns[0]));
	for (k = 0; k < GV_SYMBOL_N_EDGES; k++) {
		const uint32_t *c = counts[k];

		if (c[0] + c[1] + c[2] + c[3] == 0)
			continue;
		gv_out_cell_text(ctx->out, GV_OUT_TAG, gv_symbol_edges[k]);
		for (t = 0; t < 4; t++) {
			if (c[t])
				gv_out_cell(ctx->out,
				    t == 3 ? GV_OUT_REMOVED : GV_OUT_PLAIN,
				    "%u", c[t]);
			else
				gv_out_cell_text(ctx->out, GV_OUT_PLAIN, "");
		}
	}
	gv_out_columns_end(ctx->out);
}

/* ---- what is wrong ------------------------------------------------------- */

static void
print_missing(struct gv_ctx *ctx, const struct gv_graph_pick *pick)
{
	struct gv_buf text = GV_BUF_INIT;
	uint32_t i, n = 0;
	size_t at;

	for (i = 0; i < pick->g->n_edges; i++) {
		const struct gv_depgraph_edge *e = &pick->g->edges[i];

		if (!pick->edges[i] || e->target != GV_DEPGRAPH_MISSING)
			continue;
		if (n == 0)
			gv_out_paint(
			    ctx->out, GV_OUT_HEAD, "%s", "\nmissing\n");
		if (n++ >= LINES_MOST && gv_out_is_fitted(ctx->out))
			continue;
		gv_buf_reset(&text);
		gv_graph_out_add_where(&text, pick->g, e);
		gv_buf_addstr(&text, ": ");
		gv_buf_addstr(&text, gv_symbol_edges[e->kind]);
		gv_buf_addch(&text, ' ');
		gv_depgraph_add_target(&text, pick->g, e);
		at = text.len;
		/* each is looked for among all names */
		if (n <= LINES_MOST) {
			gv_buf_addstr(&text, NEAREST);
			gv_depgraph_add_near(&text, pick->g, e);
			if (text.len == at + strlen(NEAREST))
				gv_buf_truncate(&text, at);
		}
		gv_out_write(ctx->out, "  ", 2);
		gv_out_text(ctx->out, text.p, text.len);
		gv_out_write(ctx->out, "\n", 1);
	}
	if (n > LINES_MOST && gv_out_is_fitted(ctx->out))
		gv_out_paint(ctx->out, GV_OUT_DIM,
		    "  … %u more; to see all: --long\n", n - LINES_MOST);
	gv_buf_release(&text);
}

static int
print_cycles(struct gv_ctx *ctx, const struct gv_graph_pick *pick)
{
	struct gv_depgraph_cycles cycles;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_depgraph_find_cycles(&cycles, pick->g);
	bool is_first = true;
	uint32_t k;
	size_t i;

	for (i = 0; r == 0 && i < cycles.n; i++) {
		if (!pick->nodes[cycles.items[cycles.at[i]]])
			continue;
		gv_buf_reset(&text);
		for (k = cycles.at[i]; k < cycles.at[i + 1]; k++) {
			gv_depgraph_add_id(&text, pick->g, cycles.items[k]);
			gv_buf_addstr(&text, " -> ");
		}
		gv_depgraph_add_id(&text, pick->g, cycles.items[cycles.at[i]]);
		if (is_first)
			gv_out_paint(ctx->out, GV_OUT_HEAD, "%s", "\ncycles\n");
		is_first = false;
		gv_out_printf(ctx->out, "  ");
		gv_out_text(ctx->out, text.p, text.len);
		gv_out_printf(ctx->out, "\n");
	}
	gv_depgraph_cycles_release(&cycles);
	gv_buf_release(&text);
	return r;
}

static void
print_unread(struct gv_ctx *ctx, const struct gv_depgraph *g)
{
	uint32_t i;

	for (i = 0; i < g->n_files; i++)
		if (g->files[i].flags &
		    (GV_DEPGRAPH_TOO_LARGE | GV_DEPGRAPH_UNREAD)) {
			gv_out_printf(ctx->out, "not read%s: ",
			    g->files[i].flags & GV_DEPGRAPH_TOO_LARGE
				? ", too large"
				: "");
			gv_out_path(
			    ctx->out, g->files[i].path, g->files[i].len);
			gv_out_printf(ctx->out, "\n");
		}
}

int
gv_graph_out_summary(struct gv_ctx *ctx, const struct gv_graph_pick *pick)
{
	const struct gv_depgraph *g = pick->g;
	char files[GV_OUT_SIZE_MAX], names[GV_OUT_SIZE_MAX],
	    edges[GV_OUT_SIZE_MAX];
	uint32_t n_files = 0, n_names = 0, i;
	int r;

	for (i = 0; i < g->n_files; i++)
		n_files += pick->nodes[i] && !(g->files[i].flags & LEFT);
	for (i = g->n_files + g->n_folders; i < gv_depgraph_n_nodes(g); i++)
		n_names += pick->nodes[i];
	if (n_files == 0) {
		gv_out_printf(ctx->out, "no infrastructure code found\n");
		print_unread(ctx, g);
		return 0;
	}
	gv_out_count(files, n_files, "file");
	gv_out_count(names, n_names, "definition");
	gv_out_count(edges, pick->n_edges, "relation");
	gv_out_printf(ctx->out, "%s, %s, %s\n\n", files, names, edges);
	if ((r = print_components(ctx, pick)) < 0)
		return r;
	if (pick->n_edges) {
		gv_out_printf(ctx->out, "\n");
		print_kinds(ctx, pick);
	}
	print_missing(ctx, pick);
	print_unread(ctx, g);
	return print_cycles(ctx, pick);
}
