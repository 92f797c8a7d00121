#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "detect/sweep_internal.h"
#include "policy/team.h"
#include "scan/builtin.h"
#include "scan/ruleset.h"

/* The rules that the team wrote. All their patterns are compiled once, since
 * nobody has tried them yet. */
static int
load_team(struct gv_sweep_private *p)
{
	struct gv_ruleset *set = NULL;
	size_t i, k;
	int r;

	if (p->policy.scan.rules == NULL)
		return 0;
	r = gv_rule_read(&p->team, GV_TEAM_POLICY, p->policy.scan.rules);
	for (i = 0; r == 0 && i < p->team.n; i++)
		for (k = 0; r == 0 && k < p->builtin.n; k++)
			if (strcmp(p->team.rules[i].id,
				p->builtin.rules[k].id) == 0)
				r = gv_err(GV_EREFUSED,
				    GV_TEAM_POLICY
				    ": git vault has a rule '%s' already",
				    p->team.rules[i].id);
	if (r == 0 && (r = gv_ruleset_new(&set, p->team.rules, p->team.n)) == 0)
		r = gv_ruleset_check(set, GV_TEAM_POLICY);
	gv_ruleset_free(set);
	return r;
}

static struct gv_rule *
find(struct gv_sweep_private *p, const char *id)
{
	size_t i;

	for (i = 0; i < p->n_all; i++)
		if (strcmp(p->all[i].id, id) == 0)
			return &p->all[i];
	return NULL;
}

static int
change(struct gv_sweep_private *p, const struct gv_policy_change *c)
{
	struct gv_rule *rule = find(p, c->rule);
	unsigned s = 0;

	if (rule == NULL && c->is_raise)
		return 0;
	if (rule == NULL)
		return gv_err(GV_EREFUSED,
		    GV_TEAM_POLICY ":%u: there is no rule '%s'; see git vault "
				   "scan --list-rules",
		    c->line, c->rule);
	if (c->severity) {
		while (strcmp(gv_rule_severities[s], c->severity) != 0)
			s++;
		if (!c->is_raise || s > (unsigned)rule->severity)
			rule->severity = (enum gv_rule_severity)s;
		return 0;
	}
	p->n_all--;
	memmove(
	    rule, rule + 1, (size_t)(&p->all[p->n_all] - rule) * sizeof(*rule));
	return 0;
}

/* Most often the built-in ones as they are. */
static int
list_all(struct gv_sweep_private *p)
{
	p->all = p->builtin.rules;
	if (p->team.n == 0 && p->policy.scan.n_changes == 0)
		return 0;
	p->all = p->changed = calloc(p->n_all, sizeof(*p->changed));
	if (p->changed == NULL)
		return gv_err_nomem();
	memcpy(p->all, p->builtin.rules, p->builtin.n * sizeof(*p->all));
	if (p->team.n)
		memcpy(p->all + p->builtin.n, p->team.rules,
		    p->team.n * sizeof(*p->all));
	return 0;
}

int
gv_sweep_load_rules(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	const struct gv_policy_scan *scan = &p->policy.scan;
	size_t i;
	int r;

	if ((r = gv_builtin_load(&p->builtin)) < 0 || (r = load_team(p)) < 0)
		return r;
	p->n_all = p->builtin.n + p->team.n;
	p->shown = calloc(p->n_all, sizeof(*p->shown));
	if (p->shown == NULL)
		return gv_err_nomem();
	if ((r = list_all(p)) < 0)
		return r;
	for (i = 0; r == 0 && i < scan->n_changes; i++)
		r = change(p, &scan->changes[i]);
	for (i = 0; i < p->n_all; i++)
		gv_finding_set_rule(&p->shown[i], &p->all[i]);
	return r;
}

int
gv_sweep_open_rules(struct gv_sweep *sweep)
{
	struct gv_sweep_private *p = sweep->private;
	int r = 0;

	pthread_mutex_lock(&p->lock);
	if (p->rules == NULL)
		r = gv_builtin_ruleset(
		    &p->rules, p->all, p->n_all, &p->builtin);
	pthread_mutex_unlock(&p->lock);
	return r;
}

const struct gv_finding_rule *
gv_sweep_rules(const struct gv_sweep *sweep, size_t *n)
{
	*n = sweep->private->n_all;
	return sweep->private->shown;
}

const struct gv_finding_rule *
gv_sweep_rule_of(const struct gv_sweep *sweep, const struct gv_rule *rule)
{
	return &sweep->private->shown[rule - sweep->private->all];
}
