#include "git-vault/hook/access_receive.h"

#include <string.h>

#include "access/access_ask.h"
#include "access/access_judge.h"
#include "access/access_say.h"
#include "audit/audit.h"
#include "audit/receipt.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lines.h"
#include "git-vault/front/cmd.h"
#include "good/candidate.h"
#include "hook/receive.h"
#include "key/idkey.h"
#include "repo/repo.h"

#define FILES_TOLD 20

struct receiving {
	struct gv_ctx *ctx;
	const struct gv_receive_settings *settings;
	struct gv_receive_report *report; /* NULL: the refs have moved */
	struct gv_policy server;          /* of vault.receive.policy */
	bool has_server;
	struct gv_access_ask ask;
	bool has_asked;
	struct gv_buf account; /* "": the host names nobody */
	struct gv_buf identity;
	const struct gv_receive_update *u;
};

/* ---- events ---------------------------------------------------------------
 */

static void
add_changes(struct gv_buf *out, const struct gv_access_result *result)
{
	size_t i, n = 0;

	for (i = 0; i < result->changes->n; i++) {
		const struct gv_access_change *c = &result->changes->items[i];

		if (!c->is_governed || n++ >= FILES_TOLD)
			continue;
		gv_buf_addstr(out, n > 1 ? ", " : "");
		gv_access_say_change(out, c);
	}
	if (n > FILES_TOLD)
		gv_buf_addf(out, " and %zu more", n - FILES_TOLD);
}

static void
add_approvers(struct gv_buf *out, const struct gv_access_result *result)
{
	const struct gv_access_verdict *v = result->verdict;
	const char *sep = "; approved by ";
	size_t i, k;

	for (i = 0; v && i < v->n; i++)
		for (k = 0; k < v->points[i].has; k++) {
			gv_buf_addf(out, "%s%s", sep, v->points[i].by[k]);
			sep = ", ";
		}
}

/* Who it was and what is missing; no value. In a quarantine no ref moves, so
 * the event waits there for the next one. */
static int
tell(struct receiving *x, const struct gv_access_result *result,
    const char *kind, const char *why)
{
	static const char *const scopes[] = { GV_ACCESS_SCOPE };
	struct gv_buf target = GV_BUF_INIT, reason = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_audit_event e = { .what = kind,
		.time = x->ctx->now,
		.scopes = scopes,
		.n_scopes = 1,
		.is_done = true };
	int r;

	gv_oid_format(hex, &result->to);
	gv_buf_addf(&target, "%s %.12s", result->ref, hex);
	if (result->changes) {
		gv_buf_addstr(&target, ": ");
		add_changes(&target, result);
	}
	gv_buf_addf(&reason, "by %s",
	    result->person       ? result->person
		: x->account.len ? x->account.p
				 : "somebody unknown");
	add_approvers(&reason, result);
	if (why)
		gv_buf_addf(&reason, "; %.*s", (int)strcspn(why, "\n"), why);
	e.target = target.p;
	e.reason = reason.p;
	if ((r = gv_buf_check(&target)) == 0 &&
	    (r = gv_buf_check(&reason)) == 0)
		r = x->report ? gv_audit_wait_refusal(x->ctx->repo, &e)
			      : gv_audit_tell_done(x->ctx->repo, NULL, &e);
	gv_buf_release(&target);
	gv_buf_release(&reason);
	return r;
}

/* An event that could not be written does not let a push in, nor hide why it
 * is refused. */
static void
tell_refusal(
    struct receiving *x, const struct gv_access_result *result, const char *why)
{
	char *before = gv_err_save();

	(void)tell(x, result, GV_AUDIT_CONFIG_REFUSE, why);
	gv_err_restore(before);
}

/* ---- the verdict ----------------------------------------------------------
 */

static int
report(struct receiving *x, const struct gv_access_result *result,
    const char *text)
{
	const bool warns = x->settings->access == GV_RECEIVE_WARN;
	struct gv_buf *out = warns ? &x->report->news : &x->report->text;
	const char *p = text, *end = text + strlen(text), *line;
	size_t n;

	while (gv_lines_next(&line, &n, &p, end)) {
		if (!warns) {
			x->report->n_access++;
			if (x->report->n++ >= GV_RECEIVE_TOLD)
				continue;
		}
		gv_buf_addf(out, "%s: %.*s\n", x->u->ref, (int)n, line);
	}
	if (!warns)
		tell_refusal(x, result, text);
	return gv_buf_check(out);
}

/* What the rules let may still be refused by who is asked. */
static int
authorize(struct receiving *x, const struct gv_access_result *result)
{
	struct gv_buf json = GV_BUF_INIT;
	int r = gv_access_say_json(&json, result);

	if (r == 0)
		r = gv_access_ask_authorize(
		    &x->ask, result->policy, json.p, json.len);
	gv_buf_release(&json);
	if (r == GV_EREFUSED)
		return report(x, result, gv_err_message());
	return r < 0 ? r : 0;
}

static int
hold(void *data, const struct gv_access_result *result)
{
	struct receiving *x = data;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (result->fault == NULL && result->verdict->lacks == 0)
		return authorize(x, result);
	if ((r = gv_access_say(&text, result)) == 0)
		r = report(x, result, text.p);
	gv_buf_release(&text);
	return r;
}

static int
record(void *data, const struct gv_access_result *result)
{
	return result->fault ? 0
			     : tell(data, result, GV_AUDIT_CONFIG_CHANGE, NULL);
}

/* ---- one branch -----------------------------------------------------------
 */

/* The policy of a commit. 1 where it cannot be read, and is empty: then what is
 * accepted here counts. */
static int
load_policy(
    struct gv_policy *out, struct receiving *x, const struct gv_oid *commit)
{
	char *before = gv_err_save();
	int r = gv_access_policy(out, x->ctx->repo, commit);

	return gv_err_settle(r == GV_EREFUSED ? 1 : r > 0 ? 0 : r, before);
}

/* 1 where rules may be about the update, so that looking pays; 0. */
static int
has_rules(struct receiving *x)
{
	const struct gv_oid *const commits[] = { &x->u->old,
		&x->ctx->repo->head };
	struct gv_policy policy = GV_POLICY_INIT;
	bool has = x->has_server && x->server.access.n_rules;
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && !has && i < 2; i++) {
		r = load_policy(&policy, x, commits[i]);
		has = r > 0 || (r == 0 && policy.access.n_rules);
		gv_policy_release(&policy);
	}
	return r < 0 ? r : has;
}

/* Ask the command of a commit's policy. As gv_access_ask_identity(). */
static int
ask_identity(struct receiving *x, const struct gv_oid *commit)
{
	struct gv_policy policy = GV_POLICY_INIT;
	int r = load_policy(&policy, x, commit);

	gv_buf_reset(&x->identity);
	if (r >= 0)
		r = gv_access_ask_identity(&x->identity, &x->ask, &policy,
		    x->account.len ? x->account.p : NULL);
	gv_policy_release(&policy);
	return r;
}

/* Who pushes: what the command says, else the variables of the host. The policy
 * of HEAD judges other branches, too, so its command is asked where the
 * branch's own names none. */
static int
find_account(const char **out, struct receiving *x)
{
	int r = gv_oid_is_zero(&x->u->old) ? 0 : ask_identity(x, &x->u->old);

	if (r == 0)
		r = ask_identity(x, &x->ctx->repo->head);
	*out = r > 0         ? (x->identity.len ? x->identity.p : "")
	    : x->account.len ? x->account.p
			     : NULL;
	return r < 0 ? r : 0;
}

/* Whom to ask, once for the push. */
static int
open_asking(struct receiving *x)
{
	int r;

	if (x->has_asked)
		return 0;
	x->has_asked = true;
	r = gv_receipt_account(&x->account, x->ctx->repo);
	return r < 0 ? r
		     : gv_access_ask_load(&x->ask, x->ctx->repo,
			   x->has_server ? &x->server : NULL);
}

static int
judge_update(struct receiving *x, gv_access_result_fn *fn)
{
	struct gv_access_judge_opts opts = { .now = x->ctx->now,
		.by_signature = true,
		.also = x->has_server ? &x->server : NULL };
	struct gv_access_judge *judge = NULL;
	struct gv_idkey key;
	int r = has_rules(x);

	if (r <= 0 || (r = open_asking(x)) < 0)
		return r;
	r = find_account(&opts.account, x);
	/* by a key that this server has, or draws for itself */
	if (x->report == NULL && gv_idkey_expect(&key, x->ctx->repo, true) == 0)
		opts.key = key.bytes;

	/* nobody is known then, which decides only where a rule asks */
	if (r == GV_EREFUSED) {
		opts.account = "";
		if (x->report)
			gv_buf_addf(&x->report->news, "%s: %s\n", x->u->ref,
			    gv_err_message());
		r = 0;
	}
	if (r == 0 &&
	    (r = gv_access_judge_open(&judge, x->ctx->repo, &opts)) == 0)
		r = gv_access_judge_move(
		    judge, x->u->ref, &x->u->old, &x->u->new, fn, x);
	gv_access_judge_close(judge);
	explicit_bzero(&key, sizeof(key));
	return r;
}

static int
judge_all(struct gv_receive_report *report, struct gv_ctx *ctx,
    const struct gv_receive *push, const struct gv_receive_settings *settings,
    gv_access_result_fn *fn)
{
	static const char heads[] = "refs/heads/";
	struct receiving x = { .ctx = ctx,
		.settings = settings,
		.report = report,
		.server = GV_POLICY_INIT,
		.ask = { .accepted = GV_POLICY_INIT },
		.account = GV_BUF_INIT,
		.identity = GV_BUF_INIT };
	size_t i;
	int r = 0;

	if (settings->access == GV_RECEIVE_IGNORE)
		return 0;
	if (settings->policy) {
		r = gv_candidate_policy(&x.server, ctx->repo, settings->policy);
		x.has_server = r == 0;
	}
	for (i = 0; r == 0 && i < push->n; i++) {
		x.u = &push->updates[i];
		if (strncmp(x.u->ref, heads, sizeof(heads) - 1) == 0)
			r = judge_update(&x, fn);
	}
	gv_access_ask_release(&x.ask);
	gv_policy_release(&x.server);
	gv_buf_release(&x.account);
	gv_buf_release(&x.identity);
	return r;
}

int
gv_access_receive(struct gv_receive_report *report, struct gv_ctx *ctx,
    const struct gv_receive *push, const struct gv_receive_settings *settings)
{
	return judge_all(report, ctx, push, settings, hold);
}

int
gv_access_received(struct gv_ctx *ctx, const struct gv_receive *push,
    const struct gv_receive_settings *settings)
{
	int r = judge_all(NULL, ctx, push, settings, record);

	return r < 0
	    ? gv_err_in(r, "the audit does not know what this push changed")
	    : r;
}
