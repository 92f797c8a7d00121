#include "lint/lint_internal.h"

#include <string.h>

/*
 * Kinds of Kubernetes that clusters do not have by themselves, and that no
 * definition and no chart of this tree brings. Nearly always somebody else
 * installed it, so this is information: what a new cluster needs first.
 */

/* Groups with a dot that every cluster has; one without a dot is Kubernetes'
 * own. */
static const char *const own[] = { "admissionregistration.k8s.io",
	"apiextensions.k8s.io", "apiregistration.k8s.io",
	"authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io",
	"coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
	"flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io",
	"networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io",
	"resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
	"storagemigration.k8s.io" };

/* Files for programs, which no cluster gets. */
static const char *const local[] = { ".config.k8s.io", "config.kubernetes.io",
	"kubeadm.k8s.io", "kind.x-k8s.io", "audit.k8s.io",
	"client.authentication.k8s.io", "apiserver.k8s.io", "k3d.io",
	"eksctl.io", "talos.dev", "skaffold.dev", "nebius.io" };

static bool
ends(const char *group, size_t len, const char *end)
{
	const size_t n = strlen(end);

	return len >= n && memcmp(group + len - n, end, n) == 0 &&
	    (len == n || *end == '.' || group[len - n - 1] == '.');
}

static bool
is_known(const char *group, size_t len)
{
	size_t i;

	if (memchr(group, '.', len) == NULL)
		return true;
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strlen(own[i]) == len && memcmp(own[i], group, len) == 0)
			return true;
	for (i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (ends(group, len, local[i]))
			return true;
	return false;
}

/* All kinds that the tree defines, as "GROUP/KIND". */
static void
add_definitions(struct gv_lint *c, struct gv_map *kinds)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t k;

	for (k = 0; k < g->symbols.n && !c->failed; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind == GV_SYMBOL_DEFINITION &&
		    s->word == GV_SYMBOL_SPACE_K8S_KIND)
			c->failed |= gv_map_put(kinds, gv_lint_name(c, s),
					 s->name.len, c) < 0;
	}
}

static bool
is_chart(uint16_t edge)
{
	return edge == GV_SYMBOL_EDGE_HELM_CHART ||
	    edge == GV_SYMBOL_EDGE_HELM_DEPENDENCY ||
	    edge == GV_SYMBOL_EDGE_ARGO_SOURCE ||
	    edge == GV_SYMBOL_EDGE_FLUX_SOURCE ||
	    edge == GV_SYMBOL_EDGE_KUSTOMIZE_RESOURCE;
}

/* Whether something that is installed from elsewhere has the name of the
 * group: cert-manager.io, and a chart cert-manager. */
static bool
is_installed(struct gv_lint *c, const char *group)
{
	const struct gv_depgraph *g = c->graph;
	const size_t n = strcspn(group, ".");
	struct gv_buf target = GV_BUF_INIT;
	bool found = false;
	uint32_t i;

	for (i = 0; i < g->n_edges && !found && !c->failed; i++) {
		if (!is_chart(g->edges[i].kind) ||
		    g->edges[i].target != GV_DEPGRAPH_EXTERNAL)
			continue;
		gv_buf_reset(&target);
		gv_depgraph_add_target(&target, g, &g->edges[i]);
		if (gv_buf_check(&target) < 0)
			c->failed = true;
		else
			found = memmem(target.p, target.len, group, n) != NULL;
	}
	gv_buf_release(&target);
	return found;
}

static void
look_at(struct gv_lint *c, const struct gv_map *kinds, uint32_t k)
{
	const struct gv_symbol *s = &c->graph->symbols.items[k];
	const char *api = gv_lint_name(c, s), *kind = gv_lint_extra(c, s);
	const char *slash = strchr(api, '/');
	struct gv_buf name = GV_BUF_INIT;

	if (slash == NULL || (s->flags & GV_SYMBOL_PATTERN) ||
	    is_known(api, (size_t)(slash - api)))
		return;
	gv_buf_addf(&name, "%.*s/%s", (int)(slash - api), api, kind);
	if (gv_buf_check(&name) < 0)
		c->failed = true;
	else if (gv_map_get(kinds, name.p, name.len) == NULL &&
	    !is_installed(c, api)) {
		/* one operator brings all kinds of a group */
		name.p[slash - api] = '\0';
		gv_lint_add(c, "k8s/crd", name.p, gv_lint_at(c, k),
		    "nothing in this repository defines the kinds of %s, such "
		    "as %s",
		    name.p, kind);
	}
	gv_buf_release(&name);
}

void
gv_lint_kinds(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_map kinds = GV_MAP_INIT;
	uint32_t k;

	if (!gv_lint_is_shown(c, "k8s/crd"))
		return;
	add_definitions(c, &kinds);
	for (k = 0; k < g->symbols.n && !c->failed; k++)
		if (g->symbols.items[k].kind == GV_SYMBOL_VALUE &&
		    g->symbols.items[k].word == GV_SYMBOL_VALUE_K8S_API)
			look_at(c, &kinds, k);
	gv_map_release(&kinds);
}
