#include "symbol/symbol_writer.h"

/*
 * Files of NAME=value: the names, and the names that values take from
 * elsewhere. Values stay where they are.
 */

static void
add_references(struct gv_symbol_writer *w, uint32_t node)
{
	const struct gv_doc_ref *refs;
	size_t n, i;

	refs = gv_doc_refs(w->doc, node, &n);
	for (i = 0; i < n; i++) {
		if (refs[i].kind != GV_DOC_REF_VAR)
			continue;
		w->line = gv_symbol_line_at(w->doc, refs[i].at);
		gv_symbol_take_bytes(w, w->doc->text + refs[i].at, refs[i].len);
		gv_symbol_refer_name(w, GV_SYMBOL_EDGE_ENV_VAR,
		    GV_SYMBOL_SPACE_ENV_VAR, GV_SYMBOL_ELSEWHERE);
	}
}

void
gv_symbol_env(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct gv_symbol_writer w;
	uint32_t i;

	gv_symbol_writer_init(&w, out, doc);
	for (i = gv_symbol_first(&w, root); i != GV_DOC_NONE;
	     i = gv_symbol_next(&w, root, i)) {
		if (!gv_symbol_take_key(&w, i))
			continue;
		w.in = GV_SYMBOL_NONE;
		w.in = gv_symbol_define(&w, GV_SYMBOL_SPACE_ENV_VAR, 0);
		add_references(&w, i);
	}
	gv_symbol_writer_release(&w);
}
