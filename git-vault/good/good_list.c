#include "git-vault/good/good.h"

#include <string.h>

#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/good/good_out.h"
#include "record/good.h"
#include "safe/safe.h"

#define ABBREV 12

static enum gv_out_slot
slot_of(const struct gv_good *good)
{
	if (good->is_candidate)
		return GV_OUT_CHANGED;
	if (good->damage || good->revoked || good->distrust || good->lost ||
	    good->status == GV_GOOD_REVOKED)
		return GV_OUT_REMOVED;
	return good->status == GV_GOOD_VERIFIED ? GV_OUT_ADDED : GV_OUT_CHANGED;
}

static void
print_row(struct gv_ctx *ctx, const struct gv_good *good)
{
	char hex[GV_OID_HEX + 1], age[GV_TIME_MAX];
	const char *why = good->damage ? good->damage
	    : good->revoked            ? good->revoked
	    : good->distrust           ? good->distrust
	    : good->lost               ? good->lost
	    : good->reason             ? good->reason
				       : "";

	gv_out_cell_text(ctx->out, GV_OUT_TAG, good->env);
	gv_out_cell(ctx->out, GV_OUT_ID, "%u", good->n);
	gv_out_cell_text(ctx->out, slot_of(good), gv_good_out_word(good));
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, good->signed_by ? good->signed_by : "-");
	if (good->damage) {
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, "-");
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, "-");
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, "-");
	} else {
		gv_time_relative(age, good->time, ctx->now);
		gv_oid_format(hex, &good->code);
		gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%.*s", ABBREV,
		    gv_oid_is_zero(&good->code) ? "-" : hex);
		gv_out_cell_id(ctx->out, GV_OUT_PLAIN,
		    good->snapshot_id ? good->snapshot_id : "-");
	}
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, why);
}

/* What it says, and what is to be said of it. */
static int
print_one(struct gv_ctx *ctx, struct gv_good *good, struct gv_good_rule *rule,
    const struct gv_safe *safe)
{
	int r;

	if ((r = gv_good_judge(good, rule, ctx->repo)) < 0 ||
	    (r = gv_good_seek(good, ctx->repo)) < 0)
		return r;
	if (ctx->json && (r = gv_good_look(good, ctx->repo)) < 0)
		return r;
	if (ctx->json)
		gv_good_out_json(ctx->json, good, safe);
	else
		print_row(ctx, good);
	return 0;
}

/* Whether it is the one before it by another number: that counts once. */
static bool
is_again(const struct gv_good *one)
{
	return one->damage == NULL && gv_oid_equal(&one[-1].tag, &one->tag);
}

/* The newest of each environment first. */
static int
print(struct gv_ctx *ctx, const struct gv_goods *goods,
    const struct gv_safe *safe)
{
	static const struct gv_out_column columns[] = {
		{ .head = "ENVIRONMENT" },
		{ .head = "N", .right = true },
		{ .head = "STATUS" },
		{ .head = "SIGNED BY", .extra = 1 },
		{ .head = "AGE", .whole = true },
		{ .head = "COMMIT", .whole = true, .extra = 2 },
		{ .head = "SNAPSHOT", .whole = true },
		{ .head = "WHY", .wrap = true },
	};
	const struct gv_good_opts *o = ctx->opts;
	int64_t left = o->limit < 0 ? INT64_MAX : o->limit;
	size_t end, begin, i;
	int r = 0;

	if (ctx->json == NULL)
		gv_out_columns(ctx->out, columns, 8);
	for (begin = 0; r == 0 && begin < goods->n && left > 0; begin = end) {
		for (end = begin; end < goods->n &&
		     strcmp(goods->all[end].env, goods->all[begin].env) == 0;)
			end++;
		for (i = end; r == 0 && i > begin && left > 0; i--) {
			struct gv_good *one = &goods->all[i - 1];

			if (i - 1 > begin && is_again(one))
				continue;
			r = print_one(ctx, one, goods->rule, safe);
			left--;
		}
	}
	if (ctx->json == NULL)
		gv_out_columns_end(ctx->out);
	return r;
}

int
gv_good_cmd_list(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_good_opts *o = ctx->opts;
	struct gv_goods goods = { .n = 0 };
	struct gv_safe *safe = NULL;
	int r = gv_identity_opt_open(&safe, ctx, &o->identities);

	if (r == 0)
		r = gv_goods_load(&goods, ctx->repo, argc ? argv[0] : NULL);
	if (r == 0 && ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "records");
	}
	if (r == 0) {
		r = print(ctx, &goods, safe);
		if (ctx->json) {
			gv_json_end(ctx->json);
			gv_json_end(ctx->json);
		}
	}
	if (r == 0 && goods.n == 0 && ctx->json == NULL)
		gv_out_say(ctx->out,
		    "there is no known-good record%s%s; 'git vault good mark "
		    "%s' makes one",
		    argc ? " of " : "", argc ? argv[0] : "",
		    argc ? argv[0] : "ENV");
	gv_identity_opt_tell(ctx, safe);
	gv_goods_release(&goods);
	gv_safe_close(safe);
	return r;
}
