#include "lint/lint_internal.h"

#include <string.h>

#include "base/glob.h"
#include "config/policy.h"

/*
 * What is allowed: by a comment at each place of a finding, by the policy, by
 * the baseline.
 */

/* The comment in the line, or in the one above it. */
static const struct gv_symbol *
comment_at(const struct gv_lint *c, const struct gv_lint_finding *f,
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
by_comment(struct gv_lint *c, struct gv_lint_finding *f)
{
	const struct gv_symbol *s = NULL;
	size_t i;

	for (i = 0; i < f->n; i++)
		if ((s = comment_at(c, f, &f->places[i])) == NULL)
			return false;
	f->allowed = GV_LINT_BY_COMMENT;
	f->reason = s ? gv_lint_extra(c, s) : NULL;
	return true;
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
entry_of(const struct gv_lint *c, const struct gv_lint_finding *f,
    const struct gv_policy_lint *policy)
{
	size_t i;

	for (i = 0; i < policy->n_ignores; i++) {
		const struct gv_policy_lint_ignore *ig = &policy->ignores[i];

		if ((ig->rule == NULL || gv_lint_rule_is(f->rule, ig->rule)) &&
		    (ig->path == NULL || is_in(c, f, ig->path)) &&
		    c->opts->now < ig->ends)
			return ig;
	}
	return NULL;
}

static bool
by_policy(const struct gv_lint *c, struct gv_lint_finding *f)
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

static void
look(struct gv_lint *c, struct gv_lint_finding *f)
{
	size_t i;

	if (by_comment(c, f) || by_policy(c, f))
		return;
	for (i = 0; i < c->opts->n_ignores; i++) {
		const struct gv_lint_ignore *ig = &c->opts->ignores[i];

		if (!gv_lint_rule_is(f->rule, ig->rule) ||
		    (ig->subject && strcmp(ig->subject, f->subject) != 0) ||
		    (ig->path && !is_in(c, f, ig->path)))
			continue;
		f->allowed = ig->by;
		f->reason = ig->reason;
		return;
	}
}

void
gv_lint_allow(struct gv_lint *c)
{
	size_t i;

	for (i = 0; i < c->report->n && !c->failed; i++)
		look(c, &c->report->findings[i]);
}
