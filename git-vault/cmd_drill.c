#include "cmd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "drill/drill.h"
#include "drill/drill_due.h"
#include "drill/drill_log.h"
#include "drill_bisect.h"
#include "drill_out.h"
#include "drill_report.h"
#include "drill_schedule.h"
#include "policy/team.h"
#include "json.h"
#include "out.h"
#include "verb.h"
#include "progress.h"
#include "sys/clock.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/self.h"

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_JUNIT,
	FORMAT_HTML,
};

static const char *const formats[] = { "text", "json", "junit", "html", NULL };

struct drill_opts {
	const char *env, *snapshot, *from_remote, *identity, *budget, *report;
	const char *if_due, *every;
	int fault, format, with;
	int64_t seed;
	bool keep, no_validators, random, remove, yes;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .kind = GV_OPT_ENV,
	    .at = offsetof(struct drill_opts, env),
	    .help =
		"recover the last known-good snapshot of this environment" },
	{ .type = GV_OPT_STRING,
	    .name = "snapshot",
	    .arg = "SNAP",
	    .kind = GV_OPT_SNAPSHOT,
	    .at = offsetof(struct drill_opts, snapshot),
	    .help = "recover this snapshot; default: latest" },
	{ .type = GV_OPT_BOOL,
	    .name = "random",
	    .at = offsetof(struct drill_opts, random),
	    .help = "recover any snapshot, chosen by --seed" },
	{ .type = GV_OPT_STRING,
	    .name = "from-remote",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = offsetof(struct drill_opts, from_remote),
	    .help = "clone this remote; default: the one that sync uses" },
	{ .type = GV_OPT_STRING,
	    .name = "identity",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct drill_opts, identity),
	    .help = "decrypt with the identities in this file" },
	{ .type = GV_OPT_STRING,
	    .name = "budget",
	    .arg = "TIME",
	    .at = offsetof(struct drill_opts, budget),
	    .help = "stop after this time: 90s, 10m, 2h; default: 10m for "
		    "each environment" },
	{ .type = GV_OPT_CHOICE,
	    .name = "fault",
	    .arg = "KIND",
	    .choices = gv_drill_faults,
	    .at = offsetof(struct drill_opts, fault),
	    .help = "break the clone first, to see that the drill fails: "
		    "corrupt-object, missing-object, missing-key, lost-ref, "
		    "truncated-state, stale-lock, half-sync, old-keyring, "
		    "disk-full, slow-remote or clock-skew" },
	{ .type = GV_OPT_INT,
	    .name = "seed",
	    .arg = "N",
	    .at = offsetof(struct drill_opts, seed),
	    .help = "choose by this number: the snapshot of --random, what "
		    "--fault breaks" },
	{ .type = GV_OPT_STRING,
	    .name = "report",
	    .arg = "DIR",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct drill_opts, report),
	    .help = "write the report to this directory: JSON, JUnit, HTML" },
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORMAT",
	    .choices = formats,
	    .at = offsetof(struct drill_opts, format),
	    .help = "print text, json, junit or html" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-validators",
	    .at = offsetof(struct drill_opts, no_validators),
	    .help = "run no tools on the restored files" },
	{ .type = GV_OPT_BOOL,
	    .name = "keep",
	    .at = offsetof(struct drill_opts, keep),
	    .help = "keep the clone, and say where it is" },
	{ .type = GV_OPT_STRING,
	    .name = "if-due",
	    .arg = "TIME",
	    .at = offsetof(struct drill_opts, if_due),
	    .help = "do nothing if a drill passed within this time, such as "
		    "90d or policy, or another one runs" },
	{ .type = GV_OPT_STRING,
	    .name = "every",
	    .arg = "TIME",
	    .at = offsetof(struct drill_opts, every),
	    .help = "schedule a drill this often; default: as the policy "
		    "says" },
	{ .type = GV_OPT_CHOICE,
	    .name = "with",
	    .arg = "SCHEDULER",
	    .choices = gv_drill_schedulers,
	    .at = offsetof(struct drill_opts, with),
	    .help = "schedule with systemd or crontab; default: what is here" },
	{ .type = GV_OPT_BOOL,
	    .name = "remove",
	    .at = offsetof(struct drill_opts, remove),
	    .help = "remove the schedule" },
	GV_ASK_OPT(struct drill_opts, yes), GV_OPT_LAST
};

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

static int
fill_opts(struct gv_drill_opts *out, struct gv_ctx *ctx, const char *env)
{
	const struct drill_opts *o = ctx->opts;

	*out = (struct gv_drill_opts){ .env = env,
		.snapshot = o->snapshot,
		.remote = o->from_remote,
		.identity = o->identity,
		.now = ctx->now,
		.fault = (enum gv_drill_fault)o->fault,
		.seed = o->seed < 0 ? 0 : (uint64_t)o->seed,
		.is_random = o->random,
		.no_validators = o->no_validators,
		.begin = begin,
		.ctx = ctx->progress };
	if (o->budget && gv_time_parse_span(&out->budget, o->budget) < 0)
		return gv_err(GV_EUSAGE,
		    "'%s' is no time; give one such as 90s, 10m or 2h",
		    o->budget);
	if (o->random && o->snapshot)
		return gv_err(
		    GV_EUSAGE, "--random and --snapshot exclude each other");
	if (o->random && find_seed(&out->seed, o->seed) < 0)
		return GV_ERROR;
	return gv_drill_targets(&out->rto, &out->rpo, ctx->repo, env);
}

static void
show(struct gv_ctx *ctx, const struct gv_drill *drill, const char *kept)
{
	const struct drill_opts *o = ctx->opts;

	struct gv_buf page = GV_BUF_INIT;

	if (ctx->json || o->format <= FORMAT_TEXT)
		gv_drill_out(ctx, drill, kept);
	else if (o->format == FORMAT_JUNIT)
		gv_drill_report_junit(&page, drill);
	else
		gv_drill_report_html(&page, drill);
	if (page.len)
		gv_out_write(ctx->out, page.p, page.len);
	gv_buf_release(&page);
	if (kept)
		gv_out_say(ctx->out,
		    "the clone stays, with secrets in clear: rm -rf %s", kept);
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
	const struct drill_opts *o = ctx->opts;
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

static int
run_now(struct gv_ctx *ctx, const char *env)
{
	const struct drill_opts *o = ctx->opts;
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_drill_opts how;
	char *saved;
	int r;

	if ((r = fill_opts(&how, ctx, env)) < 0 ||
	    (r = gv_drill_make_dir(&dir, ctx->repo)) < 0)
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
	return r;
}

static bool
is_by_policy(const struct drill_opts *o)
{
	return strcmp(o->if_due, "policy") == 0;
}

static int
find_period(int64_t *out, struct gv_ctx *ctx)
{
	const struct drill_opts *o = ctx->opts;
	struct gv_policy policy;
	int r;

	if (!is_by_policy(o))
		return gv_time_parse_span(out, o->if_due);
	if ((r = gv_team_load(&policy, ctx->repo)) == 0)
		*out = gv_policy_drill_every(&policy, o->env);
	gv_policy_release(&policy);
	return r;
}

/* Whether none has passed within that time. */
static int
is_due(bool *out, struct gv_ctx *ctx, const struct gv_drill_log *log)
{
	const struct drill_opts *o = ctx->opts;
	struct gv_drill_state state;
	int64_t period = 0;
	int r = find_period(&period, ctx);

	if (r < 0 && is_by_policy(o))
		return r;
	if (r < 0)
		return gv_err(GV_EUSAGE,
		    "'%s' is no time; give one such as 24h or 90d, or policy",
		    o->if_due);
	gv_drill_log_judge(&state, log, o->env, ctx->now, period);
	*out = state.is_overdue;
	return 0;
}

/* The worse of two exit statuses: failed, then done in part. */
static int
worse(int a, int b)
{
	return a < 0 || b < 0  ? (a < b ? a : b)
	    : a == 1 || b == 1 ? 1
			       : (a > b ? a : b);
}

/* Those that the schedules of the policy want, one after the other. */
static int
run_by_policy(struct gv_ctx *ctx, const struct gv_drill_log *log, size_t *ran)
{
	const struct drill_opts *o = ctx->opts;
	struct gv_drill_dues dues;
	size_t i;
	int r = gv_drill_due_load(&dues, ctx->repo, log, ctx->now), all = 0;

	for (i = 0; r == 0 && i < dues.n && all >= 0; i++) {
		const struct gv_drill_due *due = &dues.items[i];

		if (!due->state.is_overdue)
			continue;
		/* a document is of one drill */
		if (++*ran > 1 && (ctx->json || o->format > FORMAT_TEXT))
			break;
		all = worse(all, run_now(ctx, due->env));
	}
	gv_drill_due_release(&dues);
	return r < 0 ? r : all;
}

static int
run_those_due(struct gv_ctx *ctx)
{
	const struct drill_opts *o = ctx->opts;
	struct gv_drill_log log;
	size_t ran = 0;
	bool due = false;
	int r;

	if ((r = gv_drill_log_load(&log, ctx->repo, NULL)) < 0)
		goto out;
	if (is_by_policy(o) && o->env == NULL)
		r = run_by_policy(ctx, &log, &ran);
	else if ((r = is_due(&due, ctx, &log)) == 0 && due) {
		ran = 1;
		r = run_now(ctx, o->env);
	}
	if (r == 0 && ran == 0)
		gv_out_say(ctx->out, "no drill is due; nothing was done");
out:
	gv_drill_log_release(&log);
	return r;
}

/* For schedulers: one that was missed is caught up once, and two never run at
 * the same time. */
static int
run_if_due(struct gv_ctx *ctx)
{
	struct gv_buf path = GV_BUF_INIT;
	int lock = -1, r;

	gv_buf_addf(&path, "%s/vault", ctx->repo->common_dir);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) < 0)
		goto out;
	gv_buf_addstr(&path, "/drill-lock");
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	r = gv_lock_open(&lock, path.p, 0);
	if (r == GV_ELOCKED) {
		gv_out_say(ctx->out, "another drill runs; nothing was done");
		r = 0;
		goto out;
	}
	if (r == 0)
		r = run_those_due(ctx);
out:
	gv_lock_close(lock);
	gv_buf_release(&path);
	return r;
}

static int
run_drill(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct drill_opts *o = ctx->opts;

	(void)argc;
	(void)argv;
	return o->if_due ? run_if_due(ctx) : run_now(ctx, o->env);
}

static int
schedule(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct drill_opts *o = ctx->opts;
	int64_t period;

	(void)argc;
	(void)argv;
	if (o->every && gv_time_parse_span(&period, o->every) < 0)
		return gv_err(GV_EUSAGE,
		    "'%s' is no time; give one such as 24h or 90d", o->every);
	return gv_drill_schedule(ctx,
	    &(struct gv_drill_schedule){ .env = o->env,
		.every = o->every,
		.with = o->with,
		.remove = o->remove,
		.yes = o->yes });
}

/* ---- the first that fails ------------------------------------------------ */

static int
try_in(struct gv_ctx *ctx, struct gv_drill_opts *how, const char *dir,
    enum gv_drill_result *result, char cause[32])
{
	struct gv_buf self = GV_BUF_INIT;
	struct gv_drill drill = { .n_validations = 0 };
	int r = gv_self_path(&self);

	if (r < 0 || (r = gv_buf_check(&self)) < 0)
		goto out;
	how->self = self.p;
	how->dir = dir;
	r = gv_drill_run(&drill, ctx->repo, how);
	gv_progress_end(ctx->progress);
	*result = drill.result;
	(void)snprintf(
	    cause, 32, "%s", drill.cause.code ? drill.cause.code : "");
out:
	gv_drill_release(&drill);
	gv_buf_release(&self);
	return r;
}

static int
try(struct gv_ctx *ctx, const char *snapshot, enum gv_drill_result *result,
    char cause[32])
{
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_drill_opts how;
	char *saved;
	int r;

	const struct drill_opts *o = ctx->opts;

	if ((r = fill_opts(&how, ctx, o->env)) < 0 ||
	    (r = gv_drill_make_dir(&dir, ctx->repo)) < 0)
		goto out;
	how.snapshot = snapshot;
	r = try_in(ctx, &how, dir.p, result, cause);
	saved = gv_err_save();
	if (gv_file_remove_tree(AT_FDCWD, dir.p) < 0)
		gv_out_warn(ctx->out, "%s", gv_err_message());
	gv_err_restore(saved);
out:
	gv_buf_release(&dir);
	return r;
}

static int
bisect(struct gv_ctx *ctx, int argc, char **argv)
{
	if (argc == 1)
		return gv_err(
		    GV_EUSAGE, "bisect takes two snapshots, or none: GOOD BAD");
	return gv_drill_bisect(
	    ctx, argc ? argv[0] : NULL, argc ? argv[1] : NULL, try);
}

/* ---- what was drilled ---------------------------------------------------- */

static int
with_log(struct gv_ctx *ctx, const char *env,
    int (*fn)(
	struct gv_ctx *ctx, const struct gv_drill_log *log, const char *what),
    const char *what)
{
	struct gv_drill_log log;
	int r = gv_drill_log_load(&log, ctx->repo, env);

	if (r == 0)
		r = fn(ctx, &log, what);
	if (log.found.damaged.len)
		gv_out_warn(ctx->out, "%.*s", (int)log.found.damaged.len - 1,
		    log.found.damaged.p);
	gv_drill_log_release(&log);
	return r;
}

static int
list(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct drill_opts *o = ctx->opts;

	(void)argc;
	(void)argv;
	return with_log(ctx, o->env, gv_drill_out_list, NULL);
}

static int
show_one(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	return with_log(ctx, NULL, gv_drill_out_one, argv[0]);
}

static int
status(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct drill_opts *o = ctx->opts;

	(void)argc;
	(void)argv;
	return with_log(ctx, NULL, gv_drill_out_status, o->env);
}

enum takes {
	ENV = 1 << 0,
	RUN = 1 << 1,
	TRY = 1 << 2,
	SCHEDULE = 1 << 3,
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	static const struct gv_verb verbs[] = {
		{ "run", 0, 0, ENV | RUN | TRY, run_drill },
		{ "schedule", 0, 0, ENV | SCHEDULE, schedule },
		{ "bisect", 0, 2, ENV | TRY, bisect },
		{ "list", 0, 0, ENV, list },
		{ "show", 1, 1, 0, show_one },
		{ "status", 0, 0, ENV, status },
		{ .name = NULL },
	};
	const struct drill_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->env != NULL, ENV, "env" },
		{ o->snapshot != NULL, RUN, "snapshot" },
		{ o->from_remote != NULL, TRY, "from-remote" },
		{ o->identity != NULL, TRY, "identity" },
		{ o->budget != NULL, TRY, "budget" },
		{ o->fault != 0, RUN, "fault" },
		{ o->seed >= 0, RUN, "seed" },
		{ o->format >= 0, RUN, "format" },
		{ o->random, RUN, "random" },
		{ o->if_due != NULL, RUN, "if-due" },
		{ o->every != NULL, SCHEDULE, "every" },
		{ o->with >= 0, SCHEDULE, "with" },
		{ o->remove, SCHEDULE, "remove" },
		{ o->yes, SCHEDULE, "yes" },
		{ o->report != NULL, RUN, "report" },
		{ o->no_validators, TRY, "no-validators" },
		{ o->keep, RUN, "keep" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

static const struct drill_opts defaults = {
	.seed = -1, .format = -1, .with = -1
};

const struct gv_cmd cmd_drill = {
	.name = "drill",
	.summary = "rehearse the recovery in a fresh clone, and say what is "
		   "missing",
	.usage = "list [--env ENV]\n"
		 "show DRILL\n"
		 "status [--env ENV]\n"
		 "run [--env ENV] [--snapshot SNAP | --random] [--seed N] "
		 "[--from-remote REMOTE] [--identity FILE] [--budget TIME] "
		 "[--fault KIND] [--no-validators] [--keep] [--report DIR] "
		 "[--if-due TIME] [--format FORMAT]\n"
		 "schedule [--env ENV] [--every TIME] [--with SCHEDULER] "
		 "[--remove] [-y]\n"
		 "bisect [--env ENV] [--from-remote REMOTE] [--identity FILE] "
		 "[--budget TIME] [--no-validators] [GOOD BAD]",
	.group = GV_CMD_BACK,
	.flags = GV_CMD_REPO | GV_CMD_PAGER | GV_CMD_FORMAT,
	.opts = opts,
	.opts_size = sizeof(struct drill_opts),
	.defaults = &defaults,
	.verb = "status",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
