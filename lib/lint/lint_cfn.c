#include "lint/lint_internal.h"

#include <string.h>

/*
 * CloudFormation: a key of a mapping that FindInMap asks for, as it is written,
 * or for each value that a parameter may have. A part with a condition may
 * never be made with the value that is missing: there it is information.
 */

#define REF "!Ref "

/* Whether a symbol has a value of that kind; of any text where it is NULL. They
 * are right behind it. */
static bool
has_value(const struct gv_lint *c, uint32_t of, enum gv_symbol_value value,
    const char *text)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_file *f = &g->files[g->file_of[of]];
	uint32_t k;

	for (k = of + 1; k < f->first + f->n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind != GV_SYMBOL_VALUE || s->in != of)
			return false;
		if (s->word == value &&
		    (text == NULL || strcmp(gv_lint_name(c, s), text) == 0))
			return true;
	}
	return false;
}

/* Whether what the reference is in may be left out, or a part of it. */
static bool
has_condition(const struct gv_lint *c, uint32_t of)
{
	const struct gv_depgraph *g = c->graph;
	const struct gv_depgraph_file *f = &g->files[g->file_of[of]];
	uint32_t k;

	for (k = f->first; k < f->first + f->n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind == GV_SYMBOL_REFERENCE &&
		    s->word == GV_SYMBOL_EDGE_CFN_CONDITION &&
		    s->in == g->symbols.items[of].in)
			return true;
	}
	return false;
}

static uint32_t
find_parameter(const struct gv_lint *c, uint32_t file, const char *name)
{
	const struct gv_depgraph_file *f = &c->graph->files[file];
	uint32_t k;

	for (k = f->first; k < f->first + f->n; k++) {
		const struct gv_symbol *s = &c->graph->symbols.items[k];

		if (s->kind == GV_SYMBOL_DEFINITION &&
		    s->word == GV_SYMBOL_SPACE_CFN_PARAMETER &&
		    strcmp(gv_lint_name(c, s), name) == 0)
			return k;
	}
	return GV_DEPGRAPH_NONE;
}

static void
add_key(struct gv_lint *c, uint32_t ref, const char *key, const char *parameter)
{
	const char *mapping = gv_lint_name(c, &c->graph->symbols.items[ref]);
	struct gv_buf subject = GV_BUF_INIT, text = GV_BUF_INIT;

	gv_buf_addf(&subject, "%s %s.%s", gv_lint_path(c, ref), mapping, key);
	if (parameter)
		gv_buf_addf(&text, "'%s' may be '%s', but the", parameter, key);
	gv_buf_addf(&text, "%s mapping '%s' has no key '%s'",
	    parameter ? "" : "the", mapping, key);
	if (gv_buf_check(&subject) < 0 || gv_buf_check(&text) < 0)
		c->failed = true;
	else
		(has_condition(c, ref) ? gv_lint_note : gv_lint_add)(c,
		    "cfn/mapping", subject.p, gv_lint_at(c, ref), "%s", text.p);
	gv_buf_release(&subject);
	gv_buf_release(&text);
}

/* Most of the values are of something else: one finding. */
static void
add_many(struct gv_lint *c, uint32_t ref, const char *const *keys,
    const char *parameter)
{
	const char *mapping = gv_lint_name(c, &c->graph->symbols.items[ref]);
	struct gv_buf subject = GV_BUF_INIT, names = GV_BUF_INIT;

	gv_buf_addf(&subject, "%s %s." REF "%s", gv_lint_path(c, ref), mapping,
	    parameter);
	gv_lint_add_names(&names, keys, GV_LINT_SHOWN, true);
	if (gv_buf_check(&subject) < 0 || gv_buf_check(&names) < 0)
		c->failed = true;
	else
		(has_condition(c, ref) ? gv_lint_note : gv_lint_add)(c,
		    "cfn/mapping", subject.p, gv_lint_at(c, ref),
		    "'%s' may be %s, and the mapping '%s' has no such keys",
		    parameter, names.p, mapping);
	gv_buf_release(&subject);
	gv_buf_release(&names);
}

/* Each value that a parameter may have. */
static void
look_at_allowed(
    struct gv_lint *c, uint32_t ref, uint32_t mapping, const char *name)
{
	const struct gv_depgraph *g = c->graph;
	const uint32_t file = g->file_of[ref],
		       of = find_parameter(c, file, name);
	const struct gv_depgraph_file *f = &g->files[file];
	const char *keys[GV_LINT_MANY];
	size_t n = 0, i;
	uint32_t k;

	if (of == GV_DEPGRAPH_NONE)
		return;
	for (k = of + 1; k < f->first + f->n && n < GV_LINT_MANY; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (s->kind != GV_SYMBOL_VALUE || s->in != of)
			break;
		if (s->word == GV_SYMBOL_VALUE_CFN_ALLOWED &&
		    !has_value(c, mapping, GV_SYMBOL_VALUE_CFN_MAPPING_KEY,
			gv_lint_name(c, s)))
			keys[n++] = gv_lint_name(c, s);
	}
	if (n == GV_LINT_MANY)
		add_many(c, ref, keys, name);
	for (i = 0; n < GV_LINT_MANY && i < n; i++)
		add_key(c, ref, keys[i], name);
}

void
gv_lint_mappings(struct gv_lint *c)
{
	const struct gv_depgraph *g = c->graph;
	uint32_t i, mapping;

	for (i = 0; i < g->n_edges && !c->failed; i++) {
		const struct gv_depgraph_edge *e = &g->edges[i];
		const char *key;

		if (e->kind != GV_SYMBOL_EDGE_CFN_MAPPING ||
		    e->target != GV_DEPGRAPH_NODE || e->is_pattern ||
		    e->symbol == GV_DEPGRAPH_NONE ||
		    gv_depgraph_definition(g, e->to) == NULL)
			continue;
		mapping = e->to - g->n_files - g->n_folders;
		key = gv_lint_extra(c, &g->symbols.items[e->symbol]);
		/* a mapping that a macro fills says nothing */
		if (*key == '\0' ||
		    !has_value(
			c, mapping, GV_SYMBOL_VALUE_CFN_MAPPING_KEY, NULL))
			continue;
		if (strncmp(key, REF, strlen(REF)) == 0)
			look_at_allowed(
			    c, e->symbol, mapping, key + strlen(REF));
		else if (!has_value(
			     c, mapping, GV_SYMBOL_VALUE_CFN_MAPPING_KEY, key))
			add_key(c, e->symbol, key, NULL);
	}
}
