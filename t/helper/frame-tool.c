/*
 * The frame of git-vault with commands of its own, so that tests reach what
 * no command does by itself: every exit status, columns, progress from many
 * threads, signals.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "sys/cancel.h"
#include "sys/workers.h"

static int
run_answer(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)ctx;
	(void)argc;
	return atoi(argv[0]);
}

static const struct gv_cmd cmd_answer = {
	.name = "answer",
	.summary = "return a number",
	.usage = "N",
	.min_args = 1,
	.max_args = 1,
	.run = run_answer,
};

static int
run_fail(struct gv_ctx *ctx, int argc, char **argv)
{
	gv_out_printf(ctx->out, "before\n");
	return gv_err(
	    -atoi(argv[0]), "%s", argc > 1 ? argv[1] : "it failed on purpose");
}

static const struct gv_cmd cmd_fail = {
	.name = "fail",
	.summary = "fail with a code of enum gv_err, its sign left out",
	.usage = "CODE [MESSAGE]",
	.flags = GV_CMD_REPO,
	.min_args = 1,
	.max_args = 2,
	.run = run_fail,
};

struct echo_opts {
	struct gv_opt_list words;
	int64_t number;
	bool flag;
};

static const struct gv_opt echo_table[] = { { .type = GV_OPT_LIST,
						.letter = 'w',
						.name = "word",
						.arg = "WORD",
						.at = offsetof(
						    struct echo_opts, words),
						.help = "a word" },
	{ .type = GV_OPT_INT,
	    .letter = 'n',
	    .name = "number",
	    .arg = "N",
	    .at = offsetof(struct echo_opts, number),
	    .help = "a number" },
	{ .type = GV_OPT_BOOL,
	    .name = "flag",
	    .at = offsetof(struct echo_opts, flag),
	    .help = "a flag" },
	GV_OPT_LAST };

static int
run_echo(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct echo_opts *o = ctx->opts;
	size_t i;

	gv_out_printf(ctx->out,
	    "number %" PRId64 " flag %d dashes %d verbosity %d\n", o->number,
	    o->flag, ctx->dashes, ctx->verbosity);
	for (i = 0; i < o->words.n; i++)
		gv_out_printf(ctx->out, "word %s\n", o->words.items[i]);
	for (i = 0; i < (size_t)argc; i++)
		gv_out_printf(ctx->out, "arg %s\n", argv[i]);
	gv_out_say(ctx->out, "said");
	gv_out_detail(ctx->out, "detailed");
	gv_out_warn(ctx->out, "warned");
	return 0;
}

static const struct echo_opts echo_defaults = { .number = 7 };

static const struct gv_cmd cmd_echo = {
	.name = "echo",
	.summary = "print what was given",
	.usage = "[--word WORD]... [--number N] [--flag] [ARG...]",
	.flags = GV_CMD_NO_JSON,
	.opts = echo_table,
	.opts_size = sizeof(struct echo_opts),
	.defaults = &echo_defaults,
	.max_args = -1,
	.run = run_echo,
};

static int
run_columns(struct gv_ctx *ctx, int argc, char **argv)
{
	static const struct gv_out_column columns[] = {
		{ .head = "NAME" },
		{ .head = "SIZE", .right = true },
		{ .head = "TEXT", .cut = true },
	};
	int i;

	gv_out_columns(ctx->out, columns, 3);
	for (i = 0; i + 2 < argc; i += 3) {
		gv_out_cell_path(ctx->out, GV_OUT_ID, argv[i], strlen(argv[i]));
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%s", argv[i + 1]);
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%s", argv[i + 2]);
	}
	gv_out_columns_end(ctx->out);
	return 0;
}

static const struct gv_cmd cmd_columns = {
	.name = "columns",
	.summary = "print a table of three columns",
	.usage = "CELL...",
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.max_args = -1,
	.run = run_columns,
};

static int
run_sizes(struct gv_ctx *ctx, int argc, char **argv)
{
	char size[GV_OUT_SIZE_MAX], count[GV_OUT_SIZE_MAX];
	int i;

	for (i = 0; i < argc; i++) {
		uint64_t n = strtoull(argv[i], NULL, 10);

		gv_out_size(size, n);
		gv_out_count(count, n, "file");
		gv_out_printf(ctx->out, "%s, %s\n", size, count);
	}
	return 0;
}

static const struct gv_cmd cmd_sizes = {
	.name = "sizes",
	.summary = "print sizes and counts as people read them",
	.usage = "N...",
	.max_args = -1,
	.run = run_sizes,
};

/* 4 threads of 2,500 things of 1,000 bytes. */
static int
work(void *ctx, int thread)
{
	int i;

	(void)thread;
	for (i = 0; i < 2500; i++)
		gv_progress_on_add(ctx, 1, 1000);
	return 0;
}

static int
run_work(struct gv_ctx *ctx, int argc, char **argv)
{
	int r;

	(void)argc;
	(void)argv;
	gv_progress_on_begin(ctx->progress, "doing work", 10000);
	r = gv_workers_run(4, work, ctx->progress);
	gv_out_warn(ctx->out, "in between");
	gv_progress_add(ctx->progress, 0, 0);
	gv_progress_on_begin(ctx->progress, "", 0);
	gv_out_printf(ctx->out, "done\n");
	return r;
}

static const struct gv_cmd cmd_work = {
	.name = "work",
	.summary = "show progress",
	.usage = "",
	.run = run_work,
};

static int
run_flood(struct gv_ctx *ctx, int argc, char **argv)
{
	int i;

	(void)argc;
	(void)argv;
	for (i = 0; i < 100000000 && !gv_out_stopped(ctx->out); i++)
		gv_out_printf(ctx->out, "line %d\n", i);
	gv_out_warn(ctx->out, i < 100000000 ? "stopped" : "went on");
	return 0;
}

static const struct gv_cmd cmd_flood = {
	.name = "flood",
	.summary = "print until nobody reads",
	.usage = "",
	.run = run_flood,
};

/* Sends itself the signals, so that no test has to wait for the moment. */
static int
run_interrupt(struct gv_ctx *ctx, int argc, char **argv)
{
	int i, n = atoi(argv[0]);

	(void)argc;
	for (i = 0; i < n; i++)
		kill(getpid(), SIGINT);
	if (!gv_cancel_requested())
		return gv_err(GV_ERROR, "no signal has arrived");
	gv_out_warn(ctx->out, "stopping");
	return gv_cancel_error();
}

static const struct gv_cmd cmd_interrupt = {
	.name = "interrupt",
	.summary = "get so many SIGINTs",
	.usage = "N",
	.min_args = 1,
	.max_args = 1,
	.run = run_interrupt,
};

struct ask_opts {
	bool yes;
};

static const struct gv_opt ask_table[] = { GV_ASK_OPT(struct ask_opts, yes),
	GV_OPT_LAST };

static int
run_ask(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct ask_opts *o = ctx->opts;
	bool yes = false;
	int r;

	(void)argc;
	(void)argv;
	r = gv_ask(&yes, ctx, o->yes, "kept it; to drop it: frame-tool ask -y",
	    "%s it?", "drop");
	gv_out_printf(ctx->out, "answer: %s\n", yes ? "yes" : "no");
	return r;
}

static const struct gv_cmd cmd_ask = {
	.name = "ask",
	.summary = "put a question",
	.usage = "[--yes]",
	.opts = ask_table,
	.opts_size = sizeof(struct ask_opts),
	.run = run_ask,
};

static const struct gv_cmd *const commands[] = { &cmd_answer, &cmd_fail,
	&cmd_echo, &cmd_columns, &cmd_sizes, &cmd_work, &cmd_flood,
	&cmd_interrupt, &cmd_ask, NULL };

int
main(int argc, char **argv)
{
	return gv_cmd_main(commands, argc, argv);
}
