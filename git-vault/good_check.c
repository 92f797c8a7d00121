#include "good.h"

#include "base/buf.h"
#include "base/err.h"
#include "cmd.h"
#include "json.h"
#include "out.h"
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

static void
out_json(struct gv_json *j, const char *env, const char *hex, bool is_known,
    const char *why)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "environment", env);
	gv_json_string(j, "commit", hex);
	gv_json_bool(j, "known", is_known);
	gv_json_bool(j, "revoked", why != NULL);
	gv_json_string(j, "reason", why);
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
	const char *env = argv[0];
	struct gv_buf why = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_oid commit;
	bool is_bad = false, is_known = true;
	int r;

	if ((r = find(&commit, argc > 1 ? argv[1] : "HEAD")) < 0)
		goto out;
	r = gv_good_is_revoked(&is_bad, &why, ctx->repo, env, &commit);
	if (r < 0 || (r = gv_buf_check(&why)) < 0)
		goto out;
	if (!is_bad && (r = warn(&is_known, ctx, env)) < 0)
		goto out;
	gv_oid_format(hex, &commit);
	if (ctx->json)
		out_json(ctx->json, env, hex, is_known, is_bad ? why.p : NULL);
	else if (is_bad)
		print(ctx->out, &why);
	else
		gv_out_say(ctx->out, "nobody has revoked commit %.*s for %s",
		    ABBREV, hex, env);
	r = is_bad;
out:
	gv_buf_release(&why);
	return r;
}
