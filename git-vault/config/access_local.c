#include "git-vault/config/access_local.h"

#include <string.h>

#include "access/access_judge.h"
#include "access/access_say.h"
#include "access/access_step.h"
#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lines.h"
#include "git-vault/config/access_base.h"
#include "git-vault/config/access_out.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "good/approval_want.h"
#include "key/idkey.h"
#include "repo/repo.h"
#include "sys/proc.h"

static const char *const access_scopes[] = { GV_ACCESS_SCOPE };

struct local {
	struct gv_ctx *ctx;
	struct gv_access_base base;
	struct gv_access_judge *judge;
	struct gv_buf missing; /* lines */
	size_t n;
};

/* 1 where there are rules; 0. `key` names values; NULL: they are not. */
static int
open_local(struct local *l, struct gv_ctx *ctx, bool by_signature,
    const unsigned char *key)
{
	struct gv_access_judge_opts opts = { .now = ctx->now,
		.is_self = !by_signature,
		.by_signature = by_signature,
		.key = key };
	int r;

	*l = (struct local){ .ctx = ctx, .missing = GV_BUF_INIT };
	if ((r = gv_access_base_find(&l->base, ctx)) < 0 ||
	    l->base.policy.access.n_rules == 0)
		return r;
	opts.head_ref = l->base.ref.p;
	opts.head = &l->base.commit;
	r = gv_access_judge_open(&l->judge, ctx->repo, &opts);
	return r < 0 ? r : 1;
}

static void
close_local(struct local *l)
{
	gv_access_judge_close(l->judge);
	gv_access_base_release(&l->base);
	gv_buf_release(&l->missing);
}

static int
collect(void *data, const struct gv_access_result *result)
{
	struct local *l = data;

	if (result->fault == NULL && result->verdict->lacks == 0)
		return 0;
	l->n++;
	return gv_access_say(&l->missing, result);
}

static void
print(struct local *l)
{
	const char *p = l->missing.p, *line;
	size_t n;

	while (gv_lines_next(&line, &n, &p, l->missing.p + l->missing.len))
		gv_out_error(l->ctx->out, "  %.*s", (int)n, line);
}

/* ---- what a push waits for ------------------------------------------------
 */

/* The environment that all of what lacks approvals is about, or "". */
static const char *
env_of(const struct gv_access_result *result)
{
	const struct gv_access_changes *all = result->changes;
	const char *env = "";
	size_t i, k;

	for (i = 0; i < all->n; i++)
		for (k = 0; k < all->items[i].n_envs; k++) {
			if (*env && strcmp(env, all->items[i].envs[k]) != 0)
				return "";
			env = all->items[i].envs[k];
		}
	return env;
}

/* What approvals are of is the same in a merge and squashed. */
static const struct gv_oid *
subject_of(const struct gv_access_result *result)
{
	return result->has_subject ? &result->subject : &result->to;
}

/* Note what can be approved, so that it is reported to others. */
static void
note_want(const struct local *l, const struct gv_access_result *result)
{
	struct gv_buf what = GV_BUF_INIT, approve = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_approval_want want = { .time = l->ctx->now,
		.subject = *subject_of(result),
		.env = env_of(result) };

	gv_oid_format(hex, &result->to);
	gv_buf_addf(&what, "to push to %s", result->ref);
	gv_buf_addf(&approve, "git vault config approve %.12s", hex);
	if (gv_buf_check(&what) == 0 && gv_buf_check(&approve) == 0) {
		want.what = what.p;
		want.approve = approve.p;
		gv_approval_want_note(l->ctx->repo, &want);
	}
	gv_buf_release(&what);
	gv_buf_release(&approve);
}

/* Of a push: what is let in is not waited for any more. */
static int
collect_push(void *data, const struct gv_access_result *result)
{
	struct local *l = data;

	if (result->fault == NULL && result->verdict->lacks == 0)
		gv_approval_want_end(
		    l->ctx->repo, subject_of(result), l->ctx->now);
	else if (result->fault == NULL &&
	    (result->verdict->lacks & GV_ACCESS_APPROVALS))
		note_want(l, result);
	return collect(data, result);
}

/* ---- a push ---------------------------------------------------------------
 */

/* A commit of the remote that is not here says nothing. */
static int
judge_line(struct local *l, const char *is, const char *ref, const char *was,
    size_t len)
{
	struct gv_oid to, from;
	struct gv_buf name = GV_BUF_INIT;
	char *before = gv_err_save();
	int r;

	gv_buf_add(&name, ref, len);
	if ((r = gv_buf_check(&name)) == 0 && gv_oid_parse(&to, is) == 0 &&
	    gv_oid_parse(&from, was) == 0)
		r = gv_access_judge_move(
		    l->judge, name.p, &from, &to, collect_push, l);
	gv_buf_release(&name);
	return gv_err_settle(r == GV_ENOTFOUND ? 0 : r, before);
}

/* "LOCAL-REF OID REMOTE-REF OID" */
int
gv_access_local_push(struct gv_ctx *ctx, const struct gv_buf *lines)
{
	const char *p = lines->p, *line, *is, *ref, *was;
	struct local l;
	size_t n;
	int r = open_local(&l, ctx, false, NULL);

	while (r > 0 && gv_lines_next(&line, &n, &p, lines->p + lines->len)) {
		is = memchr(line, ' ', n);
		ref = is ? strchr(is + 1, ' ') : NULL;
		was = ref ? strchr(ref + 1, ' ') : NULL;
		if (was &&
		    judge_line(&l, is + 1, ref + 1, was + 1,
			(size_t)(was - ref - 1)) < 0)
			r = GV_ERROR;
	}
	if (r > 0 && l.n) {
		gv_out_error(
		    ctx->out, "nothing is pushed: rules of access refuse it");
		print(&l);
		gv_out_error(ctx->out,
		    "hint: push to another branch, and have it approved; "
		    "git push --no-verify asks the server alone");
	} else if (r > 0) {
		r = 0;
	}
	close_local(&l);
	return r;
}

/* ---- a commit -------------------------------------------------------------
 */

static int
write_index(struct gv_oid *out)
{
	static const char *const argv[] = { "git", "write-tree", NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });

	if (r == 0 && (git.status || gv_oid_parse(out, git.out.p) < 0))
		r = gv_err(GV_ERROR, "git write-tree: %s", gv_proc_why(&git));
	gv_proc_release(&git);
	return r;
}

int
gv_access_local_commit(struct gv_ctx *ctx)
{
	struct gv_access_changes changes = GV_ACCESS_CHANGES_INIT;
	const struct gv_oid *head = &ctx->repo->head;
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_oid index;
	struct local l;
	int r = open_local(&l, ctx, false, NULL);

	if (r <= 0 || !gv_access_base_is_here(&l.base, ctx) ||
	    gv_oid_is_zero(head))
		goto out;
	if ((r = gv_access_policy(&policy, ctx->repo, head)) < 0 ||
	    (r = write_index(&index)) < 0 ||
	    (r = gv_access_step_index(
		 &changes, ctx->repo, head, &index, &policy)) < 0 ||
	    (r = gv_access_judge_changes(
		 l.judge, head, &policy, &changes, collect, &l)) < 0)
		goto out;
	if (l.n) {
		gv_out_error(ctx->out,
		    "warning: %s is protected, and a push of this commit lacks "
		    "something:",
		    l.base.ref.p);
		print(&l);
		gv_out_error(ctx->out,
		    "hint: to commit on another branch: git switch -c change");
	}
out:
	gv_access_changes_release(&changes);
	gv_policy_release(&policy);
	close_local(&l);
	return r < 0 ? r : 0;
}

/* Print what rules say against changes of the branch: 1; 0 where they say
 * nothing; a failure. */
static int
judge(struct local *l, const struct gv_access_changes *changes)
{
	int r = gv_access_judge_changes(
	    l->judge, &l->base.commit, &l->base.policy, changes, collect, l);

	if (r < 0 || l->n == 0)
		return r < 0 ? r : 0;
	print(l);
	return 1;
}

/* Tell the audit what is not written. That it cannot be told does not hide why
 * it is refused. */
static void
tell_refused(struct local *l, const struct gv_access_changes *changes)
{
	struct gv_buf target = GV_BUF_INIT;
	struct gv_audit_event e = { .what = GV_AUDIT_CONFIG_REFUSE,
		.time = l->ctx->now,
		.scopes = access_scopes,
		.n_scopes = 1,
		.reason = "not written",
		.is_done = true };
	size_t i;

	gv_buf_addf(&target, "%s:", l->base.ref.p);
	for (i = 0; i < changes->n; i++) {
		gv_buf_addstr(&target, i ? ", " : " ");
		gv_access_say_change(&target, &changes->items[i]);
	}
	e.target = target.p;
	if (gv_buf_check(&target) == 0)
		(void)gv_audit_tell_done(l->ctx->repo, NULL, &e);
	gv_buf_release(&target);
}

/* ---- a file ---------------------------------------------------------------
 */

int
gv_access_local_file(
    struct gv_ctx *ctx, const char *path, const struct gv_buf *text)
{
	struct gv_access_changes changes = GV_ACCESS_CHANGES_INIT;
	struct local l;
	int r = open_local(&l, ctx, false, NULL);

	if (r <= 0 || !gv_access_base_is_here(&l.base, ctx)) {
		r = r < 0 ? r : 0;
		goto out;
	}
	r = gv_access_step_file(
	    &changes, ctx->repo, &l.base.commit, path, text, &l.base.policy);
	if (r < 0 || (r = judge(&l, &changes)) <= 0)
		goto out;
	tell_refused(&l, &changes);
	r = gv_err(GV_EREFUSED,
	    "nothing was written: %s is protected, and rules of access refuse "
	    "this change there; on another branch it can be approved: git "
	    "switch -c change",
	    l.base.ref.p);
out:
	gv_access_changes_release(&changes);
	close_local(&l);
	return r;
}

/* ---- a layer that a program keeps -----------------------------------------
 */

int
gv_access_local_kept(struct gv_ctx *ctx, const struct gv_access_kept *kept)
{
	struct gv_access_changes changes = GV_ACCESS_CHANGES_INIT;
	struct local l;
	int r = open_local(&l, ctx, false, NULL);

	if (r <= 0)
		goto out;
	r = gv_access_step_kept(
	    &changes, ctx->repo, kept, &l.base.policy, NULL);
	if (r < 0 || (r = judge(&l, &changes)) <= 0)
		goto out;
	tell_refused(&l, &changes);
	r = gv_err(GV_EREFUSED,
	    "nothing was written: rules of access refuse this change, and no "
	    "approval is for a layer that a program keeps");
out:
	gv_access_changes_release(&changes);
	close_local(&l);
	return r;
}

int
gv_access_local_wrote(
    struct gv_ctx *ctx, const struct gv_access_kept *kept, const char *how)
{
	const struct gv_policy none = GV_POLICY_INIT;
	struct gv_access_changes changes = GV_ACCESS_CHANGES_INIT;
	struct gv_buf target = GV_BUF_INIT;
	struct gv_audit_event e = { .what = GV_AUDIT_CONFIG_CHANGE,
		.time = ctx->now,
		.scopes = access_scopes,
		.n_scopes = 1,
		.reason = how,
		.is_done = true };
	struct gv_idkey key;
	const bool has_key = gv_idkey_expect(&key, ctx->repo, true) == 0;
	int r = gv_access_step_kept(
	    &changes, ctx->repo, kept, &none, has_key ? key.bytes : NULL);

	if (r == 0) {
		gv_access_say_change(&target, &changes.items[0]);
		e.target = target.p;
		r = gv_buf_check(&target);
	}
	if (r == 0)
		r = gv_audit_tell_done(ctx->repo, NULL, &e);
	gv_access_changes_release(&changes);
	gv_buf_release(&target);
	explicit_bzero(&key, sizeof(key));
	return r;
}

/* ---- a merge --------------------------------------------------------------
 */

static int
record(void *data, const struct gv_access_result *result)
{
	struct local *l = data;
	struct gv_buf target = GV_BUF_INIT, reason = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_audit_event e = { .what = GV_AUDIT_CONFIG_CHANGE,
		.time = l->ctx->now,
		.scopes = access_scopes,
		.n_scopes = 1,
		.is_done = true };
	size_t i;
	int r;

	if (result->fault)
		return 0;
	gv_oid_format(hex, &result->to);
	gv_buf_addf(&target, "%s %.12s:", result->ref, hex);
	for (i = 0; i < result->changes->n; i++)
		if (result->changes->items[i].is_governed) {
			gv_buf_addch(&target, ' ');
			gv_access_say_change(
			    &target, &result->changes->items[i]);
		}
	gv_buf_addf(&reason, "merged here; signed by %s",
	    result->person ? result->person : "nobody of the keyring");
	e.target = target.p;
	e.reason = reason.p;
	if ((r = gv_buf_check(&target)) == 0 &&
	    (r = gv_buf_check(&reason)) == 0)
		r = gv_audit_tell_done(l->ctx->repo, NULL, &e);
	gv_buf_release(&target);
	gv_buf_release(&reason);
	return r;
}

int
gv_access_local_merged(struct gv_ctx *ctx)
{
	struct gv_oid was;
	struct gv_idkey key;
	struct local l;
	/* by a key that this clone has, or draws for itself */
	const bool has_key = gv_idkey_expect(&key, ctx->repo, true) == 0;
	int r = open_local(&l, ctx, true, has_key ? key.bytes : NULL);

	if (r > 0 && gv_access_base_is_here(&l.base, ctx) &&
	    gv_access_base_commit(&was, "ORIG_HEAD") == 0)
		r = gv_access_judge_move(l.judge, ctx->repo->head_ref, &was,
		    &ctx->repo->head, record, &l);
	close_local(&l);
	explicit_bzero(&key, sizeof(key));
	return r < 0 ? r : 0;
}
