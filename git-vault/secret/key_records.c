#include "git-vault/secret/key_records.h"

#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "record/good.h"

#define MOST 20 /* are named; good list has all */

/* One that nobody vouches for since its signer left. */
static bool
is_left(const struct gv_good *one, const char *name)
{
	return one->damage == NULL && one->is_candidate &&
	    one->who == GV_GOOD_WHO_FORMER && one->signed_by &&
	    strcmp(one->signed_by, name) == 0;
}

static void
tell(
    struct gv_ctx *ctx, const struct gv_goods *goods, const struct gv_good *one)
{
	const struct gv_good *of;

	if (one->status == GV_GOOD_CANDIDATE || one->revoked)
		return;
	if (one->status == GV_GOOD_VERIFIED) {
		gv_out_say(ctx->out,
		    "record %u of %s no longer counts; to sign it again: git "
		    "vault good verify %s %u",
		    one->n, one->env, one->env, one->n);
		return;
	}
	of = gv_goods_find_tag(goods, &one->revokes);
	if (of && of->revoked == NULL)
		gv_out_say(ctx->out,
		    "record %u of %s no longer revokes record %u; to revoke "
		    "that again: git vault good revoke --reason TEXT %s %u",
		    one->n, one->env, of->n, one->env, of->n);
}

void
gv_key_records_tell(struct gv_ctx *ctx, const char *name)
{
	struct gv_goods goods = { .n = 0 };
	size_t i, told = 0;
	int r = gv_goods_load(&goods, ctx->repo, NULL);

	for (i = goods.n; r == 0 && i > 0 && told < MOST; i--) {
		struct gv_good *one = &goods.all[i - 1];

		r = gv_good_judge(one, goods.rule, ctx->repo);
		if (r == 0 && is_left(one, name)) {
			tell(ctx, &goods, one);
			told++;
		}
	}
	if (r < 0)
		gv_out_warn(ctx->out,
		    "cannot read which known-good records %s signed: %s", name,
		    gv_err_message());
	gv_goods_release(&goods);
}
