#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/hook/hook.h"
#include "hook/hook_svn.h"
#include "repo/foreign.h"
#include "repo/repo.h"

/* The committer reads on stderr why a revision is not saved: svn shows it where
 * the hook fails. */
static int
save(void *ctx, unsigned long revision)
{
	struct gv_buf message = GV_BUF_INIT;
	int r, status = 0;

	gv_buf_addf(&message, "revision %lu of the server", revision);
	if ((r = gv_buf_check(&message)) == 0)
		r = gv_hook_take(ctx, message.p, &status);
	if (r == 0 && status != 0 && status != 3)
		r = gv_err(GV_ERROR, "revision %lu is not saved", revision);
	gv_buf_release(&message);
	return r;
}

int
gv_hook_svn_post_commit(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_hook_svn_follow follow = { .save = save, .ctx = ctx };
	char *end = NULL;
	int r;

	if (gv_foreign_kind_of(ctx->repo->git_dir) != GV_FOREIGN_SVN)
		return gv_err(GV_EUSAGE,
		    "svn-post-commit runs for a working copy of Subversion");
	if (argc == 1 && *argv[0] >= '1' && *argv[0] <= '9')
		follow.revision = strtoul(argv[0], &end, 10);
	if (end == NULL || *end)
		return gv_err(GV_EUSAGE,
		    "svn-post-commit needs the number of a revision");
	r = gv_hook_svn_follow(ctx->repo, &follow);
	if (follow.skipped)
		gv_out_warn(ctx->out,
		    "%lu older revisions are not saved one by one; svn has "
		    "them",
		    follow.skipped);
	return r;
}
