#include "git-vault/restore/whole_pick.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "record/record_resolve.h"
#include "whole/whole.h"

#define MOST 100 /* snapshots that are tried */

int
gv_whole_pick_is(struct gv_buf *why, struct gv_ctx *ctx,
    const struct gv_record *rec, const char *env)
{
	struct gv_whole whole;
	int r = gv_whole_load(&whole, ctx->repo, rec);

	if (r == 0) {
		r = gv_whole_has(&whole, env);
		gv_whole_add_reasons(why, &whole, env);
		if (gv_buf_check(why) < 0)
			r = GV_ENOMEM;
	}
	gv_whole_release(&whole);
	return r;
}

/* The command that takes a snapshot all the same. */
static int
add_paste(struct gv_buf *out, const struct gv_ctx *ctx, const char *id,
    const char *env, const char *how)
{
	gv_cmd_paste(out, ctx);
	gv_buf_addf(out, " restore %s %s --env", id, how);
	gv_shell_word(out, env);
	return gv_buf_check(out);
}

static int
pass_over(struct gv_ctx *ctx, const struct gv_record *rec, const char *env,
    const char *how, const char *why)
{
	struct gv_buf paste = GV_BUF_INIT;
	int r = add_paste(&paste, ctx, rec->id, env, how);

	if (r == 0) {
		gv_out_say(ctx->out,
		    "passed over snapshot %s, in which environment %s is not "
		    "whole: %s",
		    rec->id, env, why);
		gv_out_say(
		    ctx->out, "to restore from it all the same: %s", paste.p);
	}
	gv_buf_release(&paste);
	return r;
}

/* The one of which nothing was said yet, if there is no other. */
static int
refuse(struct gv_ctx *ctx, const struct gv_record *rec, const char *env,
    const char *how, const char *why)
{
	struct gv_buf paste = GV_BUF_INIT;
	int r = add_paste(&paste, ctx, rec->id, env, how);

	if (r == 0)
		r = gv_err(GV_EREFUSED,
		    "environment %s is whole in no snapshot of this working "
		    "tree; in %s: %s; to restore from it all the same: %s",
		    env, rec->id, why, paste.p);
	gv_buf_release(&paste);
	return r;
}

int
gv_whole_pick_latest(
    struct gv_record *rec, struct gv_ctx *ctx, const char *env, const char *how)
{
	struct gv_record next = { .text = NULL };
	struct gv_buf why = GV_BUF_INIT, later = GV_BUF_INIT;
	char spec[32];
	int i, r;

	if ((r = gv_whole_pick_is(&why, ctx, rec, env)) != 0) {
		r = r < 0 ? r : 0;
		goto out;
	}
	for (i = 1; i < MOST; i++) {
		snprintf(spec, sizeof(spec), "latest~%d", i);
		gv_buf_reset(&later);
		if ((r = gv_record_resolve(&next, ctx->repo,
			 &(struct gv_record_query){ .text = spec })) < 0 ||
		    (r = gv_whole_pick_is(&later, ctx, &next, env)) != 0)
			break;
		gv_record_release(&next);
	}
	if (r == GV_ENOTFOUND || r == 0) {
		r = refuse(ctx, rec, env, how, why.p);
	} else if (r > 0 && (r = pass_over(ctx, rec, env, how, why.p)) == 0) {
		gv_record_release(rec);
		*rec = next;
		memset(&next, 0, sizeof(next));
	}
out:
	gv_record_release(&next);
	gv_buf_release(&why);
	gv_buf_release(&later);
	return r;
}
