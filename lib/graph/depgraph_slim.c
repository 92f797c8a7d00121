#include "graph/depgraph_internal.h"

/*
 * Symbols that no relation needs are most of all: values that only checks
 * compare, and keys. Who wants the relations alone leaves them out, file by
 * file, so that they never take memory together.
 */

bool
gv_depgraph_is_needed(const struct gv_symbol *s)
{
	switch ((enum gv_symbol_kind)s->kind) {
	case GV_SYMBOL_DEFINITION:
		return s->word != GV_SYMBOL_SPACE_K8S_KEY &&
		    s->word != GV_SYMBOL_SPACE_K8S_PORT;
	case GV_SYMBOL_VALUE:
		return s->word == GV_SYMBOL_VALUE_KUSTOMIZE_PREFIX ||
		    s->word == GV_SYMBOL_VALUE_KUSTOMIZE_SUFFIX;
	case GV_SYMBOL_REFERENCE:
		return true;
	case GV_SYMBOL_ERROR:
		break;
	}
	return false;
}
