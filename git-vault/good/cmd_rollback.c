#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/reason_opt.h"
#include "git-vault/front/run_note.h"
#include "git-vault/good/good.h"
#include "git-vault/good/rollback.h"
#include "git-vault/restore/whole_pick.h"
#include "record/record_resolve.h"
#include "safe/safe.h"
#include "state/track.h"
#include "vault/label.h"

#define AT(field) offsetof(struct gv_rollback_opts, field)

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "to",
	    .arg = "RECORD",
	    .at = AT(to),
	    .help = "roll back to this record: its number, or good:ENV~N" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = AT(dry_run),
	    .help = "show the plan, change nothing" },
	{ .type = GV_OPT_STRING,
	    .name = "scope",
	    .arg = "SCOPES",
	    .at = AT(scope),
	    .help = "code, config, secrets, state, files (the first "
		    "three) or all; default: files,state" },
	{ .type = GV_OPT_BOOL,
	    .name = "with-local-files",
	    .at = AT(local_files),
	    .help = "also restore ignored files from another machine's "
		    "snapshot" },
	GV_ASK_OPT(struct gv_rollback_opts, yes),
	{ .type = GV_OPT_STRING,
	    .name = "as-branch",
	    .arg = "NAME",
	    .at = AT(branch),
	    .help = "commit the record's code on a new branch, leave the "
		    "working tree alone" },
	{ .type = GV_OPT_BOOL,
	    .name = "as-commit",
	    .at = AT(commit),
	    .help = "commit the record's code on the current branch, and "
		    "check it out" },
	{ .type = GV_OPT_STRING,
	    .name = "undo",
	    .arg = "ID",
	    .kind = GV_OPT_SNAPSHOT,
	    .at = AT(undo),
	    .help = "undo a rollback, by the id that it printed" },
	{ .type = GV_OPT_BOOL,
	    .name = "approve",
	    .at = AT(approve),
	    .help = "approve the rollback, and do nothing else" },
	{ .type = GV_OPT_BOOL,
	    .name = "in-freeze",
	    .at = AT(in_freeze),
	    .help = "proceed although the environment is frozen; needs a "
		    "reason" },
	GV_UNAPPROVED_OPT(struct gv_rollback_opts, unapproved),
	{ .type = GV_OPT_BOOL,
	    .name = "cross-scope",
	    .at = AT(cross_scope),
	    .help = "write secrets to files that more people can read" },
	{ .type = GV_OPT_BOOL,
	    .name = "force",
	    .at = AT(force),
	    .help = "roll back also where references would dangle" },
	{ .type = GV_OPT_BOOL,
	    .name = "allow-unsigned",
	    .at = AT(unsigned_too),
	    .help = "accept a record of --to that no member signed" },
	GV_REASON_OPT(struct gv_rollback_opts, reason),
	GV_IDENTITY_OPT(struct gv_rollback_opts, identities), GV_OPT_LAST
};

/* ---- what is asked ------------------------------------------------------ */

/* Whether --scope chooses between kinds of files. */
static bool
has_classes(const struct gv_rollback_opts *o)
{
	return o->scope && strcmp(o->scope, "all") != 0;
}

static int
check(const struct gv_rollback_opts *o, int argc)
{
	if (o->approve &&
	    (o->undo || o->scope || o->branch || o->commit || o->dry_run ||
		o->unapproved))
		return gv_err(GV_EUSAGE,
		    "--approve says that an environment may go back to a "
		    "record and does nothing else: it goes with --to, --reason "
		    "and --identity alone");
	if (o->unsigned_too &&
	    (o->to == NULL || strncmp(o->to, "good:", 5) == 0))
		return gv_err(GV_EUSAGE,
		    "--allow-unsigned needs --to with the number of a record: "
		    "an expression never selects an unsigned one");
	if (o->unapproved && (o->reason == NULL || *o->reason == '\0'))
		return gv_err(GV_EUSAGE,
		    "--without-approval needs a --reason, which is recorded in "
		    "the audit chain");
	if (o->in_freeze && (o->reason == NULL || *o->reason == '\0'))
		return gv_err(GV_EUSAGE,
		    "--in-freeze needs a --reason, which is recorded in the "
		    "audit chain");
	if (o->in_freeze && (o->approve || o->branch))
		return gv_err(GV_EUSAGE,
		    "--approve and --as-branch change no environment, so they "
		    "do not go with --in-freeze");
	if (o->undo && (argc || o->to || o->scope || o->branch || o->commit))
		return gv_err(GV_EUSAGE,
		    "--undo reverses one whole rollback; give only its id");
	if (!o->undo && !argc)
		return gv_err(GV_EUSAGE,
		    "name an environment, or a rollback to reverse by --undo "
		    "ID");
	if (o->commit && (has_classes(o) || o->branch))
		return gv_err(GV_EUSAGE,
		    "--as-commit makes one commit of the code and touches "
		    "nothing else: it goes with --to, --scope all, --reason, "
		    "--without-approval and -n alone");
	if (o->branch && (has_classes(o) || o->dry_run || o->unapproved))
		return gv_err(GV_EUSAGE,
		    "--as-branch makes one commit of the code and touches "
		    "nothing else: it goes with --to, --scope all and --reason "
		    "alone");
	if (o->reason && strchr(o->reason, '\n'))
		return gv_err(GV_EUSAGE, "--reason takes one line");
	return 0;
}

static int
set_scope(struct gv_rollback_run *w)
{
	const char *text = w->o->scope ? w->o->scope : "files,state";
	int r;

	w->is_all = strcmp(text, "all") == 0;
	if (w->is_all)
		text = "files,state";
	r = gv_rollback_scope_parse(&w->classes, &w->states, text);

	w->files = w->classes;
	return r;
}

/* ---- what is gone back to ----------------------------------------------- */

/* good:ENV~N has to be of the environment that is rolled back. */
static int
load_expression(struct gv_rollback_run *w, const char *text)
{
	size_t n = strlen(w->env);

	if (strncmp(text, "good:", 5) != 0 ||
	    strncmp(text + 5, w->env, n) != 0 ||
	    (text[5 + n] != '\0' && text[5 + n] != '~'))
		return gv_err(GV_EUSAGE,
		    "--to names a record of %s: its number, or good:%s~N, not "
		    "'%s'",
		    w->env, w->env, text);
	return gv_good_resolve(&w->good, &w->rec, w->ctx->repo, text + 5);
}

static int
check_record(const struct gv_rollback_run *w)
{
	const struct gv_good *good = &w->good;
	struct gv_buf why = GV_BUF_INIT;
	int r;

	if (good->revoked) {
		gv_good_add_reason(&why, good->revoked);
		if ((r = gv_buf_check(&why)) == 0)
			r = gv_err(GV_EREFUSED,
			    "record %u of %s was revoked by %u: %s; 'git vault "
			    "good list %s' tells which are not",
			    good->n, w->env, good->revoked_by, why.p, w->env);
		gv_buf_release(&why);
		return r;
	}
	if (good->is_candidate && !w->o->unsigned_too)
		return gv_err(GV_EREFUSED,
		    "record %u of %s is a candidate: %s; to make it count, a "
		    "member of the keyring runs: git vault good verify %s %u; "
		    "to go back to it all the same, add --allow-unsigned",
		    good->n, w->env, good->distrust, w->env, good->n);
	if (good->distrust && !good->is_candidate)
		return gv_err(GV_EREFUSED,
		    "cannot roll back to record %u of %s: %s; for the trusted "
		    "records: git vault good list %s",
		    good->n, w->env, good->distrust, w->env);
	if (good->distrust)
		gv_out_warn(w->ctx->out,
		    "record %u of %s is a candidate (%s), taken because "
		    "--allow-unsigned names it",
		    good->n, w->env, good->distrust);
	if (good->status != GV_GOOD_VERIFIED)
		return gv_err(GV_EREFUSED,
		    "record %u of %s is a %s, so nobody found it good%s",
		    good->n, w->env,
		    good->status == GV_GOOD_CANDIDATE ? "candidate"
						      : "revocation",
		    good->status == GV_GOOD_CANDIDATE
			? "; 'git vault good verify' does"
			: "");
	return 0;
}

/* States go back without it. */
static int
load_snapshot(struct gv_rollback_run *w)
{
	int r = gv_good_snapshot(&w->rec, w->ctx->repo, &w->good);

	if (r != GV_ENOTFOUND || !w->files || w->o->approve)
		return r == GV_ENOTFOUND ? 0 : r;
	return gv_err(r,
	    "snapshot %s of record %u of %s is not here, so its files are not "
	    "known; 'git vault sync' brings it if a remote has it, --scope "
	    "state goes back to its states alone, and its code comes back by "
	    "git",
	    w->good.snapshot_id, w->good.n, w->env);
}

static int
load_number(struct gv_rollback_run *w, unsigned n)
{
	int r = gv_good_load(&w->good, w->ctx->repo, w->env, n);

	if (r == 0)
		r = check_record(w);
	return r < 0 ? r : load_snapshot(w);
}

static int
pass_over(struct gv_rollback_run *w, const char *why)
{
	struct gv_buf paste = GV_BUF_INIT;
	int r;

	gv_cmd_paste(&paste, w->ctx);
	gv_buf_addf(&paste, " rollback --to %u %s", w->good.n, w->env);
	if ((r = gv_buf_check(&paste)) == 0) {
		gv_out_say(w->ctx->out,
		    "passed over record %u: in its snapshot %s environment %s "
		    "is not whole: %s",
		    w->good.n, w->rec.id, w->env, why);
		gv_out_say(
		    w->ctx->out, "to go back to it all the same: %s", paste.p);
	}
	gv_buf_release(&paste);
	return r;
}

/* The newest record in whose snapshot the environment is whole. */
static int
load_whole(struct gv_rollback_run *w)
{
	struct gv_buf spec = GV_BUF_INIT, why = GV_BUF_INIT;
	int i, r;

	for (i = 0;; i++) {
		gv_buf_reset(&spec);
		gv_buf_reset(&why);
		gv_buf_addf(&spec, "%s~%d", w->env, i);
		if ((r = gv_buf_check(&spec)) < 0 ||
		    (r = gv_good_resolve(
			 &w->good, &w->rec, w->ctx->repo, spec.p)) < 0)
			break;
		if (!w->files || w->rec.id[0] == '\0' ||
		    (r = gv_whole_pick_is(&why, w->ctx, &w->rec, w->env)) != 0)
			break;
		if ((r = pass_over(w, why.p)) < 0)
			break;
		gv_good_release(&w->good);
		gv_record_release(&w->rec);
		w->good = (struct gv_good)GV_GOOD_INIT;
	}
	if (r == GV_ENOTFOUND && i > 0)
		r = gv_err(GV_EREFUSED,
		    "environment %s is whole in the snapshot of no known-good "
		    "record; to choose one by rollback --to, list them: git "
		    "vault good list %s",
		    w->env, w->env);
	gv_buf_release(&spec);
	gv_buf_release(&why);
	return r > 0 ? 0 : r;
}

static int
load_good(struct gv_rollback_run *w)
{
	const char *to = w->o->to;
	unsigned n;
	int r;

	if (to == NULL)
		r = load_whole(w);
	else if (strncmp(to, "good:", 5) == 0)
		r = load_expression(w, to);
	else {
		if ((r = gv_good_cmd_number(&n, to)) == 0)
			r = load_number(w, n);
	}
	if (r == 0 && w->files && !w->o->branch && !w->o->commit &&
	    !w->o->approve && !w->rec.id[0])
		r = gv_err(GV_EREFUSED,
		    "record %u of %s is of a commit without a snapshot, so its "
		    "files are not known; go back further by --to, to its "
		    "states alone by --scope state, or check its commit out",
		    w->good.n, w->env);
	return r;
}

static int
load_undone(struct gv_rollback_run *w)
{
	bool ignored;
	int r = gv_record_resolve(&w->rec, w->ctx->repo,
	    &(struct gv_record_query){ .text = w->o->undo });

	if (r == 0)
		r = gv_rollback_load(&w->undone, w->ctx->repo, w->rec.id);
	if (r == GV_ENOTFOUND && w->rec.id[0])
		gv_err(r,
		    "no rollback %s was done in this working tree, or it was "
		    "taken back already; 'git vault restore %s --in-place "
		    "--delete' brings the files of that snapshot back",
		    w->rec.id, w->rec.id);
	if (r < 0)
		return r;
	w->env = w->undone.env;
	w->files = w->undone.snapshot[0];
	w->states = w->undone.n_states > 0;
	w->classes = GV_ROLLBACK_FILES;
	return w->undone.scope
	    ? gv_rollback_scope_parse(&w->classes, &ignored, w->undone.scope)
	    : 0;
}

/* ---- the command -------------------------------------------------------- */

/* Ask whether to go on. Without a terminal the rollback goes on, since --undo
 * brings back what it replaces. 0 with *goes set. */
static int
ask(bool *goes, const struct gv_rollback_run *w)
{
	struct gv_ctx *ctx = w->ctx;
	int r = 0;

	*goes = w->o->yes || !gv_ask_may(ctx);
	if (*goes)
		return 0;
	if (ctx->json == NULL && (r = gv_out_flush(ctx->out)) < 0)
		return r;
	if (w->undone.id[0])
		r = gv_ask(goes, ctx, false, NULL, "undo rollback %s of %s?",
		    w->undone.id, w->env);
	else
		r = gv_ask(goes, ctx, false, NULL,
		    "roll %s back to known-good record %u?", w->env, w->good.n);
	if (r < 0)
		return r;
	if (!*goes)
		gv_out_say(ctx->out, "nothing was touched");
	return 0;
}

static int
roll(struct gv_rollback_run *w)
{
	bool goes = true;
	int r;

	if ((r = gv_rollback_plan(w)) < 0)
		goto out;
	if (!w->ctx->json)
		gv_rollback_out_plan(w);
	if ((r = gv_rollback_ask(w)) < 0)
		goto out;
	gv_rollback_out_policy(w);
	if (!w->o->dry_run && !gv_rollback_plan_is_empty(w) &&
	    ((r = gv_rollback_check_freeze(w)) < 0 ||
		(r = gv_rollback_check_approvals(w)) < 0))
		goto out;
	if (w->o->dry_run && (r = gv_rollback_check_freeze(w)) < 0)
		goto out;
	if ((r = gv_rollback_plan_check(w)) < 0)
		goto out;
	gv_rollback_repos_look(w);
	if (!w->o->dry_run && !gv_rollback_plan_is_empty(w)) {
		if ((r = ask(&goes, w)) < 0)
			goto out;
		if (!goes)
			return 1;
		if (!w->ctx->json && (r = gv_out_flush(w->ctx->out)) < 0)
			goto out;
		gv_run_note_counts(w->ctx);
		if ((r = gv_rollback_use_approvals(w)) < 0 ||
		    (r = gv_rollback_carry_out(w)) < 0)
			goto out;
	}
	if (w->ctx->json)
		gv_rollback_out_json(w);
	else
		gv_rollback_out_done(w);
out:
	return r == 0 && (w->done.skipped || w->n_elsewhere || w->would.unread)
	    ? 3
	    : r;
}

static int
commit(struct gv_rollback_run *w)
{
	int r;

	if ((r = gv_rollback_ask(w)) < 0 ||
	    (r = gv_rollback_check_freeze(w)) < 0 ||
	    (!w->o->dry_run && (r = gv_rollback_check_approvals(w)) < 0))
		return r;
	if (!w->o->dry_run)
		gv_run_note_counts(w->ctx);
	return gv_rollback_on_branch(w);
}

static void
release(struct gv_rollback_run *w)
{
	size_t i;

	for (i = 0; i < w->n_stacks; i++) {
		struct gv_rollback_stack *s = &w->stacks[i];

		gv_track_version_release(&s->from);
		gv_track_version_release(&s->to);
		gv_rollback_order_release(&s->order);
		free(s->untold);
		free(s->path);
	}
	free(w->stacks);
	free(w->changes);
	free(w->keys);
	gv_rollback_paths_release(&w->paths);
	gv_rollback_env_close(w->own);
	gv_tear_release(&w->tear);
	gv_depgraph_unload(&w->result);
	gv_approval_close(&w->approvals);
	gv_buf_release(&w->unapproved);
	free(w->failed);
	free(w->made.untold);
	free(w->made.missed);
	gv_buf_release(&w->made.kept_paths);
	gv_arena_release(&w->arena);
	gv_good_release(&w->good);
	gv_rollback_note_release(&w->undone);
	gv_record_release(&w->rec);
	gv_safe_close(w->safe);
}

/* Whoever names a snapshot or a save wants its files back. */
static int
check_name(const char *name)
{
	static const char *const fronts[] = {
		"auto:", "at:", "tag:", "host:", NULL
	};
	size_t i;

	for (i = 0; name && fronts[i]; i++)
		if (strncmp(name, fronts[i], strlen(fronts[i])) == 0)
			return gv_err(GV_EUSAGE,
			    "'%s' names a snapshot or an automatic save, and a "
			    "rollback takes an environment back to a "
			    "known-good record\nhint: to put the files back: "
			    "git vault restore %s --in-place",
			    name, name);
	return 0;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_rollback_run w = { .ctx = ctx,
		.o = ctx->opts,
		.env = argc ? argv[0] : NULL,
		.good = GV_GOOD_INIT,
		.paths = GV_ROLLBACK_PATHS_INIT,
		.unapproved = GV_BUF_INIT,
		.arena = GV_ARENA_INIT };
	int r = check(w.o, argc);

	/* what the policy asks of it, and the audit tells of, goes by its name
	 */
	if (r == 0 && (r = check_name(w.env)) == 0)
		r = check_name(w.o->to);
	if (r == 0 && w.env)
		r = gv_label_check("an environment", w.env);
	w.reason = w.o->reason;
	if (r == 0 && !w.o->undo)
		r = set_scope(&w);
	if (r == 0 && (r = w.o->undo ? load_undone(&w) : load_good(&w)) == 0)
		r = w.o->approve  ? gv_rollback_approve(&w)
		    : w.o->branch ? gv_rollback_make_branch(&w)
		    : w.o->commit || w.undone.branch ? commit(&w)
						     : roll(&w);
	gv_identity_opt_tell(ctx, w.safe);
	release(&w);
	return r;
}

const struct gv_cmd cmd_rollback = {
	.name = "rollback",
	.summary = "roll an environment back to a known-good record",
	.usage = "[--to RECORD] [--allow-unsigned] [--scope SCOPES] "
		 "[--with-local-files] [--force] [--reason TEXT] [-n] [-y] "
		 "ENV\n"
		 "[--to RECORD] [--reason TEXT] --approve ENV\n"
		 "[--to RECORD] [--scope all] [--reason TEXT] --as-branch NAME "
		 "ENV\n"
		 "[--to RECORD] [--scope all] [--reason TEXT] [-n] --as-commit "
		 "ENV\n"
		 "[--reason TEXT] [-n] [-y] --undo ID",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_WORKTREE,
	.runs = "",
	.opts = opts,
	.opts_size = sizeof(struct gv_rollback_opts),
	.max_args = 1,
	.args = { GV_OPT_ENV },
	.run = run,
};
