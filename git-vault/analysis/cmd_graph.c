#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "env/envmap.h"
#include "git-vault/analysis/graph_out.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "graph/depgraph_change.h"
#include "graph/depgraph_load.h"
#include "infra/envtree.h"
#include "object/repo_odb.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "sys/heap.h"
#include "vault/ledger.h"

enum format { TEXT, JSON, DOT, MERMAID, SVG, HTML };

static const char *const formats[] = { "text", "json", "dot", "mermaid", "svg",
	"html", NULL };

struct graph_opts {
	const char *env, *path, *impact, *at;
	int64_t depth;
	bool reverse;
	int format;
};

static const struct graph_opts defaults = { .depth = 1 };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .kind = GV_OPT_ENV,
	    .at = offsetof(struct graph_opts, env),
	    .help = "only what belongs to this environment" },
	{ .type = GV_OPT_STRING,
	    .name = "path",
	    .arg = "PATH",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct graph_opts, path),
	    .help = "what this file or directory depends on, and what uses "
		    "it" },
	{ .type = GV_OPT_INT,
	    .name = "depth",
	    .arg = "N",
	    .at = offsetof(struct graph_opts, depth),
	    .help = "follow N steps from PATH; 0: all; default: 1" },
	{ .type = GV_OPT_BOOL,
	    .name = "reverse",
	    .at = offsetof(struct graph_opts, reverse),
	    .help = "with --path, only what uses it" },
	{ .type = GV_OPT_STRING,
	    .name = "impact",
	    .arg = "A..B",
	    .at = offsetof(struct graph_opts, impact),
	    .help = "what depends on the files that changed between two "
		    "commits or snapshots" },
	{ .type = GV_OPT_STRING,
	    .name = "at",
	    .arg = "SNAP",
	    .kind = GV_OPT_SNAPSHOT,
	    .at = offsetof(struct graph_opts, at),
	    .help = "read a snapshot or commit, not the working tree" },
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORMAT",
	    .choices = formats,
	    .at = offsetof(struct graph_opts, format),
	    .help = "print text, json, dot, mermaid, svg or html" },
	GV_OPT_LAST
};

/* The tree of the files of a snapshot or commit. */
static int
tree_of(struct gv_oid *tree, struct gv_ctx *ctx, const char *text)
{
	struct gv_record rec = { .text = NULL };
	struct gv_oid commit;
	struct gv_ledger at;
	struct gv_odb *odb;
	int r = gv_record_resolve(&rec, ctx->repo,
	    &(struct gv_record_query){
		.text = text, .deleted = true, .commit = &commit });

	if (r < 0)
		return r;
	if (r == 0) {
		*tree = rec.tree;
		gv_record_release(&rec);
		return 0;
	}
	if ((r = gv_repo_odb(ctx->repo, &odb)) < 0 ||
	    (r = gv_ledger_load(&at, odb, &commit)) < 0)
		return r;
	*tree = at.tree;
	return 0;
}

/* Both sides of A..B; one that is left out is HEAD. */
static int
trees_of(struct gv_oid trees[2], struct gv_ctx *ctx, const char *range)
{
	const char *dots = strstr(range, "..");
	char *first;
	int r;

	if (dots == NULL)
		return gv_err(GV_EUSAGE,
		    "--impact wants two commits or snapshots, A..B; to compare "
		    "with now: %s..HEAD",
		    range);
	first = strndup(range, (size_t)(dots - range));
	if (first == NULL)
		return gv_err_nomem();
	r = tree_of(&trees[0], ctx, *first ? first : "HEAD");
	if (r == 0)
		r = tree_of(&trees[1], ctx, dots[2] ? dots + 2 : "HEAD");
	free(first);
	return r;
}

static int
check(const struct gv_ctx *ctx, const struct graph_opts *o)
{
	if (ctx->json && o->format > JSON)
		return gv_err(GV_EUSAGE,
		    "--json and --format %s exclude each other",
		    formats[o->format]);
	if (o->path && o->impact)
		return gv_err(
		    GV_EUSAGE, "--path and --impact exclude each other");
	if (o->at && o->impact)
		return gv_err(GV_EUSAGE,
		    "--at and --impact exclude each other; --impact reads the "
		    "second of its commits");
	if (o->reverse && !o->path)
		return gv_err(GV_EUSAGE, "--reverse goes with --path");
	if (o->depth != 1 && !o->path)
		return gv_err(GV_EUSAGE, "--depth goes with --path");
	return 0;
}

static int
check_env(const struct gv_depgraph_loaded *loaded, const char *env)
{
	if (env == NULL || gv_envtree_find(loaded->map->tree, env))
		return 0;
	return gv_envtree_unknown(loaded->map->tree, env);
}

static int
pick(struct gv_graph_pick *out, const struct gv_depgraph *g,
    const struct graph_opts *o, const struct gv_buf *path,
    const struct gv_depgraph_changes *changes)
{
	if (o->impact)
		return gv_graph_pick_impact(out, g, changes, o->env);
	if (o->path)
		return gv_graph_pick_path(out, g, path->p, o->env,
		    o->depth < UINT32_MAX ? (uint32_t)o->depth : 0, o->reverse);
	return gv_graph_pick_all(out, g, o->env);
}

static int
print(struct gv_ctx *ctx, const struct gv_graph_pick *picked,
    const struct graph_opts *o, const struct gv_depgraph_changes *changes)
{
	if (ctx->json || o->format == JSON)
		return gv_graph_out_json(
		    ctx, picked, o->impact ? changes : NULL);
	if (o->format == DOT)
		return gv_graph_out_dot(ctx, picked);
	if (o->format == MERMAID)
		return gv_graph_out_mermaid(ctx, picked);
	if (o->format == SVG || o->format == HTML)
		return gv_graph_out_picture(
		    ctx, picked, o->env, o->format == HTML);
	if (o->impact)
		return gv_graph_out_impact(ctx, picked, changes);
	return o->path ? gv_graph_out_path(ctx, picked)
		       : gv_graph_out_summary(ctx, picked);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct graph_opts *o = ctx->opts;
	struct gv_depgraph_loaded loaded = { .map = NULL };
	struct gv_depgraph_changes changes = { .n = 0 };
	struct gv_graph_pick picked = { .g = NULL };
	struct gv_buf path = GV_BUF_INIT;
	struct gv_oid trees[2];
	bool has_tree = o->at || o->impact;
	int r;

	(void)argc;
	(void)argv;
	gv_heap_apart();
	if ((r = check(ctx, o)) < 0 ||
	    (o->path &&
		(r = gv_place_from_top(&path, ctx->repo, o->path)) < 0) ||
	    (o->at && (r = tree_of(&trees[1], ctx, o->at)) < 0) ||
	    (o->impact && (r = trees_of(trees, ctx, o->impact)) < 0) ||
	    (o->impact &&
		(r = gv_depgraph_changes(
		     &changes, ctx->repo, &trees[0], &trees[1])) < 0) ||
	    (r = gv_depgraph_load(
		 &loaded, ctx->repo, has_tree ? &trees[1] : NULL, 0)) < 0 ||
	    (r = check_env(&loaded, o->env)) < 0 ||
	    (r = pick(&picked, &loaded.graph, o, &path, &changes)) < 0)
		goto out;
	/* what was probably meant by a missing name is text alone */
	if (o->format == TEXT && !ctx->json)
		r = gv_depgraph_unsettle(&loaded.graph);
	if (r == 0)
		r = print(ctx, &picked, o, &changes);
out:
	gv_graph_pick_release(&picked);
	gv_depgraph_unload(&loaded);
	gv_depgraph_changes_release(&changes);
	gv_buf_release(&path);
	return r;
}

const struct gv_cmd cmd_graph = {
	.name = "graph",
	.summary = "show what depends on what in infrastructure code",
	.usage = "[--env ENV] [--at SNAP] [--format FORMAT]\n"
		 "--path PATH [--depth N] [--reverse] [--env ENV] "
		 "[--at SNAP] [--format FORMAT]\n"
		 "--impact A..B [--env ENV] [--format FORMAT]",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_PAGER | GV_CMD_FORMAT,
	.opts = opts,
	.opts_size = sizeof(struct graph_opts),
	.defaults = &defaults,
	.run = run,
};
