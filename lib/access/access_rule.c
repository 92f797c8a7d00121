#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "access/access.h"
#include "base/buf.h"
#include "object/tree.h"
#include "policy/team.h"
#include "repo/hash.h"

static const char *own_paths[] = { GV_TEAM_POLICY };
static const char *own_roles[] = { "owner" };

const struct gv_policy_access_rule gv_access_own_rule = {
	.paths = { own_paths, 1, 0 },
	.roles = { own_roles, 1, 0 },
	.valid = GV_POLICY_ACCESS_VALID,
};

void
gv_access_changes_release(struct gv_access_changes *changes)
{
	if (changes == NULL)
		return;
	free(changes->items);
	gv_arena_release(&changes->arena);
	*changes = (struct gv_access_changes)GV_ACCESS_CHANGES_INIT;
}

/* ---- rules --------------------------------------------------------------- */

/* Whether a rule says who changes the policy, and all of it: by its name, since
 * a rule of all paths is about configuration, and does not mean to hand the
 * rules themselves to whoever may change that. */
static bool
hands_over(const struct gv_policy_access_rule *rule)
{
	size_t i;

	if (rule->keys.n || rule->env ||
	    (rule->roles.n == 0 && rule->approvals == 0))
		return false;
	for (i = 0; i < rule->paths.n; i++)
		if (strcmp(rule->paths.items[i], GV_TEAM_POLICY) == 0)
			return true;
	return false;
}

static bool
is_handed_over(const struct gv_policy_access *access)
{
	size_t i;

	for (i = 0; i < access->n_rules; i++)
		if (hands_over(&access->rules[i]))
			return true;
	return false;
}

const struct gv_policy_access_rule *
gv_access_rule(const struct gv_policy *policy, size_t i)
{
	const struct gv_policy_access *access = &policy->access;

	if (i < access->n_rules)
		return &access->rules[i];
	return i == access->n_rules && i > 0 && !is_handed_over(access)
	    ? &gv_access_own_rule
	    : NULL;
}

/* ---- paths --------------------------------------------------------------- */

/* A link, or another repository, has files below it that are not in this one,
 * and would be read in the place of those that a rule protects. */
static bool
is_door(unsigned mode)
{
	return mode == GV_MODE_LINK || mode == GV_MODE_GIT;
}

bool
gv_access_is_path_of(
    const struct gv_policy_access_rule *rule, const struct gv_access_change *c)
{
	const struct gv_policy_texts *paths = &rule->paths;
	const bool leads = is_door(c->old_mode) || is_door(c->new_mode);
	size_t i;

	for (i = 0; i < paths->n; i++)
		if (gv_access_fits_path(
			paths->items[i], c->path, c->len, leads))
			return true;
	return paths->n == 0;
}

/* ---- environments and keys ----------------------------------------------- */

static bool
is_env_word(
    const struct gv_policy *policy, const char *env, const char *p, size_t len)
{
	const struct gv_policy_env *said = gv_policy_env(policy, env);
	const struct gv_policy_texts none = { .n = 0 };
	const struct gv_policy_texts *words =
	    said ? &said->lists[GV_POLICY_ENV_ALIASES] : &none;
	size_t i;

	if (strlen(env) == len && strncasecmp(env, p, len) == 0)
		return true;
	for (i = 0; i < words->n; i++)
		if (strlen(words->items[i]) == len &&
		    strncasecmp(words->items[i], p, len) == 0)
			return true;
	return false;
}

/* What is behind the step of a key that names an environment; NULL: none does.
 */
static const char *
behind_env(const struct gv_policy *policy, const char *env, const char *key)
{
	static const char at[] = ".[]\"";
	size_t len;

	for (; *key; key += len) {
		key += strspn(key, at);
		len = strcspn(key, at);
		if (is_env_word(policy, env, key, len))
			return key + len;
	}
	return NULL;
}

static bool
is_of_env(const struct gv_access_change *c, const char *env)
{
	size_t i;

	for (i = 0; i < c->n_envs; i++)
		if (strcmp(c->envs[i], env) == 0)
			return true;
	return env == NULL;
}

static bool
fits_keys(const struct gv_policy_texts *keys, const char *key)
{
	size_t i;

	for (i = 0; key && i < keys->n; i++)
		if (gv_access_fits_key(keys->items[i], key))
			return true;
	return key && keys->n == 0;
}

/* Whether a key is of the rule's environment, and one of its keys: from the
 * top, or within what is of the environment. */
static bool
is_key_of(const struct gv_policy *policy,
    const struct gv_policy_access_rule *rule, const char *key, bool is_all)
{
	const char *behind =
	    rule->env ? behind_env(policy, rule->env, key) : NULL;

	if (behind == NULL && !is_all)
		return false;
	behind = behind ? behind + strspn(behind, ".\"]") : NULL;
	return fits_keys(&rule->keys, key) || fits_keys(&rule->keys, behind);
}

/* Whether it is of a key that changed, or of one that is made of it. */
static bool
has_key_of(const struct gv_policy *policy,
    const struct gv_policy_access_rule *rule,
    const struct gv_access_change *change, bool is_all)
{
	size_t i;

	for (i = 0; i < change->n_keys; i++)
		if (is_key_of(policy, rule, change->keys[i], is_all))
			return true;
	for (i = 0; i < change->n_made; i++)
		if (is_key_of(policy, rule, change->made[i], is_all))
			return true;
	return false;
}

/* Without keys of the rule a file of the environment counts as a whole. */
bool
gv_access_is_of(const struct gv_policy *policy,
    const struct gv_policy_access_rule *rule,
    const struct gv_access_change *change)
{
	const bool is_all = rule->env == NULL || is_of_env(change, rule->env);

	if (!gv_access_is_path_of(rule, change) ||
	    (!is_all && change->is_elsewhere))
		return false;
	if (is_all && rule->keys.n == 0)
		return true;
	if (change->reads == GV_ACCESS_UNREAD)
		return true;
	/* such as a script that a rule names by its path */
	if (change->reads == GV_ACCESS_NO_KEYS)
		return is_all && rule->paths.n > 0;
	return has_key_of(policy, rule, change, is_all);
}

void
gv_access_mark(
    struct gv_access_changes *changes, const struct gv_policy *policy)
{
	const struct gv_policy_access_rule *rule;
	size_t i, k;

	for (i = 0; i < changes->n; i++) {
		struct gv_access_change *c = &changes->items[i];

		c->is_governed = false;
		for (k = 0; !c->is_governed &&
		     (rule = gv_access_rule(policy, k)) != NULL;
		     k++)
			c->is_governed = gv_access_is_of(policy, rule, c);
	}
}

/* ---- what is approved ---------------------------------------------------- */

/*
 * The first 160 bits of the SHA-256 of this text:
 *
 *	config approval
 *	100644 <blob before> 100644 <blob after> <bytes of the path>
 *	<path>
 *
 * with the two lines for each governed file, in the order of paths. A mode of 0
 * and a blob of zeros: the file is not there.
 */
bool
gv_access_subject(struct gv_oid *out, const struct gv_access_changes *changes)
{
	struct gv_buf text = GV_BUF_INIT;
	char old[GV_OID_HEX + 1], new[GV_OID_HEX + 1];
	unsigned char sum[32];
	struct gv_hash_sha256 h;
	bool has = false;
	size_t i;

	gv_buf_addstr(&text, "config approval\n");
	for (i = 0; i < changes->n; i++) {
		const struct gv_access_change *c = &changes->items[i];

		if (!c->is_governed)
			continue;
		has = true;
		gv_oid_format(old, &c->old);
		gv_oid_format(new, &c->new);
		gv_buf_addf(&text, "%o %s %o %s %zu\n", c->old_mode, old,
		    c->new_mode, new, c->len);
		gv_buf_add(&text, c->path, c->len);
		gv_buf_addch(&text, '\n');
	}
	has = has && gv_buf_check(&text) == 0;
	if (has) {
		gv_hash_sha256_init(&h);
		gv_hash_sha256_update(&h, text.p, text.len);
		gv_hash_sha256_finish(&h, sum);
		memcpy(out->id, sum, sizeof(out->id));
	}
	gv_buf_release(&text);
	return has;
}
