#include "git-vault/recovery/drill_out.h"

#include <stdio.h>
#include <string.h>

#include "drill/drill.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "sandbox/sandbox.h"

static void
add_time(char out[32], int64_t ms)
{
	if (ms < 10000)
		(void)snprintf(out, 32, "%.1f s", (double)ms / 1000);
	else if (ms < 600000)
		(void)snprintf(out, 32, "%lld s", (long long)(ms / 1000));
	else
		(void)snprintf(out, 32, "%lld min", (long long)(ms / 60000));
}

static enum gv_out_slot
slot_of(enum gv_drill_result result)
{
	switch (result) {
	case GV_DRILL_PASSED:
		return GV_OUT_ADDED;
	case GV_DRILL_FAILED:
		return GV_OUT_REMOVED;
	case GV_DRILL_COULD_NOT:
		return GV_OUT_CHANGED;
	default:
		return GV_OUT_PLAIN;
	}
}

static void
print_steps(struct gv_ctx *ctx, const struct gv_drill *d)
{
	static const struct gv_out_column columns[] = {
		{ .head = "STAGE", .whole = true },
		{ .head = "RESULT", .whole = true },
		{ .head = "TIME", .right = true, .whole = true },
		{ .head = "DETAIL", .wrap = true },
	};
	struct gv_out *o = ctx->out;
	char time[32];
	int i;

	gv_out_columns(o, columns, sizeof(columns) / sizeof(*columns));
	for (i = 0; i < GV_DRILL_STAGES; i++) {
		const struct gv_drill_step *s = &d->steps[i];

		add_time(time, s->ms);
		gv_out_cell(o, GV_OUT_PLAIN, "%s",
		    gv_drill_stage_name((enum gv_drill_stage)i));
		gv_out_cell(o, slot_of(s->result), "%s",
		    gv_drill_result_name(s->result));
		gv_out_cell(o, GV_OUT_PLAIN, "%s",
		    s->result == GV_DRILL_NOT_RUN ? "" : time);
		gv_out_cell(o, GV_OUT_PLAIN, "%s", s->detail ? s->detail : "");
	}
	gv_out_columns_end(o);
}

static void
print_validations(struct gv_ctx *ctx, const struct gv_drill *d)
{
	size_t i;

	for (i = 0; i < d->n_validations; i++) {
		const struct gv_drill_validation *v = &d->validations[i];

		if (v->result == GV_DRILL_PASSED && ctx->verbosity < 1)
			continue;
		gv_out_printf(ctx->out, "  %s ", v->validator);
		gv_out_text(ctx->out, v->path, strlen(v->path));
		gv_out_printf(ctx->out, ": ");
		gv_out_paint(ctx->out, slot_of(v->result), "%s",
		    gv_drill_result_name(v->result));
		if (*v->detail) {
			gv_out_printf(ctx->out, ": ");
			gv_out_text(ctx->out, v->detail, strlen(v->detail));
		}
		gv_out_printf(ctx->out, "\n");
	}
}

static void
print_since(struct gv_ctx *ctx, const struct gv_drill *d)
{
	const char *const *c = d->cause.candidates;

	if (c)
		gv_out_say(ctx->out,
		    "the cause is not proven; it could be, the likeliest "
		    "first:");
	for (; c && *c; c++)
		gv_out_say(ctx->out, "  %s", *c);
	if (d->since.drill == NULL)
		return;
	if (d->since.what)
		gv_out_say(ctx->out,
		    "since drill %s passed, %s has changed: %s is now %s",
		    d->since.drill, d->since.what, d->since.was, d->since.is);
	else
		gv_out_say(ctx->out,
		    "since drill %s passed, nothing that is known has changed",
		    d->since.drill);
}

static void
print_missed(struct gv_ctx *ctx, const struct gv_drill *d)
{
	char is[32], most[32];

	if (d->result == GV_DRILL_FAILED)
		return;
	if (d->ms / 1000 > d->rto) {
		add_time(is, d->ms);
		add_time(most, d->rto * 1000);
		gv_out_warn(ctx->out,
		    "the recovery took %s; its target (rto) is %s", is, most);
	}
	if (gv_drill_age(d) > d->rpo) {
		add_time(is, gv_drill_age(d) * 1000);
		add_time(most, d->rpo * 1000);
		gv_out_warn(ctx->out,
		    "the snapshot was %s old; the target (rpo) is %s", is,
		    most);
	}
}

static void
print_text(struct gv_ctx *ctx, const struct gv_drill *d)
{
	char time[32];

	print_steps(ctx, d);
	print_validations(ctx, d);
	if (d->sandbox && d->sandbox < GV_SANDBOX_FULL)
		gv_out_say(ctx->out, "the sandbox was of level %d of %d: %s",
		    d->sandbox, GV_SANDBOX_FULL, d->sandbox_why);
	add_time(time, d->ms);
	if (d->result == GV_DRILL_PASSED)
		gv_out_say(ctx->out,
		    "the recovery works: snapshot %s from %s, in %s",
		    d->snapshot, d->remote, time);
	else if (d->result == GV_DRILL_COULD_NOT)
		gv_out_say(ctx->out,
		    "the recovery works as far as it was tried: snapshot %s "
		    "from %s, in %s",
		    d->snapshot, d->remote, time);
	else
		gv_out_error(
		    ctx->out, "the recovery fails: %s", d->cause.message);
	print_missed(ctx, d);
	print_since(ctx, d);
	if (d->cause.code && *d->cause.next)
		gv_out_say(ctx->out, "hint: %s", d->cause.next);
}

/* ---- JSON ---------------------------------------------------------------- */

static void
put_steps(struct gv_json *j, const struct gv_drill *d)
{
	int i;

	gv_json_array(j, "stages");
	for (i = 0; i < GV_DRILL_STAGES; i++) {
		gv_json_object(j, NULL);
		gv_json_string(
		    j, "stage", gv_drill_stage_name((enum gv_drill_stage)i));
		gv_json_string(
		    j, "result", gv_drill_result_code(d->steps[i].result));
		gv_json_int(j, "milliseconds", d->steps[i].ms);
		gv_json_string(
		    j, "detail", d->steps[i].detail ? d->steps[i].detail : "");
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_validations(struct gv_json *j, const struct gv_drill *d)
{
	size_t i;

	gv_json_array(j, "validators");
	for (i = 0; i < d->n_validations; i++) {
		const struct gv_drill_validation *v = &d->validations[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "validator", v->validator);
		gv_json_path(j, "path", v->path, strlen(v->path));
		gv_json_string(j, "result", gv_drill_result_code(v->result));
		gv_json_int(j, "milliseconds", (int64_t)v->ms);
		gv_json_string(j, "detail", v->detail);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_cause(struct gv_json *j, const struct gv_drill *d)
{
	const char *const *c;

	if (d->cause.code == NULL) {
		gv_json_null(j, "cause");
		return;
	}
	gv_json_object(j, "cause");
	gv_json_string(j, "code", d->cause.code);
	gv_json_string(j, "stage", gv_drill_stage_name(d->cause.stage));
	gv_json_string(j, "message", d->cause.message);
	gv_json_string(j, "next", d->cause.next);
	gv_json_array(j, "candidates");
	for (c = d->cause.candidates; c && *c; c++)
		gv_json_string(j, NULL, *c);
	gv_json_end(j);
	gv_json_end(j);
}

static void
put_since(struct gv_json *j, const struct gv_drill *d)
{
	if (d->since.drill == NULL) {
		gv_json_null(j, "since");
		return;
	}
	gv_json_object(j, "since");
	gv_json_string(j, "drill", d->since.drill);
	gv_json_time(j, "time", d->since.time);
	gv_json_string(j, "changed", d->since.what);
	gv_json_string(j, "was", d->since.was);
	gv_json_string(j, "now", d->since.is);
	gv_json_end(j);
}

static void
put_target(struct gv_json *j, const char *key, int64_t target, int64_t measured)
{
	gv_json_object(j, key);
	gv_json_int(j, "target_seconds", target);
	gv_json_int(j, "measured_seconds", measured);
	gv_json_bool(j, "met", measured <= target);
	gv_json_end(j);
}

static void
put_functions(struct gv_json *j, const struct gv_drill *d)
{
	size_t i;

	gv_json_array(j, "functions");
	for (i = 0; i < d->n_functions; i++)
		gv_json_string(j, NULL, d->functions[i]);
	gv_json_end(j);
}

/* How many checks of tools had which result. */
static void
put_checks(struct gv_json *j, const struct gv_drill *d)
{
	gv_json_object(j, "checks");
	gv_json_uint(j, "passed", gv_drill_checks(d, GV_DRILL_PASSED));
	gv_json_uint(j, "failed", gv_drill_checks(d, GV_DRILL_FAILED));
	gv_json_uint(
	    j, "could_not_run", gv_drill_checks(d, GV_DRILL_COULD_NOT));
	gv_json_uint(j, "not_run", gv_drill_checks(d, GV_DRILL_NOT_RUN));
	gv_json_end(j);
}

void
gv_drill_out_json(struct gv_json *j, const struct gv_drill *d, const char *kept)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "id", d->id);
	gv_json_string(j, "result", gv_drill_result_code(d->result));
	gv_json_string(j, "kind", gv_drill_kind(d));
	gv_json_string(j, "environment", d->env);
	put_functions(j, d);
	gv_json_string(j, "snapshot", d->snapshot);
	gv_json_string(j, "snapshot_commit", d->commit);
	gv_json_time(j, "snapshot_time", d->snapshot_time);
	gv_json_string(j, "policy", d->policy);
	gv_json_string(j, "plan", d->plan);
	gv_json_string(j, "plan_sha256", d->plan_sum);
	gv_json_string(j, "remote", d->remote);
	gv_json_string(j, "keyring", d->keyring);
	gv_json_string(j, "host", d->host);
	gv_json_string(j, "user", d->user);
	gv_json_string(j, "version", d->version);
	gv_json_time(j, "started", d->started);
	gv_json_time(j, "ended", d->ended);
	gv_json_int(j, "milliseconds", d->ms);
	put_target(j, "rto", d->rto, d->ms / 1000);
	put_target(j, "rpo", d->rpo, gv_drill_age(d));
	put_cause(j, d);
	put_since(j, d);
	put_steps(j, d);
	put_checks(j, d);
	put_validations(j, d);
	gv_json_uint(j, "files", d->files);
	gv_json_uint(j, "files_differing", d->differing);
	gv_json_uint(j, "secrets", d->secrets);
	gv_json_uint(j, "secrets_unreadable", d->unopened);
	gv_json_uint(j, "secrets_in_clear", d->clear);
	gv_json_uint(j, "states", d->states);
	gv_json_uint(j, "states_damaged", d->states_damaged);
	gv_json_uint(j, "findings", d->findings);
	gv_json_int(j, "sandbox", d->sandbox);
	gv_json_string(j, "fault", d->fault ? gv_drill_faults[d->fault] : NULL);
	if (d->fault)
		gv_json_bool(j, "fault_detected", d->result == GV_DRILL_FAILED);
	else
		gv_json_null(j, "fault_detected");
	if (d->is_random)
		gv_json_uint(j, "seed", d->seed);
	else
		gv_json_null(j, "seed");
	gv_json_string(j, "kept", kept);
	gv_json_end(j);
}

void
gv_drill_out(struct gv_ctx *ctx, const struct gv_drill *d, const char *kept)
{
	if (ctx->json)
		gv_drill_out_json(ctx->json, d, kept);
	else
		print_text(ctx, d);
}
