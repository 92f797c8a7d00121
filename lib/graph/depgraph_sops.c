#include "graph/depgraph_internal.h"

#include <cre2.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Rules of SOPS: those of the nearest .sops.yaml above a file, of which the
 * first counts whose expression matches the path from there. SOPS is written in
 * Go, whose expressions are those of RE2.
 */

#define MAX_MEM ((int64_t)1 << 20) /* of one expression */

/* The expressions of one file of rules, as the last file needed them. */
struct gv_depgraph_sops {
	uint32_t file;
	cre2_regexp_t **rules; /* by its symbols; NULL: no rule */
	uint32_t n;
	bool is_sure; /* all of them could be read */
};

static uint32_t
find_rules(const struct gv_depgraph *g, uint32_t folder)
{
	static const char *const names[] = { ".sops.yaml", ".sops.yml" };
	uint32_t i;
	size_t k;

	for (;; folder = g->folders[folder].parent) {
		const struct gv_depgraph_folder *f = &g->folders[folder];

		for (i = f->first; i < f->first + f->n; i++)
			for (k = 0; k < 2; k++)
				if (gv_depgraph_is(
					gv_depgraph_name(g, i), names[k]))
					return i;
		if (folder == 0)
			return GV_DEPGRAPH_NONE;
	}
}

static void
close_rules(struct gv_depgraph_sops *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		cre2_delete(s->rules[i]);
	free(s->rules);
	s->rules = NULL;
	s->n = 0;
}

static int
compile(cre2_regexp_t **out, const char *pattern, size_t len)
{
	cre2_options_t *opt = cre2_opt_new();

	if (opt == NULL)
		return gv_err_nomem();
	cre2_opt_set_log_errors(opt, 0);
	cre2_opt_set_max_mem(opt, MAX_MEM);
	*out = cre2_new(pattern, (int)len, opt);
	cre2_opt_delete(opt);
	return *out ? 0 : gv_err_nomem();
}

static int
open_rules(
    struct gv_depgraph_sops *s, const struct gv_depgraph *g, uint32_t file)
{
	const struct gv_depgraph_file *f = &g->files[file];
	uint32_t i;
	int r;

	close_rules(s);
	s->file = file;
	s->is_sure = f->n != 0;
	s->rules = calloc((size_t)f->n + 1, sizeof(cre2_regexp_t *));
	if (s->rules == NULL)
		return gv_err_nomem();
	s->n = f->n;
	for (i = 0; i < f->n; i++) {
		const struct gv_symbol *rule = &g->symbols.items[f->first + i];

		if (rule->kind != GV_SYMBOL_DEFINITION ||
		    rule->word != GV_SYMBOL_SPACE_SOPS_RULE)
			continue;
		r = compile(&s->rules[i],
		    gv_symbol_text(&g->symbols, &rule->name), rule->name.len);
		if (r < 0)
			return r;
		if (cre2_error_code(s->rules[i]) == 0)
			continue;
		s->is_sure = false;
		cre2_delete(s->rules[i]);
		s->rules[i] = NULL;
	}
	return 0;
}

int
gv_depgraph_find_rule(
    struct gv_depgraph_found *found, struct gv_depgraph *g, uint32_t file)
{
	const struct gv_depgraph_file *f = &g->files[file];
	const uint32_t rules = find_rules(g, f->folder);
	size_t skip;
	uint32_t i;
	int r;

	found->target = GV_DEPGRAPH_NODE;
	if (rules == GV_DEPGRAPH_NONE)
		return 0;
	if (g->sops == NULL) {
		g->sops = calloc(1, sizeof(*g->sops));
		if (g->sops == NULL)
			return gv_err_nomem();
		g->sops->file = GV_DEPGRAPH_NONE;
	}
	if (g->sops->file != rules && (r = open_rules(g->sops, g, rules)) < 0)
		return r;
	skip = g->folders[g->files[rules].folder].len;
	skip += skip != 0;
	for (i = 0; i < g->sops->n; i++) {
		if (g->sops->rules[i] == NULL ||
		    cre2_match(g->sops->rules[i], f->path + skip,
			(int)(f->len - skip), 0, (int)(f->len - skip),
			CRE2_UNANCHORED, NULL, 0) != 1)
			continue;
		gv_depgraph_found_add(found,
		    gv_depgraph_symbol_node(g, g->files[rules].first + i));
		return 0;
	}
	if (g->sops->is_sure)
		found->target = GV_DEPGRAPH_MISSING;
	return 0;
}

void
gv_depgraph_sops_free(struct gv_depgraph_sops *s)
{
	if (s == NULL)
		return;
	close_rules(s);
	free(s);
}
