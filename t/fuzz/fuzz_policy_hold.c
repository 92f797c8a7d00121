#include <string.h>

#include "fuzz.h"

#include "base/err.h"
#include "config/policy.h"
#include "config/policy_hold.h"
#include "vault/scope.h"

/* Two policies with a NUL between them: what counts of the second, where the
 * first was accepted, loosens nothing of either. */

static bool
read_both(struct gv_policy *was, struct gv_policy *now, const uint8_t *data,
    size_t len)
{
	const char *text = (const char *)data;
	const char *nul = len ? memchr(data, '\0', len) : NULL;
	size_t first = nul ? (size_t)(nul - text) : len;

	*was = *now = (struct gv_policy)GV_POLICY_INIT;
	if (gv_policy_parse(was, "a", text, first) < 0)
		return false;
	if (nul && gv_policy_parse(now, "p", nul + 1, len - first - 1) < 0) {
		gv_policy_release(was);
		return false;
	}
	return true;
}

static void
check_paths(const struct gv_policy *out, const struct gv_policy *was,
    const struct gv_policy *now)
{
	static const char *const paths[] = { ".env", "a", "a/b", "envs/prod/x",
		"x.tfstate", "db/y.yaml" };
	size_t i, k;

	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		for (k = 0; k < 2; k++) {
			enum gv_scope_keep keep =
			    gv_scope_keep(out, paths[i], k);

			must(keep >= gv_scope_keep(was, paths[i], k));
			must(keep >= gv_scope_keep(now, paths[i], k));
		}
		must(strcmp(gv_scope_of(out, paths[i]),
			 gv_scope_of(was, paths[i])) == 0);
	}
}

static void
check_env(const struct gv_policy *out, const struct gv_policy *was,
    const struct gv_policy *now, const char *env)
{
	struct gv_policy_approval o = gv_policy_approval_of(out, env);
	struct gv_policy_approval a = gv_policy_approval_of(was, env);
	struct gv_policy_approval p = gv_policy_approval_of(now, env);

	must(gv_policy_seal_of(out, env) <= gv_policy_seal_of(was, env));
	must(gv_policy_seal_of(out, env) <= gv_policy_seal_of(now, env));
	must(o.wanted >= a.wanted);
	must(o.lasts <= a.lasts && o.lasts <= p.lasts);
	must(o.n_approvers == 0 || o.n_approvers >= o.wanted);
	must(a.n_approvers == 0 ||
	    (o.n_approvers && o.n_approvers <= a.n_approvers));
}

/* Each trigger keeps at least as much as under either policy. */
static void
check_retention(const struct gv_policy *out, const struct gv_policy *by)
{
	struct gv_policy_rules a = out->retention, b = by->retention;
	struct gv_policy_limits x, y;
	int lane, i;

	(void)gv_policy_complete(&a);
	(void)gv_policy_complete(&b);
	must((a.group_by & b.group_by) == b.group_by);
	for (lane = 0; lane < GV_POLICY_LANES; lane++) {
		gv_policy_limits_of(&x, &a, (enum gv_policy_lane)lane);
		gv_policy_limits_of(&y, &b, (enum gv_policy_lane)lane);
		for (i = 0; i < GV_POLICY_PERIODS; i++) {
			must(x.keep[i] < 0 ||
			    (y.keep[i] >= 0 && x.keep[i] >= y.keep[i]));
			must(x.within[i].months >= y.within[i].months &&
			    x.within[i].days >= y.within[i].days &&
			    x.within[i].seconds >= y.within[i].seconds);
		}
	}
}

static void
check_rest(const struct gv_policy *out, const struct gv_policy *was,
    const struct gv_policy *now)
{
	must(out->scan.n_allow <= was->scan.n_allow);
	must(out->goods.n_signers <= was->goods.n_signers);
	must(out->goods.n == was->goods.n);
	must(out->goods.are_signed || !was->goods.are_signed);
	must(out->goods.are_signed || !now->goods.are_signed);
	must(out->vaults.n == was->vaults.n);
	must(was->automatic || !out->automatic);
	must(was->states.are_left || !out->states.are_left);
	check_retention(out, was);
	check_retention(out, now);
}

/* What a rule that is a warning by default counts as. */
static int
level(const struct gv_policy *policy, const char *rule)
{
	const struct gv_policy_lint *lint[2];
	const size_t n = gv_policy_lints(lint, policy);
	int most = 0, l;
	size_t i;

	for (i = 0; i < n; i++) {
		l = (int)gv_policy_lint_level(lint[i], rule);
		l = l == GV_POLICY_LEVEL_UNSAID ? GV_POLICY_LEVEL_WARNING : l;
		most = l > most ? l : most;
	}
	return most;
}

/* A push is refused for a finding of a level. */
static int
refuses(const struct gv_policy *policy, enum gv_policy_level by)
{
	const enum gv_policy_level from = gv_policy_push_level(policy);

	return from != GV_POLICY_LEVEL_OFF && by >= from;
}

static void
check_lint(const struct gv_policy *out, const struct gv_policy *by)
{
	static const char *const rules[] = { "tf/unset-var", "ref/case",
		"cycle" };
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		must(level(out, rules[i]) >= level(by, rules[i]));
	must(refuses(out, GV_POLICY_LEVEL_NOTE) >=
	    refuses(by, GV_POLICY_LEVEL_NOTE));
	must(refuses(out, GV_POLICY_LEVEL_ERROR) >=
	    refuses(by, GV_POLICY_LEVEL_ERROR));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_policy was, now, was2, now2;
	struct gv_policy_diff diff;

	if (!read_both(&was, &now, data, len))
		return 0;
	if (!read_both(&was2, &now2, data, len))
		abort();
	must(gv_policy_hold(&now2, &was2, &diff) == 0);
	check_paths(&now2, &was, &now);
	check_env(&now2, &was, &now, "prod");
	check_env(&now2, &was, &now, "dev");
	check_rest(&now2, &was, &now);
	check_lint(&now2, &was);
	check_lint(&now2, &now);
	gv_policy_release(&now2);
	gv_policy_release(&was2);
	gv_policy_release(&was);
	gv_policy_release(&now);
	return 0;
}
