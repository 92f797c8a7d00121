#include "git-vault/good/good.h"

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "policy/freeze.h"
#include "policy/team.h"
#include "record/good.h"
#include "record/record_resolve.h"
#include "repo/oid.h"

#define ABBREV 12

static int
find(struct gv_oid *out, const char *commit)
{
	int r = gv_record_commit(out, commit);

	return r > 0 ? 0
	    : r < 0
	    ? r
	    : gv_err(GV_ENOTFOUND,
		  "this clone has no commit '%s'; in a pipeline, check out the "
		  "commit that it deploys",
		  commit);
}

/* Whether anything may be changed there now. */
static int
find_freeze(struct gv_buf *out, struct gv_policy_frozen *frozen,
    const struct gv_ctx *ctx, const char *env)
{
	struct gv_policy policy;
	int r = gv_team_load(&policy, ctx->repo);

	frozen->text = NULL;
	if (r < 0)
		return r;
	r = gv_freeze_at(frozen, &policy, env, ctx->now);
	if (r > 0)
		gv_freeze_say(out, frozen, &policy, env);
	frozen->text = NULL; /* it was the policy's */
	gv_policy_release(&policy);
	return r < 0 ? r : gv_buf_check(out);
}

/* What is said of a commit. */
struct answer {
	const char *env, *hex;
	bool is_known, is_bad;
	struct gv_buf why;    /* it was revoked */
	struct gv_buf frozen; /* nothing may be changed there now; len 0 */
	struct gv_policy_frozen window;
};

static void
out_json(struct gv_json *j, const struct answer *a)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "environment", a->env);
	gv_json_string(j, "commit", a->hex);
	gv_json_bool(j, "known", a->is_known);
	gv_json_bool(j, "revoked", a->is_bad);
	gv_json_string(j, "reason", a->is_bad ? a->why.p : NULL);
	if (a->frozen.len) {
		gv_json_object(j, "frozen");
		gv_json_time(j, "until", a->window.ends);
		gv_json_text(j, "reason", a->frozen.p, a->frozen.len);
		gv_json_end(j);
	} else {
		gv_json_null(j, "frozen");
	}
	gv_json_end(j);
}

/* On one line: the reason is anybody's, and pipelines read what is printed. */
static void
print(struct gv_out *out, const struct gv_buf *why)
{
	gv_out_text(out, why->p, why->len);
	gv_out_printf(out, "\n");
}

/* Warn of what may have to be known before "nobody has": damaged records, of
 * which one may be a revocation, and none at all, since before the first
 * deployment there is none, and none of a name that is not meant either. */
static int
warn(bool *is_known, struct gv_ctx *ctx, const char *env)
{
	struct gv_goods goods = { .n = 0 };
	size_t i;
	int r = gv_goods_load(&goods, ctx->repo, env);

	for (i = 0; r == 0 && i < goods.n; i++)
		if (goods.all[i].damage)
			gv_out_warn(ctx->out,
			    "record %u of %s is damaged and cannot be read: %s",
			    goods.all[i].n, env, goods.all[i].damage);
	*is_known = goods.n > 0;
	if (r == 0 && goods.n == 0)
		gv_out_warn(ctx->out,
		    "this clone has no record of %s, so nothing can be revoked "
		    "for it; 'git vault sync' fetches records, and 'git vault "
		    "good list' prints the names of environments",
		    env);
	gv_goods_release(&goods);
	return r;
}

int
gv_good_cmd_check(struct gv_ctx *ctx, int argc, char **argv)
{
	char hex[GV_OID_HEX + 1];
	struct answer a = { .env = argv[0],
		.hex = hex,
		.is_known = true,
		.why = GV_BUF_INIT,
		.frozen = GV_BUF_INIT };
	struct gv_oid commit;
	int r;

	if ((r = find(&commit, argc > 1 ? argv[1] : "HEAD")) < 0 ||
	    (r = gv_good_is_revoked(
		 &a.is_bad, &a.why, ctx->repo, a.env, &commit)) < 0 ||
	    (r = gv_buf_check(&a.why)) < 0 ||
	    (!a.is_bad && (r = warn(&a.is_known, ctx, a.env)) < 0) ||
	    (r = find_freeze(&a.frozen, &a.window, ctx, a.env)) < 0)
		goto out;
	gv_oid_format(hex, &commit);
	if (ctx->json)
		out_json(ctx->json, &a);
	else if (a.is_bad || a.frozen.len)
		print(ctx->out, a.is_bad ? &a.why : &a.frozen);
	else
		gv_out_say(ctx->out, "nobody has revoked commit %.*s for %s",
		    ABBREV, hex, a.env);
	r = a.is_bad || a.frozen.len;
out:
	gv_buf_release(&a.why);
	gv_buf_release(&a.frozen);
	return r;
}
