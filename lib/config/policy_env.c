#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_ENVS  200
#define MAX_TEXTS 1000

const char *const gv_policy_env_keys[] = { "account", "after", "aliases",
	"approvals", "approvers", "automatic", "branches", "copies", "drilled",
	"every", "extends", "freeze", "functions", "keys", "lasts", "paths",
	"region", "retention", "rpo", "rto", "seal", "tier", NULL };

/* Keys by enum gv_policy_env_list and gv_policy_env_time. */
static const char *const lists[GV_POLICY_ENV_LISTS] = { "paths", "keys",
	"aliases", "after", "region", "account", "functions", "freeze" };
static const char *const times[GV_POLICY_ENV_TIMES] = { "every", "rto", "rpo",
	"drilled" };

static const char *const tiers[] = { "dev", "test", "staging", "prod", NULL };

const struct gv_policy_env *
gv_policy_env(const struct gv_policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < policy->envs.n; i++)
		if (strcmp(policy->envs.items[i].name, name) == 0)
			return &policy->envs.items[i];
	return NULL;
}

int
gv_policy_add_text(struct gv_policy_texts *out, const char *text)
{
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	out->items[out->n++] = text;
	return 0;
}

/* ---- keys ---------------------------------------------------------------- */

static bool
is_key_of_file(const char *text)
{
	const char *hash = strchr(text, '#');

	return hash && hash > text && hash[1] != '\0';
}

/* What a text of a list must be, with an example; NULL: any text will do. */
static const char *
want_of(enum gv_policy_env_list list)
{
	switch (list) {
	case GV_POLICY_ENV_PATHS:
		return "a path from the top of the working tree";
	case GV_POLICY_ENV_KEYS:
		return "FILE#KEY, such as params.yaml#Mappings.Env.prod";
	case GV_POLICY_ENV_ALIASES:
	case GV_POLICY_ENV_AFTER:
		return "a name of an environment";
	case GV_POLICY_ENV_FREEZE:
		return "a window such as 2026-12-20..2027-01-03 or "
		       "fri 16:00..mon 08:00 Europe/Berlin";
	case GV_POLICY_ENV_REGION:
	case GV_POLICY_ENV_ACCOUNT:
	case GV_POLICY_ENV_FUNCTIONS:
	case GV_POLICY_ENV_LISTS:
		break;
	}
	return NULL;
}

/* Whether a text is that. */
static bool
fits(enum gv_policy_env_list list, const char *text)
{
	switch (list) {
	case GV_POLICY_ENV_PATHS:
		return *text != '/' && strncmp(text, "../", 3) != 0;
	case GV_POLICY_ENV_KEYS:
		return is_key_of_file(text);
	case GV_POLICY_ENV_ALIASES:
	case GV_POLICY_ENV_AFTER:
		return gv_policy_is_name(text);
	case GV_POLICY_ENV_FREEZE:
		return gv_policy_is_freeze(text);
	case GV_POLICY_ENV_REGION:
	case GV_POLICY_ENV_ACCOUNT:
	case GV_POLICY_ENV_FUNCTIONS:
	case GV_POLICY_ENV_LISTS:
		break;
	}
	return true;
}

static int
read_item(struct gv_policy_env *out, enum gv_policy_env_list list,
    const struct gv_policy_place *at)
{
	const char *text, *want = want_of(list);
	int r;

	if (want && at->value->kind != GV_YAML_SCALAR)
		return gv_policy_wrong(at, want);
	if ((r = gv_policy_read_text(&text, at)) < 0)
		return r;
	if (!fits(list, text))
		return gv_policy_wrong(at, want);
	if (out->lists[list].n == MAX_TEXTS)
		return gv_err(GV_EREFUSED, "%s:%u: %s has more than %d entries",
		    at->file, at->value->line, at->key->text, MAX_TEXTS);
	return gv_policy_add_text(&out->lists[list], text);
}

/* One text, or a list of them. */
static int
read_list(struct gv_policy_env *out, enum gv_policy_env_list list,
    const struct gv_policy_place *at)
{
	const struct gv_yaml_node *v = at->value;
	struct gv_policy_place one = *at;
	size_t i;
	int r = 0;

	if (v->kind != GV_YAML_LIST)
		return read_item(out, list, at);
	for (i = 0; r == 0 && i < v->n; i++) {
		one.value = v->values[i];
		r = read_item(out, list, &one);
	}
	return r;
}

static int
find(const char *const *names, int n, const char *key)
{
	int i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], key) == 0)
			return i;
	return -1;
}

int
gv_policy_env_list_of(const char *key)
{
	return find(lists, GV_POLICY_ENV_LISTS, key);
}

int
gv_policy_env_time_of(const char *key)
{
	return find(times, GV_POLICY_ENV_TIMES, key);
}

static int
read_word(struct gv_policy_env *out, const struct gv_policy_place *at)
{
	const char **word =
	    strcmp(at->key->text, "tier") == 0 ? &out->tier : &out->extends;
	int r = gv_policy_read_text(word, at);

	if (r < 0)
		return r;
	if (word == &out->tier)
		return gv_policy_is_known(tiers, *word)
		    ? 0
		    : gv_policy_wrong(at, "dev, test, staging or prod");
	return gv_policy_is_name(*word)
	    ? 0
	    : gv_policy_wrong(at, "a name of an environment");
}

struct reader {
	struct gv_policy *policy;
	struct gv_policy_env *env;
};

static int
read_key(void *data, const struct gv_policy_place *at)
{
	const struct reader *r = data;
	struct gv_policy_env *env = r->env;
	const char *key = at->key->text;
	int i;

	if (!gv_policy_is_known(gv_policy_env_keys, key))
		return gv_policy_unknown_key(at, gv_policy_env_keys);
	if ((i = gv_policy_env_list_of(key)) >= 0)
		return read_list(env, (enum gv_policy_env_list)i, at);
	if ((i = gv_policy_env_time_of(key)) >= 0)
		return gv_policy_read_time(&env->times[i], at);
	if (strcmp(key, "branches") == 0)
		return gv_policy_read_branches(
		    &r->policy->goods, env->name, at);
	if (strcmp(key, "copies") == 0)
		return gv_policy_read_copies(env, at);
	if (strcmp(key, "automatic") == 0)
		return gv_policy_read_bool(&env->is_automatic, at);
	if (strcmp(key, "retention") == 0)
		return gv_policy_each(at, "a map of rules such as keep-last",
		    gv_policy_read_limit, &env->retention);
	if (strcmp(key, "seal") == 0) {
		env->has_seal = true;
		return gv_policy_read_seal(&env->seal, at);
	}
	return strcmp(key, "tier") == 0 || strcmp(key, "extends") == 0
	    ? read_word(env, at)
	    : gv_policy_read_approval(&env->approval, at);
}

/* ---- the section --------------------------------------------------------- */

static int
read_env(void *data, const struct gv_policy_place *at)
{
	struct gv_policy *out = data;
	struct reader reader = { .policy = out };
	int r = gv_policy_check_env(at);

	if (r == 0 && out->envs.n == MAX_ENVS)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d environments", at->file,
		    at->key->line, MAX_ENVS);
	if (r < 0 ||
	    (r = GV_GROW(out->envs.items, out->envs.n, out->envs.cap)) < 0)
		return r;
	reader.env = &out->envs.items[out->envs.n++];
	*reader.env = (struct gv_policy_env){ .name = at->key->text,
		.line = at->key->line };
	return gv_policy_each(
	    at, "a map with keys such as paths or tier", read_key, &reader);
}

int
gv_policy_read_envs(
    struct gv_policy *out, const struct gv_policy_place *section)
{
	return gv_policy_each(section, "a map of environments", read_env, out);
}

void
gv_policy_envs_release(struct gv_policy_envs *envs)
{
	size_t i;
	int list;

	for (i = 0; i < envs->n; i++) {
		for (list = 0; list < GV_POLICY_ENV_LISTS; list++)
			free(envs->items[i].lists[list].items);
		free(envs->items[i].approval.approvers);
	}
	free(envs->items);
	*envs = (struct gv_policy_envs){ .n = 0 };
}

/* ---- whether they fit each other ----------------------------------------- */

/* More than there are could never be had, and that is found out when it is too
 * late. */
static int
check_count(const struct gv_policy_approval *of, const char *file,
    const char *where, unsigned line)
{
	if (of->n_approvers == 0 || of->n_approvers >= of->wanted)
		return 0;
	return gv_err(GV_EREFUSED,
	    "%s:%u: %s: %u approvals are more than the %zu approver%s can give",
	    file, line, where, of->wanted, of->n_approvers,
	    of->n_approvers == 1 ? "" : "s");
}

/* A word for two environments would make the answer depend on their order. */
static int
check_aliases(const struct gv_policy *policy, size_t at, const char *file)
{
	const struct gv_policy_env *env = &policy->envs.items[at];
	const struct gv_policy_texts *mine = &env->lists[GV_POLICY_ENV_ALIASES];
	size_t i, k, m;

	for (i = 0; i < mine->n; i++)
		for (k = 0; k < policy->envs.n; k++) {
			const struct gv_policy_env *o = &policy->envs.items[k];
			const struct gv_policy_texts *others =
			    &o->lists[GV_POLICY_ENV_ALIASES];
			bool is_taken =
			    k != at && strcmp(o->name, mine->items[i]) == 0;

			for (m = 0; k < at && m < others->n; m++)
				is_taken |= strcmp(others->items[m],
						mine->items[i]) == 0;
			if (is_taken)
				return gv_err(GV_EREFUSED,
				    "%s:%u: '%s' cannot mean %s, since it "
				    "means %s",
				    file, env->line, mine->items[i], env->name,
				    o->name);
		}
	return 0;
}

static size_t
index_of(const struct gv_policy *policy, const char *name)
{
	const struct gv_policy_env *env = gv_policy_env(policy, name);

	return env ? (size_t)(env - policy->envs.items) : MAX_ENVS;
}

/* Whether all that comes before an environment has its place, or none in the
 * policy. */
static bool
is_ready(const struct gv_policy *policy, const struct gv_policy_env *env,
    const bool *is_placed)
{
	const struct gv_policy_texts *after = &env->lists[GV_POLICY_ENV_AFTER];
	size_t i, at;

	for (i = 0; i < after->n; i++) {
		at = index_of(policy, after->items[i]);
		if (at < MAX_ENVS && !is_placed[at])
			return false;
	}
	return true;
}

/* Give each environment a place behind those before it; who gets none is in a
 * circle. */
static int
check_order(const struct gv_policy *policy, const char *file)
{
	const size_t n = policy->envs.n;
	bool is_placed[MAX_ENVS] = { false }, is_moved = true;
	size_t i;

	while (is_moved) {
		is_moved = false;
		for (i = 0; i < n; i++) {
			if (is_placed[i] ||
			    !is_ready(
				policy, &policy->envs.items[i], is_placed))
				continue;
			is_placed[i] = is_moved = true;
		}
	}
	for (i = 0; i < n; i++)
		if (!is_placed[i])
			return gv_err(GV_EREFUSED,
			    "%s:%u: %s comes after itself: 'after' leads back "
			    "to it or to one before it",
			    file, policy->envs.items[i].line,
			    policy->envs.items[i].name);
	return 0;
}

static int
check_extends(const struct gv_policy *policy, size_t at, const char *file)
{
	const struct gv_policy_env *env = &policy->envs.items[at], *up = env;
	size_t steps;

	for (steps = 0; up && up->extends; steps++) {
		if (steps > policy->envs.n)
			return gv_err(GV_EREFUSED,
			    "%s:%u: %s is made like itself: 'extends' leads "
			    "back to it or to one it is made like",
			    file, env->line, env->name);
		up = gv_policy_env(policy, up->extends);
	}
	return 0;
}

int
gv_policy_check_envs(const struct gv_policy *policy, const char *file)
{
	struct gv_policy_approval one;
	size_t i;
	int r;

	for (i = 0; i < GV_POLICY_REMOVALS; i++) {
		one = gv_policy_approval_to(policy, (enum gv_policy_removal)i);
		if ((r = check_count(&one, file, gv_policy_removals[i],
			 policy->removal_lines[i])) < 0)
			return r;
	}
	one = gv_policy_approval_of(policy, "");
	if ((r = check_count(&one, file, "rollback", policy->rollback_line)) <
		0 ||
	    (r = check_order(policy, file)) < 0)
		return r;
	for (i = 0; i < policy->envs.n; i++) {
		const struct gv_policy_env *env = &policy->envs.items[i];

		one = gv_policy_approval_of(policy, env->name);
		if ((r = check_count(&one, file, env->name, env->line)) < 0 ||
		    (r = check_aliases(policy, i, file)) < 0 ||
		    (r = check_extends(policy, i, file)) < 0)
			return r;
	}
	return 0;
}
