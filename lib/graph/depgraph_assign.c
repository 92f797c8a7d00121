#include "graph/depgraph_internal.h"

/*
 * Values of Terraform's variables: which folder a file of values belongs to.
 */

static bool
has_code(const struct gv_depgraph *g, uint32_t folder)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t i;

	for (i = f->first; i < f->first + f->n; i++)
		if (g->files[i].dialect == GV_SYMBOL_DIALECT_TERRAFORM ||
		    g->files[i].dialect == GV_SYMBOL_DIALECT_TERRAFORM_JSON)
			return true;
	return false;
}

uint32_t
gv_depgraph_assigned(const struct gv_depgraph *g, uint32_t file)
{
	uint32_t folder = g->files[file].folder;

	for (; !has_code(g, folder); folder = g->folders[folder].parent)
		if (folder == 0)
			return GV_DEPGRAPH_NONE;
	return folder;
}

void
gv_depgraph_in_folder(struct gv_depgraph_found *found,
    const struct gv_depgraph *g, struct gv_depgraph_group group,
    uint32_t folder)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t low = 0, high = group.n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (g->file_of[group.symbols[mid]] < f->first)
			low = mid + 1;
		else
			high = mid;
	}
	for (;
	     low < group.n && g->file_of[group.symbols[low]] < f->first + f->n;
	     low++)
		gv_depgraph_found_add(
		    found, gv_depgraph_symbol_node(g, group.symbols[low]));
}
