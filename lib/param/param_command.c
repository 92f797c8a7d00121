#include <string.h>

#include "param/param_check.h"
#include "param/param_internal.h"

/* The team's own commands about a set. */

static const struct gv_policy_app *
app_of(const struct gv_policy_configs *configs, const char *set)
{
	const struct gv_policy_config *c =
	    set ? gv_policy_config(configs, set) : NULL;

	return c ? &c->app : NULL;
}

bool
gv_param_command(struct gv_param_command *out, const struct gv_param_pool *pool,
    const char *set, size_t i)
{
	const struct gv_policy *policy = &pool->policy;
	const struct gv_policy_app *now = app_of(&policy->configs, set);
	const struct gv_policy_app *was = app_of(&policy->configs_also, set);
	const struct gv_policy_check *check;
	size_t k;

	if (now && i < now->n_checks) {
		check = &now->checks[i];
		*out = (struct gv_param_command){ check->name, check->command,
			check->line,
			gv_policy_app_is_accepted(policy,
			    gv_policy_config(&policy->configs, set), check) };
		return true;
	}
	/* then the accepted ones that the file does not have any more */
	i -= now ? now->n_checks : 0;
	for (k = 0; was && k < was->n_checks; k++) {
		check = &was->checks[k];
		if (gv_policy_app_has_check(now, check) || i-- > 0)
			continue;
		*out = (struct gv_param_command){ check->name, check->command,
			0, true };
		return true;
	}
	return false;
}
