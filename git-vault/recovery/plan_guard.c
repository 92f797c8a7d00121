#include "git-vault/recovery/plan_guard.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/approval_out.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "good/approval_want.h"
#include "policy/freeze.h"

static int
check_reason(const struct gv_plan_guarded *g)
{
	if ((!g->in_freeze && !g->unapproved) || (g->reason && *g->reason))
		return 0;
	return gv_err(GV_EUSAGE,
	    "%s needs a --reason, which is recorded in the audit chain",
	    g->in_freeze ? "--in-freeze" : "--without-approval");
}

static int
check_freeze(struct gv_buf *note, struct gv_ctx *ctx,
    const struct gv_plan_guarded *g, const struct gv_approvals *a)
{
	const struct gv_policy *policy;
	struct gv_policy_frozen frozen;
	struct gv_buf says = GV_BUF_INIT;
	int r = gv_approval_frozen(&frozen, &policy, a, g->of.env, ctx->now);

	if (r <= 0)
		return r;
	gv_freeze_say(&says, &frozen, policy, g->of.env);
	if ((r = gv_buf_check(&says)) < 0)
		goto out;
	if (!g->in_freeze) {
		r = gv_err(GV_EREFUSED,
		    "%s; wait until then, or %s nevertheless by --in-freeze "
		    "--reason TEXT",
		    says.p, g->what);
		goto out;
	}
	gv_out_warn(ctx->out, "%s", says.p);
	gv_buf_addf(note, " in-freeze: %s", g->reason);
	r = gv_buf_check(note);
out:
	gv_buf_release(&says);
	return r;
}

static int
refuse(const struct gv_plan_guarded *g, const struct gv_approvals *a)
{
	struct gv_buf what = GV_BUF_INIT;
	int r;

	if (g->approve == NULL)
		return gv_err(GV_EREFUSED,
		    "the policy at HEAD requires approvals, and only a "
		    "known-good record can be approved; name one by --to, or "
		    "in an emergency go on by --without-approval --reason "
		    "TEXT");
	gv_buf_addf(&what, "to %s", g->what);
	if ((r = gv_buf_check(&what)) == 0)
		r = gv_approval_out_refuse(a, &g->of, what.p, g->approve);
	gv_buf_release(&what);
	return r;
}

static int
check_approvals(struct gv_buf *note, struct gv_ctx *ctx,
    const struct gv_plan_guarded *g, struct gv_approvals *a)
{
	int r;

	if (a->wanted == 0)
		return 0;
	if (g->approve && (r = gv_approval_count(a, &g->of)) < 0)
		return r;
	if (g->approve && gv_approval_is_enough(a))
		return 0;
	gv_approval_out_passed(ctx, a);
	if (!g->unapproved)
		return refuse(g, a);
	gv_out_warn(ctx->out,
	    "going on without the approvals that the policy requires; the "
	    "audit chain records this");
	gv_buf_addf(note, " without approval (%zu of %u): %s", a->n, a->wanted,
	    g->reason);
	return gv_buf_check(note);
}

int
gv_plan_guard(
    struct gv_buf *note, struct gv_ctx *ctx, const struct gv_plan_guarded *g)
{
	struct gv_approvals a;
	int r;

	if ((r = check_reason(g)) < 0 || g->of.env == NULL)
		return r;
	if ((r = gv_approval_open(&a, ctx->repo, g->of.env)) == 0 &&
	    (r = check_freeze(note, ctx, g, &a)) == 0)
		r = check_approvals(note, ctx, g, &a);
	gv_approval_close(&a);
	return r;
}

/* ---- used ---------------------------------------------------------------- */

int
gv_plan_guard_use(struct gv_buf *names, struct gv_ctx *ctx,
    const struct gv_plan_guarded *g, const char *by)
{
	struct gv_approvals a;
	int r;

	if (g->of.env == NULL || g->approve == NULL)
		return 0;
	if ((r = gv_approval_open(&a, ctx->repo, g->of.env)) < 0 ||
	    a.wanted == 0)
		goto out;
	r = gv_approval_spend(&a, &g->of, by);
	if (r > 0)
		r = gv_approval_out_used(names, ctx, &a, "this run", g->of.env);
	else if (r == 0 && !g->unapproved)
		/* another run was quicker */
		r = refuse(g, &a);
	else if (r == 0)
		gv_approval_want_end(ctx->repo, &g->of.subject, g->of.now);
out:
	gv_approval_close(&a);
	return r;
}
