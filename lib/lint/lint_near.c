#include "lint/lint_internal.h"

#include <string.h>
#include <strings.h>

#include "base/distance.h"

/*
 * The name that was probably meant. Only names of the same space and folder,
 * and files of the same folder, are looked at: a suggestion from far away is
 * worse than none.
 */

/* So many edits may lead from one to the other: a third of the letters. */
static size_t
most_of(size_t len)
{
	return len < 3 ? 0 : len / 3 > 3 ? 3 : len / 3;
}

struct best {
	const char *name;
	size_t distance; /* the least so far, and one more than may be */
};

static void
compare(struct best *best, const char *wanted, size_t wanted_len,
    const char *name, size_t len)
{
	size_t distance;

	if (best->distance == 0)
		return;
	distance =
	    gv_distance(wanted, wanted_len, name, len, best->distance - 1);
	if (distance >= best->distance)
		return;
	best->name = name;
	best->distance = distance;
}

/* The symbols of files from..to. */
static void
compare_symbols(struct best *best, const struct gv_lint *c, uint32_t from,
    uint32_t to, enum gv_symbol_space space, const char *name)
{
	const size_t len = strlen(name);
	uint32_t i, k;

	for (i = from; i < to; i++) {
		const struct gv_depgraph_file *f = &c->graph->files[i];

		for (k = f->first; k < f->first + f->n; k++) {
			const struct gv_symbol *s = &c->graph->symbols.items[k];

			if (s->kind == GV_SYMBOL_DEFINITION && s->word == space)
				compare(best, name, len, gv_lint_name(c, s),
				    s->name.len);
		}
	}
}

const char *
gv_lint_near(const struct gv_lint *c, uint32_t folder,
    enum gv_symbol_space space, const char *name)
{
	struct best best = { NULL, most_of(strlen(name)) + 1 };
	const struct gv_depgraph_folder *f;

	if (folder == GV_DEPGRAPH_NONE)
		return NULL;
	f = &c->graph->folders[folder];
	compare_symbols(&best, c, f->first,
	    gv_symbol_reach(space) == GV_SYMBOL_REACH_CHART ? f->end
							    : f->first + f->n,
	    space, name);
	return best.name;
}

const char *
gv_lint_near_path(const struct gv_lint *c, const char *path, bool *is_case)
{
	const char *slash = strrchr(path, '/');
	const size_t len = slash ? (size_t)(slash - path) : 0;
	const char *name = slash ? slash + 1 : path;
	const uint32_t folder = gv_depgraph_find_folder(c->graph, path, len);
	struct best best = { NULL, most_of(strlen(name)) + 1 };
	const struct gv_depgraph_folder *f;
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
		compare(&best, name, strlen(name), own, strlen(own));
		if (best.name == own)
			best.name = file->path;
	}
	return best.name;
}
