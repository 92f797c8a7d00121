#include "git-vault/recovery/plan_out.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/recovery/plan_out_run.h"
#include "plan/plan_order.h"
#include "recover/recover.h"

#define FOLDER "${{ folder }}/"

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
		gv_buf_addf(out, "restore %s%s%s%s%s%s",
		    s->snapshot ? "" : "good:", s->snapshot ? s->snapshot : env,
		    s->as ? " as " : "", s->as ? s->as : "",
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
	gv_out_cell_text(ctx->out, gv_plan_out_slot(row->result),
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
	gv_plan_out_span(rto, plan->rto);
	gv_plan_out_span(rpo, plan->rpo);
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
	gv_plan_out_span(total, e->total);
	gv_plan_out_span(least, e->least);
	gv_plan_out_span(rto, plan->rto);
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
