#include "git-vault/front/cmd.h"

#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/look/autosave_out.h"
#include "git-vault/save/snaps.h"
#include "record/mark.h"

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_snaps snaps = { 0 };
	size_t i;
	/* one that is damaged goes only once it is let go of */
	int r = gv_snaps_resolve(&snaps, ctx->repo, argc, argv, true);

	for (i = 0; r == 0 && i < snaps.n; i++)
		r = gv_autosave_out_refuse(ctx, snaps.ids[i],
		    "which is not pinned: it goes by its age", NULL);
	if (r < 0)
		goto out;
	r = gv_mark_unpin(
	    ctx->repo, (const char *const *)snaps.ids, snaps.n, ctx->now);
	if (r < 0)
		goto out;
	if (ctx->json)
		gv_snaps_json(ctx->json, "unpinned", &snaps);
	else
		gv_snaps_print(ctx->out, &snaps);
out:
	gv_snaps_release(&snaps);
	return r;
}

const struct gv_cmd cmd_unpin = {
	.name = "unpin",
	.summary = "allow pruning again",
	.usage = "SNAP...",
	.group = GV_CMD_SAVE,
	.flags = GV_CMD_REPO,
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT },
	.run = run,
};
