#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "drill/drill_internal.h"
#include "record/good.h"

/*
 * The team's commands by which a known-good record was verified. They run in
 * the sandbox on what came back, with the variables that they had then. What
 * else a verification looks at (snapshot, states, secrets) other stages do.
 */

static const struct gv_policy_check *
find(const struct gv_policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < policy->goods.n; i++)
		if (strcmp(policy->goods.checks[i].name, name) == 0)
			return &policy->goods.checks[i];
	return NULL;
}

static bool
is_built_in(const char *name)
{
	return strcmp(name, "snapshot") == 0 || strcmp(name, "scan") == 0 ||
	    strcmp(name, "drill") == 0 || strncmp(name, "state ", 6) == 0;
}

/* As a verification gives them (good/good_check.c). */
static const char *const *
variables(struct gv_drill_run *run, const struct gv_good *good)
{
	struct gv_drill *d = run->drill;
	const char **env = gv_arena_alloc(&d->arena, 5 * sizeof(*env));
	char hex[GV_OID_HEX + 1];
	size_t i;

	if (env == NULL)
		return NULL;
	gv_oid_format(hex, &good->code);
	env[0] = gv_drill_text(d, "GIT_VAULT_ENVIRONMENT=%s", good->env);
	env[1] = gv_drill_text(d, "GIT_VAULT_RECORD=%u", good->n);
	env[2] = gv_drill_text(
	    d, "GIT_VAULT_COMMIT=%s", gv_oid_is_zero(&good->code) ? "" : hex);
	env[3] = gv_drill_text(d, "GIT_VAULT_SNAPSHOT=%s",
	    good->snapshot_id ? good->snapshot_id : "");
	env[4] = NULL;
	for (i = 0; i < 4; i++)
		if (env[i] == NULL)
			return NULL;
	return env;
}

static int
note_gone(struct gv_drill_run *run, const char *title)
{
	return gv_drill_note(run->drill,
	    &(struct gv_drill_validation){ .validator = title,
		.path = ".",
		.result = GV_DRILL_COULD_NOT,
		.detail = "the policy has no such check any more" });
}

static int
add(struct gv_drill_run *run, struct gv_validator_calls *calls,
    const struct gv_policy *policy, const struct gv_good *good,
    const char *name)
{
	const struct gv_policy_check *check = find(policy, name);
	const char *title = gv_drill_text(run->drill, "good.checks %s", name);
	int r;

	if (title == NULL)
		return GV_ENOMEM;
	if (check == NULL)
		return note_gone(run, title);
	if ((r = gv_validator_add(calls, title, check->command)) < 0)
		return r;
	calls->items[calls->n - 1].env = variables(run, good);
	return calls->items[calls->n - 1].env ? 0 : GV_ENOMEM;
}

int
gv_drill_good_checks(struct gv_drill_run *run, struct gv_validator_calls *calls,
    const struct gv_policy *policy)
{
	struct gv_good good = GV_GOOD_INIT;
	size_t i;
	int r;

	if (!gv_drill_is_of_record(run))
		return 0;
	r = gv_good_resolve(&good, NULL, run->repo, run->opts->env);
	for (i = 0; r == 0 && i < good.n_checks; i++)
		if (good.checks[i].passed && !is_built_in(good.checks[i].name))
			r = add(run, calls, policy, &good, good.checks[i].name);
	gv_good_release(&good);
	return r;
}
