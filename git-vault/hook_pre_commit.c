#include "hook.h"

#include "base/err.h"
#include "cmd.h"
#include "hook_out.h"
#include "out.h"
#include "vault/trawl.h"

/*
 * What is about to be committed: git says by GIT_INDEX_FILE in which index that
 * is, and `commit -a` and `commit PATH` have one of their own.
 */

static int
scan(struct gv_ctx *ctx, struct gv_trawl *trawl)
{
	size_t n;
	int r = gv_trawl_add_staged(trawl);

	if (r == 0)
		r = gv_trawl_run(trawl);
	if (r < 0)
		return r;
	n = gv_hook_out_findings(ctx, trawl);
	if (n == 0)
		return 0;
	gv_out_error(ctx->out,
	    "nothing is committed: %s; take %s out and stage the file anew",
	    n == 1 ? "that seems to be a secret" : "these seem to be secrets",
	    n == 1 ? "it" : "them");
	gv_hook_out_allow(ctx, "git vault scan --staged");
	return 1;
}

int
gv_hook_pre_commit(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_trawl_opts how = { .repo = ctx->repo, .now = ctx->now };
	struct gv_trawl *trawl = NULL;
	int r = gv_trawl_new(&trawl, &how);

	(void)argc;
	(void)argv;
	if (r == 0)
		r = scan(ctx, trawl);
	gv_trawl_free(trawl);
	return r < 0 ? gv_err_in(r,
			   "nothing is committed, since it could not be "
			   "searched for secrets (git commit --no-verify "
			   "commits without)")
		     : r;
}
