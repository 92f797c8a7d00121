#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/glob.h"
#include "base/vec.h"
#include "config/policy.h"
#include "drill/drill_internal.h"
#include "drill/drill_rule.h"
#include "policy/team.h"
#include "sys/file.h"

/*
 * The rules of the policy that is accepted in the repository: what the clone
 * says of itself asks for nothing. Files are read here; no rule runs anything.
 */

#define FILE_MOST ((size_t)64 << 20)

static int
note(struct gv_drill_run *run, const struct gv_policy_drill_rule *rule,
    const char *path, const char *why)
{
	struct gv_drill *d = run->drill;

	return gv_drill_note(d,
	    &(struct gv_drill_validation){
		.validator = gv_drill_text(d, "rule %s", rule->name),
		.path = gv_drill_text(d, "%s", path),
		.result = *why ? GV_DRILL_FAILED : GV_DRILL_PASSED,
		.detail = gv_drill_text(d, "%s", why),
	    });
}

/* ---- files --------------------------------------------------------------- */

static int
hold_file(struct gv_drill_run *run, const struct gv_policy_drill_rule *rule,
    const char *path)
{
	const char *full = gv_drill_text(run->drill, "%s/%s", run->clone, path);
	struct gv_buf text = GV_BUF_INIT, why = GV_BUF_INIT;
	int r =
	    full ? gv_file_read(&text, AT_FDCWD, full, FILE_MOST) : GV_ENOMEM;

	if (r == 0)
		r = gv_drill_rule_file(&why, rule, path, text.len ? text.p : "",
		    text.len, run->now);
	else if (r != GV_ENOMEM) {
		gv_buf_addstr(&why, "it cannot be read");
		r = gv_buf_check(&why);
	}
	if (r == 0)
		r = note(run, rule, path, why.len ? why.p : "");
	gv_buf_release(&text);
	gv_buf_release(&why);
	return r;
}

static int
hold_files(struct gv_drill_run *run, const struct gv_policy_drill_rule *rule,
    const struct gv_drill_tree *tree)
{
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < tree->n; i++) {
		const char *path = tree->paths[i];

		if (!gv_glob_match(rule->file, strlen(rule->file), path,
			strlen(path), GV_GLOB_PATHNAME))
			continue;
		n++;
		r = hold_file(run, rule, path);
	}
	return r == 0 && n == 0
	    ? note(run, rule, rule->file, "no such file came back")
	    : r;
}

/* ---- states and age ------------------------------------------------------ */

static const struct gv_unjson_node *
find_state(const struct gv_answer *a, const char *name)
{
	const struct gv_unjson_node *list =
	    a->doc ? gv_unjson_get(gv_unjson_root(a->doc), "states") : NULL;
	const struct gv_unjson_node *one;
	const size_t n = strcspn(name, "/");

	for (one = list ? list->first : NULL; one; one = one->next) {
		const char *env = gv_unjson_get_text(one, "environment");
		const char *stack = gv_unjson_get_text(one, "stack");

		if (env && stack && strlen(env) == n &&
		    memcmp(env, name, n) == 0 &&
		    strcmp(stack, name + n + 1) == 0)
			return one;
	}
	return NULL;
}

static int
hold_state(struct gv_drill_run *run, const struct gv_policy_drill_rule *rule)
{
	static const char *const args[] = { "state", "list", NULL };
	const struct gv_unjson_node *state;
	struct gv_answer a;
	const char *why = "";
	int64_t n;
	int r = gv_drill_ask(&a, run, args);

	if (r < 0)
		return r;
	state = find_state(&a, rule->state);
	n = state ? gv_unjson_count(gv_unjson_get(state, "resources")) : 0;
	if (state == NULL)
		why = "there is no such state";
	else if (n < (int64_t)rule->least)
		why = gv_drill_text(run->drill,
		    "it has %lld resources, and at least %llu are asked for",
		    (long long)n, (unsigned long long)rule->least);
	else if (rule->has_most && n > (int64_t)rule->most)
		why = gv_drill_text(run->drill,
		    "it has %lld resources, and at most %llu are asked for",
		    (long long)n, (unsigned long long)rule->most);
	r = why ? note(run, rule, rule->state, why) : GV_ENOMEM;
	gv_answer_release(&a);
	return r;
}

static int
hold_age(struct gv_drill_run *run, const struct gv_policy_drill_rule *rule)
{
	const int64_t age = gv_drill_age(run->drill);
	const char *why = age <= rule->age
	    ? ""
	    : gv_drill_text(run->drill,
		  "the snapshot is %lld hours old, and %lld are allowed",
		  (long long)(age / 3600), (long long)(rule->age / 3600));

	return why ? note(run, rule, run->drill->snapshot, why) : GV_ENOMEM;
}

/* ---- the stage ----------------------------------------------------------- */

static int
hold(struct gv_drill_run *run, const struct gv_policy_drills *drills,
    const struct gv_drill_tree *tree)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < drills->n_rules; i++) {
		const struct gv_policy_drill_rule *rule = &drills->rules[i];

		r = rule->file    ? hold_files(run, rule, tree)
		    : rule->state ? hold_state(run, rule)
				  : hold_age(run, rule);
	}
	return r;
}

static int
sum_up(struct gv_drill_run *run, struct gv_drill_step *step, size_t first,
    size_t rules)
{
	struct gv_drill *d = run->drill;
	const char *detail;
	size_t i;

	for (i = first; i < d->n_validations; i++) {
		const struct gv_drill_validation *v = &d->validations[i];

		if (v->result != GV_DRILL_FAILED)
			continue;
		detail = gv_drill_text(
		    d, "%s: %s: %s", v->validator, v->path, v->detail);
		return detail
		    ? gv_drill_fail_as(run, step, "rule", detail, NULL)
		    : GV_ENOMEM;
	}
	step->result = rules ? GV_DRILL_PASSED : GV_DRILL_NOTHING;
	step->detail = rules
	    ? gv_drill_text(d, "%zu rule%s of the policy hold%s", rules,
		  rules == 1 ? "" : "s", rules == 1 ? "s" : "")
	    : "the policy has no rules for drills";
	return step->detail ? 0 : GV_ENOMEM;
}

int
gv_drill_rules(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const size_t first = run->drill->n_validations;
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_drill_tree tree = { .text = GV_BUF_INIT };
	int r;

	if ((r = gv_team_load(&policy, run->repo)) < 0)
		return r;
	if (policy.drills.n_rules &&
	    ((r = gv_drill_list(&tree, run)) < 0 ||
		(r = hold(run, &policy.drills, &tree)) < 0))
		goto out;
	r = sum_up(run, step, first, policy.drills.n_rules);
out:
	gv_drill_tree_release(&tree);
	gv_policy_release(&policy);
	return r;
}
