#include "git-vault/front/cmd.h"

#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/look/autosave_out.h"
#include "git-vault/save/snaps.h"
#include "record/mark.h"
#include "snapshot/snapshot_adopt.h"

struct pin_opts {
	const char *why;
};

static const struct gv_opt opts[] = { { .type = GV_OPT_STRING,
					  .letter = 'm',
					  .name = "message",
					  .is_kept = true,
					  .arg = "WHY",
					  .at = offsetof(struct pin_opts, why),
					  .help = "why it is pinned" },
	GV_OPT_LAST };

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct pin_opts *o = ctx->opts;
	struct gv_snaps snaps = { 0 };
	size_t i;
	int r;

	if ((r = gv_snaps_resolve(&snaps, ctx->repo, argc, argv, false)) < 0)
		goto out;
	/* no pin keeps what is only on the chain of saves */
	for (i = 0; i < snaps.n; i++) {
		if ((r = gv_snapshot_adopt(ctx->repo, snaps.ids[i])) < 0)
			goto out;
		if (r > 0)
			gv_autosave_out_kept(ctx, snaps.ids[i]);
	}
	r = gv_mark_pin(ctx->repo, (const char *const *)snaps.ids, snaps.n,
	    o->why, ctx->now);
	if (r < 0)
		goto out;
	if (ctx->json)
		gv_snaps_json(ctx->json, "pinned", &snaps);
	else
		gv_snaps_print(ctx->out, &snaps);
out:
	gv_snaps_release(&snaps);
	return r;
}

const struct gv_cmd cmd_pin = {
	.name = "pin",
	.summary = "protect snapshots from pruning",
	.usage = "[-m WHY] SNAP...",
	.group = GV_CMD_SAVE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct pin_opts),
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT },
	.run = run,
};
