#include "git-vault/front/cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "fleet/fleet.h"
#include "fleet/fleet_report.h"
#include "fleet/fleet_source.h"
#include "format/unjson.h"
#include "git-vault/front/failure.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/upkeep/fleet_out.h"
#include "project/registry.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/self.h"

struct fleet_opts {
	const char *root, *list, *shard, *report, *max_time, *timeout;
	struct gv_opt_list changed_from;
	int64_t jobs;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "root",
	    .arg = "DIR",
	    .at = offsetof(struct fleet_opts, root),
	    .help = "the repositories below this folder" },
	{ .type = GV_OPT_STRING,
	    .name = "list",
	    .arg = "FILE",
	    .at = offsetof(struct fleet_opts, list),
	    .help = "those with a line in this file; - is standard input" },
	{ .type = GV_OPT_STRING,
	    .name = "shard",
	    .arg = "I/N",
	    .at = offsetof(struct fleet_opts, shard),
	    .help = "only part I of N, counted from 0" },
	{ .type = GV_OPT_LIST,
	    .name = "changed-from",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct fleet_opts, changed_from),
	    .help = "only those that changed since this report" },
	{ .type = GV_OPT_STRING,
	    .name = "report",
	    .arg = "FILE",
	    .at = offsetof(struct fleet_opts, report),
	    .help = "append a line each to this file or folder, and resume" },
	{ .type = GV_OPT_INT,
	    .name = "jobs",
	    .arg = "N",
	    .at = offsetof(struct fleet_opts, jobs),
	    .help = "that many at a time (default: one a processor)" },
	{ .type = GV_OPT_STRING,
	    .name = "max-time",
	    .arg = "DURATION",
	    .at = offsetof(struct fleet_opts, max_time),
	    .help = "begin none after that long, such as 50m" },
	{ .type = GV_OPT_STRING,
	    .name = "timeout",
	    .arg = "DURATION",
	    .at = offsetof(struct fleet_opts, timeout),
	    .help = "end one that takes longer (default: 1h)" },
	GV_OPT_LAST
};

struct fleet {
	struct gv_ctx *ctx;
	const struct fleet_opts *opts;
	enum gv_fleet_verb verb;
	struct gv_fleet_opts run;
	struct gv_fleet_past past;
	struct gv_fleet_counts counts;
	struct gv_registry registry;
	const char **paths; /* of the registry */
	struct gv_buf self;
	struct gv_buf report; /* its file */
	int lock;             /* of it */
	uint64_t changed;     /* that status found changes in */
	bool has_told_key; /* that there is a new key, which is one for all */
};

/* ---- results ------------------------------------------------------------- */

/* A line to the report and, with --json, to stdout. */
static int
put(struct fleet *f, struct gv_json *j, bool is_end)
{
	const char *file = f->report.p;
	int r = gv_buf_check(&j->buf);

	if (r == 0 && f->report.len)
		r = is_end ? gv_file_append_lines(file, j->buf.p, j->buf.len)
			   : gv_file_append_quick(file, j->buf.p, j->buf.len);
	if (r == 0 && f->ctx->json) {
		gv_out_write(f->ctx->out, j->buf.p, j->buf.len);
		r = gv_out_flush(f->ctx->out);
	}
	return r;
}

/* Why it failed: what its document says, or the first line of its messages. */
static int
add_reason(struct gv_buf *out, const struct gv_fleet_result *result)
{
	const char *err = result->err ? result->err : "";
	struct gv_buf document = GV_BUF_INIT;
	int r = GV_ENOTFOUND;

	gv_buf_add(&document, result->out->p, result->out->len);
	if (document.len && gv_buf_check(&document) == 0)
		r = gv_failure_read(out, &document);
	gv_buf_release(&document);
	if (r < 0 && r != GV_ENOMEM)
		gv_buf_add(out, err, strcspn(err, "\n"));
	return gv_buf_check(out);
}

/* How many changes are in what status printed. 0 or GV_ENOMEM. */
static int
find_changes(
    size_t *n, const struct fleet *f, const struct gv_fleet_result *result)
{
	struct gv_buf document = GV_BUF_INIT;
	const struct gv_unjson_node *list;
	struct gv_unjson *doc = NULL;
	int r;

	*n = 0;
	if (f->verb != GV_FLEET_STATUS || result->step != GV_FLEET_RUN ||
	    result->status != 0)
		return 0;
	gv_buf_add(&document, result->out->p, result->out->len);
	if ((r = gv_buf_check(&document)) == 0 && document.len)
		r = gv_unjson_parse(&doc, "status", document.p, document.len);
	list = r == 0 && doc ? gv_unjson_get(gv_unjson_root(doc), "changes")
			     : NULL;
	for (list = list ? list->first : NULL; list; list = list->next)
		++*n;
	gv_unjson_free(doc);
	gv_buf_release(&document);
	return r == GV_ENOMEM ? r : 0;
}

/* A first snapshot makes the key of this user, which all the others use: it is
 * said once. */
static void
tell_key(struct fleet *f, const char *err)
{
	static const char made[] = "created your key ";
	const char *line = err ? strstr(err, made) : NULL;

	if (line == NULL || f->has_told_key)
		return;
	f->has_told_key = true;
	line += sizeof(made) - 1;
	gv_out_say(f->ctx->out,
	    "created your key %.*s; back it up now: nobody can decrypt these "
	    "vaults without it",
	    (int)strcspn(line, "\n"), line);
}

/* For people: those that failed or have changes, or with -v all. */
static int
print(struct fleet *f, const struct gv_fleet_result *result)
{
	struct gv_out *out = f->ctx->out;
	struct gv_buf why = GV_BUF_INIT;
	char count[GV_OUT_SIZE_MAX];
	size_t changes;

	if (find_changes(&changes, f, result) < 0)
		return gv_err_nomem();
	f->changed += changes > 0;
	tell_key(f, result->err);
	if (result->status == 0 && changes == 0 && f->ctx->verbosity < 1)
		return 0;
	gv_out_path(out, result->path, strlen(result->path));
	gv_out_printf(out, ": %s", gv_fleet_out_outcome(result));
	if (result->status)
		gv_out_printf(out, " (exit %d)", result->status);
	if (changes) {
		gv_out_count(count, changes, "change");
		gv_out_printf(out, ", %s since its last snapshot", count);
	}
	if (add_reason(&why, result) < 0)
		return gv_err_nomem();
	if (why.len && changes == 0) {
		gv_out_printf(out, ": ");
		gv_out_text(out, why.p, why.len);
	}
	gv_buf_release(&why);
	gv_out_printf(out, "\n");
	return gv_out_flush(out);
}

static int
told(void *ctx, const struct gv_fleet_result *result)
{
	struct fleet *f = ctx;
	struct gv_json j = { .out = f->ctx->out, .buf = GV_BUF_INIT };
	int r = 0;

	if (f->ctx->json == NULL)
		r = print(f, result);
	if (r == 0 && (f->ctx->json || f->opts->report)) {
		gv_fleet_out_line(&j, f->verb, result);
		r = put(f, &j, false);
	}
	gv_json_release(&j);
	return r;
}

static void
add_count(struct gv_buf *out, uint64_t n, const char *what)
{
	if (n)
		gv_buf_addf(out, "%s%llu %s", out->len ? ", " : "",
		    (unsigned long long)n, what);
}

static int
print_end(struct fleet *f)
{
	const struct gv_fleet_counts *c = &f->counts;
	struct gv_buf text = GV_BUF_INIT;

	add_count(&text, c->steps[GV_FLEET_RUN] + c->steps[GV_FLEET_READ],
	    "looked at or run");
	add_count(&text, c->steps[GV_FLEET_UNCHANGED], "unchanged");
	add_count(&text, c->steps[GV_FLEET_NOTHING], "skipped");
	add_count(&text, c->before, "done before");
	add_count(&text, c->failed, "failed");
	add_count(&text, c->unsaved, "without a snapshot");
	add_count(&text, f->changed, "with changes since the last snapshot");
	if (gv_buf_check(&text) < 0)
		return GV_ENOMEM;
	gv_out_printf(f->ctx->out, "%s: %s\n", gv_fleet_verb_name(f->verb),
	    text.len ? text.p : "no repository");
	gv_buf_release(&text);
	return 0;
}

static int
tell_end(struct fleet *f, int status)
{
	struct gv_json j = { .out = f->ctx->out, .buf = GV_BUF_INIT };
	int r = 0;

	if (f->ctx->json == NULL)
		r = print_end(f);
	if (r == 0 && (f->ctx->json || f->opts->report)) {
		gv_fleet_out_end(&j, f->verb, &f->counts, status);
		r = put(f, &j, true);
	}
	gv_json_release(&j);
	if (f->past.skipped)
		gv_out_warn(f->ctx->out,
		    "%zu lines of the reports were not read: they are cut off, "
		    "or of another command",
		    f->past.skipped);
	if (f->counts.is_out_of_time)
		gv_out_warn(f->ctx->out,
		    "the time was over before all were begun; %s",
		    f->opts->report
			? "the same command goes on with the rest"
			: "with --report, a second run goes on with the rest");
	return r;
}

/* ---- options ------------------------------------------------------------- */

static int
find_verb(enum gv_fleet_verb *out, const char *name)
{
	int i;

	for (i = 0; i < GV_FLEET_VERBS; i++)
		if (strcmp(gv_fleet_verb_name((enum gv_fleet_verb)i), name) ==
		    0) {
			*out = (enum gv_fleet_verb)i;
			return 0;
		}
	return gv_err(GV_EUSAGE,
	    "unknown command 'fleet %.40s'; there are status, snapshot, "
	    "verify, sync, replicate and drill",
	    name);
}

static int
take_span(int64_t *ms, const char *option, const char *text)
{
	int64_t seconds;

	if (text == NULL)
		return 0;
	if (gv_time_parse_span(&seconds, text) < 0 ||
	    seconds > INT32_MAX / 1000)
		return gv_err(GV_EUSAGE,
		    "--%s takes a duration of at most 24 days, such as 50m; "
		    "this is '%.40s'",
		    option, text);
	*ms = seconds * 1000;
	return 0;
}

static int
take_options(struct fleet *f)
{
	const struct fleet_opts *o = f->opts;
	int64_t timeout = 3600 * (int64_t)1000;
	int r;

	if (o->root && o->list)
		return gv_err(
		    GV_EUSAGE, "--root and --list exclude each other");
	if ((r = take_span(&f->run.most_ms, "max-time", o->max_time)) < 0 ||
	    (r = take_span(&timeout, "timeout", o->timeout)) < 0)
		return r;
	f->run.timeout_ms = (int)timeout;
	f->run.jobs = o->jobs > 1000 ? 1000 : (int)o->jobs;
	return o->shard ? gv_shard_parse(&f->run.shard, o->shard,
			      gv_env_get("JOB_COMPLETION_INDEX"))
			: 0;
}

static int
take_registry(struct fleet *f)
{
	size_t i;
	int r;

	if ((r = gv_registry_load(&f->registry)) < 0)
		return r;
	if (f->registry.n == 0)
		return gv_err(GV_ENOTFOUND,
		    "no project is registered, and neither --root nor --list "
		    "says where the repositories are\nhint: git vault fleet "
		    "%s --root .",
		    gv_fleet_verb_name(f->verb));
	f->paths = calloc(f->registry.n, sizeof(*f->paths));
	if (f->paths == NULL)
		return gv_err_nomem();
	for (i = 0; i < f->registry.n; i++)
		f->paths[i] = f->registry.items[i].path;
	return gv_fleet_source_paths(&f->run.source, f->paths, f->registry.n);
}

static int
take_source(struct fleet *f)
{
	if (f->opts->root)
		return gv_fleet_source_root(&f->run.source, f->opts->root);
	if (f->opts->list)
		return gv_fleet_source_list(&f->run.source, f->opts->list);
	return take_registry(f);
}

/* In a folder, a file for each verb and part, which shards share without a name
 * of their own. */
static int
name_report(struct fleet *f)
{
	const char *file = f->opts->report;

	gv_buf_addstr(&f->report, file);
	if (gv_file_is_dir(AT_FDCWD, file)) {
		gv_buf_addf(&f->report, "/%s", gv_fleet_verb_name(f->verb));
		if (f->run.shard.n > 0)
			gv_buf_addf(&f->report, "-%u-of-%u",
			    (unsigned)f->run.shard.index,
			    (unsigned)f->run.shard.n);
		gv_buf_addstr(&f->report, ".jsonl");
	}
	return gv_buf_check(&f->report);
}

static int
take_reports(struct fleet *f)
{
	const struct gv_opt_list *from = &f->opts->changed_from;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < from->n; i++)
		r = gv_fleet_report_load(
		    &f->past, from->items[i], f->verb, false);
	if (r < 0 || f->opts->report == NULL)
		return r;
	if ((r = name_report(f)) < 0 ||
	    (r = gv_fleet_report_open(&f->lock, f->report.p)) < 0)
		return r;
	return gv_fleet_report_load(&f->past, f->report.p, f->verb, true);
}

/* ---- all of it ----------------------------------------------------------- */

static int
go(struct fleet *f)
{
	int r, status;

	if ((r = take_options(f)) < 0 || (r = take_source(f)) < 0 ||
	    (r = take_reports(f)) < 0 || (r = gv_self_path(&f->self)) < 0)
		return r;
	f->run.verb = f->verb;
	f->run.past = &f->past;
	f->run.self = f->self.p;
	f->run.now = f->ctx->now;
	f->run.told = told;
	f->run.ctx = f;
	if ((r = gv_fleet_run(&f->counts, &f->run)) < 0)
		return r;
	status = f->counts.worst;
	if (f->counts.is_out_of_time && status < 3)
		status = 3;
	r = tell_end(f, status);
	return r < 0 ? r : status;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct fleet f = { .ctx = ctx,
		.opts = ctx->opts,
		.self = GV_BUF_INIT,
		.report = GV_BUF_INIT,
		.lock = -1 };
	int r;

	(void)argc;
	if ((r = find_verb(&f.verb, argv[0])) == 0)
		r = go(&f);
	gv_lock_close(f.lock);
	gv_fleet_source_close(f.run.source);
	gv_fleet_past_release(&f.past);
	gv_registry_release(&f.registry);
	free(f.paths);
	gv_buf_release(&f.self);
	gv_buf_release(&f.report);
	return r;
}

#define WHERE                                                                  \
	" [--root DIR | --list FILE] [--shard I/N] [--changed-from FILE]... "  \
	"[--report FILE] [--jobs N] [--max-time DURATION] "                    \
	"[--timeout DURATION]"

const struct gv_cmd cmd_fleet = {
	.name = "fleet",
	.summary = "do one thing in very many repositories",
	.usage = "status" WHERE "\nsnapshot" WHERE "\nverify" WHERE
		 "\nsync" WHERE "\nreplicate" WHERE "\ndrill" WHERE,
	.group = GV_CMD_CARE,
	.opts = opts,
	.opts_size = sizeof(struct fleet_opts),
	.min_args = 1,
	.max_args = 1,
	.args = { GV_OPT_VERB },
	.run = run,
};
