#include "git-vault/upkeep/removal_consent.h"

#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/approval_out.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "good/approval.h"
#include "good/approval_want.h"
#include "retention/removal.h"
#include "safe/safe.h"
#include "safe/safe_who.h"

static const char *const kinds[GV_POLICY_REMOVALS] = { GV_AUDIT_DELETE_APPROVE,
	GV_AUDIT_PRUNE_APPROVE };

/* Whoever names an identity wants its signature: in approvals, and below the
 * event of the removal. */
static int
open_signer(struct gv_removal_consent *c)
{
	int r = gv_identity_opt_open(&c->safe, c->ctx, c->identities);

	return r < 0 ? r : gv_safe_check_signer(c->safe);
}

int
gv_removal_consent_open(struct gv_removal_consent *c, struct gv_ctx *ctx)
{
	c->ctx = ctx;
	if (c->gives && (c->dry_run || c->unapproved))
		return gv_err(GV_EUSAGE,
		    "--approve agrees to a removal and removes nothing, so it "
		    "does not go with --dry-run or --without-approval");
	if (c->unapproved && (c->reason == NULL || *c->reason == '\0'))
		return gv_err(GV_EUSAGE,
		    "--without-approval needs a --reason, which is recorded in "
		    "the audit chain");
	return c->identities->n ? open_signer(c) : 0;
}

void
gv_removal_consent_close(struct gv_removal_consent *c)
{
	gv_safe_close(c->safe);
	gv_buf_release(&c->words);
	gv_buf_release(&c->what);
	gv_buf_release(&c->target);
	gv_buf_release(&c->note);
}

/* How messages and events call it. */
static int
describe(struct gv_removal_consent *c, const struct gv_removal *removal)
{
	const char *way = gv_policy_removals[c->way];
	const size_t n = removal->n;

	gv_buf_reset(&c->what);
	gv_buf_reset(&c->target);
	gv_buf_addf(
	    &c->target, "%s/%s", way, n ? removal->items[0].id : "empty-trash");
	if (n > 1)
		gv_buf_addf(&c->target, " and %zu more", n - 1);
	if (n == 0)
		gv_buf_addstr(&c->what, "empty the trash");
	else
		gv_buf_addf(&c->what, "%s %zu snapshot%s%s", way, n,
		    n == 1 ? "" : "s", c->is_for_good ? " for good" : "");
	return gv_buf_check(&c->what) < 0 ? GV_ENOMEM
					  : gv_buf_check(&c->target);
}

/* Snapshots are named by their ids: what "latest" is changes. */
static int
refuse(const struct gv_removal_consent *c, const struct gv_approvals *a,
    const struct gv_approval_of *of, const struct gv_removal *removal)
{
	struct gv_buf approve = GV_BUF_INIT, what = GV_BUF_INIT;
	size_t i;
	int r;

	gv_buf_addf(&what, "to %s", c->what.p);
	gv_cmd_paste(&approve, c->ctx);
	gv_buf_addf(&approve, " %s --approve", gv_policy_removals[c->way]);
	if (c->words.len)
		gv_buf_add(&approve, c->words.p, c->words.len);
	for (i = 0; c->way == GV_POLICY_DELETE && i < removal->n; i++)
		gv_shell_word(&approve, removal->items[i].id);
	if ((r = gv_buf_check(&approve)) == 0 && (r = gv_buf_check(&what)) == 0)
		r = gv_approval_out_refuse(a, of, what.p, approve.p);
	gv_buf_release(&approve);
	gv_buf_release(&what);
	return r;
}

/* ---- given --------------------------------------------------------------- */

static void
put(struct gv_json *j, const struct gv_removal_consent *c,
    const struct gv_approvals *a, const struct gv_removal *removal,
    const char *who)
{
	size_t i;

	if (j == NULL)
		return;
	gv_json_object(j, NULL);
	gv_json_string(j, "action", gv_policy_removals[c->way]);
	gv_json_bool(j, "for_good", c->is_for_good);
	gv_json_string(j, "actor", who);
	gv_json_uint(j, "wanted", a->wanted);
	gv_json_array(j, "snapshots");
	for (i = 0; i < removal->n; i++)
		gv_json_string(j, NULL, removal->items[i].id);
	gv_json_end(j);
	gv_json_end(j);
}

static int
give(struct gv_removal_consent *c, struct gv_approvals *a,
    const struct gv_approval_of *of, const struct gv_removal *removal)
{
	const char *way = gv_policy_removals[c->way], *who = "";
	int r;

	if (a->wanted == 0)
		return gv_err(GV_EREFUSED,
		    "the policy at HEAD requires no approvals to %s snapshots, "
		    "so an approval has no effect; see git-vault-policy(5)",
		    way);
	if (removal->n == 0 && !c->is_for_good)
		return gv_err(GV_EREFUSED,
		    "nothing would be removed here, so there is nothing to "
		    "approve; to fetch what others have: git vault sync");
	if ((r = gv_approval_give(&who, a, of, c->reason)) < 0)
		return r;
	put(c->ctx->json, c, a, removal, who);
	gv_out_say(c->ctx->out,
	    "%s approves that somebody else may %s once; 'git vault sync' "
	    "shares it",
	    who, c->what.p);
	return 0;
}

/* ---- used ---------------------------------------------------------------- */

/* With NULL how many are wanted is not known. */
static int
go_without(struct gv_removal_consent *c, const struct gv_approvals *a,
    struct gv_removal *removal)
{
	/* that of a prune names its rules */
	const char *was = c->way == GV_POLICY_PRUNE ? removal->reason : NULL;
	int r;

	gv_buf_reset(&c->note);
	gv_buf_addf(
	    &c->note, "%s%swithout approval", was ? was : "", was ? " " : "");
	if (a)
		gv_buf_addf(&c->note, " (%zu of %u)", a->n, a->wanted);
	gv_buf_addf(&c->note, ": %s", c->reason);
	if ((r = gv_buf_check(&c->note)) < 0)
		return r;
	gv_out_warn(c->ctx->out,
	    "going on without the approvals that the policy requires; the "
	    "audit chain records this");
	c->is_used = true;
	removal->reason = c->note.p;
	return 0;
}

static int
use(struct gv_removal_consent *c, struct gv_approvals *a,
    const struct gv_approval_of *of, struct gv_removal *removal)
{
	struct gv_buf names = GV_BUF_INIT;
	int r = gv_approval_spend(a, of, of->target);

	if (r > 0) {
		c->is_used = true;
		c->used = of->subject;
		r = gv_approval_out_used(
		    &names, c->ctx, a, "this removal", NULL);
	} else if (r == 0) {
		gv_approval_out_passed(c->ctx, a);
		r = c->unapproved ? go_without(c, a, removal)
				  : refuse(c, a, of, removal);
		/* nobody need approve it any more */
		if (r == 0)
			gv_approval_want_end(
			    c->ctx->repo, &of->subject, of->now);
	}
	gv_buf_release(&names);
	return r;
}

/* Somebody moved a ref meanwhile, so the removal is tried again: what others
 * agreed to has to be the same. */
static int
go_on(const struct gv_removal_consent *c, struct gv_removal *removal,
    const struct gv_oid *subject)
{
	if (c->note.len) {
		removal->reason = c->note.p;
		return 0;
	}
	if (gv_oid_equal(&c->used, subject))
		return 0;
	return gv_err(GV_EREFUSED,
	    "another process changed meanwhile which snapshots would be "
	    "removed, so nothing was: what others approved were other "
	    "snapshots, and their approvals are used; to see which would go "
	    "now: git vault %s --dry-run",
	    gv_policy_removals[c->way]);
}

/* Nothing is removed yet: 0 where enough are there. */
static int
look(const struct gv_removal_consent *c, struct gv_approvals *a,
    const struct gv_approval_of *of, const struct gv_removal *removal)
{
	int r = gv_approval_count(a, of);

	if (r < 0 || (!c->dry_run && gv_approval_is_enough(a)))
		return r;
	gv_approval_out_passed(c->ctx, a);
	if (c->dry_run)
		gv_approval_out_count(c->ctx, a);
	return c->dry_run || c->unapproved ? 0 : refuse(c, a, of, removal);
}

/* The policy at HEAD cannot be read, so nobody knows whom it asks. */
static int
go_on_blind(struct gv_removal_consent *c, struct gv_removal *removal, int r)
{
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (!c->unapproved && !c->dry_run)
		return gv_err_in(r,
		    "nothing was removed; in an emergency --without-approval "
		    "--reason TEXT goes on");
	gv_out_warn(c->ctx->out, "%s", gv_err_message());
	return c->dry_run ? 0 : go_without(c, NULL, removal);
}

static int
ask(struct gv_removal_consent *c, struct gv_approvals *a,
    struct gv_removal *removal, bool is_dry)
{
	struct gv_approval_of of = { .kind = kinds[c->way],
		.env = GV_APPROVAL_SNAPSHOTS,
		.safe = c->safe,
		.now = c->ctx->now };
	int r;

	if ((r = describe(c, removal)) < 0 ||
	    (r = gv_removal_subject(&of.subject, gv_policy_removals[c->way],
		 c->is_for_good, removal)) < 0)
		return r;
	of.target = c->target.p;
	if (c->gives)
		return give(c, a, &of, removal);
	if (c->is_used)
		return go_on(c, removal, &of.subject);
	return is_dry ? look(c, a, &of, removal) : use(c, a, &of, removal);
}

int
gv_removal_consent_ask(void *consent, struct gv_removal *removal, bool is_dry)
{
	struct gv_removal_consent *c = consent;
	const bool is_nothing = removal->n == 0 && !c->is_for_good;
	struct gv_approvals a;
	int r = gv_approval_open_removal(&a, c->ctx->repo, c->way);

	if (r < 0)
		r = go_on_blind(c, removal, r);
	else if (c->gives || (a.wanted && !is_nothing))
		r = ask(c, &a, removal, is_dry);
	gv_approval_close(&a);
	return r;
}
