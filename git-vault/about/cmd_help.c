#include "git-vault/front/cmd.h"
#include "git-vault/front/guide.h"
#include "git-vault/front/manual.h"
#include "git-vault/front/synonym.h"

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_guide *guide = argc ? gv_guide_find(argv[0]) : NULL;
	const struct gv_cmd *cmd = argc ? gv_cmd_find(ctx->all, argv[0]) : NULL;

	if (argc > 0 && guide == NULL && cmd == NULL)
		return gv_synonym_command(ctx->all, argv[0], NULL);
	if (ctx->json && argc == 0)
		gv_manual_list_json(ctx->json, ctx->all);
	else if (ctx->json && guide)
		gv_manual_guide_json(ctx->json, guide);
	else if (ctx->json)
		gv_manual_json(ctx->json, cmd);
	else if (argc == 0)
		gv_manual_list(ctx->out, ctx->all);
	else
		return guide ? gv_manual_guide(guide) : gv_manual_open(cmd);
	return 0;
}

const struct gv_cmd cmd_help = {
	.name = "help",
	.summary = "list the commands, or open a manual page or a guide",
	.usage = "[COMMAND | GUIDE]",
	.group = GV_CMD_ABOUT,
	.max_args = 1,
	.args = { GV_OPT_COMMAND },
	.run = run,
};
