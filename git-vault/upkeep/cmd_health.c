#include "git-vault/front/cmd.h"

#include "git-vault/upkeep/doctor_out.h"

static const struct gv_opt opts[] = { GV_DOCTOR_OUT_OPTS, GV_OPT_LAST };

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_doctor_out_opts how =
	    *(const struct gv_doctor_out_opts *)ctx->opts;

	(void)argc;
	(void)argv;
	how.brief = true;
	return gv_doctor_out_run(ctx, &how);
}

const struct gv_cmd cmd_health = {
	.name = "health",
	.summary = "short for doctor --brief, for monitors",
	.usage = "[--max-age DURATION] [--verified-within DURATION] "
		 "[--html FILE]",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct gv_doctor_out_opts),
	.run = run,
};
