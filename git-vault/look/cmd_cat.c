#include "git-vault/front/cmd.h"

#include "base/err.h"
#include "git-vault/front/place.h"
#include "git-vault/look/content_out.h"
#include "git-vault/look/reveal_out.h"

struct cat_opts {
	struct gv_reveal_opts reveal;
};

static const struct gv_opt opts[] = { GV_REVEAL_OPTS(struct cat_opts, reveal),
	GV_IDENTITY_OPT(struct cat_opts, reveal.identities), GV_OPT_LAST };

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct cat_opts *o = ctx->opts;
	struct gv_place place = GV_PLACE_INIT;
	int i, r;

	if ((r = gv_place_open(&place, ctx, argv[0], argv[1])) < 0)
		goto out;
	if (!place.has_path) {
		r = gv_err(GV_EUSAGE,
		    "'cat' needs a path too: SNAP PATH, or SNAP:PATH");
		goto out;
	}
	gv_content_out_begin(ctx, &place.rec);
	for (i = 1; r == 0 && (i == 1 || i < argc); i++) {
		if (i > 1)
			r = gv_place_move(&place, ctx, argv[i]);
		if (r == 0)
			r = gv_content_out_place(ctx, &place, &o->reveal);
	}
	if (r < 0)
		goto out;
	gv_content_out_end(ctx);
out:
	gv_place_release(&place);
	return r;
}

const struct gv_cmd cmd_cat = {
	.name = "cat",
	.summary = "print files from a snapshot",
	.usage = "[--secrets] SNAP PATH...\n[--secrets] SNAP:PATH\n"
		 "[--secrets] PATH@SNAP",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_LINE,
	.opts = opts,
	.opts_size = sizeof(struct cat_opts),
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_INSIDE },
	.run = run,
};
