#include "lint/lint_internal.h"

#include <string.h>

/*
 * Names of one kind that a file refers to. Where most of them are missing, what
 * is wrong is the file, or the code beside it: one cause, not one a name.
 */

/* The kind of an edge, which may be new; NULL: there are too many. */
static struct gv_lint_kind *
kind_of(struct gv_lint_many *many, uint16_t edge, uint16_t space)
{
	size_t i;

	for (i = 0; i < many->n; i++)
		if (many->kinds[i].edge == edge &&
		    many->kinds[i].space == space)
			return &many->kinds[i];
	if (many->n == GV_LINT_KINDS)
		return NULL;
	many->kinds[many->n] = (struct gv_lint_kind){ .edge = edge,
		.space = space,
		.last = GV_DEPGRAPH_NONE,
		.finding = GV_DEPGRAPH_NONE };
	return &many->kinds[many->n++];
}

static void
add_name(struct gv_lint_kind *kind, const char *name)
{
	uint32_t i;

	if (kind->n_names == GV_LINT_MANY)
		return;
	for (i = 0; i < kind->n_names; i++)
		if (strcmp(kind->names[i], name) == 0)
			return;
	kind->names[kind->n_names++] = name;
}

/* A reference may lead to several definitions. */
static void
count(struct gv_lint_many *many, const struct gv_lint *c,
    const struct gv_depgraph_edge *e)
{
	const struct gv_symbol *s = &c->graph->symbols.items[e->symbol];
	struct gv_lint_kind *kind;

	if (e->is_pattern || s->how != GV_SYMBOL_BY_NAME ||
	    (kind = kind_of(many, e->kind, s->space)) == NULL ||
	    kind->last == e->symbol)
		return;
	kind->last = e->symbol;
	kind->n++;
	if (e->target != GV_DEPGRAPH_MISSING)
		return;
	kind->n_missing++;
	add_name(kind, gv_lint_name(c, s));
}

void
gv_lint_many_begin(
    struct gv_lint_many *many, const struct gv_lint *c, uint32_t edge)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t i, n_missing = 0;

	many->n = 0;
	many->file = g->file_of[g->edges[edge].symbol];
	for (i = edge;
	     i < g->n_edges && g->edges[i].symbol != GV_DEPGRAPH_NONE &&
	     g->file_of[g->edges[i].symbol] == many->file;
	     i++)
		n_missing += g->edges[i].target == GV_DEPGRAPH_MISSING;
	if (n_missing < GV_LINT_MANY)
		return;
	for (; edge < i; edge++)
		count(many, c, &g->edges[edge]);
}

struct gv_lint_kind *
gv_lint_many_find(struct gv_lint_many *many, const struct gv_depgraph_edge *e,
    const struct gv_symbol *s)
{
	struct gv_lint_kind *kind;
	size_t i;

	for (i = 0; i < many->n; i++) {
		kind = &many->kinds[i];
		if (kind->edge == e->kind && kind->space == s->space &&
		    s->how == GV_SYMBOL_BY_NAME)
			return kind->n_names == GV_LINT_MANY &&
				2 * kind->n_missing > kind->n
			    ? kind
			    : NULL;
	}
	return NULL;
}

void
gv_lint_add_names(
    struct gv_buf *out, const char *const *names, size_t n, bool has_more)
{
	size_t i;

	for (i = 0; i < n; i++)
		gv_buf_addf(out, "%s'%s'",
		    i == 0                        ? ""
			: i + 1 == n && !has_more ? " and "
						  : ", ",
		    names[i]);
	if (has_more)
		gv_buf_addstr(out, " and others");
}
