#include "graph/depgraph_query.h"

#include <string.h>

/* What a folder is by what is right in it; the first row counts. */
static const struct {
	enum gv_symbol_dialect dialect;
	const char *kind;
} kinds[] = {
	{ GV_SYMBOL_DIALECT_HELM_CHART, "chart" },
	{ GV_SYMBOL_DIALECT_KUSTOMIZATION, "kustomize" },
	{ GV_SYMBOL_DIALECT_PULUMI_PROJECT, "pulumi" },
	{ GV_SYMBOL_DIALECT_TERRAFORM, "terraform" },
	{ GV_SYMBOL_DIALECT_TERRAFORM_JSON, "terraform" },
	{ GV_SYMBOL_DIALECT_TERRAGRUNT, "terragrunt" },
	{ GV_SYMBOL_DIALECT_COMPOSE, "compose" },
	{ GV_SYMBOL_DIALECT_ANSIBLE_INVENTORY, "inventory" },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Ansible finds a role by the name of its folder. */
static bool
is_role(const struct gv_depgraph *g, uint32_t folder)
{
	static const char roles[] = "roles";
	const struct gv_depgraph_folder *f = &g->folders[folder],
					*parent = &g->folders[f->parent];
	const size_t n = sizeof(roles) - 1;

	return folder && parent->len >= n &&
	    memcmp(parent->path + parent->len - n, roles, n) == 0 &&
	    (parent->len == n || parent->path[parent->len - n - 1] == '/');
}

const char *
gv_depgraph_component(const struct gv_depgraph *g, uint32_t folder)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	size_t best = N_KINDS, k;
	uint32_t i;

	for (i = f->first; i < f->first + f->n; i++)
		for (k = 0; k < best; k++)
			if (kinds[k].dialect == g->files[i].dialect)
				best = k;
	if (best < N_KINDS)
		return kinds[best].kind;
	return is_role(g, folder) ? "role" : NULL;
}
