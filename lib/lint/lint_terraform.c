#include "lint/lint_internal.h"

#include <string.h>

/*
 * Terraform: what modules get and give, who writes which state, and whether
 * the versions of providers are locked.
 */

/* The definition of a name in a folder; GV_DEPGRAPH_NONE. */
static uint32_t
find(const struct gv_lint *c, uint32_t folder, enum gv_symbol_space space,
    const char *name)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t i, k;

	for (i = f->first; i < f->first + f->n; i++)
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n; k++) {
			const struct gv_symbol *s = &g->symbols.items[k];

			if (s->kind == GV_SYMBOL_DEFINITION &&
			    s->word == space &&
			    strcmp(gv_lint_name(c, s), name) == 0)
				return k;
		}
	return GV_DEPGRAPH_NONE;
}

/* Whether a folder has a definition of that space at all. */
static bool
has_any(const struct gv_lint *c, uint32_t folder, enum gv_symbol_space space)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t i, k;

	for (i = f->first; i < f->first + f->n; i++)
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n; k++)
			if (g->symbols.items[k].kind == GV_SYMBOL_DEFINITION &&
			    g->symbols.items[k].word == space)
				return true;
	return false;
}

/* The folder that an edge leads to. */
static uint32_t
folder_of(const struct gv_depgraph *g, const struct gv_depgraph_edge *e)
{
	if (gv_depgraph_is_folder(g, e->to))
		return e->to - g->n_files;
	return g->files[gv_depgraph_file_of(g, e->to)].folder;
}

/* ---- what a module gets -------------------------------------------------- */

/* The arguments of a module's block are the values in it. */
static bool
is_given(const struct gv_lint *c, uint32_t module, const char *name)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_file *f = &g->files[g->file_of[module]];
	uint32_t k;

	for (k = module + 1; k < f->first + f->n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind == GV_SYMBOL_VALUE && s->in == module &&
		    s->word == GV_SYMBOL_VALUE_TF_ARGUMENT &&
		    strcmp(gv_lint_name(c, s), name) == 0)
			return true;
	}
	return false;
}

static void
look_at_argument(struct gv_lint *c, uint32_t folder, uint32_t k)
{
	const char *name = gv_lint_name(c, &c->graph->symbols.items[k]);
	struct gv_buf subject = GV_BUF_INIT;
	const char *near, *sure;

	if (find(c, folder, GV_SYMBOL_SPACE_TF_VARIABLE, name) !=
	    GV_DEPGRAPH_NONE)
		return;
	near = gv_lint_near(c, folder, GV_SYMBOL_SPACE_TF_VARIABLE, name);
	gv_buf_addf(&subject, "%.*s %s", (int)c->graph->folders[folder].len,
	    c->graph->folders[folder].path, name);
	gv_lint_add(c, "tf/undeclared-var", subject.p, gv_lint_at(c, k),
	    "the module in '%.*s' has no variable '%s'%s%s%s",
	    (int)c->graph->folders[folder].len, c->graph->folders[folder].path,
	    name, near ? "; the nearest name is '" : "", near ? near : "",
	    near ? "'" : "");
	sure = near ? gv_lint_sure(c, folder, GV_SYMBOL_SPACE_TF_VARIABLE, name)
		    : NULL;
	if (sure && !is_given(c, c->graph->symbols.items[k].in, sure))
		gv_lint_fix(c, name, sure);
	gv_buf_release(&subject);
}

static void
look_at_needs(struct gv_lint *c, uint32_t folder, uint32_t module)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_folder *f = &g->folders[folder];
	struct gv_buf subject = GV_BUF_INIT;
	uint32_t i, k;

	for (i = f->first; i < f->first + f->n; i++)
		for (k = g->files[i].first;
		     k < g->files[i].first + g->files[i].n; k++) {
			const struct gv_symbol *s = &g->symbols.items[k];
			const char *name = gv_lint_name(c, s);

			if (s->kind != GV_SYMBOL_DEFINITION ||
			    s->word != GV_SYMBOL_SPACE_TF_VARIABLE ||
			    (s->flags & GV_SYMBOL_DEFAULT) ||
			    is_given(c, module, name))
				continue;
			gv_buf_reset(&subject);
			gv_buf_addf(&subject, "%s %s %s",
			    gv_lint_path(c, module),
			    gv_lint_name(c, &g->symbols.items[module]), name);
			gv_lint_add(c, "tf/unset-var", subject.p,
			    gv_lint_at(c, module),
			    "the module '%s' needs the variable '%s', which "
			    "has no default",
			    gv_lint_name(c, &g->symbols.items[module]), name);
		}
	c->failed |= subject.failed;
	gv_buf_release(&subject);
}

static void
look_at_module(struct gv_lint *c, const struct gv_depgraph_edge *e)
{
	const struct gv_depgraph *g = c->graph;
	const uint32_t folder = folder_of(g, e);
	const uint32_t module = g->symbols.items[e->symbol].in;
	const struct gv_depgraph_file *f = &g->files[g->file_of[e->symbol]];
	uint32_t k;

	/* the code of a folder that could not be read says nothing */
	if (module == GV_SYMBOL_NONE ||
	    !has_any(c, folder, GV_SYMBOL_SPACE_TF_VARIABLE))
		return;
	for (k = module + 1; k < f->first + f->n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind == GV_SYMBOL_VALUE && s->in == module &&
		    s->word == GV_SYMBOL_VALUE_TF_ARGUMENT)
			look_at_argument(c, folder, k);
	}
	look_at_needs(c, folder, module);
}

static void
add_output(struct gv_lint *c, uint32_t folder, const char *output,
    struct gv_lint_place place)
{
	const struct gv_depgraph_folder *f = &c->graph->folders[folder];
	const char *near =
	    gv_lint_near(c, folder, GV_SYMBOL_SPACE_TF_OUTPUT, output);
	const char *sure = near
	    ? gv_lint_sure(c, folder, GV_SYMBOL_SPACE_TF_OUTPUT, output)
	    : NULL;
	struct gv_buf subject = GV_BUF_INIT;

	gv_buf_addf(&subject, "%.*s %s", (int)f->len, f->path, output);
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else
		gv_lint_add(c, "tf/undeclared", subject.p, place,
		    "the module in '%.*s' has no output '%s'%s%s%s",
		    (int)f->len, f->path, output,
		    near ? "; the nearest name is '" : "", near ? near : "",
		    near ? "'" : "");
	if (sure)
		gv_lint_fix(c, output, sure);
	gv_buf_release(&subject);
}

/* module.net.vpc_id: the folder that the module is of has such an output. */
static void
look_at_output(struct gv_lint *c, const struct gv_depgraph_edge *e)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_depgraph_run edges;
	const struct gv_symbol *ref = &g->symbols.items[e->symbol];
	const char *output = gv_lint_extra(c, ref);
	uint32_t i, folder;

	if (*output == '\0' || e->to < g->n_files + g->n_folders)
		return;
	edges = gv_depgraph_out(g, e->to);
	for (i = 0; i < edges.n; i++) {
		const struct gv_depgraph_edge *source =
		    &g->edges[edges.items[i]];

		if (source->kind != GV_SYMBOL_EDGE_TF_MODULE ||
		    source->target != GV_DEPGRAPH_NODE)
			continue;
		folder = folder_of(g, source);
		if (!has_any(c, folder, GV_SYMBOL_SPACE_TF_OUTPUT) ||
		    find(c, folder, GV_SYMBOL_SPACE_TF_OUTPUT, output) !=
			GV_DEPGRAPH_NONE)
			return;
		add_output(c, folder, output, gv_lint_at(c, e->symbol));
		return;
	}
}

/* ---- states -------------------------------------------------------------- */

static void
look_at_backends(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_map first = GV_MAP_INIT;
	uint32_t k, other;

	for (k = 0; k < g->symbols.n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];
		const char *name = gv_lint_name(c, s);

		if (s->kind != GV_SYMBOL_DEFINITION ||
		    s->word != GV_SYMBOL_SPACE_TF_BACKEND ||
		    (s->flags & GV_SYMBOL_PATTERN) ||
		    strncmp(name, "local:", 6) == 0)
			continue;
		other = gv_lint_first(c, &first, name, s->name.len, k);
		if (g->files[g->file_of[k]].folder ==
		    g->files[g->file_of[other]].folder)
			continue;
		gv_lint_add(c, "tf/backend-shared", name, gv_lint_at(c, other),
		    "several stacks write the same state, '%s'", name);
		gv_lint_add_place(
		    c, "tf/backend-shared", name, gv_lint_at(c, k));
	}
	gv_map_release(&first);
}

static void
look_at_remote_state(struct gv_lint *c, const struct gv_depgraph_edge *e)
{
	const char *name = gv_lint_name(c, &c->graph->symbols.items[e->symbol]);

	gv_lint_add(c, "tf/remote-state", name, gv_lint_from(c, e),
	    "the state '%s' is read here, and no stack here writes it", name);
}

/* ---- the lock file ------------------------------------------------------- */

static uint32_t
lock_of(const struct gv_depgraph *g, uint32_t folder)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t i;

	for (i = f->first; i < f->first + f->n; i++)
		if (g->files[i].dialect == GV_SYMBOL_DIALECT_TERRAFORM_LOCK)
			return i;
	return GV_DEPGRAPH_NONE;
}

/* "registry.terraform.io/hashicorp/aws" locks "provider:hashicorp/aws". */
static bool
is_locked(const struct gv_lint *c, uint32_t lock, const char *provider)
{
	const struct gv_depgraph_file *f = &c->graph->files[lock];
	const char *wanted = strchr(provider, ':') + 1;
	const size_t len = strlen(wanted);
	uint32_t k;

	for (k = f->first; k < f->first + f->n; k++) {
		const struct gv_symbol *s = &c->graph->symbols.items[k];
		const char *name = gv_lint_name(c, s);

		if (s->kind == GV_SYMBOL_VALUE && s->name.len >= len &&
		    strcmp(name + s->name.len - len, wanted) == 0)
			return true;
	}
	return false;
}

/* Terraform's own providers are built in. */
static void
look_at_provider(struct gv_lint *c, uint32_t folder, uint32_t k)
{
	const struct gv_depgraph *g = c->graph;
	const char *name = gv_lint_name(c, &g->symbols.items[k]);
	const uint32_t lock = lock_of(g, folder);
	struct gv_buf subject = GV_BUF_INIT;

	if (strcmp(name, "provider:terraform.io/builtin/terraform") == 0)
		return;
	gv_buf_addf(&subject, "%.*s/%s", (int)g->folders[folder].len,
	    g->folders[folder].path, lock == GV_DEPGRAPH_NONE ? "" : name);
	if (lock == GV_DEPGRAPH_NONE)
		gv_lint_add(c, "tf/provider-lock", subject.p,
		    (struct gv_lint_place){ g->file_of[k], 0 },
		    "'%.*s' has no .terraform.lock.hcl, so an old commit gets "
		    "other versions of its providers; to write it: terraform "
		    "init",
		    (int)g->folders[folder].len, g->folders[folder].path);
	else if (!is_locked(c, lock, name))
		gv_lint_add(c, "tf/provider-lock", subject.p, gv_lint_at(c, k),
		    "'%s' is not in '%s'; to add it: terraform init",
		    strchr(name, ':') + 1, g->files[lock].path);
	c->failed |= subject.failed;
	gv_buf_release(&subject);
}

/* A folder with a backend is where Terraform runs; a module has no lock. */
static void
look_at_locks(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t i, k;

	for (i = 0; i < g->n_files; i++) {
		const struct gv_depgraph_file *f = &g->files[i];

		if (f->dialect != GV_SYMBOL_DIALECT_TERRAFORM &&
		    f->dialect != GV_SYMBOL_DIALECT_TERRAFORM_JSON)
			continue;
		for (k = f->first; k < f->first + f->n; k++) {
			const struct gv_symbol *s = &g->symbols.items[k];

			if (s->kind == GV_SYMBOL_REFERENCE &&
			    s->word == GV_SYMBOL_EDGE_TF_PROVIDER &&
			    s->how == GV_SYMBOL_EXTERNAL &&
			    has_any(c, f->folder, GV_SYMBOL_SPACE_TF_BACKEND))
				look_at_provider(c, f->folder, k);
		}
	}
}

void
gv_lint_terraform(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t i;

	for (i = 0; i < g->n_edges && !c->failed; i++) {
		const struct gv_depgraph_edge *e = &g->edges[i];

		if (e->symbol == GV_DEPGRAPH_NONE || e->is_pattern)
			continue;
		if (e->kind == GV_SYMBOL_EDGE_TF_MODULE &&
		    e->target == GV_DEPGRAPH_NODE)
			look_at_module(c, e);
		else if (e->kind == GV_SYMBOL_EDGE_TF_REF &&
		    e->target == GV_DEPGRAPH_NODE)
			look_at_output(c, e);
		else if (e->kind == GV_SYMBOL_EDGE_TF_REMOTE_STATE &&
		    e->target != GV_DEPGRAPH_NODE)
			look_at_remote_state(c, e);
	}
	look_at_backends(c);
	look_at_locks(c);
}
