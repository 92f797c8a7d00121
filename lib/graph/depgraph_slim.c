#include "graph/depgraph_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/*
 * Symbols that no relation needs are most of all: values that only checks
 * compare, and keys. Who wants the relations alone leaves them out, file by
 * file, so that they never take memory together.
 */

static bool
is_needed(const struct gv_symbol *s)
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

/* Move a text down to where the kept ones end. */
static void
keep_text(struct gv_symbols *symbols, size_t *end, struct gv_symbol_text *text)
{
	if (text->len == 0)
		return;
	memmove(symbols->text.p + *end, symbols->text.p + text->at,
	    (size_t)text->len + 1);
	text->at = (uint32_t)*end;
	*end += (size_t)text->len + 1;
}

int
gv_depgraph_slim(struct gv_depgraph *g, uint32_t first, size_t text)
{
	struct gv_symbols *symbols = &g->symbols;
	const size_t n = symbols->n - first;
	uint32_t *now = calloc(n + 1, sizeof(*now));
	size_t i, kept = first, end = text;

	if (now == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++) {
		struct gv_symbol s = symbols->items[first + i];

		/* what stands in something that goes stands in what that is in,
		 * which comes before it */
		if (s.in != GV_SYMBOL_NONE)
			s.in = now[s.in - first];
		now[i] = s.in;
		if (!is_needed(&s))
			continue;
		keep_text(symbols, &end, &s.name);
		keep_text(symbols, &end, &s.scope);
		keep_text(symbols, &end, &s.extra);
		now[i] = (uint32_t)kept;
		symbols->items[kept++] = s;
	}
	symbols->n = kept;
	gv_buf_truncate(&symbols->text, end);
	free(now);
	return 0;
}
