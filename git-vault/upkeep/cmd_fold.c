#include "git-vault/front/cmd.h"

#include <inttypes.h>

#include "autosave/autosave.h"
#include "base/err.h"
#include "fold/fold.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/upkeep/limit_out.h"
#include "record/trash.h"
#include "repo/repo.h"
#include "retention/limit.h"
#include "retention/thinning.h"
#include "retention/trash_write.h"
#include "search/search_index.h"

struct fold_opts {
	bool is_auto, reclaim, dry_run;
	const char *expire;
	int64_t threads;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "reclaim",
	    .at = offsetof(struct fold_opts, reclaim),
	    .help = "also free the space of deleted snapshots" },
	{ .type = GV_OPT_STRING,
	    .name = "expire",
	    .arg = "TIME",
	    .at = offsetof(struct fold_opts, expire),
	    .help = "with --reclaim: keep younger objects; default: "
		    "2.hours.ago" },
	{ .type = GV_OPT_BOOL,
	    .name = "auto",
	    .at = offsetof(struct fold_opts, is_auto),
	    .help = "only if there are many packs, and at low priority" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct fold_opts, dry_run),
	    .help = "show what would be done, change nothing" },
	{ .type = GV_OPT_INT,
	    .name = "threads",
	    .arg = "N",
	    .at = offsetof(struct fold_opts, threads),
	    .help = "use N threads; default: one per processor, at most 4" },
	GV_OPT_LAST
};

static void
put_limit(struct gv_json *j, const struct gv_limit *limit)
{
	if (limit->limit == 0) {
		gv_json_null(j, "limit");
		return;
	}
	gv_json_object(j, "limit");
	gv_json_uint(j, "bytes", limit->limit);
	gv_json_bool(j, "exceeded", limit->is_over);
	gv_json_uint(j, "saves", limit->n_saves);
	gv_json_uint(j, "snapshots", limit->n_snapshots);
	gv_json_end(j);
}

static void
print_json(struct gv_ctx *ctx, const struct gv_fold_result *res,
    const struct gv_search_indexed *index, const struct gv_limit *limit,
    bool dry_run)
{
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_bool(j, "folded", res->is_folded && !dry_run);
	gv_json_bool(j, "dry_run", dry_run);
	gv_json_uint(j, "packs", res->packs);
	gv_json_uint(j, "objects", res->objects);
	gv_json_uint(j, "bytes", res->bytes);
	gv_json_string(j, "pack", res->name[0] ? res->name : NULL);
	gv_json_uint(j, "new_bytes", res->new_bytes);
	gv_json_uint(j, "held", res->held);
	gv_json_uint(j, "refs", res->refs);
	gv_json_uint(j, "dropped", res->dropped);
	gv_json_uint(j, "young", res->young);
	gv_json_uint(j, "indexed", index->added);
	gv_json_uint(j, "index_bytes", index->size);
	put_limit(j, limit);
	gv_json_end(j);
}

/* What holds packs is a detail, unless nothing was done since it does. */
static void
print_held(struct gv_ctx *ctx, const struct gv_fold_result *res, bool is_auto)
{
	static const char why[] =
	    "a .keep, a bitmap, a promisor or a multi-pack-index";
	char n[GV_OUT_SIZE_MAX];

	gv_out_count(n, res->held, "pack");
	if (res->held && (res->is_folded || is_auto))
		gv_out_detail(ctx->out, "left %s alone that %s holds", n, why);
	else if (res->held)
		gv_out_printf(
		    ctx->out, "left %s alone that %s holds\n", n, why);
}

static void
print_text(struct gv_ctx *ctx, const struct gv_fold_result *res,
    const struct fold_opts *o)
{
	char packs[GV_OUT_SIZE_MAX], old[GV_OUT_SIZE_MAX];
	char now[GV_OUT_SIZE_MAX], n[GV_OUT_SIZE_MAX];

	if (ctx->verbosity < 0)
		return;
	gv_out_count(packs, res->packs, "pack");
	gv_out_size(old, res->bytes);
	gv_out_size(now, res->new_bytes);
	gv_out_count(n, res->dropped, "object");
	if (!res->is_folded)
		gv_out_printf(ctx->out, "nothing to %s\n",
		    o->reclaim ? "reclaim" : "fold");
	else if (o->dry_run)
		gv_out_printf(ctx->out, "would fold %s (%s)\n", packs, old);
	else
		gv_out_printf(
		    ctx->out, "folded %s (%s) into %s\n", packs, old, now);
	if (res->dropped)
		gv_out_printf(ctx->out, "%s %s that nothing reaches\n",
		    o->dry_run ? "would drop" : "dropped", n);
	gv_out_count(n, res->young, "object");
	if (res->young)
		gv_out_printf(ctx->out,
		    "%s that nothing reaches %s too young to go (see "
		    "--expire)\n",
		    n, res->young == 1 ? "is" : "are");
	gv_out_count(n, res->refs, "ref");
	if (res->refs)
		gv_out_printf(ctx->out, "packed %s\n", n);
	print_held(ctx, res, o->is_auto);
}

/* Automatic saves that their rules let go; see retention/thinning.h. */
static void
thin(struct gv_ctx *ctx)
{
	size_t n;
	const int r = gv_thinning_apply(&n, ctx->repo, ctx->now);

	if (r < 0 && r != GV_ELOCKED && r != GV_EEXISTS && r != GV_EREFUSED)
		gv_out_warn(ctx->out, "older automatic saves stay: %s",
		    gv_err_message());
	else if (n)
		gv_out_detail(ctx->out, "removed older automatic saves");
}

/* The index for searches. A search finds the same without it, so no failure of
 * it is one of the fold. */
static int
update_index(struct gv_ctx *ctx, bool strict, struct gv_search_indexed *index)
{
	char n[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX];
	int r = gv_search_index_update(index, ctx->repo, strict);

	if (r == GV_ECANCELED || r == GV_ENOMEM)
		return r;
	if (r < 0 && r != GV_ELOCKED && r != GV_EREFUSED)
		gv_out_warn(ctx->out,
		    "the index for searches was not updated: %s",
		    gv_err_message());
	gv_out_count(n, index->added, "version");
	gv_out_size(size, index->size);
	if (index->added && ctx->json == NULL)
		gv_out_say(ctx->out,
		    "indexed %s of files for search (index: %s)", n, size);
	return 0;
}

static int
check(const struct fold_opts *o)
{
	if (o->expire && !o->reclaim)
		return gv_err(
		    GV_EUSAGE, "--expire limits --reclaim; give both");
	if (o->is_auto && o->reclaim)
		return gv_err(GV_EUSAGE,
		    "--auto reclaims where it is due: leave --reclaim out");
	return 0;
}

/* What has expired in the trash is not folded. */
static void
expire_trash(struct gv_ctx *ctx, const struct fold_opts *o)
{
	size_t n;

	if (!o->dry_run && gv_trash_expire(&n, ctx->repo, ctx->now, false) < 0)
		gv_out_warn(ctx->out, "expired entries stay in the trash: %s",
		    gv_err_message());
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct fold_opts *o = ctx->opts;
	struct gv_fold_opts how = { .is_auto = o->is_auto,
		.dry_run = o->dry_run,
		.threads = (int)o->threads,
		.expire = o->expire,
		.begin = gv_progress_on_begin,
		.add = gv_progress_on_add,
		.ctx = ctx->progress };
	struct gv_search_indexed index = { .added = 0 };
	struct gv_limit limit = { .limit = 0 };
	struct gv_fold_result res;
	int r = check(o);

	(void)argc;
	(void)argv;
	if (r < 0)
		goto out;
	expire_trash(ctx, o);
	r = o->reclaim   ? gv_fold_reclaim(&res, ctx->repo, &how)
	    : o->is_auto ? gv_fold_upkeep(&res, ctx->repo, &how)
			 : gv_fold_run(&res, ctx->repo, &how);
out:
	/* in the background somebody else's fold will do as well */
	if (r == GV_ELOCKED && o->is_auto)
		return 0;
	if (r < 0)
		return r;
	if (ctx->json == NULL)
		print_text(ctx, &res, o);
	if (!o->dry_run)
		thin(ctx);
	if ((r = gv_limit_out_apply(&limit, ctx, o->dry_run)) < 0)
		return r;
	/* of what is gone, the index is to know nothing either */
	if (!o->dry_run)
		r = update_index(ctx, o->reclaim || res.dropped, &index);
	if (r == 0 && ctx->json)
		print_json(ctx, &res, &index, &limit, o->dry_run);
	return r;
}

const struct gv_cmd cmd_fold = {
	.name = "fold",
	.summary = "pack snapshots together to save space",
	.usage = "[--dry-run]\n--reclaim [--expire TIME] [--dry-run]\n--auto",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct fold_opts),
	.run = run,
};
