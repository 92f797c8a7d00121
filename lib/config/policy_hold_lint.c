#include <string.h>

#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"

/*
 * The section check: both policies are kept, and what they allow together
 * counts, since only a finding says which of them is stricter. Here is decided
 * which keys of the present one wait for that reason.
 */

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* ---- rules --------------------------------------------------------------- */

/* What a rule is by default is not known here. Without it, only an error surely
 * loosens nothing, and dropping a note or an off does not either. */
static bool
is_laxer(const struct gv_policy_lint *was, const struct gv_policy_lint *now,
    const char *rule)
{
	const enum gv_policy_level a = gv_policy_lint_level(was, rule);
	const enum gv_policy_level b = gv_policy_lint_level(now, rule);

	if (a == GV_POLICY_LEVEL_UNSAID)
		return b != GV_POLICY_LEVEL_UNSAID &&
		    b != GV_POLICY_LEVEL_ERROR;
	return b == GV_POLICY_LEVEL_UNSAID ? a >= GV_POLICY_LEVEL_WARNING
					   : b < a;
}

static bool
are_rules_laxer(
    const struct gv_policy_lint *was, const struct gv_policy_lint *now)
{
	size_t i;

	for (i = 0; i < was->n_levels; i++)
		if (is_laxer(was, now, was->levels[i].rule))
			return true;
	for (i = 0; i < now->n_levels; i++)
		if (is_laxer(was, now, now->levels[i].rule))
			return true;
	return false;
}

/* ---- lists --------------------------------------------------------------- */

static bool
is_ignored_before(const struct gv_policy_lint *was,
    const struct gv_policy_lint_ignore *ignore)
{
	size_t i;

	for (i = 0; i < was->n_ignores; i++)
		if (is_same_text(was->ignores[i].rule, ignore->rule) &&
		    is_same_text(was->ignores[i].path, ignore->path) &&
		    ignore->ends <= was->ignores[i].ends)
			return true;
	return false;
}

static bool
has_text(const struct gv_policy_texts *texts, const char *text)
{
	size_t i;

	for (i = 0; i < texts->n; i++)
		if (strcmp(texts->items[i], text) == 0)
			return true;
	return false;
}

/* Whether all of them are in the other list. */
static bool
has_all(const struct gv_policy_texts *of, const struct gv_policy_texts *in)
{
	size_t i;

	for (i = 0; i < of->n; i++)
		if (!has_text(in, of->items[i]))
			return false;
	return true;
}

static bool
is_required_after(
    const struct gv_policy_lint *now, const struct gv_policy_required *q)
{
	size_t i;

	for (i = 0; i < now->n_required; i++)
		if (strcmp(now->required[i].path, q->path) == 0 &&
		    has_all(&q->files, &now->required[i].files) &&
		    has_all(&q->keys, &now->required[i].keys))
			return true;
	return false;
}

static bool
is_more_allowed(
    const struct gv_policy_lint *was, const struct gv_policy_lint *now)
{
	int i;

	for (i = 0; i < GV_POLICY_SOURCES; i++)
		if (was->has_allowed[i] &&
		    (!now->has_allowed[i] ||
			!has_all(&now->allowed[i], &was->allowed[i])))
			return true;
	return false;
}

/* ---- the section --------------------------------------------------------- */

void
gv_policy_hold_lint(struct gv_policy_hold *h)
{
	const struct gv_policy_lint *was = &h->out->lint;
	const struct gv_policy_lint *now = &h->present->lint;
	size_t i;

	if (are_rules_laxer(was, now))
		gv_policy_hold_wait(h, "check.rules");
	for (i = 0; i < now->n_ignores; i++)
		if (!is_ignored_before(was, &now->ignores[i]))
			gv_policy_hold_wait(h, "check.ignore");
	if (!has_all(&was->protected, &now->protected))
		gv_policy_hold_wait(h, "check.protected");
	for (i = 0; i < was->n_required; i++)
		if (!is_required_after(now, &was->required[i]))
			gv_policy_hold_wait(h, "check.required");
	if (is_more_allowed(was, now))
		gv_policy_hold_wait(h, "check.allowed");
	if (gv_policy_is_push_laxer(now->push, was->push))
		gv_policy_hold_wait(h, "check.push");
	h->out->lint_also = *now;
	h->out->is_lint_double = true;
	memset(&h->present->lint, 0, sizeof(h->present->lint));
}
