#include "vault/scope.h"

#include <string.h>

#include "base/glob.h"
#include "config/policy.h"
#include "infra/environment.h"

const char *
gv_scope_of(const struct gv_policy *policy, const char *path)
{
	size_t len = strlen(path), i;
	const char *scope;

	for (i = 0; policy && i < policy->secrets.n_scopes; i++) {
		const struct gv_policy_path *p = &policy->secrets.scopes[i];

		if (gv_glob_match(
			p->path, strlen(p->path), path, len, GV_GLOB_PATHNAME))
			return p->scope;
	}
	scope = gv_environment_of(path);
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
