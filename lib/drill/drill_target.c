#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "drill/drill_internal.h"
#include "policy/team.h"

int
gv_drill_targets(
    int64_t *rto, int64_t *rpo, struct gv_repo *repo, const char *env)
{
	static const enum gv_policy_env_time times[] = { GV_POLICY_ENV_RTO,
		GV_POLICY_ENV_RPO };
	int64_t *const targets[] = { rto, rpo };
	struct gv_policy policy;
	size_t i, k;
	int r = gv_team_load(&policy, repo);

	*rto = *rpo = 0;
	for (i = 0; r == 0 && i < policy.envs.n; i++) {
		const struct gv_policy_env *e = &policy.envs.items[i];

		if (env && strcmp(env, e->name) != 0)
			continue;
		for (k = 0; k < 2; k++)
			if (e->times[times[k]] &&
			    (*targets[k] == 0 ||
				e->times[times[k]] < *targets[k]))
				*targets[k] = e->times[times[k]];
	}
	gv_policy_release(&policy);
	*rto = *rto ? *rto : GV_DRILL_RTO;
	*rpo = *rpo ? *rpo : GV_DRILL_RPO;
	return r;
}

/* Those of the environment, into `to` unless it is NULL; how many. */
static size_t
functions_of(
    const char **to, struct gv_drill *d, const struct gv_policy *policy)
{
	const struct gv_policy_texts *list;
	size_t i, k, n = 0;

	for (i = 0; i < policy->envs.n; i++) {
		if (d->env && strcmp(d->env, policy->envs.items[i].name) != 0)
			continue;
		list = &policy->envs.items[i].lists[GV_POLICY_ENV_FUNCTIONS];
		for (k = 0; k < list->n; k++, n++)
			if (to)
				to[n] = gv_drill_text(d, "%s", list->items[k]);
	}
	return n;
}

int
gv_drill_functions(struct gv_drill *d, struct gv_repo *repo)
{
	struct gv_policy policy;
	size_t n;
	int r = gv_team_load(&policy, repo);

	if (r == 0 && (n = functions_of(NULL, d, &policy)) > 0) {
		d->functions =
		    gv_arena_alloc(&d->arena, n * sizeof(*d->functions));
		if (d->functions == NULL)
			r = gv_err_nomem();
		else
			d->n_functions = functions_of(d->functions, d, &policy);
	}
	gv_policy_release(&policy);
	return r;
}
