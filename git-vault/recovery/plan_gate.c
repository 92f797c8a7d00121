#include "git-vault/recovery/plan_gate.h"

#include "audit/audit.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/recovery/plan_run.h"
#include "recover/recover.h"

/* What is asked of an environment, and by which command others answer. */
static int
describe(struct gv_plan_gate *gate, const struct gv_plan *plan,
    const struct gv_buf *text)
{
	struct gv_recover *run = NULL;
	int r;

	gv_buf_addf(&gate->what, "run plan %s", plan->name);
	if ((r = gv_plan_begin(&run, gate->ctx, plan, text, true)) == 0 &&
	    (r = gv_recover_subject(&gate->of.of.subject, run, "", "")) == 0 &&
	    (r = gv_plan_add_approve(&gate->approve, run)) == 0)
		r = gv_buf_check(&gate->what);
	gate->of.what = gate->what.p;
	gate->of.approve = gate->approve.p;
	gv_recover_close(run);
	return r;
}

int
gv_plan_gate_open(struct gv_plan_gate *out, struct gv_ctx *ctx,
    const struct gv_plan *plan, const struct gv_buf *text)
{
	const struct gv_plan_opts *o = ctx->opts;
	size_t i;
	int r;

	*out = (struct gv_plan_gate){ .ctx = ctx,
		.note = GV_BUF_INIT,
		.what = GV_BUF_INIT,
		.approve = GV_BUF_INIT,
		.of = {
		    .of = { .kind = GV_AUDIT_PLAN_APPROVE, .now = ctx->now },
		    .reason = o->reason,
		    .in_freeze = o->in_freeze,
		    .unapproved = o->unapproved } };
	if ((r = describe(out, plan, text)) < 0)
		return r;
	/* a rehearsal changes no environment */
	if (!o->sandbox && (r = gv_plan_envs(&out->envs, plan, o->env)) < 0)
		return r;
	/* to judge the options alone */
	if (out->envs.n == 0)
		return gv_plan_guard(&out->note, ctx, &out->of);
	for (i = 0; r == 0 && i < out->envs.n; i++) {
		out->of.of.env = out->envs.names[i];
		r = gv_plan_guard(&out->note, ctx, &out->of);
	}
	return r;
}

/* Names into the journal of the run. */
static int
note_names(
    struct gv_ctx *ctx, struct gv_recover *run, const struct gv_buf *names)
{
	const char *const values[] = { GV_RECOVER_APPROVED, names->p, NULL };
	const struct gv_plan_record record = {
		.what = GV_PLAN_APPROVED, .at = ctx->now, .values = values
	};

	return names->len ? gv_recover_note(run, &record) : 0;
}

static int
name_run(struct gv_buf *out, const struct gv_recover *run)
{
	gv_buf_addf(
	    out, "plan/%s/%s", gv_recover_plan(run)->name, gv_recover_id(run));
	return gv_buf_check(out);
}

int
gv_plan_gate_use(
    struct gv_ctx *ctx, struct gv_plan_guarded *of, struct gv_recover *run)
{
	struct gv_buf by = GV_BUF_INIT, names = GV_BUF_INIT;
	int r;

	if ((r = name_run(&by, run)) == 0 &&
	    (r = gv_plan_guard_use(&names, ctx, of, by.p)) == 0)
		r = note_names(ctx, run, &names);
	gv_buf_release(&by);
	gv_buf_release(&names);
	return r;
}

int
gv_plan_gate_pass(struct gv_plan_gate *gate, struct gv_recover *run)
{
	struct gv_buf by = GV_BUF_INIT, names = GV_BUF_INIT;
	size_t i;
	int r = name_run(&by, run);

	for (i = 0; r == 0 && i < gate->envs.n; i++) {
		gate->of.of.env = gate->envs.names[i];
		r = gv_plan_guard_use(&names, gate->ctx, &gate->of, by.p);
	}
	if (r == 0)
		r = note_names(gate->ctx, run, &names);
	gv_buf_release(&by);
	gv_buf_release(&names);
	return r;
}

void
gv_plan_gate_close(struct gv_plan_gate *gate)
{
	gv_buf_release(&gate->note);
	gv_buf_release(&gate->what);
	gv_buf_release(&gate->approve);
	gv_plan_envs_release(&gate->envs);
}
