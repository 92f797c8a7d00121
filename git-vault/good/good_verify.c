#include "git-vault/good/good.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/good/good_out.h"
#include "good/good_check.h"
#include "good/good_gather.h"
#include "good/good_mark.h"
#include "record/good.h"
#include "record/good_rule.h"
#include "safe/safe.h"
#include "sys/cancel.h"

/* Whether it is a candidate by its own word, of a key that the keyring lists:
 * that a job with a write-only key deployed something is what a verification
 * starts from. */
static bool
is_of_job(const struct gv_good *good)
{
	return good->is_candidate && good->status == GV_GOOD_CANDIDATE &&
	    good->who == GV_GOOD_WHO_WRITER;
}

/* The newest that says of something that it was deployed, was not taken back,
 * and counts or is a job's; else NULL. */
static int
find_newest(
    struct gv_good **out, struct gv_ctx *ctx, const struct gv_goods *goods)
{
	size_t i;
	int r;

	*out = NULL;
	for (i = goods->n; i > 0; i--) {
		struct gv_good *one = &goods->all[i - 1];

		if (one->damage || one->revoked ||
		    one->status == GV_GOOD_REVOKED)
			continue;
		r = gv_good_judge(one, goods->rule, ctx->repo);
		if (r < 0)
			return r;
		if (one->distrust == NULL || is_of_job(one)) {
			*out = one;
			return 0;
		}
		gv_out_warn(ctx->out, "record %u of %s is passed over: %s",
		    one->n, one->env, one->distrust);
		if (one->is_candidate && one->who != GV_GOOD_WHO_ELSEWHERE)
			gv_out_say(ctx->out,
			    "to verify it and sign that: git vault good verify "
			    "%s %u",
			    one->env, one->n);
	}
	return 0;
}

/* The one that is named. */
static int
find_number(struct gv_good **out, struct gv_ctx *ctx,
    const struct gv_goods *goods, const char *env, unsigned n)
{
	struct gv_good *one = gv_goods_find(goods, env, n);

	*out = one;
	return one ? gv_good_judge(one, goods->rule, ctx->repo) : 0;
}

/* What is found is one that can be promoted. */
static int
find(struct gv_good **out, struct gv_ctx *ctx, const struct gv_goods *goods,
    const char *env, unsigned n)
{
	int r = n ? find_number(out, ctx, goods, env, n)
		  : find_newest(out, ctx, goods);

	if (r < 0)
		return r;
	if (*out == NULL && n)
		return gv_err(
		    GV_ENOTFOUND, "there is no record %u of %s", n, env);
	if (*out == NULL)
		return gv_err(GV_ENOTFOUND,
		    "%s has no record to verify; to record what is deployed: "
		    "git vault good mark %s",
		    env, env);
	if ((*out)->damage)
		return gv_err(GV_ECORRUPT, "record %u of %s is damaged: %s", n,
		    env, (*out)->damage);
	if ((*out)->distrust && !(*out)->is_candidate)
		return gv_err(GV_EREFUSED,
		    "record %u of %s is not verified, since it makes nothing "
		    "good: %s",
		    n, env, (*out)->distrust);
	if ((*out)->revoked || (*out)->status == GV_GOOD_REVOKED)
		return gv_err(GV_EREFUSED,
		    "record %u of %s is %s, so there is nothing to verify", n,
		    env, gv_good_out_word(*out));
	return 0;
}

/* Whether it can be promoted: no record that counts makes it good. One that
 * nobody signed whose word decides makes nothing good, not even itself. */
static int
find_candidate(bool *out, struct gv_ctx *ctx, const struct gv_goods *goods,
    const struct gv_good *good)
{
	size_t i;
	int r = 0;

	*out = good->status == GV_GOOD_CANDIDATE || good->is_candidate;
	for (i = 0; *out && r == 0 && i < goods->n; i++) {
		struct gv_good *one = &goods->all[i];

		if (one->damage || one->status != GV_GOOD_VERIFIED ||
		    !gv_oid_equal(&one->promotes, &good->tag))
			continue;
		r = gv_good_judge(one, goods->rule, ctx->repo);
		*out = r < 0 || one->distrust;
	}
	return r;
}

static void
told(void *p, const struct gv_good_check *check, const char *words)
{
	struct gv_ctx *ctx = p;

	if (ctx->json == NULL) {
		gv_out_text(ctx->out, check->name, strlen(check->name));
		gv_out_printf(ctx->out, ": ");
		gv_out_paint(ctx->out,
		    check->passed ? GV_OUT_ADDED : GV_OUT_REMOVED, "%s",
		    check->passed ? "passed" : "failed");
		gv_out_printf(ctx->out, ", ");
		gv_out_text(ctx->out, check->detail, strlen(check->detail));
		gv_out_printf(ctx->out, "\n");
	}
	if (words)
		gv_out_say(ctx->out, "%s: %s", check->name, words);
}

static void
print_json(struct gv_json *j, const struct gv_good *good,
    const struct gv_good_checks *checks, const struct gv_safe *safe)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_bool(j, "passed", checks->failed == 0);
	gv_json_bool(j, "promoted", good != NULL);
	gv_json_array(j, "checks");
	for (i = 0; i < checks->n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "name", checks->all[i].name);
		gv_json_bool(j, "passed", checks->all[i].passed);
		gv_json_string(j, "detail", checks->all[i].detail);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_array(j, "records");
	if (good)
		gv_good_out_json(j, good, safe);
	gv_json_end(j);
	gv_json_end(j);
}

/* A later record says what the checks said. */
static int
promote(struct gv_ctx *ctx, struct gv_safe *safe, const struct gv_good *of,
    const struct gv_good_checks *checks)
{
	struct gv_good_what what = { .env = of->env,
		.status = GV_GOOD_VERIFIED,
		.of = of,
		.checks = checks->all,
		.n_checks = checks->n,
		.now = ctx->now };
	struct gv_good good = GV_GOOD_INIT;
	int r;

	what.sign = gv_good_cmd_sign(&what.sign_key, ctx->opts);
	r = gv_good_mark(&good, ctx->repo, safe, &what);
	if (r == 0 && ctx->json)
		print_json(ctx->json, &good, checks, safe);
	else if (r == 0)
		gv_out_say(ctx->out, "%s: record %u makes candidate %u good",
		    good.env, good.n, of->n);
	good.stray = of->stray;
	good.stray_id = of->stray_id;
	if (r == 0)
		gv_good_out_lacks(ctx, &good, safe);
	gv_good_release(&good);
	return r;
}

/* The drill that the policy asks for is a check as the others are. */
static int
check_drill(struct gv_good_checks *checks, struct gv_ctx *ctx, const char *env)
{
	struct gv_buf detail = GV_BUF_INIT;
	bool passed = false;
	int r = gv_good_cmd_drilled(&passed, &detail, ctx, env);

	if (r <= 0)
		goto out;
	if ((r = gv_good_check_add(checks, "drill", passed, detail.p)) < 0)
		goto out;
	told(ctx, &checks->all[checks->n - 1], NULL);
	if (!passed)
		gv_out_say(ctx->out, "hint: git vault drill run");
out:
	gv_buf_release(&detail);
	return r;
}

static int
verify(struct gv_ctx *ctx, struct gv_safe *safe, const struct gv_good *good,
    bool is_candidate)
{
	struct gv_good_checks checks = GV_GOOD_CHECKS_INIT;
	const struct gv_good_check_opts opts = { .repo = ctx->repo,
		.safe = safe,
		.good = good,
		.now = ctx->now,
		.told = told,
		.ctx = ctx };
	int r;

	if ((r = gv_good_check_run(&checks, &opts)) < 0 ||
	    (r = check_drill(&checks, ctx, good->env)) < 0)
		goto out;
	if (gv_cancel_requested()) {
		r = gv_cancel_error();
		goto out;
	}
	if (checks.failed == 0 && is_candidate)
		r = promote(ctx, safe, good, &checks);
	else if (ctx->json)
		print_json(ctx->json, NULL, &checks, safe);
	if (r < 0)
		goto out;
	if (checks.failed) {
		gv_out_say(ctx->out,
		    "%s: record %u is not verified: %zu of "
		    "%zu checks failed",
		    good->env, good->n, checks.failed, checks.n);
		r = 1;
	}
out:
	gv_good_check_release(&checks);
	return r;
}

int
gv_good_cmd_verify(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_good_opts *o = ctx->opts;
	struct gv_goods goods = { .n = 0 };
	struct gv_safe *safe = NULL;
	struct gv_good *good = NULL;
	bool is_candidate = false;
	unsigned n = 0;
	int r = argc > 1 ? gv_good_cmd_number(&n, argv[1]) : 0;

	if (r == 0 &&
	    (r = gv_identity_opt_open(&safe, ctx, &o->identities)) == 0 &&
	    (r = gv_goods_load(&goods, ctx->repo, argv[0])) == 0 &&
	    (r = gv_good_rule_check(goods.rule)) == 0 &&
	    (r = find(&good, ctx, &goods, argv[0], n)) == 0)
		r = find_candidate(&is_candidate, ctx, &goods, good);
	if (r == 0 && good->is_candidate)
		gv_out_say(ctx->out, "record %u of %s is a candidate: %s",
		    good->n, good->env, good->distrust);
	/* a server makes it when a push comes, and the snapshot comes later */
	if (r == 0 && is_candidate)
		r = gv_good_complete(good, ctx->repo);
	if (r == 0)
		r = verify(ctx, safe, good, is_candidate);
	gv_identity_opt_tell(ctx, safe);
	gv_goods_release(&goods);
	gv_safe_close(safe);
	return r;
}
