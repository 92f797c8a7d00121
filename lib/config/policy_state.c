#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

const char *const gv_policy_state_keys[] = { "auto", "environments", "seal",
	NULL };
const char *const gv_policy_state_env_keys[] = { "seal", NULL };

const char *const gv_policy_seals[GV_POLICY_SEALS] = {
	[GV_POLICY_SEAL_FULL] = "full",
	[GV_POLICY_SEAL_SENSITIVE] = "sensitive",
	[GV_POLICY_SEAL_NONE] = "none",
};

static int
read_seal(enum gv_policy_seal *out, const struct gv_policy_place *at)
{
	int i;

	for (i = 0; at->value->kind == GV_YAML_SCALAR && i < GV_POLICY_SEALS;
	     i++)
		if (strcmp(at->value->text, gv_policy_seals[i]) == 0) {
			*out = (enum gv_policy_seal)i;
			return 0;
		}
	return gv_policy_wrong(at, "full, sensitive or none");
}

static int
read_env(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_states *out = data;
	const struct gv_yaml_node *map = at->value;
	struct gv_policy_env env = { .name = at->key->text };
	bool has_seal = false;
	size_t i;
	int r = gv_policy_check_env(at);

	for (i = 0; r == 0 && map->kind == GV_YAML_MAP && i < map->n; i++) {
		const struct gv_policy_place one = { at->file, map->keys[i],
			map->values[i] };

		r = gv_policy_is_known(gv_policy_state_env_keys, one.key->text)
		    ? read_seal(&env.seal, &one)
		    : gv_policy_unknown_key(&one, gv_policy_state_env_keys);
		has_seal = true;
	}
	if (r == 0 && !has_seal)
		r = gv_policy_wrong(at, "a map with seal");
	if (r == 0 && (r = GV_GROW(out->envs, out->n, out->cap)) == 0)
		out->envs[out->n++] = env;
	return r;
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_states *out = data;
	const char *key = at->key->text;
	bool automatic = true;
	int r;

	if (!gv_policy_is_known(gv_policy_state_keys, key))
		return gv_policy_unknown_key(at, gv_policy_state_keys);
	if (strcmp(key, "environments") == 0)
		return gv_policy_each(
		    at, "a map of environments", read_env, out);
	if (strcmp(key, "seal") == 0)
		return read_seal(&out->seal, at);
	r = gv_policy_read_bool(&automatic, at);
	out->are_left = !automatic;
	return r;
}

int
gv_policy_read_states(
    struct gv_policy_states *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map with auto, seal or environments", read_key, out);
}

enum gv_policy_seal
gv_policy_seal_of(const struct gv_policy *policy, const char *env)
{
	const struct gv_policy_states *s = &policy->states;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->envs[i].name, env) == 0)
			return s->envs[i].seal;
	return s->seal;
}
