#include "git-vault/good/good.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "drill/drill_due.h"
#include "git-vault/front/cmd.h"
#include "policy/team.h"

/* Of what the policy asks and what the user asks, the shorter time counts. */
static int
find_period(int64_t *out, struct gv_ctx *ctx, const char *env)
{
	const struct gv_good_opts *o = ctx->opts;
	struct gv_policy policy;
	int64_t asked = 0;
	int r;

	if (o->drilled && gv_time_parse_span(&asked, o->drilled) < 0)
		return gv_err(GV_EUSAGE,
		    "'%s' is not a duration; give one such as 24h or 90d",
		    o->drilled);
	if ((r = gv_team_load(&policy, ctx->repo)) == 0)
		*out = gv_policy_drilled(&policy, env);
	gv_policy_release(&policy);
	if (asked && (*out == 0 || asked < *out))
		*out = asked;
	return r;
}

static void
say(struct gv_buf *out, const struct gv_drill_logged *proof, const char *why,
    const struct gv_ctx *ctx, int64_t within)
{
	char age[GV_TIME_MAX];

	if (proof) {
		gv_time_relative(age, proof->time, ctx->now);
		gv_buf_addf(out, "drill %s passed %s", proof->id, age);
		return;
	}
	gv_buf_addf(out, "no drill has passed within %lld %s: %s",
	    (long long)(within >= 172800 ? within / 86400 : within / 3600),
	    within >= 172800 ? "days" : "hours", why);
}

int
gv_good_cmd_drilled(
    bool *passed, struct gv_buf *detail, struct gv_ctx *ctx, const char *env)
{
	const struct gv_drill_logged *proof;
	struct gv_drill_log log;
	const char *why;
	int64_t within = 0;
	int r = find_period(&within, ctx, env);

	if (r < 0 || within == 0)
		return r;
	if ((r = gv_drill_log_load(&log, ctx->repo, NULL)) == 0) {
		proof = gv_drill_due_proof(&why, &log, env, within, ctx->now);
		*passed = proof != NULL;
		say(detail, proof, why, ctx, within);
		r = gv_buf_check(detail);
	}
	gv_drill_log_release(&log);
	return r < 0 ? r : 1;
}
