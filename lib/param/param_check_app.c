#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/semver.h"
#include "param/param_check_internal.h"
#include "policy/team.h"

/*
 * What the application that reads a configuration needs at its version: keys
 * that it reads since a version, that it reads no more, or by another name.
 */

#define TEXT_MAX 400

struct asked {
	struct gv_param_checker *c;
	const struct gv_param_one *one;
	const struct gv_policy_app_rule *rule;
	bool is_present; /* the rule is one of the file, so its line is known */
	const char *text; /* of the version */
	const struct gv_semver *version;
};

/* ---- the version --------------------------------------------------------- */

/* The entry for a service itself, else the one for all. */
static struct gv_param_app *
find_given(const struct gv_param_checker *c, const char *service)
{
	struct gv_param_app *all = NULL;
	size_t i;

	for (i = 0; i < c->report->n_apps; i++) {
		struct gv_param_app *a = &c->report->apps[i];

		if (a->service == NULL)
			all = a;
		else if (service && strcmp(a->service, service) == 0)
			return a;
	}
	return all;
}

/* What was asked for, else what the configuration has at the key that says it:
 * *out is NULL where it is unknown, and *at the value, if there is one. */
static int
find_version(struct gv_buf *out, const struct gv_layer_value **at,
    const struct gv_param_checker *c, const struct gv_param_one *one,
    const struct gv_policy_app *app)
{
	struct gv_param_app *given = find_given(c, one->query.service);
	int r;

	*at = NULL;
	if (given) {
		given->is_used = true;
		gv_buf_addstr(out, given->version);
		return gv_buf_check(out);
	}
	if (app->version == NULL)
		return 0;
	*at = gv_layer_find(one->param->tree.root, app->version);
	if (*at == NULL || (*at)->n || (*at)->kind == GV_LAYER_NULL ||
	    gv_param_veil(one->param, *at))
		return 0;
	r = gv_layer_emit_plain(out, *at);
	return r < 0 ? r : gv_buf_check(out);
}

static int
say_unknown(struct gv_param_checker *c, const struct gv_param_one *one,
    const struct gv_policy_app *app, const struct gv_layer_value *at)
{
	return gv_param_check_say(c, one,
	    (struct gv_param_problem){
		.grade = app->version ? GV_PARAM_UNSURE : GV_PARAM_NOTE,
		.check = "version",
		.key = app->version ? app->version : "",
		.text = app->version
		    ? "it should be the version of the application, and is "
		      "no version such as 2.3.1"
		    : "which keys the application needs was not checked; name "
		      "its version with --app" },
	    at);
}

/* ---- keys ---------------------------------------------------------------- */

static const struct gv_layer_value *
find(const struct asked *a, const char *key)
{
	const struct gv_layer_value *v =
	    gv_layer_find(a->one->param->tree.root, key);

	return v && v->kind != GV_LAYER_NULL ? v : NULL;
}

/* Of a key that is missing the place is that of the rule. */
static int
say(const struct asked *a, enum gv_param_grade grade, const char *key,
    const char *text, const struct gv_layer_value *v)
{
	const bool has_own = a->rule->message && grade == GV_PARAM_WRONG;

	return gv_param_check_say(a->c, a->one,
	    (struct gv_param_problem){ .grade = grade,
		.check = "version",
		.key = key,
		.file = a->is_present ? GV_TEAM_POLICY : NULL,
		.line = a->is_present ? a->rule->line : 0,
		.text = has_own ? a->rule->message : text },
	    v);
}

static int
check_required(const struct asked *a)
{
	char text[TEXT_MAX];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < a->rule->requires.n; i++) {
		if (find(a, a->rule->requires.items[i]))
			continue;
		snprintf(text, sizeof(text),
		    "version %.64s needs this key (%.64s), which has no value",
		    a->text, a->rule->range);
		r = say(
		    a, GV_PARAM_WRONG, a->rule->requires.items[i], text, NULL);
	}
	return r;
}

static int
check_forbidden(const struct asked *a)
{
	const struct gv_layer_value *v;
	char text[TEXT_MAX];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < a->rule->forbids.n; i++) {
		if ((v = find(a, a->rule->forbids.items[i])) == NULL)
			continue;
		snprintf(text, sizeof(text),
		    "version %.64s does not take this key (%.64s)", a->text,
		    a->rule->range);
		r = say(a, GV_PARAM_WRONG, a->rule->forbids.items[i], text, v);
	}
	return r;
}

/* Both names are there while old and new versions run side by side: then each
 * reads its own. */
static int
check_renamed(const struct asked *a)
{
	const struct gv_policy_app_rule *rule = a->rule;
	const struct gv_layer_value *was, *is;
	char text[TEXT_MAX];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < rule->was.n; i++) {
		if ((was = find(a, rule->was.items[i])) == NULL)
			continue;
		is = find(a, rule->is.items[i]);
		snprintf(text, sizeof(text),
		    "version %.64s reads '%.128s'%s (%.64s)", a->text,
		    rule->is.items[i],
		    is ? " instead" : " instead, which has no value",
		    rule->range);
		r = say(a, is ? GV_PARAM_NOTE : GV_PARAM_WRONG,
		    rule->was.items[i], text, was);
	}
	return r;
}

/* A version before the range knows the old name alone. */
static int
check_not_renamed_yet(const struct asked *a)
{
	const struct gv_policy_app_rule *rule = a->rule;
	const struct gv_layer_value *is;
	char text[TEXT_MAX];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < rule->was.n; i++) {
		is = find(a, rule->is.items[i]);
		if (is == NULL || find(a, rule->was.items[i]))
			continue;
		snprintf(text, sizeof(text),
		    "version %.64s still reads '%.128s', which has no value "
		    "(renamed in %.64s)",
		    a->text, rule->was.items[i], rule->range);
		r = say(a, GV_PARAM_WRONG, rule->is.items[i], text, is);
	}
	return r;
}

/* ---- one configuration --------------------------------------------------- */

static bool
is_for(const struct gv_policy_app_rule *rule, const char *service)
{
	size_t i;

	for (i = 0; i < rule->services.n; i++)
		if (service && strcmp(rule->services.items[i], service) == 0)
			return true;
	return rule->services.n == 0;
}

static int
check_rule(const struct asked *a)
{
	int r;

	if (!is_for(a->rule, a->one->query.service))
		return 0;
	a->c->report->n_rules++;
	if (gv_semver_is_below(a->rule->range, a->version))
		return check_not_renamed_yet(a);
	if (!gv_semver_fits(a->rule->range, a->version))
		return 0;
	if ((r = check_required(a)) < 0 || (r = check_forbidden(a)) < 0)
		return r;
	return check_renamed(a);
}

static bool
has_rule_for(const struct gv_policy_app *app, const char *service)
{
	size_t i;

	for (i = 0; i < app->n_rules; i++)
		if (is_for(&app->rules[i], service))
			return true;
	return false;
}

static int
check_set(struct gv_param_checker *c, const struct gv_param_one *one,
    const struct gv_policy_config *set, bool is_present, struct gv_buf *text)
{
	const struct gv_layer_value *at;
	struct gv_semver version;
	struct asked a = { .c = c, .one = one, .is_present = is_present };
	size_t i;
	int r;

	gv_buf_reset(text);
	if ((r = find_version(text, &at, c, one, &set->app)) < 0)
		return r;
	if (!text->len || !gv_semver_read(&version, text->p, text->len)) {
		gv_buf_reset(text);
		return has_rule_for(&set->app, one->query.service)
		    ? say_unknown(c, one, &set->app, at)
		    : 0;
	}
	a.text = text->p;
	a.version = &version;
	for (i = 0; r == 0 && i < set->app.n_rules; i++) {
		a.rule = &set->app.rules[i];
		r = check_rule(&a);
	}
	return r;
}

int
gv_param_check_app(struct gv_param_checker *c, const struct gv_param_one *one)
{
	const struct gv_param_report *report = c->report;
	const struct gv_policy_config *sets[2];
	const size_t n = gv_param_check_sets(sets, c->pool, one->query.layout);
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	/* the present set comes last: its version goes to who visits */
	for (i = n; r == 0 && i-- > 0;)
		if (sets[i]->app.n_rules + sets[i]->app.n_checks)
			r = check_set(c, one, sets[i],
			    sets[i] ==
				gv_policy_config(&c->pool->policy.configs,
				    one->query.layout),
			    &text);
	if (r == 0 && report->visit)
		r = report->visit(report->visit_ctx, one->param, &one->query,
		    one->name, text.len ? text.p : NULL);
	gv_buf_release(&text);
	return r;
}
