#include "graph/depgraph_internal.h"

/*
 * Symbols that no relation needs are most of all: values that only checks
 * compare, keys, and names that nothing refers to. They are left out file by
 * file, so that they never take memory together.
 */

static bool
is_relation(const struct gv_symbol *s)
{
	switch ((enum gv_symbol_kind)s->kind) {
	case GV_SYMBOL_DEFINITION:
		return s->word != GV_SYMBOL_SPACE_K8S_KEY &&
		    s->word != GV_SYMBOL_SPACE_K8S_PORT;
	case GV_SYMBOL_VALUE:
		/* arguments need a variable of their module */
		return s->word == GV_SYMBOL_VALUE_KUSTOMIZE_PREFIX ||
		    s->word == GV_SYMBOL_VALUE_KUSTOMIZE_SUFFIX ||
		    s->word == GV_SYMBOL_VALUE_TF_ARGUMENT;
	case GV_SYMBOL_REFERENCE:
		return true;
	case GV_SYMBOL_ERROR:
		break;
	}
	return false;
}

bool
gv_depgraph_is_needed(void *ctx, const struct gv_symbol_choice *choice)
{
	const struct gv_depgraph_choosing *c = ctx;

	if (c->g->is_slim && !is_relation(choice->symbol))
		return false;
	return c->g->want == NULL ||
	    gv_depgraph_want_has(c->g->want, c->folder, choice);
}
