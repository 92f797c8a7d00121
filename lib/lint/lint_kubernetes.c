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

/* All edges of one reference: it is served if one target has the name, or does
 * not say. They follow each other. */
static uint32_t
look_at(struct gv_lint *c, uint32_t at, enum gv_symbol_space space)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_edge *e = &g->edges[at];
	const struct gv_symbol *ref = &g->symbols.items[e->symbol];
	const char *name = gv_lint_extra(c, ref);
	struct gv_buf subject = GV_BUF_INIT;
	bool is_lacking = *name && !(ref->flags & GV_SYMBOL_OPTIONAL);
	const char *object = NULL;

	for (; at < g->n_edges && g->edges[at].symbol == e->symbol; at++) {
		const uint32_t to = g->edges[at].to;

		if (!is_lacking || g->edges[at].target != GV_DEPGRAPH_NODE ||
		    g->edges[at].is_pattern || to < g->n_files + g->n_folders) {
			is_lacking = false;
			continue;
		}
		object = gv_lint_name(c, gv_depgraph_definition(g, to));
		is_lacking = holds(c, to - g->n_files - g->n_folders, space,
				 name) == LACKS;
	}
	if (is_lacking && object) {
		gv_buf_addf(&subject, "%s %s", object, name);
		gv_lint_add(c,
		    space == GV_SYMBOL_SPACE_K8S_KEY ? "k8s/key-missing"
						     : "k8s/port",
		    subject.p, gv_lint_at(c, e->symbol),
		    space == GV_SYMBOL_SPACE_K8S_KEY
			? "the %s has no key '%s'"
			: "the %s has no port '%s'",
		    object, name);
	}
	c->failed |= subject.failed;
	gv_buf_release(&subject);
	return at;
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
