#include "lint/lint_far.h"

#include <string.h>

#include "base/glob.h"
#include "config/policy.h"
#include "graph/depgraph.h"
#include "graph/depgraph_change.h"
#include "lint/lint.h"

/*
 * What a change of some files may break far away from them. Only what can be an
 * error counts: what a cluster may have as well never is one.
 */

static const char *
extra_of(const struct gv_symbols *of, const struct gv_symbol *s)
{
	return gv_symbol_text(of, gv_symbol_extra(of, s));
}

/* Names that other folders refer to. */
static bool
is_seen_far(const struct gv_symbols *of, const struct gv_symbol *s)
{
	(void)of;
	return s->kind == GV_SYMBOL_DEFINITION &&
	    (s->word == GV_SYMBOL_SPACE_TF_OUTPUT ||
		s->word == GV_SYMBOL_SPACE_TF_VARIABLE ||
		s->word == GV_SYMBOL_SPACE_K8S_KEY ||
		s->word == GV_SYMBOL_SPACE_ANSIBLE_ROLE ||
		s->word == GV_SYMBOL_SPACE_GITLAB_JOB);
}

/* Names that must not be used twice in the tree. */
static bool
is_only_once(const struct gv_symbols *of, const struct gv_symbol *s)
{
	(void)of;
	return s->kind == GV_SYMBOL_DEFINITION &&
	    s->word == GV_SYMBOL_SPACE_TF_BACKEND;
}

/* The key of an object that may be in any folder. */
static bool
asks_far(const struct gv_symbols *of, const struct gv_symbol *s)
{
	return s->kind == GV_SYMBOL_REFERENCE && *extra_of(of, s) &&
	    (s->word == GV_SYMBOL_EDGE_K8S_SECRET ||
		s->word == GV_SYMBOL_EDGE_K8S_CONFIG);
}

static bool
has_same(const struct gv_depgraph *g, uint32_t file,
    const struct gv_symbols *of, const struct gv_symbol *s)
{
	uint32_t k;

	if (file == GV_DEPGRAPH_NONE)
		return false;
	for (k = g->files[file].first;
	     k < g->files[file].first + g->files[file].n; k++) {
		const struct gv_symbol *own = &g->symbols.items[k];

		if (own->kind == s->kind && own->word == s->word &&
		    strcmp(gv_symbol_text(&g->symbols, &own->name),
			gv_symbol_text(of, &s->name)) == 0 &&
		    strcmp(extra_of(&g->symbols, own), extra_of(of, s)) == 0)
			return true;
	}
	return false;
}

/* Whether a file has one of these symbols that the other one lacks. */
static bool
has_more(const struct gv_depgraph *g, uint32_t file,
    const struct gv_depgraph *than, uint32_t other,
    bool (*counts)(const struct gv_symbols *of, const struct gv_symbol *s))
{
	uint32_t k;

	if (file == GV_DEPGRAPH_NONE)
		return false;
	for (k = g->files[file].first;
	     k < g->files[file].first + g->files[file].n; k++) {
		const struct gv_symbol *s = &g->symbols.items[k];

		if (counts(&g->symbols, s) &&
		    !has_same(than, other, &g->symbols, s))
			return true;
	}
	return false;
}

static bool
is_folder_gone(
    const struct gv_depgraph *now, const struct gv_depgraph_change *change)
{
	const char *slash = memrchr(change->path, '/', change->len);

	return change->kind == GV_DEPGRAPH_DELETED &&
	    gv_depgraph_find_folder(now, change->path,
		slash ? (size_t)(slash - change->path) : 0) == GV_DEPGRAPH_NONE;
}

bool
gv_lint_is_far(const struct gv_depgraph *was, const struct gv_depgraph *now,
    const struct gv_depgraph_changes *changes)
{
	size_t i;

	for (i = 0; i < changes->n; i++) {
		const struct gv_depgraph_change *c = &changes->items[i];
		const uint32_t a = gv_depgraph_find_file(was, c->path, c->len);
		const uint32_t b = gv_depgraph_find_file(now, c->path, c->len);

		if (is_folder_gone(now, c) ||
		    has_more(was, a, now, b, is_seen_far) ||
		    has_more(now, b, was, a, is_only_once) ||
		    has_more(now, b, was, a, asks_far))
			return true;
	}
	return false;
}

bool
gv_lint_is_near(const char *rule)
{
	static const char *const near[] = { "cfn/ref", "cfn/mapping",
		"compose/undefined", "cycle", "docker/stage", "helm/template",
		"kustomize/duplicate", "parse/error", "policy/source",
		"policy/version", "ref/case", "ref/missing-file",
		"tf/backend-shared", "tf/undeclared", "tf/undeclared-var" };
	size_t i;

	for (i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		if (strcmp(near[i], rule) == 0)
			return true;
	return false;
}

bool
gv_lint_is_protected(
    const struct gv_lint_opts *opts, const char *path, size_t len)
{
	size_t i, k;

	for (i = 0; i < opts->n_policies; i++) {
		const struct gv_policy_texts *list =
		    &opts->policies[i]->protected;

		if (gv_policy_lint_level(opts->policies[i],
			"policy/protected") == GV_POLICY_LEVEL_OFF)
			continue;
		for (k = 0; k < list->n; k++)
			if (gv_glob_match(list->items[k],
				strlen(list->items[k]), path, len,
				GV_GLOB_PATHNAME))
				return true;
	}
	return false;
}
