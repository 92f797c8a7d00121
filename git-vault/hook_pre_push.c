#include "hook.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd.h"
#include "hook_out.h"
#include "out.h"
#include "store/repo.h"
#include "vault/outgoing.h"
#include "vault/trawl.h"

/*
 * What is about to leave this clone. Who cannot push because of a tool takes
 * the tool out, so a trouble of our own only refuses where that is asked for.
 */

static int
scan(struct gv_ctx *ctx, struct gv_trawl *trawl, const char *remote)
{
	struct gv_buf lines = GV_BUF_INIT, revisions = GV_BUF_INIT;
	size_t n = 0;
	int r = gv_hook_read(&lines);

	if (r == 0)
		r = gv_outgoing_revisions(
		    &revisions, ctx->repo, remote, &lines);
	if (r == 0 && revisions.len) {
		r = gv_trawl_add_revisions(trawl, &revisions, 0);
		if (r == 0)
			r = gv_trawl_run(trawl);
		if (r == 0)
			n = gv_hook_out_findings(ctx, trawl);
	}
	gv_buf_release(&lines);
	gv_buf_release(&revisions);
	if (r < 0 || n == 0)
		return r;
	gv_out_error(ctx->out,
	    "nothing is pushed: %s, in commits that the remote has not; take "
	    "%s out of these commits, as by git rebase -i",
	    n == 1 ? "that seems to be a secret" : "these seem to be secrets",
	    n == 1 ? "it" : "them");
	gv_hook_out_allow(ctx, "git vault scan --range A..B");
	return 1;
}

/* What is there of the vault goes along, where that is asked for. */
static int
publish(struct gv_ctx *ctx, const char *remote, bool is_strict)
{
	int r = gv_hook_publish_is_set(ctx, "publish")
	    ? gv_hook_publish(ctx, remote)
	    : 0;

	if (r >= 0 || r == GV_ECANCELED)
		return r;
	if (is_strict)
		return gv_err_in(
		    r, "nothing is pushed, since vault.prePush is strict");
	gv_out_warn(ctx->out, "%s", gv_err_message());
	return 0;
}

int
gv_hook_pre_push(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_trawl_opts how = { .repo = ctx->repo, .now = ctx->now };
	bool is_strict = gv_hook_publish_is_set(ctx, "strict");
	struct gv_trawl *trawl = NULL;
	int r;

	if (argc < 1)
		return gv_err(GV_EUSAGE,
		    "pre-push takes the name of the remote, as githooks(5) "
		    "has it");
	r = gv_trawl_new(&trawl, &how);
	if (r == 0)
		r = scan(ctx, trawl, argv[0]);
	gv_trawl_free(trawl);
	if (r == 0)
		return publish(ctx, argv[0], is_strict);
	if (r > 0 || r == GV_ECANCELED)
		return r;
	if (is_strict)
		return gv_err_in(r,
		    "nothing is pushed, since it could not be searched for "
		    "secrets, and vault.prePush is strict");
	gv_out_warn(ctx->out, "what is pushed was not searched for secrets: %s",
	    gv_err_message());
	return 0;
}
