#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/verb.h"
#include "git-vault/look/project_link.h"
#include "git-vault/look/sight_out.h"
#include "project/crew.h"
#include "project/registry.h"
#include "project/sight.h"
#include "repo/repo.h"
#include "sys/entry.h"

/* Which verbs take an option. */
#define FROM 1u

struct project_opts {
	const char *from;
};

static const struct gv_opt opts[] = { { .type = GV_OPT_STRING,
					  .name = "from",
					  .arg = "OLD",
					  .at = offsetof(
					      struct project_opts, from),
					  .help = "the project that it was "
						  "rewritten from" },
	GV_OPT_LAST };

/* ---- list ---------------------------------------------------------------- */

static void
add_note(struct gv_buf *text, const struct gv_registered *one)
{
	if (one->is_gone)
		gv_buf_addstr(text, "missing");
	if (one->was)
		gv_buf_addf(text, "moved from %s", one->was);
	if (!one->is_listed)
		gv_buf_addf(text, "%s a root",
		    one->is_gone ? ", was below" : "found below");
	if (one->times > 1)
		gv_buf_addf(text, "%slisted %u times", text->len ? ", " : "",
		    one->times);
}

static void
print_list(struct gv_ctx *ctx, const struct gv_registry *reg)
{
	static const struct gv_out_column columns[] = { { .head = "PROJECT" },
		{ .head = "PATH" }, { .head = "NOTE", .varies = true } };
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	gv_out_columns(ctx->out, columns, 3);
	for (i = 0; i < reg->n; i++) {
		const struct gv_registered *one = &reg->items[i];

		gv_out_cell_text(ctx->out, GV_OUT_TAG, one->name);
		gv_out_cell_path(
		    ctx->out, GV_OUT_PLAIN, one->path, strlen(one->path));
		add_note(&text, one);
		gv_out_cell_buf(ctx->out,
		    one->is_gone ? GV_OUT_REMOVED : GV_OUT_DIM, &text);
	}
	gv_out_columns_end(ctx->out);
	gv_buf_release(&text);
}

static void
put_list(struct gv_json *j, const struct gv_registry *reg)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_array(j, "projects");
	for (i = 0; i < reg->n; i++) {
		const struct gv_registered *one = &reg->items[i];

		gv_json_object(j, NULL);
		gv_json_string(j, "name", one->name);
		gv_json_path(j, "path", one->path, strlen(one->path));
		gv_json_bool(j, "listed", one->is_listed);
		gv_json_bool(j, "missing", one->is_gone);
		gv_json_string(j, "moved_from", one->was);
		gv_json_uint(j, "times", one->times);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_array(j, "roots");
	for (i = 0; i < reg->n_roots; i++)
		gv_json_path(j, NULL, reg->roots[i], strlen(reg->roots[i]));
	gv_json_end(j);
	gv_json_bool(j, "complete", !reg->is_cut);
	gv_json_end(j);
}

static int
list(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_registry reg;
	int r = gv_registry_load(&reg);

	(void)argc;
	(void)argv;
	if (r < 0)
		goto out;
	gv_registry_remember(&reg);
	gv_out_configure(ctx->out, &reg.config, true);
	if (ctx->json)
		put_list(ctx->json, &reg);
	else
		print_list(ctx, &reg);
	if (reg.is_cut)
		gv_out_warn(ctx->out,
		    "the search below vault.projectRoot ended after %zu "
		    "projects; list the others by name: git vault project add",
		    reg.n);
	if (reg.n == 0)
		gv_out_say(ctx->out,
		    "no project is registered yet; to register this one: git "
		    "vault project add");
out:
	gv_registry_release(&reg);
	return r;
}

/* ---- add and remove ------------------------------------------------------ */

static void
tell_added(struct gv_ctx *ctx, enum gv_registry_fate fate, const char *path,
    const char *was)
{
	static const char *const words[] = {
		[GV_REGISTRY_ADDED] = "added",
		[GV_REGISTRY_KNOWN] = "known",
		[GV_REGISTRY_MOVED] = "moved",
	};
	struct gv_json *j = ctx->json;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_path(j, "path", path, strlen(path));
		gv_json_string(j, "result", words[fate]);
		gv_json_string(j, "moved_from", was);
		gv_json_end(j);
		return;
	}
	gv_out_text(ctx->out, path, strlen(path));
	if (fate == GV_REGISTRY_KNOWN)
		gv_out_printf(ctx->out, " was registered already");
	if (was) {
		gv_out_printf(ctx->out, " replaces ");
		gv_out_text(ctx->out, was, strlen(was));
	}
	gv_out_printf(ctx->out, "\n");
}

static int
add_one(struct gv_ctx *ctx, const char *dir)
{
	struct gv_registry reg;
	enum gv_registry_fate fate;
	char *path = NULL, *was = NULL;
	int r;

	if ((r = gv_registry_load(&reg)) == 0 &&
	    (r = gv_registry_add(&path, &was, &fate, &reg, dir)) == 0)
		tell_added(ctx, fate, path, was);
	free(path);
	free(was);
	gv_registry_release(&reg);
	return r;
}

static int
add(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_json *j = ctx->json;
	int i, r;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_array(j, "projects");
	}
	r = argc ? 0 : add_one(ctx, ".");
	for (i = 0; r == 0 && i < argc; i++)
		r = add_one(ctx, argv[i]);
	if (j) {
		gv_json_end(j);
		gv_json_end(j);
	}
	return r;
}

/* A path may be given as the user sees it. */
static int
find(const struct gv_registered **out, const struct gv_registry *reg,
    const char *name)
{
	char *real = strcmp(name, ".") == 0 || strchr(name, '/')
	    ? gv_entry_real_path(name)
	    : NULL;
	int r = gv_registry_find(out, reg, real ? real : name);

	free(real);
	return r;
}

/* Load the list and find one; fn() does the rest. */
static int
with(struct gv_ctx *ctx, char **argv,
    int (*fn)(struct gv_ctx *ctx, const struct gv_registered *one, char **argv))
{
	const struct gv_registered *one;
	struct gv_registry reg;
	int r;

	if ((r = gv_registry_load(&reg)) == 0 &&
	    (r = find(&one, &reg, argv[0])) == 0)
		r = fn(ctx, one, argv);
	gv_registry_release(&reg);
	return r;
}

static void
tell_path(struct gv_ctx *ctx, const char *key, const char *path)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_path(ctx->json, key, path, strlen(path));
		gv_json_end(ctx->json);
		return;
	}
	gv_out_text(ctx->out, path, strlen(path));
	gv_out_printf(ctx->out, "\n");
}

static int
take_off(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_registered *one;
	struct gv_registry reg;
	int r;

	(void)argc;
	if ((r = gv_registry_load(&reg)) == 0 &&
	    (r = find(&one, &reg, argv[0])) == 0 &&
	    (r = gv_registry_remove(&reg, one)) == 0)
		tell_path(ctx, "removed", one->path);
	gv_registry_release(&reg);
	return r;
}

/* ---- set ----------------------------------------------------------------- */

static int
set_one(struct gv_ctx *ctx, const struct gv_registered *one, char **argv)
{
	int r = gv_registry_set(one, argv[1], argv[2]);

	if (r == 0)
		tell_path(ctx, "set", one->path);
	return r;
}

static int
set(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	return with(ctx, argv, set_one);
}

/* ---- show ---------------------------------------------------------------- */

static int
enter(struct gv_ctx *ctx, const struct gv_registered *one, char **argv)
{
	(void)ctx;
	(void)argv;
	if (one->is_gone)
		return gv_err(GV_ENOTFOUND,
		    "there is no folder %s any more\nhint: git vault project "
		    "list",
		    one->path);
	return gv_crew_enter(one->path);
}

/* The project of the current folder, or the one of that name. */
static int
show(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_repo *repo = NULL;
	struct gv_sight sight = { 0 };
	int r;

	if ((argc && (r = with(ctx, argv, enter)) < 0) ||
	    (r = gv_repo_open(&repo, 0)) < 0)
		return r;
	gv_out_configure(ctx->out, &repo->config, true);
	if ((r = gv_sight_look(&sight, repo, ctx->now)) < 0)
		goto out;
	if (ctx->json)
		gv_sight_out_json(ctx->json, NULL, &sight);
	else
		gv_sight_out_text(ctx, &sight);
out:
	gv_sight_release(&sight);
	gv_repo_close(repo);
	return r;
}

/* ---- link ---------------------------------------------------------------- */

static int
link(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct project_opts *o = ctx->opts;

	(void)argc;
	if (o->from == NULL)
		return gv_err(GV_EUSAGE,
		    "say what it was rewritten from: --from PROJECT");
	return gv_project_link(ctx, argv[0], o->from);
}

static int
unlink_one(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct project_opts *o = ctx->opts;

	(void)argc;
	return gv_project_unlink(ctx, argv[0], o->from);
}

/* ---- the command --------------------------------------------------------- */

static const struct gv_verb verbs[] = {
	{ "list", 0, 0, 0, list },
	{ "add", 0, -1, 0, add },
	{ "remove", 1, 1, 0, take_off },
	{ "show", 0, 1, 0, show },
	{ "set", 2, 3, 0, set },
	{ "link", 1, 1, FROM, link },
	{ "unlink", 1, 1, FROM, unlink_one },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct project_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->from != NULL, FROM, "from" }, { .name = NULL }
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_project = {
	.name = "project",
	.summary = "register projects and describe them",
	.usage = "list\n"
		 "add [DIR]...\n"
		 "remove PROJECT\n"
		 "show [PROJECT]\n"
		 "set PROJECT KEY [VALUE]\n"
		 "link NEW --from OLD\n"
		 "unlink NEW [--from OLD]",
	.group = GV_CMD_LOOK,
	.opts = opts,
	.opts_size = sizeof(struct project_opts),
	.verb = "list",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
