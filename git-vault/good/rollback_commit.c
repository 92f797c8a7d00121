#include "git-vault/good/rollback.h"

#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"

static void
say_apart(const struct gv_rollback_run *w, size_t n)
{
	if (n)
		gv_out_say(w->ctx->out,
		    "%zu file%s that %s not of %s stay%s as HEAD has %s; to "
		    "take %s from the record, too, add --scope all",
		    n, n == 1 ? "" : "s", n == 1 ? "is" : "are", w->env,
		    n == 1 ? "s" : "", n == 1 ? "it" : "them",
		    n == 1 ? "it" : "them");
}

static void
tell_branch(struct gv_rollback_run *w, const char *ref)
{
	struct gv_audit_event e = { .what = GV_AUDIT_ROLLBACK,
		.time = w->ctx->now,
		.scopes = &w->env,
		.n_scopes = 1,
		.snapshot = w->rec.id,
		.target = ref,
		.result = GV_AUDIT_DONE,
		.reason = w->o->reason };

	if (gv_audit_tell_done(w->ctx->repo, NULL, &e) < 0)
		gv_out_warn(w->ctx->out, "the branch is made, but %s",
		    gv_err_message());
}

int
gv_rollback_make_branch(struct gv_rollback_run *w)
{
	const char *name = w->o->branch;
	struct gv_rollback_branch made = { .kept_paths = GV_BUF_INIT };
	struct gv_buf ref = GV_BUF_INIT;
	struct gv_json *j = w->ctx->json;
	char hex[GV_OID_HEX + 1];
	int r = gv_rollback_open_own(w);

	if (r == 0)
		r = gv_rollback_branch(
		    &made, w->ctx->repo, &w->good, &w->rec, w->own, name);
	if (r < 0)
		return r;
	gv_oid_format(hex, &made.commit);
	gv_buf_addf(&ref, "refs/heads/%s", name);
	tell_branch(w, ref.p);
	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "environment", w->env);
		gv_json_uint(j, "record", w->good.n);
		gv_json_string(j, "branch", name);
		gv_json_string(j, "commit", hex);
		gv_rollback_out_json_kept(w, made.kept, &made.kept_paths);
		gv_json_end(j);
	} else {
		gv_out_id(w->ctx->out, hex);
		gv_out_printf(w->ctx->out, "\n");
	}
	gv_out_say(w->ctx->out,
	    "branch %s has the code of known-good record %u of %s on top of "
	    "HEAD",
	    name, w->good.n, w->env);
	gv_rollback_out_own(w);
	say_apart(w, made.apart);
	gv_rollback_out_kept(w, made.kept, &made.kept_paths);
	gv_buf_release(&made.kept_paths);
	gv_buf_release(&ref);
	return 0;
}

/* ---- on the branch that HEAD is ------------------------------------------ */

/* The plan is seen before anything is done. */
static int
show_plan(struct gv_rollback_run *w)
{
	if (w->is_full)
		return gv_err_nomem();
	gv_rollback_plan_sort(w);
	gv_rollback_out_policy(w);
	if (w->ctx->json)
		return 0;
	gv_rollback_out_plan(w);
	return gv_out_flush(w->ctx->out);
}

static int
begin(void *run, char id[GV_RECORD_ID_LEN + 1])
{
	struct gv_rollback_run *w = run;
	int r = show_plan(w);

	if (r == 0 && (r = gv_rollback_use_approvals(w)) == 0 &&
	    (r = gv_rollback_take_safety(w, id)) == 0)
		memcpy(w->id, id, sizeof(w->id));
	return r;
}

static void
out_json(const struct gv_rollback_run *w)
{
	struct gv_json *j = w->ctx->json;
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &w->made.commit);
	gv_json_object(j, NULL);
	gv_json_string(j, "environment", w->env);
	if (w->good.n)
		gv_json_uint(j, "record", w->good.n);
	else
		gv_json_null(j, "record");
	gv_json_string(j, "undoes", w->undone.id[0] ? w->undone.id : NULL);
	gv_json_bool(j, "dry_run", w->o->dry_run);
	gv_json_string(j, "commit", w->o->dry_run ? NULL : hex);
	gv_json_bool(j, "moved", w->made.is_moved);
	gv_rollback_out_json_kept(w, w->made.kept, &w->made.kept_paths);
	gv_rollback_out_json_undo(w);
	gv_json_uint(j, "skipped", w->made.skipped);
	gv_rollback_out_json_approvals(w);
	gv_rollback_out_json_changes(w);
	gv_rollback_repos_json(w);
	gv_json_end(j);
}

static void
say(const struct gv_rollback_run *w)
{
	struct gv_out *out = w->ctx->out;
	const bool dry = w->o->dry_run;

	if (w->undone.id[0])
		gv_out_say(out, "%s rollback %s of %s by a commit",
		    dry ? "would take back" : "took back", w->undone.id,
		    w->env);
	else
		gv_out_say(out,
		    "%s %s to the code of known-good record %u by a commit on "
		    "top of HEAD",
		    dry ? "would roll back" : "rolled back", w->env, w->good.n);
	say_apart(w, w->made.apart);
	gv_rollback_out_kept(w, w->made.kept, &w->made.kept_paths);
}

static void
out_done(const struct gv_rollback_run *w)
{
	struct gv_out *out = w->ctx->out;
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &w->made.commit);
	gv_out_printf(out, "commit ");
	gv_out_id(out, hex);
	gv_out_printf(out, "\nundo ");
	gv_out_id(out, w->id);
	gv_out_printf(out, "\n");
}

static void
warn(const struct gv_rollback_run *w)
{
	struct gv_out *out = w->ctx->out;
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &w->made.commit);
	if (w->made.is_refused)
		gv_out_warn(out,
		    "git refused to move the branch, perhaps because of a "
		    "hook; files and index are those of commit %s; to move the "
		    "branch: git reset --soft %.10s",
		    hex, hex);
	else if (!w->made.is_moved)
		gv_out_warn(out,
		    "the branch moved meanwhile and stays unchanged; the "
		    "result of the rollback is commit %s",
		    hex);
	if (w->made.skipped)
		gv_out_warn(out,
		    "%zu path%s changed meanwhile and %s left; 'git diff' "
		    "shows them",
		    w->made.skipped, w->made.skipped == 1 ? "" : "s",
		    w->made.skipped == 1 ? "was" : "were");
	if (w->made.missed)
		gv_out_warn(
		    out, "the rollback is done, except %s", w->made.missed);
	if (w->made.untold)
		gv_out_warn(
		    out, "the rollback is done, but %s", w->made.untold);
}

int
gv_rollback_on_branch(struct gv_rollback_run *w)
{
	const bool is_undo = w->undone.id[0];
	struct gv_rollback_what what = { .env = w->env,
		.good = is_undo ? NULL : &w->good,
		.rec = is_undo ? NULL : &w->rec,
		.undone = is_undo ? &w->undone : NULL,
		.reason = w->reason,
		.dry_run = w->o->dry_run,
		.now = w->ctx->now,
		.each = gv_rollback_plan_keep,
		.safety = begin,
		.ctx = w };
	int r = gv_rollback_open_own(w);

	what.own = w->own;
	if (r < 0 ||
	    (r = gv_rollback_commit(&w->made, w->ctx->repo, &what)) < 0)
		return r;
	if (w->o->dry_run && (r = show_plan(w)) < 0)
		return r;
	if (w->ctx->json)
		out_json(w);
	else if (!w->o->dry_run)
		out_done(w);
	say(w);
	gv_rollback_repos_look_commit(w);
	if (w->o->dry_run)
		return 0;
	warn(w);
	return w->made.skipped || !w->made.is_moved ? 3 : 0;
}
