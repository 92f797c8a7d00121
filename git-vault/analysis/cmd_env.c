#include "git-vault/front/cmd.h"

#include "base/err.h"
#include "env/envmap.h"
#include "git-vault/analysis/env_out.h"
#include "git-vault/analysis/standing_out.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/out.h"
#include "overview/standing.h"
#include "safe/safe.h"

struct env_opts {
	const char *explain, *env;
	bool status, keys;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "explain",
	    .arg = "PATH",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct env_opts, explain),
	    .help = "show which environment this path belongs to, and why" },
	{ .type = GV_OPT_BOOL,
	    .name = "keys",
	    .at = offsetof(struct env_opts, keys),
	    .help = "list the maps and lists in files whose keys are named "
		    "like environments" },
	{ .type = GV_OPT_BOOL,
	    .name = "status",
	    .at = offsetof(struct env_opts, status),
	    .help = "show what of each environment and component could be "
		    "got back" },
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .kind = GV_OPT_ENV,
	    .at = offsetof(struct env_opts, env),
	    .help = "with --status, only this environment" },
	GV_OPT_LAST
};

/* Without a key the rest is still worth seeing. */
static int
status(struct gv_ctx *ctx, const char *env)
{
	struct gv_standing standing = { .n = 0 };
	struct gv_safe *safe = NULL;
	int r = gv_identity_opt_open(&safe, ctx, NULL);

	if (r == GV_ENOMEM || r == GV_ECANCELED)
		goto out;
	if (r < 0)
		gv_out_warn(ctx->out, "%s", gv_err_message());
	if ((r = gv_standing_get(&standing, ctx->repo, r < 0 ? NULL : safe)) ==
	    0)
		r = gv_standing_out(ctx, &standing, env);
out:
	gv_standing_release(&standing);
	gv_safe_close(safe);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct env_opts *o = ctx->opts;
	struct gv_envmap *map = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((o->explain != NULL) + o->status + o->keys > 1)
		return gv_err(GV_EUSAGE,
		    "--explain, --keys and --status exclude each other");
	if (o->env && !o->status)
		return gv_err(GV_EUSAGE, "--env goes with --status");
	if (o->status)
		return status(ctx, o->env);
	if ((r = gv_envmap_load(&map, ctx->repo)) < 0)
		return r;
	if (o->explain)
		r = gv_env_out_explain(ctx, map, o->explain);
	else if (o->keys)
		r = gv_env_out_keys(ctx, map);
	else
		gv_env_out_list(ctx, map);
	gv_envmap_free(map);
	return r;
}

const struct gv_cmd cmd_env = {
	.name = "env",
	.summary = "list the environments, and what belongs to each",
	.usage = "[--explain PATH]\n"
		 "--keys\n"
		 "--status [--env ENV]",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct env_opts),
	.run = run,
};
