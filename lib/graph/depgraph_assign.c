#include "graph/depgraph_internal.h"

#include <string.h>

#include "base/buf.h"

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

void
gv_depgraph_note_stacks(struct gv_depgraph *g)
{
	uint32_t i;

	/* a folder comes before those in it */
	for (i = g->n_folders; i-- > 0;) {
		struct gv_depgraph_folder *f = &g->folders[i];

		f->has_stacks |= !f->is_module && has_code(g, i);
		g->folders[f->parent].has_stacks |= f->has_stacks;
	}
}

bool
gv_depgraph_is_shared(const struct gv_depgraph *g, uint32_t file)
{
	const uint32_t folder = g->files[file].folder;

	return g->files[file].stack == GV_DEPGRAPH_NONE &&
	    !has_code(g, folder) && g->folders[folder].has_stacks;
}

uint32_t
gv_depgraph_assigned(const struct gv_depgraph *g, uint32_t file)
{
	uint32_t folder = g->files[file].folder;

	if (!has_code(g, folder) && g->files[file].stack != GV_DEPGRAPH_NONE)
		return g->files[file].stack;
	for (; !has_code(g, folder); folder = g->folders[folder].parent)
		if (folder == 0)
			return GV_DEPGRAPH_NONE;
	return folder;
}

int
gv_depgraph_assign(
    struct gv_depgraph *g, uint32_t file, const struct gv_symbol *ref)
{
	const struct gv_depgraph_text name = gv_depgraph_symbol_name(g, ref);
	const char *up = memmem(name.p, name.len, "/../", 4);
	struct gv_depgraph_found found = { .n = 0 };
	struct gv_buf path = GV_BUF_INIT;
	struct gv_symbol start = *ref;
	uint32_t folder, i;
	int r = gv_depgraph_find_path(&found, g, file, ref);

	if (r < 0 || up == NULL)
		return r;
	/* the script writes where it is, then how it goes on from there */
	start.name.len = (uint32_t)(up - name.p);
	if (gv_depgraph_join(&path, g, file, &start) == 0) {
		folder = gv_depgraph_find_folder(g, path.p, path.len);
		for (i = 0; i < found.n; i++)
			if (folder != GV_DEPGRAPH_NONE && has_code(g, folder) &&
			    gv_depgraph_is_file(g, found.items[i]))
				g->files[found.items[i]].stack = folder;
	}
	gv_buf_release(&path);
	return 0;
}

/* The first definition of a group that is not in a file before this one. */
static uint32_t
begin_of(
    const struct gv_depgraph *g, struct gv_depgraph_group group, uint32_t file)
{
	uint32_t low = 0, high = group.n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (g->file_of[group.symbols[mid]] < file)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void
gv_depgraph_below(struct gv_depgraph_found *found, const struct gv_depgraph *g,
    struct gv_depgraph_group group, uint32_t folder)
{
	const struct gv_depgraph_folder *top = &g->folders[folder];
	uint32_t i = begin_of(g, group, top->first), file;

	for (; i < group.n; i++) {
		file = g->file_of[group.symbols[i]];
		if (file >= top->end)
			return;
		if (!g->folders[g->files[file].folder].is_module)
			gv_depgraph_found_add(found,
			    gv_depgraph_symbol_node(g, group.symbols[i]));
	}
}

void
gv_depgraph_note_module(
    struct gv_depgraph *g, const struct gv_depgraph_found *found)
{
	uint32_t i, file;

	for (i = 0; i < found->n; i++) {
		file = gv_depgraph_file_of(g, found->items[i]);
		if (gv_depgraph_is_folder(g, found->items[i]))
			g->folders[found->items[i] - g->n_files].is_module =
			    true;
		else if (file != GV_DEPGRAPH_NONE)
			g->folders[g->files[file].folder].is_module = true;
	}
}

void
gv_depgraph_in_folder(struct gv_depgraph_found *found,
    const struct gv_depgraph *g, struct gv_depgraph_group group,
    uint32_t folder)
{
	const struct gv_depgraph_folder *f = &g->folders[folder];
	uint32_t i = begin_of(g, group, f->first);

	for (; i < group.n && g->file_of[group.symbols[i]] < f->first + f->n;
	     i++)
		gv_depgraph_found_add(
		    found, gv_depgraph_symbol_node(g, group.symbols[i]));
}
