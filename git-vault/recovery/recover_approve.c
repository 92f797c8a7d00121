#include "git-vault/recovery/recover_approve.h"

#include "audit/audit.h"
#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/approval_out.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "good/approval.h"
#include "record/good.h"
#include "recover/recover.h"

/* The options that write over more, or show more: part of what is agreed to. */
static void
add_options(struct gv_buf *out, const struct gv_recover_agreed *of)
{
	gv_buf_addf(out, "%s%s%s", of->replaces ? " --replace" : "",
	    of->crosses ? " --cross-scope" : "",
	    of->with_states ? " --with-states" : "");
}

int
gv_recover_agreed_subject(
    struct gv_oid *out, const struct gv_recover_agreed *of)
{
	struct gv_buf options = GV_BUF_INIT;
	int r;

	add_options(&options, of);
	if ((r = gv_buf_check(&options)) == 0)
		r = gv_recover_as_subject(out, &of->good->tag, of->good->env,
		    of->as, options.len ? options.p : "");
	gv_buf_release(&options);
	return r;
}

int
gv_recover_agreed_command(
    struct gv_buf *out, const struct gv_recover_agreed *of)
{
	gv_buf_addf(
	    out, "git vault recover --approve --to %u --as", of->good->n);
	gv_shell_word(out, of->as);
	add_options(out, of);
	gv_shell_word(out, of->good->env);
	return gv_buf_check(out);
}

static void
tell(struct gv_ctx *ctx, const struct gv_recover_agreed *of, const char *who,
    unsigned wanted)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "environment", of->good->env);
		gv_json_uint(ctx->json, "record", of->good->n);
		gv_json_string(ctx->json, "as", of->as);
		gv_json_string(ctx->json, "actor", who);
		gv_json_uint(ctx->json, "wanted", wanted);
		gv_json_end(ctx->json);
	}
	gv_out_say(ctx->out,
	    "%s approves that known-good record %u of %s is recovered as %s "
	    "once, by somebody else; 'git vault sync' shares it",
	    who, of->good->n, of->good->env, of->as);
}

int
gv_recover_agreed_give(
    struct gv_ctx *ctx, const struct gv_recover_agreed *of, const char *reason)
{
	struct gv_approval_of approval = {
		.kind = GV_AUDIT_PLAN_APPROVE, .env = of->as, .now = ctx->now
	};
	struct gv_buf target = GV_BUF_INIT;
	struct gv_approvals a;
	const char *who;
	int r;

	gv_buf_addf(
	    &target, "recover/%s/%u/as/%s", of->good->env, of->good->n, of->as);
	if ((r = gv_approval_open(&a, ctx->repo, of->as)) < 0 ||
	    (r = gv_buf_check(&target)) < 0)
		goto out;
	approval.target = target.p;
	if (a.wanted == 0)
		r = gv_err(GV_EREFUSED,
		    "the policy requires no approvals for %s, so an approval "
		    "has no effect; see git-vault-policy(5)",
		    of->as);
	if (r == 0 &&
	    (r = gv_recover_agreed_subject(&approval.subject, of)) == 0 &&
	    (r = gv_approval_give(&who, &a, &approval, reason)) == 0)
		tell(ctx, of, who, a.wanted);
out:
	gv_approval_close(&a);
	gv_buf_release(&target);
	return r;
}
