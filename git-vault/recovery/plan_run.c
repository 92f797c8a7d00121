#include "git-vault/recovery/plan_run.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/recovery/drill_go.h"
#include "git-vault/recovery/plan_gate.h"
#include "git-vault/recovery/plan_out.h"
#include "plan/plan.h"
#include "policy/plan_consent.h"
#include "policy/plan_file.h"
#include "recover/recover.h"
#include "sys/self.h"

int
gv_plan_load(struct gv_plan *plan, struct gv_buf *text, struct gv_ctx *ctx,
    const char *name, bool strict)
{
	int r = gv_plan_file_read(text, ctx->repo, name);

	/* one that is no regular file is a draft as one with faults */
	if (!strict && (r == GV_EREFUSED || r == GV_ERROR)) {
		gv_buf_reset(text);
		r = gv_plan_unread(plan, name, gv_err_message());
	} else if (r == 0) {
		r = gv_plan_read(plan, name, text->p, text->len);
	}
	if (r < 0 || !strict || plan->n_faults == 0)
		return r;
	return gv_err(GV_EREFUSED,
	    "plan %s cannot be run: line %u: %s\nhint: git vault plan lint %s",
	    name, plan->faults[0].line, plan->faults[0].what, name);
}

/* ---- consent ------------------------------------------------------------- */

/* Whoever gives the digest of a plan has seen it. */
static int
check_digest(
    const struct gv_plan *plan, const struct gv_buf *text, const char *wanted)
{
	char digest[GV_RECOVER_DIGEST + 1];

	gv_recover_digest(digest, text->p, text->len);
	return strcmp(digest, wanted) == 0
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "plan %s does not have the content that --digest names: its "
		  "SHA-256 is %s",
		  plan->name, digest);
}

/* A plan that came with a pull runs only once somebody has seen it. --yes is no
 * answer to that. */
static int
check_consent(
    struct gv_ctx *ctx, const struct gv_plan *plan, const struct gv_buf *text)
{
	const struct gv_plan_opts *o = ctx->opts;
	bool is_accepted, yes = false;
	int r;

	if (o->digest)
		return check_digest(plan, text, o->digest);
	r = gv_plan_consent_has(
	    &is_accepted, ctx->repo, plan->name, text->p, text->len);

	if (r < 0 || is_accepted)
		return r;
	r = gv_ask(&yes, ctx, false, NULL,
	    "plan %s is not accepted, and could run any command; have you "
	    "read it? run it all the same?",
	    plan->name);
	if (r < 0 || yes)
		return r;
	return gv_err(GV_EREFUSED,
	    "plan %s is not accepted as it is now; read it, then accept it\n"
	    "hint: git vault policy diff && git vault policy accept",
	    plan->name);
}

static int
confirm(struct gv_ctx *ctx, const struct gv_plan *plan, const char *env)
{
	const struct gv_plan_opts *o = ctx->opts;
	const char *const args[] = { "run", plan->name, NULL };
	bool yes;
	int r = gv_ask_must(ctx, o->yes, "nothing was run", args);

	if (r < 0)
		return r;
	r = gv_ask(&yes, ctx, o->yes, NULL, "run plan %s, %zu steps%s%s?",
	    plan->name, plan->n, env ? ", on " : "", env ? env : "");
	if (r == 0 && !yes)
		r = gv_err(GV_ECANCELED, "nothing was run");
	return r;
}

/* ---- going on ------------------------------------------------------------ */

/* A pager that nobody scrolls would hold the run up in the middle of a step, so
 * the verbs that run print without one. */

static void
told(void *ctx, const struct gv_recover_news *news)
{
	gv_plan_out_news(ctx, news);
}

static bool
is_good(const struct gv_plan_progress *p)
{
	return p->finished == GV_PLAN_PASSED || p->finished == GV_PLAN_UNDONE;
}

/* Steps that nobody saw end: a person said so. */
static void
add_by_hand(struct gv_buf *out, const struct gv_recover *run)
{
	const struct gv_plan_progress *p = gv_recover_progress(run);
	const struct gv_plan *plan = gv_recover_plan(run);
	const char *before = " done-by-hand=";
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (p->steps[i].is_by_hand) {
			gv_buf_addf(out, "%s%s", before, plan->steps[i].id);
			before = ",";
		}
}

/* A run is an event of the audit chain, whatever came of it. */
static int
tell(struct gv_ctx *ctx, const struct gv_recover *run, const char *note)
{
	const char *env = gv_recover_environment(run);
	const struct gv_plan_progress *p = gv_recover_progress(run);
	struct gv_buf reason = GV_BUF_INIT;
	struct gv_audit_event e = { .what = GV_AUDIT_PLAN,
		.time = p->ended,
		.scopes = &env,
		.n_scopes = env != NULL,
		.target = gv_recover_id(run),
		.result = is_good(p) ? GV_AUDIT_DONE : GV_AUDIT_PART,
		.is_done = true };
	int r;

	gv_buf_addf(&reason, "plan=%s result=%s seconds=%lld",
	    gv_recover_plan(run)->name, gv_plan_result_name(p->finished),
	    (long long)(p->ended - p->began));
	add_by_hand(&reason, run);
	gv_buf_addstr(&reason, note ? note : "");
	if ((r = gv_buf_check(&reason)) == 0) {
		e.reason = reason.p;
		r = gv_audit_tell_done(ctx->repo, NULL, &e);
	}
	if (r < 0)
		gv_out_warn(
		    ctx->out, "the run is over, but %s", gv_err_message());
	gv_buf_release(&reason);
	return r == GV_ENOMEM ? r : 0;
}

int
gv_plan_add_approve(struct gv_buf *out, const struct gv_recover *run)
{
	const struct gv_plan *plan = gv_recover_plan(run);
	const char *env = gv_recover_environment(run);
	const char *const *value = gv_recover_progress(run)->begin->values;
	struct gv_buf input = GV_BUF_INIT;

	gv_buf_addstr(out, "git vault plan approve");
	if (env &&
	    (!plan->environment || strcmp(env, plan->environment) != 0)) {
		gv_buf_addstr(out, " --env");
		gv_shell_word(out, env);
	}
	for (; value && *value; value += 2) {
		gv_buf_reset(&input);
		gv_buf_addf(&input, "%s=%s", value[0], value[1]);
		gv_buf_addstr(out, " --input");
		if (gv_buf_check(&input) == 0)
			gv_shell_word(out, input.p);
	}
	gv_buf_addf(out, " %s", plan->name);
	out->failed = out->failed || input.failed;
	gv_buf_release(&input);
	return gv_buf_check(out);
}

static void
say_pause(struct gv_ctx *ctx, const struct gv_recover *run,
    const struct gv_recover_pause *pause)
{
	const char *id = gv_recover_id(run), *step = pause->step->id;
	struct gv_buf approve = GV_BUF_INIT;

	gv_out_say(
	    ctx->out, "run %s waits at step %s: %s", id, step, pause->why);
	if (pause->is_unsure) {
		gv_out_say(ctx->out, "hint: git vault plan resume --redo %s %s",
		    step, id);
		gv_out_say(ctx->out, "hint: git vault plan resume --done %s %s",
		    step, id);
		return;
	}
	if (gv_plan_add_approve(&approve, run) == 0)
		gv_out_say(ctx->out, "hint: others approve by: %s %s %s",
		    approve.p, id, step);
	gv_buf_release(&approve);
	gv_out_say(ctx->out,
	    "hint: then: git vault sync && git vault plan resume %s", id);
}

static void
say_end(struct gv_ctx *ctx, const struct gv_recover *run)
{
	const struct gv_plan_progress *p = gv_recover_progress(run);
	const struct gv_plan *plan = gv_recover_plan(run);
	const long long took = p->ended - p->began;

	if (p->finished == GV_PLAN_UNDONE) {
		gv_out_say(ctx->out, "what run %s did is taken back",
		    gv_recover_id(run));
		return;
	}
	if (p->finished == GV_PLAN_PASSED && p->n_passed == 0) {
		gv_out_warn(ctx->out,
		    "no step of plan %s was done, so nothing is proven",
		    plan->name);
		return;
	}
	if (p->finished == GV_PLAN_PASSED) {
		gv_out_say(
		    ctx->out, "plan %s passed in %lld s", plan->name, took);
		if (plan->rto && took > plan->rto)
			gv_out_warn(ctx->out,
			    "that is more than its recovery time of %lld s",
			    (long long)plan->rto);
		return;
	}
	gv_out_error(ctx->out, "plan %s %s after %lld s", plan->name,
	    p->finished == GV_PLAN_ABORTED ? "was ended" : "failed", took);
	gv_out_say(
	    ctx->out, "hint: git vault plan status %s", gv_recover_id(run));
	if (gv_plan_progress_can_retry(p))
		gv_out_say(ctx->out,
		    "hint: to try its failed steps again: git vault plan "
		    "resume %s",
		    gv_recover_id(run));
}

static int
name_run(int r, const struct gv_recover *run)
{
	return r == GV_ECANCELED
	    ? gv_err(r,
		  "run %s was stopped; to go on with it: git vault plan "
		  "resume %s",
		  gv_recover_id(run), gv_recover_id(run))
	    : r;
}

int
gv_plan_go_on(
    struct gv_ctx *ctx, struct gv_recover *run, const struct gv_plan_how *on)
{
	const struct gv_plan_progress *p = gv_recover_progress(run);
	struct gv_recover_pause pause;
	struct gv_buf self = GV_BUF_INIT;
	struct gv_recover_how how = { .jobs = (unsigned)on->jobs,
		.is_rehearsal = on->is_rehearsal,
		.told = told,
		.ctx = ctx };
	int r;

	if ((r = gv_self_path(&self)) < 0 || (r = gv_buf_check(&self)) < 0)
		goto out;
	how.self = self.p;
	r = name_run(gv_recover_go(&pause, run, &how), run);
	if (r < 0)
		goto out;
	if (ctx->json)
		gv_plan_out_run(ctx, run, &pause);
	if (pause.step) {
		say_pause(ctx, run, &pause);
		r = 3;
		goto out;
	}
	say_end(ctx, run);
	if (on->is_rehearsal || (r = tell(ctx, run, on->note)) == 0)
		r = is_good(p) ? 0 : 1;
out:
	gv_buf_release(&self);
	return r;
}

/* ---- verbs --------------------------------------------------------------- */

int
gv_plan_begin(struct gv_recover **out, struct gv_ctx *ctx,
    const struct gv_plan *plan, const struct gv_buf *text, bool is_trial)
{
	const struct gv_plan_opts *o = ctx->opts;
	const char **inputs = calloc(o->inputs.n + 1, sizeof(*inputs));
	const struct gv_recover_begin_opts opts = { .name = plan->name,
		.text = text->p,
		.len = text->len,
		.environment = o->env,
		.inputs = inputs,
		.now = ctx->now,
		.is_trial = is_trial,
		.is_rehearsal = o->sandbox };
	int r;

	if (inputs == NULL)
		return gv_err_nomem();
	if (o->inputs.n)
		memcpy(inputs, o->inputs.items, o->inputs.n * sizeof(*inputs));
	r = gv_recover_begin(out, ctx->repo, &opts);
	free(inputs);
	return r;
}

int
gv_plan_run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_plan plan = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_plan_gate gate = { .ctx = NULL };
	struct gv_recover *run = NULL;
	int r;

	gv_out_without_pager(ctx->out);
	(void)argc;
	if ((r = gv_plan_load(&plan, &text, ctx, argv[0], true)) < 0 ||
	    (r = check_consent(ctx, &plan, &text)) < 0 ||
	    (r = gv_plan_gate_open(&gate, ctx, &plan, &text)) < 0 ||
	    (r = confirm(ctx, &plan, o->env ? o->env : plan.environment)) < 0 ||
	    (r = gv_plan_begin(&run, ctx, &plan, &text, false)) < 0)
		goto out;
	if ((r = gv_plan_gate_pass(&gate, run)) < 0) {
		gv_recover_drop(run);
		goto out;
	}
	gv_out_say(
	    ctx->out, "run %s of plan %s", gv_recover_id(run), plan.name);
	r = gv_plan_go_on(ctx, run,
	    &(struct gv_plan_how){ .jobs = o->jobs,
		.is_rehearsal = o->sandbox,
		.note = gate.note.p });
out:
	gv_plan_gate_close(&gate);
	gv_recover_close(run);
	gv_plan_release(&plan);
	gv_buf_release(&text);
	return r;
}

/* ---- going on with one ---- */

/* The run to go on with: never one of a sandbox that is gone. */
static int
open_run(struct gv_recover **out, struct gv_ctx *ctx, const char *id)
{
	int r = gv_recover_open(out, ctx->repo, id, true);

	if (r < 0 || !gv_recover_is_rehearsal(*out))
		return r;
	r = gv_err(GV_EREFUSED,
	    "run %s was a rehearsal in a sandbox that is gone, so it cannot "
	    "go on; to end it: git vault plan abort %s",
	    gv_recover_id(*out), gv_recover_id(*out));
	gv_recover_close(*out);
	*out = NULL;
	return r;
}

/* Failed steps are tried again as all others are: --redo names one of them. */
static int
retry(struct gv_ctx *ctx, struct gv_recover *run, enum gv_plan_status status)
{
	const struct gv_plan_opts *o = ctx->opts;
	const struct gv_plan_record record = { .what = GV_PLAN_RETRY,
		.at = ctx->now };

	if (o->done || (o->redo && status != GV_PLAN_IS_FAILED))
		return gv_err(GV_EREFUSED,
		    "step %s was not interrupted: it is %s",
		    o->done ? o->done : o->redo, gv_plan_status_name(status));
	return gv_recover_note(run, &record);
}

/* What a person says of a step whose last try was interrupted. */
static int
decide(struct gv_ctx *ctx, struct gv_recover *run)
{
	const struct gv_plan_opts *o = ctx->opts;
	const char *id = o->redo ? o->redo : o->done;
	const struct gv_plan *plan = gv_recover_plan(run);
	const struct gv_plan_progress *p = gv_recover_progress(run);
	struct gv_plan_record record = { .what = GV_PLAN_DECIDE,
		.at = ctx->now,
		.step = id,
		.result = o->done ? GV_PLAN_PASSED : GV_PLAN_FAILED,
		.detail = o->done ? "not seen to end: resume --done said that "
				    "it was done"
				  : NULL };
	const struct gv_recover_how how = { .told = told, .ctx = ctx };
	uint32_t at;
	int r;

	if (id == NULL)
		return gv_plan_progress_can_retry(p)
		    ? retry(ctx, run, GV_PLAN_IS_FAILED)
		    : 0;
	at = gv_plan_find(plan, id);
	if (at == GV_PLAN_NONE)
		return gv_err(
		    GV_EUSAGE, "plan %s has no step '%.64s'", plan->name, id);
	if (gv_plan_progress_can_retry(p))
		return retry(ctx, run, p->steps[at].status);
	if (p->steps[at].status != GV_PLAN_IS_RUNNING)
		return gv_err(GV_EREFUSED,
		    "step %s was not interrupted: it is %s", id,
		    gv_plan_status_name(p->steps[at].status));
	/* its program may be at work still */
	r = name_run(gv_recover_settle(run, &how), run);
	return r < 0 ? r : gv_recover_note(run, &record);
}

/* A run that is over goes on only where something of it can be tried again. */
static int
check_goes_on(const struct gv_recover *run)
{
	const struct gv_plan_progress *p = gv_recover_progress(run);
	const char *id = gv_recover_id(run);

	if (is_good(p))
		return gv_err(GV_EREFUSED, "run %s %s already", id,
		    p->finished == GV_PLAN_PASSED ? "has passed"
						  : "is taken back");
	if (!p->finished || gv_plan_progress_can_retry(p) ||
	    gv_plan_progress_is_stuck(p))
		return 0;
	return gv_err(GV_EREFUSED,
	    "run %s %s, so nothing of it can go on; to begin a new one: git "
	    "vault plan run %s",
	    id, p->is_aborted ? "was ended" : "failed and is taken back",
	    gv_recover_plan(run)->name);
}

int
gv_plan_resume(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_recover *run = NULL;
	struct gv_plan_record record = { .what = GV_PLAN_RESUME,
		.at = ctx->now };
	int r = open_run(&run, ctx, argc ? argv[0] : NULL);

	gv_out_without_pager(ctx->out);
	if (r < 0)
		return r;
	if ((r = check_goes_on(run)) < 0 || (r = decide(ctx, run)) < 0 ||
	    (r = gv_recover_note(run, &record)) < 0)
		goto out;
	r = gv_plan_go_on(ctx, run, &(struct gv_plan_how){ .jobs = o->jobs });
out:
	gv_recover_close(run);
	return r;
}

/* What it ran is gone with its sandbox, and `finally` was to run in there. */
static int
end_rehearsal(struct gv_ctx *ctx, struct gv_recover *run)
{
	const struct gv_plan_record abort = { .what = GV_PLAN_ABORT,
		.at = ctx->now };
	const struct gv_plan_record end = { .what = GV_PLAN_FINISH,
		.at = ctx->now,
		.result = GV_PLAN_ABORTED };
	int r;

	if ((r = gv_recover_box_sweep(run)) < 0 ||
	    (r = gv_recover_note(run, &abort)) < 0 ||
	    (r = gv_recover_note(run, &end)) < 0)
		return r;
	gv_out_say(ctx->out,
	    "run %s was a rehearsal in a sandbox: it is ended, and its sandbox "
	    "removed",
	    gv_recover_id(run));
	if (ctx->json)
		gv_plan_out_run(ctx, run, NULL);
	return 0;
}

int
gv_plan_abort(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_recover *run = NULL;
	struct gv_plan_record record = { .what = GV_PLAN_ABORT,
		.at = ctx->now,
		.result = o->rollback ? GV_PLAN_FAILED : GV_PLAN_NO_RESULT };
	const char *id = argc ? argv[0] : NULL;
	int r;

	gv_out_without_pager(ctx->out);
	if ((r = gv_recover_stop(ctx->repo, id)) < 0 ||
	    (r = gv_recover_open(&run, ctx->repo, id, true)) < 0)
		return r;
	if (gv_recover_progress(run)->finished)
		r = gv_err(
		    GV_EREFUSED, "run %s is over already", gv_recover_id(run));
	else if (gv_recover_is_rehearsal(run))
		r = end_rehearsal(ctx, run);
	else if ((r = gv_recover_note(run, &record)) == 0)
		r = gv_plan_go_on(
		    ctx, run, &(struct gv_plan_how){ .jobs = o->jobs });
	gv_recover_close(run);
	return r == 1 ? 0 : r;
}

/* Steps that passed and that nobody can take back. */
static void
warn_of_rest(struct gv_ctx *ctx, const struct gv_recover *run)
{
	const struct gv_plan *plan = gv_recover_plan(run);
	const struct gv_plan_progress *p = gv_recover_progress(run);
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (p->steps[i].status == GV_PLAN_IS_PASSED &&
		    !plan->steps[i].is_final &&
		    plan->steps[i].kind == GV_PLAN_RUN &&
		    !gv_plan_goes_back(&plan->steps[i]))
			gv_out_warn(ctx->out,
			    "step %s has no 'rollback': what it did stays",
			    plan->steps[i].id);
}

/* Traffic does not go back to a side that has missed what happened since. */
static int
check_behind(struct gv_buf *note, struct gv_ctx *ctx, struct gv_recover *run)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_recover_how how = { .told = told, .ctx = ctx };
	struct gv_recover_behind b = { .side = GV_BUF_INIT };
	struct gv_buf self = GV_BUF_INIT, word = GV_BUF_INIT;
	const char *id = gv_recover_id(run);
	int r = gv_self_path(&self);

	how.self = self.p;
	if (r < 0 || (r = gv_recover_behind(&b, run, &how)) < 0)
		goto out;
	if (b.is_behind && (!o->behind || strcmp(o->behind, b.side.p) != 0)) {
		gv_shell_word(&word, b.side.p);
		if ((r = gv_buf_check(&word)) == 0)
			r = gv_err(GV_EREFUSED,
			    "nothing was taken back, since %s is behind: %s; "
			    "bring it up to date first, or take the run back "
			    "nevertheless by: git vault plan undo --behind%s "
			    "%s",
			    b.side.p, b.why.p, word.p, id);
	} else if (b.is_behind) {
		gv_out_warn(ctx->out, "%s is behind: %s", b.side.p, b.why.p);
		gv_buf_addf(note, " behind: %s", b.side.p);
	} else if (o->behind) {
		r = gv_err(GV_EUSAGE,
		    "no side of run %s is behind, as far as is known, so "
		    "--behind %s is not needed",
		    id, o->behind);
	} else if (b.is_unknown) {
		gv_out_warn(ctx->out,
		    "whether %s has what happened since the switch is not "
		    "known: its step has no check 'caught_up', and its values "
		    "name no environments",
		    b.side.p);
	}
	if (r == 0)
		r = gv_buf_check(note);
out:
	gv_recover_behind_release(&b);
	gv_buf_release(&self);
	gv_buf_release(&word);
	return r;
}

int
gv_plan_undo(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_recover *run = NULL;
	struct gv_plan_record record = { .what = GV_PLAN_UNDO, .at = ctx->now };
	const char *const args[] = { "undo", argv[0], NULL };
	const struct gv_plan_progress *p;
	struct gv_buf note = GV_BUF_INIT;
	bool yes = false;
	int r;

	gv_out_without_pager(ctx->out);
	(void)argc;
	if ((r = open_run(&run, ctx, argv[0])) < 0)
		return r;
	p = gv_recover_progress(run);
	if (p->finished == GV_PLAN_NO_RESULT)
		r = gv_err(GV_EREFUSED,
		    "run %s is not over; to end it and take it back: git vault "
		    "plan abort --rollback %s",
		    gv_recover_id(run), gv_recover_id(run));
	else if (p->finished == GV_PLAN_UNDONE)
		r = gv_err(GV_EREFUSED, "run %s is taken back already",
		    gv_recover_id(run));
	else
		r = gv_ask_must(ctx, o->yes, "nothing was taken back", args);
	if (r < 0 || (r = check_behind(&note, ctx, run)) < 0)
		goto out;
	warn_of_rest(ctx, run);
	if ((r = gv_ask(&yes, ctx, o->yes, NULL,
		 "take back what run %s of plan %s did?", gv_recover_id(run),
		 gv_recover_plan(run)->name)) < 0)
		goto out;
	if (!yes)
		r = gv_err(GV_ECANCELED, "nothing was taken back");
	else if ((r = gv_recover_note(run, &record)) == 0)
		r = gv_plan_go_on(ctx, run,
		    &(struct gv_plan_how){ .jobs = o->jobs, .note = note.p });
out:
	gv_recover_close(run);
	gv_buf_release(&note);
	return r;
}

struct testing {
	struct gv_ctx *ctx;
	const struct gv_plan *plan;
	size_t failed;
};

static int
tell_missing(void *arg, uint32_t line, bool is_of_host, const char *what)
{
	struct testing *t = arg;

	(void)is_of_host;
	t->failed++;
	gv_out_error(t->ctx->out, "%s:%u: %s", t->plan->name, line, what);
	return 0;
}

int
gv_plan_test(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_recover_how how = { .told = told, .ctx = ctx };
	struct gv_plan plan = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT, self = GV_BUF_INIT;
	struct gv_recover *run = NULL;
	struct testing t = { .ctx = ctx, .plan = &plan };
	size_t failed = 0;
	int r;

	gv_out_without_pager(ctx->out);
	(void)argc;
	if ((r = gv_plan_load(&plan, &text, ctx, argv[0], true)) < 0 ||
	    (r = check_consent(ctx, &plan, &text)) < 0 ||
	    (r = gv_recover_missing(
		 ctx->repo, &plan, o->env, tell_missing, &t)) < 0 ||
	    (r = gv_self_path(&self)) < 0 ||
	    (r = gv_plan_begin(&run, ctx, &plan, &text, true)) < 0)
		goto out;
	how.self = self.p;
	r = gv_recover_test(&failed, run, &how);
	if (r == 0 && ctx->json)
		gv_plan_out_run(ctx, run, NULL);
	if (r == 0)
		r = failed || t.failed ? 1 : 0;
out:
	gv_recover_close(run);
	gv_plan_release(&plan);
	gv_buf_release(&text);
	gv_buf_release(&self);
	return r;
}

int
gv_plan_drill(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_plan_opts *o = ctx->opts;
	const struct gv_drill_go_opts opts = { .plan = argv[0],
		.inputs = o->inputs,
		.env = o->env,
		.seed = -1,
		.format = -1 };
	struct gv_plan plan = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_ctx of_drill = *ctx;
	int r = gv_plan_load(&plan, &text, ctx, argv[0], true);

	(void)argc;
	of_drill.opts = &opts;
	if (r == 0)
		r = gv_drill_go(&of_drill, o->env ? o->env : plan.environment);
	gv_plan_release(&plan);
	gv_buf_release(&text);
	return r;
}
