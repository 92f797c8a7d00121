#include "git-vault/save/schedule_out.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "job/job_go.h"
#include "job/job_list.h"
#include "job/scheduler.h"
#include "sys/clock.h"

/* ---- start, stop, status ------------------------------------------------- */

static void
put_place(struct gv_json *j, const struct gv_scheduler_place *at)
{
	gv_json_string(
	    j, "scheduler", at->kind < 0 ? NULL : gv_scheduler_kinds[at->kind]);
	gv_json_string(
	    j, "every", at->kind < 0 ? NULL : gv_job_periods[at->period]);
	if (at->file.len)
		gv_json_path(j, "file", at->file.p, at->file.len);
	else
		gv_json_null(j, "file");
}

/* What of this scheduler the user has to know. */
static void
say_limits(struct gv_ctx *ctx, const struct gv_scheduler_place *at)
{
	if (at->kind == GV_SCHEDULER_SYSTEMD)
		gv_out_say(ctx->out,
		    "it stops when you log out; to let it go on: loginctl "
		    "enable-linger");
}

void
gv_schedule_out_start(
    struct gv_ctx *ctx, const struct gv_scheduler_place *at, const char *path)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		put_place(ctx->json, at);
		if (path)
			gv_json_path(ctx->json, "project", path, strlen(path));
		else
			gv_json_null(ctx->json, "project");
		gv_json_end(ctx->json);
		return;
	}
	gv_out_say(ctx->out,
	    "started: %s looks %s for due runs in all projects; to see those "
	    "of this one: git vault schedule list",
	    gv_scheduler_kinds[at->kind], gv_job_periods[at->period]);
	say_limits(ctx, at);
}

void
gv_schedule_out_stop(struct gv_ctx *ctx, bool was)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_bool(ctx->json, "changed", was);
		gv_json_end(ctx->json);
	} else {
		gv_out_say(ctx->out, was ? "stopped" : "it was not started");
	}
}

int
gv_schedule_out_status(struct gv_ctx *ctx, const struct gv_scheduler_place *at)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_bool(ctx->json, "started", at->kind >= 0);
		put_place(ctx->json, at);
		gv_json_end(ctx->json);
	} else if (at->kind < 0) {
		gv_out_say(ctx->out,
		    "it is not started; to start it: git vault schedule start");
	} else {
		gv_out_printf(ctx->out, "%s looks %s for due runs",
		    gv_scheduler_kinds[at->kind], gv_job_periods[at->period]);
		if (at->file.len) {
			gv_out_printf(ctx->out, ", by ");
			gv_out_path(ctx->out, at->file.p, at->file.len);
		}
		gv_out_printf(ctx->out, "\n");
		say_limits(ctx, at);
	}
	return at->kind < 0;
}

/* ---- list ---------------------------------------------------------------- */

static void
put_job(struct gv_json *j, const struct gv_job_listed *s, int64_t now)
{
	const struct gv_job_last *last = s->last;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "name", s->name);
	gv_json_string(j, "what", s->what);
	gv_json_string(j, "environment", s->env);
	gv_json_array(j, "components");
	for (i = 0; i < s->n_components; i++)
		gv_json_string(j, NULL, s->components[i]);
	gv_json_end(j);
	gv_json_int(j, "every_seconds", s->every);
	gv_json_string(j, "at", s->at);
	gv_json_uint(j, "attempts", s->attempts);
	if (last)
		gv_json_time(j, "last_time", last->begun);
	else
		gv_json_null(j, "last_time");
	gv_json_string(
	    j, "last_status", last ? gv_job_statuses[last->status] : NULL);
	gv_json_string(j, "last_run", last ? last->id : NULL);
	gv_json_string(j, "last_reason", s->reason);
	gv_json_bool(j, "due", s->next <= now);
	gv_json_time(j, "next_time", s->next);
	gv_json_end(j);
}

static void
put_list(struct gv_json *j, const struct gv_job_list *l, int64_t now)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_array(j, "jobs");
	for (i = 0; i < l->n; i++)
		put_job(j, &l->items[i], now);
	gv_json_end(j);
	gv_json_array(j, "running");
	for (i = 0; i < l->running.n; i++) {
		const struct gv_job_runner *one = &l->running.items[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "id", one->id);
		gv_json_string(j, "job", one->job);
		gv_json_string(j, "what", one->what);
		gv_json_time(j, "begin_time", one->begun);
		gv_json_bool(j, "waiting", one->waits);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_bool(j, "waits_for_consent", l->waits);
	gv_json_end(j);
}

/* "90d", "6h", "90m": the largest unit without a rest. */
static void
add_span(struct gv_ctx *ctx, int64_t seconds)
{
	static const struct {
		int64_t n;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	while (seconds % units[i].n)
		i++;
	gv_out_cell(ctx->out, GV_OUT_PLAIN, "%" PRId64 "%c",
	    seconds / units[i].n, units[i].unit);
}

static void
add_next(struct gv_ctx *ctx, int64_t next, int64_t now)
{
	const int64_t left = next - now;

	if (left <= 0)
		gv_out_cell_text(ctx->out, GV_OUT_TAG, "now");
	else if (left < 2 * 3600)
		gv_out_cell(ctx->out, GV_OUT_DIM, "in %" PRId64 " min",
		    (left + 59) / 60);
	else if (left < 2 * 86400)
		gv_out_cell(
		    ctx->out, GV_OUT_DIM, "in %" PRId64 " hours", left / 3600);
	else
		gv_out_cell(
		    ctx->out, GV_OUT_DIM, "in %" PRId64 " days", left / 86400);
}

/* "components orders, shop"; where the job is that of one component, its name
 * is there already. */
static void
add_what(struct gv_ctx *ctx, const struct gv_job_listed *s)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	gv_buf_addstr(&text, s->what);
	for (i = 0; i < s->n_components; i++)
		if (s->n_components > 1 ||
		    strcmp(s->components[i], s->name) != 0)
			gv_buf_addf(
			    &text, "%s %s", i ? "," : "", s->components[i]);
	gv_out_cell_buf(ctx->out, GV_OUT_PLAIN, &text);
	gv_buf_release(&text);
}

static void
print_jobs(struct gv_ctx *ctx, const struct gv_job_list *l, int64_t now)
{
	static const struct gv_out_column columns[] = { { .head = "JOB" },
		{ .head = "WHAT", .cut = true, .varies = true },
		{ .head = "ENV", .varies = true },
		{ .head = "EVERY", .whole = true },
		{ .head = "LAST", .whole = true }, { .head = "RESULT" },
		{ .head = "NEXT", .whole = true } };
	char age[GV_TIME_MAX];
	size_t i;

	gv_out_columns(ctx->out, columns, 7);
	for (i = 0; i < l->n; i++) {
		const struct gv_job_listed *s = &l->items[i];
		const struct gv_job_last *last = s->last;

		gv_out_cell_text(ctx->out, GV_OUT_TAG, s->name);
		add_what(ctx, s);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, s->env ? s->env : "");
		add_span(ctx, s->every);
		if (last)
			gv_time_relative(age, last->begun, now);
		gv_out_cell_text(ctx->out, GV_OUT_DIM, last ? age : "never");
		gv_out_cell_text(ctx->out,
		    last && last->status ? GV_OUT_REMOVED : GV_OUT_PLAIN,
		    last ? gv_job_statuses[last->status] : "");
		add_next(ctx, s->next, now);
	}
	gv_out_columns_end(ctx->out);
}

/* Why the last run of a job was no success. */
static void
print_reasons(struct gv_ctx *ctx, const struct gv_job_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->items[i].reason)
			gv_out_printf(ctx->out, "%s %s: %s\n", l->items[i].name,
			    gv_job_statuses[l->items[i].last->status],
			    l->items[i].reason);
}

static void
print_running(struct gv_ctx *ctx, const struct gv_job_list *l, int64_t now)
{
	char age[GV_TIME_MAX];
	size_t i;

	for (i = 0; i < l->running.n; i++) {
		const struct gv_job_runner *one = &l->running.items[i];

		gv_time_relative(age, one->begun, now);
		gv_out_printf(ctx->out,
		    "running: %s%s%s, begun %s%s; to stop "
		    "it: git vault schedule cancel %s\n",
		    one->job ? one->job : one->what,
		    one->job ? ", " : " by hand", one->job ? one->what : "",
		    age, one->waits ? ", waits for its next try" : "", one->id);
	}
}

static void
print_list(struct gv_ctx *ctx, const struct gv_job_list *l, int64_t now)
{
	if (l->n)
		print_jobs(ctx, l, now);
	else
		gv_out_say(ctx->out,
		    "the policy has no schedule; add one to .gitvault.yaml, "
		    "such as\nschedule:\n  nightly: {what: snapshot, every: "
		    "1d, at: \"02:30\"}");
	print_reasons(ctx, l);
	print_running(ctx, l, now);
}

int
gv_schedule_out_list(struct gv_ctx *ctx, int64_t now)
{
	struct gv_job_list list;
	int r = gv_job_list_load(&list, ctx->repo, now, gv_clock_zone);

	if (r == 0 && ctx->json)
		put_list(ctx->json, &list, now);
	else if (r == 0)
		print_list(ctx, &list, now);
	gv_job_list_release(&list);
	return r;
}

/* ---- run ----------------------------------------------------------------- */

void
gv_schedule_out_begin(struct gv_ctx *ctx)
{
	if (ctx->json == NULL)
		return;
	gv_json_object(ctx->json, NULL);
	gv_json_array(ctx->json, "runs");
}

static void
put_run(struct gv_json *j, const struct gv_job_run *run)
{
	const int64_t took = run->ended - run->begun;

	gv_json_object(j, NULL);
	gv_json_string(j, "id", run->id);
	gv_json_string(j, "job", run->job);
	gv_json_string(j, "what", run->what);
	gv_json_string(j, "environment", run->env);
	gv_json_string(j, "status", gv_job_statuses[run->status]);
	gv_json_string(j, "reason", run->reason);
	gv_json_uint(j, "attempts", run->attempts);
	gv_json_int(j, "seconds", took < 0 ? 0 : took);
	gv_json_string(j, "location", run->location);
	gv_json_end(j);
}

void
gv_schedule_out_run(struct gv_ctx *ctx, const struct gv_job_run *run)
{
	if (ctx->json) {
		put_run(ctx->json, run);
		return;
	}
	if (run->status == GV_JOB_SUCCESS) {
		gv_out_say(ctx->out, "%s: %s succeeded", run->job, run->what);
		return;
	}
	gv_out_warn(ctx->out, "%s: %s %s: %s", run->job, run->what,
	    run->status == GV_JOB_PARTIAL ? "was done in part"
		: run->is_canceled        ? "was canceled"
					  : "failed",
	    run->reason);
}

void
gv_schedule_out_left(struct gv_ctx *ctx, const char *job, const char *id)
{
	if (ctx->json == NULL)
		gv_out_say(ctx->out,
		    "%s: left for the next look, because the dump %s, begun by "
		    "hand, is at work",
		    job, id);
}

static void
say_busy(struct gv_ctx *ctx, const struct gv_job_go_result *result)
{
	char since[GV_TIME_MAX];

	gv_time_rfc3339(since, result->busy_since);
	gv_out_say(ctx->out,
	    "nothing was done: runs of this repository are still running since "
	    "%s; to stop them: git vault schedule cancel %s",
	    since, result->busy_id);
}

int
gv_schedule_out_end(struct gv_ctx *ctx, const struct gv_job_go_result *result)
{
	const size_t *n = result->n;

	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_bool(ctx->json, "busy", result->is_busy);
		if (result->busy_since)
			gv_json_time(
			    ctx->json, "busy_since", result->busy_since);
		else
			gv_json_null(ctx->json, "busy_since");
		gv_json_uint(ctx->json, "left", result->n_left);
		gv_json_end(ctx->json);
	} else if (result->is_busy) {
		say_busy(ctx, result);
	} else if (n[GV_JOB_SUCCESS] + n[GV_JOB_PARTIAL] + n[GV_JOB_FAILED] +
		result->n_left ==
	    0) {
		gv_out_say(ctx->out, "nothing is due");
	}
	return n[GV_JOB_FAILED] ? 1 : n[GV_JOB_PARTIAL] ? 3 : 0;
}

/* ---- cancel -------------------------------------------------------------- */

void
gv_schedule_out_cancel(
    struct gv_ctx *ctx, const struct gv_job_runner *one, bool ended)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "id", one->id);
		gv_json_string(ctx->json, "job", one->job);
		gv_json_string(ctx->json, "what", one->what);
		gv_json_bool(ctx->json, "ended", ended);
		gv_json_end(ctx->json);
	} else if (ended) {
		gv_out_say(ctx->out, "stopped %s", one->id);
	} else {
		gv_out_say(ctx->out, "asked %s to stop; it has not ended yet",
		    one->id);
	}
}
