#include "git-vault/upkeep/reclaim_out.h"

#include <string.h>

#include "base/err.h"
#include "fold/fold.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"

int
gv_reclaim_run(struct gv_fold_result *res, struct gv_ctx *ctx)
{
	const struct gv_fold_opts how = { .begin = gv_progress_on_begin,
		.add = gv_progress_on_add,
		.ctx = ctx->progress };

	memset(res, 0, sizeof(*res));
	if (gv_fold_reclaim(res, ctx->repo, &how) == 0)
		return 0;
	gv_out_warn(ctx->out,
	    "the space is not returned: %s; 'git vault fold --reclaim' does it "
	    "later",
	    gv_err_message());
	return 3;
}

static void
print_json(struct gv_json *j, const struct gv_fold_result *res)
{
	gv_json_object(j, "reclaimed");
	gv_json_uint(j, "dropped", res->dropped);
	gv_json_uint(j, "young", res->young);
	gv_json_uint(j, "bytes", res->bytes);
	gv_json_uint(j, "new_bytes", res->new_bytes);
	gv_json_end(j);
}

void
gv_reclaim_out(struct gv_ctx *ctx, const struct gv_fold_result *res, int failed)
{
	char objects[GV_OUT_SIZE_MAX], before[GV_OUT_SIZE_MAX];
	char now[GV_OUT_SIZE_MAX];

	if (failed)
		return;
	if (ctx->json) {
		print_json(ctx->json, res);
		return;
	}
	gv_out_count(objects, res->dropped, "object");
	gv_out_size(before, res->bytes);
	gv_out_size(now, res->new_bytes);
	if (res->is_folded)
		gv_out_say(ctx->out, "reclaimed %s: %s of packs are %s now",
		    objects, before, now);
	gv_out_count(objects, res->young, "object");
	if (res->young)
		gv_out_say(ctx->out,
		    "%s that nothing reaches %s too young to go; 'git vault "
		    "fold --reclaim' drops them later",
		    objects, res->young == 1 ? "is" : "are");
}
