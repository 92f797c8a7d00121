#include "policy/team_rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "policy/team.h"
#include "scan/builtin.h"
#include "scan/ruleset.h"

int
gv_team_rules_load(struct gv_team_rules *out, struct gv_repo *repo)
{
	size_t n;
	int r = repo ? gv_team_load(&out->policy, repo) : 0;

	if (r == 0 && out->policy.scan.rules)
		r = gv_rule_read(
		    &out->own, GV_TEAM_POLICY, out->policy.scan.rules);
	if (r < 0 || (r = gv_builtin_load(&out->builtin)) < 0)
		return r;
	n = out->builtin.n;
	out->all = calloc(n + out->own.n, sizeof(*out->all));
	if (out->all == NULL)
		return gv_err_nomem();
	memcpy(out->all, out->builtin.rules, n * sizeof(*out->all));
	if (out->own.n)
		memcpy(out->all + n, out->own.rules,
		    out->own.n * sizeof(*out->all));
	return gv_builtin_ruleset(
	    &out->set, out->all, n + out->own.n, &out->builtin);
}

void
gv_team_rules_release(struct gv_team_rules *rules)
{
	gv_ruleset_free(rules->set);
	gv_rule_release(&rules->builtin);
	gv_rule_release(&rules->own);
	gv_policy_release(&rules->policy);
	free(rules->all);
}
