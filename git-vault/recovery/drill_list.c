#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "drill/drill.h"
#include "drill/drill_log.h"
#include "env/envmap.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/recovery/drill_out.h"
#include "repo/refs.h"
#include "repo/repo.h"

static enum gv_out_slot
slot_of(const struct gv_drill_logged *d)
{
	return strcmp(d->result, "passed") == 0 ? GV_OUT_ADDED
	    : strcmp(d->result, "failed") == 0  ? GV_OUT_REMOVED
						: GV_OUT_CHANGED;
}

static void
put(struct gv_json *j, const char *key, const struct gv_drill_logged *d)
{
	if (d == NULL) {
		gv_json_null(j, key);
		return;
	}
	gv_json_object(j, key);
	gv_json_string(j, "id", d->id);
	gv_json_time(j, "time", d->time);
	gv_json_string(j, "environment", d->env);
	gv_json_string(j, "snapshot", d->snapshot);
	gv_json_string(j, "result", d->result);
	gv_json_string(j, "cause", d->cause);
	gv_json_string(j, "fault", d->fault);
	gv_json_int(j, "milliseconds", d->ms);
	gv_json_string(j, "host", d->host);
	gv_json_string(j, "actor", d->actor);
	gv_json_string(j, "signer", d->signer);
	gv_json_string(j, "report_sha256", d->report);
	gv_json_end(j);
}

static void
print_row(struct gv_ctx *ctx, const struct gv_drill_logged *d)
{
	struct gv_out *o = ctx->out;
	char age[GV_TIME_MAX];

	gv_time_relative(age, d->time, ctx->now);
	gv_out_cell_id(o, GV_OUT_ID, d->id);
	gv_out_cell_text(o, GV_OUT_DIM, age);
	gv_out_cell_text(o, GV_OUT_TAG, d->env ? d->env : "-");
	gv_out_cell_text(o, slot_of(d), gv_drill_result_of(d->result));
	gv_out_cell(o, GV_OUT_PLAIN, "%.1f s", (double)d->ms / 1000);
	gv_out_cell_id(o, GV_OUT_PLAIN, d->snapshot);
	gv_out_cell_text(o, GV_OUT_PLAIN, d->signer ? d->signer : "-");
	gv_out_cell(o, GV_OUT_PLAIN, "%s%s%s", d->cause ? d->cause : "",
	    d->cause && d->fault ? ", " : "",
	    d->fault ? "broken on purpose" : "");
}

int
gv_drill_out_list(
    struct gv_ctx *ctx, const struct gv_drill_log *log, const char *what)
{
	static const struct gv_out_column columns[] = {
		{ .head = "DRILL", .whole = true },
		{ .head = "AGE", .whole = true },
		{ .head = "ENV" },
		{ .head = "RESULT" },
		{ .head = "TIME", .right = true },
		{ .head = "SNAPSHOT", .extra = 2 },
		{ .head = "SIGNED BY", .extra = 1 },
		{ .head = "CAUSE", .cut = true },
	};
	size_t i;

	(void)what;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "drills");
		for (i = 0; i < log->n; i++)
			put(ctx->json, NULL, &log->items[i]);
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
		return 0;
	}
	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(*columns));
	for (i = 0; i < log->n; i++)
		print_row(ctx, &log->items[i]);
	gv_out_columns_end(ctx->out);
	if (log->n == 0)
		gv_out_say(ctx->out,
		    "no drill was run yet; to run one: git vault drill run");
	return 0;
}

/* ---- one ----------------------------------------------------------------- */

static void
print_one(struct gv_ctx *ctx, const struct gv_drill_logged *d, bool has_report)
{
	struct gv_out *o = ctx->out;
	char time[GV_TIME_MAX];

	gv_time_rfc3339(time, d->time);
	gv_out_printf(o, "drill       %s\ntime        %s\n", d->id, time);
	gv_out_printf(o, "result      ");
	gv_out_paint(o, slot_of(d), "%s", gv_drill_result_of(d->result));
	gv_out_printf(o, "\n");
	if (d->cause)
		gv_out_printf(o, "cause       %s\n", d->cause);
	if (d->fault)
		gv_out_printf(o, "broken      %s, on purpose\n", d->fault);
	if (d->env)
		gv_out_printf(o, "environment %s\n", d->env);
	gv_out_printf(o, "snapshot    %s\n", d->snapshot);
	gv_out_printf(o, "took        %.1f s\n", (double)d->ms / 1000);
	gv_out_printf(o, "host        ");
	gv_out_text(o, d->host, strlen(d->host));
	gv_out_printf(o, "\nby          ");
	gv_out_text(o, d->actor, strlen(d->actor));
	gv_out_printf(
	    o, "\nsigned by   %s\n", d->signer ? d->signer : "nobody");
	if (d->report)
		gv_out_printf(o, "report      sha256:%s\n", d->report);
	if (has_report)
		gv_out_printf(o, "statement   " GV_REFS_DRILLS "%s\n", d->id);
	if (has_report)
		gv_out_say(o, "hint: git vault --json drill show %s", d->id);
	else
		gv_out_say(o,
		    "the full report is not in this clone; hint: git vault "
		    "sync");
}

int
gv_drill_out_one(
    struct gv_ctx *ctx, const struct gv_drill_log *log, const char *what)
{
	const struct gv_drill_logged *d;
	struct gv_json report = GV_JSON_INIT;
	int r = gv_drill_log_find(&d, log, what), has;

	if (r < 0 ||
	    (has = gv_drill_log_report(&report.buf, ctx->repo, d)) < 0) {
		gv_json_release(&report);
		return r < 0 ? r : has;
	}
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		put(ctx->json, "drill", d);
		if (has)
			gv_json_insert(ctx->json, "report", &report);
		else
			gv_json_null(ctx->json, "report");
		gv_json_end(ctx->json);
	} else {
		print_one(ctx, d, has);
	}
	gv_json_release(&report);
	return 0;
}

/* ---- status -------------------------------------------------------------- */

/* The last ones that did not fail and were about all of this environment. */
#define TREND 10

static bool
counts(const struct gv_drill_logged *d, const char *env)
{
	return d->fault == NULL && strcmp(d->result, "failed") != 0 &&
	    (d->env == NULL || (env && strcmp(d->env, env) == 0));
}

/* How long they took, the newest first; and how old the snapshot is that was
 * last seen to come back. */
static void
put_trend(struct gv_ctx *ctx, const struct gv_drill_log *log,
    const struct gv_drill_state *s, const char *env)
{
	int64_t rto = GV_DRILL_RTO, rpo = GV_DRILL_RPO, taken;
	size_t i, n = 0;

	if (gv_drill_targets(&rto, &rpo, ctx->repo, env) < 0)
		gv_out_warn(ctx->out, "%s", gv_err_message());
	gv_json_array(ctx->json, "trend");
	for (i = 0; i < log->n && n < TREND; i++)
		if (counts(&log->items[i], env)) {
			gv_json_int(ctx->json, NULL, log->items[i].ms);
			n++;
		}
	gv_json_end(ctx->json);
	gv_json_int(ctx->json, "rto_seconds", rto);
	gv_json_int(ctx->json, "rpo_seconds", rpo);
	if (s->passed &&
	    gv_time_parse_compact(&taken, s->passed->snapshot) == 0)
		gv_json_int(ctx->json, "verified_age_seconds",
		    ctx->now > taken ? ctx->now - taken : 0);
	else
		gv_json_null(ctx->json, "verified_age_seconds");
}

/* The mean of those before the newest, in ms; 0: there is none. */
static int64_t
mean_before(const struct gv_drill_log *log, const char *env)
{
	int64_t sum = 0;
	size_t i, n = 0;

	for (i = 0; i < log->n && n <= TREND; i++)
		if (counts(&log->items[i], env) && n++)
			sum += log->items[i].ms;
	return n > 1 ? sum / (int64_t)(n - 1) : 0;
}

static void
put_took(struct gv_ctx *ctx, const struct gv_drill_log *log,
    const struct gv_drill_state *s, const char *env)
{
	const int64_t before = mean_before(log, env);

	if (s->passed == NULL)
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, "-");
	else if (before)
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%.1f s (before %.1f s)",
		    (double)s->passed->ms / 1000, (double)before / 1000);
	else
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%.1f s",
		    (double)s->passed->ms / 1000);
}

static void
put_verified(struct gv_ctx *ctx, const struct gv_drill_state *s)
{
	char age[GV_TIME_MAX] = "-";
	int64_t taken;

	if (s->passed &&
	    gv_time_parse_compact(&taken, s->passed->snapshot) == 0)
		gv_time_relative(age, taken, ctx->now);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, age);
}

static int
put_status(struct gv_ctx *ctx, const struct gv_drill_log *log,
    const struct gv_policy *policy, const char *env)
{
	const int64_t every = gv_policy_drill_every(policy, env);
	struct gv_drill_state s;
	struct gv_out *o = ctx->out;
	char age[GV_TIME_MAX] = "never";

	gv_drill_log_judge(&s, log, env, ctx->now, every);
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "environment", env);
		gv_json_bool(ctx->json, "overdue", s.is_overdue);
		gv_json_int(ctx->json, "every_seconds", every);
		if (s.passed)
			gv_json_time(ctx->json, "due", s.due);
		else
			gv_json_null(ctx->json, "due");
		put(ctx->json, "last", s.last);
		put(ctx->json, "passed", s.passed);
		put_trend(ctx, log, &s, env);
		gv_json_end(ctx->json);
		return s.is_overdue;
	}
	if (s.ignored)
		gv_out_warn(o,
		    "a drill of %s does not count: %s; to list them: git vault "
		    "drill list",
		    env ? env : "the whole snapshot", s.ignored_why);
	gv_out_cell_text(o, GV_OUT_TAG, env ? env : "(all)");
	gv_out_cell_text(o, s.is_overdue ? GV_OUT_REMOVED : GV_OUT_ADDED,
	    s.is_overdue ? "overdue" : "in time");
	if (s.passed)
		gv_time_relative(age, s.passed->time, ctx->now);
	gv_out_cell_text(o, GV_OUT_DIM, age);
	put_took(ctx, log, &s, env);
	put_verified(ctx, &s);
	gv_out_cell_text(o, s.last ? slot_of(s.last) : GV_OUT_PLAIN,
	    s.last ? gv_drill_result_of(s.last->result) : "-");
	gv_out_cell_text(
	    o, GV_OUT_PLAIN, s.last && s.last->cause ? s.last->cause : "");
	return s.is_overdue;
}

int
gv_drill_out_status(
    struct gv_ctx *ctx, const struct gv_drill_log *log, const char *what)
{
	static const struct gv_out_column columns[] = {
		{ .head = "ENV" },
		{ .head = "DRILL" },
		{ .head = "LAST PASSED", .whole = true },
		{ .head = "TOOK" },
		{ .head = "PROVEN SNAPSHOT", .extra = 1 },
		{ .head = "LAST RESULT" },
		{ .head = "CAUSE", .cut = true },
	};
	struct gv_envmap *map = NULL;
	const struct gv_envtree_env *const *envs;
	size_t n = 0, i;
	int r = gv_envmap_load(&map, ctx->repo), overdue = 0;

	if (r < 0)
		return r;
	envs = gv_envtree_list(map->tree, &n);
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "environments");
	} else {
		gv_out_columns(
		    ctx->out, columns, sizeof(columns) / sizeof(*columns));
	}
	for (i = 0; i < n; i++)
		if (what == NULL || strcmp(envs[i]->name, what) == 0)
			overdue |=
			    put_status(ctx, log, &map->policy, envs[i]->name);
	if (n == 0)
		overdue |= put_status(ctx, log, &map->policy, NULL);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else {
		gv_out_columns_end(ctx->out);
	}
	if (overdue)
		gv_out_say(ctx->out, "hint: git vault drill run");
	gv_envmap_free(map);
	return overdue;
}
