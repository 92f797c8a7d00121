#include <inttypes.h>

#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/share/replicate.h"
#include "git-vault/upkeep/purge_copies.h"
#include "replica/replica.h"

#define GRACE (7 * INT64_C(86400))

static void
put(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_pruned *p, bool dry_run)
{
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "target", t->name);
	gv_json_bool(j, "dry_run", dry_run);
	gv_json_bool(j, "folded", p->is_folded);
	gv_json_uint(j, "packs", p->packs);
	gv_json_uint(j, "manifests", p->manifests);
	gv_json_uint(j, "bundles", p->bundles);
	gv_json_uint(j, "bytes", p->bytes);
	gv_json_uint(j, "waiting", p->waiting);
	gv_json_uint(j, "locked", p->locked);
	gv_json_uint(j, "versions", p->versions);
	gv_json_uint(j, "version_bytes", p->version_bytes);
	gv_json_uint(j, "versions_locked", p->versions_locked);
	gv_json_uint(j, "versions_denied", p->versions_denied);
	gv_json_uint(j, "versions_left_bytes", p->versions_left_bytes);
	if (p->versions_until)
		gv_json_time(j, "versions_until", p->versions_until);
	else
		gv_json_null(j, "versions_until");
	gv_json_bool(j, "versions_known", !p->is_blind);
	gv_json_uint(j, "kept_back", p->kept_back);
	gv_json_uint(j, "purge_pending", gv_purge_copies_owed(ctx, t->name));
	gv_json_uint(j, "requests", p->requests);
	gv_json_end(j);
}

/* What a bucket hides of what was deleted costs money. */
static void
say_versions(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_pruned *p)
{
	const struct replicate_opts *o = ctx->opts;
	char n[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX], day[GV_TIME_MAX];

	gv_out_count(n, p->versions, "hidden version");
	gv_out_size(size, p->version_bytes);
	if (p->versions)
		gv_out_say(ctx->out, "%s: %s %s of deleted objects (%s)",
		    t->name, o->dry_run ? "would delete" : "deleted", n, size);
	gv_out_count(n, p->versions_denied, "hidden version");
	if (p->versions_denied)
		gv_out_warn(ctx->out,
		    "%s of deleted objects stay in %s and cost money: this "
		    "host may not delete them. With a credential that may: git "
		    "vault replicate prune %s",
		    n, t->url, t->name);
	gv_out_count(n, p->versions_locked, "hidden version");
	gv_time_rfc3339(day, p->versions_until);
	if (p->versions_locked)
		gv_out_say(ctx->out,
		    "%s of deleted objects locked in the store%s%.10s", n,
		    p->versions_until ? " until " : "",
		    p->versions_until ? day : "");
	if (p->is_blind)
		gv_out_warn(ctx->out,
		    "%s does not let this host list versions: if it keeps "
		    "them, what was removed still costs money. With a "
		    "credential that may list them: git vault replicate prune "
		    "%s",
		    t->url, t->name);
}

static void
say(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_pruned *p)
{
	const struct replicate_opts *o = ctx->opts;
	char n[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX];

	gv_out_count(n, p->packs, "pack");
	gv_out_size(size, p->bytes);
	if (p->packs == 0)
		gv_out_say(ctx->out, "%s: no pack to remove", t->name);
	else
		gv_out_say(ctx->out, "%s: %s %s (%s)", t->name,
		    o->dry_run ? "would remove" : "removed", n, size);
	gv_out_count(n, p->bundles, "bundle");
	if (p->bundles)
		gv_out_say(ctx->out, "%s: %s %s", t->name,
		    o->dry_run ? "would remove" : "removed", n);
	gv_out_count(n, p->waiting, "object");
	if (p->waiting)
		gv_out_say(ctx->out,
		    "%s not needed any more, and removed once the grace time "
		    "is over",
		    n);
	gv_out_count(n, p->kept_back, "ref");
	if (p->kept_back)
		gv_out_say(ctx->out,
		    "%s with a likely secret kept back; for which: git vault "
		    "replicate push -n %s",
		    n, t->name);
	gv_out_count(n, p->locked, "object");
	if (p->locked)
		gv_out_say(ctx->out, "%s locked in the store", n);
	say_versions(ctx, t, p);
	gv_purge_copies_remind(ctx, t->name);
}

static int
prune_one(
    struct gv_ctx *ctx, struct gv_replica *rep, const struct gv_target *target)
{
	const struct replicate_opts *o = ctx->opts;
	struct gv_replica_prune_opts how = {
		.grace = GRACE, .dry_run = o->dry_run, .keeps_packs = o->no_fold
	};
	struct gv_replica_pruned pruned;
	int r;

	if (o->grace && gv_time_parse_span(&how.grace, o->grace) < 0)
		return gv_err(GV_EUSAGE,
		    "--grace wants a length of time, such as 7d, not '%s'",
		    o->grace);
	if ((r = gv_replica_prune(&pruned, rep, &how)) < 0)
		return r;
	if (ctx->json)
		put(ctx, target, &pruned, o->dry_run);
	else
		say(ctx, target, &pruned);
	return 0;
}

int
gv_replicate_prune(struct gv_ctx *ctx, int argc, char **argv)
{
	return gv_replicate_each(ctx, argc, argv, prune_one);
}
