#include "git-vault/hook/hook.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "detect/sweep.h"
#include "git-vault/config/access_local.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/hook/hook_out.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "sys/file.h"

/*
 * What is about to be committed: git says by GIT_INDEX_FILE in which index that
 * is, and `commit -a` and `commit PATH` have one of their own.
 */

static int
scan(struct gv_ctx *ctx, struct gv_sweep *sweep)
{
	size_t n;
	int r;

	if ((r = gv_sweep_add_staged(sweep)) < 0 ||
	    (r = gv_sweep_run(sweep)) < 0)
		return r;
	n = gv_hook_out_findings(ctx, sweep);
	if (n == 0)
		return 0;
	gv_out_error(ctx->out,
	    "commit blocked: %s; remove %s, then git add the file again",
	    n == 1 ? "possible secret" : "possible secrets",
	    n == 1 ? "it" : "them");
	gv_hook_out_allow(ctx, sweep, true);
	return 1;
}

/* A broken policy that stands is to be mended first. One that is gone is
 * HEAD's, and must not keep out the commit that takes it away. */
static int
open_sweep(struct gv_sweep **out, struct gv_ctx *ctx)
{
	struct gv_sweep_opts how = { .repo = ctx->repo, .now = ctx->now };
	struct gv_buf path = GV_BUF_INIT;
	bool is_gone;
	int r = gv_sweep_new(out, &how);

	if (r != GV_EREFUSED || ctx->repo->worktree == NULL)
		return r;
	gv_buf_addf(&path, "%s/" GV_TEAM_POLICY, ctx->repo->worktree);
	is_gone = gv_buf_check(&path) == 0 && !gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	if (!is_gone)
		return r;
	gv_out_warn(ctx->out,
	    "the policy of HEAD counts for nothing, since it cannot be read: "
	    "%s",
	    gv_err_message());
	how.policy = "";
	how.policy_name = GV_TEAM_POLICY;
	return gv_sweep_new(out, &how);
}

int
gv_hook_pre_commit(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_sweep *sweep = NULL;
	int r = open_sweep(&sweep, ctx);

	(void)argc;
	(void)argv;
	if (r == 0)
		r = scan(ctx, sweep);
	gv_sweep_free(sweep);
	if (r == 0 && gv_access_local_commit(ctx) < 0)
		gv_out_warn(ctx->out, "rules of access were not looked at: %s",
		    gv_err_message());
	return r < 0 ? gv_err_in(r,
			   "nothing is committed, since it could not be "
			   "searched for secrets (git commit --no-verify "
			   "commits without)")
		     : r;
}
