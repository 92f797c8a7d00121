#include "cmd.h"

#include "env/envmap.h"
#include "env_out.h"

struct env_opts {
	const char *explain;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "explain",
	    .arg = "PATH",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct env_opts, explain),
	    .help = "show which environment this path belongs to, and why" },
	GV_OPT_LAST
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct env_opts *o = ctx->opts;
	struct gv_envmap *map = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = gv_envmap_load(&map, ctx->repo)) < 0)
		return r;
	if (o->explain)
		r = gv_env_out_explain(ctx, map, o->explain);
	else
		gv_env_out_list(ctx, map);
	gv_envmap_free(map);
	return r;
}

const struct gv_cmd cmd_env = {
	.name = "env",
	.summary = "list the environments, and what belongs to each",
	.usage = "[--explain PATH]",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct env_opts),
	.run = run,
};
