#include "git-vault/analysis/graph_out.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "graph/depgraph.h"
#include "graph/depgraph_change.h"
#include "graph/depgraph_query.h"

struct writing {
	struct gv_json *j;
	const struct gv_depgraph *g;
	struct gv_buf text;
};

static void
put_id(struct writing *w, const char *key, uint32_t node)
{
	gv_buf_reset(&w->text);
	gv_depgraph_add_id(&w->text, w->g, node);
	gv_json_text(w->j, key, w->text.p, w->text.len);
}

static void
put_line(struct gv_json *j, uint32_t line)
{
	if (line)
		gv_json_uint(j, "line", line);
	else
		gv_json_null(j, "line");
}

/* The last component of a path. */
static const char *
name_of(const char *path, size_t len, size_t *name_len)
{
	const char *slash = memrchr(path, '/', len);

	*name_len = slash ? len - (size_t)(slash + 1 - path) : len;
	return slash ? slash + 1 : path;
}

static void
put_node(struct writing *w, uint32_t node)
{
	const struct gv_depgraph *g = w->g;
	const struct gv_symbol *s = gv_depgraph_definition(g, node);
	const uint32_t file = gv_depgraph_file_of(g, node);
	const char *name,
	    *kind = s                  ? gv_symbol_spaces[s->word]
	    : file == GV_DEPGRAPH_NONE ? "folder"
				       : "file";
	size_t len;

	gv_json_object(w->j, NULL);
	put_id(w, "id", node);
	gv_json_string(w->j, "kind", kind);
	gv_buf_reset(&w->text);
	gv_graph_out_add_path(&w->text, g, node);
	gv_json_path(w->j, "path", w->text.p, w->text.len);
	put_line(w->j, s ? s->line : 0);
	if (s) {
		gv_json_text(w->j, "name",
		    gv_symbol_text(&g->symbols, &s->name), s->name.len);
	} else {
		name = name_of(w->text.p, w->text.len, &len);
		gv_json_text(w->j, "name", name, len);
	}
	gv_json_string(w->j, "environment", gv_graph_out_env(g, node));
	if (file != GV_DEPGRAPH_NONE && s == NULL &&
	    (g->files[file].flags & (GV_DEPGRAPH_LEFT | GV_DEPGRAPH_LEFT_ALL)))
		gv_json_bool(w->j, "stored", false);
	gv_json_end(w->j);
}

static void
put_target(struct writing *w, const struct gv_depgraph_edge *e)
{
	const struct gv_symbol *s = e->symbol == GV_DEPGRAPH_NONE
	    ? NULL
	    : &w->g->symbols.items[e->symbol];

	if (e->target == GV_DEPGRAPH_NODE) {
		put_id(w, "to", e->to);
		return;
	}
	gv_buf_reset(&w->text);
	gv_depgraph_add_target(&w->text, w->g, e);
	gv_json_object(w->j, "to");
	if (e->target == GV_DEPGRAPH_EXTERNAL) {
		gv_json_text(w->j, "external", w->text.p, w->text.len);
		if (s && gv_symbol_extra(&w->g->symbols, s)->len)
			gv_json_string(w->j, "version",
			    gv_symbol_text(&w->g->symbols,
				gv_symbol_extra(&w->g->symbols, s)));
		else
			gv_json_null(w->j, "version");
	} else {
		gv_json_text(w->j,
		    e->target == GV_DEPGRAPH_MISSING ? "missing" : "pattern",
		    w->text.p, w->text.len);
	}
	gv_json_end(w->j);
}

static void
put_edge(struct writing *w, const struct gv_depgraph_edge *e)
{
	gv_json_object(w->j, NULL);
	put_id(w, "from", e->from);
	put_target(w, e);
	gv_json_string(w->j, "kind", gv_symbol_edges[e->kind]);
	gv_json_string(w->j, "class", e->is_pattern ? "pattern" : "sure");
	gv_buf_reset(&w->text);
	gv_graph_out_add_path(&w->text, w->g, e->from);
	gv_json_path(w->j, "path", w->text.p, w->text.len);
	put_line(w->j, gv_depgraph_line(w->g, e));
	gv_json_end(w->j);
}

static void
put_changes(struct gv_json *j, const struct gv_depgraph_changes *changes)
{
	static const char *const kinds[] = { "changed", "added", "deleted" };
	size_t i;

	gv_json_array(j, "changes");
	for (i = 0; i < changes->n; i++) {
		gv_json_object(j, NULL);
		gv_json_path(
		    j, "path", changes->items[i].path, changes->items[i].len);
		gv_json_string(j, "kind", kinds[changes->items[i].kind]);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static int
put_cycles(struct writing *w, const struct gv_graph_pick *pick)
{
	struct gv_depgraph_cycles cycles;
	int r = gv_depgraph_find_cycles(&cycles, w->g);
	size_t i;
	uint32_t k;

	gv_json_array(w->j, "cycles");
	for (i = 0; r == 0 && i < cycles.n; i++) {
		if (!pick->nodes[cycles.items[cycles.at[i]]])
			continue;
		gv_json_array(w->j, NULL);
		for (k = cycles.at[i]; k < cycles.at[i + 1]; k++)
			put_id(w, NULL, cycles.items[k]);
		gv_json_end(w->j);
	}
	gv_json_end(w->j);
	gv_depgraph_cycles_release(&cycles);
	return r;
}

int
gv_graph_out_json(struct gv_ctx *ctx, const struct gv_graph_pick *pick,
    const struct gv_depgraph_changes *changes)
{
	struct gv_json own = GV_JSON_INIT;
	struct writing w = { ctx->json ? ctx->json : &own, pick->g,
		GV_BUF_INIT };
	uint32_t i;
	int r;

	own.out = ctx->out;
	gv_json_object(w.j, NULL);
	gv_json_array(w.j, "nodes");
	for (i = 0; i < gv_depgraph_n_nodes(w.g); i++)
		if (pick->nodes[i])
			put_node(&w, i);
	gv_json_end(w.j);
	gv_json_array(w.j, "edges");
	for (i = 0; i < w.g->n_edges; i++)
		if (pick->edges[i])
			put_edge(&w, &w.g->edges[i]);
	gv_json_end(w.j);
	r = put_cycles(&w, pick);
	if (changes)
		put_changes(w.j, changes);
	gv_json_end(w.j);
	if (r == 0 && (r = gv_buf_check(&w.text)) == 0)
		r = gv_json_flush(w.j);
	gv_json_release(&own);
	gv_buf_release(&w.text);
	return r;
}
