#include "git-vault/analysis/graph_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "graph/depgraph.h"
#include "graph/depgraph_change.h"

#define LINES_MOST 40 /* of a list, where it is to fit a screen */

/* Whether to stop a list here: lines that are not shown are counted. */
static bool
is_full(struct gv_ctx *ctx, size_t shown)
{
	return shown >= LINES_MOST && gv_out_is_fitted(ctx->out);
}

static void
print_rest(struct gv_ctx *ctx, size_t n, const char *noun)
{
	char count[GV_OUT_SIZE_MAX];

	if (n == 0)
		return;
	gv_out_count(count, n, noun);
	gv_out_paint(
	    ctx->out, GV_OUT_DIM, "  … %s more; to see all: --long\n", count);
}

static void
cell_buf(struct gv_ctx *ctx, enum gv_out_slot slot, struct gv_buf *text)
{
	gv_out_cell_text(
	    ctx->out, slot, gv_buf_check(text) == 0 ? text->p : "");
	gv_buf_reset(text);
}

/* ---- one edge ------------------------------------------------------------ */

/* What a reference leads to, for a person. */
static enum gv_out_slot
add_target(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_depgraph_edge *e, bool is_up)
{
	const struct gv_symbol *s;
	const size_t before = out->len;
	struct gv_buf near = GV_BUF_INIT;
	uint32_t node = is_up ? e->from : e->to;

	if (is_up || e->target == GV_DEPGRAPH_NODE) {
		gv_graph_out_add_path(out, g, node);
		if (is_up && gv_depgraph_line(g, e))
			gv_buf_addf(out, ":%u", gv_depgraph_line(g, e));
		s = gv_depgraph_definition(g, node);
		if (s && !is_up)
			gv_buf_addf(out, ":%u", s->line);
		if (s)
			gv_buf_addf(
			    out, " %s", gv_symbol_text(&g->symbols, &s->name));
		if (!is_up && gv_depgraph_is_file(g, node) &&
		    (g->files[node].flags &
			(GV_DEPGRAPH_LEFT | GV_DEPGRAPH_LEFT_ALL)))
			gv_buf_addstr(out, " (ignored, not stored)");
		return GV_OUT_PLAIN;
	}
	gv_depgraph_add_target(out, g, e);
	s = e->symbol == GV_DEPGRAPH_NONE ? NULL : &g->symbols.items[e->symbol];
	if (e->target == GV_DEPGRAPH_EXTERNAL) {
		if (s && gv_symbol_extra(&g->symbols, s)->len)
			gv_buf_addf(out, " %s",
			    gv_symbol_text(
				&g->symbols, gv_symbol_extra(&g->symbols, s)));
		return GV_OUT_DIM;
	}
	if (e->target == GV_DEPGRAPH_COMPUTED) {
		gv_buf_addstr(out, " (computed)");
		return GV_OUT_DIM;
	}
	gv_buf_addstr(out, before == out->len ? "missing" : " is missing");
	gv_depgraph_add_near(&near, g, e);
	if (near.len && gv_buf_check(&near) == 0)
		gv_buf_addf(out, "; nearest: %s", near.p);
	gv_buf_release(&near);
	return GV_OUT_REMOVED;
}

/* ---- a path -------------------------------------------------------------- */

static const struct gv_out_column edge_columns[] = {
	{ .head = "FROM", .whole = true },
	{ .head = "KIND", .whole = true },
	{ .head = "TO", .cut = true },
};

static const struct gv_out_column user_columns[] = {
	{ .head = "USED BY", .cut = true },
	{ .head = "KIND", .whole = true },
	{ .head = "FOR", .cut = true },
};

/* Edges between things that the path has itself are of no interest, nor is what
 * a folder holds. */
static bool
is_shown(const struct gv_graph_pick *pick, const struct gv_depgraph_edge *e,
    bool is_up)
{
	const uint32_t *steps = is_up ? pick->up : pick->down;
	const bool is_node = e->target == GV_DEPGRAPH_NODE;

	if (gv_depgraph_is_folder(pick->g, e->from) ||
	    (is_node && steps[e->from] == 0 && steps[e->to] == 0))
		return false;
	return is_up ? is_node && steps[e->to] < pick->depth
		     : steps[e->from] < pick->depth;
}

static void
print_down(struct gv_ctx *ctx, const struct gv_graph_pick *pick, uint32_t i,
    struct gv_buf *text)
{
	const struct gv_depgraph *g = pick->g;
	const struct gv_depgraph_edge *e = &g->edges[i];
	enum gv_out_slot slot;

	gv_graph_out_add_where(text, g, e);
	cell_buf(ctx, GV_OUT_PLAIN, text);
	gv_out_cell_text(ctx->out, GV_OUT_TAG, gv_symbol_edges[e->kind]);
	slot = add_target(text, g, e, false);
	cell_buf(ctx, slot, text);
}

static void
print_up(struct gv_ctx *ctx, const struct gv_graph_pick *pick, uint32_t i,
    struct gv_buf *text)
{
	const struct gv_depgraph *g = pick->g;
	const struct gv_depgraph_edge *e = &g->edges[i];
	const struct gv_symbol *s = gv_depgraph_definition(g, e->to);

	add_target(text, g, e, true);
	cell_buf(ctx, GV_OUT_PLAIN, text);
	gv_out_cell_text(ctx->out, GV_OUT_TAG, gv_symbol_edges[e->kind]);
	if (s)
		gv_buf_addstr(text, gv_symbol_text(&g->symbols, &s->name));
	else
		gv_depgraph_add_id(text, g, e->to);
	cell_buf(ctx, GV_OUT_DIM, text);
}

static size_t
print_way(struct gv_ctx *ctx, const struct gv_graph_pick *pick, bool is_up)
{
	const struct gv_depgraph *g = pick->g;
	struct gv_buf text = GV_BUF_INIT;
	size_t n = 0, left = 0;
	uint32_t i;

	gv_out_columns(ctx->out, is_up ? user_columns : edge_columns, 3);
	for (i = 0; i < g->n_edges; i++) {
		if (!pick->edges[i] || !is_shown(pick, &g->edges[i], is_up))
			continue;
		if (is_full(ctx, n)) {
			left++;
			continue;
		}
		n++;
		if (is_up)
			print_up(ctx, pick, i, &text);
		else
			print_down(ctx, pick, i, &text);
	}
	gv_out_columns_end(ctx->out);
	print_rest(ctx, left, "line");
	gv_buf_release(&text);
	return n;
}

static void
print_title(struct gv_ctx *ctx, const char *path, const char *says)
{
	gv_out_path(ctx->out, path, strlen(path));
	gv_out_printf(ctx->out, " %s\n", says);
}

int
gv_graph_out_path(struct gv_ctx *ctx, const struct gv_graph_pick *pick)
{
	const char *path = *pick->path ? pick->path : ".";

	if (pick->down && print_way(ctx, pick, false) == 0)
		print_title(ctx, path, "depends on nothing");
	if (pick->down)
		gv_out_printf(ctx->out, "\n");
	if (print_way(ctx, pick, true) == 0)
		print_title(ctx, path, "is used by nothing");
	return 0;
}

/* ---- changes ------------------------------------------------------------- */

/* Files of one environment that a change reaches, by their steps from it. */
struct reached {
	uint32_t file, steps;
};

static int
compare_reached(const void *a, const void *b)
{
	const struct reached *x = a, *y = b;

	if (x->steps != y->steps)
		return x->steps < y->steps ? -1 : 1;
	return (x->file > y->file) - (x->file < y->file);
}

static bool
is_picked(const struct gv_graph_pick *pick, uint32_t file)
{
	const struct gv_depgraph_file *f = &pick->g->files[file];
	uint32_t i;

	for (i = f->first; i < f->first + f->n; i++)
		if (pick->nodes[gv_depgraph_symbol_node(pick->g, i)])
			return true;
	return pick->nodes[file];
}

/* The steps to the nearest thing that a file has; who wants what is gone is one
 * step from it. */
static uint32_t
steps_to(const struct gv_graph_pick *pick, uint32_t file)
{
	const struct gv_depgraph_file *f = &pick->g->files[file];
	uint32_t best = pick->up[file], i, node;

	for (i = f->first; i < f->first + f->n; i++) {
		node = gv_depgraph_symbol_node(pick->g, i);
		if (pick->nodes[node] && pick->up[node] < best)
			best = pick->up[node];
	}
	return best ? best : 1;
}

static void
print_reached(struct gv_ctx *ctx, const struct gv_depgraph *g,
    const struct reached *items, uint32_t n, const char *env)
{
	static const struct gv_out_column columns[] = {
		{ .head = "STEPS", .right = true },
		{ .head = "FILE", .cut = true },
	};
	char count[GV_OUT_SIZE_MAX];
	uint32_t i;

	gv_out_count(count, n, "file");
	gv_out_paint(ctx->out, GV_OUT_HEAD, "%s", env ? env : "no environment");
	gv_out_printf(ctx->out, ": %s depend%s on the changes\n", count,
	    n == 1 ? "s" : "");
	gv_out_columns(ctx->out, columns, 2);
	for (i = 0; i < n && !is_full(ctx, i); i++) {
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%u", items[i].steps);
		gv_out_cell_path(ctx->out, GV_OUT_PLAIN,
		    g->files[items[i].file].path, g->files[items[i].file].len);
	}
	gv_out_columns_end(ctx->out);
	print_rest(ctx, n - i, "file");
}

/* The next environment in the order of their names; NULL comes last. */
static bool
next_env(const char **env, bool *is_first, const struct gv_depgraph *g,
    const bool *wanted)
{
	const char *best = NULL;
	bool has_none = false;
	uint32_t i;

	for (i = 0; i < g->n_files; i++) {
		const char *own = g->files[i].env;

		if (!wanted[i])
			continue;
		has_none |= own == NULL;
		if (own && (*is_first || strcmp(own, *env) > 0) &&
		    (best == NULL || strcmp(own, best) < 0))
			best = own;
	}
	if (best == NULL && (!has_none || (!*is_first && *env == NULL)))
		return false;
	*env = best;
	*is_first = false;
	return true;
}

/* Take those out that changed themselves: they are listed as such. */
static void
drop_changed(bool *wanted, const struct gv_depgraph *g,
    const struct gv_depgraph_changes *changes)
{
	uint32_t file;
	size_t i;

	for (i = 0; i < changes->n; i++) {
		file = gv_depgraph_find_file(
		    g, changes->items[i].path, changes->items[i].len);
		if (file != GV_DEPGRAPH_NONE)
			wanted[file] = false;
	}
}

static int
print_impact(struct gv_ctx *ctx, const struct gv_graph_pick *pick,
    const struct gv_depgraph_changes *changes)
{
	const struct gv_depgraph *g = pick->g;
	struct reached *items = calloc((size_t)g->n_files + 1, sizeof(*items));
	bool *wanted = calloc((size_t)g->n_files + 1, sizeof(*wanted));
	const char *env = NULL;
	bool is_first = true;
	uint32_t i, n;

	for (i = 0; items && wanted && i < g->n_files; i++)
		wanted[i] =
		    steps_to(pick, i) != GV_DEPGRAPH_NONE && is_picked(pick, i);
	if (wanted)
		drop_changed(wanted, g, changes);
	while (items && wanted && next_env(&env, &is_first, g, wanted)) {
		for (i = n = 0; i < g->n_files; i++)
			if (wanted[i] && g->files[i].env == env)
				items[n++] =
				    (struct reached){ i, steps_to(pick, i) };
		qsort(items, n, sizeof(*items), compare_reached);
		gv_out_printf(ctx->out, "\n");
		print_reached(ctx, g, items, n, env);
		if (env == NULL)
			break;
	}
	n = items && wanted ? 0 : 1;
	free(items);
	free(wanted);
	return n ? gv_err_nomem() : 0;
}

int
gv_graph_out_impact(struct gv_ctx *ctx, const struct gv_graph_pick *pick,
    const struct gv_depgraph_changes *changes)
{
	static const char *const kinds[] = { "changed", "added", "deleted" };
	char count[GV_OUT_SIZE_MAX];
	size_t i;

	gv_out_count(count, changes->n, "file");
	gv_out_printf(ctx->out, "%s changed\n", count);
	for (i = 0; i < changes->n && !is_full(ctx, i); i++) {
		gv_out_printf(
		    ctx->out, "  %-8s ", kinds[changes->items[i].kind]);
		gv_out_path(
		    ctx->out, changes->items[i].path, changes->items[i].len);
		gv_out_printf(ctx->out, "\n");
	}
	print_rest(ctx, changes->n - i, "file");
	return print_impact(ctx, pick, changes);
}
