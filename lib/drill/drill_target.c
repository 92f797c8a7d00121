#include <string.h>

#include "config/policy.h"
#include "drill/drill.h"
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
