#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "version", PACKAGE_VERSION);
		gv_json_end(ctx->json);
		return 0;
	}
	gv_out_printf(ctx->out, "git-vault version %s\n", PACKAGE_VERSION);
	return 0;
}

const struct gv_cmd cmd_version = {
	.name = "version",
	.summary = "print the version of git vault",
	.usage = "",
	.group = GV_CMD_ABOUT,
	.run = run,
};
