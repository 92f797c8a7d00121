#include "git-vault/look/copies_out.h"

#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "replica/replica_auto.h"
#include "sys/clock.h"
#include "sys/exec.h"

#define PAUSE 50 /* ms */

static void
warn_lines(struct gv_ctx *ctx, const struct gv_buf *text)
{
	const char *p = text->p, *nl;

	for (; (nl = strchr(p, '\n')); p = nl + 1)
		gv_out_warn(ctx->out, "%.*s", (int)(nl - p), p);
}

static int
tell_news(struct gv_ctx *ctx)
{
	struct gv_replica_auto look;
	int r = gv_replica_auto_look(&look, ctx->repo, ctx->now, false);

	if (r == 0)
		warn_lines(ctx, &look.news);
	gv_replica_auto_release(&look);
	return r;
}

static int
wait_for(struct gv_ctx *ctx, pid_t pid, int wait_s)
{
	long long i, n = (long long)wait_s * 1000 / PAUSE;

	for (i = 0; i < n; i++) {
		if (gv_exec_is_over(pid))
			return tell_news(ctx);
		gv_clock_sleep(PAUSE);
	}
	gv_out_say(ctx->out,
	    "copies are still being pushed, in the background; to see how far "
	    "they are: git vault replicate");
	return 0;
}

static int
start(struct gv_ctx *ctx, int wait_s)
{
	pid_t pid;
	int r = gv_replica_auto_start(ctx->repo, wait_s ? &pid : NULL);

	return r == 0 && wait_s ? wait_for(ctx, pid, wait_s) : r;
}

void
gv_copies_out_push(struct gv_ctx *ctx, bool is_save, int wait_s)
{
	struct gv_replica_auto look;
	char *before = gv_err_save();
	int r = gv_replica_auto_look(&look, ctx->repo, ctx->now, is_save);

	if (r == 0) {
		warn_lines(ctx, &look.news);
		if (look.is_due)
			r = start(ctx, wait_s);
	}
	if (r < 0)
		gv_out_warn(
		    ctx->out, "copies are not pushed: %s", gv_err_message());
	gv_replica_auto_release(&look);
	gv_err_restore(before);
}
