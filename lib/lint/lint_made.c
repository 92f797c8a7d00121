#include "lint/lint_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * What a chart from elsewhere may make: the chart is not in the tree, so nobody
 * here knows its objects. They are near the release that installs it, in the
 * same folder, or have the release's name.
 */

struct gv_lint_made {
	bool *folders;       /* that install such a chart */
	struct gv_map names; /* of releases; keys are borrowed */
};

/* Whether a reference installs a chart, or objects, of which none are here. */
static bool
is_install(const struct gv_depgraph *g, const struct gv_depgraph_edge *e)
{
	if (e->symbol == GV_DEPGRAPH_NONE)
		return false;
	if (e->kind == GV_SYMBOL_EDGE_ARGO_SOURCE)
		return e->target == GV_DEPGRAPH_EXTERNAL;
	/* a source of charts may be here, the chart itself is in no folder */
	return e->kind == GV_SYMBOL_EDGE_HELM_CHART &&
	    !(e->target == GV_DEPGRAPH_NODE &&
		(gv_depgraph_is_folder(g, e->to) ||
		    gv_depgraph_is_file(g, e->to)));
}

static bool
note(struct gv_lint_made *made, const struct gv_lint *c,
    const struct gv_depgraph_edge *e)
{
	const struct gv_depgraph *g = c->graph;
	const uint32_t in = g->symbols.items[e->symbol].in;
	const char *name;

	made->folders[g->files[g->file_of[e->symbol]].folder] = true;
	if (in == GV_SYMBOL_NONE)
		return true;
	name = strchr(gv_lint_name(c, &g->symbols.items[in]), '/');
	return name == NULL || name[1] == '\0' ||
	    gv_map_put(&made->names, name + 1, strlen(name + 1), made) >= 0;
}

static struct gv_lint_made *
find_made(const struct gv_lint *c)
{
	struct gv_lint_made *made = calloc(1, sizeof(*made));
	uint32_t i;

	if (made)
		made->folders = calloc(
		    (size_t)c->graph->n_folders + 1, sizeof(*made->folders));
	if (made == NULL || made->folders == NULL) {
		gv_lint_made_free(made);
		return NULL;
	}
	for (i = 0; i < c->graph->n_edges; i++)
		if (is_install(c->graph, &c->graph->edges[i]) &&
		    !note(made, c, &c->graph->edges[i])) {
			gv_lint_made_free(made);
			return NULL;
		}
	return made;
}

void
gv_lint_made_free(struct gv_lint_made *made)
{
	if (made) {
		free(made->folders);
		gv_map_release(&made->names);
	}
	free(made);
}

/* Whether a release has this name, or it begins with one and a '-'. */
static bool
is_of_release(const struct gv_lint_made *made, const char *name, size_t len)
{
	size_t i;

	for (i = 1; i <= len; i++)
		if ((i == len || name[i] == '-') &&
		    gv_map_get(&made->names, name, i))
			return true;
	return false;
}

/* "Service/web", or labels: "app=web,tier=api". */
static bool
is_named_so(const struct gv_lint_made *made, const char *name)
{
	const char *p = name, *end;

	while ((p = strpbrk(p, "/=")) != NULL) {
		/* a label's own name has a '/', too */
		end = p + 1 + strcspn(p + 1, "/=,");
		if (*end != '/' && *end != '=' &&
		    is_of_release(made, p + 1, (size_t)(end - p - 1)))
			return true;
		p = end;
	}
	return false;
}

bool
gv_lint_may_be_made(struct gv_lint *c, const struct gv_symbol *s, uint32_t file)
{
	if (c->made == NULL && (c->made = find_made(c)) == NULL) {
		c->failed = true;
		return false;
	}
	return c->made->folders[c->graph->files[file].folder] ||
	    is_named_so(c->made, gv_lint_name(c, s));
}
