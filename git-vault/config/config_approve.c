#include "git-vault/config/config_access.h"

#include <stdlib.h>
#include <string.h>

#include "access/access_judge.h"
#include "access/access_say.h"
#include "audit/audit.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "git-vault/config/access_base.h"
#include "git-vault/config/access_out.h"
#include "git-vault/config/config_view.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "good/approval.h"
#include "repo/repo.h"
#include "safe/safe.h"

/* What is agreed to: a step, by the digest of its files before and after. */
struct subject {
	struct gv_oid id;
	const char *what; /* its files */
	bool is_whole;    /* all commits of a range as one */
};

struct approving {
	struct gv_ctx *ctx;
	struct gv_access_base base;
	struct gv_access_judge *judge;
	struct gv_safe *safe;
	const char *self;
	struct gv_oid from, to;
	struct subject *all;
	size_t n, cap;
	size_t n_others; /* steps that others have to approve */
	size_t n_missing;
	struct gv_buf why; /* what others have to approve */
	struct gv_arena arena;
};

/* ---- which commits ------------------------------------------------------- */

/* A..B, or what a commit has and the protected branch does not. */
static int
find_range(struct approving *a, const char *what)
{
	const char *dots = what ? strstr(what, "..") : NULL;
	struct gv_buf left = GV_BUF_INIT;
	int r;

	if (dots) {
		gv_buf_add(&left, what, (size_t)(dots - what));
		if ((r = gv_buf_check(&left)) == 0 &&
		    (r = gv_access_base_commit(&a->from, left.p)) == 0)
			r = gv_access_base_commit(
			    &a->to, dots[2] ? dots + 2 : "HEAD");
		gv_buf_release(&left);
		return r;
	}
	if ((r = gv_access_base_commit(&a->to, what ? what : "HEAD")) < 0)
		return r;
	if (gv_oid_is_zero(&a->base.commit))
		return 0;
	return gv_access_base_fork(&a->from, &a->base.commit, &a->to);
}

static int
open_approving(struct approving *a, bool by_signature)
{
	struct gv_access_judge_opts opts = { .now = a->ctx->now,
		.by_signature = by_signature };
	int r = gv_access_base_find(&a->base, a->ctx);

	if (r < 0)
		return r;
	if (a->base.policy.access.n_rules == 0)
		return gv_err(GV_EREFUSED,
		    "the policy of %s has no rules of access, so nothing needs "
		    "an approval; see git-vault-policy(5)",
		    a->base.ref.p);
	opts.head_ref = a->base.ref.p;
	opts.head = &a->base.commit;
	return gv_access_judge_open(&a->judge, a->ctx->repo, &opts);
}

static void
close_approving(struct approving *a)
{
	gv_access_judge_close(a->judge);
	gv_access_base_release(&a->base);
	gv_safe_close(a->safe);
	gv_buf_release(&a->why);
	gv_arena_release(&a->arena);
	free(a->all);
}

/* ---- approve ------------------------------------------------------------- */

static bool
has_name(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int
add_subject(struct approving *a, const struct gv_access_result *result)
{
	struct gv_buf what = GV_BUF_INIT;
	struct subject *one;
	size_t i, n = 0;
	int r;

	for (i = 0; i < a->n; i++)
		if (gv_oid_equal(&a->all[i].id, &result->subject))
			return 0;
	for (i = 0; i < result->changes->n; i++) {
		const struct gv_access_change *c = &result->changes->items[i];

		if (!c->is_governed || n++ >= 3)
			continue;
		gv_buf_addstr(&what, n > 1 ? ", " : "");
		gv_access_say_change(&what, c);
	}
	if (n > 3)
		gv_buf_addf(&what, " and %zu more", n - 3);
	if ((r = gv_buf_check(&what)) == 0 &&
	    (r = GV_GROW(a->all, a->n, a->cap)) == 0) {
		one = &a->all[a->n];
		one->id = result->subject;
		one->is_whole = result->is_whole;
		one->what = gv_arena_copy(&a->arena, what.p, what.len);
		a->n += one->what != NULL;
		r = one->what ? 0 : gv_err_nomem();
	}
	gv_buf_release(&what);
	return r;
}

/* Those that are asked for, and that the user here can give. */
static int
collect(void *data, const struct gv_access_result *result)
{
	struct approving *a = data;
	bool is_mine = false, is_asked = false;
	size_t i;

	if (result->fault)
		return 0;
	for (i = 0; i < result->verdict->n; i++) {
		const struct gv_access_point *p = &result->verdict->points[i];

		if (p->rule->approvals == 0)
			continue;
		is_asked = true;
		is_mine |= has_name(p->may, p->n_may, a->self) ||
		    has_name(p->by, p->has, a->self);
	}
	if (is_mine)
		return add_subject(a, result);
	if (is_asked) {
		a->n_others++;
		return gv_access_say(&a->why, result);
	}
	return 0;
}

static int
give(struct approving *a, const struct subject *s)
{
	const struct gv_config_opts *o = a->ctx->opts;
	const char *who, *approvers[] = { a->self };
	const struct gv_policy_approval rule = { .wanted = 1,
		.approvers = approvers,
		.n_approvers = 1,
		.lasts = GV_POLICY_ACCESS_VALID };
	struct gv_approval_of of = { .kind = GV_AUDIT_CONFIG_APPROVE,
		.env = GV_ACCESS_SCOPE,
		.subject = s->id,
		.safe = a->safe,
		.now = a->ctx->now };
	struct gv_buf target = GV_BUF_INIT;
	struct gv_approvals given;
	int r = gv_approval_open_by(&given, a->ctx->repo, &rule);

	gv_access_judge_on(&target, &a->base.commit, s->what);
	of.target = target.p;
	if (r == 0 && (r = gv_buf_check(&target)) == 0)
		r = gv_approval_give(&who, &given, &of, o->reason);
	gv_approval_close(&given);
	gv_buf_release(&target);
	return r;
}

static int
find_self(struct approving *a)
{
	const struct gv_config_opts *o = a->ctx->opts;
	const struct gv_access_who *who = gv_access_judge_who(a->judge);
	int r = o->identities.n
	    ? gv_identity_opt_open(&a->safe, a->ctx, &o->identities)
	    : 0;

	if (r == 0)
		r = gv_access_who_named(&a->self, who, a->safe);
	if (r < 0 || a->self)
		return r;
	return gv_err(GV_ENOKEY,
	    "an approval given here counts for nothing: %s",
	    who->why
		? who->why
		: "no key at hand is in the keyring; name one by --identity");
}

static int
refuse(const struct approving *a)
{
	if (a->n_others == 0)
		return gv_err(GV_EREFUSED,
		    "no rule asks for approvals of these commits; to see the "
		    "rules: git vault config access explain");
	return gv_err(GV_EREFUSED, "an approval of %s counts for nothing: %.*s",
	    a->self, (int)strcspn(a->why.p, "\n"), a->why.p);
}

static void
tell(const struct approving *a)
{
	struct gv_json *j = a->ctx->json;
	char hex[GV_OID_HEX + 1];
	size_t i;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "actor", a->self);
		gv_json_string(j, "branch", a->base.ref.p);
		gv_json_oid(j, "commit", &a->to);
		gv_json_array(j, "approved");
		for (i = 0; i < a->n; i++) {
			gv_oid_format(hex, &a->all[i].id);
			gv_json_object(j, NULL);
			gv_json_string(j, "subject", hex);
			gv_json_string(j, "changes", a->all[i].what);
			gv_json_end(j);
		}
		gv_json_end(j);
		gv_json_end(j);
		return;
	}
	for (i = 0; i < a->n; i++)
		gv_out_say(a->ctx->out, "%s approves %s%s", a->self,
		    a->all[i].what,
		    a->all[i].is_whole ? ", all commits as one" : "");
	gv_out_say(a->ctx->out, "to share it: git vault sync");
}

int
gv_config_approve(struct gv_ctx *ctx, const char *what)
{
	struct approving a = { .ctx = ctx,
		.base = { .ref = GV_BUF_INIT, .policy = GV_POLICY_INIT },
		.why = GV_BUF_INIT,
		.arena = GV_ARENA_INIT };
	size_t i;
	int r;

	if ((r = open_approving(&a, true)) < 0 ||
	    (r = find_range(&a, what)) < 0 || (r = find_self(&a)) < 0 ||
	    (r = gv_access_judge_range(
		 a.judge, &a.from, &a.to, &a.base.commit, collect, &a)) < 0)
		goto out;
	if (a.n == 0)
		r = refuse(&a);
	for (i = 0; r == 0 && i < a.n; i++)
		r = give(&a, &a.all[i]);
	if (r == 0)
		tell(&a);
out:
	close_approving(&a);
	return r;
}

/* ---- verify -------------------------------------------------------------- */

static int
check(void *data, const struct gv_access_result *result)
{
	struct approving *a = data;
	const bool is_missing = result->fault || result->verdict->lacks;
	char hex[GV_OID_HEX + 1];

	a->n++;
	a->n_missing += is_missing;
	gv_oid_format(hex, &result->to);
	if (a->ctx->json) {
		gv_access_out_json(a->ctx, result);
	} else if (is_missing) {
		gv_out_error(a->ctx->out, "%.12s is not allowed:", hex);
		gv_access_out_missing(a->ctx, result);
	}
	return 0;
}

/* Without a range the commit itself: a pipeline runs once for each push, and
 * knows by its host what it began from. */
static int
find_verified(struct approving *a, const char *what)
{
	struct gv_buf range = GV_BUF_INIT;
	int r;

	if (what && strstr(what, ".."))
		return find_range(a, what);
	gv_buf_addf(
	    &range, "%s^..%s", what ? what : "HEAD", what ? what : "HEAD");
	if ((r = gv_buf_check(&range)) == 0)
		r = find_range(a, range.p);
	gv_buf_release(&range);
	return r;
}

int
gv_config_verify(struct gv_ctx *ctx, const char *what)
{
	struct approving a = { .ctx = ctx,
		.base = { .ref = GV_BUF_INIT, .policy = GV_POLICY_INIT },
		.why = GV_BUF_INIT,
		.arena = GV_ARENA_INIT };
	const char *why;
	int r;

	if ((r = open_approving(&a, true)) < 0 ||
	    (r = find_verified(&a, what)) < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "branch", a.base.ref.p);
		gv_json_array(ctx->json, "steps");
	}
	r = gv_access_judge_move(
	    a.judge, a.base.ref.p, &a.from, &a.to, check, &a);
	if (r < 0)
		goto out;
	why = gv_access_judge_who(a.judge)->why;
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_bool(ctx->json, "allowed", a.n_missing == 0);
		gv_json_string(ctx->json, "keyring", why);
		gv_json_end(ctx->json);
	} else if (a.n_missing && why) {
		gv_out_error(ctx->out, "hint: nobody is known: %s", why);
	} else if (a.n_missing == 0) {
		gv_out_say(ctx->out,
		    "the rules of access hold for %zu step%s to %s", a.n,
		    a.n == 1 ? "" : "s", a.base.ref.p);
	}
	r = a.n_missing ? 1 : 0;
out:
	close_approving(&a);
	return r;
}
