#include "git-vault/front/cmd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "drill/drill.h"
#include "drill/drill_due.h"
#include "drill/drill_log.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/front/run_note.h"
#include "git-vault/front/verb.h"
#include "git-vault/recovery/drill_bisect.h"
#include "git-vault/recovery/drill_go.h"
#include "git-vault/recovery/drill_out.h"
#include "git-vault/recovery/drill_schedule.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/self.h"

static const char *const formats[] = { "text", "json", "junit", "html", NULL };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .kind = GV_OPT_ENV,
	    .at = offsetof(struct gv_drill_go_opts, env),
	    .help =
		"recover the last known-good snapshot of this environment" },
	{ .type = GV_OPT_STRING,
	    .name = "snapshot",
	    .arg = "SNAP",
	    .kind = GV_OPT_SNAPSHOT,
	    .at = offsetof(struct gv_drill_go_opts, snapshot),
	    .help = "recover this snapshot; default: latest" },
	{ .type = GV_OPT_BOOL,
	    .name = "random",
	    .at = offsetof(struct gv_drill_go_opts, random),
	    .help = "recover any snapshot, chosen by --seed" },
	{ .type = GV_OPT_STRING,
	    .name = "plan",
	    .arg = "PLAN",
	    .at = offsetof(struct gv_drill_go_opts, plan),
	    .help = "also run this recovery plan, its commands in a sandbox" },
	{ .type = GV_OPT_LIST,
	    .name = "input",
	    .arg = "NAME=VALUE",
	    .at = offsetof(struct gv_drill_go_opts, inputs),
	    .help = "give an input of the plan a value; may be repeated",
	    .is_kept = true },
	{ .type = GV_OPT_STRING,
	    .name = "from-remote",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = offsetof(struct gv_drill_go_opts, from_remote),
	    .help = "clone this remote; default: the one that sync uses" },
	{ .type = GV_OPT_STRING,
	    .name = "identity",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct gv_drill_go_opts, identity),
	    .help = "decrypt with the identities in this file" },
	{ .type = GV_OPT_STRING,
	    .name = "budget",
	    .arg = "TIME",
	    .at = offsetof(struct gv_drill_go_opts, budget),
	    .help = "stop after this time: 90s, 10m, 2h; default: 10m for "
		    "each environment" },
	{ .type = GV_OPT_CHOICE,
	    .name = "fault",
	    .arg = "KIND",
	    .choices = gv_drill_faults,
	    .at = offsetof(struct gv_drill_go_opts, fault),
	    .help = "break the clone first, to see that the drill fails: "
		    "corrupt-object, missing-object, missing-key, lost-ref, "
		    "truncated-state, stale-lock, half-sync, old-keyring, "
		    "disk-full, slow-remote or clock-skew" },
	{ .type = GV_OPT_INT,
	    .name = "seed",
	    .arg = "N",
	    .at = offsetof(struct gv_drill_go_opts, seed),
	    .help = "choose by this number: the snapshot of --random, what "
		    "--fault breaks" },
	{ .type = GV_OPT_STRING,
	    .name = "report",
	    .arg = "DIR",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct gv_drill_go_opts, report),
	    .help = "write the report to this directory: JSON, JUnit, HTML" },
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORMAT",
	    .choices = formats,
	    .at = offsetof(struct gv_drill_go_opts, format),
	    .help = "print text, json, junit or html" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-validators",
	    .at = offsetof(struct gv_drill_go_opts, no_validators),
	    .help = "run no tools on the restored files" },
	{ .type = GV_OPT_BOOL,
	    .name = "keep",
	    .at = offsetof(struct gv_drill_go_opts, keep),
	    .help = "keep the clone, and say where it is" },
	{ .type = GV_OPT_STRING,
	    .name = "if-due",
	    .arg = "TIME",
	    .at = offsetof(struct gv_drill_go_opts, if_due),
	    .help = "do nothing if a drill passed within this time, such as "
		    "90d or policy, or another one runs" },
	{ .type = GV_OPT_STRING,
	    .name = "every",
	    .arg = "TIME",
	    .at = offsetof(struct gv_drill_go_opts, every),
	    .help = "schedule a drill this often; default: as the policy "
		    "says" },
	{ .type = GV_OPT_CHOICE,
	    .name = "with",
	    .arg = "SCHEDULER",
	    .choices = gv_drill_schedulers,
	    .at = offsetof(struct gv_drill_go_opts, with),
	    .help = "schedule with systemd or crontab; default: what is here" },
	{ .type = GV_OPT_BOOL,
	    .name = "remove",
	    .at = offsetof(struct gv_drill_go_opts, remove),
	    .help = "remove the schedule" },
	GV_ASK_OPT(struct gv_drill_go_opts, yes), GV_OPT_LAST
};

static bool
is_by_policy(const struct gv_drill_go_opts *o)
{
	return strcmp(o->if_due, "policy") == 0;
}

static int
find_period(int64_t *out, struct gv_ctx *ctx)
{
	const struct gv_drill_go_opts *o = ctx->opts;
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
	const struct gv_drill_go_opts *o = ctx->opts;
	struct gv_drill_state state;
	int64_t period = 0;
	int r = find_period(&period, ctx);

	if (r < 0 && is_by_policy(o))
		return r;
	if (r < 0)
		return gv_err(GV_EUSAGE,
		    "'%s' is not a duration; give one such as 24h or 90d, or policy",
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
	const struct gv_drill_go_opts *o = ctx->opts;
	struct gv_drill_dues dues;
	size_t i;
	int r = gv_drill_due_load(&dues, ctx->repo, log, ctx->now), all = 0;

	for (i = 0; r == 0 && i < dues.n && all >= 0; i++) {
		const struct gv_drill_due *due = &dues.items[i];

		if (!due->state.is_overdue)
			continue;
		/* a document is of one drill */
		if (++*ran > 1 && (ctx->json || o->format > GV_DRILL_TEXT))
			break;
		all = worse(all, gv_drill_go(ctx, due->env));
	}
	gv_drill_due_release(&dues);
	return r < 0 ? r : all;
}

static int
run_those_due(struct gv_ctx *ctx)
{
	const struct gv_drill_go_opts *o = ctx->opts;
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
		r = gv_drill_go(ctx, o->env);
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
	const struct gv_drill_go_opts *o = ctx->opts;

	(void)argc;
	(void)argv;
	gv_run_note_counts(ctx);
	return o->if_due ? run_if_due(ctx) : gv_drill_go(ctx, o->env);
}

static int
schedule(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_drill_go_opts *o = ctx->opts;
	int64_t period;

	(void)argc;
	(void)argv;
	if (o->every && gv_time_parse_span(&period, o->every) < 0)
		return gv_err(GV_EUSAGE,
		    "'%s' is not a duration; give one such as 24h or 90d",
		    o->every);
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

	const struct gv_drill_go_opts *o = ctx->opts;

	if ((r = gv_drill_go_fill(&how, ctx, o->env)) < 0 ||
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
		return gv_err(GV_EUSAGE,
		    "'drill bisect' takes two snapshots, one that passed and a later one that failed, or none");
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
	const struct gv_drill_go_opts *o = ctx->opts;

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
	const struct gv_drill_go_opts *o = ctx->opts;

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
	const struct gv_drill_go_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->env != NULL, ENV, "env" },
		{ o->snapshot != NULL, RUN, "snapshot" },
		{ o->plan != NULL, RUN, "plan" },
		{ o->inputs.n > 0, RUN, "input" },
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

static const struct gv_drill_go_opts defaults = {
	.seed = -1, .format = -1, .with = -1
};

const struct gv_cmd cmd_drill = {
	.name = "drill",
	.summary = "rehearse the recovery in a fresh clone, and say what is "
		   "missing",
	.usage =
	    "list [--env ENV]\n"
	    "show DRILL\n"
	    "status [--env ENV]\n"
	    "run [--env ENV] [--snapshot SNAP | --random] [--seed N] "
	    "[--plan PLAN] [--input NAME=VALUE]... [--from-remote REMOTE] [--identity FILE] "
	    "[--budget TIME] [--fault KIND] [--no-validators] [--keep] [--report DIR] "
	    "[--if-due TIME] [--format FORMAT]\n"
	    "schedule [--env ENV] [--every TIME] [--with SCHEDULER] "
	    "[--remove] [-y]\n"
	    "bisect [--env ENV] [--from-remote REMOTE] [--identity FILE] "
	    "[--budget TIME] [--no-validators] [GOOD BAD]",
	.group = GV_CMD_BACK,
	.flags = GV_CMD_REPO | GV_CMD_PAGER | GV_CMD_FORMAT,
	.opts = opts,
	.opts_size = sizeof(struct gv_drill_go_opts),
	.runs = "run",
	.defaults = &defaults,
	.verb = "status",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
