#include "git-vault/front/cmd.h"

#include "base/buf.h"
#include "git-vault/front/out.h"
#include "git-vault/front/run_note.h"
#include "git-vault/upkeep/health_file.h"
#include "health/health.h"
#include "health/metrics.h"

struct metrics_opts {
	const char *textfile;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "textfile",
	    .arg = "FILE",
	    .at = offsetof(struct metrics_opts, textfile),
	    .help = "replace this file, for the textfile collector of "
		    "node_exporter" },
	GV_OPT_LAST
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct metrics_opts *o = ctx->opts;
	struct gv_health health = { .now = 0 };
	struct gv_buf text = GV_BUF_INIT;
	int r;

	(void)argc;
	(void)argv;
	/* on a disk that is full or read-only, the figures are wanted all the
	 * more: they say that nothing is counted */
	(void)gv_run_note_start(ctx);
	if ((r = gv_health_load(&health, ctx->repo,
		 &(struct gv_health_opts){ .now = ctx->now })) < 0 ||
	    (r = gv_metrics_text(&text, &health, PACKAGE_VERSION)) < 0)
		goto out;
	if (o->textfile)
		r = gv_health_file_write(o->textfile, &text);
	else
		gv_out_write(ctx->out, text.p, text.len);
out:
	gv_buf_release(&text);
	gv_health_release(&health);
	return r;
}

const struct gv_cmd cmd_metrics = {
	.name = "metrics",
	.summary = "print how the vault is, as Prometheus reads it",
	.usage = "[--textfile FILE]",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO | GV_CMD_NO_JSON,
	.opts = opts,
	.opts_size = sizeof(struct metrics_opts),
	.run = run,
};
