#include "git-vault/look/diff_work.h"

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "repo/repo.h"
#include "snapshot/preview.h"
#include "view/diff.h"

int
gv_diff_work_open(
    struct gv_diff_work *w, struct gv_diff_side *side, struct gv_ctx *ctx)
{
	int r;

	if (ctx->repo->worktree == NULL)
		return gv_err(GV_EUSAGE,
		    "there is no working tree here; name two snapshots");
	side->noted = true;
	/* what git fetches on the way is to stay */
	if (ctx->repo->partial)
		return gv_preview_tree(
		    &side->tree, &side->partial, &w->list, ctx->repo);
	r = gv_scratch_open(&w->scratch, ctx->repo, GV_SCRATCH_ANYWHERE);
	if (r == 0 && (r = gv_scratch_enter(&w->scratch, &w->repo)) == 0)
		r = gv_preview_tree(
		    &side->tree, &side->partial, &w->list, w->repo);
	return r < 0 ? r : gv_scratch_guard(&w->scratch);
}

void
gv_diff_work_close(struct gv_diff_work *w)
{
	if (w == NULL)
		return;
	gv_scratch_close(&w->scratch);
	gv_buf_release(&w->list);
}
