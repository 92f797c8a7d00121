#include "vault/scope.h"

#include <string.h>
#include <strings.h>

#include "base/glob.h"
#include "config/policy.h"
#include "infra/environment.h"
#include "infra/envtree.h"

/* ---- environments of the policy ------------------------------------------ */

/* The environment whose paths a path is of. */
static const char *
by_paths(const struct gv_policy_envs *envs, const char *path, size_t len)
{
	size_t i, k;

	for (i = 0; i < envs->n; i++) {
		const struct gv_policy_texts *paths =
		    &envs->items[i].lists[GV_POLICY_ENV_PATHS];

		for (k = 0; k < paths->n; k++)
			if (gv_envtree_matches(paths->items[k], path, len))
				return envs->items[i].name;
	}
	return NULL;
}

/* The name that the conventions have for a name; itself where they have none.
 */
static const char *
canon_of(const char *name)
{
	const size_t len = strlen(name);
	struct gv_environment_word w;

	return gv_environment_next_word(&w, name, len, 0) && w.at == 0 &&
		w.len == len && w.name
	    ? w.name
	    : name;
}

/* What the policy calls an environment: "production" may be its name for what
 * the conventions call "prod". */
static const char *
named(const struct gv_policy *policy, const char *name)
{
	const struct gv_policy_env *same =
	    policy ? gv_policy_env(policy, name) : NULL;
	size_t i;

	if (policy == NULL || (same && !same->is_new))
		return name;
	for (i = 0; i < policy->envs.n; i++) {
		const struct gv_policy_env *env = &policy->envs.items[i];

		if (!env->is_new && env->name &&
		    strcmp(canon_of(env->name), name) == 0)
			return env->name;
	}
	return name;
}

static bool
is_word_of(const struct gv_policy_env *env, const char *p, size_t len)
{
	const struct gv_policy_texts *words =
	    &env->lists[GV_POLICY_ENV_ALIASES];
	size_t i;

	if (env->is_new)
		return false;
	for (i = 0; i < words->n; i++)
		if (strlen(words->items[i]) == len &&
		    strncasecmp(words->items[i], p, len) == 0)
			return true;
	return strlen(env->name) == len && strncasecmp(env->name, p, len) == 0;
}

/* The environment that a folder is called like, or a word of the file's name,
 * by a name or an alias that only the policy knows; the nearest to the end. */
static const char *
by_words(const struct gv_policy_envs *envs, const char *path, size_t len)
{
	static const char folder[] = "/", file[] = "/.-_ ";
	const char *between = file;
	size_t at, end, i;

	for (end = len; envs->n && end > 0; end = at ? at - 1 : 0) {
		for (at = end; at > 0 && !strchr(between, path[at - 1]); at--)
			;
		for (i = 0; i < envs->n; i++)
			if (is_word_of(&envs->items[i], path + at, end - at))
				return envs->items[i].name;
		if (at > 0 && path[at - 1] == '/')
			between = folder;
	}
	return NULL;
}

/* The scope that the policy gives to the path itself, or NULL. */
static const char *
said_of(const struct gv_policy *policy, const char *path, size_t len)
{
	size_t i;

	for (i = 0; policy && i < policy->secrets.n_scopes; i++) {
		const struct gv_policy_path *p = &policy->secrets.scopes[i];

		if (gv_glob_match(
			p->path, strlen(p->path), path, len, GV_GLOB_PATHNAME))
			return p->scope;
	}
	return policy ? by_paths(&policy->envs, path, len) : NULL;
}

bool
gv_scope_is_said(const struct gv_policy *policy, const char *path)
{
	return said_of(policy, path, strlen(path)) != NULL;
}

const char *
gv_scope_of(const struct gv_policy *policy, const char *path)
{
	const size_t len = strlen(path);
	const char *scope = said_of(policy, path, len);

	if (scope)
		return scope;
	if ((scope = gv_environment_of(path)))
		return named(policy, scope);
	if (policy && !gv_environment_is_own(path, len))
		scope = by_words(&policy->envs, path, len);
	return scope ? scope : GV_SCOPE_SHARED;
}

static bool
is_state(const char *path, size_t len)
{
	static const char *const ends[] = { ".tfstate", ".tfstate.backup" };
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (len >= n && memcmp(path + len - n, ends[i], n) == 0)
			return true;
	}
	return false;
}

/* What a list says of a path, else `otherwise`. */
static enum gv_scope_keep
keep_of(const struct gv_policy_path *list, size_t n, const char *path,
    enum gv_scope_keep otherwise)
{
	size_t len = strlen(path), i;

	for (i = 0; i < n; i++) {
		const struct gv_policy_path *p = &list[i];

		if (!gv_glob_match(
			p->path, strlen(p->path), path, len, GV_GLOB_PATHNAME))
			continue;
		return p->keep == GV_POLICY_CLEAR ? GV_SCOPE_CLEAR
		    : p->keep == GV_POLICY_VALUES ? GV_SCOPE_VALUES
						  : GV_SCOPE_SEALED;
	}
	return otherwise;
}

enum gv_scope_keep
gv_scope_keep(const struct gv_policy *policy, const char *path, bool is_ignored)
{
	const struct gv_policy_secrets *s = policy ? &policy->secrets : NULL;
	enum gv_scope_keep one, other;

	one = is_ignored || is_state(path, strlen(path)) ? GV_SCOPE_SEALED
							 : GV_SCOPE_VALUES;
	if (s == NULL)
		return one;
	other = s->is_double ? keep_of(s->also, s->n_also, path, one)
			     : GV_SCOPE_CLEAR;
	one = keep_of(s->paths, s->n_paths, path, one);
	return other > one ? other : one;
}
