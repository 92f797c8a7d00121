#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/glob.h"
#include "base/vec.h"
#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

/* The section access: who may change what on protected branches. */

#define MAX_RULES    1000
#define MAX_ROLES    200
#define MAX_ACCOUNTS 5000

const char *const gv_policy_access_keys[] = { "accounts", "authorize",
	"branches", "identity", "roles", "rules", NULL };
const char *const gv_policy_access_rule_keys[] = { "approvals", "by", "env",
	"freeze", "keys", "not_author", "paths", "roles", "valid", NULL };

/* Roles of the keyring, which the policy does not define. */
static const char *const of_keyring[] = { "operator", "owner", "reader", NULL };

/* ---- a rule -------------------------------------------------------------- */

static int
read_freeze(struct gv_policy_texts *out, const struct gv_policy_place *at)
{
	static const char want[] = "windows such as fri 16:00..mon 08:00 "
				   "Europe/Berlin";
	size_t i;
	int r;

	if (at->value->kind == GV_YAML_MAP)
		return gv_policy_wrong(at, want);
	r = gv_policy_read_texts(out, at, false);
	for (i = 0; r == 0 && i < out->n; i++)
		if (!gv_policy_is_freeze(out->items[i]))
			r = gv_policy_wrong(at, want);
	return r;
}

/* What is malformed matches nothing: such a rule would protect nothing. */
static int
read_patterns(struct gv_policy_texts *out, const struct gv_policy_place *at,
    bool are_paths)
{
	size_t i;
	int r = gv_policy_read_texts(out, at, are_paths);

	for (i = 0; r == 0 && i < out->n; i++)
		if (!gv_glob_is_valid(out->items[i], strlen(out->items[i])))
			r = gv_err(GV_EREFUSED,
			    "%s:%u: the pattern '%.200s' fits nothing: a '[' "
			    "is not closed, or a '\\' has nothing behind it",
			    at->file, at->value->line, out->items[i]);
	return r;
}

static int
read_rule_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_access_rule *out = data;
	const char *key = at->key->text;
	bool is;
	int r;

	if (!gv_policy_is_known(gv_policy_access_rule_keys, key))
		return gv_policy_unknown_key(at, gv_policy_access_rule_keys);
	if (strcmp(key, "approvals") == 0)
		return gv_policy_read_count(&out->approvals, at);
	if (strcmp(key, "by") == 0)
		return gv_policy_read_texts(&out->by, at, false);
	if (strcmp(key, "env") == 0)
		return gv_policy_read_env(&out->env, at);
	if (strcmp(key, "freeze") == 0)
		return read_freeze(&out->freeze, at);
	if (strcmp(key, "keys") == 0)
		return gv_policy_read_texts(&out->keys, at, false);
	if (strcmp(key, "paths") == 0)
		return read_patterns(&out->paths, at, true);
	if (strcmp(key, "roles") == 0)
		return gv_policy_read_texts(&out->roles, at, false);
	if (strcmp(key, "valid") == 0)
		return gv_policy_read_time(&out->valid, at);
	if ((r = gv_policy_read_bool(&is, at)) == 0)
		out->lets_author = !is;
	return r;
}

/* A list that is there and empty would be taken for one that is missing, which
 * lets more or catches more than it says. */
static int
check_lists(const struct gv_policy_place *at)
{
	const struct gv_yaml_node *v = at->value;
	size_t i;

	for (i = 0; i < v->n; i++)
		if (v->values[i]->kind == GV_YAML_LIST && v->values[i]->n == 0)
			return gv_err(GV_EREFUSED,
			    "%s:%u: '%.64s' is empty; remove it, or name "
			    "something",
			    at->file, v->keys[i]->line, v->keys[i]->text);
	return 0;
}

static int
read_rule(struct gv_policy_access *out, const struct gv_policy_place *at)
{
	struct gv_policy_access_rule *one;
	int r;

	if (at->value->kind != GV_YAML_MAP)
		return gv_policy_wrong(at,
		    "a list of maps such as {paths: [config/prod.yaml], "
		    "roles: [sre]}");
	if (out->n_rules == MAX_RULES)
		return gv_policy_wrong(at, "a list of at most 1000 rules");
	if (GV_GROW(out->rules, out->n_rules, out->cap_rules) < 0)
		return gv_err_nomem();
	one = &out->rules[out->n_rules++];
	*one = (struct gv_policy_access_rule){ .valid = GV_POLICY_ACCESS_VALID,
		.line = at->value->line };
	if ((r = check_lists(at)) < 0 ||
	    (r = gv_policy_each(at, "a map", read_rule_key, one)) < 0)
		return r;
	if (one->paths.n == 0 && one->keys.n == 0 && one->env == NULL)
		return gv_err(GV_EREFUSED,
		    "%s:%u: a rule needs paths, keys or env; for every file: "
		    "paths: [\"**\"]",
		    at->file, one->line);
	return one->roles.n || one->approvals || one->freeze.n
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "%s:%u: a rule needs roles, approvals or freeze; without "
		  "them it asks for nothing",
		  at->file, one->line);
}

static int
read_rules(struct gv_policy_access *out, const struct gv_policy_place *at)
{
	struct gv_policy_place one = *at;
	size_t i;
	int r = 0;

	if (at->value->kind != GV_YAML_LIST)
		return gv_policy_wrong(at, "a list of rules");
	for (i = 0; r == 0 && i < at->value->n; i++) {
		one.value = at->value->values[i];
		r = read_rule(out, &one);
	}
	return r;
}

/* ---- people -------------------------------------------------------------- */

static int
read_role(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_access *out = data;
	struct gv_policy_role *one;

	if (!gv_policy_is_name(at->key->text))
		return gv_err(GV_EREFUSED,
		    "%s:%u: '%.64s' is not a name of a role: letters, digits, "
		    "'.', '_' and '-'",
		    at->file, at->key->line, at->key->text);
	if (gv_policy_is_known(of_keyring, at->key->text))
		return gv_err(GV_EREFUSED,
		    "%s:%u: '%s' is a role of the keyring; give this one "
		    "another name",
		    at->file, at->key->line, at->key->text);
	if (out->n_roles == MAX_ROLES)
		return gv_policy_wrong(at, "one of at most 200 roles");
	if (GV_GROW(out->roles, out->n_roles, out->cap_roles) < 0)
		return gv_err_nomem();
	one = &out->roles[out->n_roles++];
	*one = (struct gv_policy_role){ .name = at->key->text,
		.line = at->key->line };
	return gv_policy_read_texts(&one->people, at, false);
}

static int
read_account(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_access *out = data;
	struct gv_policy_account *one;

	if (out->n_accounts == MAX_ACCOUNTS)
		return gv_policy_wrong(at, "one of at most 5000 accounts");
	if (GV_GROW(out->accounts, out->n_accounts, out->cap_accounts) < 0)
		return gv_err_nomem();
	one = &out->accounts[out->n_accounts++];
	one->account = at->key->text;
	return gv_policy_read_text(&one->name, at);
}

/* ---- the section --------------------------------------------------------- */

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_access *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_access_keys, key))
		return gv_policy_unknown_key(at, gv_policy_access_keys);
	if (strcmp(key, "rules") == 0)
		return read_rules(out, at);
	if (strcmp(key, "roles") == 0)
		return gv_policy_each(at,
		    "a map of roles to lists of names of the keyring",
		    read_role, out);
	if (strcmp(key, "branches") == 0)
		return read_patterns(&out->branches, at, false);
	if (strcmp(key, "identity") == 0)
		return gv_policy_read_text(&out->identity, at);
	if (strcmp(key, "authorize") == 0)
		return gv_policy_read_text(&out->authorize, at);
	out->has_accounts = true;
	return gv_policy_each(
	    at, "a map of accounts to names of the keyring", read_account, out);
}

const struct gv_policy_role *
gv_policy_role(const struct gv_policy_access *access, const char *name)
{
	size_t i;

	for (i = 0; i < access->n_roles; i++)
		if (strcmp(access->roles[i].name, name) == 0)
			return &access->roles[i];
	return NULL;
}

/* A rule whose role is misspelled would let nobody, or, of approvals, ask for
 * what nobody can give. */
static int
check_roles(const struct gv_policy_access *access,
    const struct gv_policy_access_rule *rule,
    const struct gv_policy_texts *names, const char *file)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (!gv_policy_is_known(of_keyring, names->items[i]) &&
		    gv_policy_role(access, names->items[i]) == NULL)
			return gv_err(GV_EREFUSED,
			    "%s:%u: there is no role '%.64s': name it below "
			    "access.roles, or use owner, operator or reader",
			    file, rule->line, names->items[i]);
	return 0;
}

int
gv_policy_read_access(
    struct gv_policy_access *out, const struct gv_policy_place *section)
{
	size_t i;
	int r = gv_policy_each(
	    section, "a map with rules and roles", read_key, out);

	for (i = 0; r == 0 && i < out->n_rules; i++) {
		const struct gv_policy_access_rule *rule = &out->rules[i];

		r = check_roles(out, rule, &rule->roles, section->file);
		if (r == 0)
			r = check_roles(out, rule, &rule->by, section->file);
	}
	return r;
}

void
gv_policy_access_release(struct gv_policy_access *access)
{
	size_t i;

	for (i = 0; i < access->n_rules; i++) {
		struct gv_policy_access_rule *rule = &access->rules[i];

		free(rule->paths.items);
		free(rule->keys.items);
		free(rule->roles.items);
		free(rule->by.items);
		free(rule->freeze.items);
	}
	for (i = 0; i < access->n_roles; i++)
		free(access->roles[i].people.items);
	free(access->rules);
	free(access->roles);
	free(access->accounts);
	free(access->branches.items);
	*access = (struct gv_policy_access){ .n_rules = 0 };
}

/* ---- what counts of it --------------------------------------------------- */

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Of the commands the accepted ones, since they run here; of all else the
 * present, which the branch before has let in. */
void
gv_policy_hold_access(struct gv_policy_hold *h)
{
	struct gv_policy_access *out = &h->out->access;
	struct gv_policy_access *now = &h->present->access;
	const char *identity = out->identity, *authorize = out->authorize;

	if (!is_same(identity, now->identity))
		gv_policy_hold_wait(h, "access.identity");
	if (!is_same(authorize, now->authorize))
		gv_policy_hold_wait(h, "access.authorize");
	gv_policy_access_release(out);
	*out = *now;
	out->identity = identity;
	out->authorize = authorize;
	*now = (struct gv_policy_access){ .n_rules = 0 };
}
