#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/verb.h"
#include "git-vault/save/schedule_out.h"
#include "job/job_go.h"
#include "job/job_running.h"
#include "job/job_state.h"
#include "job/notify_send.h"
#include "job/scheduler.h"
#include "project/registry.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "sys/clock.h"
#include "sys/self.h"

#define STOP_MS 30000 /* that a run has to end in */

struct schedule_opts {
	int every, with;
	const char *now;
};

static const struct schedule_opts defaults = { .every = -1, .with = -1 };

#define EVERY (1u << 0)
#define WITH  (1u << 1)
#define NOW   (1u << 2)

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_CHOICE,
	    .name = "every",
	    .arg = "PERIOD",
	    .choices = gv_job_periods,
	    .at = offsetof(struct schedule_opts, every),
	    .help = "look for due runs hourly (the default), daily or weekly" },
	{ .type = GV_OPT_CHOICE,
	    .name = "with",
	    .arg = "SCHEDULER",
	    .choices = gv_scheduler_kinds,
	    .at = offsetof(struct schedule_opts, with),
	    .help = "use systemd, crontab, launchd or schtasks; default: what "
		    "is here" },
	{ .type = GV_OPT_STRING,
	    .name = "now",
	    .arg = "TIME",
	    .at = offsetof(struct schedule_opts, now),
	    .help = "run what is due at this time, such as "
		    "2026-12-24T02:30:00Z" },
	GV_OPT_LAST
};

/* ---- start, stop --------------------------------------------------------- */

static int
prepare(struct gv_scheduler_opts *how, struct gv_buf *self, struct gv_ctx *ctx)
{
	const struct schedule_opts *o = ctx->opts;
	int r = gv_self_path(self);

	*how = (struct gv_scheduler_opts){ .program = self->p,
		.with = o->with,
		.period =
		    o->every < 0 ? GV_JOB_HOURLY : (enum gv_job_period)o->every,
		.shut = ctx->repo ? ctx->repo->worktree : NULL };
	return r;
}

/* One list for all: the projects of the user. */
static int
enlist(char **path)
{
	enum gv_registry_fate fate;
	struct gv_registry reg;
	char *was = NULL;
	int r;

	if ((r = gv_registry_load(&reg)) == 0)
		r = gv_registry_add(path, &was, &fate, &reg, ".");
	free(was);
	gv_registry_release(&reg);
	return r;
}

static int
nothing(void *ctx, struct gv_job_state *state)
{
	(void)ctx;
	(void)state;
	return 0;
}

static int
start(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_scheduler_place at = GV_SCHEDULER_PLACE_INIT;
	struct gv_buf self = GV_BUF_INIT;
	struct gv_scheduler_opts how;
	char *path = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = prepare(&how, &self, ctx)) < 0 ||
	    (ctx->repo && (r = enlist(&path)) < 0) ||
	    (r = gv_scheduler_start(&at, &how)) < 0)
		goto out;
	/* from here on, runs begun by hand leave reports, too */
	if (ctx->repo &&
	    (r = gv_job_state_change(ctx->repo, nothing, NULL)) < 0)
		goto out;
	gv_schedule_out_start(ctx, &at, path);
out:
	free(path);
	gv_scheduler_place_release(&at);
	gv_buf_release(&self);
	return r;
}

static int
stop(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_buf self = GV_BUF_INIT;
	struct gv_scheduler_opts how;
	bool was = false;
	int r;

	(void)argc;
	(void)argv;
	if ((r = prepare(&how, &self, ctx)) == 0 &&
	    (r = gv_scheduler_stop(&was, &how)) == 0)
		gv_schedule_out_stop(ctx, was);
	gv_buf_release(&self);
	return r;
}

/* ---- status, list -------------------------------------------------------- */

static int
find_now(int64_t *out, struct gv_ctx *ctx)
{
	const struct schedule_opts *o = ctx->opts;

	*out = ctx->now;
	if (o->now == NULL || gv_time_parse_rfc3339(out, o->now) == 0)
		return 0;
	return gv_err(GV_EUSAGE,
	    "'%.64s' is not a time; give one such as 2026-12-24T02:30:00Z",
	    o->now);
}

static int
status(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_scheduler_place at = GV_SCHEDULER_PLACE_INIT;
	struct gv_buf self = GV_BUF_INIT;
	struct gv_scheduler_opts how;
	int r;

	(void)argc;
	(void)argv;
	if ((r = prepare(&how, &self, ctx)) == 0 &&
	    (r = gv_scheduler_look(&at, &how)) == 0)
		r = gv_schedule_out_status(ctx, &at);
	gv_scheduler_place_release(&at);
	gv_buf_release(&self);
	return r;
}

static int
need_repo(struct gv_ctx *ctx, const char *verb)
{
	return ctx->repo
	    ? 0
	    : gv_err(GV_EUSAGE,
		  "'schedule %s' works in a repository; to do it in all "
		  "projects: git vault -A schedule %s",
		  verb, verb);
}

static int
list(struct gv_ctx *ctx, int argc, char **argv)
{
	int64_t now;
	int r;

	(void)argc;
	(void)argv;
	if ((r = need_repo(ctx, "list")) < 0 || (r = find_now(&now, ctx)) < 0)
		return r;
	return gv_schedule_out_list(ctx, now);
}

/* ---- run ----------------------------------------------------------------- */

struct running {
	struct gv_ctx *ctx;
	struct gv_notify_send *notify;
};

static bool
has_command(void *data, const char *name)
{
	const struct running *running = data;

	return gv_cmd_find(running->ctx->all, name) != NULL;
}

static int
began(void *data, const struct gv_job_run *run)
{
	struct running *running = data;

	gv_notify_began(running->notify, run);
	return 0;
}

static int
ended(void *data, const struct gv_job_run *run)
{
	struct running *running = data;

	gv_schedule_out_run(running->ctx, run);
	gv_notify_ended(running->notify, run);
	return 0;
}

static void
left(void *data, const char *job, const char *id)
{
	const struct running *running = data;

	gv_schedule_out_left(running->ctx, job, id);
}

static void
warn(void *data, const char *sentence)
{
	const struct gv_ctx *ctx = data;

	gv_out_warn(ctx->out, "%s", sentence);
}

static int
run_due(struct gv_ctx *ctx, int argc, char **argv)
{
	struct running running = { .ctx = ctx };
	struct gv_job_go_opts how = { .zone = gv_clock_zone,
		.names = argc ? (const char *const *)argv : NULL,
		.has_command = has_command,
		.began = began,
		.ended = ended,
		.left = left,
		.ctx = &running };
	struct gv_safe_opts keys;
	struct gv_notify_opts notify = {
		.warn = warn, .ctx = ctx, .keys = &keys
	};
	struct gv_buf self = GV_BUF_INIT;
	struct gv_job_go_result result;
	char *saved;
	int r;

	gv_identity_opt_fill(&keys, ctx, NULL);
	if ((r = need_repo(ctx, "run")) < 0 ||
	    (r = find_now(&how.now, ctx)) < 0 || (r = gv_self_path(&self)) < 0)
		goto out;
	notify.self = self.p;
	if ((r = gv_notify_open(&running.notify, ctx->repo, &notify)) < 0)
		goto out;
	how.self = self.p;
	gv_schedule_out_begin(ctx);
	r = gv_job_go(&result, ctx->repo, &how);
	saved = gv_err_save();
	/* a run that could not be written down is reported all the more */
	if (!result.is_busy && r != GV_ECANCELED && r != GV_EUSAGE &&
	    r != GV_ENOMEM)
		gv_notify_report(running.notify, result.now);
	gv_err_restore(saved);
	if (r == 0)
		r = gv_schedule_out_end(ctx, &result);
out:
	gv_notify_close(running.notify);
	gv_buf_release(&self);
	return r;
}

/* ---- cancel -------------------------------------------------------------- */

/* By its id, the beginning of it, or the name of its job. */
static int
find_run(const struct gv_job_runner **out, const struct gv_job_runners *all,
    const char *name)
{
	const size_t len = strlen(name);
	size_t i;

	*out = NULL;
	/* an empty variable of a script names no run */
	if (len == 0)
		return gv_err(
		    GV_EUSAGE, "name the run\nhint: git vault schedule list");
	for (i = 0; i < all->n; i++) {
		const struct gv_job_runner *one = &all->items[i];

		if (strncmp(one->id, name, len) != 0 &&
		    (one->job == NULL || strcmp(one->job, name) != 0))
			continue;
		if (*out)
			return gv_err(GV_EUSAGE,
			    "'%.64s' is the beginning of several runs; give "
			    "more of the id\nhint: git vault schedule list",
			    name);
		*out = one;
	}
	return *out ? 0
		    : gv_err(GV_ENOTFOUND,
			  "no run '%.64s' is at work here\nhint: git vault "
			  "schedule list",
			  name);
}

static int
cancel(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_job_runner *one;
	struct gv_job_runners all;
	int r;

	(void)argc;
	if ((r = need_repo(ctx, "cancel")) < 0)
		return r;
	if ((r = gv_job_running_list(&all, ctx->repo)) == 0 &&
	    (r = find_run(&one, &all, argv[0])) == 0 &&
	    (r = gv_job_running_cancel(ctx->repo, one, STOP_MS)) >= 0) {
		gv_schedule_out_cancel(ctx, one, r);
		r = r ? 0 : 1;
	}
	gv_job_running_release(&all);
	return r;
}

static const struct gv_verb verbs[] = {
	{ "start", 0, 0, EVERY | WITH, start },
	{ "stop", 0, 0, 0, stop },
	{ "status", 0, 0, 0, status },
	{ "list", 0, 0, NOW, list },
	{ "run", 0, -1, NOW, run_due },
	{ "cancel", 1, 1, 0, cancel },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct schedule_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->every >= 0, EVERY, "every" },
		{ o->with >= 0, WITH, "with" },
		{ o->now != NULL, NOW, "now" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_schedule = {
	.name = "schedule",
	.summary = "run what the policy schedules, and see or stop runs",
	.usage = "start [--every PERIOD] [--with SCHEDULER]\n"
		 "stop\n"
		 "status\n"
		 "list [--now TIME]\n"
		 "run [--now TIME] [JOB...]\n"
		 "cancel RUN",
	.verb = "list",
	.group = GV_CMD_SAVE,
	.flags = GV_CMD_REPO_IF,
	.opts = opts,
	.opts_size = sizeof(struct schedule_opts),
	.defaults = &defaults,
	.max_args = -1,
	.run = run,
};
