#include "cmd.h"
#include "manual.h"
#include "synonym.h"

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_cmd *cmd;

	if (argc == 0) {
		gv_manual_list(ctx->out, ctx->all);
		return 0;
	}
	cmd = gv_cmd_find(ctx->all, argv[0]);
	if (cmd == NULL)
		return gv_synonym_command(ctx->all, argv[0], NULL);
	return gv_manual_open(cmd);
}

const struct gv_cmd cmd_help = {
	.name = "help",
	.summary = "list the commands, or open the manual of one",
	.usage = "[COMMAND]",
	.group = GV_CMD_ABOUT,
	.flags = GV_CMD_NO_JSON,
	.max_args = 1,
	.args = { GV_OPT_COMMAND },
	.run = run,
};
