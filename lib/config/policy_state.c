#include <string.h>

#include "config/policy_internal.h"
#include "format/yaml.h"

const char *const gv_policy_state_keys[] = { "auto", "seal", NULL };

const char *const gv_policy_seals[GV_POLICY_SEALS] = {
	[GV_POLICY_SEAL_FULL] = "full",
	[GV_POLICY_SEAL_SENSITIVE] = "sensitive",
	[GV_POLICY_SEAL_NONE] = "none",
};

int
gv_policy_read_seal(enum gv_policy_seal *out, const struct gv_policy_place *at)
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
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_states *out = data;
	const char *key = at->key->text;
	bool automatic = true;
	int r;

	if (!gv_policy_is_known(gv_policy_state_keys, key))
		return gv_policy_unknown_key(at, gv_policy_state_keys);
	if (strcmp(key, "seal") == 0)
		return gv_policy_read_seal(&out->seal, at);
	r = gv_policy_read_bool(&automatic, at);
	out->are_left = !automatic;
	return r;
}

int
gv_policy_read_states(
    struct gv_policy_states *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map with auto or seal", read_key, out);
}

enum gv_policy_seal
gv_policy_seal_of(const struct gv_policy *policy, const char *env)
{
	const struct gv_policy_env *one = gv_policy_env(policy, env);

	return one && one->has_seal ? one->seal : policy->states.seal;
}
