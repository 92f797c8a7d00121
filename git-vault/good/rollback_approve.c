#include "git-vault/good/rollback.h"

#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/approval_out.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "good/approval_want.h"
#include "policy/team.h"

/* ---- asked for ---------------------------------------------------------- */

/* The safe for the named identities: the user signs by them. */
static int
open_named(struct gv_safe **out, struct gv_rollback_run *w)
{
	int r = 0;

	if (w->o->identities.n && w->safe == NULL)
		r = gv_identity_opt_open(&w->safe, w->ctx, &w->o->identities);
	*out = w->o->identities.n ? w->safe : NULL;
	return r;
}

/* The policy cannot be read, but nobody is to be asked. */
static int
go_on_blind(struct gv_rollback_run *w, int r)
{
	if (r != GV_EREFUSED || !w->o->unapproved)
		return r;
	gv_out_warn(w->ctx->out, "%s", gv_err_message());
	w->is_blind = true;
	return 0;
}

static struct gv_approval_of
subject_of(const struct gv_rollback_run *w)
{
	return (struct gv_approval_of){ .kind = GV_AUDIT_APPROVE,
		.env = w->good.env,
		.subject = w->good.tag,
		.now = w->ctx->now };
}

int
gv_rollback_ask(struct gv_rollback_run *w)
{
	struct gv_approval_of of = subject_of(w);
	int r = gv_approval_open(&w->approvals, w->ctx->repo, w->env);

	if (r < 0)
		return go_on_blind(w, r);
	/* what was just done may be taken back by who has done it */
	if (w->approvals.wanted == 0 || w->undone.id[0])
		return 0;
	if ((r = open_named(&of.safe, w)) == 0)
		r = gv_approval_count(&w->approvals, &of);
	if (r == 0 && w->o->dry_run)
		gv_rollback_out_approvals(w);
	return r;
}

/* ---- enough ------------------------------------------------------------- */

static bool
is_late(const struct gv_rollback_run *w)
{
	return w->undone.id[0] && w->approvals.wanted &&
	    w->ctx->now - w->rec.time > w->approvals.lasts;
}

/* To take an undo back is to go back to the record again, and whether anybody
 * had agreed to that is not in its note. */
static bool
is_again(const struct gv_rollback_run *w)
{
	return w->undone.undoes[0] && w->approvals.wanted;
}

static bool
may_go(const struct gv_rollback_run *w)
{
	if (w->is_blind)
		return false;
	return w->undone.id[0] ? !is_late(w) && !is_again(w)
			       : gv_approval_is_enough(&w->approvals);
}

static int
refuse(const struct gv_rollback_run *w)
{
	const struct gv_approval_of of = subject_of(w);
	struct gv_buf what = GV_BUF_INIT, approve = GV_BUF_INIT;
	int r;

	if (is_again(w))
		return gv_err(GV_EREFUSED,
		    "%s undid a rollback of %s, so undoing it rolls back "
		    "again, and the policy at HEAD requires approvals for "
		    "that; roll back to the record, which can be approved, or "
		    "use --without-approval --reason TEXT",
		    w->undone.id, w->env);
	if (w->undone.id[0])
		return gv_err(GV_EREFUSED,
		    "rollback %s of %s is too old to undo without approvals, "
		    "which the policy at HEAD requires; roll back to a record, "
		    "which can be approved, or use --without-approval --reason "
		    "TEXT",
		    w->undone.id, w->env);
	gv_buf_addf(&what, "for record %u of %s", w->good.n, w->env);
	gv_buf_addf(&approve, "git vault rollback --approve --to %u %s",
	    w->good.n, w->env);
	if ((r = gv_buf_check(&what)) == 0 && (r = gv_buf_check(&approve)) == 0)
		r = gv_approval_out_refuse(
		    &w->approvals, &of, what.p, approve.p);
	gv_buf_release(&what);
	gv_buf_release(&approve);
	return r;
}

int
gv_rollback_check_approvals(struct gv_rollback_run *w)
{
	const struct gv_approvals *a = &w->approvals;

	if (may_go(w))
		return 0;
	gv_approval_out_passed(w->ctx, &w->approvals);
	if (!w->o->unapproved)
		return refuse(w);
	gv_buf_addstr(&w->unapproved, "without approval");
	if (!w->is_blind && !w->undone.id[0])
		gv_buf_addf(&w->unapproved, " (%zu of %u)", a->n, a->wanted);
	gv_buf_addf(&w->unapproved, ": %s", w->o->reason);
	w->reason = w->unapproved.p;
	gv_out_warn(w->ctx->out,
	    "going on without the approvals that the policy requires; the "
	    "audit chain records this");
	return gv_buf_check(&w->unapproved);
}

/* ---- used --------------------------------------------------------------- */

int
gv_rollback_use_approvals(struct gv_rollback_run *w)
{
	struct gv_approval_of of = subject_of(w);
	struct gv_buf names = GV_BUF_INIT;
	struct gv_approvals a;
	char by[256];
	int r;

	if (w->undone.id[0])
		return 0;
	/* nobody is asked, or the user goes on without them: nobody need
	 * approve it any more */
	if (w->approvals.wanted == 0 || w->unapproved.len) {
		gv_approval_want_end(w->ctx->repo, &of.subject, w->ctx->now);
		return 0;
	}
	(void)snprintf(
	    by, sizeof(by), "rollback/%s/%u", w->good.env, w->good.n);
	if ((r = gv_approval_open(&a, w->ctx->repo, w->env)) == 0 &&
	    (r = open_named(&of.safe, w)) == 0 &&
	    (r = gv_approval_spend(&a, &of, by)) > 0)
		r = gv_approval_out_used(
		    &names, w->ctx, &a, "this rollback", w->env);
	else if (r == 0)
		r = gv_err(GV_EREFUSED,
		    "the approvals of this rollback were used by another "
		    "process meanwhile; others approve again by 'git vault "
		    "rollback --approve --to %u %s'",
		    w->good.n, w->env);
	gv_approval_close(&a);
	gv_buf_release(&names);
	return r;
}

/* ---- told --------------------------------------------------------------- */

static void
print_one(struct gv_out *out, const struct gv_approval *one)
{
	char when[GV_TIME_MAX];

	gv_time_rfc3339(when, one->time);
	gv_out_printf(out, "approval ");
	gv_out_path(out, one->name, strlen(one->name));
	gv_out_printf(out, " %s ", when);
	gv_out_path(out, one->host, strlen(one->host));
	if (one->reason) {
		gv_out_printf(out, " ");
		gv_out_path(out, one->reason, strlen(one->reason));
	}
	gv_out_printf(out, "\n");
}

void
gv_rollback_out_approvals(const struct gv_rollback_run *w)
{
	const struct gv_approvals *a = &w->approvals;
	size_t i;

	if (w->ctx->json)
		return;
	for (i = 0; i < a->n; i++)
		print_one(w->ctx->out, &a->all[i]);
	gv_approval_out_passed(w->ctx, &w->approvals);
	gv_approval_out_count(w->ctx, a);
}

void
gv_rollback_out_policy(const struct gv_rollback_run *w)
{
	const struct gv_restore_change *c = w->changes;
	const unsigned n = w->approvals.wanted;
	size_t i;

	for (i = 0; n && i < w->n_changes; i++, c++)
		if (c->action <= GV_RESTORE_DELETE &&
		    strcmp(c->path, GV_TEAM_POLICY) == 0)
			gv_out_warn(w->ctx->out,
			    "the policy is rolled back as well: %s, by which a "
			    "rollback of %s needs %u approval%s, will %s",
			    GV_TEAM_POLICY, w->env, n, n == 1 ? "" : "s",
			    c->action == GV_RESTORE_DELETE
				? "not be there"
				: "be as it was then");
}

void
gv_rollback_out_json_approvals(const struct gv_rollback_run *w)
{
	const struct gv_approvals *a = &w->approvals;
	struct gv_json *j = w->ctx->json;
	char when[GV_TIME_MAX], hex[GV_OID_HEX + 1];
	size_t i;

	gv_json_object(j, "approvals");
	gv_json_uint(j, "wanted", a->wanted);
	gv_json_bool(j, "enough", may_go(w));
	gv_json_array(j, "given");
	for (i = 0; i < a->n; i++) {
		gv_time_rfc3339(when, a->all[i].time);
		gv_oid_format(hex, &a->all[i].event);
		gv_json_object(j, NULL);
		gv_json_string(j, "actor", a->all[i].name);
		gv_json_string(j, "time", when);
		gv_json_string(j, "host", a->all[i].host);
		gv_json_string(j, "event", hex);
		gv_json_string(j, "reason", a->all[i].reason);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

/* ---- given -------------------------------------------------------------- */

int
gv_rollback_approve(struct gv_rollback_run *w)
{
	struct gv_approval_of of = subject_of(w);
	struct gv_json *j = w->ctx->json;
	char target[256];
	const char *who = "";
	int r;

	(void)snprintf(
	    target, sizeof(target), "good/%s/%u", w->good.env, w->good.n);
	of.target = target;
	if ((r = gv_approval_open(&w->approvals, w->ctx->repo, w->env)) < 0)
		return r;
	if (w->approvals.wanted == 0)
		return gv_err(GV_EREFUSED,
		    "the policy at HEAD requires no approvals for a rollback "
		    "of %s, so an approval has no effect; see "
		    "git-vault-policy(5)",
		    w->env);
	if ((r = open_named(&of.safe, w)) < 0 ||
	    (r = gv_approval_give(&who, &w->approvals, &of, w->reason)) < 0)
		return r;
	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "environment", w->env);
		gv_json_uint(j, "record", w->good.n);
		gv_json_string(j, "actor", who);
		gv_json_uint(j, "wanted", w->approvals.wanted);
		gv_json_end(j);
	}
	gv_out_say(w->ctx->out,
	    "%s approves that %s goes back to known-good record %u; 'git vault "
	    "sync' shares it",
	    who, w->env, w->good.n);
	return 0;
}
