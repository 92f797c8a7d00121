#include "cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "drill/drill.h"
#include "drill/drill_log.h"
#include "drill_out.h"
#include "drill_report.h"
#include "json.h"
#include "out.h"
#include "verb.h"
#include "progress.h"
#include "sys/file.h"
#include "sys/self.h"

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_JUNIT,
	FORMAT_HTML,
};

static const char *const formats[] = { "text", "json", "junit", "html", NULL };

struct drill_opts {
	const char *env, *snapshot, *from_remote, *identity, *budget;
	int fault, format;
	int64_t seed;
	bool keep, no_validators;
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
	    .help = "stop after this time: 90s, 10m, 2h; default: 10m" },
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
	    .help = "with --fault: choose what to break by this number" },
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
	GV_OPT_LAST
};

static void
begin(void *ctx, enum gv_drill_stage stage)
{
	gv_progress_begin(ctx, gv_drill_stage_name(stage), 0);
}

static int
fill_opts(struct gv_drill_opts *out, const struct gv_ctx *ctx)
{
	const struct drill_opts *o = ctx->opts;

	*out = (struct gv_drill_opts){ .env = o->env,
		.snapshot = o->snapshot,
		.remote = o->from_remote,
		.identity = o->identity,
		.now = ctx->now,
		.fault = (enum gv_drill_fault)o->fault,
		.seed = o->seed < 0 ? 0 : (uint64_t)o->seed,
		.no_validators = o->no_validators,
		.begin = begin,
		.ctx = ctx->progress };
	if (o->budget && gv_time_parse_span(&out->budget, o->budget) < 0)
		return gv_err(GV_EUSAGE,
		    "'%s' is no time; give one such as 90s, 10m or 2h",
		    o->budget);
	return 0;
}

static void
show(struct gv_ctx *ctx, const struct gv_drill *drill, const char *kept)
{
	const struct drill_opts *o = ctx->opts;

	if (ctx->json || o->format <= FORMAT_TEXT)
		gv_drill_out(ctx, drill, kept);
	else if (o->format == FORMAT_JUNIT)
		gv_drill_report_junit(ctx, drill);
	else
		gv_drill_report_html(ctx, drill);
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
	if (r == 0 && (r = keep(ctx, &drill)) == 0) {
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
run_drill(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct drill_opts *o = ctx->opts;
	struct gv_buf dir = GV_BUF_INIT;
	struct gv_drill_opts how;
	char *saved;
	int r;

	(void)argc;
	(void)argv;
	if ((r = fill_opts(&how, ctx)) < 0 ||
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
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	static const struct gv_verb verbs[] = {
		{ "run", 0, 0, ENV | RUN, run_drill },
		{ "list", 0, 0, ENV, list },
		{ "show", 1, 1, 0, show_one },
		{ "status", 0, 0, ENV, status },
		{ .name = NULL },
	};
	const struct drill_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->env != NULL, ENV, "env" },
		{ o->snapshot != NULL, RUN, "snapshot" },
		{ o->from_remote != NULL, RUN, "from-remote" },
		{ o->identity != NULL, RUN, "identity" },
		{ o->budget != NULL, RUN, "budget" },
		{ o->fault != 0, RUN, "fault" },
		{ o->seed >= 0, RUN, "seed" },
		{ o->format >= 0, RUN, "format" },
		{ o->no_validators, RUN, "no-validators" },
		{ o->keep, RUN, "keep" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

static const struct drill_opts defaults = { .seed = -1, .format = -1 };

const struct gv_cmd cmd_drill = {
	.name = "drill",
	.summary = "rehearse the recovery in a fresh clone, and say what is "
		   "missing",
	.usage = "list [--env ENV]\n"
		 "show DRILL\n"
		 "status [--env ENV]\n"
		 "run [--env ENV] [--snapshot SNAP] [--from-remote REMOTE] "
		 "[--identity FILE] [--budget TIME] [--fault KIND [--seed N]] "
		 "[--no-validators] [--keep] [--format FORMAT]",
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
