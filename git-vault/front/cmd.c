#include "git-vault/front/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/err_command.h"
#include "base/shell.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/failure.h"
#include "git-vault/front/harm.h"
#include "git-vault/front/json.h"
#include "git-vault/front/kept_opt.h"
#include "git-vault/front/manual.h"
#include "git-vault/front/notice.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/front/project_all.h"
#include "git-vault/front/project_line.h"
#include "git-vault/front/project_place.h"
#include "git-vault/front/run_note.h"
#include "git-vault/front/synonym.h"
#include "git-vault/front/synonym_option.h"
#include "key/keyfile.h"
#include "param/param_batch.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "restore/restore.h"
#include "rollback/rollback.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "sys/exec.h"
#include "sys/tty.h"

/* What the options of gv_cmd_globals fill. */
struct globals {
	struct gv_opt_list dirs;
	const char *project;
	bool is_all, is_alone;
	bool version, json, quiet, no_pager, is_long;
	int verbose, color, progress;
};

static const char *const color_choices[] = { "never", "always", "auto", NULL };

const struct gv_opt gv_cmd_globals[] = {
	/* these GV_CMD_FRONT stand before the command only */
	{ .type = GV_OPT_LIST,
	    .letter = 'C',
	    .arg = "DIR",
	    .kind = GV_OPT_DIR,
	    .at = offsetof(struct globals, dirs),
	    .help = "run as if started in DIR" },
	{ .type = GV_OPT_STRING,
	    .name = "project",
	    .arg = "NAME",
	    .at = offsetof(struct globals, project),
	    .help = "run as if started in the project of this name" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'A',
	    .name = "all-projects",
	    .at = offsetof(struct globals, is_all),
	    .help = "run in all projects, several at a time" },
	{ .type = GV_OPT_BOOL,
	    .name = "alone",
	    .at = offsetof(struct globals, is_alone),
	    .help = "without the projects that this one was rewritten from" },
	{ .type = GV_OPT_BOOL,
	    .name = "version",
	    .at = offsetof(struct globals, version),
	    .help = "print the version" },
	/* these behind it as well */
	{ .type = GV_OPT_BOOL,
	    .name = "json",
	    .at = offsetof(struct globals, json),
	    .help = "print one JSON document" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'q',
	    .name = "quiet",
	    .at = offsetof(struct globals, quiet),
	    .help = "print errors and warnings only" },
	{ .type = GV_OPT_COUNT,
	    .letter = 'v',
	    .name = "verbose",
	    .at = offsetof(struct globals, verbose),
	    .help = "print more" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'l',
	    .name = "long",
	    .at = offsetof(struct globals, is_long),
	    .help = "print full tables, even if wider than the terminal" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-pager",
	    .at = offsetof(struct globals, no_pager),
	    .help = "do not use a pager" },
	{ .type = GV_OPT_CHOICE,
	    .name = "color",
	    .arg = "WHEN",
	    .implied = "always",
	    .choices = color_choices,
	    .at = offsetof(struct globals, color),
	    .help = "colour the text: never, always or auto" },
	{ .type = GV_OPT_TRI,
	    .name = "progress",
	    .at = offsetof(struct globals, progress),
	    .help = "show progress even if stderr is not a terminal" },
	GV_OPT_LAST
};

/* One run of the program. */
struct frame {
	struct gv_ctx ctx;
	struct globals globals;
	void *values; /* of the command's own options */
	struct gv_json json;
	int argc; /* what stands behind the command's name; later, its
		     arguments */
	char **argv;
	enum gv_opt_wish wish;
	bool is_alone;   /* no command was given */
	bool wants_json; /* the reader is a program */
	bool is_closed;  /* stdout takes nothing any more */
	char *noted;     /* the last sentence of show_note() */
	struct gv_project_place place;
	struct gv_project_all_words words;
	char **said; /* the words, which parsing moves about */
	struct gv_run_note note;
};

const struct gv_cmd *
gv_cmd_find(const struct gv_cmd *const *all, const char *name)
{
	for (; *all; all++)
		if (strcmp((*all)->name, name) == 0)
			return *all;
	return NULL;
}

const char *
gv_cmd_verb(const struct gv_cmd *cmd, size_t i, size_t *len)
{
	const char *p = cmd->usage;

	for (; p && i > 0; i--) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (p == NULL)
		return NULL;
	*len = strcspn(p, " \n");
	return p;
}

void
gv_cmd_usage(struct gv_buf *out, const struct gv_cmd *cmd)
{
	const char *p, *lead = "usage:";
	size_t i, n;

	if (cmd == NULL) {
		gv_buf_addstr(out,
		    "usage: git vault [-C DIR]... [--project NAME | -A] "
		    "[--json] [-q | -v] "
		    "[COMMAND [ARGUMENT...]]\n");
		return;
	}
	for (i = 0; (p = gv_cmd_verb(cmd, i, &n)) != NULL; i++) {
		n = strcspn(p, "\n");
		gv_buf_addf(out, "%s git vault %s%s%.*s\n", lead, cmd->name,
		    n ? " " : "", (int)n, p);
		lead = "   or:";
	}
}

void
gv_cmd_paste(struct gv_buf *out, const struct gv_ctx *ctx)
{
	size_t i;

	gv_buf_addstr(out, "git vault");
	for (i = 0; i < ctx->dirs->n; i++) {
		gv_buf_addstr(out, " -C");
		gv_shell_word(out, ctx->dirs->items[i]);
	}
	if (ctx->project) {
		gv_buf_addstr(out, " --project");
		gv_shell_word(out, ctx->project);
	}
}

static void
add_option(struct gv_buf *out, const struct gv_opt *opt, const void *values)
{
	const char *at = (const char *)values + opt->at;
	const struct gv_opt_list *list =
	    (const struct gv_opt_list *)(const void *)at;
	const char *const *text = (const char *const *)(const void *)at;
	size_t i;

	if (opt->name == NULL)
		return;
	if (opt->type == GV_OPT_BOOL && *(const bool *)(const void *)at &&
	    strcmp(opt->name, "yes") != 0)
		gv_buf_addf(out, " --%s", opt->name);
	if (opt->type == GV_OPT_STRING && *text) {
		gv_buf_addf(out, " --%s", opt->name);
		gv_shell_word(out, *text);
	}
	for (i = 0; opt->type == GV_OPT_LIST && i < list->n; i++) {
		gv_buf_addf(out, " --%s", opt->name);
		gv_shell_word(out, list->items[i]);
	}
}

int
gv_cmd_again(
    struct gv_buf *out, const struct gv_ctx *ctx, const char *const *args)
{
	const struct gv_opt *opt = ctx->cmd->opts;

	gv_cmd_paste(out, ctx);
	gv_buf_addf(out, " %s", ctx->cmd->name);
	for (; opt && opt->type != GV_OPT_END; opt++)
		add_option(out, opt, ctx->opts);
	gv_buf_addstr(out, " --yes");
	for (; *args; args++)
		gv_shell_word(out, *args);
	return gv_buf_check(out);
}

const char *
gv_cmd_group_title(enum gv_cmd_group group)
{
	static const char *const titles[GV_CMD_GROUPS] = {
		[GV_CMD_SAVE] = "save",
		[GV_CMD_LOOK] = "look",
		[GV_CMD_BACK] = "get it back",
		[GV_CMD_SECRET] = "secrets and access",
		[GV_CMD_DEPLOY] = "states and deployments",
		[GV_CMD_SHARE] = "share",
		[GV_CMD_CARE] = "check and clean up",
		[GV_CMD_ABOUT] = "about git vault",
	};

	return titles[group];
}

/* Options before the command, and which command it is. */
static int
parse_front(struct frame *f, int argc, char **argv)
{
	struct gv_opt_parse p = { .sets = { { gv_cmd_globals, &f->globals } },
		.n_sets = 1,
		.stop = true };
	size_t i;
	int r;

	r = gv_opt_parse(&p, argc, argv);
	for (i = 0; r == 0 && i < f->globals.dirs.n; i++)
		r = gv_exec_chdir(f->globals.dirs.items[i]);
	if (r == 0 && f->globals.project && f->globals.is_all)
		r = gv_err(GV_EUSAGE, "--project and -A exclude each other");
	if (r == 0 && f->globals.project && p.wish == GV_OPT_GO)
		r = gv_project_all_enter(f->globals.project);
	f->ctx.project = f->globals.project;
	f->ctx.is_alone = f->globals.is_alone;
	f->wish = p.wish;
	if (r < 0 || p.wish != GV_OPT_GO)
		return r;
	f->argc = p.argc;
	f->argv = p.argv;
	if (f->globals.version) {
		f->ctx.cmd = gv_cmd_find(f->ctx.all, "version");
		return 0;
	}
	if (p.argc == 0) {
		f->is_alone = true;
		f->ctx.cmd = gv_cmd_find(f->ctx.all, "overview");
		return 0;
	}
	f->ctx.cmd = gv_cmd_find(f->ctx.all, p.argv[0]);
	f->argc--;
	f->argv++;
	return f->ctx.cmd ? 0
			  : gv_synonym_command(f->ctx.all, p.argv[0], f->argv);
}

/* The next argument of a usage that must be given, as "SNAP": outside of
 * brackets, and no value of an option. *len is 0 at the end of the line. */
static const char *
next_needed(const char *usage, size_t *len)
{
	const char *p = usage;
	bool is_value = false;
	int depth = 0;
	size_t n;

	for (; *p && *p != '\n'; p += n) {
		n = strcspn(p, " []()\n");
		depth += (*p == '[' || *p == '(') - (*p == ']' || *p == ')');
		if (n && depth == 0 && !is_value && *p >= 'A' && *p <= 'Z') {
			*len = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
			return p;
		}
		if (n && depth == 0)
			is_value = p[0] == '-' && p[1] == '-' && p[2] != '\0';
		n += n == 0;
	}
	*len = 0;
	return p;
}

static int
refuse_few(const struct gv_cmd *cmd, int argc)
{
	const char *p = cmd->usage;
	struct gv_buf names = GV_BUF_INIT;
	size_t len = 0;
	int i, r;

	for (i = 0; i < cmd->min_args; i++) {
		p = next_needed(p + len, &len);
		if (len && i >= argc)
			gv_buf_addf(&names, "%s%.*s", names.len ? " and " : "",
			    (int)len, p);
	}
	r = gv_buf_check(&names) < 0 ? gv_err_nomem()
	    : names.len
	    ? gv_err(GV_EUSAGE, "'%s' needs %s", cmd->name, names.p)
	    : gv_err(GV_EUSAGE, "'%s' needs %d argument%s, not %d", cmd->name,
		  cmd->min_args, cmd->min_args == 1 ? "" : "s", argc);
	gv_buf_release(&names);
	return r;
}

static int
check_count(const struct gv_cmd *cmd, int argc, char **argv)
{
	if (argc < cmd->min_args)
		return refuse_few(cmd, argc);
	if (cmd->max_args == 0 && argc > 0)
		return gv_err(GV_EUSAGE,
		    "'%s' takes no arguments, but here is '%s'", cmd->name,
		    argv[0]);
	if (cmd->max_args >= 0 && argc > cmd->max_args)
		return gv_err(GV_EUSAGE,
		    "'%s' takes at most %d argument%s; '%s' is one too many",
		    cmd->name, cmd->max_args, cmd->max_args == 1 ? "" : "s",
		    argv[cmd->max_args]);
	return 0;
}

/* The command's own options, and once more those that all take. */
static int
keep_words(struct frame *f)
{
	const size_t n = f->is_alone ? 0 : (size_t)f->argc + 1;

	if ((f->said = calloc(n + 1, sizeof(*f->said))) == NULL)
		return -1;
	if (n)
		memcpy(f->said, f->argv - 1, n * sizeof(*f->said));
	f->words = (struct gv_project_all_words){ .argc = (int)n,
		.argv = f->said,
		.json_first = f->globals.json,
		.quiet = f->globals.quiet,
		.is_long = f->globals.is_long,
		.verbose = f->globals.verbose };
	f->ctx.words = &f->words;
	return 0;
}

bool
gv_cmd_is_argument(const struct gv_ctx *ctx, const char *word)
{
	int i;

	for (i = 0; ctx->args[i]; i++)
		if (ctx->args[i] == word)
			return true;
	return false;
}

static int
parse_command(struct frame *f)
{
	const struct gv_cmd *cmd = f->ctx.cmd;
	struct gv_opt_parse p = { .n_sets = 2 };
	int r;

	f->values = calloc(1, cmd->opts_size ? cmd->opts_size : 1);
	if (f->values == NULL || keep_words(f) < 0)
		return gv_err_nomem();
	if (cmd->defaults)
		memcpy(f->values, cmd->defaults, cmd->opts_size);
	if (f->globals.is_all)
		f->globals.is_all = !gv_project_all_own(cmd, f->values);
	p.sets[0] = (struct gv_opt_set){ cmd->opts, f->values };
	p.sets[1] =
	    (struct gv_opt_set){ gv_cmd_globals + GV_CMD_FRONT, &f->globals };
	r = gv_opt_parse(&p, f->argc, f->argv);
	f->wish = p.wish;
	if (r == GV_EUSAGE)
		gv_synonym_option(cmd, f->argv);
	if (r < 0 || p.wish != GV_OPT_GO)
		return r;
	f->argc = p.argc;
	f->argv = p.argv;
	f->ctx.dashes = p.dashes;
	f->ctx.args = (const char *const *)p.argv;
	f->ctx.opts = f->values;
	if (f->globals.json && (cmd->flags & GV_CMD_NO_JSON))
		return gv_err(GV_EUSAGE,
		    "'%s' has no JSON form; leave --json out", cmd->name);
	return check_count(cmd, f->argc, f->argv);
}

/* What the command prints through. The options are known as far as they could
 * be read. */
static int
prepare(struct frame *f)
{
	struct gv_out_opts opts = { .color = f->globals.color,
		.no_pager = f->globals.no_pager || f->globals.json,
		.is_long = f->globals.is_long,
		.unnamed = gv_tty_is(2) && !gv_ask_is_hook(gv_env_get),
		.verbosity = f->globals.quiet ? -1 : f->globals.verbose };
	int r;

	f->ctx.verbosity = opts.verbosity;
	f->ctx.now = gv_clock_now().tv_sec;
	r = gv_progress_new(
	    &f->ctx.progress, f->globals.progress, f->globals.quiet);
	if (r < 0)
		return r;
	opts.progress = f->ctx.progress;
	r = gv_out_new(&f->ctx.out, &opts);
	if (f->globals.json && r == 0) {
		f->json.out = f->ctx.out;
		f->ctx.json = &f->json;
	}
	return r;
}

/* Whether git is at work in this repository, and has called us. */
static bool
is_amid(const struct frame *f)
{
	const struct gv_cmd *cmd = f->ctx.cmd;

	return (cmd->flags & GV_CMD_AMID) ||
	    (cmd->amid && f->argc && strcmp(cmd->amid, f->argv[0]) == 0);
}

/* A restore in place that was interrupted is finished or undone before
 * anything else is done here; one that is still running only stands in the
 * way of what needs the working tree. */
static int
recover(struct frame *f)
{
	struct gv_ctx *ctx = &f->ctx;
	struct gv_buf sentence = GV_BUF_INIT;
	enum gv_restore_recovery what;
	int r;

	if (ctx->repo->worktree == NULL || is_amid(f))
		return 0;
	r = gv_restore_recover(&what, ctx->repo, &gv_rollback_after, &sentence);
	if (r == 0 && sentence.len)
		gv_out_say(ctx->out, "%s", sentence.p);
	gv_buf_reset(&sentence);
	if (r == 0 &&
	    (r = gv_rollback_recover(ctx->repo, ctx->now, &sentence)) == 0 &&
	    sentence.len)
		gv_out_say(ctx->out, "%s", sentence.p);
	gv_buf_reset(&sentence);
	if (r == 0 && (r = gv_param_batch_recover(ctx->repo, &sentence)) == 0 &&
	    sentence.len)
		gv_out_say(ctx->out, "%s", sentence.p);
	if (r == GV_ELOCKED && !(ctx->cmd->flags & GV_CMD_WORKTREE))
		r = 0;
	gv_buf_release(&sentence);
	return r;
}

/* Once, however often the same thing is looked up. */
static void
show_note(void *ctx, const char *sentence)
{
	struct frame *f = ctx;

	if (f->noted && strcmp(f->noted, sentence) == 0)
		return;
	free(f->noted);
	f->noted = strdup(sentence);
	gv_out_say(f->ctx.out, "%s", sentence);
}

static int
answer(void *ctx, bool *yes, const char *otherwise, const char *question)
{
	return gv_ask(yes, ctx, false, otherwise, "%s", question);
}

void
gv_cmd_answer(struct gv_ctx *ctx)
{
	ctx->repo->asker = (struct gv_repo_asker){ answer, ctx };
}

static int
open_repo(struct frame *f)
{
	struct gv_ctx *ctx = &f->ctx;
	unsigned flags = ctx->cmd->flags;
	int r;

	if (!(flags & (GV_CMD_REPO | GV_CMD_WORKTREE | GV_CMD_REPO_IF)))
		return 0;
	r = gv_repo_open(
	    &ctx->repo, flags & GV_CMD_WORKTREE ? GV_REPO_NEED_WORKTREE : 0);
	if (r == GV_ENOTFOUND && (flags & GV_CMD_REPO_IF))
		return 0;
	if (r < 0)
		return r;
	gv_cmd_answer(ctx);
	ctx->repo->on_note = show_note;
	ctx->repo->note_ctx = f;
	gv_out_configure(ctx->out, &ctx->repo->config, flags & GV_CMD_PAGER);
	return recover(f);
}

/* A snapshot that this project lacks may be of one that it was rewritten from.
 */
static int
follow_line(struct frame *f)
{
	struct gv_ctx *ctx = &f->ctx;
	const struct gv_registered *one;
	struct gv_project_line line;
	int r;

	if (!(ctx->cmd->flags & GV_CMD_LINE) || f->argc == 0)
		return 0;
	if ((r = gv_project_line_open(&line, ctx)) < 0 || line.n == 0 ||
	    (r = gv_project_line_has(&one, &line, ctx, f->argv[0])) <= 0)
		goto out;
	gv_out_say(ctx->out,
	    "%s is of %s, which this project was rewritten "
	    "from",
	    f->argv[0], one->name);
	gv_repo_close(ctx->repo);
	ctx->repo = NULL;
	ctx->is_before = true;
	if ((r = gv_project_place_go(&f->place, ctx, f->values, one)) == 0)
		r = open_repo(f);
out:
	gv_project_line_close(&line);
	return r;
}

static int
run_command(struct frame *f)
{
	struct gv_ctx *ctx = &f->ctx;
	bool is_whole;
	int r, flushed;

	if ((r = gv_project_place_enter(&f->place, ctx, f->values, f->argv)) <
	    0)
		return r;
	r = open_repo(f);
	if (r == 0)
		r = follow_line(f);
	if (r == GV_ENOTFOUND && f->is_alone && ctx->json)
		return GV_EUSAGE;
	if (r == GV_ENOTFOUND && f->is_alone) {
		gv_manual_list(ctx->out, ctx->all);
		return 129;
	}
	if (r < 0)
		return r;
	if ((r = gv_kept_opt_check(ctx->repo, ctx->cmd->opts, ctx->opts)) ==
	    0) {
		gv_run_note_begin(&f->note, ctx, f->argc ? f->argv[0] : "");
		r = ctx->cmd->run(ctx, f->argc, f->argv);
		gv_run_note_end(&f->note, ctx, gv_failure_status(r));
	}
	gv_progress_end(ctx->progress);
	if (ctx->repo && ctx->repo->warning)
		gv_out_warn(ctx->out, "%s", ctx->repo->warning);
	if (ctx->repo)
		gv_notice_print(ctx);
	if (r < 0)
		gv_json_abandon(&f->json);
	is_whole = r >= 0 || f->json.buf.len;
	flushed = gv_json_flush(&f->json);
	if (flushed == 0 && is_whole)
		flushed = gv_out_flush(ctx->out);
	return r < 0 || flushed == 0 ? r : flushed;
}

/* How the words ask for JSON, which they are read for where the options cannot
 * be parsed. */
enum said { SAID_NOTHING, SAID_FORMAT, SAID_JSON };

static enum said
look_for_json(int argc, char **argv)
{
	enum said said = SAID_NOTHING;
	int i;

	for (i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0)
			return SAID_JSON;
		if (strcmp(argv[i], "--format=json") == 0 ||
		    (strcmp(argv[i], "json") == 0 && i > 0 &&
			strcmp(argv[i - 1], "--format") == 0))
			said = SAID_FORMAT;
	}
	return said;
}

/* Whether a program reads: --json was given, or a format that is the same. */
static bool
wants_json(const struct frame *f, enum said said)
{
	const struct gv_opt *o = f->ctx.opts ? f->ctx.cmd->opts : NULL;
	bool has_format = f->ctx.cmd && (f->ctx.cmd->flags & GV_CMD_FORMAT);

	if (f->globals.json)
		return true;
	if (f->ctx.opts == NULL)
		return said == SAID_JSON || (said == SAID_FORMAT && has_format);
	for (; o && o->type != GV_OPT_END; o++) {
		const int *chosen =
		    (const int *)((const char *)f->ctx.opts + o->at);

		if (o->type == GV_OPT_CHOICE && strcmp(o->name, "format") == 0)
			return has_format && *chosen >= 0 &&
			    strcmp(o->choices[*chosen], "json") == 0;
	}
	return false;
}

/* For a program: on stdout in place of the document that was asked for; on
 * stderr where one has begun there. */
static void
report_json(struct frame *f, int r, const char *message)
{
	struct gv_json j = GV_JSON_INIT;
	bool is_first = gv_out_drop(f->ctx.out) && !f->is_closed;

	j.out = f->ctx.out;
	gv_failure_json(&j, f->ctx.all, r, message);
	if (is_first)
		gv_out_write(f->ctx.out, j.buf.p, j.buf.len);
	if (!is_first || gv_out_flush(f->ctx.out) < 0)
		gv_out_report(f->ctx.out, j.buf.p, j.buf.len);
	gv_json_release(&j);
}

/* The one place where a failure is reported: a sentence, and for a wrong usage
 * the command that shows the right one, unless a hint is there already. */
static void
report(struct frame *f, int r)
{
	const char *why = gv_err_message();
	struct gv_buf text = GV_BUF_INIT;

	/* what had no memory may have put an older message back, and most
	 * often there was none */
	if (r == GV_ENOMEM && *why == '\0')
		gv_err_nomem();
	if (r == GV_EUSAGE && strstr(why, "\nhint: ") == NULL) {
		if (f->ctx.cmd)
			gv_buf_addf(&text, "git vault %s -h", f->ctx.cmd->name);
		else
			gv_buf_addstr(&text, "git vault help");
		if (gv_buf_check(&text) == 0) {
			gv_err_command_offer(text.p);
			gv_err(r, "%s\nhint: %s", why, text.p);
			why = gv_err_message();
		}
	}
	if (f->wants_json) {
		gv_buf_reset(&text);
		gv_remote_add_bare(&text, why);
		report_json(f, r, text.p);
	} else {
		gv_out_error(f->ctx.out, "%s", why);
	}
	gv_buf_release(&text);
}

/* The command in all projects: its options are for those who run it. */
static int
run_all(struct frame *f)
{
	int r = keep_words(f);

	if (r < 0)
		return gv_err_nomem();
	f->words.json = f->wants_json;
	if (!(f->ctx.cmd->flags &
		(GV_CMD_REPO | GV_CMD_WORKTREE | GV_CMD_REPO_IF)))
		return gv_err(GV_EUSAGE,
		    "'%s' does not work in a project; leave -A out",
		    f->ctx.cmd->name);
	if ((r = gv_harm_check_all(&f->ctx)) < 0)
		return r;
	return gv_project_all_run(&f->ctx, &f->words);
}

static int
carry_out(struct frame *f)
{
	if (f->wish == GV_OPT_MANUAL)
		return gv_manual_open(f->ctx.cmd);
	if (f->wish == GV_OPT_USAGE || f->ctx.cmd == NULL) {
		if (f->ctx.cmd)
			gv_manual_usage(f->ctx.out, f->ctx.cmd);
		else
			gv_manual_list(f->ctx.out, f->ctx.all);
		return 129;
	}
	return f->globals.is_all ? run_all(f) : run_command(f);
}

static int
set_variables(void)
{
	/* means something to `git config` alone, by which we read what all else
	 * of git reads without it */
	if (gv_env_set("GIT_CONFIG", NULL) < 0)
		return -1;
	/* a push sends the objects that there are, and so does whoever reads
	 * them without us: what `git replace` shows in their place, which
	 * anybody may have pushed, is for people to look at */
	return gv_env_set("GIT_NO_REPLACE_OBJECTS", "1");
}

int
gv_cmd_main(const struct gv_cmd *const *all, int argc, char **argv)
{
	struct frame f = { .ctx = { .all = all, .dashes = -1 },
		.globals = { .color = -1, .progress = -1 },
		.json = GV_JSON_INIT,
		.place = GV_PROJECT_PLACE_INIT,
		.note = GV_RUN_NOTE_INIT };
	/* parsing moves the words about */
	enum said said = look_for_json(argc, argv);
	int r, finished;

	f.ctx.dirs = &f.globals.dirs;
	gv_tty_fill();
	gv_cancel_install();
	if (set_variables() < 0) {
		fprintf(stderr, "git-vault: %s\n", gv_err_message());
		return gv_failure_status(GV_ENOMEM);
	}
	r = parse_front(&f, argc > 0 ? argc - 1 : 0, argv + (argc > 0));
	if (r == 0 && f.ctx.cmd && f.wish == GV_OPT_GO &&
	    (!f.globals.is_all || gv_project_all_own(f.ctx.cmd, NULL)))
		r = parse_command(&f);
	f.wants_json = wants_json(&f, said);
	if (prepare(&f) < 0) {
		fprintf(stderr, "git-vault: %s\n", gv_err_message());
		r = GV_ENOMEM;
		goto out;
	}
	if (r == 0)
		r = carry_out(&f);
	if (r < 0)
		report(&f, r);
	finished = gv_out_finish(f.ctx.out);
	f.is_closed = true;
	if (finished < 0 && r >= 0) {
		r = finished;
		report(&f, r);
	}
out:
	gv_out_free(f.ctx.out);
	gv_progress_free(f.ctx.progress);
	gv_json_release(&f.json);
	gv_repo_close(f.ctx.repo);
	gv_keyfile_forget();
	gv_opt_release(gv_cmd_globals, &f.globals);
	gv_opt_release(f.ctx.cmd ? f.ctx.cmd->opts : NULL, f.values);
	free(f.values);
	free(f.noted);
	gv_project_place_release(&f.place);
	free(f.said);
	return gv_failure_status(r);
}
