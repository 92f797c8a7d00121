#include "git-vault/front/cmd.h"

#include "base/err.h"
#include "git-vault/upkeep/doctor_out.h"

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "brief",
	    .at = offsetof(struct gv_doctor_out_opts, brief),
	    .help = "make the quick checks only, and say where copies are" },
	{ .type = GV_OPT_BOOL,
	    .name = "fix",
	    .at = offsetof(struct gv_doctor_out_opts, fix),
	    .help = "run the commands that lose nothing and send nothing" },
	GV_DOCTOR_OUT_OPTS, GV_OPT_LAST
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_doctor_out_opts how =
	    *(const struct gv_doctor_out_opts *)ctx->opts;

	how.remote = argc ? argv[0] : NULL;
	if (how.brief && how.remote)
		return gv_err(GV_EUSAGE,
		    "--brief asks no remote; leave it or '%s' out", how.remote);
	if (how.html && (!how.brief || how.fix))
		return gv_err(GV_EUSAGE,
		    how.fix ? "--fix and --html exclude each other"
			    : "the page is of the quick checks: add --brief");
	return gv_doctor_out_run(ctx, &how);
}

const struct gv_cmd cmd_doctor = {
	.name = "doctor",
	.summary = "find what endangers the vault, with the command to fix it",
	.usage = "[--brief] [--html FILE] [--fix] [--max-age DURATION] "
		 "[--verified-within DURATION] [REMOTE]",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct gv_doctor_out_opts),
	.max_args = 1,
	.args = { GV_OPT_REMOTE },
	.run = run,
};
