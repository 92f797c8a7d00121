#include "lint/lint_internal.h"

#include <string.h>
#include <strings.h>

#include "base/near.h"

/*
 * The name that was probably meant. Only names of the same space and folder,
 * and files of the same folder, are looked at: a suggestion from far away is
 * worse than none.
 */

/* A third of the letters may be wrong, but no more than three. */
static struct gv_near
near_to(const char *name)
{
	const size_t len = strlen(name);

	return gv_near_within(name, len, len / 3 > 3 ? 3 : len / 3);
}

/* The symbols of files from..to. */
static void
compare_symbols(struct gv_near *near, const struct gv_lint *c, uint32_t from,
    uint32_t to, enum gv_symbol_space space)
{
	uint32_t i, k;

	for (i = from; i < to; i++) {
		const struct gv_depgraph_file *f = &c->graph->files[i];

		for (k = f->first; k < f->first + f->n; k++) {
			const struct gv_symbol *s = &c->graph->symbols.items[k];

			if (s->kind == GV_SYMBOL_DEFINITION && s->word == space)
				gv_near_add(
				    near, gv_lint_name(c, s), s->name.len);
		}
	}
}

const char *
gv_lint_near(const struct gv_lint *c, uint32_t folder,
    enum gv_symbol_space space, const char *name)
{
	struct gv_near near = near_to(name);
	const struct gv_depgraph_folder *f;

	if (folder == GV_DEPGRAPH_NONE)
		return NULL;
	f = &c->graph->folders[folder];
	compare_symbols(&near, c, f->first,
	    gv_symbol_reach(space) == GV_SYMBOL_REACH_CHART ? f->end
							    : f->first + f->n,
	    space);
	return near.name;
}

const char *
gv_lint_near_path(const struct gv_lint *c, const char *path, bool *is_case)
{
	const char *slash = strrchr(path, '/');
	const size_t len = slash ? (size_t)(slash - path) : 0;
	const char *name = slash ? slash + 1 : path;
	const uint32_t folder = gv_depgraph_find_folder(c->graph, path, len);
	struct gv_near near = near_to(name);
	const struct gv_depgraph_folder *f;
	const char *whole = NULL;
	uint32_t i;

	*is_case = false;
	if (folder == GV_DEPGRAPH_NONE || *name == '\0')
		return NULL;
	f = &c->graph->folders[folder];
	for (i = f->first; i < f->first + f->n; i++) {
		const struct gv_depgraph_file *file = &c->graph->files[i];
		const char *own = strrchr(file->path, '/');

		own = own ? own + 1 : file->path;
		if (strcasecmp(own, name) == 0) {
			*is_case = true;
			return file->path;
		}
		if (gv_near_add(&near, own, strlen(own)))
			whole = file->path;
	}
	return whole;
}
