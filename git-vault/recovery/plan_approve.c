#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/recovery/plan_run.h"
#include "good/approval.h"
#include "plan/plan.h"
#include "recover/recover.h"
#include "safe/safe.h"

static const char *const *
values_of(const struct gv_recover *run)
{
	return gv_recover_progress(run)->begin->values;
}

/* They are part of what is agreed to. */
static void
show_inputs(struct gv_ctx *ctx, const struct gv_recover *run)
{
	const char *const *value = values_of(run);

	for (; value && *value; value += 2)
		gv_out_say(
		    ctx->out, "with the input %s: %s", value[0], value[1]);
}

static void
put(struct gv_ctx *ctx, const struct gv_recover *run, const char *step,
    const char *env, const char *who, unsigned wanted)
{
	const char *const *value = values_of(run);

	if (ctx->json == NULL)
		return;
	gv_json_object(ctx->json, NULL);
	gv_json_string(ctx->json, "step", step);
	gv_json_string(ctx->json, "environment", env);
	gv_json_string(ctx->json, "actor", who);
	gv_json_uint(ctx->json, "wanted", wanted);
	gv_json_array(ctx->json, "inputs");
	for (; value && *value; value += 2) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "name", value[0]);
		gv_json_string(ctx->json, "value", value[1]);
		gv_json_end(ctx->json);
	}
	gv_json_end(ctx->json);
	gv_json_end(ctx->json);
}

static int
give(struct gv_ctx *ctx, const struct gv_recover *run,
    const struct gv_plan_step *step, const struct gv_approval_of *of)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_policy_approval rule;
	struct gv_approvals a;
	const char *who = "";
	int r;

	show_inputs(ctx, run);
	gv_recover_rule(&rule, step);
	if ((r = gv_approval_open_by(&a, ctx->repo, &rule)) < 0 ||
	    (r = gv_approval_give(&who, &a, of, o->reason)) < 0)
		goto out;
	put(ctx, run, step->id, of->env, who, rule.wanted);
	gv_out_say(ctx->out, "%s approves step %s; 'git vault sync' shares it",
	    who, step->id);
out:
	gv_approval_close(&a);
	return r;
}

/* The document is of the first environment. */
static int
give_for(struct gv_ctx *ctx, const struct gv_recover *run,
    struct gv_approval_of *of, const char *env, bool is_first)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_approvals a;
	const char *who;
	int r;

	of->env = env;
	if ((r = gv_approval_open(&a, ctx->repo, env)) == 0 &&
	    (r = gv_approval_give(&who, &a, of, o->reason)) == 0) {
		if (is_first)
			put(ctx, run, NULL, env, who, a.wanted);
		gv_out_say(ctx->out,
		    "%s approves that plan %s is run for %s once, by somebody "
		    "else; 'git vault sync' shares it",
		    who, gv_recover_plan(run)->name, env);
	}
	gv_approval_close(&a);
	return r;
}

/* That the plan as it is now may be run, for each environment that is asked. */
static int
approve_run(
    struct gv_ctx *ctx, const struct gv_plan *plan, const struct gv_buf *text)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_approval_of of = { .kind = GV_AUDIT_PLAN_APPROVE,
		.now = ctx->now };
	struct gv_buf target = GV_BUF_INIT;
	struct gv_recover *run = NULL;
	struct gv_plan_envs envs;
	size_t i;
	int r = gv_plan_envs(&envs, plan, o->env);

	if (r == 0 && envs.n == 0)
		r = gv_err(GV_EUSAGE,
		    "plan %s names no environment; give one by --env",
		    plan->name);
	gv_buf_addf(&target, "plan/%s", plan->name);
	if (r < 0 || (r = gv_buf_check(&target)) < 0 ||
	    (r = gv_plan_begin(&run, ctx, plan, text, true)) < 0 ||
	    (r = gv_recover_subject(&of.subject, run, "", "")) < 0)
		goto out;
	show_inputs(ctx, run);
	of.target = target.p;
	if (o->identities.n)
		r = gv_identity_opt_open(&of.safe, ctx, &o->identities);
	for (i = 0; r == 0 && i < envs.n; i++)
		r = give_for(ctx, run, &of, envs.names[i], i == 0);
out:
	gv_plan_envs_release(&envs);
	gv_recover_close(run);
	gv_safe_close(of.safe);
	gv_buf_release(&target);
	return r;
}

/* Those who run a plan do not approve its steps, and a run that is here was
 * begun here. Identities that are named may be another user's; what is theirs
 * is judged when the run counts. */
static int
check_own(
    struct gv_ctx *ctx, const char *plan, const char *id, const char *step)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_recover *run = NULL;
	int r;

	if (o->identities.n)
		return 0;
	r = gv_recover_open(&run, ctx->repo, id, false);
	if (r == 0)
		r = gv_err(GV_EREFUSED,
		    "run %s was begun in this clone, and the approval of those "
		    "who run a plan does not count; somebody else approves in "
		    "their clone: git vault plan approve %s %s %s",
		    gv_recover_id(run), plan, gv_recover_id(run), step);
	else if (r != GV_ENOMEM)
		r = 0;
	gv_recover_close(run);
	return r;
}

/* The run is in another clone, so its id is taken as it is; what is approved is
 * the plan as it is here, with the inputs that are given here. */
int
gv_plan_approve(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_approval_of of = { .kind = GV_AUDIT_PLAN_APPROVE,
		.now = ctx->now };
	struct gv_plan plan = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT, target = GV_BUF_INIT;
	struct gv_recover *run = NULL;
	uint32_t at;
	int r;

	if (argc == 2)
		return gv_err(GV_EUSAGE,
		    "approve takes a plan alone, or a plan, a run and a step");
	if ((r = gv_plan_load(&plan, &text, ctx, argv[0], true)) < 0)
		goto out;
	if (argc == 1) {
		r = approve_run(ctx, &plan, &text);
		goto out;
	}
	if ((r = check_own(ctx, argv[0], argv[1], argv[2])) < 0)
		goto out;
	at = gv_plan_find(&plan, argv[2]);
	if (at >= plan.n || plan.steps[at].kind != GV_PLAN_APPROVE) {
		r = gv_err(GV_EREFUSED,
		    "plan %s has no step '%.64s' that asks for approvals",
		    argv[0], argv[2]);
		goto out;
	}
	of.env = o->env ? o->env : plan.environment;
	if ((r = gv_plan_begin(&run, ctx, &plan, &text, true)) < 0 ||
	    (r = gv_recover_subject(&of.subject, run, argv[1], argv[2])) < 0)
		goto out;
	gv_buf_addf(&target, "plan/%s/%.64s/%s", argv[0], argv[1], argv[2]);
	if ((r = gv_buf_check(&target)) < 0)
		goto out;
	of.target = target.p;
	if (o->identities.n &&
	    (r = gv_identity_opt_open(&of.safe, ctx, &o->identities)) < 0)
		goto out;
	r = give(ctx, run, &plan.steps[at], &of);
out:
	gv_recover_close(run);
	gv_safe_close(of.safe);
	gv_plan_release(&plan);
	gv_buf_release(&text);
	gv_buf_release(&target);
	return r;
}
