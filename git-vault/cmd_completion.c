#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd.h"
#include "completion.h"
#include "out.h"

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	(void)argc;
	if (strcmp(argv[0], "bash") == 0)
		gv_completion_bash(&text, ctx->all);
	else if (strcmp(argv[0], "zsh") == 0)
		gv_completion_zsh(&text, ctx->all);
	else
		return gv_err(GV_EUSAGE,
		    "no completion is known for the shell '%s'; there is one "
		    "for bash and one for zsh",
		    argv[0]);
	if ((r = gv_buf_check(&text)) == 0)
		gv_out_write(ctx->out, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

const struct gv_cmd cmd_completion = {
	.name = "completion",
	.summary = "print the completion script for a shell",
	.usage = "(bash | zsh)",
	.group = GV_CMD_ABOUT,
	.flags = GV_CMD_NO_JSON,
	.min_args = 1,
	.max_args = 1,
	.args = { GV_OPT_SHELL },
	.run = run,
};
