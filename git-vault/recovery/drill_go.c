#include "git-vault/recovery/drill_go.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "drill/drill.h"
#include "drill/drill_log.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/recovery/drill_out.h"
#include "git-vault/recovery/drill_report.h"
#include "git-vault/recovery/plan_run.h"
#include "plan/plan.h"
#include "policy/team.h"
#include "recover/recover.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/self.h"

static void
begin(void *ctx, enum gv_drill_stage stage)
{
	gv_progress_begin(ctx, gv_drill_stage_name(stage), 0);
}

/* The report has the number, so that the same can be chosen again. */
static int
find_seed(uint64_t *out, int64_t given)
{
	uint32_t random = 0;
	int r = 0;

	if (given < 0)
		r = gv_clock_random(&random, sizeof(random));
	*out = given < 0 ? random : (uint64_t)given;
	return r;
}

int
gv_drill_go_fill(struct gv_drill_opts *out, struct gv_ctx *ctx, const char *env)
{
	const struct gv_drill_go_opts *o = ctx->opts;

	*out = (struct gv_drill_opts){ .env = env,
		.snapshot = o->snapshot,
		.plan = o->plan,
		.remote = o->from_remote,
		.identity = o->identity,
		.now = ctx->now,
		.fault = (enum gv_drill_fault)o->fault,
		.seed = o->seed < 0 ? 0 : (uint64_t)o->seed,
		.is_random = o->random,
		.no_validators = o->no_validators,
		.keep = o->keep,
		.begin = begin,
		.ctx = ctx->progress };
	if (o->budget && gv_time_parse_span(&out->budget, o->budget) < 0)
		return gv_err(GV_EUSAGE,
		    "'%s' is not a duration; give one such as 90s, 10m or 2h",
		    o->budget);
	if (o->random && o->snapshot)
		return gv_err(
		    GV_EUSAGE, "--random and --snapshot exclude each other");
	if (o->random && find_seed(&out->seed, o->seed) < 0)
		return GV_ERROR;
	return gv_drill_targets(&out->rto, &out->rpo, ctx->repo, env);
}

static void
show_json(struct gv_ctx *ctx, const struct gv_drill *drill, const char *kept)
{
	struct gv_json report = GV_JSON_INIT;

	gv_drill_out_json(&report, drill, kept);
	if (gv_buf_check(&report.buf) == 0)
		gv_out_printf(ctx->out, "%s\n", report.buf.p);
	gv_json_release(&report);
}

static void
show(struct gv_ctx *ctx, const struct gv_drill *drill, const char *kept)
{
	const struct gv_drill_go_opts *o = ctx->opts;

	struct gv_buf page = GV_BUF_INIT, remove = GV_BUF_INIT;

	if (ctx->json || o->format <= GV_DRILL_TEXT)
		gv_drill_out(ctx, drill, kept);
	else if (o->format == GV_DRILL_JSON)
		show_json(ctx, drill, kept);
	else if (o->format == GV_DRILL_JUNIT)
		gv_drill_report_junit(&page, drill);
	else
		gv_drill_report_html(&page, drill);
	if (page.len)
		gv_out_write(ctx->out, page.p, page.len);
	gv_buf_release(&page);
	if (kept == NULL)
		return;
	gv_shell_word(&remove, kept);
	gv_out_say(ctx->out, "the clone stays, with secrets in clear: rm -rf%s",
	    gv_buf_check(&remove) == 0 ? remove.p : "");
	gv_buf_release(&remove);
}

/* The report as --json prints it: kept in any case. */
static int
keep(struct gv_ctx *ctx, const struct gv_drill *drill)
{
	struct gv_json report = GV_JSON_INIT;
	int r;

	gv_drill_out_json(&report, drill, NULL);
	if ((r = gv_buf_check(&report.buf)) == 0)
		r = gv_drill_tell(
		    ctx->repo, drill, report.buf.p, report.buf.len);
	gv_json_release(&report);
	if (r < 0)
		gv_out_warn(
		    ctx->out, "the drill is over, but %s", gv_err_message());
	return r == GV_ENOMEM ? r : 0;
}

/* Where it failed: what is another since one that passed. */
static int
compare(struct gv_ctx *ctx, struct gv_drill *drill)
{
	struct gv_drill_state state;
	struct gv_drill_log log;
	struct gv_buf report = GV_BUF_INIT;
	int r;

	if (drill->result != GV_DRILL_FAILED || drill->fault)
		return 0;
	if ((r = gv_drill_log_load(&log, ctx->repo, NULL)) < 0)
		goto out;
	gv_drill_log_judge(
	    &state, &log, drill->env, ctx->now, GV_POLICY_DRILL_EVERY);
	if (state.passed == NULL)
		goto out;
	/* a report that was changed counts as none */
	r = gv_drill_log_report(&report, ctx->repo, state.passed);
	if (r == 0 || r == GV_ECORRUPT)
		gv_buf_reset(&report);
	if (r >= 0 || r == GV_ECORRUPT)
		r = gv_drill_since(drill, state.passed, &report);
out:
	gv_drill_log_release(&log);
	gv_buf_release(&report);
	return r;
}

static int
run_in(struct gv_ctx *ctx, struct gv_drill_opts *how, const char *dir)
{
	const struct gv_drill_go_opts *o = ctx->opts;
	struct gv_buf self = GV_BUF_INIT;
	struct gv_drill drill = { .n_validations = 0 };
	int r = gv_self_path(&self);

	if (r < 0 || (r = gv_buf_check(&self)) < 0)
		goto out;
	how->self = self.p;
	how->dir = dir;
	r = gv_drill_run(&drill, ctx->repo, how);
	gv_progress_end(ctx->progress);
	if (r < 0 || (r = compare(ctx, &drill)) < 0 ||
	    (r = keep(ctx, &drill)) < 0)
		goto out;
	if (o->report)
		r = gv_drill_report_save(o->report, &drill);
	if (r == 0) {
		show(ctx, &drill, o->keep ? dir : NULL);
		r = drill.result == GV_DRILL_PASSED   ? 0
		    : drill.result == GV_DRILL_FAILED ? 1
						      : 3;
	}
out:
	gv_drill_release(&drill);
	gv_buf_release(&self);
	return r;
}

/* A plan that does not exist, has faults or lacks an input is no finding of a
 * drill. */
static int
check_plan(struct gv_ctx *ctx, const char *env, const char *const *inputs)
{
	const struct gv_drill_go_opts *o = ctx->opts;
	struct gv_plan plan = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_recover *trial = NULL;
	int r;

	if (o->plan == NULL)
		return o->inputs.n
		    ? gv_err(GV_EUSAGE, "--input goes with --plan only")
		    : 0;
	r = gv_plan_load(&plan, &text, ctx, o->plan, true);
	if (r == 0)
		r = gv_recover_begin(&trial, ctx->repo,
		    &(struct gv_recover_begin_opts){ .name = plan.name,
			.text = text.p,
			.len = text.len,
			.environment = env,
			.inputs = inputs,
			.now = ctx->now,
			.is_trial = true });
	gv_recover_close(trial);
	gv_plan_release(&plan);
	gv_buf_release(&text);
	return r;
}

/* In the order given, NULL behind the last; NULL without memory. */
static const char **
list_inputs(const struct gv_opt_list *given)
{
	const char **list = calloc(given->n + 1, sizeof(*list));

	if (list && given->n)
		memcpy(list, given->items, given->n * sizeof(*list));
	else if (list == NULL)
		gv_err_nomem();
	return list;
}

int
gv_drill_go(struct gv_ctx *ctx, const char *env)
{
	const struct gv_drill_go_opts *o = ctx->opts;
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_drill_opts how;
	const char **inputs = list_inputs(&o->inputs);
	char *saved;
	int r;

	if (inputs == NULL)
		return GV_ENOMEM;
	if ((r = check_plan(ctx, env, inputs)) < 0 ||
	    (r = gv_drill_go_fill(&how, ctx, env)) < 0)
		goto out;
	how.inputs = inputs;
	if ((r = gv_drill_make_dir(&dir, ctx->repo)) < 0)
		goto out;
	r = run_in(ctx, &how, dir.p);
	if (!o->keep || r < 0) {
		saved = gv_err_save();
		if (gv_file_remove_tree(AT_FDCWD, dir.p) < 0)
			gv_out_warn(ctx->out, "%s", gv_err_message());
		gv_err_restore(saved);
	}
out:
	gv_buf_release(&dir);
	free(inputs);
	return r;
}
