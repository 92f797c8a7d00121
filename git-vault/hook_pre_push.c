#include "hook.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd.h"
#include "hook_out.h"
#include "out.h"
#include "store/repo.h"
#include "vault/outgoing.h"
#include "vault/remote.h"
#include "vault/trawl.h"

/*
 * What is about to leave this clone. Who cannot push because of a tool takes
 * the tool out, so a trouble of our own only refuses where that is asked for.
 */

struct found {
	size_t n;
	bool has_key; /* of their fingerprints */
};

/* What there is to be found in it, which is printed. */
static int
search(struct found *out, struct gv_ctx *ctx, const struct gv_outgoing *what)
{
	const struct gv_trawl_opts how = { .repo = ctx->repo, .now = ctx->now };
	struct gv_trawl *trawl = NULL;
	int r = gv_trawl_new(&trawl, &how);

	if (r == 0 && !gv_outgoing_is_empty(what)) {
		r = gv_outgoing_add(trawl, what);
		if (r == 0)
			r = gv_trawl_run(trawl);
		if (r == 0)
			out->n = gv_hook_out_findings(ctx, trawl);
		out->has_key = trawl->key != NULL;
	}
	gv_trawl_free(trawl);
	return r;
}

static int
scan(struct gv_ctx *ctx, const struct gv_outgoing_to *to,
    struct gv_outgoing *what)
{
	struct gv_buf lines = GV_BUF_INIT;
	struct found found = { .n = 0 };
	int r = gv_hook_read(&lines);

	if (r == 0)
		r = gv_outgoing_read(what, ctx->repo, to, &lines);
	if (r == 0)
		r = search(&found, ctx, what);
	gv_buf_release(&lines);
	if (r < 0 || found.n == 0)
		return r;
	gv_out_error(ctx->out,
	    "nothing is pushed: %s, in commits that the remote has not; take "
	    "%s out of these commits, as by git rebase -i",
	    found.n == 1 ? "that seems to be a secret"
			 : "these seem to be secrets",
	    found.n == 1 ? "it" : "them");
	gv_hook_out_allow(ctx, found.has_key, "git vault scan --range A..B");
	return 1;
}

/* A snapshot brings the commits that it holds, of branches that nobody meant to
 * push, too. */
static int
check_vault(struct gv_ctx *ctx, const struct gv_outgoing_to *to,
    struct gv_outgoing *what)
{
	struct found found = { .n = 0 };
	int r = gv_outgoing_read_vault(what, ctx->repo, to);

	if (r == 0)
		r = search(&found, ctx, what);
	return r == 0 && found.n
	    ? gv_err(GV_EREFUSED,
		  "the vault was not published to '%s', since "
		  "snapshots hold commits with what seems to be "
		  "a secret, which that has not; take it out of "
		  "them and delete these snapshots, or 'git "
		  "vault sync %s' sends them as they are",
		  to->remote, to->remote)
	    : r;
}

/* What is there of the vault goes along, where that is asked for. */
static int
publish(struct gv_ctx *ctx, const struct gv_outgoing_to *to,
    struct gv_outgoing *what, bool is_strict)
{
	int r = 0;

	if (gv_hook_publish_is_set(ctx, "publish") &&
	    gv_remote_is(&ctx->repo->config, to->remote, strlen(to->remote))) {
		r = check_vault(ctx, to, what);
		if (r == 0)
			r = gv_hook_publish(ctx, to->remote);
	}
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
	const struct gv_outgoing_to to = { .remote = argc > 0 ? argv[0] : NULL,
		.url = argc > 1 ? argv[1] : NULL };
	struct gv_outgoing what = GV_OUTGOING_INIT;
	bool is_strict = gv_hook_publish_is_set(ctx, "strict"), is_over;
	int r;

	if (argc < 1)
		return gv_err(GV_EUSAGE,
		    "pre-push takes the name of the remote, as githooks(5) "
		    "has it");
	/* who meant strict is not to push unsearched */
	if (gv_hook_publish_check(ctx) < 0) {
		gv_out_error(
		    ctx->out, "nothing is pushed: %s", gv_err_message());
		return 1;
	}
	r = scan(ctx, &to, &what);
	is_over = r >= 0 || r == GV_ECANCELED;
	if (r == 0)
		r = publish(ctx, &to, &what, is_strict);
	gv_outgoing_release(&what);
	if (is_over)
		return r;
	if (is_strict)
		return gv_err_in(r,
		    "nothing is pushed, since it could not be searched for "
		    "secrets, and vault.prePush is strict");
	gv_out_warn(ctx->out, "what is pushed was not searched for secrets: %s",
	    gv_err_message());
	return 0;
}
