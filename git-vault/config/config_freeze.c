#include "git-vault/config/config_freeze.h"

#include <string.h>

#include "access/access_judge.h"
#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "git-vault/config/config_view.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "param/param_gives.h"
#include "policy/freeze.h"
#include "policy/team.h"

/* Whether an environment gets values from the layer: by its path, or since it
 * is the one that was named, to which the layer was found. */
static bool
gets_values(const struct gv_ctx *ctx, const struct gv_policy *policy,
    const struct gv_policy_env *env, const char *path)
{
	const struct gv_config_opts *o = ctx->opts;

	return (o->env && gv_policy_env(policy, o->env) == env) ||
	    gv_param_gives(policy, env->name, path, strlen(path)) !=
	    GV_PARAM_GIVES_NOTHING;
}

/* The first environment that is frozen and gets values from the layer. 1 with
 * *out and *frozen; 0; a failure. */
static int
find_frozen(const char **out, struct gv_policy_frozen *frozen,
    const struct gv_ctx *ctx, const struct gv_policy *policy, const char *path)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < policy->envs.n; i++) {
		*out = policy->envs.items[i].name;
		if (gets_values(ctx, policy, &policy->envs.items[i], path))
			r = gv_freeze_at(frozen, policy, *out, ctx->now);
	}
	return r;
}

int
gv_config_check_freeze(
    struct gv_ctx *ctx, const struct gv_policy *policy, const char *path)
{
	const struct gv_config_opts *o = ctx->opts;
	struct gv_policy_frozen frozen;
	struct gv_buf says = GV_BUF_INIT;
	const char *env;
	int r = find_frozen(&env, &frozen, ctx, policy, path);

	if (r > 0) {
		gv_freeze_say(&says, &frozen, policy, env);
		r = gv_buf_check(&says) < 0 ? GV_ENOMEM : 1;
	}
	if (r > 0 && o->in_freeze) {
		gv_out_warn(ctx->out, "%s", says.p);
	} else if (r > 0) {
		r = gv_err(GV_EREFUSED,
		    "nothing was written: %s, and %s gives it values; wait "
		    "until then, or write nevertheless by --in-freeze "
		    "--reason TEXT",
		    says.p, path);
	}
	gv_buf_release(&says);
	return r;
}

int
gv_config_tell_freeze(struct gv_ctx *ctx, const char *path)
{
	static const char *const scopes[] = { GV_ACCESS_SCOPE };
	const struct gv_config_opts *o = ctx->opts;
	struct gv_buf reason = GV_BUF_INIT;
	struct gv_audit_event e = { .what = GV_AUDIT_CONFIG_CHANGE,
		.time = ctx->now,
		.scopes = scopes,
		.n_scopes = 1,
		.target = path,
		.is_done = true };
	int r;

	gv_buf_addf(&reason, "in-freeze: %s", o->reason);
	e.reason = reason.p;
	if ((r = gv_buf_check(&reason)) == 0)
		r = gv_audit_tell_done(ctx->repo, NULL, &e);
	gv_buf_release(&reason);
	return r;
}
