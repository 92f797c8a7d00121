#include "lint/lint_internal.h"

#include <string.h>

/*
 * Kubernetes: keys of ConfigMaps and Secrets, and ports of Services, where the
 * object itself is defined.
 */

enum answer {
	UNKNOWN, /* the object does not say what it holds */
	LACKS,
	HAS,
};

/* Whether the definition `object` holds a definition of that space and name;
 * "KIND/NAME#KEY" is the name of a key. */
static enum answer
holds(const struct gv_lint *c, uint32_t object, enum gv_symbol_space space,
    const char *name)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_file *f = &g->files[g->file_of[object]];
	enum answer answer = UNKNOWN;
	uint32_t k;

	for (k = object + 1; k < f->first + f->n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];
		const char *own, *key;

		if (s->kind != GV_SYMBOL_DEFINITION || s->word != space ||
		    s->in != object)
			continue;
		own = gv_lint_name(c, s);
		key = strrchr(own, '#');
		answer = LACKS;
		/* a template makes others */
		if (s->flags & GV_SYMBOL_PATTERN)
			return UNKNOWN;
		if (strcmp(key ? key + 1 : own, name) == 0 ||
		    strcmp(gv_lint_extra(c, s), name) == 0)
			return HAS;
	}
	return answer;
}

/* The edges of one reference, which follow each other. */
struct edges {
	uint32_t from, to;
	enum gv_symbol_space space;
};

/* A name is served if one target has it, or does not say. */
static void
look_for(struct gv_lint *c, const struct edges *edges, const char *name)
{
	const bool is_key = edges->space == GV_SYMBOL_SPACE_K8S_KEY;
	const struct gv_depgraph *g = c->graph;
	struct gv_buf subject = GV_BUF_INIT;
	const char *object = "";
	bool is_model = false;
	uint32_t i, node;

	for (i = edges->from; i < edges->to; i++) {
		node = g->edges[i].to;
		if (g->edges[i].target != GV_DEPGRAPH_NODE ||
		    g->edges[i].is_pattern ||
		    node < g->n_files + g->n_folders ||
		    holds(c, node - g->n_files - g->n_folders, edges->space,
			name) != LACKS)
			return;
		object = gv_lint_name(c, gv_depgraph_definition(g, node));
		is_model |=
		    gv_lint_is_model(&g->files[gv_depgraph_file_of(g, node)]);
	}
	gv_buf_addf(&subject, "%s %s", object, name);
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else if (is_model)
		gv_lint_note(c, is_key ? "k8s/key-missing" : "k8s/port",
		    subject.p, gv_lint_at(c, g->edges[edges->from].symbol),
		    "the example of %s has no %s '%s'", object,
		    is_key ? "key" : "port", name);
	else
		gv_lint_add(c, is_key ? "k8s/key-missing" : "k8s/port",
		    subject.p, gv_lint_at(c, g->edges[edges->from].symbol),
		    is_key ? "the %s has no key '%s'"
			   : "the %s has no port '%s'",
		    object, name);
	gv_buf_release(&subject);
}

/* Each of the names that a reference has besides, "a,b". Where the next one
 * begins. */
static uint32_t
look_at(struct gv_lint *c, uint32_t at, enum gv_symbol_space space)
{
	const struct gv_depgraph *g = c->graph;
	const uint32_t symbol = g->edges[at].symbol;
	const struct gv_symbol *ref = &g->symbols.items[symbol];
	struct edges edges = { at, at, space };
	struct gv_buf names = GV_BUF_INIT;
	char *name, *end;

	while (edges.to < g->n_edges && g->edges[edges.to].symbol == symbol)
		edges.to++;
	if (ref->flags & GV_SYMBOL_OPTIONAL)
		return edges.to;
	gv_buf_addstr(&names, gv_lint_extra(c, ref));
	c->failed |= names.failed;
	for (name = names.p; !names.failed && *name; name = end) {
		end = name + strcspn(name, ",");
		if (*end)
			*end++ = '\0';
		look_for(c, &edges, name);
	}
	gv_buf_release(&names);
	return edges.to;
}

void
gv_lint_kubernetes(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t i = 0;

	while (i < g->n_edges && !c->failed) {
		const struct gv_depgraph_edge *e = &g->edges[i];

		if (e->symbol == GV_DEPGRAPH_NONE)
			i++;
		else if (e->kind == GV_SYMBOL_EDGE_K8S_SECRET ||
		    e->kind == GV_SYMBOL_EDGE_K8S_CONFIG)
			i = look_at(c, i, GV_SYMBOL_SPACE_K8S_KEY);
		else if (e->kind == GV_SYMBOL_EDGE_K8S_BACKEND)
			i = look_at(c, i, GV_SYMBOL_SPACE_K8S_PORT);
		else
			i++;
	}
}
