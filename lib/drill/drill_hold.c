#include <string.h>

#include "base/err.h"
#include "drill/drill_internal.h"

static int
pass_objects(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_answer *a)
{
	struct gv_drill *d = run->drill;
	const uint64_t opened =
	    d->secrets > d->unopened ? d->secrets - d->unopened : 0;

	step->result = GV_DRILL_PASSED;
	step->detail =
	    gv_drill_text(d, "%llu objects, and this key opens %llu secret%s%s",
		(unsigned long long)gv_drill_answer_count(a, "objects"),
		(unsigned long long)opened, opened == 1 ? "" : "s",
		d->unopened ? ", but none of other scopes" : "");
	return step->detail ? 0 : GV_ENOMEM;
}

/* All objects of the snapshot, every secret opened, every version of a state.
 */
int
gv_drill_objects(struct gv_drill_run *run, struct gv_drill_step *step)
{
	struct gv_drill *d = run->drill;
	const char *const args[] = { "verify", "--deep", d->snapshot, NULL };
	struct gv_answer a;
	bool is_own;
	int r = gv_drill_ask(&a, run, args);

	if (r < 0)
		return r;
	d->secrets = gv_drill_answer_count(&a, "secrets");
	d->unopened = gv_drill_answer_sealed(&is_own, run, &a, "unopened");
	if (a.status != 0)
		r = gv_drill_fail_by(run, step, &a);
	else if (is_own)
		r = gv_drill_fail_as(run, step, "wrong_recipient",
		    gv_drill_text(d, "no key here opens %llu of its secrets",
			(unsigned long long)d->unopened),
		    NULL);
	else
		r = pass_objects(run, step, &a);
	gv_answer_release(&a);
	return r;
}

static uint64_t
count_findings(const struct gv_answer *a)
{
	const struct gv_unjson_node *list =
	    a->doc ? gv_unjson_get(gv_unjson_root(a->doc), "findings") : NULL;
	const struct gv_unjson_node *one;
	uint64_t n = 0;

	for (one = list ? list->first : NULL; one; one = one->next)
		n++;
	return n;
}

#define UNREADABLE "parse/error" /* the rule of what cannot be parsed */

/* The finding that explains most: a file that cannot be parsed defines nothing,
 * so that whatever names something in it is a finding, too. */
static const struct gv_unjson_node *
main_finding(const struct gv_answer *a)
{
	const struct gv_unjson_node *list =
	    a->doc ? gv_unjson_get(gv_unjson_root(a->doc), "findings") : NULL;
	const struct gv_unjson_node *one;
	const char *rule;

	for (one = list ? list->first : NULL; one; one = one->next)
		if ((rule = gv_unjson_get_text(one, "rule")) &&
		    strcmp(rule, UNREADABLE) == 0)
			return one;
	return list ? list->first : NULL;
}

/* A finding with its place; NULL without memory. */
static const char *
name_finding(struct gv_drill_run *run, const struct gv_unjson_node *finding)
{
	const struct gv_unjson_node *places = gv_unjson_get(finding, "places");
	const struct gv_unjson_node *at = places ? places->first : NULL;
	const char *path = gv_unjson_get_text(at, "path");
	const char *text = gv_unjson_get_text(finding, "message");
	const int64_t line = gv_unjson_count(gv_unjson_get(at, "line"));

	if (text == NULL)
		text = "";
	if (path == NULL)
		return gv_drill_text(run->drill, "%s", text);
	return line > 0 ? gv_drill_text(run->drill, "%s:%lld: %s", path,
			      (long long)line, text)
			: gv_drill_text(run->drill, "%s: %s", path, text);
}

static int
fail_references(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_answer *a)
{
	const struct gv_unjson_node *finding = main_finding(a);
	const char *rule = gv_unjson_get_text(finding, "rule");
	const char *detail = name_finding(run, finding);
	const uint64_t others =
	    run->drill->findings ? run->drill->findings - 1 : 0;

	if (detail && others)
		detail = gv_drill_text(run->drill, "%s, and %llu more", detail,
		    (unsigned long long)others);
	if (detail == NULL)
		return GV_ENOMEM;
	return rule && strcmp(rule, UNREADABLE) == 0
	    ? gv_drill_fail_as(run, step, "unreadable_file", detail, NULL)
	    : gv_drill_fail_at(run, step, detail);
}

int
gv_drill_references(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *const all[] = { "check", "--severity", "error", NULL };
	const char *const one[] = { "check", "--severity", "error", "--env",
		run->opts->env, NULL };
	struct gv_answer a;
	int r = gv_drill_ask(&a, run, run->opts->env ? one : all);

	if (r < 0)
		return r;
	if (a.status == 0) {
		step->result = GV_DRILL_PASSED;
		step->detail = "what files name is there";
	} else if (a.status == 1) {
		run->drill->findings = count_findings(&a);
		r = fail_references(run, step, &a);
	} else {
		r = gv_drill_fail_by(run, step, &a);
	}
	gv_answer_release(&a);
	return r;
}

/* ---- states -------------------------------------------------------------- */

/* What was saved of the newest version ends in its middle. */
static bool
is_truncated(const struct gv_answer *a)
{
	const struct gv_unjson_node *version =
	    a->doc ? gv_unjson_get(gv_unjson_root(a->doc), "version") : NULL;
	const char *damage =
	    version ? gv_unjson_get_text(version, "damage") : NULL;

	return damage && strstr(damage, "ends early");
}

static int
fail_truncated(struct gv_drill_run *run, struct gv_drill_step *step,
    const char *env, const char *stack)
{
	const char *detail = gv_drill_text(
	    run->drill, "the newest version of %s/%s ends early", env, stack);
	const char *next = gv_drill_text(
	    run->drill, "git vault state log --env %s --stack %s", env, stack);

	return detail && next
	    ? gv_drill_fail_as(run, step, "truncated_state", detail, next)
	    : GV_ENOMEM;
}

static const char *
first_finding(const struct gv_answer *a)
{
	const struct gv_unjson_node *list =
	    a->doc ? gv_unjson_get(gv_unjson_root(a->doc), "findings") : NULL;
	const char *text =
	    list ? gv_unjson_get_text(list->first, "message") : NULL;

	return text ? text : "";
}

static int
verify_state(struct gv_drill_run *run, struct gv_drill_step *step,
    const char *env, const char *stack)
{
	const char *const args[] = { "state", "verify", "--env", env, "--stack",
		stack, NULL };
	struct gv_answer a;
	int r = gv_drill_ask(&a, run, args);

	if (r < 0)
		return r;
	run->drill->states++;
	if (a.status != 0)
		run->drill->states_damaged++;
	if (is_truncated(&a))
		r = fail_truncated(run, step, env, stack);
	else if (a.status == 1)
		r = gv_drill_fail_at(run, step, first_finding(&a));
	else if (a.status != 0)
		r = gv_drill_fail_by(run, step, &a);
	gv_answer_release(&a);
	return r;
}

static int
verify_states(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *one;
	int r = 0;

	for (one = list ? list->first : NULL; r == 0 && one; one = one->next) {
		const char *env = gv_unjson_get_text(one, "environment");
		const char *stack = gv_unjson_get_text(one, "stack");

		if (env && stack &&
		    (run->opts->env == NULL ||
			strcmp(env, run->opts->env) == 0))
			r = verify_state(run, step, env, stack);
	}
	return r;
}

int
gv_drill_states(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *const args[] = { "state", "list", NULL };
	struct gv_drill *d = run->drill;
	struct gv_answer a;
	int r = gv_drill_ask(&a, run, args);

	if (r < 0)
		return r;
	if (a.status != 0)
		r = gv_drill_fail_by(run, step, &a);
	else
		r = verify_states(
		    run, step, gv_unjson_get(gv_unjson_root(a.doc), "states"));
	gv_answer_release(&a);
	if (r < 0 || step->result == GV_DRILL_FAILED)
		return r;
	step->result = d->states ? GV_DRILL_PASSED : GV_DRILL_NOTHING;
	step->detail = d->states
	    ? gv_drill_text(d, "%llu %s", (unsigned long long)d->states,
		  d->states == 1 ? "state is whole" : "states are whole")
	    : "there are no states";
	return step->detail ? 0 : GV_ENOMEM;
}
