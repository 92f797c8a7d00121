#include "lint/lint_internal.h"

#include <string.h>

/*
 * Pulumi: a setting that the project asks for, or that the other stacks set,
 * and that one stack does not. What a program reads is not known here, so what
 * the project does not declare is information only.
 */

static bool
sets(const struct gv_lint *c, const struct gv_depgraph_file *stack,
    const char *name)
{
	uint32_t k;

	for (k = stack->first; k < stack->first + stack->n; k++) {
		const struct gv_symbol *s = &c->graph->symbols.items[k];

		if (s->kind == GV_SYMBOL_REFERENCE &&
		    s->word == GV_SYMBOL_EDGE_PULUMI_CONFIG &&
		    strcmp(gv_lint_name(c, s), name) == 0)
			return true;
	}
	return false;
}

/* The declaration of a setting in the project's own file. */
static const struct gv_symbol *
declared(const struct gv_lint *c, const struct gv_depgraph_folder *folder,
    const char *name)
{
	uint32_t i, k;

	for (i = folder->first; i < folder->first + folder->n; i++) {
		const struct gv_depgraph_file *f = &c->graph->files[i];

		if (f->dialect != GV_SYMBOL_DIALECT_PULUMI_PROJECT)
			continue;
		for (k = f->first; k < f->first + f->n; k++) {
			const struct gv_symbol *s = &c->graph->symbols.items[k];

			if (s->kind == GV_SYMBOL_DEFINITION &&
			    s->word == GV_SYMBOL_SPACE_PULUMI_CONFIG &&
			    strcmp(gv_lint_name(c, s), name) == 0)
				return s;
		}
	}
	return NULL;
}

/* A setting of one stack, against each other stack of the folder. */
static void
compare(struct gv_lint *c, const struct gv_depgraph_folder *folder, uint32_t k)
{
	const struct gv_depgraph *g = c->graph;
	const char *name = gv_lint_name(c, &g->symbols.items[k]);
	const struct gv_symbol *of = declared(c, folder, name);
	const bool is_asked = of && !(of->flags & GV_SYMBOL_DEFAULT);
	struct gv_buf subject = GV_BUF_INIT;
	uint32_t i;

	if (of && !is_asked)
		return;
	for (i = folder->first; i < folder->first + folder->n && !c->failed;
	     i++) {
		const struct gv_depgraph_file *f = &g->files[i];

		if (f->dialect != GV_SYMBOL_DIALECT_PULUMI_STACK ||
		    sets(c, f, name))
			continue;
		gv_buf_reset(&subject);
		gv_buf_addf(&subject, "%s %s", f->path, name);
		if (gv_buf_check(&subject) == 0)
			(is_asked ? gv_lint_add : gv_lint_note)(c,
			    "pulumi/config", subject.p,
			    (struct gv_lint_place){ i, 0 },
			    "'%s' is set in '%s' and not in this stack%s", name,
			    gv_lint_path(c, k),
			    is_asked ? ", and has no default" : "");
	}
	c->failed |= subject.failed;
	gv_buf_release(&subject);
}

void
gv_lint_pulumi(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t k;

	for (k = 0; k < g->symbols.n && !c->failed; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];
		const uint32_t file = g->file_of[k];

		if (s->kind == GV_SYMBOL_REFERENCE &&
		    s->word == GV_SYMBOL_EDGE_PULUMI_CONFIG &&
		    g->files[file].dialect == GV_SYMBOL_DIALECT_PULUMI_STACK)
			compare(c, &g->folders[g->files[file].folder], k);
	}
}
