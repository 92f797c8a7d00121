#include "git-vault/recovery/card_known.h"

#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "good/vouch.h"
#include "record/good.h"
#include "record/record_resolve.h"

struct loading {
	struct gv_card_known *out;
	struct gv_ctx *ctx;
	int64_t newest; /* of all so far */
};

static void
add_json(
    struct gv_json *j, const char *env, unsigned n, const struct gv_record *rec)
{
	gv_json_object(j, NULL);
	if (env)
		gv_json_string(j, "environment", env);
	else
		gv_json_null(j, "environment");
	if (n)
		gv_json_uint(j, "record", n);
	else
		gv_json_null(j, "record");
	gv_json_string(j, "snapshot", rec->id);
	gv_json_oid(j, "commit", &rec->commit);
	gv_json_time(j, "time", rec->time);
	gv_json_end(j);
}

/* `env` NULL: this clone took it. */
static void
add(struct loading *l, const char *env, unsigned n, const struct gv_record *rec)
{
	char time[GV_TIME_MAX];

	gv_time_rfc3339(time, rec->time);
	gv_buf_addf(&l->out->lines, "%-12s %.10s %s",
	    env ? env : "(this clone)", time, rec->id);
	if (n)
		gv_buf_addf(&l->out->lines, " record %u", n);
	gv_buf_addch(&l->out->lines, '\n');
	if (*l->out->commit == '\0' || rec->time > l->newest) {
		gv_oid_format(l->out->commit, &rec->commit);
		l->newest = rec->time;
	}
	if (l->ctx->json)
		add_json(l->ctx->json, env, n, rec);
}

/* The newest record of an environment that counts. */
static int
add_env(struct loading *l, const char *env)
{
	struct gv_good good = GV_GOOD_INIT;
	struct gv_record rec = { 0 };
	int r = gv_good_resolve(&good, &rec, l->ctx->repo, env);

	if (r == 0 && good.snapshot_id)
		add(l, env, good.n, &rec);
	gv_good_release(&good);
	gv_record_release(&rec);
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
add_own(struct loading *l)
{
	struct gv_record rec;
	bool is_vouched;
	int r = gv_record_resolve(
	    &rec, l->ctx->repo, &(struct gv_record_query){ .text = "latest" });

	if (r < 0)
		return r == GV_ENOTFOUND ? 0 : r;
	r = gv_vouch_has(&is_vouched, l->ctx->repo, &rec);
	if (r == 0 && is_vouched)
		add(l, NULL, 0, &rec);
	gv_record_release(&rec);
	return r;
}

int
gv_card_known_load(struct gv_card_known *out, struct gv_ctx *ctx)
{
	struct loading l = { .out = out, .ctx = ctx };
	struct gv_goods all = { .n = 0 };
	size_t i;
	int r = gv_goods_load(&all, ctx->repo, NULL);

	*out = (struct gv_card_known){ .lines = GV_BUF_INIT };
	if (ctx->json)
		gv_json_array(ctx->json, "snapshots");
	for (i = 0; r == 0 && i < all.n; i++)
		if (i == 0 || strcmp(all.all[i].env, all.all[i - 1].env) != 0)
			r = add_env(&l, all.all[i].env);
	if (r == 0 && *out->commit == '\0')
		r = add_own(&l);
	if (ctx->json)
		gv_json_end(ctx->json);
	gv_goods_release(&all);
	return r < 0 ? r : gv_buf_check(&out->lines);
}

void
gv_card_known_release(struct gv_card_known *known)
{
	gv_buf_release(&known->lines);
}
