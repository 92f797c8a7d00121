#ifndef DEPGRAPH_TOLD_H
#define DEPGRAPH_TOLD_H
/*
 * A graph of files in memory as lines of text, for tests to compare, in the
 * order of the files:
 *
 *	FROM KIND -> TO
 *
 * FROM is a file and its line, TO an id (PATH or PATH#SPACE:NAME); "@" is an
 * external target with its version behind '=', "!" a missing one, "~" computed;
 * "~>" instead of "->" is an edge of the class pattern.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "graph/depgraph.h"

struct depgraph_file {
	const char *path, *env, *text;
};

static inline void
depgraph_fill(struct gv_depgraph *g, const struct depgraph_file *files)
{
	struct gv_buf packed = GV_BUF_INIT;
	struct gv_symbols symbols;
	const struct depgraph_file *f;
	uint32_t i;

	for (f = files; f->path; f++)
		assert_int_equal(gv_depgraph_add(g, f->path, strlen(f->path),
				     f->env, f->text ? 0 : GV_DEPGRAPH_LEFT),
		    0);
	assert_int_equal(gv_depgraph_sort(g), 0);
	for (i = 0; i < g->n_files; i++) {
		const char *text = files[g->files[i].given].text;

		gv_buf_reset(&packed);
		assert_int_equal(
		    gv_symbols_read(&symbols,
			(enum gv_symbol_dialect)g->files[i].dialect,
			text ? text : "", text ? strlen(text) : 0),
		    0);
		gv_symbols_pack(&packed, &symbols);
		gv_symbols_release(&symbols);
		assert_int_equal(
		    gv_depgraph_put(g, i, packed.p, packed.len), 0);
	}
	gv_buf_release(&packed);
	assert_int_equal(gv_depgraph_link(g), 0);
}

static inline void
depgraph_tell_edge(struct gv_buf *out, const struct gv_depgraph *g,
    const struct gv_depgraph_edge *e)
{
	const uint32_t line = gv_depgraph_line(g, e),
		       file = gv_depgraph_file_of(g, e->from);
	const struct gv_symbol *s;

	gv_depgraph_add_id(out, g, file == GV_DEPGRAPH_NONE ? e->from : file);
	if (line)
		gv_buf_addf(out, ":%u", line);
	gv_buf_addf(out, " %s %s ", gv_symbol_edges[e->kind],
	    e->is_pattern ? "~>" : "->");
	if (e->target == GV_DEPGRAPH_NODE) {
		gv_depgraph_add_id(out, g, e->to);
	} else {
		gv_buf_addch(out, "?@!~"[e->target]);
		gv_depgraph_add_target(out, g, e);
	}
	s = e->symbol == GV_DEPGRAPH_NONE ? NULL : &g->symbols.items[e->symbol];
	if (s && e->target == GV_DEPGRAPH_EXTERNAL &&
	    gv_symbol_extra(&g->symbols, s)->len)
		gv_buf_addf(out, "=%s",
		    gv_symbol_text(
			&g->symbols, gv_symbol_extra(&g->symbols, s)));
	gv_buf_addch(out, '\n');
}

/* All edges, or those of one kind. */
static inline void
assert_edges(
    const struct depgraph_file *files, const char *kind, const char *expect)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_buf text = GV_BUF_INIT;
	uint32_t i;

	depgraph_fill(&g, files);
	for (i = 0; i < g.n_edges; i++)
		if (kind == NULL ||
		    strcmp(kind, gv_symbol_edges[g.edges[i].kind]) == 0)
			depgraph_tell_edge(&text, &g, &g.edges[i]);
	assert_string_equal(text.p, expect);
	gv_buf_release(&text);
	gv_depgraph_release(&g);
}

#endif
