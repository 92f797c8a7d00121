#include "git-vault/front/cmd.h"

#include "fold/fold.h"
#include "git-vault/front/harm.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/reason_opt.h"
#include "git-vault/upkeep/reclaim_out.h"
#include "git-vault/upkeep/removal_consent.h"
#include "retention/removal.h"

struct delete_opts {
	bool dry_run, force, reclaim, no_trash, approve, unapproved, yes;
	const char *reason;
	struct gv_opt_list identities;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct delete_opts, dry_run),
	    .help = "show what would be deleted, delete nothing" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'f',
	    .name = "force",
	    .at = offsetof(struct delete_opts, force),
	    .help = "delete damaged snapshots too, by id" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-trash",
	    .at = offsetof(struct delete_opts, no_trash),
	    .help = "skip the trash: undelete cannot restore them" },
	{ .type = GV_OPT_BOOL,
	    .name = "reclaim",
	    .at = offsetof(struct delete_opts, reclaim),
	    .help = "free their space now" },
	{ .type = GV_OPT_BOOL,
	    .name = "approve",
	    .at = offsetof(struct delete_opts, approve),
	    .help = "approve the deletion by somebody else, delete nothing" },
	GV_UNAPPROVED_OPT(struct delete_opts, unapproved),
	GV_REASON_OPT(struct delete_opts, reason),
	GV_IDENTITY_OPT(struct delete_opts, identities),
	GV_HARM_OPT(struct delete_opts, yes), GV_OPT_LAST
};

static void
print_json(struct gv_ctx *ctx, const struct gv_removal *del, bool dry_run)
{
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_bool(j, "dry_run", dry_run);
	gv_json_array(j, "deleted");
	for (i = 0; i < del->n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "id", del->items[i].id);
		gv_json_oid(j, "commit", &del->items[i].commit);
		gv_json_end(j);
	}
	gv_json_end(j);
}

/* How many of them the trash has. */
static size_t
count_trashed(const struct gv_removal *del)
{
	size_t i, n = 0;

	for (i = 0; i < del->n; i++)
		n += !del->no_trash && !del->items[i].is_damaged;
	return n;
}

static void
print_text(struct gv_ctx *ctx, const struct gv_removal *del, bool dry_run)
{
	char hex[GV_OID_HEX + 1], count[GV_OUT_SIZE_MAX];
	const size_t n = count_trashed(del);
	size_t i;

	for (i = 0; i < del->n; i++) {
		gv_oid_format(hex, &del->items[i].commit);
		gv_out_id(ctx->out, del->items[i].id);
		gv_out_printf(ctx->out, " %s\n", hex);
	}
	gv_out_count(count, del->n, "snapshot");
	if (dry_run)
		gv_out_say(ctx->out, "would delete %s", count);
	else if (n == 1 && del->n == 1)
		gv_out_say(ctx->out,
		    "deleted %s; to bring it back: git vault undelete %s",
		    count, del->items[0].id);
	else if (n)
		gv_out_say(ctx->out,
		    "deleted %s; to list the trash: git vault list --deleted",
		    count);
	else
		gv_out_say(ctx->out, "deleted %s for good", count);
}

/* Delete what the policy lets go. */
static int delete (
    struct gv_removal *del, struct gv_ctx *ctx, int argc, char **argv)
{
	const struct delete_opts *o = ctx->opts;
	struct gv_removal_consent consent = { .way = GV_POLICY_DELETE,
		.reason = o->reason,
		.gives = o->approve,
		.unapproved = o->unapproved,
		.dry_run = o->dry_run,
		.is_for_good = o->no_trash,
		.identities = &o->identities };
	struct gv_removal_opts how = { .force = o->force,
		.dry_run = o->dry_run || o->approve,
		.no_trash = o->no_trash,
		.reason = o->reason,
		.now = ctx->now,
		.agree = gv_removal_consent_ask,
		.data = &consent };
	int r = gv_removal_consent_open(&consent, ctx);

	how.safe = consent.safe;
	gv_buf_addstr(&consent.words, o->no_trash ? " --no-trash" : "");
	gv_buf_addstr(&consent.words, o->force ? " --force" : "");
	if (r == 0 && (r = gv_buf_check(&consent.words)) == 0)
		r = gv_removal_run(del, ctx->repo, (const char *const *)argv,
		    (size_t)argc, &how);
	gv_removal_consent_close(&consent);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct delete_opts *o = ctx->opts;
	struct gv_removal del = { 0 };
	struct gv_fold_result space;
	int reclaim = 0, r = delete (&del, ctx, argc, argv);

	if (r < 0 || o->approve) {
		gv_removal_release(&del);
		return r;
	}
	if (ctx->json)
		print_json(ctx, &del, o->dry_run);
	else
		print_text(ctx, &del, o->dry_run);
	if (o->reclaim && !o->dry_run && count_trashed(&del))
		gv_out_say(ctx->out,
		    "the trash keeps their space; to free it now: git vault "
		    "prune --empty-trash");
	if (o->reclaim && !o->dry_run) {
		reclaim = gv_reclaim_run(&space, ctx);
		gv_reclaim_out(ctx, &space, reclaim);
	}
	if (ctx->json)
		gv_json_end(ctx->json);
	gv_removal_release(&del);
	return reclaim;
}

const struct gv_cmd cmd_delete = {
	.name = "delete",
	.summary = "delete snapshots",
	.usage = "[-n] [-f] [-y] [--no-trash] [--reclaim] [--without-approval] "
		 "[--reason TEXT] SNAP...\n"
		 "[--no-trash] [--reason TEXT] --approve SNAP...",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct delete_opts),
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT },
	.run = run,
};
