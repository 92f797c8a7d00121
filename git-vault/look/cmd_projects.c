#include "git-vault/front/cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "autosave/started.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/vec.h"
#include "git-vault/front/failure.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/look/sight_out.h"
#include "project/crew.h"
#include "project/glance.h"
#include "project/registry.h"
#include "project/sight.h"
#include "sys/file.h"
#include "sys/self.h"

/* A repository on a disk that answers no more is not waited for. */
#define TIMEOUT_MS 120000

struct projects_opts {
	const char *client, *tag, *stack, *phase;
	bool stale;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "client",
	    .arg = "CLIENT",
	    .at = offsetof(struct projects_opts, client),
	    .help = "only projects for this client" },
	{ .type = GV_OPT_STRING,
	    .name = "tag",
	    .arg = "WORD",
	    .at = offsetof(struct projects_opts, tag),
	    .help = "only projects with this tag" },
	{ .type = GV_OPT_STRING,
	    .name = "stack",
	    .arg = "TOOL",
	    .at = offsetof(struct projects_opts, stack),
	    .help = "only projects with this tool or language" },
	{ .type = GV_OPT_STRING,
	    .name = "phase",
	    .arg = "PHASE",
	    .at = offsetof(struct projects_opts, phase),
	    .help = "only projects in this phase" },
	{ .type = GV_OPT_BOOL,
	    .name = "stale",
	    .at = offsetof(struct projects_opts, stale),
	    .help = "only projects with changes that were not saved for a "
		    "day" },
	GV_OPT_LAST
};

/* What a process said of a project, or why it said nothing. */
struct seen {
	struct gv_sight sight;
	char *why; /* NULL: it is in `sight` */
};

struct look {
	struct gv_registry reg;
	struct gv_glances glances; /* what was seen before, and still holds */
	struct gv_buf self;
	const char *(*argv)[8]; /* the words of each process */
	struct seen *seen;      /* by the registry's numbers */
	size_t *numbers;        /* of those that are looked at */
	size_t n;
	int64_t now;
};

/* ---- looking ------------------------------------------------------------- */

static const char *const *
argv_of(void *ctx, size_t i)
{
	const struct look *l = ctx;

	return l->argv[i];
}

static const char *
dir_of(void *ctx, size_t i)
{
	const struct look *l = ctx;

	return l->reg.items[l->numbers[i]].path;
}

static int
keep_why(struct seen *seen, struct gv_crew_result *result)
{
	struct gv_buf why = GV_BUF_INIT;
	char *end;
	int r = GV_ENOTFOUND;

	if (result->out.len)
		r = gv_failure_read(&why, &result->out);
	if (r == GV_ENOMEM)
		return r;
	if (r < 0 && result->err.len) {
		gv_buf_addstr(&why, result->err.p);
		if ((end = strchr(why.p, '\n')) != NULL)
			gv_buf_truncate(&why, (size_t)(end - why.p));
	}
	if (why.len == 0)
		gv_buf_addf(
		    &why, "its process ended with status %d", result->status);
	seen->why = gv_buf_take(&why);
	return seen->why ? 0 : GV_ENOMEM;
}

static int
take(void *ctx, size_t i, struct gv_crew_result *result)
{
	struct look *l = ctx;
	struct seen *seen = &l->seen[l->numbers[i]];
	int r = GV_EREFUSED;

	if (result->status == 0 && !result->is_cut &&
	    (r = gv_glances_note(&l->glances, l->numbers[i], result->out.p,
		 result->out.len)) < 0)
		return r;
	if (result->status == 0)
		r = gv_sight_read(&seen->sight, result->out.p, result->out.len);
	if (r == 0 || r == GV_ENOMEM)
		return r;
	return keep_why(seen, result);
}

/* What was seen before, where nothing happened since: 1. 0: look at it. */
static int
recall(struct look *l, size_t i)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t len;
	const char *was = gv_glances_get(&l->glances, i, &len);
	int r;

	if (was == NULL)
		return 0;
	gv_buf_add(&text, was, len);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_sight_read(&l->seen[i].sight, text.p, text.len);
	gv_buf_release(&text);
	if (r == GV_ENOMEM)
		return r;
	if (r < 0)
		gv_sight_release(&l->seen[i].sight);
	return r == 0;
}

/* A repository may be deleted and leave its folder. */
static int
say_gone(struct seen *seen, const struct gv_registered *one)
{
	struct gv_buf why = GV_BUF_INIT;

	gv_buf_addf(&why, "%s; to forget it: git vault project remove ",
	    gv_file_is_dir(AT_FDCWD, one->path)
		? "the folder has no repository any more"
		: "the folder is missing");
	gv_shell_quote(&why, one->path);
	seen->why = gv_buf_take(&why);
	return seen->why ? 0 : GV_ENOMEM;
}

static int
look(struct look *l)
{
	size_t i;
	int r;

	if ((r = gv_registry_load(&l->reg)) < 0 ||
	    (r = gv_glances_open(&l->glances, &l->reg, l->now)) < 0 ||
	    (r = gv_self_path(&l->self)) < 0)
		return r;
	gv_registry_remember(&l->reg);
	l->seen = calloc(l->reg.n + 1, sizeof(*l->seen));
	l->numbers = calloc(l->reg.n + 1, sizeof(*l->numbers));
	l->argv = calloc(l->reg.n + 1, sizeof(*l->argv));
	if (l->seen == NULL || l->numbers == NULL || l->argv == NULL)
		return gv_err_nomem();
	for (i = 0; i < l->reg.n; i++) {
		const char *words[8] = { l->self.p, "-C", l->reg.items[i].path,
			"project", "show", "--json" };

		r = l->reg.items[i].is_gone
		    ? say_gone(&l->seen[i], &l->reg.items[i])
		    : recall(l, i);
		if (r < 0)
			return r;
		if (r == 1 || l->reg.items[i].is_gone)
			continue;
		memcpy(l->argv[l->n], words, sizeof(words));
		l->numbers[l->n++] = i;
	}
	return gv_crew_run(&(struct gv_crew_opts){ .n = l->n,
	    .argv = argv_of,
	    .dir = dir_of,
	    .done = take,
	    .ctx = l,
	    .timeout_ms = TIMEOUT_MS });
}

static void
release(struct look *l)
{
	size_t i;

	for (i = 0; l->seen && i < l->reg.n; i++) {
		gv_sight_release(&l->seen[i].sight);
		free(l->seen[i].why);
	}
	free(l->seen);
	free(l->numbers);
	free(l->argv);
	gv_glances_close(&l->glances);
	gv_buf_release(&l->self);
	gv_registry_release(&l->reg);
}

/* ---- choosing ------------------------------------------------------------ */

static bool
has(const struct gv_sight_texts *texts, const char *text)
{
	size_t i;

	for (i = 0; i < texts->n; i++)
		if (strcasecmp(texts->items[i], text) == 0)
			return true;
	return false;
}

static bool
is_same(const char *a, const char *b)
{
	return a && strcasecmp(a, b) == 0;
}

/* One client may be a part of another: "acme" has "acme/eu". */
static bool
is_for(const char *client, const char *wanted)
{
	const size_t n = strlen(wanted);

	return client && strncasecmp(client, wanted, n) == 0 &&
	    (client[n] == '\0' || client[n] == '/');
}

static bool
is_chosen(const struct projects_opts *o, const struct gv_sight *s, int64_t now)
{
	return (o->client == NULL || is_for(s->client, o->client)) &&
	    (o->phase == NULL || is_same(s->phase, o->phase)) &&
	    (o->tag == NULL || has(&s->tags, o->tag)) &&
	    (o->stack == NULL || has(&s->stack, o->stack) ||
		is_same(s->language, o->stack)) &&
	    (!o->stale || gv_sight_is_stale(s, now));
}

/* ---- printing ------------------------------------------------------------ */

static const char *
why_not(const struct look *l, size_t i)
{
	return l->seen[i].why;
}

static void
warn(struct gv_ctx *ctx, const struct look *l)
{
	size_t i;

	for (i = 0; i < l->reg.n; i++) {
		const struct gv_registered *one = &l->reg.items[i];
		const char *why = why_not(l, i);

		if (why)
			gv_out_warn(
			    ctx->out, "%s (%s): %s", one->name, one->path, why);
		if (one->was)
			gv_out_say(ctx->out,
			    "%s was moved from %s; to list it where it is now: "
			    "git vault project add",
			    one->name, one->was);
		if (one->times > 1)
			gv_out_say(ctx->out, "%s is listed %u times: %s",
			    one->name, one->times, one->path);
	}
}

static void
put_failures(struct gv_json *j, const struct look *l)
{
	size_t i;

	gv_json_array(j, "failures");
	for (i = 0; i < l->reg.n; i++) {
		const struct gv_registered *one = &l->reg.items[i];
		const char *why = why_not(l, i);

		if (why == NULL)
			continue;
		gv_json_object(j, NULL);
		gv_json_string(j, "name", one->name);
		gv_json_path(j, "path", one->path, strlen(one->path));
		gv_json_bool(j, "missing", one->is_gone);
		gv_json_string(j, "message", why);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static int
print(struct gv_ctx *ctx, const struct look *l)
{
	const struct projects_opts *o = ctx->opts;
	const struct gv_sight **chosen;
	size_t i, n = 0;

	chosen = calloc(l->reg.n + 1, sizeof(const struct gv_sight *));
	if (chosen == NULL)
		return gv_err_nomem();
	for (i = 0; i < l->reg.n; i++)
		if (why_not(l, i) == NULL &&
		    is_chosen(o, &l->seen[i].sight, ctx->now))
			chosen[n++] = &l->seen[i].sight;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "projects");
		for (i = 0; i < n; i++)
			gv_sight_out_json(ctx->json, NULL, chosen[i]);
		gv_json_end(ctx->json);
		put_failures(ctx->json, l);
		gv_json_end(ctx->json);
	} else {
		gv_sight_out_table(ctx, chosen, n);
		warn(ctx, l);
		if (gv_started_is_down(NULL))
			gv_out_warn(ctx->out,
			    "git vault watch was started and does not run any "
			    "more, so changes are not saved automatically; to "
			    "start it: git vault watch start");
	}
	free(chosen);
	return 0;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct look l = { .self = GV_BUF_INIT, .now = ctx->now };
	size_t i, failed = 0;
	int r;

	(void)argc;
	(void)argv;
	if ((r = look(&l)) < 0)
		goto out;
	gv_out_configure(ctx->out, &l.reg.config, true);
	if ((r = print(ctx, &l)) < 0)
		goto out;
	if (l.reg.n == 0)
		gv_out_say(ctx->out,
		    "no project is registered yet; to register this one: git "
		    "vault project add");
	for (i = 0; i < l.reg.n; i++)
		failed += why_not(&l, i) != NULL;
	r = failed ? 3 : 0;
out:
	release(&l);
	return r;
}

const struct gv_cmd cmd_projects = {
	.name = "projects",
	.summary = "show all projects, a line each",
	.usage = "[--client CLIENT] [--tag WORD] [--stack TOOL] "
		 "[--phase PHASE] [--stale]",
	.group = GV_CMD_LOOK,
	.opts = opts,
	.opts_size = sizeof(struct projects_opts),
	.run = run,
};
