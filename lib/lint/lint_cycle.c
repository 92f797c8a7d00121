#include "lint/lint_internal.h"

#include "graph/depgraph_query.h"

/*
 * Circles of dependencies, each as the path that leads through it.
 */

#define NAMES_MOST 8 /* of a circle that are printed */

static void
add_names(struct gv_buf *out, const struct gv_lint *c, const uint32_t *nodes,
    uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n && i < NAMES_MOST; i++) {
		gv_depgraph_add_id(out, c->graph, nodes[i]);
		gv_buf_addstr(out, " -> ");
	}
	if (n > NAMES_MOST)
		gv_buf_addf(out, "(%u more) -> ", n - NAMES_MOST);
	gv_depgraph_add_id(out, c->graph, nodes[0]);
}

/* Where a node stands: a folder has no place of its own. */
static bool
place_of(struct gv_lint_place *out, const struct gv_lint *c, uint32_t node)
{
	const struct gv_symbol *s = gv_depgraph_definition(c->graph, node);

	out->file = gv_depgraph_file_of(c->graph, node);
	out->line = s ? s->line : 0;
	return out->file != GV_DEPGRAPH_NONE;
}

/* Whether modules of Terraform call each other by their sources, which never
 * ends: a call, the folder that it names, a file right in that, the next call.
 * An example in a folder below a module does not belong to it. */
static bool
is_of_sources(const struct gv_lint *c, const uint32_t *nodes, uint32_t n)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t i, next, file;

	for (i = 0; i < n; i++) {
		const struct gv_symbol *s = gv_depgraph_definition(g, nodes[i]);

		next = nodes[(i + 1) % n];
		file = gv_depgraph_file_of(g, next);
		if (s &&
		    (s->word != GV_SYMBOL_SPACE_TF_MODULE ||
			!gv_depgraph_is_folder(g, next)))
			return false;
		if (gv_depgraph_is_folder(g, nodes[i]) &&
		    (file == GV_DEPGRAPH_NONE ||
			gv_depgraph_folder_node(g, g->files[file].folder) !=
			    nodes[i]))
			return false;
	}
	return true;
}

/* An output of a module may depend on another one's input while another output
 * is what that depends on, and two stacks may read each other's states. */
static bool
may_be_right(const struct gv_lint *c, const uint32_t *nodes, uint32_t n)
{
	uint32_t i;

	if (is_of_sources(c, nodes, n))
		return false;
	for (i = 0; i < n; i++) {
		const struct gv_symbol *s =
		    gv_depgraph_definition(c->graph, nodes[i]);

		if (s &&
		    (s->word == GV_SYMBOL_SPACE_TF_MODULE ||
			s->word == GV_SYMBOL_SPACE_TF_BACKEND))
			return true;
	}
	return false;
}

static void
look(struct gv_lint *c, const uint32_t *nodes, uint32_t n)
{
	struct gv_buf names = GV_BUF_INIT;
	struct gv_lint_place place;
	uint32_t i;

	add_names(&names, c, nodes, n);
	if (gv_buf_check(&names) < 0)
		c->failed = true;
	for (i = 0; i < n && !c->failed; i++)
		if (place_of(&place, c, nodes[i]))
			gv_lint_add(c, "cycle", names.p, place,
			    "these depend on each other: %s", names.p);
	gv_buf_release(&names);
}

void
gv_lint_cycles(struct gv_lint *c)
{
	struct gv_depgraph_cycles cycles = { .n = 0 };
	size_t i;

	if (gv_depgraph_find_cycles(&cycles, c->graph) < 0)
		c->failed = true;
	for (i = 0; i < cycles.n && !c->failed; i++) {
		const uint32_t *nodes = cycles.items + cycles.at[i];
		const uint32_t n = cycles.at[i + 1] - cycles.at[i];

		if (!may_be_right(c, nodes, n))
			look(c, nodes, n);
	}
	gv_depgraph_cycles_release(&cycles);
}
