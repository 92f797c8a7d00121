#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/semver.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

/* config.SET.app: what versions of the application need, and the team's own
 * commands that know more. */

#define MAX_RULES 1000

const char *const gv_policy_app_keys[] = { "checks", "version", "versions",
	NULL };
const char *const gv_policy_app_rule_keys[] = { "forbids", "message", "renamed",
	"requires", "services", NULL };

/* ---- versions ------------------------------------------------------------ */

static int
read_renamed(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_app_rule *out = data;
	const char *name;
	int r = gv_policy_read_text(&name, at);

	if (r < 0)
		return r;
	if (at->key->len == 0 || strcmp(name, at->key->text) == 0)
		return gv_policy_wrong(at, "the new name of the key");
	return (r = gv_policy_add_text(&out->was, at->key->text)) < 0
	    ? r
	    : gv_policy_add_text(&out->is, name);
}

static int
read_part(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_app_rule *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_app_rule_keys, key))
		return gv_policy_unknown_key(at, gv_policy_app_rule_keys);
	if (strcmp(key, "message") == 0)
		return gv_policy_read_text(&out->message, at);
	if (strcmp(key, "renamed") == 0)
		return gv_policy_each(at,
		    "a map of old names of keys to new ones", read_renamed,
		    out);
	return gv_policy_read_texts(strcmp(key, "services") == 0
		? &out->services
		: strcmp(key, "requires") == 0 ? &out->requires
					       : &out->forbids,
	    at, false);
}

static int
read_range(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_app *out = data;
	struct gv_policy_app_rule *rule;
	int r;

	if (!gv_semver_is_range(at->key->text))
		return gv_err(GV_EREFUSED,
		    "%s:%u: '%.64s' is no range of versions, such as \">=2.3\", "
		    "\"^1.4\" or \">=2.0 <3\"",
		    at->file, at->key->line, at->key->text);
	if (at->value->kind != GV_YAML_MAP)
		return gv_policy_wrong(
		    at, "a map such as {requires: [cache.url]}");
	if (out->n_rules == MAX_RULES)
		return gv_err(GV_EREFUSED, "%s:%u: there are at most %d ranges",
		    at->file, at->key->line, MAX_RULES);
	if (GV_GROW(out->rules, out->n_rules, out->cap_rules) < 0)
		return gv_err_nomem();
	/* in the list first, so that it is freed with it */
	rule = &out->rules[out->n_rules++];
	*rule = (struct gv_policy_app_rule){ .range = at->key->text,
		.line = at->key->line };
	if ((r = gv_policy_each(at, "what versions need", read_part, rule)) < 0)
		return r;
	return rule->requires.n + rule->forbids.n + rule->was.n
	    ? 0
	    : gv_policy_wrong(at, "a map with requires, forbids or renamed");
}

/* ---- commands ------------------------------------------------------------ */

static int
read_check(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_app *out = data;
	struct gv_policy_check one = { .name = at->key->text,
		.line = at->key->line };
	int r = gv_policy_read_text(&one.command, at);

	if (r < 0)
		return r;
	if (at->key->len == 0 || out->n_checks == MAX_RULES)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d commands, each with a name",
		    at->file, at->key->line, MAX_RULES);
	if (GV_GROW(out->checks, out->n_checks, out->cap_checks) < 0)
		return gv_err_nomem();
	out->checks[out->n_checks++] = one;
	return 0;
}

/* ---- the section --------------------------------------------------------- */

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_app *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_app_keys, key))
		return gv_policy_unknown_key(at, gv_policy_app_keys);
	if (strcmp(key, "version") == 0)
		return gv_policy_read_text(&out->version, at);
	return strcmp(key, "checks") == 0
	    ? gv_policy_each(at, "a map of names to commands", read_check, out)
	    : gv_policy_each(at,
		  "a map of ranges of versions to what they need", read_range,
		  out);
}

int
gv_policy_read_app(
    struct gv_policy_app *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map with versions and checks", read_key, out);
}

void
gv_policy_app_release(struct gv_policy_app *app)
{
	size_t i;

	for (i = 0; i < app->n_rules; i++) {
		struct gv_policy_app_rule *rule = &app->rules[i];

		free(rule->services.items);
		free(rule->requires.items);
		free(rule->forbids.items);
		free(rule->was.items);
		free(rule->is.items);
	}
	free(app->rules);
	free(app->checks);
	*app = (struct gv_policy_app){ .n_rules = 0 };
}

/* ---- what counts of it --------------------------------------------------- */

static bool
are_same(const struct gv_policy_texts *a, const struct gv_policy_texts *b)
{
	size_t i;

	for (i = 0; a->n == b->n && i < a->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return a->n == b->n;
}

static bool
has_rule(const struct gv_policy_app *in, const struct gv_policy_app_rule *rule)
{
	size_t i;

	for (i = 0; i < in->n_rules; i++) {
		const struct gv_policy_app_rule *have = &in->rules[i];

		if (strcmp(have->range, rule->range) == 0 &&
		    are_same(&have->services, &rule->services) &&
		    are_same(&have->requires, &rule->requires) &&
		    are_same(&have->forbids, &rule->forbids) &&
		    are_same(&have->was, &rule->was) &&
		    are_same(&have->is, &rule->is))
			return true;
	}
	return false;
}

bool
gv_policy_app_has_check(
    const struct gv_policy_app *in, const struct gv_policy_check *check)
{
	size_t i;

	for (i = 0; in && i < in->n_checks; i++)
		if (strcmp(in->checks[i].name, check->name) == 0 &&
		    strcmp(in->checks[i].command, check->command) == 0)
			return true;
	return false;
}

bool
gv_policy_app_is_laxer(
    const struct gv_policy_app *was, const struct gv_policy_app *now)
{
	size_t i;

	if (was->version &&
	    (now->version == NULL || strcmp(was->version, now->version) != 0))
		return true;
	for (i = 0; i < was->n_rules; i++)
		if (!has_rule(now, &was->rules[i]))
			return true;
	for (i = 0; i < was->n_checks; i++)
		if (!gv_policy_app_has_check(now, &was->checks[i]))
			return true;
	return false;
}

bool
gv_policy_app_has_more(
    const struct gv_policy_app *now, const struct gv_policy_app *was)
{
	size_t i;

	for (i = 0; i < now->n_checks; i++)
		if (!gv_policy_app_has_check(was, &now->checks[i]))
			return true;
	return false;
}

bool
gv_policy_app_is_accepted(const struct gv_policy *policy,
    const struct gv_policy_config *set, const struct gv_policy_check *check)
{
	const struct gv_policy_config *was =
	    gv_policy_config(&policy->configs_also, set->name);

	return policy->is_accepted ||
	    gv_policy_app_has_check(was ? &was->app : NULL, check);
}
