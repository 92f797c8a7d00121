#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/verb.h"
#include "project/registry.h"
#include "sys/env.h"
#include "sys/self.h"
#include "watch/watch.h"

struct watch_opts {
	bool poll;
};

#define POLL (1u << 0)

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "poll",
	    .at = offsetof(struct watch_opts, poll),
	    .help = "look at the folders now and then, without events of the "
		    "system" },
	GV_OPT_LAST
};

/* ---- run, start, stop ---------------------------------------------------- */

static int
run_here(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct watch_opts *o = ctx->opts;
	const char *haste = gv_env_get("GIT_VAULT_TEST_HASTE");
	const unsigned long times = haste ? strtoul(haste, NULL, 10) : 1;

	(void)argc;
	(void)argv;
	return gv_watch_run(&(struct gv_watch_opts){ .polls = o->poll,
	    .haste = times > 0 && times <= 1000 ? (unsigned)times : 1 });
}

static void
put_change(struct gv_ctx *ctx, bool running, bool changed, const char *unit)
{
	gv_json_object(ctx->json, NULL);
	gv_json_bool(ctx->json, "running", running);
	gv_json_bool(ctx->json, "changed", changed);
	gv_json_string(ctx->json, "service", unit);
	gv_json_end(ctx->json);
}

/* Where somebody starts it in a project that it does not save. */
static int
warn_unlisted(struct gv_ctx *ctx)
{
	struct gv_registry reg;
	char *top = NULL;
	int r = gv_registry_load(&reg);

	if (r == 0 && (r = gv_registry_lacks(&top, &reg, ".")) == 0 && top)
		gv_out_warn(ctx->out,
		    "%s is not registered, so watch does not save it; to "
		    "register it: git vault project add",
		    top);
	else if (r == 0 && reg.n == 0)
		gv_out_warn(ctx->out,
		    "no project is registered yet; to register one, in its "
		    "folder: git vault project add");
	free(top);
	gv_registry_release(&reg);
	return r;
}

static int
start(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct watch_opts *o = ctx->opts;
	struct gv_buf self = GV_BUF_INIT, unit = GV_BUF_INIT;
	int r = gv_self_path(&self);

	(void)argc;
	(void)argv;
	if (r == 0) {
		const char *words[] = { self.p, "watch", "run",
			o->poll ? "--poll" : NULL, NULL };

		r = gv_watch_start(&unit, words, o->poll);
	}
	if (r >= 0 && ctx->json)
		put_change(ctx, true, r > 0, unit.len ? unit.p : NULL);
	else if (r == 0)
		gv_out_say(
		    ctx->out, "running already; see git vault watch status");
	else if (r > 0 && unit.len)
		gv_out_say(ctx->out,
		    "started, now and at each login, by the service %s; to see "
		    "what it does: git vault watch status",
		    unit.p);
	else if (r > 0)
		gv_out_say(ctx->out,
		    "started until the machine restarts; to see what it does: "
		    "git vault watch status");
	if (r >= 0)
		r = warn_unlisted(ctx);
	gv_buf_release(&self);
	gv_buf_release(&unit);
	return r < 0 ? r : 0;
}

static int
stop(struct gv_ctx *ctx, int argc, char **argv)
{
	int r = gv_watch_stop();

	(void)argc;
	(void)argv;
	if (r < 0)
		return r;
	if (ctx->json)
		put_change(ctx, false, r > 0, NULL);
	else
		gv_out_say(ctx->out, r ? "stopped" : "it was not running");
	return 0;
}

/* ---- poke ---------------------------------------------------------------- */

static int
poke(struct gv_ctx *ctx, int argc, char **argv)
{
	const int r = gv_watch_poke(argv[0]);

	(void)argc;
	if (r < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_bool(ctx->json, "running", r != GV_WATCH_IDLE);
		gv_json_bool(ctx->json, "watched", r == GV_WATCH_POKED);
		gv_json_end(ctx->json);
	} else if (r == GV_WATCH_IDLE) {
		gv_out_say(ctx->out,
		    "it is not running; to start it: git vault watch start");
	} else if (r == GV_WATCH_STRANGE) {
		gv_out_say(ctx->out,
		    "no project that is watched has this file; to register "
		    "one, in its folder: git vault project add");
	}
	return r != GV_WATCH_POKED;
}

/* ---- status -------------------------------------------------------------- */

static bool
is_bad(const struct gv_watch_row *row)
{
	return strcmp(row->state, "saved") != 0 &&
	    strcmp(row->state, "waiting") != 0;
}

static void
put_time(struct gv_json *j, const char *name, int64_t time)
{
	if (time)
		gv_json_time(j, name, time);
	else
		gv_json_null(j, name);
}

static void
print_json(struct gv_json *j, const struct gv_watch_board *b)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_bool(j, "running", b->is_running);
	put_time(j, "started_time", b->is_running ? b->since : 0);
	put_time(j, "time", b->time);
	gv_json_uint(j, "cpu_ms", b->cpu);
	gv_json_uint(j, "saves", b->saves);
	gv_json_uint(j, "questions", b->questions);
	gv_json_uint(j, "hints", b->hints);
	gv_json_array(j, "projects");
	for (i = 0; i < b->n; i++) {
		const struct gv_watch_row *row = &b->rows[i];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", row->path, strlen(row->path));
		gv_json_string(j, "state", row->state);
		gv_json_string(j, "reason", *row->why ? row->why : NULL);
		gv_json_string(j, "save", *row->id ? row->id : NULL);
		put_time(j, "saved_time", row->saved);
		put_time(j, "changed_time", row->changed);
		gv_json_uint(j, "folders", row->folders);
		gv_json_uint(j, "polled", row->polled);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

static void
add_age(struct gv_ctx *ctx, int64_t time)
{
	char age[GV_TIME_MAX];

	if (time)
		gv_time_relative(age, time, ctx->now);
	gv_out_cell_text(ctx->out, GV_OUT_DIM, time ? age : "never");
}

static void
print_table(struct gv_ctx *ctx, const struct gv_watch_board *b)
{
	static const struct gv_out_column columns[] = { { .head = "PROJECT" },
		{ .head = "STATE", .varies = true },
		{ .head = "CHANGED", .whole = true },
		{ .head = "SAVED", .whole = true } };
	size_t i;

	gv_out_columns(ctx->out, columns, 4);
	for (i = 0; i < b->n; i++) {
		const struct gv_watch_row *row = &b->rows[i];

		gv_out_cell_path(
		    ctx->out, GV_OUT_TAG, row->path, strlen(row->path));
		gv_out_cell_text(ctx->out,
		    is_bad(row) ? GV_OUT_REMOVED : GV_OUT_PLAIN, row->state);
		add_age(ctx, row->changed);
		add_age(ctx, row->saved);
	}
	gv_out_columns_end(ctx->out);
}

static void
print_text(struct gv_ctx *ctx, const struct gv_watch_board *b)
{
	size_t i;

	if (b->n)
		print_table(ctx, b);
	for (i = 0; i < b->n; i++)
		if (*b->rows[i].why)
			gv_out_warn(ctx->out, "%s: %s", b->rows[i].path,
			    b->rows[i].why);
	if (!b->is_running)
		gv_out_say(ctx->out,
		    "it is not running; to start it: git vault watch start");
	else if (b->n == 0)
		gv_out_say(ctx->out,
		    "no project is registered yet; to register this one: git "
		    "vault project add");
}

static int
status(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_watch_board board;
	size_t i, bad = 0;
	int r = gv_watch_look(&board);

	(void)argc;
	(void)argv;
	if (r == 0) {
		for (i = 0; i < board.n; i++)
			bad += is_bad(&board.rows[i]);
		if (ctx->json)
			print_json(ctx->json, &board);
		else
			print_text(ctx, &board);
		r = !board.is_running ? 1 : bad ? 3 : 0;
	}
	gv_watch_board_release(&board);
	return r;
}

static const struct gv_verb verbs[] = {
	{ "start", 0, 0, POLL, start },
	{ "stop", 0, 0, 0, stop },
	{ "status", 0, 0, 0, status },
	{ "poke", 1, 1, 0, poke },
	{ "run", 0, 0, POLL, run_here },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct watch_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->poll, POLL, "poll" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_watch = {
	.name = "watch",
	.summary = "save projects automatically while you work in them",
	.usage = "start [--poll]\n"
		 "stop\n"
		 "status\n"
		 "poke FILE\n"
		 "run [--poll]",
	.verb = "status",
	.group = GV_CMD_SAVE,
	.opts = opts,
	.opts_size = sizeof(struct watch_opts),
	.max_args = 2,
	.run = run,
};
