#include "graph/depgraph_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/*
 * Edges that nobody writes: a tool joins these files because of how they are
 * named.
 */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
add(struct gv_depgraph *g, uint32_t from, uint32_t to, uint16_t kind)
{
	const struct gv_depgraph_edge edge = {
		.from = from, .to = to, .symbol = GV_DEPGRAPH_NONE, .kind = kind
	};

	return from == to ? 0 : gv_depgraph_add_edge(g, &edge);
}

/* ---- one file over another ----------------------------------------------- */

/* A file of this kind belongs to the one that has the first of these names that
 * is there: in its folder, else in that of its chart. */
static const struct {
	enum gv_symbol_dialect dialect;
	enum gv_symbol_edge edge;
	bool is_of_chart;
	const char *names[4];
} overs[] = {
	{ GV_SYMBOL_DIALECT_HELM_VALUES, GV_SYMBOL_EDGE_HELM_VALUES_OVER, true,
	    { "values.yaml", "values.yml" } },
	{ GV_SYMBOL_DIALECT_COMPOSE, GV_SYMBOL_EDGE_COMPOSE_OVERRIDE, false,
	    { "compose.yaml", "compose.yml", "docker-compose.yml",
		"docker-compose.yaml" } },
	{ GV_SYMBOL_DIALECT_PULUMI_STACK, GV_SYMBOL_EDGE_PULUMI_PROJECT, false,
	    { "Pulumi.yaml", "Pulumi.yml" } },
};

static uint32_t
file_in(const struct gv_depgraph *g, uint32_t folder, const char *name)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t i;

	for (i = f->first; i < f->first + f->n; i++)
		if (gv_depgraph_is(gv_depgraph_name(g, i), name))
			return i;
	return GV_DEPGRAPH_NONE;
}

static int
add_over(struct gv_depgraph *g, uint32_t file)
{
	const struct gv_depgraph_file *f = &g->files[file];
	uint32_t base = GV_DEPGRAPH_NONE, chart;
	size_t i, k;

	for (i = 0; i < COUNT(overs); i++)
		if (overs[i].dialect == f->dialect)
			break;
	if (i == COUNT(overs))
		return 0;
	chart = g->folders[f->folder].chart;
	for (k = 0; k < 4 && overs[i].names[k] && base == GV_DEPGRAPH_NONE; k++)
		base = file_in(g, f->folder, overs[i].names[k]);
	for (k = 0; k < 4 && overs[i].names[k] && base == GV_DEPGRAPH_NONE; k++)
		if (overs[i].is_of_chart && chart != GV_DEPGRAPH_NONE)
			base = file_in(g, chart, overs[i].names[k]);
	return base == GV_DEPGRAPH_NONE
	    ? 0
	    : add(g, file, base, (uint16_t)overs[i].edge);
}

/* ---- variables of groups and hosts --------------------------------------- */

/* The folder of inventories is next to group_vars, and so are plays. */
static int
add_all(struct gv_depgraph *g, uint32_t file, uint32_t folder)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t i;
	int r = 0;

	for (i = f->first; r == 0 && i < f->first + f->n; i++)
		if (g->files[i].dialect == GV_SYMBOL_DIALECT_ANSIBLE_INVENTORY)
			r = add(g, file, i, GV_SYMBOL_EDGE_ANSIBLE_GROUP_VARS);
	return r;
}

static int
add_group_vars(struct gv_depgraph *g, uint32_t file)
{
	const struct gv_depgraph_folder *folders = g->folders;
	uint32_t folder = g->files[file].folder, from = folder, i;
	struct gv_depgraph_found found = { .n = 0 };
	struct gv_symbol ref = { .how = GV_SYMBOL_BY_NAME };
	struct gv_depgraph_text name = gv_depgraph_name(g, file), dir;
	const char *dot;
	int r = 0;

	/* NAME.yml, NAME, or NAME/ANY.yml */
	for (i = 0; i < 2 && folder != 0 && ref.space == 0; i++) {
		const uint32_t above = folders[folder].parent;
		const size_t skip =
		    folders[above].len ? folders[above].len + 1 : 0;

		dir.p = folders[folder].path + skip;
		dir.len = folders[folder].len - skip;
		if (gv_depgraph_is(dir, "group_vars"))
			ref.space = GV_SYMBOL_SPACE_ANSIBLE_GROUP;
		else if (gv_depgraph_is(dir, "host_vars"))
			ref.space = GV_SYMBOL_SPACE_ANSIBLE_HOST;
		else if (i == 0)
			name = dir;
		from = folder = above;
	}
	if (ref.space == 0)
		return 0;
	if (i == 1 && (dot = memrchr(name.p, '.', name.len)) &&
	    (gv_depgraph_ends(name, ".yml") ||
		gv_depgraph_ends(name, ".yaml") ||
		gv_depgraph_ends(name, ".json")))
		name.len = (size_t)(dot - name.p);
	if (gv_depgraph_is(name, "all"))
		return add_all(g, file, from);
	gv_depgraph_reach(&found, g,
	    gv_depgraph_names_get(g->names, ref.space, name), file, &ref);
	for (i = 0; r == 0 && i < found.n; i++)
		r = add(
		    g, file, found.items[i], GV_SYMBOL_EDGE_ANSIBLE_GROUP_VARS);
	return r;
}

/* ---- modules ------------------------------------------------------------- */

static bool
is_module(uint16_t edge)
{
	return edge == GV_SYMBOL_EDGE_TF_MODULE ||
	    edge == GV_SYMBOL_EDGE_TG_SOURCE;
}

/* The code of a module is what is right in its folder. */
static int
add_code(struct gv_depgraph *g, uint32_t folder)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t i;
	int r = 0;

	for (i = f->first; r == 0 && i < f->first + f->n; i++)
		if (g->files[i].dialect == GV_SYMBOL_DIALECT_TERRAFORM ||
		    g->files[i].dialect == GV_SYMBOL_DIALECT_TERRAFORM_JSON)
			r = add(g, gv_depgraph_folder_node(g, folder), i,
			    GV_SYMBOL_EDGE_TF_MODULE);
	return r;
}

static int
add_modules(struct gv_depgraph *g)
{
	bool *is_used = calloc((size_t)g->n_folders + 1, sizeof(*is_used));
	uint32_t i;
	int r = 0;

	if (is_used == NULL)
		return gv_err_nomem();
	for (i = 0; i < g->n_edges; i++)
		if (g->edges[i].target == GV_DEPGRAPH_NODE &&
		    is_module(g->edges[i].kind) &&
		    gv_depgraph_is_folder(g, g->edges[i].to))
			is_used[g->edges[i].to - g->n_files] = true;
	for (i = 0; r == 0 && i < g->n_folders; i++)
		if (is_used[i])
			r = add_code(g, i);
	free(is_used);
	return r;
}

/* ---- patches ------------------------------------------------------------- */

/* What a patch changes: objects of the same kind and name. */
static int
add_patched(struct gv_depgraph *g, uint32_t file)
{
	const struct gv_depgraph_file *f = &g->files[file];
	uint32_t i, k;
	int r = 0;

	if (!(f->flags & GV_DEPGRAPH_PATCH))
		return 0;
	for (i = f->first; r == 0 && i < f->first + f->n; i++) {
		struct gv_depgraph_found found = { .n = 0 };
		struct gv_symbol ref = g->symbols.items[i];

		if (ref.kind != GV_SYMBOL_DEFINITION ||
		    ref.word != GV_SYMBOL_SPACE_K8S_OBJECT)
			continue;
		ref.space = ref.word;
		ref.how = GV_SYMBOL_BY_NAME;
		gv_depgraph_reach_beyond(&found, g,
		    gv_depgraph_names_get(
			g->names, ref.space, gv_depgraph_symbol_name(g, &ref)),
		    file, &ref);
		for (k = 0; r == 0 && k < found.n; k++)
			r = add(g, gv_depgraph_symbol_node(g, i),
			    found.items[k],
			    GV_SYMBOL_EDGE_KUSTOMIZE_PATCH_TARGET);
	}
	return r;
}

int
gv_depgraph_defaults(struct gv_depgraph *g)
{
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < g->n_files; i++)
		if ((r = add_over(g, i)) == 0 &&
		    (r = add_group_vars(g, i)) == 0)
			r = add_patched(g, i);
	return r < 0 ? r : add_modules(g);
}
