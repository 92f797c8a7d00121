#include "lint/lint_internal.h"

#include <string.h>

#include "infra/kubeapi.h"

/*
 * Objects of Kubernetes: in a version of an API that clusters no longer have,
 * and twice in one kustomization.
 */

/* ---- versions that are gone ---------------------------------------------- */

static void
look_at_api(struct gv_lint *c, uint32_t k)
{
	const struct gv_symbol *s = &c->graph->symbols.items[k];
	const char *api = gv_lint_name(c, s), *kind = gv_lint_extra(c, s);
	const struct gv_kubeapi *gone = gv_kubeapi_removed(api, kind);
	struct gv_buf subject = GV_BUF_INIT;

	if (gone == NULL)
		return;
	gv_buf_addf(&subject, "%s %s %s", gv_lint_path(c, k), api, kind);
	if (gv_buf_check(&subject) < 0)
		c->failed = true;
	else
		gv_lint_add(c, "k8s/api-removed", subject.p, gv_lint_at(c, k),
		    "Kubernetes %s and later do not have %s of %s%s%s",
		    gone->gone, kind, api, gone->now ? "; it is now " : "",
		    gone->now ? gone->now : "");
	gv_buf_release(&subject);
}

/* ---- twice in one kustomization ------------------------------------------ */

/* The group of an object's apiVersion; the kinds of another group are others.
 */
static const char *
api_of(const struct gv_lint *c, uint32_t object)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_file *f = &g->files[g->file_of[object]];
	uint32_t k;

	for (k = object + 1; k < f->first + f->n; k++)
		if (g->symbols.items[k].kind == GV_SYMBOL_VALUE &&
		    g->symbols.items[k].word == GV_SYMBOL_VALUE_K8S_API &&
		    g->symbols.items[k].in == object)
			return gv_lint_name(c, &g->symbols.items[k]);
	return "";
}

static void
add_key(struct gv_buf *out, const struct gv_lint *c, uint32_t object)
{
	const struct gv_symbols *symbols = &c->graph->symbols;
	const struct gv_symbol *s = &symbols->items[object];
	const char *api = api_of(c, object), *slash = strchr(api, '/');

	gv_buf_addf(out, "%.*s %s %s", slash ? (int)(slash - api) : 0, api,
	    gv_symbol_text(symbols, gv_symbol_scope(symbols, s)),
	    gv_lint_name(c, s));
}

/* An object of one file of the kustomization. */
static void
add_object(struct gv_lint *c, struct gv_map *first, uint32_t kustomization,
    uint32_t object)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_buf key = GV_BUF_INIT, subject = GV_BUF_INIT;
	const char *name = gv_lint_name(c, &g->symbols.items[object]);
	uint32_t other;

	/* another object makes it in the cluster: it has no text of its own */
	if (*api_of(c, object) == '\0')
		return;
	add_key(&key, c, object);
	other = gv_lint_first(c, first, key.p, key.len, object);
	if (other != object) {
		gv_buf_addf(
		    &subject, "%s %s", g->files[kustomization].path, name);
		if (gv_buf_check(&subject) == 0)
			gv_lint_add(c, "kustomize/duplicate", subject.p,
			    gv_lint_at(c, object),
			    "'%s' has %s twice, here and in line %u of '%s'",
			    g->files[kustomization].path, name,
			    g->symbols.items[other].line,
			    gv_lint_path(c, other));
	}
	c->failed |= key.failed || subject.failed;
	gv_buf_release(&key);
	gv_buf_release(&subject);
}

static bool
is_object(const struct gv_symbol *s)
{
	return s->kind == GV_SYMBOL_DEFINITION &&
	    s->word == GV_SYMBOL_SPACE_K8S_OBJECT &&
	    !(s->flags & GV_SYMBOL_PATTERN);
}

/* All files that the kustomization of the edges from `at` on lists itself. */
static uint32_t
look_at_kustomization(struct gv_lint *c, uint32_t at)
{
	const struct gv_depgraph *g = c->graph;
	const uint32_t file = gv_depgraph_file_of(g, g->edges[at].from);
	struct gv_map first = GV_MAP_INIT;
	uint32_t k;

	for (; at < g->n_edges && !c->failed &&
	     gv_depgraph_file_of(g, g->edges[at].from) == file;
	     at++) {
		const struct gv_depgraph_edge *e = &g->edges[at];
		const struct gv_depgraph_file *f;

		if (e->kind != GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE ||
		    e->target != GV_DEPGRAPH_NODE || e->is_pattern ||
		    !gv_depgraph_is_file(g, e->to))
			continue;
		f = &g->files[e->to];
		if (f->flags & GV_DEPGRAPH_PATCH)
			continue;
		for (k = f->first; k < f->first + f->n; k++)
			if (is_object(&g->symbols.items[k]))
				add_object(c, &first, file, k);
	}
	gv_map_release(&first);
	return at;
}

void
gv_lint_objects(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t i;

	for (i = 0; i < g->symbols.n && !c->failed; i++) {
		const struct gv_symbol *s = &g->symbols.items[i];

		/* a template picks one by what the cluster has */
		if (s->kind == GV_SYMBOL_VALUE &&
		    s->word == GV_SYMBOL_VALUE_K8S_API &&
		    g->files[g->file_of[i]].dialect !=
			GV_SYMBOL_DIALECT_HELM_TEMPLATE)
			look_at_api(c, i);
	}
	for (i = 0; i < g->n_edges && !c->failed;) {
		if (g->edges[i].kind == GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE)
			i = look_at_kustomization(c, i);
		else
			i++;
	}
}
