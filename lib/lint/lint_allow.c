#include "lint/lint_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "config/policy.h"

/*
 * What is allowed: by a comment at each place of a finding, by the policy, by
 * the baseline. A baseline may have as many lines as there are findings, so
 * that they are found by rule and subject.
 */

struct allowing {
	struct gv_lint *c;
	bool *has_comment;   /* by file; NULL: none has one */
	struct gv_map exact; /* of one rule and subject: the ignore + 1 */
	struct gv_buf key;
};

/* The comment in the line, or in the one above it. */
static const struct gv_symbol *
find_comment(const struct gv_lint *c, const struct gv_lint_finding *f,
    const struct gv_lint_place *place)
{
	const struct gv_depgraph_file *file = &c->graph->files[place->file];
	uint32_t k;

	for (k = file->first; k < file->first + file->n; k++) {
		const struct gv_symbol *s = &c->graph->symbols.items[k];

		if (s->kind == GV_SYMBOL_VALUE &&
		    s->word == GV_SYMBOL_VALUE_IGNORE &&
		    (s->line == place->line || s->line + 1 == place->line ||
			place->line == 0) &&
		    gv_lint_rule_is(f->rule, gv_lint_name(c, s)))
			return s;
	}
	return NULL;
}

static bool
by_comment(const struct allowing *a, struct gv_lint_finding *f)
{
	const struct gv_symbol *s = NULL;
	const char *reason;
	size_t i;

	if (a->has_comment == NULL)
		return false;
	for (i = 0; i < f->n; i++)
		if (!a->has_comment[f->places[i].file] ||
		    (s = find_comment(a->c, f, &f->places[i])) == NULL)
			return false;
	f->allowed = GV_LINT_BY_COMMENT;
	if (s == NULL)
		return true;
	/* the report is kept when the symbols are gone */
	reason = gv_lint_extra(a->c, s);
	f->reason = gv_arena_copy(&a->c->report->arena, reason, strlen(reason));
	a->c->failed |= f->reason == NULL;
	return true;
}

/* Which files have comments that allow something. */
static void
note_comments(struct allowing *a)
{
	const struct gv_depgraph *g = a->c->graph;
	size_t i;

	for (i = 0; i < g->symbols.n && !a->c->failed; i++) {
		const struct gv_symbol *s = &g->symbols.items[i];

		if (s->kind != GV_SYMBOL_VALUE ||
		    s->word != GV_SYMBOL_VALUE_IGNORE)
			continue;
		if (a->has_comment == NULL)
			a->has_comment = calloc(
			    (size_t)g->n_files + 1, sizeof(*a->has_comment));
		if (a->has_comment)
			a->has_comment[g->file_of[i]] = true;
		else
			a->c->failed = true;
	}
}

static bool
is_in(const struct gv_lint *c, const struct gv_lint_finding *f,
    const char *pattern)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct gv_depgraph_file *file =
		    &c->graph->files[f->places[i].file];

		if (!gv_glob_match(pattern, strlen(pattern), file->path,
			file->len, GV_GLOB_PATHNAME))
			return false;
	}
	return true;
}

/* The entry of a policy that allows a finding. */
static const struct gv_policy_lint_ignore *
entry_of(struct gv_lint *c, const struct gv_lint_finding *f,
    const struct gv_policy_lint *policy)
{
	size_t i;

	for (i = 0; i < policy->n_ignores; i++) {
		const struct gv_policy_lint_ignore *ig = &policy->ignores[i];

		if ((ig->rule == NULL || gv_lint_rule_is(f->rule, ig->rule)) &&
		    (ig->path == NULL || is_in(c, f, ig->path)) &&
		    !gv_lint_is_past(c, ig->ends))
			return ig;
	}
	return NULL;
}

static bool
by_policy(struct gv_lint *c, struct gv_lint_finding *f)
{
	const struct gv_policy_lint_ignore *ig = NULL;
	size_t i;

	for (i = 0; i < c->opts->n_policies; i++)
		if ((ig = entry_of(c, f, c->opts->policies[i])) == NULL)
			return false;
	if (ig == NULL)
		return false;
	f->allowed = GV_LINT_BY_POLICY;
	f->reason = ig->reason;
	return true;
}

/* ---- the baseline -------------------------------------------------------- */

static bool
is_exact(const struct gv_lint_ignore *ig)
{
	return ig->subject && ig->path == NULL && gv_lint_rule(ig->rule);
}

static bool
set_key(struct allowing *a, const char *rule, const char *subject)
{
	gv_buf_reset(&a->key);
	gv_buf_addstr(&a->key, rule);
	gv_buf_addch(&a->key, ' ');
	gv_buf_addstr(&a->key, subject);
	a->c->failed |= gv_buf_check(&a->key) < 0;
	return !a->c->failed;
}

static void
note_exact(struct allowing *a)
{
	const struct gv_lint_opts *opts = a->c->opts;
	const char *key;
	size_t i;

	/* of several the first counts */
	for (i = opts->n_ignores; i-- > 0;) {
		const struct gv_lint_ignore *ig = &opts->ignores[i];

		if (!is_exact(ig) || !set_key(a, ig->rule, ig->subject))
			continue;
		key = gv_arena_copy(&a->c->report->arena, a->key.p, a->key.len);
		if (key == NULL ||
		    gv_map_put(&a->exact, key, a->key.len,
			(void *)(uintptr_t)(i + 1)) < 0)
			a->c->failed = true;
	}
}

static const struct gv_lint_ignore *
exact_of(struct allowing *a, const struct gv_lint_finding *f)
{
	uintptr_t at;

	if (a->exact.n == 0 || !set_key(a, f->rule->id, f->subject))
		return NULL;
	at = (uintptr_t)gv_map_get(&a->exact, a->key.p, a->key.len);
	return at ? &a->c->opts->ignores[at - 1] : NULL;
}

static const struct gv_lint_ignore *
ignore_of(struct allowing *a, const struct gv_lint_finding *f)
{
	const struct gv_lint_opts *opts = a->c->opts;
	size_t i, n = opts->n_ignores - a->exact.n;

	/* most baselines have nothing else */
	for (i = 0; n && i < opts->n_ignores; i++) {
		const struct gv_lint_ignore *ig = &opts->ignores[i];

		if (!is_exact(ig) && gv_lint_rule_is(f->rule, ig->rule) &&
		    (!ig->subject || strcmp(ig->subject, f->subject) == 0) &&
		    (!ig->path || is_in(a->c, f, ig->path)))
			return ig;
	}
	return exact_of(a, f);
}

static void
look(struct allowing *a, struct gv_lint_finding *f)
{
	const struct gv_lint_ignore *ig;

	if (by_comment(a, f) || by_policy(a->c, f) ||
	    (ig = ignore_of(a, f)) == NULL)
		return;
	f->allowed = ig->by;
	f->reason = ig->reason;
}

void
gv_lint_allow(struct gv_lint *c)
{
	struct allowing a = {
		.c = c, .exact = GV_MAP_INIT, .key = GV_BUF_INIT
	};
	size_t i;

	note_comments(&a);
	note_exact(&a);
	for (i = 0; i < c->report->n && !c->failed; i++)
		look(&a, &c->report->findings[i]);
	free(a.has_comment);
	gv_map_release(&a.exact);
	gv_buf_release(&a.key);
}
