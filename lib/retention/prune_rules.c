#include "retention/prune_internal.h"

#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "policy/team.h"

static const char by_default[] = "the default";
static const char by_both[] = "the default and of " GV_TEAM_POLICY;

bool
gv_prune_is_default(const char *source)
{
	return source == by_default || source == by_both;
}

static int
set_rules(struct gv_policy_rules *out, const struct gv_prune_opts *opts)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < opts->n; i++) {
		const struct gv_prune_rule *rule = &opts->rules[i];

		r = gv_policy_set(out, rule->name, rule->value);
		if (r == GV_ENOTFOUND)
			r = gv_err(
			    GV_EUSAGE, "there is no rule '%s'", rule->name);
	}
	return r;
}

/* Whether the command line has a rule, even one with the value 0. */
static bool
names_rules(const struct gv_prune_opts *opts)
{
	size_t i;

	for (i = 0; i < opts->n; i++)
		if (strcmp(opts->rules[i].name, "group-by") != 0)
			return true;
	return false;
}

/* Set rules that keep everything. */
static int
set_all(struct gv_policy_rules *out)
{
	int r = gv_policy_set(out, "keep-last", "unlimited");

	/* safety snapshots are not kept by counts */
	return r < 0 ? r : gv_policy_set(out, "keep-within", "1000y");
}

static bool
has_lanes(const struct gv_policy_rules *rules)
{
	int i;

	for (i = 0; i < GV_POLICY_LANES; i++)
		if (rules->lanes[i].is_set)
			return true;
	return false;
}

static int
take_file(struct gv_policy_rules *out, const struct gv_policy_rules *file)
{
	size_t i;
	int r = 0;

	out->all = file->all;
	memcpy(out->lanes, file->lanes, sizeof(out->lanes));
	for (i = 0; r == 0 && i < file->n_tags; i++)
		r = gv_policy_set(out, "keep-tag", file->tags[i]);
	return r;
}

/* The grouping is chosen separately from the rules. */
int
gv_prune_find_rules(struct gv_policy_rules *out, const char **source,
    const struct gv_policy *policy, const struct gv_prune_opts *opts)
{
	const struct gv_policy_rules *file = &policy->retention;
	int r = set_rules(out, opts);

	if (r < 0)
		return r;
	if (names_rules(opts)) {
		*source = "the command line";
	} else if (opts->empty_trash) {
		*source = "--empty-trash";
		r = set_all(out);
	} else {
		*source = gv_policy_keeps(file) ? GV_TEAM_POLICY
		    : has_lanes(file)           ? by_both
						: by_default;
		out->envs = &policy->envs;
		r = take_file(out, file);
	}
	if (!out->has_group_by && file->has_group_by) {
		out->group_by = file->group_by;
		out->has_group_by = true;
	}
	if (r == 0 && !gv_prune_is_default(*source) && !gv_policy_keeps(out))
		r = gv_err(GV_EUSAGE,
		    "these rules keep nothing; 'git vault delete' deletes "
		    "snapshots");
	(void)gv_policy_complete(out);
	return r;
}
