#include "plan_out.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "cmd.h"
#include "json.h"
#include "out.h"
#include "plan/plan_order.h"
#include "recover/recover.h"

#define FOLDER "${{ folder }}/"

/* ---- small forms --------------------------------------------------------- */

static void
put_span(char out[32], int64_t seconds)
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

static void
put_ms(char out[32], int64_t ms)
{
	if (ms < 10000)
		(void)snprintf(out, 32, "%.1fs", (double)ms / 1000);
	else
		put_span(out, ms / 1000);
}

static enum gv_out_slot
slot_of_result(const char *result)
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

/* All lines of a script as one. */
static void
add_lines(struct gv_buf *out, const char *text)
{
	size_t n;

	for (; *text; text += n) {
		n = strcspn(text, "\n");
		gv_buf_add(out, text, n);
		n += strspn(text + n, "\n");
		if (text[n])
			gv_buf_addstr(out, "; ");
	}
}

/* The command of a step in words. */
static void
add_command(struct gv_buf *out, const struct gv_plan_command *command)
{
	const char *const *arg = command->argv;

	if (command->shell) {
		gv_buf_addstr(out, "sh -c '");
		add_lines(out, command->shell);
		gv_buf_addstr(out, "'");
		return;
	}
	for (; arg && *arg; arg++)
		gv_buf_addf(out, "%s%s", arg == command->argv ? "" : " ", *arg);
}

static void
add_probe(struct gv_buf *out, const struct gv_plan_probe *p)
{
	if (p->kind == GV_PLAN_PROBE_COMMAND)
		add_command(out, &p->command);
	else
		gv_buf_addf(out, "%s %s%s%s", gv_plan_probes[p->kind],
		    p->subject ? p->subject : "", p->key ? " " : "",
		    p->key ? p->key : "");
}

static void
add_what(struct gv_buf *out, const struct gv_plan *plan,
    const struct gv_plan_step *s)
{
	const char *env = plan->environment ? plan->environment : "";

	switch (s->kind) {
	case GV_PLAN_RESTORE:
		gv_buf_addf(out, "restore %s%s%s%s",
		    s->snapshot ? "" : "good:", s->snapshot ? s->snapshot : env,
		    s->into ? " into " : "", s->into ? s->into : "");
		break;
	case GV_PLAN_SECRETS:
		gv_buf_addstr(out, "all secrets open");
		break;
	case GV_PLAN_STATE:
		gv_buf_addf(
		    out, "state %s into ", s->stack ? s->stack : "default");
		if (strncmp(s->into, FOLDER, strlen(FOLDER)) == 0)
			gv_buf_addf(out, "%s in the folder of the run",
			    s->into + strlen(FOLDER));
		else
			gv_buf_addstr(out, s->into);
		break;
	case GV_PLAN_CHECK:
	case GV_PLAN_WAIT:
		add_probe(out, &s->probe);
		break;
	case GV_PLAN_APPROVE:
		gv_buf_addf(out, "%u approval%s",
		    s->approvals ? s->approvals : 1,
		    s->approvals > 1 ? "s" : "");
		break;
	case GV_PLAN_SWITCH:
		if (s->file) {
			gv_buf_addf(
			    out, "%s of %s to %s", s->key, s->file, s->to);
			break;
		}
		add_command(out, &s->command);
		break;
	default:
		add_command(out, &s->command);
		break;
	}
}

static void
add_probes(struct gv_buf *out, const char *when,
    const struct gv_plan_probe *probes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		gv_buf_addf(out, "; %s: ", when);
		add_probe(out, &probes[i]);
	}
}

/* What else a step does or is given: all of it, since who reads this decides
 * whether to run it. */
static void
add_rest(struct gv_buf *out, const struct gv_plan_step *s)
{
	const char *const *env = s->env;

	if (s->dir)
		gv_buf_addf(out, "; in: %s", s->dir);
	for (; env && *env; env++)
		gv_buf_addf(out, "; with: %s", *env);
	if (s->when)
		gv_buf_addf(out, "; if: %s", s->when);
	add_probes(out, "demands", s->preconditions, s->n_preconditions);
	add_probes(out, "before", s->before, s->before != NULL);
	add_probes(out, "after", s->after, s->after != NULL);
	if (s->has_rollback) {
		gv_buf_addstr(out, "; back: ");
		add_command(out, &s->rollback);
	}
}

static void
add_needs(struct gv_buf *out, const struct gv_plan *plan,
    const struct gv_plan_step *s)
{
	size_t i;

	for (i = 0; i < s->n_needs; i++)
		gv_buf_addf(
		    out, "%s%s", i ? ", " : "", plan->steps[s->needs[i]].id);
}

/* ---- plans --------------------------------------------------------------- */

static void
put_row(struct gv_json *j, const struct gv_plan_row *row)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "name", row->name);
	gv_json_string(j, "title", row->plan->title);
	gv_json_string(j, "environment", row->plan->environment);
	gv_json_string(j, "state", row->state);
	gv_json_uint(j, "steps", row->plan->n);
	gv_json_uint(j, "faults", row->plan->n_faults);
	gv_json_string(j, "run", row->run);
	gv_json_string(j, "result", row->result);
	if (row->run)
		gv_json_time(j, "time", row->time);
	else
		gv_json_null(j, "time");
	gv_json_end(j);
}

static void
print_row(struct gv_ctx *ctx, const struct gv_plan_row *row)
{
	const char *env = row->plan->environment;
	char age[GV_TIME_MAX] = "never run";

	if (row->run)
		gv_time_relative(age, row->time, ctx->now);
	gv_out_cell_text(ctx->out, GV_OUT_ID, row->name);
	gv_out_cell_text(ctx->out,
	    strcmp(row->state, "ready") == 0       ? GV_OUT_ADDED
		: strcmp(row->state, "draft") == 0 ? GV_OUT_REMOVED
						   : GV_OUT_PLAIN,
	    row->state);
	gv_out_cell_text(ctx->out, GV_OUT_TAG, env ? env : "-");
	gv_out_cell(ctx->out, GV_OUT_PLAIN, "%zu", row->plan->n);
	gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
	gv_out_cell_text(ctx->out, slot_of_result(row->result),
	    row->result ? row->result : "-");
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, row->plan->title ? row->plan->title : "");
}

void
gv_plan_out_list(struct gv_ctx *ctx, const struct gv_plan_row *rows, size_t n)
{
	static const struct gv_out_column columns[] = {
		{ .head = "PLAN", .whole = true },
		{ .head = "STATE", .whole = true },
		{ .head = "ENV" },
		{ .head = "STEPS", .right = true },
		{ .head = "LAST RUN", .extra = 1 },
		{ .head = "RESULT", .extra = 2 },
		{ .head = "TITLE", .cut = true },
	};
	size_t i;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "plans");
		for (i = 0; i < n; i++)
			put_row(ctx->json, &rows[i]);
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(*columns));
	for (i = 0; i < n; i++)
		print_row(ctx, &rows[i]);
	gv_out_columns_end(ctx->out);
}

void
gv_plan_out_faults(struct gv_ctx *ctx, const struct gv_plan *plan)
{
	struct gv_json *j = ctx->json;
	size_t i;

	for (i = 0; i < plan->n_faults; i++) {
		const struct gv_plan_fault *f = &plan->faults[i];

		if (j) {
			gv_json_object(j, NULL);
			gv_json_string(j, "plan", plan->name);
			gv_json_uint(j, "line", f->line);
			gv_json_uint(j, "column", f->column);
			gv_json_string(j, "message", f->what);
			gv_json_end(j);
			continue;
		}
		gv_out_text(ctx->out, plan->name, strlen(plan->name));
		gv_out_printf(ctx->out, ":%u:%u: ", f->line, f->column);
		gv_out_text(ctx->out, f->what, strlen(f->what));
		gv_out_printf(ctx->out, "\n");
	}
	if (!j && plan->has_more_faults)
		gv_out_printf(ctx->out, "(there are more)\n");
}

/* ---- one plan ------------------------------------------------------------ */

static void
put_step(
    struct gv_json *j, const struct gv_plan *plan, const struct gv_plan_step *s)
{
	struct gv_buf what = GV_BUF_INIT;
	size_t i;

	add_what(&what, plan, s);
	add_rest(&what, s);
	gv_json_object(j, NULL);
	gv_json_string(j, "id", s->id);
	gv_json_string(j, "title", s->name);
	gv_json_string(j, "kind", gv_plan_kinds[s->kind]);
	gv_json_uint(j, "line", s->line);
	gv_json_bool(j, "finally", s->is_final);
	gv_json_array(j, "needs");
	for (i = 0; i < s->n_needs; i++)
		gv_json_string(j, NULL, plan->steps[s->needs[i]].id);
	gv_json_end(j);
	gv_json_string(j, "what", what.p);
	gv_json_uint(j, "attempts", s->retry.attempts);
	gv_json_int(j, "timeout", s->timeout);
	gv_json_int(j, "deadline", s->deadline);
	gv_json_int(j, "expected", s->expected);
	gv_json_bool(j, "rolls_back", gv_plan_goes_back(s));
	gv_json_end(j);
	gv_buf_release(&what);
}

static void
put_plan(struct gv_json *j, const struct gv_plan *plan,
    const struct gv_plan_order *order)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "name", plan->name);
	gv_json_string(j, "title", plan->title);
	gv_json_string(j, "environment", plan->environment);
	gv_json_int(j, "rto", plan->rto);
	gv_json_int(j, "rpo", plan->rpo);
	gv_json_uint(j, "jobs", plan->jobs);
	gv_json_array(j, "inputs");
	for (i = 0; i < plan->n_inputs; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", plan->inputs[i].name);
		gv_json_string(j, "default", plan->inputs[i].value);
		gv_json_bool(j, "required", plan->inputs[i].is_required);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_array(j, "steps");
	for (i = 0; i < order->n; i++)
		put_step(j, plan, &plan->steps[order->steps[i]]);
	gv_json_end(j);
	gv_json_end(j);
}

static void
print_head(struct gv_ctx *ctx, const struct gv_plan *plan)
{
	char rto[32], rpo[32];
	size_t i;

	gv_out_paint(ctx->out, GV_OUT_HEAD, "%s", plan->name);
	if (plan->title) {
		gv_out_printf(ctx->out, ": ");
		gv_out_text(ctx->out, plan->title, strlen(plan->title));
	}
	gv_out_printf(ctx->out, "\n");
	if (plan->environment)
		gv_out_printf(ctx->out, "environment: %s\n", plan->environment);
	put_span(rto, plan->rto);
	put_span(rpo, plan->rpo);
	if (plan->rto)
		gv_out_printf(ctx->out, "target: back within %s\n", rto);
	if (plan->rpo)
		gv_out_printf(
		    ctx->out, "target: at most %s of changes lost\n", rpo);
	for (i = 0; i < plan->n_inputs; i++) {
		const struct gv_plan_input *in = &plan->inputs[i];

		gv_out_printf(ctx->out, "input: %s", in->name);
		if (in->value) {
			gv_out_printf(ctx->out, " = ");
			gv_out_text(ctx->out, in->value, strlen(in->value));
		}
		gv_out_printf(
		    ctx->out, "%s\n", in->is_required ? " (required)" : "");
	}
	gv_out_printf(ctx->out, "\n");
}

void
gv_plan_out_show(struct gv_ctx *ctx, const struct gv_plan *plan,
    const struct gv_plan_order *order)
{
	static const struct gv_out_column columns[] = {
		{ .head = "STEP", .whole = true },
		{ .head = "KIND", .whole = true },
		{ .head = "NEEDS", .extra = 1 },
		{ .head = "WHAT", .wrap = true },
	};
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	if (ctx->json) {
		put_plan(ctx->json, plan, order);
		return;
	}
	print_head(ctx, plan);
	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(*columns));
	for (i = 0; i < order->n; i++) {
		const struct gv_plan_step *s = &plan->steps[order->steps[i]];

		gv_out_cell_text(ctx->out, GV_OUT_ID, s->id);
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%s%s",
		    gv_plan_kinds[s->kind], s->is_final ? " (finally)" : "");
		add_needs(&text, plan, s);
		gv_out_cell_buf(ctx->out, GV_OUT_DIM, &text);
		add_what(&text, plan, s);
		add_rest(&text, s);
		gv_out_cell_buf(ctx->out, GV_OUT_PLAIN, &text);
	}
	gv_out_columns_end(ctx->out);
	gv_buf_release(&text);
}

void
gv_plan_out_estimate(struct gv_ctx *ctx, const struct gv_plan *plan,
    const struct gv_plan_estimate *e)
{
	struct gv_json *j = ctx->json;
	char total[32], least[32], rto[32];
	size_t i;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", plan->name);
		gv_json_int(j, "seconds", e->total);
		gv_json_int(j, "least_seconds", e->least);
		gv_json_uint(j, "steps_unknown", e->n_unknown);
		gv_json_int(j, "rto", plan->rto);
		gv_json_array(j, "critical_path");
		for (i = 0; i < e->n_critical; i++)
			gv_json_string(j, NULL, plan->steps[e->critical[i]].id);
		gv_json_end(j);
		gv_json_end(j);
		return;
	}
	put_span(total, e->total);
	put_span(least, e->least);
	put_span(rto, plan->rto);
	gv_out_printf(ctx->out, "about %s with %u job%s; at least %s\n", total,
	    plan->jobs, plan->jobs == 1 ? "" : "s", least);
	gv_out_printf(ctx->out, "critical path:");
	for (i = 0; i < e->n_critical; i++)
		gv_out_printf(ctx->out, "%s %s", i ? "," : "",
		    plan->steps[e->critical[i]].id);
	gv_out_printf(ctx->out, "\n");
	if (e->n_unknown)
		gv_out_say(ctx->out,
		    "%zu steps have no 'expected' and were not run yet; they "
		    "count as 0s",
		    e->n_unknown);
	if (plan->rto && e->total > plan->rto)
		gv_out_warn(ctx->out,
		    "that is more than the recovery time of the plan, %s", rto);
}

void
gv_plan_out_dot(struct gv_ctx *ctx, const struct gv_plan *plan)
{
	size_t i, k;

	gv_out_printf(ctx->out,
	    "digraph \"%s\" {\n\trankdir=LR;\n"
	    "\tnode [shape=box];\n",
	    plan->name);
	for (i = 0; i < plan->n; i++) {
		const struct gv_plan_step *s = &plan->steps[i];

		gv_out_printf(ctx->out, "\t\"%s\" [label=\"%s\\n%s\"];\n",
		    s->id, s->id, gv_plan_kinds[s->kind]);
		for (k = 0; k < s->n_needs; k++)
			gv_out_printf(ctx->out, "\t\"%s\" -> \"%s\";\n",
			    plan->steps[s->needs[k]].id, s->id);
	}
	gv_out_printf(ctx->out, "}\n");
}

void
gv_plan_out_mermaid(struct gv_ctx *ctx, const struct gv_plan *plan)
{
	size_t i, k;

	gv_out_printf(ctx->out, "flowchart LR\n");
	for (i = 0; i < plan->n; i++) {
		const struct gv_plan_step *s = &plan->steps[i];

		gv_out_printf(ctx->out, "\ts%zu[\"%s: %s\"]\n", i, s->id,
		    gv_plan_kinds[s->kind]);
		for (k = 0; k < s->n_needs; k++)
			gv_out_printf(
			    ctx->out, "\ts%u --> s%zu\n", s->needs[k], i);
	}
}

/* ---- runs ---------------------------------------------------------------- */

const char *
gv_plan_out_state(const struct gv_recover *run)
{
	const struct gv_plan_progress *p = gv_recover_progress(run);

	return p->finished ? gv_plan_result_name(p->finished) : "unfinished";
}

/* Why a step is skipped, in words. */
static const char *
skipped(const char *why)
{
	return why == NULL              ? ""
	    : strcmp(why, "when") == 0  ? "its condition is false"
	    : strcmp(why, "needs") == 0 ? "a step that it needs did not pass"
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

	put_ms(took, r->ms);
	gv_out_paint(o, GV_OUT_ID, "%s", news->step->id);
	switch (r->what) {
	case GV_PLAN_START:
		gv_out_printf(o, ": begins");
		if (r->attempt > 1 || news->step->retry.attempts > 1)
			gv_out_printf(o, ", attempt %u%s", r->attempt,
			    news->step->kind == GV_PLAN_WAIT ? "" : " of ");
		if (news->step->retry.attempts > 1)
			gv_out_printf(o, "%u", news->step->retry.attempts);
		break;
	case GV_PLAN_END:
		gv_out_printf(o, ": ");
		gv_out_paint(o, slot_of_result(result), "%s", result);
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
		gv_out_paint(o, slot_of_result(result), "%s",
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
	if (ctx->json || (news->record && news->step == NULL))
		return;
	if (news->record) {
		print_record(ctx, news);
	} else {
		gv_out_paint(ctx->out, GV_OUT_DIM, "%s| ", news->step->id);
		gv_out_text(ctx->out, news->line, news->len);
		gv_out_printf(ctx->out, "\n");
	}
	(void)gv_out_flush(ctx->out);
}

static void
put_run_step(struct gv_json *j, const struct gv_plan_step *s,
    const struct gv_plan_step_progress *p)
{
	const char *const *v = p->outputs;

	gv_json_object(j, NULL);
	gv_json_string(j, "id", s->id);
	gv_json_string(j, "kind", gv_plan_kinds[s->kind]);
	gv_json_string(j, "status", gv_plan_status_name(p->status));
	gv_json_uint(j, "attempts", p->attempts);
	gv_json_int(j, "exit_status", p->exit);
	gv_json_int(j, "milliseconds", p->ms);
	gv_json_string(j, "detail", p->detail);
	gv_json_object(j, "outputs");
	for (; v && v[0]; v += 2)
		gv_json_string(j, v[0], v[1]);
	gv_json_end(j);
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
	size_t i;

	put_head(j, run);
	gv_json_string(
	    j, "waits_for", pause && pause->step ? pause->step->id : NULL);
	gv_json_array(j, "steps");
	for (i = 0; i < p->order.n; i++)
		put_run_step(j, &plan->steps[p->order.steps[i]],
		    &p->steps[p->order.steps[i]]);
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
	char took[32];
	size_t i;

	if (ctx->json) {
		put_run(ctx->json, run, pause);
		return;
	}
	gv_out_printf(ctx->out, "run %s of plan %s: %s\n", gv_recover_id(run),
	    plan->name, gv_plan_out_state(run));
	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(*columns));
	for (i = 0; i < p->order.n; i++) {
		const uint32_t at = p->order.steps[i];
		const struct gv_plan_step_progress *s = &p->steps[at];

		put_ms(took, s->ms);
		gv_out_cell_text(ctx->out, GV_OUT_ID, plan->steps[at].id);
		gv_out_cell_text(ctx->out, slot_of(s->status),
		    gv_plan_status_name(s->status));
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
		put_span(took, p->ended - p->began);
	gv_out_cell_id(ctx->out, GV_OUT_ID, gv_recover_id(run));
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, gv_recover_plan(run)->name);
	gv_out_cell_text(ctx->out, GV_OUT_TAG, env ? env : "-");
	gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
	gv_out_cell_text(ctx->out, slot_of_result(state), state);
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
