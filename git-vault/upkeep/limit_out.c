#include "git-vault/upkeep/limit_out.h"

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "retention/limit.h"

static void
print_gone(struct gv_ctx *ctx, const struct gv_limit *l, bool is_dry)
{
	char saves[GV_OUT_SIZE_MAX], snapshots[GV_OUT_SIZE_MAX];
	char used[GV_OUT_SIZE_MAX], left[GV_OUT_SIZE_MAX];
	char limit[GV_OUT_SIZE_MAX];

	gv_out_size(used, l->used);
	gv_out_size(left, l->left);
	gv_out_size(limit, l->limit);
	gv_out_count(saves, l->n_saves, "automatic save");
	gv_out_count(snapshots, l->n_snapshots, "automatic snapshot");
	gv_out_say(ctx->out,
	    is_dry ? "would remove %s%s%s, the oldest first: the vault takes "
		     "%s, its limit is %s, and then it would take %s"
		   : "removed %s%s%s, the oldest first: the vault took %s, its "
		     "limit is %s, and now it takes %s",
	    l->n_saves ? saves : "",
	    l->n_saves && l->n_snapshots ? " and " : "",
	    l->n_snapshots ? snapshots : "", used, limit, left);
	if (is_dry)
		return;
	gv_out_say(ctx->out,
	    "the disk has the space again after: git vault fold --reclaim%s",
	    l->n_snapshots ? "; snapshots stay in the trash until they expire"
			   : "");
}

static void
print_over(struct gv_ctx *ctx, const struct gv_limit *l)
{
	char left[GV_OUT_SIZE_MAX], limit[GV_OUT_SIZE_MAX];

	gv_out_size(left, l->left);
	gv_out_size(limit, l->limit);
	gv_out_warn(ctx->out,
	    "the vault takes %s, and its limit is %s; what is pinned, tagged, "
	    "the newest, or taken by people takes more, and stays; so "
	    "automatic saves stay, too, up to a tenth of that; to see what "
	    "could be deleted: git vault prune --dry-run",
	    left, limit);
}

int
gv_limit_out_apply(struct gv_limit *limit, struct gv_ctx *ctx, bool is_dry)
{
	const int r = gv_limit_apply(limit, ctx->repo, ctx->now, is_dry);

	if (r == GV_ECANCELED || r == GV_ENOMEM)
		return r;
	if (r < 0 && r != GV_ELOCKED && r != GV_EEXISTS)
		gv_out_warn(ctx->out, "the limit of the vault was not kept: %s",
		    gv_err_message());
	if (r <= 0)
		return 0;
	if (limit->n_saves || limit->n_snapshots)
		print_gone(ctx, limit, is_dry);
	if (limit->is_over && !limit->is_told)
		print_over(ctx, limit);
	return 0;
}
