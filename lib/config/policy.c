#include "config/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/distance.h"
#include "base/err.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

const char *const gv_policy_section_keys[] = { "access", "check", "components",
	"config", "delete", "drills", "environments", "good", "keys", "points",
	"project", "prune", "residency", "retention", "rollback", "scan",
	"schedule", "scopes", "secrets", "snapshots", "state", "targets",
	"vaults", "vcs", NULL };

const char *const gv_policy_retention_keys[] = { "auto", "ci", "group-by",
	"hook", "keep-daily", "keep-hourly", "keep-last", "keep-minutely",
	"keep-monthly", "keep-secondly", "keep-tag", "keep-weekly",
	"keep-within", "keep-within-daily", "keep-within-hourly",
	"keep-within-minutely", "keep-within-monthly", "keep-within-secondly",
	"keep-within-weekly", "keep-within-yearly", "keep-yearly", "manual",
	"safety", "schedule", "watch", NULL };

const char *const gv_policy_limit_keys[] = { "keep-daily", "keep-hourly",
	"keep-last", "keep-minutely", "keep-monthly", "keep-secondly",
	"keep-weekly", "keep-within", "keep-within-daily", "keep-within-hourly",
	"keep-within-minutely", "keep-within-monthly", "keep-within-secondly",
	"keep-within-weekly", "keep-within-yearly", "keep-yearly", NULL };

/* --- sentences --- */

bool
gv_policy_is_known(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* The name that is like it, else one that goes on from it, or it from that; or
 * NULL. */
static const char *
nearest_of(const char *const *names, const char *key)
{
	const char *nearest = NULL, *longer = NULL;
	size_t len = strlen(key), best = 2 + len / 3;

	for (; *names; names++) {
		size_t n = strlen(*names);
		size_t d = gv_distance(*names, n, key, len, best - 1);

		if (d < best) {
			best = d;
			nearest = *names;
		}
		if (strncmp(*names, key, n < len ? n : len) == 0)
			longer = *names;
	}
	return nearest ? nearest : longer;
}

int
gv_policy_unknown_key(
    const struct gv_policy_place *at, const char *const *names)
{
	const char *key = at->key->text, *nearest = nearest_of(names, key);
	struct gv_buf all = GV_BUF_INIT;
	int r;

	if (nearest)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there is no key '%.64s'; the nearest is '%s'",
		    at->file, at->key->line, key, nearest);
	for (; *names; names++)
		gv_buf_addf(&all, "%s'%s'", all.len ? ", " : "", *names);
	if ((r = gv_buf_check(&all)) == 0)
		r = gv_err(GV_EREFUSED,
		    "%s:%u: there is no key '%.64s'; there are %s", at->file,
		    at->key->line, key, all.p);
	gv_buf_release(&all);
	return r;
}

int
gv_policy_wrong(const struct gv_policy_place *at, const char *want)
{
	return gv_err(GV_EREFUSED, "%s:%u: %s must be %s", at->file,
	    at->value->line, at->key->text, want);
}

bool
gv_policy_is_name(const char *text)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";
	size_t n = strspn(text, chars);

	/* what git refuses in refs: x..y, x. and x.lock */
	return n > 0 && n <= GV_POLICY_NAME_MAX && text[n] == '\0' &&
	    !strchr("._-", *text) && text[n - 1] != '.' &&
	    !strstr(text, "..") &&
	    (n < 5 || strcmp(text + n - 5, ".lock") != 0);
}

int
gv_policy_check_env(const struct gv_policy_place *at)
{
	const struct gv_yaml_node *key = at->key;

	return strlen(key->text) == key->len && gv_policy_is_name(key->text)
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "%s:%u: '%.64s' is no name of an environment: at most %d "
		  "letters, digits, '.', '_' and '-', a letter or digit first",
		  at->file, key->line, key->text, GV_POLICY_NAME_MAX);
}

int
gv_policy_each(const struct gv_policy_place *at, const char *want,
    gv_policy_fn *fn, void *out)
{
	const struct gv_yaml_node *map = at->value;
	size_t i;
	int r = 0;

	if (gv_yaml_is_null(map))
		return 0;
	if (map->kind != GV_YAML_MAP)
		return gv_policy_wrong(at, want);
	for (i = 0; r == 0 && i < map->n; i++)
		r = fn(out,
		    &(struct gv_policy_place){
			at->file, map->keys[i], map->values[i] });
	return r;
}

/* --- retention --- */

static int
set_rule(struct gv_policy_rules *out, const struct gv_policy_place *at,
    const struct gv_yaml_node *value)
{
	int r = gv_policy_set(out, at->key->text, value->text);

	if (r == GV_EUSAGE)
		return gv_err_in(GV_EREFUSED, "%s:%u", at->file, value->line);
	return r;
}

static int
set_limit(struct gv_policy_limits *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *v = at->value;
	int r;

	if (v->kind != GV_YAML_SCALAR)
		return gv_policy_wrong(at,
		    strncmp(at->key->text, "keep-within", 11) == 0
			? "a duration such as 7d or 1y6m"
			: "a number or 'unlimited'");
	r = gv_policy_set_limit(out, at->key->text, v->text);
	if (r == GV_EUSAGE)
		return gv_err_in(GV_EREFUSED, "%s:%u", at->file, v->line);
	return r;
}

/* Set one of a lane's limits. Tags and groups are the same for all lanes. */
int
gv_policy_read_limit(void *limits, const struct gv_policy_place *at)
{
	struct gv_policy_limits *out = limits;

	if (!gv_policy_is_known(gv_policy_limit_keys, at->key->text))
		return gv_policy_unknown_key(at, gv_policy_limit_keys);
	out->is_set = true;
	return set_limit(out, at);
}

static struct gv_policy_limits *
find_lane(struct gv_policy_rules *rules, const char *key)
{
	int i;

	for (i = 0; i < GV_POLICY_OTHER; i++)
		if (strcmp(gv_policy_lanes[i], key) == 0)
			return &rules->lanes[i];
	return NULL;
}

/* Tags and the keys of groups: one, or a list. */
static int
set_list(struct gv_policy_rules *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *v = at->value;
	size_t i;
	int r = 0;

	if (v->kind == GV_YAML_SCALAR)
		return set_rule(out, at, v);
	if (v->kind != GV_YAML_LIST)
		return gv_policy_wrong(at, "a text or a list of texts");
	if (strcmp(at->key->text, "group-by") == 0) {
		unsigned bits = 0;

		for (i = 0; r == 0 && i < v->n; i++) {
			if (v->values[i]->kind != GV_YAML_SCALAR)
				return gv_policy_wrong(at, "a list of texts");
			r = set_rule(out, at, v->values[i]);
			bits |= out->group_by;
		}
		out->group_by = bits;
		out->has_group_by = true;
		return r;
	}
	for (i = 0; r == 0 && i < v->n; i++) {
		if (v->values[i]->kind != GV_YAML_SCALAR)
			return gv_policy_wrong(at, "a list of texts");
		r = set_rule(out, at, v->values[i]);
	}
	return r;
}

int
gv_policy_read_bool(bool *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *v = at->value;

	if (v->kind == GV_YAML_SCALAR && v->plain) {
		*out = strcmp(v->text, "true") == 0;
		if (*out || strcmp(v->text, "false") == 0)
			return 0;
	}
	return gv_policy_wrong(at, "true or false");
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy *out = data;
	struct gv_policy_limits *lane;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_retention_keys, key))
		return gv_policy_unknown_key(at, gv_policy_retention_keys);
	if (strcmp(key, "auto") == 0)
		return gv_policy_read_bool(&out->automatic, at);
	if (strcmp(key, "group-by") == 0 || strcmp(key, "keep-tag") == 0)
		return set_list(&out->retention, at);
	lane = find_lane(&out->retention, key);
	if (lane)
		return gv_policy_each(at, "a map of rules such as keep-last",
		    gv_policy_read_limit, lane);
	return set_limit(&out->retention.all, at);
}

static int
read_retention(struct gv_policy *out, const struct gv_policy_place *section)
{
	out->has_retention = true;
	return gv_policy_each(section, "a map of rules", read_key, out);
}

/* --- the file --- */

static int
read_section(struct gv_policy *out, const struct gv_policy_place *at)
{
	const char *key = at->key->text;
	int i;

	for (i = 0; i < GV_POLICY_REMOVALS; i++)
		if (strcmp(key, gv_policy_removals[i]) == 0) {
			out->removal_lines[i] = at->key->line;
			return gv_policy_read_rollbacks(&out->removals[i], at);
		}
	if (strcmp(key, "access") == 0)
		return gv_policy_read_access(&out->access, at);
	if (strcmp(key, "check") == 0)
		return gv_policy_read_lint(&out->lint, at);
	if (strcmp(key, "components") == 0)
		return gv_policy_read_components(&out->components, at);
	if (strcmp(key, "config") == 0)
		return gv_policy_read_configs(&out->configs, at);
	if (strcmp(key, "drills") == 0)
		return gv_policy_read_drills(&out->drills, at);
	if (strcmp(key, "environments") == 0)
		return gv_policy_read_envs(out, at);
	if (strcmp(key, "good") == 0)
		return gv_policy_read_goods(&out->goods, at);
	if (strcmp(key, "keys") == 0)
		return gv_policy_read_keys(&out->keys, at);
	if (strcmp(key, "points") == 0)
		return gv_policy_read_moments(&out->moments, at);
	if (strcmp(key, "project") == 0)
		return gv_policy_read_project(&out->project, at);
	out->rollback_line =
	    strcmp(key, "rollback") == 0 ? at->key->line : out->rollback_line;
	if (strcmp(key, "rollback") == 0)
		return gv_policy_read_rollbacks(&out->rollbacks, at);
	if (strcmp(key, "scan") == 0)
		return gv_policy_read_scan(&out->scan, at);
	if (strcmp(key, "schedule") == 0)
		return gv_policy_read_schedules(&out->schedules, at);
	if (strcmp(key, "scopes") == 0)
		return gv_policy_read_scopes(&out->vaults, at);
	if (strcmp(key, "secrets") == 0)
		return gv_policy_read_secrets(&out->secrets, at);
	if (strcmp(key, "snapshots") == 0)
		return gv_policy_read_snapshots(&out->snapshots, at);
	if (strcmp(key, "state") == 0)
		return gv_policy_read_states(&out->states, at);
	if (strcmp(key, "residency") == 0)
		return gv_policy_read_texts(&out->residency, at, false);
	if (strcmp(key, "targets") == 0)
		return gv_policy_read_targets(&out->targets, at);
	if (strcmp(key, "vaults") == 0)
		return gv_policy_read_vaults(&out->vaults, at);
	if (strcmp(key, "vcs") == 0)
		return gv_policy_read_vcs(&out->vcs, at);
	return read_retention(out, at);
}

static int
read_sections(
    struct gv_policy *out, const char *file, const struct gv_yaml_node *root)
{
	size_t i;
	int r = 0;

	if (root == NULL || gv_yaml_is_null(root))
		return 0;
	if (root->kind != GV_YAML_MAP)
		return gv_err(GV_EREFUSED,
		    "%s:%u: it must be a map with sections such as "
		    "'retention:'",
		    file, root->line);
	for (i = 0; r == 0 && i < root->n; i++) {
		const struct gv_policy_place at = { file, root->keys[i],
			root->values[i] };

		if (!gv_policy_is_known(gv_policy_section_keys, at.key->text))
			return gv_policy_unknown_key(
			    &at, gv_policy_section_keys);
		r = read_section(out, &at);
	}
	if (r < 0 || (r = gv_policy_check_envs(out, file)) < 0 ||
	    (r = gv_policy_check_drills(out, file)) < 0 ||
	    (r = gv_policy_check_moments(out, file)) < 0 ||
	    (r = gv_policy_check_schedules(out, file)) < 0)
		return r;
	return gv_policy_check_vaults(&out->vaults, file);
}

int
gv_policy_parse(
    struct gv_policy *out, const char *name, const char *data, size_t len)
{
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_yaml *yaml = NULL;
	int r = gv_yaml_parse(&yaml, name, data, len);

	if (r == 0)
		r = read_sections(&policy, name, gv_yaml_root(yaml));
	policy.yaml = yaml;
	if (r < 0)
		gv_policy_release(&policy);
	else
		*out = policy;
	return r;
}

void
gv_policy_release(struct gv_policy *policy)
{
	int i;

	if (policy == NULL)
		return;
	for (i = 0; i < GV_POLICY_REMOVALS; i++)
		free(policy->removals[i].approvers);
	gv_policy_rules_release(&policy->retention);
	free(policy->scan.allow);
	free(policy->scan.changes);
	free(policy->vaults.all);
	free(policy->vaults.scopes);
	free(policy->drills.rules);
	free(policy->drills.validators);
	free(policy->drills.services);
	free(policy->drills.without.items);
	gv_policy_components_release(&policy->components);
	gv_policy_moments_release(&policy->moments);
	gv_policy_targets_release(&policy->targets);
	free(policy->residency.items);
	free(policy->residency_also.items);
	gv_policy_schedules_release(&policy->schedules);
	gv_policy_schedules_release(&policy->schedules_also);
	free(policy->goods.checks);
	free(policy->goods.signers);
	free(policy->goods.branches);
	free(policy->rollbacks.approvers);
	free(policy->project.stack.items);
	free(policy->project.tags.items);
	free(policy->project.parts.items);
	free(policy->project.related.items);
	gv_policy_access_release(&policy->access);
	gv_policy_envs_release(&policy->envs);
	gv_policy_lint_release(&policy->lint);
	gv_policy_lint_release(&policy->lint_also);
	gv_policy_configs_release(&policy->configs);
	gv_policy_configs_release(&policy->configs_also);
	free(policy->snapshots.include);
	free(policy->snapshots.exclude);
	gv_policy_classes_release(policy->snapshots.classes);
	gv_policy_classes_release(policy->snapshots.classes_also);
	free(policy->secrets.scopes);
	free(policy->secrets.paths);
	free(policy->secrets.also);
	gv_yaml_free(policy->yaml);
	gv_yaml_free(policy->accepted);
	*policy = (struct gv_policy)GV_POLICY_INIT;
}
