#include "git-vault/good/good.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/near.h"
#include "env/envmap.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/good/good_out.h"
#include "good/good_mark.h"
#include "record/good.h"
#include "record/own.h"
#include "record/record_load.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "rollback/rollback_standing.h"
#include "safe/safe.h"
#include "snapshot/snapshot.h"
#include "sys/env.h"

/* What the pipeline says it builds is not always what is checked out. */
static void
warn(struct gv_ctx *ctx, const struct gv_good *good)
{
	const char *own = good->pipeline.commit;
	char hex[GV_OID_HEX + 1];
	struct gv_oid commit;

	gv_oid_format(hex, &good->code);
	if (own && gv_oid_parse(&commit, own) == 0 &&
	    !gv_oid_equal(&commit, &good->code))
		gv_out_warn(ctx->out,
		    "commit %s was marked, but the pipeline runs for %.40s; "
		    "choose one by --commit",
		    hex, own);
}

/* Refuse to mark HEAD while the environment is rolled back from it. */
static int
check_rollback(struct gv_ctx *ctx, const char *env, const struct gv_snapshot *s)
{
	struct gv_rollback_standing by = { .record = 0 };
	struct gv_record now = { 0 };
	char hex[GV_OID_HEX + 1];
	int r = gv_record_load(&now, ctx->repo, &s->commit);

	if (r == 0)
		r = gv_rollback_stands(&by, ctx->repo, env, &now);
	if (r > 0) {
		gv_oid_format(hex, &ctx->repo->head);
		r = gv_err(GV_EREFUSED,
		    "%s was rolled back here to known-good record %u, and "
		    "commit %.12s has the code from before, such as %s; to "
		    "mark "
		    "the files as they are: git vault good mark --snapshot %s "
		    "%s; to mark the commit all the same: git vault good mark "
		    "--commit HEAD %s",
		    env, by.record, hex, by.path.p, s->id, env, env);
	}
	gv_rollback_standing_release(&by);
	gv_record_release(&now);
	return r;
}

/* Ask the user to back up a key that was created just now. */
static void
tell_keyring(struct gv_ctx *ctx, const struct gv_snapshot *s)
{
	const struct gv_safe_news news = { .is_made = s->made_keyring,
		.identity = s->identity,
		.print = s->print ? s->print : "unknown" };

	if (s->made_keyring)
		gv_identity_opt_tell_news(ctx, &news);
}

/* Take a snapshot for the record, so that a rollback to it restores the files
 * of this clone, not of another one. If nothing changed, the last snapshot is
 * used. */
static int
take_snapshot(struct gv_ctx *ctx, const char *env, const struct gv_good_opts *o)
{
	const struct gv_snapshot_opts take = {
		.trigger = gv_env_get("CI") ? "ci" : "manual",
		.no_scan =
		    !gv_config_bool(&ctx->repo->config, GV_SNAPSHOT_SCAN, true),
		.on_begin = gv_progress_on_begin,
		.on_size = gv_progress_on_size,
		.on_add = gv_progress_on_add,
		.ctx = ctx->progress
	};
	struct gv_snapshot s;
	int r;

	if (o->snapshot || o->commit || o->without_snapshot ||
	    ctx->repo->worktree == NULL || gv_oid_is_zero(&ctx->repo->head))
		return 0;
	r = gv_snapshot_take(&s, ctx->repo, &take);
	if (r < 0)
		return gv_err_in(r,
		    "no snapshot of this working tree can be taken; to mark an "
		    "existing one, add --without-snapshot");
	tell_keyring(ctx, &s);
	if ((r = gv_repo_look_again(ctx->repo)) == 0)
		r = check_rollback(ctx, env, &s);
	gv_snapshot_release(&s);
	return r;
}

/* Name the owner of the snapshot if this working tree has none. */
static int
tell_whose(struct gv_ctx *ctx, const struct gv_good *good)
{
	struct gv_own own = { 0 };
	struct gv_record rec = { 0 };
	int r, len;

	if (good->snapshot_id == NULL)
		return 0;
	if ((r = gv_own_load(&own, ctx->repo)) < 0 ||
	    gv_own_is_here(&own, &good->snapshot) ||
	    (r = gv_record_load(&rec, ctx->repo, &good->snapshot)) < 0)
		goto out;
	len = rec.author ? (int)strcspn(rec.author, "<") : 0;
	while (len > 0 && rec.author[len - 1] == ' ')
		len--;
	gv_out_say(ctx->out,
	    "the record has snapshot %s, taken by %.*s on %s: this working "
	    "tree has none of that commit without changes",
	    rec.id, len ? len : 8, len ? rec.author : "somebody",
	    rec.host ? rec.host : "an unknown host");
out:
	gv_record_release(&rec);
	gv_own_release(&own);
	return r;
}

static void
add_names(struct gv_near *near, bool *is_known, const char *env,
    const struct gv_envmap *map, const struct gv_goods *goods)
{
	const struct gv_envtree_env *const *list;
	size_t i, n = 0;

	list = map ? gv_envtree_list(map->tree, &n) : NULL;
	for (i = 0; i < n; i++) {
		*is_known |= strcmp(list[i]->name, env) == 0;
		gv_near_add(near, list[i]->name, strlen(list[i]->name));
	}
	for (i = 0; i < goods->n; i++) {
		*is_known |= strcmp(goods->all[i].env, env) == 0;
		gv_near_add(near, goods->all[i].env, strlen(goods->all[i].env));
	}
}

/* An environment that nothing knows and whose name is nearly that of another is
 * more often a slip: the other one would lack its record, and a rollback of it
 * go further back than anybody expects. */
static int
check_name(struct gv_ctx *ctx, const char *env, bool is_new)
{
	struct gv_near near = gv_near_within(env, strlen(env), 1);
	struct gv_goods goods = { .n = 0 };
	struct gv_envmap *map = NULL;
	bool is_known = false;
	int r;

	if (is_new)
		return 0;
	if ((r = gv_goods_load(&goods, ctx->repo, NULL)) < 0)
		goto out;
	/* a policy that cannot be read is refused by what needs it */
	r = gv_envmap_load(&map, ctx->repo);
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		goto out;
	add_names(&near, &is_known, env, map, &goods);
	r = is_known || near.name == NULL
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "there is no environment '%s'; did you mean '%s'? To begin "
		  "records of it: git vault good mark --new %s",
		  env, near.name, env);
out:
	gv_envmap_free(map);
	gv_goods_release(&goods);
	return r;
}

/* A record that counts at once needs what a verification would ask for. */
static int
check_drill(struct gv_ctx *ctx, const char *env, enum gv_good_status status)
{
	struct gv_buf detail = GV_BUF_INIT;
	bool passed = true;
	int r = status == GV_GOOD_VERIFIED
	    ? gv_good_cmd_drilled(&passed, &detail, ctx, env)
	    : 0;

	if (r >= 0)
		r = passed ? 0
			   : gv_err(GV_EREFUSED,
				 "%s is not marked as good: %s; to run one: "
				 "git vault drill run; to record the "
				 "deployment without it: git vault good mark "
				 "--status candidate %s",
				 env, detail.p, env);
	gv_buf_release(&detail);
	return r;
}

int
gv_good_cmd_mark(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_good_opts *o = ctx->opts;
	struct gv_good_what what = {
		.env = argv[0],
		.status = o->status < 0 ? GV_GOOD_VERIFIED
					: (enum gv_good_status)o->status,
		.snapshot = o->snapshot,
		.commit = o->commit,
		.artifacts = o->artifacts.items,
		.n_artifacts = o->artifacts.n,
		.images = o->images,
		.evidence = o->evidence.items,
		.n_evidence = o->evidence.n,
		.approvers = o->approvers.items,
		.n_approvers = o->approvers.n,
		.pipeline_url = o->pipeline_url,
		.reason = gv_good_cmd_reason(o),
		.now = ctx->now,
	};
	struct gv_good good = GV_GOOD_INIT;
	struct gv_safe *safe = NULL;
	int r = check_name(ctx, argv[0], o->is_new);

	(void)argc;
	if (r == 0)
		r = check_drill(ctx, argv[0], what.status);
	what.sign = gv_good_cmd_sign(&what.sign_key, o);
	if (r == 0 && (r = take_snapshot(ctx, argv[0], o)) == 0 &&
	    (r = gv_identity_opt_open(&safe, ctx, &o->identities)) == 0)
		r = gv_good_mark(&good, ctx->repo, safe, &what);
	if (r == 0 && o->snapshot == NULL)
		r = tell_whose(ctx, &good);
	if (r == 0) {
		gv_good_out_made(ctx, &good, safe);
		if (o->commit == NULL)
			warn(ctx, &good);
	}
	gv_identity_opt_tell(ctx, safe);
	gv_good_release(&good);
	gv_safe_close(safe);
	return r;
}
