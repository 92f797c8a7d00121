#include "lint/lint_internal.h"

#include <string.h>

#include "infra/environment.h"

/*
 * What two environments must not share: files and states of one that another
 * refers to, and names that are known beyond an environment.
 */

/* ---- an environment that refers to another one --------------------------- */

/* Kinds that read what they name. A pipeline may promote from one environment
 * to the next, and an inventory may list several. */
static bool
is_own(uint16_t edge)
{
	switch (edge) {
	case GV_SYMBOL_EDGE_TF_MODULE:
	case GV_SYMBOL_EDGE_TF_FILE:
	case GV_SYMBOL_EDGE_TF_VAR_FILE:
	case GV_SYMBOL_EDGE_TG_SOURCE:
	case GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE:
	case GV_SYMBOL_EDGE_KUSTOMIZE_PATCH:
	case GV_SYMBOL_EDGE_ARGO_SOURCE:
	case GV_SYMBOL_EDGE_FLUX_PATH:
	case GV_SYMBOL_EDGE_ENV_FILE:
	case GV_SYMBOL_EDGE_COMPOSE_EXTENDS:
		return true;
	default:
		return false;
	}
}

/* The environment of all files in a folder; NULL where they differ. */
static const char *
env_of_folder(const struct gv_depgraph *g, uint32_t folder)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	const char *env = f->n ? g->files[f->first].env : NULL;
	uint32_t i;

	for (i = f->first; env && i < f->first + f->n; i++)
		if (g->files[i].env == NULL ||
		    strcmp(g->files[i].env, env) != 0)
			return NULL;
	return env;
}

static const char *
env_of(const struct gv_depgraph *g, uint32_t node)
{
	if (gv_depgraph_is_file(g, node))
		return g->files[node].env;
	return gv_depgraph_is_folder(g, node)
	    ? env_of_folder(g, node - g->n_files)
	    : NULL;
}

/* The environments of one tier are made from each other: prod-eu from prod. */
static bool
are_apart(const char *a, const char *b)
{
	return strncmp(a, b, strlen(a)) != 0 && strncmp(a, b, strlen(b)) != 0;
}

/* What two other environments use as well is shared, whatever it is called. */
static bool
is_shared(const struct gv_lint *c, uint32_t node, const char *env)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_run edges = gv_depgraph_in(g, node);
	const char *first = NULL;
	uint32_t i;

	for (i = 0; i < edges.n; i++) {
		const struct gv_depgraph_edge *e = &g->edges[edges.items[i]];
		const char *own = e->symbol == GV_DEPGRAPH_NONE
		    ? NULL
		    : gv_lint_env(c, e->symbol);

		if (own == NULL || strcmp(own, env) == 0)
			continue;
		if (first && strcmp(first, own) != 0)
			return true;
		first = own;
	}
	return false;
}

static void
look_at_path(struct gv_lint *c, const struct gv_depgraph_edge *e)
{
	const struct gv_depgraph *g = c->graph;
	const char *own, *other;
	struct gv_buf target = GV_BUF_INIT, subject = GV_BUF_INIT;

	if (e->symbol == GV_DEPGRAPH_NONE || e->target != GV_DEPGRAPH_NODE ||
	    e->is_pattern || !is_own(e->kind))
		return;
	own = gv_lint_env(c, e->symbol);
	other = env_of(g, e->to);
	if (own == NULL || other == NULL || !are_apart(own, other) ||
	    is_shared(c, e->to, other))
		return;
	gv_depgraph_add_id(&target, g, e->to);
	gv_buf_addf(&subject, "%s %s", gv_lint_path(c, e->symbol), target.p);
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else
		gv_lint_add(c, "env/cross", subject.p, gv_lint_from(c, e),
		    "a file of %s uses '%s', which is of %s", own, target.p,
		    other);
	gv_buf_release(&target);
	gv_buf_release(&subject);
}

/* The only environment that the words of a text name; NULL: none, or several.
 */
static const char *
env_in(const char *text)
{
	struct gv_environment_word w;
	const char *found = NULL, *end;

	for (; *text; text = *end ? end + 1 : end) {
		size_t at = 0;
		const size_t n = strcspn(text, "/:");

		end = text + n;
		while (gv_environment_next_word(&w, text, n, at)) {
			at = w.at + w.len;
			if (w.name == NULL || w.proof != GV_ENVIRONMENT_BY_NAME)
				continue;
			if (found && strcmp(found, w.name) != 0)
				return NULL;
			found = w.name;
		}
	}
	return found;
}

static bool
has_env(const struct gv_depgraph *g, const char *env)
{
	uint32_t i;

	for (i = 0; i < g->n_files; i++)
		if (g->files[i].env && strcmp(g->files[i].env, env) == 0)
			return true;
	return false;
}

/* Two stacks that write one state are a fault of their own. */
static bool
is_written_twice(const struct gv_lint *c, uint32_t k)
{
	const struct gv_depgraph *g = c->graph;
	const char *name = gv_lint_name(c, &g->symbols.items[k]);
	uint32_t i;

	for (i = 0; i < g->symbols.n; i++) {
		const struct gv_symbol *s = &g->symbols.items[i];

		if (i != k && s->kind == GV_SYMBOL_DEFINITION &&
		    s->word == GV_SYMBOL_SPACE_TF_BACKEND &&
		    strcmp(gv_lint_name(c, s), name) == 0)
			return true;
	}
	return false;
}

/* The state that a stack writes, by the name of another environment. To read
 * one is common: of the network that both share. */
static void
look_at_backend(struct gv_lint *c, uint32_t k)
{
	const struct gv_symbol *s = &c->graph->symbols.items[k];
	const char *own = gv_lint_env(c, k), *name = gv_lint_name(c, s);
	const char *other = own ? env_in(name) : NULL;
	struct gv_buf subject = GV_BUF_INIT;

	if (other == NULL || (s->flags & GV_SYMBOL_PATTERN) ||
	    !are_apart(own, other) || !has_env(c->graph, other) ||
	    is_written_twice(c, k))
		return;
	gv_buf_addf(&subject, "%s %s", gv_lint_path(c, k), name);
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else
		gv_lint_add(c, "env/cross", subject.p, gv_lint_at(c, k),
		    "a stack of %s writes the state '%s', which is named for "
		    "%s",
		    own, name, other);
	gv_buf_release(&subject);
}

/* ---- names that are known beyond an environment -------------------------- */

/* An export is known in an account and region, an application in Argo CD. */
static bool
is_global(const struct gv_symbol *s)
{
	return s->kind == GV_SYMBOL_DEFINITION &&
	    !(s->flags & GV_SYMBOL_PATTERN) &&
	    (s->word == GV_SYMBOL_SPACE_CFN_EXPORT ||
		s->word == GV_SYMBOL_SPACE_ARGO_APP);
}

static void
look_at_name(struct gv_lint *c, struct gv_map *first, uint32_t k)
{
	const struct gv_symbol *s = &c->graph->symbols.items[k];
	const char *env = gv_lint_env(c, k), *was;
	struct gv_buf key = GV_BUF_INIT;
	uint32_t other;

	if (env == NULL)
		return;
	gv_buf_addf(
	    &key, "%s:%s", gv_symbol_spaces[s->word], gv_lint_name(c, s));
	other = gv_lint_first(c, first, key.p, key.len, k);
	was = gv_lint_env(c, other);
	if (other != k && are_apart(env, was)) {
		gv_lint_add(c, "env/name-clash", key.p, gv_lint_at(c, other),
		    "%s and %s both define '%s'", was, env, gv_lint_name(c, s));
		gv_lint_add_place(c, "env/name-clash", key.p, gv_lint_at(c, k));
	}
	c->failed |= key.failed;
	gv_buf_release(&key);
}

void
gv_lint_envs(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_map names = GV_MAP_INIT;
	uint32_t i;

	for (i = 0; i < g->n_edges && !c->failed; i++)
		look_at_path(c, &g->edges[i]);
	for (i = 0; i < g->symbols.n && !c->failed; i++) {
		const struct gv_symbol *s = &g->symbols.items[i];

		if (s->kind == GV_SYMBOL_DEFINITION &&
		    s->word == GV_SYMBOL_SPACE_TF_BACKEND)
			look_at_backend(c, i);
		else if (is_global(s))
			look_at_name(c, &names, i);
	}
	gv_map_release(&names);
}
