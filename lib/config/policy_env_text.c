#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

static void
add_texts(struct gv_buf *out, const char *const *items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		gv_buf_addf(out, "%s%s", i ? ", " : "", items[i]);
}

/* The largest unit that divides it. */
static void
add_time(struct gv_buf *out, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		char letter;
	} units[] = { { 24 * 60 * 60, 'd' }, { 60 * 60, 'h' }, { 60, 'M' },
		{ 1, 'S' } };
	size_t i;

	for (i = 0; seconds % units[i].seconds != 0; i++)
		;
	if (seconds)
		gv_buf_addf(out, "%" PRId64 "%c", seconds / units[i].seconds,
		    units[i].letter);
}

static void
add_limits(struct gv_buf *out, const struct gv_policy_limits *limits)
{
	const size_t start = out->len;
	int i;

	for (i = 0; i < GV_POLICY_PERIODS; i++) {
		const char *name = gv_policy_periods[i];

		if (limits->keep[i] < 0)
			gv_buf_addf(out, "%skeep-%s unlimited",
			    out->len > start ? ", " : "", name);
		else if (limits->keep[i])
			gv_buf_addf(out, "%skeep-%s %" PRId64,
			    out->len > start ? ", " : "", name,
			    limits->keep[i]);
		if (*limits->within[i].text)
			gv_buf_addf(out, "%skeep-within%s%s %s",
			    out->len > start ? ", " : "",
			    i == GV_POLICY_LAST ? "" : "-",
			    i == GV_POLICY_LAST ? "" : name,
			    limits->within[i].text);
	}
}

static void
add_branches(
    struct gv_buf *out, const struct gv_policy_goods *goods, const char *env)
{
	const size_t start = out->len;
	size_t i;

	for (i = 0; i < goods->n_branches; i++)
		if (strcmp(goods->branches[i].env, env) == 0)
			gv_buf_addf(out, "%s%s", out->len > start ? ", " : "",
			    goods->branches[i].pattern);
}

static void
add_copies(struct gv_buf *out, const struct gv_policy_env *of)
{
	const struct gv_policy_copies *c = &of->durable;

	if (of->copies)
		gv_buf_addf(out, "%u%s", of->copies, c->min ? ", " : "");
	if (c->min)
		gv_buf_addf(out, "min %u", c->min);
	if (c->regions)
		gv_buf_addf(out, ", regions %u", c->regions);
	if (c->verified) {
		gv_buf_addstr(out, ", verified ");
		add_time(out, c->verified);
	}
}

/* What is as for all environments where nothing is said of this one. */
static bool
add_common(struct gv_buf *out, const struct gv_policy *policy, const char *env,
    const char *key)
{
	const struct gv_policy_approval a = gv_policy_approval_of(policy, env);

	if (strcmp(key, "approvals") == 0)
		gv_buf_addf(out, "%u", a.wanted);
	else if (strcmp(key, "approvers") == 0)
		add_texts(out, a.approvers, a.n_approvers);
	else if (strcmp(key, "lasts") == 0)
		add_time(out, a.lasts);
	else if (strcmp(key, "seal") == 0)
		gv_buf_addstr(
		    out, gv_policy_seals[gv_policy_seal_of(policy, env)]);
	else if (strcmp(key, "branches") == 0)
		add_branches(out, &policy->goods, env);
	else
		return false;
	return true;
}

void
gv_policy_env_text(struct gv_buf *out, const struct gv_policy *policy,
    const char *env, const char *key)
{
	const struct gv_policy_env *of = gv_policy_env(policy, env);
	int i;

	if (add_common(out, policy, env, key) || of == NULL)
		return;
	if ((i = gv_policy_env_list_of(key)) >= 0)
		add_texts(out, of->lists[i].items, of->lists[i].n);
	else if ((i = gv_policy_env_time_of(key)) >= 0)
		add_time(out, of->times[i]);
	else if (strcmp(key, "tier") == 0)
		gv_buf_addstr(out, of->tier ? of->tier : "");
	else if (strcmp(key, "extends") == 0)
		gv_buf_addstr(out, of->extends ? of->extends : "");
	else if (strcmp(key, "copies") == 0)
		add_copies(out, of);
	else if (strcmp(key, "automatic") == 0 && of->is_automatic)
		gv_buf_addstr(out, "true");
	else if (strcmp(key, "retention") == 0)
		add_limits(out, &of->retention);
}

unsigned
gv_policy_env_line(const struct gv_policy *policy, const char *env,
    const char *key, const char **section)
{
	const struct gv_yaml_node *root =
	    policy->yaml ? gv_yaml_root(policy->yaml) : NULL;
	const struct gv_yaml_node *own = gv_yaml_get(
	    gv_yaml_get(gv_yaml_get(root, "environments"), env), key);
	const char *common = strcmp(key, "seal") == 0 ? "state" : "rollback";
	const struct gv_yaml_node *all =
	    gv_yaml_get(gv_yaml_get(root, common), key);

	*section = own ? "environments" : all ? common : NULL;
	return own ? own->line : all ? all->line : 0;
}
