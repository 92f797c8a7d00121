#include "lint/lint_internal.h"

#include <string.h>

/*
 * Code that comes from elsewhere: whether a version says which, and whether
 * all environments take the same.
 */

/* Where a module comes from decides what it may lack: an address of a plain
 * file has no versions. */
static bool
has_versions(const char *source)
{
	return strncmp(source, "git:", 4) == 0 ||
	    strncmp(source, "registry:", 9) == 0;
}

static void
look_at(struct gv_lint *c, struct gv_map *first, uint32_t k)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_symbol *s = &g->symbols.items[k];
	const char *source = gv_lint_name(c, s);
	const char *version = gv_lint_extra(c, s), *before;
	uint32_t other;

	if ((s->flags & GV_SYMBOL_PATTERN) || !has_versions(source))
		return;
	if (*version == '\0') {
		gv_lint_add(c, "tf/module-version", source, gv_lint_at(c, k),
		    "'%s' has no version, so an old commit gets today's code",
		    strchr(source, ':') + 1);
		return;
	}
	other = gv_lint_first(c, first, source, s->name.len, k);
	before = gv_lint_extra(c, &g->symbols.items[other]);
	if (strcmp(before, version) == 0 || gv_lint_env(c, k) == NULL ||
	    gv_lint_env(c, other) == NULL ||
	    strcmp(gv_lint_env(c, k), gv_lint_env(c, other)) == 0)
		return;
	gv_lint_add(c, "tf/module-version", source, gv_lint_at(c, other),
	    "'%s' is version %s in %s and %s in %s", strchr(source, ':') + 1,
	    before, gv_lint_env(c, other), version, gv_lint_env(c, k));
	gv_lint_add_place(c, "tf/module-version", source, gv_lint_at(c, k));
}

void
gv_lint_versions(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	struct gv_map first = GV_MAP_INIT;
	uint32_t k;

	for (k = 0; k < g->symbols.n && !c->failed; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind == GV_SYMBOL_REFERENCE &&
		    s->how == GV_SYMBOL_EXTERNAL &&
		    (s->word == GV_SYMBOL_EDGE_TF_MODULE ||
			s->word == GV_SYMBOL_EDGE_TG_SOURCE))
			look_at(c, &first, k);
	}
	gv_map_release(&first);
}
