#include "git-vault/analysis/graph_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "graph/depgraph.h"

/*
 * The languages of Graphviz and Mermaid, file by file: what is defined in a
 * file is drawn as the file. Names come from a repository that may be hostile;
 * each is quoted, and no name can end its quotes.
 */

#define MERMAID_MOST 400 /* edges; hosts of Mermaid refuse more than 500 */

/* One arrow for all edges of a kind between two files. */
struct arrow {
	uint32_t from, to; /* to NONE: `edge` says what */
	uint32_t edge;
	uint16_t kind;
	uint8_t target;
};

struct arrows {
	const struct gv_depgraph *g;
	struct arrow *items;
	size_t n;
	bool *places; /* files and folders that have one */
};

static int
compare(const void *a, const void *b)
{
	const struct arrow *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->edge > y->edge) - (x->edge < y->edge);
}

static int
collect(struct arrows *out, const struct gv_graph_pick *pick)
{
	const struct gv_depgraph *g = pick->g;
	size_t i, n = 0;

	*out = (struct arrows){ .g = g };
	out->items = calloc((size_t)g->n_edges + 1, sizeof(*out->items));
	out->places =
	    calloc((size_t)g->n_files + g->n_folders + 1, sizeof(*out->places));
	if (out->items == NULL || out->places == NULL)
		return gv_err_nomem();
	for (i = 0; i < g->n_edges; i++) {
		const struct gv_depgraph_edge *e = &g->edges[i];
		struct arrow arrow = { gv_graph_out_place(g, e->from),
			GV_DEPGRAPH_NONE, (uint32_t)i, e->kind, e->target };

		if (!pick->edges[i])
			continue;
		if (e->target == GV_DEPGRAPH_NODE)
			arrow.to = gv_graph_out_place(g, e->to);
		if (arrow.from != arrow.to)
			out->items[n++] = arrow;
	}
	qsort(out->items, n, sizeof(*out->items), compare);
	for (i = 0; i < n; i++) {
		const struct arrow *a = &out->items[i], *last = a;

		if (out->n)
			last = &out->items[out->n - 1];
		if (out->n && a->to != GV_DEPGRAPH_NONE &&
		    last->from == a->from && last->to == a->to &&
		    last->kind == a->kind)
			continue;
		out->places[a->from] = true;
		if (a->to != GV_DEPGRAPH_NONE)
			out->places[a->to] = true;
		out->items[out->n++] = *a;
	}
	return 0;
}

static void
release(struct arrows *arrows)
{
	free(arrows->items);
	free(arrows->places);
}

/* What an arrow leads to: a file or folder, or a text. */
static void
add_label(
    struct gv_buf *out, const struct arrows *arrows, const struct arrow *arrow)
{
	if (arrow->to != GV_DEPGRAPH_NONE)
		gv_depgraph_add_id(out, arrows->g, arrow->to);
	else
		gv_depgraph_add_target(
		    out, arrows->g, &arrows->g->edges[arrow->edge]);
}

/* ---- dot ----------------------------------------------------------------- */

static void
print_dot_text(struct gv_ctx *ctx, struct gv_buf *text)
{
	struct gv_buf out = GV_BUF_INIT;
	size_t i;

	gv_buf_addch(&out, '"');
	for (i = 0; i < text->len; i++) {
		const unsigned char c = (unsigned char)text->p[i];

		if (c == '"' || c == '\\')
			gv_buf_addch(&out, '\\');
		if (c < 0x20 || c == 0x7f)
			gv_buf_addf(&out, "\\\\%03o", c);
		else
			gv_buf_addch(&out, (char)c);
	}
	gv_buf_addch(&out, '"');
	gv_out_write(ctx->out, out.p, out.len);
	gv_buf_release(&out);
	gv_buf_reset(text);
}

static void
print_dot_arrow(struct gv_ctx *ctx, const struct arrows *arrows,
    const struct arrow *arrow, struct gv_buf *text)
{
	static const char *const styles[] = { "", ", style=dashed",
		", style=dashed, color=red", ", style=dotted" };
	const struct gv_depgraph_edge *e = &arrows->g->edges[arrow->edge];

	gv_out_printf(ctx->out, "\t");
	gv_depgraph_add_id(text, arrows->g, arrow->from);
	print_dot_text(ctx, text);
	gv_out_printf(ctx->out, " -> ");
	add_label(text, arrows, arrow);
	print_dot_text(ctx, text);
	gv_out_printf(ctx->out, " [label=\"%s\"%s];\n",
	    gv_symbol_edges[arrow->kind],
	    e->is_pattern ? styles[GV_DEPGRAPH_COMPUTED]
			  : styles[arrow->target]);
}

int
gv_graph_out_dot(struct gv_ctx *ctx, const struct gv_graph_pick *pick)
{
	struct arrows arrows;
	struct gv_buf text = GV_BUF_INIT;
	const uint32_t n = pick->g->n_files + pick->g->n_folders;
	const char *env;
	uint32_t i;
	size_t k;
	int r = collect(&arrows, pick);

	if (r < 0)
		goto out;
	gv_out_printf(ctx->out,
	    "digraph dependencies {\n\trankdir=LR;\n"
	    "\tnode [shape=box, fontname=\"sans-serif\"];\n");
	for (i = 0; i < n; i++) {
		if (!arrows.places[i] &&
		    !(i < pick->g->n_files && pick->nodes[i]))
			continue;
		gv_out_printf(ctx->out, "\t");
		gv_depgraph_add_id(&text, pick->g, i);
		print_dot_text(ctx, &text);
		env = gv_graph_out_env(pick->g, i);
		if (env) {
			gv_out_printf(ctx->out, " [tooltip=");
			gv_buf_addstr(&text, env);
			print_dot_text(ctx, &text);
			gv_out_printf(ctx->out, "]");
		}
		gv_out_printf(ctx->out, ";\n");
	}
	for (k = 0; k < arrows.n && !gv_out_stopped(ctx->out); k++)
		print_dot_arrow(ctx, &arrows, &arrows.items[k], &text);
	gv_out_printf(ctx->out, "}\n");
	r = gv_buf_check(&text);
out:
	release(&arrows);
	gv_buf_release(&text);
	return r;
}

/* ---- mermaid ------------------------------------------------------------- */

/* Text between quotes, where '#' begins a character by its number. */
static void
print_mermaid_text(struct gv_ctx *ctx, struct gv_buf *text)
{
	struct gv_buf out = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < text->len; i++) {
		const unsigned char c = (unsigned char)text->p[i];

		if (c < 0x20 || c == 0x7f || strchr("\"#<>&\\`", c))
			gv_buf_addf(&out, "#%u;", c);
		else
			gv_buf_addch(&out, (char)c);
	}
	gv_out_printf(ctx->out, "[\"");
	gv_out_write(ctx->out, out.p, out.len);
	gv_out_printf(ctx->out, "\"]");
	gv_buf_release(&out);
	gv_buf_reset(text);
}

static void
print_mermaid_arrow(struct gv_ctx *ctx, const struct arrows *arrows, size_t k,
    struct gv_buf *text)
{
	const struct arrow *arrow = &arrows->items[k];
	const struct gv_depgraph_edge *e = &arrows->g->edges[arrow->edge];
	const bool is_plain =
	    arrow->target == GV_DEPGRAPH_NODE && !e->is_pattern;

	gv_out_printf(ctx->out, "\tn%u", arrow->from);
	gv_depgraph_add_id(text, arrows->g, arrow->from);
	print_mermaid_text(ctx, text);
	gv_out_printf(ctx->out, " %s|%s| ", is_plain ? "-->" : "-.->",
	    gv_symbol_edges[arrow->kind]);
	if (arrow->to != GV_DEPGRAPH_NONE)
		gv_out_printf(ctx->out, "n%u", arrow->to);
	else
		gv_out_printf(ctx->out, "x%zu", k);
	add_label(text, arrows, arrow);
	print_mermaid_text(ctx, text);
	if (arrow->target == GV_DEPGRAPH_MISSING)
		gv_out_printf(ctx->out, ":::missing");
	gv_out_printf(ctx->out, "\n");
}

int
gv_graph_out_mermaid(struct gv_ctx *ctx, const struct gv_graph_pick *pick)
{
	struct arrows arrows;
	struct gv_buf text = GV_BUF_INIT;
	size_t k;
	int r = collect(&arrows, pick);

	if (r < 0)
		goto out;
	gv_out_printf(ctx->out, "flowchart LR\n");
	gv_out_printf(ctx->out, "\tclassDef missing stroke:#c00\n");
	for (k = 0; k < arrows.n && k < MERMAID_MOST; k++)
		print_mermaid_arrow(ctx, &arrows, k, &text);
	if (k < arrows.n)
		gv_out_printf(ctx->out,
		    "\t%%%% %zu more edges are left out: Mermaid draws 500; "
		    "use --env or --path\n",
		    arrows.n - k);
	r = gv_buf_check(&text);
out:
	release(&arrows);
	gv_buf_release(&text);
	return r;
}
