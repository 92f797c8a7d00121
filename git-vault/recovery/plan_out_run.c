#include "git-vault/recovery/plan_out_run.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/recovery/plan_out.h"
#include "recover/recover.h"

void
gv_plan_out_span(char out[32], int64_t seconds)
{
	const long long s = seconds;

	if (s < 120)
		(void)snprintf(out, 32, "%llds", s);
	else if (s < 172800 && s % 3600 == 0)
		(void)snprintf(out, 32, "%lldh", s / 3600);
	else if (s < 7200)
		(void)snprintf(out, 32, "%lldm", s / 60);
	else if (s < 172800)
		(void)snprintf(out, 32, "%lldh", s / 3600);
	else
		(void)snprintf(out, 32, "%lldd", s / 86400);
}

void
gv_plan_out_ms(char out[32], int64_t ms)
{
	if (ms < 10000)
		(void)snprintf(out, 32, "%.1fs", (double)ms / 1000);
	else
		gv_plan_out_span(out, ms / 1000);
}

enum gv_out_slot
gv_plan_out_slot(const char *result)
{
	if (result == NULL)
		return GV_OUT_PLAIN;
	return strcmp(result, "passed") == 0 ? GV_OUT_ADDED
	    : strcmp(result, "failed") == 0  ? GV_OUT_REMOVED
					     : GV_OUT_CHANGED;
}

static enum gv_out_slot
slot_of(enum gv_plan_status status)
{
	switch (status) {
	case GV_PLAN_IS_PASSED:
		return GV_OUT_ADDED;
	case GV_PLAN_IS_FAILED:
	case GV_PLAN_IS_STUCK:
		return GV_OUT_REMOVED;
	case GV_PLAN_IS_SKIPPED:
	case GV_PLAN_IS_WAITING:
		return GV_OUT_DIM;
	default:
		return GV_OUT_CHANGED;
	}
}

const char *
gv_plan_out_state(const struct gv_recover *run)
{
	const struct gv_plan_progress *p = gv_recover_progress(run);

	return p->finished               ? gv_plan_result_name(p->finished)
	    : gv_recover_is_at_work(run) ? "running"
					 : "unfinished";
}

/* Why a step is skipped, in words. */
static const char *
skipped(const char *why)
{
	return why == NULL              ? ""
	    : strcmp(why, "when") == 0  ? "its condition is false"
	    : strcmp(why, "needs") == 0 ? "a step that it needs did not pass"
	    : strcmp(why, GV_PLAN_SKIP_UNSURE) == 0
	    ? "it was interrupted, and what it did is not known"
	    : strcmp(why, GV_PLAN_SKIP_DRILL) == 0 ? "drills leave it out"
	    : strcmp(why, GV_PLAN_SKIP_NETWORK) == 0
	    ? "it could not be tried: a drill has no network"
	    : "the plan stopped";
}

static void
print_record(struct gv_ctx *ctx, const struct gv_recover_news *news)
{
	const struct gv_plan_record *r = news->record;
	struct gv_out *o = ctx->out;
	const char *result = gv_plan_result_name(r->result);
	char took[32];

	gv_plan_out_ms(took, r->ms);
	gv_out_paint(o, GV_OUT_ID, "%s", news->step->id);
	switch (r->what) {
	case GV_PLAN_START:
		gv_out_printf(o, ": begins");
		if (r->attempt > 1 || news->step->retry.attempts > 1)
			gv_out_printf(o, ", attempt %u", r->attempt);
		if (news->step->kind != GV_PLAN_WAIT &&
		    news->step->retry.attempts > 1 &&
		    r->attempt <= news->step->retry.attempts)
			gv_out_printf(o, " of %u", news->step->retry.attempts);
		break;
	case GV_PLAN_END:
		gv_out_printf(o, ": ");
		gv_out_paint(o, gv_plan_out_slot(result), "%s", result);
		gv_out_printf(o, ", %s", took);
		break;
	case GV_PLAN_SKIP:
		gv_out_printf(o, ": ");
		gv_out_paint(o, GV_OUT_DIM, "skipped: %s", skipped(r->detail));
		gv_out_printf(o, "\n");
		return;
	case GV_PLAN_BACK:
		gv_out_printf(o, ": is taken back");
		break;
	case GV_PLAN_BACK_END:
		gv_out_printf(o, ": ");
		gv_out_paint(o, gv_plan_out_slot(result), "%s",
		    r->result == GV_PLAN_PASSED ? "taken back"
						: "could not be taken back");
		break;
	case GV_PLAN_OLD:
		gv_out_printf(o, ": the value before is noted");
		break;
	default:
		break;
	}
	if (r->detail) {
		gv_out_printf(o, ": ");
		gv_out_text(o, r->detail, strlen(r->detail));
	}
	gv_out_printf(o, "\n");
}

void
gv_plan_out_news(struct gv_ctx *ctx, const struct gv_recover_news *news)
{
	if (news->record && (ctx->json || news->step == NULL))
		return;
	/* the document has the records; what commands print is in no document
	 */
	if (ctx->json) {
		gv_out_say(ctx->out, "%s| %.*s", news->step->id, (int)news->len,
		    news->line);
		return;
	}
	if (news->record) {
		print_record(ctx, news);
	} else {
		gv_out_paint(ctx->out, GV_OUT_DIM, "%s| ", news->step->id);
		gv_out_text(ctx->out, news->line, news->len);
		gv_out_printf(ctx->out, "\n");
	}
	(void)gv_out_flush(ctx->out);
}

/* A try that the journal has begun is at work only if a process is. */
static const char *
status_of(const struct gv_plan_step *s, const struct gv_plan_step_progress *p,
    bool is_at_work)
{
	if (p->status != GV_PLAN_IS_RUNNING || is_at_work)
		return gv_plan_status_name(p->status);
	return s->kind == GV_PLAN_APPROVE ? "waiting" : "interrupted";
}

static const char *
value_of(const struct gv_plan_step_progress *p, const char *name)
{
	const char *const *v = p->outputs;

	for (; v && v[0]; v += 2)
		if (strcmp(v[0], name) == 0)
			return v[1];
	return NULL;
}

/* Names, ", " between two. */
static void
put_names(struct gv_json *j, const char *key, const char *names)
{
	size_t n;

	gv_json_array(j, key);
	for (; names && *names; names += n + (names[n] ? 2 : 0)) {
		n = strcspn(names, ",");
		gv_json_text(j, NULL, names, n);
	}
	gv_json_end(j);
}

/* Outputs that the plan names: what a restore wrote is for its way back. */
static void
put_outputs(struct gv_json *j, const struct gv_plan_step *s,
    const struct gv_plan_step_progress *p)
{
	const char *value;
	size_t i;

	gv_json_object(j, "outputs");
	for (i = 0; i < s->n_outputs; i++)
		if ((value = value_of(p, s->outputs[i].name)) != NULL)
			gv_json_string(j, s->outputs[i].name, value);
	gv_json_end(j);
}

static void
put_run_step(struct gv_json *j, const struct gv_plan_step *s,
    const struct gv_plan_step_progress *p, bool is_at_work)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "id", s->id);
	gv_json_string(j, "kind", gv_plan_kinds[s->kind]);
	gv_json_string(j, "status", status_of(s, p, is_at_work));
	gv_json_bool(j, "by_hand", p->is_by_hand);
	gv_json_uint(j, "attempts", p->attempts);
	gv_json_int(j, "exit_status", p->exit);
	gv_json_int(j, "milliseconds", p->ms);
	gv_json_string(j, "detail", p->detail);
	if (s->kind == GV_PLAN_APPROVE)
		put_names(j, "approved_by", value_of(p, GV_RECOVER_APPROVED));
	put_outputs(j, s, p);
	gv_json_end(j);
}

static void
put_head(struct gv_json *j, const struct gv_recover *run)
{
	const struct gv_plan_progress *p = gv_recover_progress(run);

	gv_json_object(j, NULL);
	gv_json_string(j, "run", gv_recover_id(run));
	gv_json_string(j, "plan", gv_recover_plan(run)->name);
	gv_json_string(j, "environment", gv_recover_environment(run));
	gv_json_string(j, "result", gv_plan_out_state(run));
	gv_json_time(j, "started", p->began);
	if (p->finished)
		gv_json_time(j, "ended", p->ended);
	else
		gv_json_null(j, "ended");
}

static void
put_run(struct gv_json *j, const struct gv_recover *run,
    const struct gv_recover_pause *pause)
{
	const struct gv_plan *plan = gv_recover_plan(run);
	const struct gv_plan_progress *p = gv_recover_progress(run);
	const bool is_at_work = gv_recover_is_at_work(run);
	size_t i;

	put_head(j, run);
	put_names(j, "approved_by", p->approved_by);
	gv_json_string(
	    j, "waits_for", pause && pause->step ? pause->step->id : NULL);
	gv_json_array(j, "steps");
	for (i = 0; i < p->order.n; i++)
		put_run_step(j, &plan->steps[p->order.steps[i]],
		    &p->steps[p->order.steps[i]], is_at_work);
	gv_json_end(j);
	gv_json_end(j);
}

void
gv_plan_out_run(struct gv_ctx *ctx, const struct gv_recover *run,
    const struct gv_recover_pause *pause)
{
	static const struct gv_out_column columns[] = {
		{ .head = "STEP", .whole = true },
		{ .head = "STATUS", .whole = true },
		{ .head = "TRIES", .right = true, .extra = 1 },
		{ .head = "TIME", .right = true },
		{ .head = "DETAIL", .wrap = true },
	};
	const struct gv_plan *plan = gv_recover_plan(run);
	const struct gv_plan_progress *p = gv_recover_progress(run);
	const bool is_at_work = gv_recover_is_at_work(run);
	char took[32];
	size_t i;

	if (ctx->json) {
		put_run(ctx->json, run, pause);
		return;
	}
	gv_out_printf(ctx->out, "run %s of plan %s: %s\n", gv_recover_id(run),
	    plan->name, gv_plan_out_state(run));
	if (p->approved_by)
		gv_out_printf(ctx->out, "approved by %s\n", p->approved_by);
	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(*columns));
	for (i = 0; i < p->order.n; i++) {
		const uint32_t at = p->order.steps[i];
		const struct gv_plan_step_progress *s = &p->steps[at];

		gv_plan_out_ms(took, s->ms);
		gv_out_cell_text(ctx->out, GV_OUT_ID, plan->steps[at].id);
		gv_out_cell_text(ctx->out, slot_of(s->status),
		    status_of(&plan->steps[at], s, is_at_work));
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%u", s->attempts);
		gv_out_cell_text(
		    ctx->out, GV_OUT_PLAIN, s->attempts ? took : "-");
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN,
		    s->status == GV_PLAN_IS_SKIPPED ? skipped(s->detail)
			: s->detail                 ? s->detail
						    : "");
	}
	gv_out_columns_end(ctx->out);
}

void
gv_plan_out_rows_begin(struct gv_ctx *ctx)
{
	static const struct gv_out_column columns[] = {
		{ .head = "RUN", .whole = true },
		{ .head = "PLAN", .whole = true },
		{ .head = "ENV" },
		{ .head = "AGE", .whole = true },
		{ .head = "RESULT", .whole = true },
		{ .head = "TIME", .right = true },
	};

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "runs");
		return;
	}
	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(*columns));
}

void
gv_plan_out_row(struct gv_ctx *ctx, const struct gv_recover *run)
{
	const struct gv_plan_progress *p = gv_recover_progress(run);
	const char *env = gv_recover_environment(run);
	const char *state = gv_plan_out_state(run);
	char age[GV_TIME_MAX], took[32] = "-";

	if (ctx->json) {
		put_head(ctx->json, run);
		gv_json_end(ctx->json);
		return;
	}
	gv_time_relative(age, p->began, ctx->now);
	if (p->finished)
		gv_plan_out_span(took, p->ended - p->began);
	gv_out_cell_id(ctx->out, GV_OUT_ID, gv_recover_id(run));
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, gv_recover_plan(run)->name);
	gv_out_cell_text(ctx->out, GV_OUT_TAG, env ? env : "-");
	gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
	gv_out_cell_text(ctx->out, gv_plan_out_slot(state), state);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, took);
}

void
gv_plan_out_rows_end(struct gv_ctx *ctx)
{
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_columns_end(ctx->out);
}
