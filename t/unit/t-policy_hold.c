#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "config/policy_hold.h"
#include "vault/scope.h"

/* What counts of `present` where `accepted` was, and the keys that wait. */
static struct gv_policy held;
static char waiting[1024];

static void
parse(struct gv_policy *out, const char *text)
{
	*out = (struct gv_policy)GV_POLICY_INIT;
	if (gv_policy_parse(out, "f", text, strlen(text)) < 0)
		fail_msg("%s", gv_err_message());
}

static void
hold(const char *accepted, const char *present)
{
	struct gv_policy was;
	struct gv_policy_diff diff;
	size_t i;

	gv_policy_release(&held);
	parse(&was, accepted);
	parse(&held, present);
	assert_int_equal(gv_policy_hold(&held, &was, &diff), 0);
	waiting[0] = '\0';
	for (i = 0; i < diff.n; i++)
		if (diff.points[i].waits)
			snprintf(waiting + strlen(waiting),
			    sizeof(waiting) - strlen(waiting), "%s%s",
			    waiting[0] ? " " : "", diff.points[i].key);
	assert_int_equal(gv_policy_is_waiting(&diff), waiting[0] != '\0');
}

static int
is_decided(void *ctx, const char *key)
{
	size_t *n = ctx;

	++*n;
	if (!gv_policy_is_decided(key))
		fail_msg("policy_hold.c has no row for the key %s: decide "
			 "whether it can loosen anything",
		    key);
	return 0;
}

static void
every_key_of_the_grammar_is_decided(void **state)
{
	size_t n = 0;

	(void)state;
	assert_int_equal(gv_policy_each_key(is_decided, &n), 0);
	assert_true(n > 60);
	assert_false(gv_policy_is_decided("secrets.new"));
	assert_false(gv_policy_is_decided("new"));
	assert_false(gv_policy_is_decided("environments.*.new"));
}

/* Whether a key is what a row is about, or below that. */
static int
is_about(void *ctx, const char *key)
{
	const char *row = ctx;
	const size_t n = strlen(row);

	return strncmp(key, row, n) == 0 && (key[n] == '\0' || key[n] == '.');
}

static int
is_of_the_grammar(void *ctx, const char *row)
{
	(void)ctx;
	if (gv_policy_each_key(is_about, (void *)(uintptr_t)row) == 0)
		fail_msg("policy_hold.c has a row for %s, which is no key of "
			 "the policy",
		    row);
	return 0;
}

static void
every_row_is_of_a_key(void **state)
{
	(void)state;
	assert_int_equal(gv_policy_each_decided(is_of_the_grammar, NULL), 0);
}

#define PATHS(keep) "secrets: { paths: [ { path: '**', keep: " keep " } ] }\n"

static enum gv_scope_keep
keep(const char *path, bool is_ignored)
{
	return gv_scope_keep(&held, path, is_ignored);
}

static void
the_stricter_level_of_a_path_counts(void **state)
{
	(void)state;
	hold("", PATHS("clear"));
	assert_string_equal(waiting, "secrets.paths");
	assert_int_equal(keep(".env", true), GV_SCOPE_SEALED);
	assert_int_equal(keep("a.txt", false), GV_SCOPE_VALUES);
	hold("", PATHS("values"));
	assert_string_equal(waiting, "secrets.paths");
	assert_int_equal(keep(".env", true), GV_SCOPE_SEALED);
	hold("", PATHS("sealed"));
	assert_string_equal(waiting, "");
	assert_int_equal(keep("a.txt", false), GV_SCOPE_SEALED);
	hold(PATHS("clear"), PATHS("values"));
	assert_string_equal(waiting, "");
	assert_int_equal(keep(".env", true), GV_SCOPE_VALUES);
	hold(PATHS("sealed"), "");
	assert_string_equal(waiting, "secrets.paths");
	assert_int_equal(keep("a.txt", false), GV_SCOPE_SEALED);
	hold(PATHS("clear"), "");
	assert_string_equal(waiting, "");
	assert_int_equal(keep(".env", true), GV_SCOPE_SEALED);
	hold(PATHS("clear"), PATHS("clear"));
	assert_int_equal(keep(".env", true), GV_SCOPE_CLEAR);
}

static void
an_entry_before_another_is_no_way_round(void **state)
{
	(void)state;
	hold("secrets: { paths: [ { path: 'db/**', keep: sealed } ] }\n",
	    "secrets: { paths: [ { path: 'db/x', keep: clear },"
	    " { path: 'db/**', keep: sealed } ] }\n");
	assert_string_equal(waiting, "secrets.paths");
	assert_int_equal(keep("db/x", false), GV_SCOPE_SEALED);
	assert_int_equal(keep("db/y", false), GV_SCOPE_SEALED);
}

static void
a_scope_is_the_accepted_one(void **state)
{
	static const char was[] =
	    "secrets: { scopes: [ { path: 'a/**', scope: prod } ] }\n";
	static const char now[] =
	    "secrets: { scopes: [ { path: 'a/**', scope: shared } ] }\n";

	(void)state;
	hold(was, now);
	assert_string_equal(waiting, "secrets.scopes");
	assert_string_equal(gv_scope_of(&held, "a/x"), "prod");
	hold("", now);
	assert_string_equal(gv_scope_of(&held, "envs/prod/a"), "prod");
	hold(was, "");
	assert_string_equal(gv_scope_of(&held, "a/x"), "prod");
}

#define ALLOW(more) "scan: { allow: [ { path: a, reason: r" more " } ] }\n"

static void
only_what_both_allow_is_allowed(void **state)
{
	(void)state;
	hold("", ALLOW(""));
	assert_string_equal(waiting, "scan.allow");
	assert_int_equal(held.scan.n_allow, 0);
	hold(ALLOW(""), ALLOW(""));
	assert_string_equal(waiting, "");
	assert_int_equal(held.scan.n_allow, 1);
	hold(ALLOW(""), "");
	assert_string_equal(waiting, "");
	assert_int_equal(held.scan.n_allow, 0);
	hold(ALLOW(", expires: 2027-01-31"), ALLOW(""));
	assert_string_equal(waiting, "scan.allow");
	assert_true(held.scan.allow[0].ends < INT64_MAX);
	hold(ALLOW(""), ALLOW(", expires: 2027-01-31"));
	assert_string_equal(waiting, "");
	assert_true(held.scan.allow[0].ends < INT64_MAX);
	hold(ALLOW(", rule: x"), ALLOW(""));
	assert_string_equal(waiting, "scan.allow");
	assert_int_equal(held.scan.n_allow, 0);
}

static void
a_rule_is_off_where_both_say_so(void **state)
{
	(void)state;
	hold("scan: { disable: [ a ] }\n", "scan: { disable: [ a, b ] }\n");
	assert_string_equal(waiting, "scan.disable");
	assert_int_equal(held.scan.n_changes, 1);
	assert_string_equal(held.scan.changes[0].rule, "a");
	hold("scan: { disable: [ a ] }\n", "");
	assert_string_equal(waiting, "");
	assert_int_equal(held.scan.n_changes, 0);
	hold("scan: { severity: { a: high } }\n",
	    "scan: { severity: { a: low } }\n");
	assert_string_equal(waiting, "scan.severity");
	assert_string_equal(held.scan.changes[0].severity, "high");
	hold("scan: { severity: { a: high } }\n",
	    "scan: { severity: { a: critical } }\n");
	assert_string_equal(waiting, "");
	assert_string_equal(held.scan.changes[0].severity, "critical");
	hold("", "scan: { severity: { a: low } }\n");
	assert_string_equal(waiting, "scan.severity");
	assert_true(held.scan.changes[0].is_raise);
}

static void
rules_of_the_team_are_the_accepted_ones(void **state)
{
	(void)state;
	hold("", "scan: { rules: [ { id: x } ] }\n");
	assert_string_equal(waiting, "scan.rules");
	assert_null(held.scan.rules);
	hold("scan: { rules: [ { id: x } ] }\n", "");
	assert_string_equal(waiting, "scan.rules");
	assert_non_null(held.scan.rules);
}

static void
the_lower_grade_is_withheld(void **state)
{
	(void)state;
	hold("", "secrets: { withhold: verified }\n");
	assert_string_equal(waiting, "secrets.withhold");
	assert_null(held.secrets.withhold);
	hold("", "secrets: { withhold: possible }\n");
	assert_string_equal(waiting, "");
	assert_string_equal(held.secrets.withhold, "possible");
	hold("secrets: { withhold: verified }\n", "");
	assert_string_equal(waiting, "");
	hold("secrets: { withhold: possible }\n", "");
	assert_string_equal(waiting, "");
	hold("", "secrets: { withhold: likely }\n");
	assert_string_equal(waiting, "secrets.withhold");
	assert_null(held.secrets.withhold);
	hold("secrets: { withhold: possible }\n",
	    "secrets: { withhold: likely }\n");
	assert_string_equal(waiting, "secrets.withhold");
	assert_string_equal(held.secrets.withhold, "possible");
}

static void
states_are_sealed_by_the_stricter_way(void **state)
{
	(void)state;
	hold("", "state: { seal: none, auto: false }\n");
	assert_string_equal(waiting, "state.auto state.seal");
	assert_int_equal(gv_policy_seal_of(&held, "x"), GV_POLICY_SEAL_FULL);
	assert_false(held.states.are_left);
	hold("state: { seal: none }\nenvironments: { prod: { seal: full } }\n",
	    "environments: { prod: { seal: none },"
	    " dev: { seal: sensitive } }\n");
	assert_string_equal(waiting, "environments");
	assert_int_equal(gv_policy_seal_of(&held, "prod"), GV_POLICY_SEAL_FULL);
	assert_int_equal(
	    gv_policy_seal_of(&held, "dev"), GV_POLICY_SEAL_SENSITIVE);
	assert_int_equal(gv_policy_seal_of(&held, "x"), GV_POLICY_SEAL_FULL);
	hold("state: { auto: false }\n", "");
	assert_string_equal(waiting, "");
	assert_false(held.states.are_left);
}

static void
of_environments_the_stricter_counts(void **state)
{
	const struct gv_policy_env *prod;

	(void)state;
	hold(
	    "environments: { prod: { paths: a, tier: prod, rto: 4h, copies: 1,"
	    " freeze: 2026-12-20..2027-01-03, retention: { keep-last: 3 } } }\n",
	    "environments: { prod: { paths: b, tier: dev, rto: 8h, copies: 2,"
	    " region: eu-west-1, freeze: sat 00:00..mon 00:00, every: 1h,"
	    " retention: { keep-last: 9 } } }\n");
	assert_string_equal(waiting, "environments");
	prod = gv_policy_env(&held, "prod");
	assert_string_equal(prod->lists[GV_POLICY_ENV_PATHS].items[0], "a");
	assert_string_equal(prod->tier, "prod");
	assert_int_equal(prod->times[GV_POLICY_ENV_RTO], 4 * 60 * 60);
	assert_int_equal(prod->times[GV_POLICY_ENV_EVERY], 60 * 60);
	assert_int_equal(prod->copies, 2);
	assert_int_equal(prod->lists[GV_POLICY_ENV_FREEZE].n, 2);
	assert_int_equal(prod->lists[GV_POLICY_ENV_REGION].n, 1);
	assert_int_equal(prod->retention.keep[GV_POLICY_LAST], 9);
	hold("environments: { prod: { rto: 4h } }\n",
	    "environments: { prod: { rto: 2h, copies: 2, seal: full,"
	    " region: x, freeze: sat 00:00..mon 00:00 } }\n");
	assert_string_equal(waiting, "");
	/* a pipeline acts alone only where both say so */
	hold("", "environments: { prod: { automatic: true } }\n");
	assert_string_equal(waiting, "environments");
	assert_false(gv_policy_env(&held, "prod")->is_automatic);
	hold("environments: { prod: { automatic: true } }\n",
	    "environments: { prod: { automatic: true } }\n");
	assert_true(gv_policy_env(&held, "prod")->is_automatic);
	hold("environments: { prod: { automatic: true } }\n",
	    "environments: { prod: { automatic: false } }\n");
	assert_string_equal(waiting, "");
	assert_false(gv_policy_env(&held, "prod")->is_automatic);
	/* a name that nobody accepted takes no files over */
	hold("", "environments: { production: { aliases: a } }\n");
	assert_string_equal(waiting, "environments");
	assert_string_equal(gv_scope_of(&held, "envs/prod/x"), "prod");
	assert_string_equal(gv_scope_of(&held, "a/x"), "shared");
	/* nor does a file without the section loosen anything */
	hold("environments: { prod: { paths: a, rto: 4h } }\n", "");
	assert_string_equal(waiting, "environments");
	assert_int_equal(gv_policy_env(&held, "prod")->times[1], 4 * 60 * 60);
}

static void
a_snapshot_holds_what_either_wants(void **state)
{
	(void)state;
	hold("snapshots: { exclude: [ a, b ], include: [ c ] }\n",
	    "snapshots: { exclude: [ b, d ], include: [ e ] }\n");
	assert_string_equal(waiting, "snapshots.exclude snapshots.include");
	assert_int_equal(held.snapshots.n_exclude, 1);
	assert_string_equal(held.snapshots.exclude[0], "b");
	assert_int_equal(held.snapshots.n_include, 2);
	hold("snapshots: { exclude: a }\n", "snapshots: { include: b }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(held.snapshots.n_exclude, 0);
}

#define VAULT(address)                                                         \
	"vaults: { t: { kind: hashicorp, address: " address " } }\n"           \
	"scopes: { prod: { keep: vault, vault: t } }\n"

static void
secrets_go_only_to_accepted_services(void **state)
{
	(void)state;
	hold("", VAULT("https://evil"));
	assert_string_equal(waiting, "scopes vaults");
	assert_null(gv_policy_vault(&held, "t"));
	assert_null(gv_policy_scope(&held, "prod"));
	hold(VAULT("https://own"), VAULT("https://evil"));
	assert_string_equal(waiting, "vaults");
	assert_string_equal(
	    gv_policy_scope(&held, "prod")->vault->address, "https://own");
	hold(VAULT("https://own"), "");
	assert_string_equal(waiting, "scopes vaults");
	assert_non_null(gv_policy_scope(&held, "prod"));
}

static void
records_are_signed_as_either_wants_it(void **state)
{
	(void)state;
	hold("good: { signed: required }\n", "");
	assert_string_equal(waiting, "good.signed");
	assert_true(held.goods.are_signed);
	hold("", "good: { signed: required }\n");
	assert_string_equal(waiting, "");
	assert_true(held.goods.are_signed);
	hold("good: { signers: [ a, b ] }\n", "good: { signers: [ b ] }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(held.goods.n_signers, 1);
	assert_string_equal(held.goods.signers[0], "b");
	hold("good: { signers: [ a ] }\n", "good: { signers: [ a, evil ] }\n");
	assert_string_equal(waiting, "good.signers");
	assert_int_equal(held.goods.n_signers, 1);
	hold("good: { signers: [ a ] }\n", "good: { signers: [ evil ] }\n");
	assert_string_equal(waiting, "good.signers");
	assert_string_equal(held.goods.signers[0], "a");
	hold("", "good: { signers: [ evil ] }\n");
	assert_string_equal(waiting, "good.signers");
	assert_true(held.goods.are_signed);
	assert_int_equal(held.goods.n_signers, 0);
	hold("", "environments: { prod: { branches: main } }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(held.goods.n_branches, 1);
	hold("good: { checks: { a: 'true' } }\n",
	    "good: { checks: { b: evil } }\n");
	assert_string_equal(waiting, "good.checks");
	assert_int_equal(held.goods.n, 1);
	assert_string_equal(held.goods.checks[0].command, "true");
}

static unsigned
wanted(const char *env)
{
	return gv_policy_approval_of(&held, env).wanted;
}

static void
a_rollback_takes_the_more_approvals(void **state)
{
	(void)state;
	hold("rollback: { approvals: 2 }\n", "rollback: { approvals: 0 }\n");
	assert_string_equal(waiting, "rollback.approvals");
	assert_int_equal(wanted("prod"), 2);
	hold("", "environments: { prod: { approvals: 3 } }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(wanted("prod"), 3);
	assert_int_equal(wanted("dev"), 0);
	hold("rollback: { approvals: 2 }\n",
	    "environments: { prod: { approvals: 0 } }\n");
	assert_int_equal(wanted("prod"), 2);
	assert_int_equal(wanted("dev"), 2);
	hold("rollback: { approvals: 1, lasts: 1h }\n",
	    "rollback: { approvals: 1, lasts: 9d }\n");
	assert_string_equal(waiting, "rollback.lasts");
	assert_int_equal(gv_policy_approval_of(&held, "x").lasts, 3600);
}

static void
a_removal_takes_the_more_approvals(void **state)
{
	(void)state;
	hold("delete: { approvals: 2 }\nprune: { approvals: 1 }\n",
	    "delete: { approvals: 1, lasts: 9d }\n");
	assert_string_equal(
	    waiting, "delete.approvals delete.lasts prune.approvals");
	assert_int_equal(
	    gv_policy_approval_to(&held, GV_POLICY_DELETE).wanted, 2);
	assert_int_equal(
	    gv_policy_approval_to(&held, GV_POLICY_DELETE).lasts, 86400);
	assert_int_equal(
	    gv_policy_approval_to(&held, GV_POLICY_PRUNE).wanted, 1);
	hold("", "prune: { approvals: 1, approvers: [ a ] }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(
	    gv_policy_approval_to(&held, GV_POLICY_PRUNE).n_approvers, 1);
	hold("delete: { approvals: 1, approvers: [ a ] }\n",
	    "delete: { approvals: 1, approvers: [ evil ] }\n");
	assert_string_equal(waiting, "delete.approvers");
	assert_string_equal(
	    gv_policy_approval_to(&held, GV_POLICY_DELETE).approvers[0], "a");
}

/* A list of one who approves would make one approval enough. */
static void
a_short_list_of_approvers_is_no_way_round(void **state)
{
	struct gv_policy_approval a;

	(void)state;
	hold("rollback: { approvals: 2 }\n",
	    "rollback: { approvals: 1, approvers: [ evil ] }\n");
	assert_string_equal(waiting, "rollback.approvals rollback.approvers");
	a = gv_policy_approval_of(&held, "x");
	assert_int_equal(a.wanted, 2);
	assert_int_equal(a.n_approvers, 0);
	hold("rollback: { approvals: 2, approvers: [ a, b, c ] }\n",
	    "rollback: { approvals: 2, approvers: [ b, c ] }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(gv_policy_approval_of(&held, "x").n_approvers, 2);
	hold("rollback: { approvals: 2, approvers: [ a, b ] }\n",
	    "rollback: { approvals: 3, approvers: [ a, b, evil ] }\n");
	a = gv_policy_approval_of(&held, "x");
	assert_int_equal(a.wanted, 2);
	assert_int_equal(a.n_approvers, 2);
}

static void
both_policies_have_to_let_a_snapshot_go(void **state)
{
	const struct gv_policy_rules *r = &held.retention;

	(void)state;
	hold("retention: { keep-daily: 30, keep-tag: a }\n",
	    "retention: { keep-daily: 1, keep-last: 5, auto: true }\n");
	assert_string_equal(waiting,
	    "retention.auto retention.keep-daily retention.keep-last "
	    "retention.keep-tag");
	assert_int_equal(r->all.keep[GV_POLICY_DAILY], 30);
	assert_int_equal(r->all.keep[GV_POLICY_LAST], 5);
	assert_int_equal(r->n_tags, 1);
	assert_false(held.automatic);
	/* what holds by default was accepted */
	hold("", "retention: { keep-last: 1 }\n");
	assert_string_equal(waiting, "retention.keep-last");
	assert_int_equal(r->all.keep[GV_POLICY_HOURLY], 24);
	/* a base that is not stored needs a server */
	hold("", "vcs: { base: omit }\n");
	assert_string_equal(waiting, "vcs.base");
	assert_false(held.vcs.omits_base);
	hold("vcs: { base: omit }\n", "vcs: { base: store }\n");
	assert_string_equal(waiting, "");
	assert_false(held.vcs.omits_base);
	hold("vcs: { base: omit }\n", "vcs: { base: omit }\n");
	assert_true(held.vcs.omits_base);
	hold("retention: { keep-last: unlimited }\n",
	    "retention: { keep-last: 3 }\n");
	assert_int_equal(r->all.keep[GV_POLICY_LAST], -1);
	hold("retention: { keep-within: 1m }\n",
	    "retention: { keep-within: 40d }\n");
	assert_int_equal(r->all.within[GV_POLICY_LAST].months, 1);
	assert_int_equal(r->all.within[GV_POLICY_LAST].days, 40);
	hold("retention: { keep-last: 2 }\n",
	    "retention: { keep-last: 9, group-by: env }\n");
	assert_int_equal(
	    r->group_by, GV_POLICY_HOST | GV_POLICY_BRANCH | GV_POLICY_ENV);
	hold("retention: { auto: true, keep-last: 2 }\n",
	    "retention: { keep-last: 9 }\n");
	assert_string_equal(waiting, "");
	assert_false(held.automatic);
}

static int64_t
last_of(enum gv_policy_lane lane)
{
	struct gv_policy_limits limits;

	gv_policy_limits_of(&limits, &held.retention, lane);
	return limits.keep[GV_POLICY_LAST];
}

static void
limits_of_a_trigger_loosen_nothing(void **state)
{
	const struct gv_policy_rules *r = &held.retention;

	(void)state;
	/* fewer than the limit for all lanes */
	hold("retention: { keep-last: 9 }\n",
	    "retention: { keep-last: 9, hook: { keep-last: 1 } }\n");
	assert_string_equal(waiting, "retention.hook");
	assert_int_equal(last_of(GV_POLICY_HOOK), 9);
	/* more than that: no change waits for consent */
	hold("retention: { keep-last: 9 }\n",
	    "retention: { keep-last: 9, ci: { keep-last: 10 } }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(last_of(GV_POLICY_CI), 10);
	assert_int_equal(last_of(GV_POLICY_MANUAL), 9);
	/* the lane's own limits are removed, and the general one is lower */
	hold("retention: { keep-last: 2, schedule: { keep-last: 7 } }\n",
	    "retention: { keep-last: 2 }\n");
	assert_string_equal(waiting, "retention.schedule");
	assert_int_equal(last_of(GV_POLICY_SCHEDULE), 7);
	/* an empty map, and one with another rule */
	hold("retention: { keep-last: 2, watch: { keep-last: 7 } }\n",
	    "retention: { keep-last: 2, watch: { keep-daily: 1 } }\n");
	assert_string_equal(waiting, "retention.watch");
	assert_int_equal(last_of(GV_POLICY_WATCH), 7);
	assert_int_equal(r->lanes[GV_POLICY_WATCH].keep[GV_POLICY_DAILY], 1);
	/* counts for all lanes do not apply to safety snapshots */
	hold("retention: { keep-last: 9 }\n",
	    "retention: { keep-last: 9, safety: { keep-within: 60d } }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(last_of(GV_POLICY_SAFETY), 0);
	/* the default was accepted, and stays unset for the other lanes */
	hold("", "retention: { manual: { keep-last: 1 } }\n");
	assert_string_equal(waiting, "retention.manual");
	assert_int_equal(r->lanes[GV_POLICY_MANUAL].keep[GV_POLICY_HOURLY], 24);
	assert_false(gv_policy_keeps(r));
}

/* What a rule that is a warning by default counts as. */
static int
level(const char *rule)
{
	const struct gv_policy_lint *lint[2];
	const size_t n = gv_policy_lints(lint, &held);
	int most = 0, l;
	size_t i;

	for (i = 0; i < n; i++) {
		l = (int)gv_policy_lint_level(lint[i], rule);
		l = l == GV_POLICY_LEVEL_UNSAID ? GV_POLICY_LEVEL_WARNING : l;
		most = l > most ? l : most;
	}
	return most;
}

#define RULES(text)  "check: { rules: { " text " } }\n"
#define CHECK(text)  "check: { " text " }\n"
#define IGNORE(more) CHECK("ignore: [ { rule: a, reason: r" more " } ]")

static void
a_rule_of_check_counts_as_the_stricter_says(void **state)
{
	(void)state;
	hold("", RULES("tf: 'off'"));
	assert_string_equal(waiting, "check.rules");
	assert_int_equal(level("tf/a"), GV_POLICY_LEVEL_WARNING);
	hold(RULES("tf: 'off'"), RULES("tf: 'off'"));
	assert_string_equal(waiting, "");
	assert_int_equal(level("tf/a"), GV_POLICY_LEVEL_OFF);
	hold(RULES("tf: 'off'"), "");
	assert_string_equal(waiting, "");
	assert_int_equal(level("tf/a"), GV_POLICY_LEVEL_WARNING);
	hold(RULES("tf: error"), "");
	assert_string_equal(waiting, "check.rules");
	assert_int_equal(level("tf/a"), GV_POLICY_LEVEL_ERROR);
	hold("", RULES("tf: error"));
	assert_string_equal(waiting, "");
	assert_int_equal(level("tf/a"), GV_POLICY_LEVEL_ERROR);
	/* a rule of a group that is switched off */
	hold(RULES("tf: 'off'"), RULES("tf: 'off', tf/a: note"));
	assert_string_equal(waiting, "");
	assert_int_equal(level("tf/a"), GV_POLICY_LEVEL_NOTE);
	hold(RULES("tf: error"), RULES("tf: error, tf/a: 'off'"));
	assert_string_equal(waiting, "check.rules");
	assert_int_equal(level("tf/a"), GV_POLICY_LEVEL_ERROR);
	assert_int_equal(level("k8s/a"), GV_POLICY_LEVEL_WARNING);
}

static void
what_check_asks_for_is_dropped_by_both_alone(void **state)
{
	(void)state;
	hold("", IGNORE(""));
	assert_string_equal(waiting, "check.ignore");
	hold(IGNORE(", expires: 2027-01-31"), IGNORE(""));
	assert_string_equal(waiting, "check.ignore");
	hold(IGNORE(""), IGNORE(", expires: 2027-01-31"));
	assert_string_equal(waiting, "");
	hold(CHECK("protected: [ a, b ]"), CHECK("protected: [ b, c ]"));
	assert_string_equal(waiting, "check.protected");
	hold(CHECK("required: [ { path: a, files: [ b, c ] } ]"),
	    CHECK("required: [ { path: a, files: [ b ] } ]"));
	assert_string_equal(waiting, "check.required");
	hold(CHECK("required: [ { path: a, files: b } ]"),
	    CHECK("required: [ { path: a, files: b, keys: c } ]"));
	assert_string_equal(waiting, "");
	hold(CHECK("allowed: { images: [ a, b ] }"),
	    CHECK("allowed: { images: [ a, b, c ] }"));
	assert_string_equal(waiting, "check.allowed");
	hold(CHECK("allowed: { images: [ a ] }"), CHECK("allowed: { }"));
	assert_string_equal(waiting, "check.allowed");
	hold(CHECK("allowed: { images: [ a, b ] }"),
	    CHECK("allowed: { images: [ a ], charts: [ c ] }"));
	assert_string_equal(waiting, "");
	hold(CHECK("push: warning"), CHECK("push: error"));
	assert_string_equal(waiting, "check.push");
	assert_int_equal(gv_policy_push_level(&held), GV_POLICY_LEVEL_WARNING);
	hold(CHECK("push: error"), "");
	assert_string_equal(waiting, "check.push");
	assert_int_equal(gv_policy_push_level(&held), GV_POLICY_LEVEL_ERROR);
	hold("", CHECK("push: error"));
	assert_string_equal(waiting, "");
	assert_int_equal(gv_policy_push_level(&held), GV_POLICY_LEVEL_ERROR);
}

static void
a_drill_is_due_as_often_as_either_wants(void **state)
{
	const int64_t day = 86400;

	(void)state;
#define DRILL(every) "{ what: drill, every: " every " }"
	/* nothing said is each 90 days: more often counts at once */
	hold("good: {}\n", "schedule: { a: " DRILL("180d") " }\n");
	assert_string_equal(waiting, "schedule");
	assert_int_equal(gv_policy_drill_every(&held, "prod"), 90 * day);
	hold("good: {}\n",
	    "schedule: { a: { what: drill, env: prod, every: 7d } }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(gv_policy_drill_every(&held, "prod"), 7 * day);
	assert_int_equal(gv_policy_drill_every(&held, "dev"), 90 * day);
	assert_int_equal(gv_policy_drill_every(&held, NULL), 90 * day);
	hold("schedule: { a: " DRILL("30d") " }\n", "good: {}\n");
	assert_string_equal(waiting, "schedule");
	assert_int_equal(gv_policy_drill_every(&held, "dev"), 30 * day);
	/* an entry for one environment is no way round that for all */
	hold("schedule: { a: " DRILL("30d") " }\n",
	    "schedule: { a: " DRILL("30d") ", b: { what: drill, env: prod, "
					   "every: 360d } }\n");
	assert_string_equal(waiting, "schedule");
	assert_int_equal(gv_policy_drill_every(&held, "prod"), 30 * day);
	hold("schedule: { a: " DRILL("180d") " }\n",
	    "schedule: { a: " DRILL("180d") " }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(gv_policy_drill_every(&held, "prod"), 180 * day);
#undef DRILL
}

static void
keys_last_as_long_as_the_shorter_says(void **state)
{
	(void)state;
	hold("good: {}\n", "keys: { lasts: 90d }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(held.keys.lasts, 90 * 86400);
	hold("keys: { lasts: 90d }\n", "keys: { lasts: 365d }\n");
	assert_string_equal(waiting, "keys.lasts");
	assert_int_equal(held.keys.lasts, 90 * 86400);
	hold("keys: { lasts: 90d }\n", "good: {}\n");
	assert_string_equal(waiting, "keys.lasts");
	assert_int_equal(held.keys.lasts, 90 * 86400);
}

static void
what_runs_by_itself_is_what_was_accepted(void **state)
{
	const struct gv_policy_schedules *runs;

	(void)state;
#define NIGHTLY                                                                \
	"schedule: { a: { what: snapshot, every: 1d, at: \"02:30\" } }\n"
	hold("good: {}\n", NIGHTLY);
	assert_string_equal(waiting, "schedule");
	assert_true(gv_policy_runs_wait(&held));
	assert_int_equal(gv_policy_runs(&held)->n, 0);
	/* nor does one that is taken away stop */
	hold(NIGHTLY, "good: {}\n");
	assert_string_equal(waiting, "schedule");
	runs = gv_policy_runs(&held);
	assert_int_equal(runs->n, 1);
	assert_int_equal(runs->items[0].hour, 2);
	assert_int_equal(runs->items[0].minute, 30);
	/* as often as it was accepted */
	hold(NIGHTLY, "schedule: { a: { what: snapshot, every: 1h } }\n");
	assert_string_equal(waiting, "schedule");
	assert_int_equal(gv_policy_runs(&held)->items[0].every, 86400);
	hold(NIGHTLY, NIGHTLY);
	assert_string_equal(waiting, "");
	assert_false(gv_policy_runs_wait(&held));
#define COMPONENTS   "components: { db: { type: sqlite, source: f"
#define DUMPS(names) "schedule: { a: { what: components, " names " } }\n"
	/* nor does one dump another component, or the same more often */
	hold(COMPONENTS
	    " }, e: { type: sqlite, source: g } }\n" DUMPS("components: [db]"),
	    COMPONENTS
	    " }, e: { type: sqlite, source: g } }\n" DUMPS("components: [e]"));
	assert_string_equal(waiting, "schedule");
	assert_string_equal(
	    gv_policy_runs(&held)->items[0].components.items[0], "db");
	hold(COMPONENTS ", schedule: 6h } }\n",
	    COMPONENTS ", schedule: 1h } }\n");
	assert_true(gv_policy_runs_wait(&held));
	assert_int_equal(gv_policy_runs(&held)->n, 1);
	assert_string_equal(gv_policy_runs(&held)->items[0].name, "db");
	assert_int_equal(gv_policy_runs(&held)->items[0].every, 6 * 3600);
	/* a run is no drill that has to pass */
	assert_int_equal(gv_policy_drill_every(&held, NULL), 90 * 86400);
#undef NIGHTLY
}

static void
a_record_needs_a_drill_as_either_wants_it(void **state)
{
	const int64_t day = 86400;

	(void)state;
	hold("good: {}\n", "good: { drilled: 30d }\n");
	assert_string_equal(waiting, "");
	assert_int_equal(gv_policy_drilled(&held, "prod"), 30 * day);
	hold("good: { drilled: 30d }\n", "good: {}\n");
	assert_string_equal(waiting, "good.drilled");
	assert_int_equal(gv_policy_drilled(&held, "prod"), 30 * day);
	hold("good: { drilled: 30d }\n",
	    "good: { drilled: 90d }\nenvironments: { prod: { drilled: 1d } }\n");
	assert_string_equal(waiting, "good.drilled");
	assert_int_equal(gv_policy_drilled(&held, "prod"), day);
	assert_int_equal(gv_policy_drilled(&held, "dev"), 30 * day);
	/* a longer time for one environment is none */
	hold("good: { drilled: 30d }\n",
	    "good: { drilled: 30d }\nenvironments: { prod: { drilled: 900d } }\n");
	assert_int_equal(gv_policy_drilled(&held, "prod"), 30 * day);
	hold("environments: { prod: { drilled: 5d } }\n", "good: {}\n");
	assert_string_equal(waiting, "environments");
	assert_int_equal(gv_policy_drilled(&held, "prod"), 5 * day);
	/* what is left out of drills is accepted first */
	hold("good: {}\n", "drills: { without: [ sh -n ] }\n");
	assert_string_equal(waiting, "drills.without");
	assert_int_equal(held.drills.without.n, 0);
}

static void
the_same_text_waits_for_nothing(void **state)
{
	static const char text[] = PATHS("clear") ALLOW("")
	    VAULT("https://x") "retention: { keep-last: 1, auto: true }\n"
			       "state: { seal: none, auto: false }\n"
			       "rollback: { approvals: 1, approvers: [ a ] }\n"
			       "good: { signers: [ a ], checks: { c: d } }\n"
			       "check: { rules: { tf: 'off' }, push: error }\n";
	struct gv_policy was, now;
	struct gv_policy_diff diff;

	(void)state;
	parse(&was, text);
	parse(&now, text);
	assert_int_equal(gv_policy_hold(&now, &was, &diff), 0);
	assert_int_equal(diff.n, 0);
	assert_int_equal(now.retention.all.keep[GV_POLICY_LAST], 1);
	assert_true(now.automatic);
	assert_true(now.states.are_left);
	assert_int_equal(now.goods.n_signers, 1);
	gv_policy_release(&now);
	gv_policy_release(&was);
}

static int
release(void **state)
{
	(void)state;
	gv_policy_release(&held);
	return 0;
}

#define SET(more) "config: { app: { layers: [a.yaml]" more " } }\n"

static void
a_set_asks_what_either_policy_asks(void **state)
{
	(void)state;
	hold("", SET(", schema: s.json"));
	assert_string_equal(waiting, "");
	hold(SET(""), SET(", merge: { x: append }, template: true"));
	assert_string_equal(waiting, "");
	hold(SET(", schema: s.json"), SET(""));
	assert_string_equal(waiting, "config");
	assert_int_equal(held.configs.n, 1);
	assert_int_equal(held.configs_also.items[0].n_schemas, 1);
	hold(SET(", schema: s.json"), "");
	assert_string_equal(waiting, "config");
	hold(SET(", rules: [ { key: a, requires: b } ]"),
	    SET(", rules: [ { key: a, requires: b, message: m } ]"));
	assert_string_equal(waiting, "");
	hold(SET(", rules: [ { key: a, requires: b } ]"),
	    SET(", rules: [ { key: a, requires: c } ]"));
	assert_string_equal(waiting, "config");
	hold(SET(", rules: [ { key: a, at_most: 5 } ]"),
	    SET(", rules: [ { key: a, at_most: 6 } ]"));
	assert_string_equal(waiting, "config");
}

static bool
runs(const char *accepted, const char *present)
{
	hold(accepted, present);
	return gv_policy_storage_is_accepted(&held, &held.configs.items[0]);
}

static void
a_set_is_kept_by_who_was_accepted(void **state)
{
	(void)state;
	assert_true(runs("", SET("")));
	assert_true(runs(SET(""), SET(", schema: s.json")));
	assert_true(runs(SET(", storage: [x, a]"),
	    SET(", storage: [x, a], schema: s.json")));
	assert_string_equal(waiting, "");
	assert_false(runs("", SET(", storage: [x, a]")));
	assert_string_equal(waiting, "config");
	assert_false(runs(SET(", storage: [x, a]"), SET("")));
	assert_string_equal(waiting, "config");
	assert_false(runs(SET(", storage: [x, a]"), SET(", storage: [x, b]")));
	assert_false(runs(SET(", storage: [x, a]"), SET(", storage: [x]")));
	assert_false(runs(SET(", storage: [x]"), SET(", storage: [x, a]")));
	hold(SET(", storage: [x]"), "");
	assert_true(
	    gv_policy_storage_is_accepted(&held, &held.configs_also.items[0]));
}

#define APP(inside) SET(", app: { " inside " }")
#define NEEDS       "versions: { '>=2': { requires: [a, b] } }"

/* Whether the first command of the first set runs. */
static bool
runs_check(const char *accepted, const char *present)
{
	hold(accepted, present);
	return gv_policy_app_is_accepted(&held, &held.configs.items[0],
	    &held.configs.items[0].app.checks[0]);
}

static void
what_versions_need_is_loosened_by_nobody_else(void **state)
{
	static const char *const looser[] = { SET(""),
		APP("versions: { '>=2': { requires: a } }"),
		APP("versions: { '>=3': { requires: [a, b] } }"),
		APP("versions: { '>=2': { forbids: [a, b] } }"),
		APP("versions: { '>=2': { requires: [a, b], services: x } }"),
		"" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(looser) / sizeof(looser[0]); i++) {
		hold(APP(NEEDS), looser[i]);
		assert_string_equal(waiting, "config");
	}
	hold(APP(NEEDS),
	    APP("versions: { '>=2': { requires: [a, b] }, '>=3': "
		"{ forbids: c, renamed: { d: e } } }"));
	assert_string_equal(waiting, "");
	hold(APP(NEEDS ", version: v"), APP(NEEDS));
	assert_string_equal(waiting, "config");
	hold(APP(NEEDS ", version: v"), APP(NEEDS ", version: w"));
	assert_string_equal(waiting, "config");
}

static void
a_command_runs_only_as_it_was_accepted(void **state)
{
	(void)state;
	assert_true(
	    runs_check(APP("checks: { c: x }"), APP("checks: { c: x }")));
	assert_string_equal(waiting, "");
	assert_false(runs_check("", APP("checks: { c: x }")));
	assert_string_equal(waiting, "config");
	assert_false(runs_check(SET(""), APP("checks: { c: x }")));
	assert_false(
	    runs_check(APP("checks: { c: x }"), APP("checks: { c: y }")));
	assert_string_equal(waiting, "config");
	assert_false(
	    runs_check(APP("checks: { c: x }"), APP("checks: { d: x }")));
	hold(APP("checks: { c: x }"), SET(""));
	assert_string_equal(waiting, "config");
}

static void
refuse_set(const char *text, const char *why)
{
	struct gv_policy policy = GV_POLICY_INIT;

	assert_int_equal(
	    gv_policy_parse(&policy, "p", text, strlen(text)), GV_EREFUSED);
	if (strstr(gv_err_message(), why) == NULL)
		fail_msg("%s: %s", text, gv_err_message());
}

static void
a_set_that_cannot_be_meant_is_refused(void **state)
{
	(void)state;
	refuse_set("config: { app: { layers: ['{envv}.yaml'] } }", "{env}");
	refuse_set("config: { app: { layers: ['../a.yaml'] } }", "p:1: layers");
	refuse_set("config: { app: { layers: ['{env'] } }", "unknown word");
	refuse_set("config: { app: {} }", "has no layers");
	refuse_set(SET(", storage: x"), "list of a program");
	refuse_set(SET(", storage: []"), "list of a program");
	refuse_set(SET(", storage: [./x]"), "by its full path");
	refuse_set(SET(", storage: [a/x]"), "by its full path");
	refuse_set(SET(", storage: ['']"), "");
	refuse_set("config: { app: [] }", "must be a map");
	refuse_set(
	    "config: { '../x': { layers: [a] } }", "not a name for a set");
	refuse_set(SET(", merge: { a: mix }"), "append, prepend");
	refuse_set(SET(", merge: { a: { buy: x } }"), "the nearest is 'by'");
	refuse_set(SET(", 'null': keep"), "delete or value");
	refuse_set(SET(", delimiters: ['<<', '>>']"), "need template: true");
	refuse_set(
	    SET(", template: true, delimiters: ['<<', '']"), "two texts");
	refuse_set(SET(", schema: /etc/passwd"), "from the top");
	refuse_set(SET(", providers: ['a/b']"), "a list of names");
	refuse_set(SET(", rules: [ { key: a } ]"), "needs one of");
	refuse_set(SET(", rules: [ { requires: b } ]"), "needs key");
	refuse_set(SET(", rules: [ { key: a, requires: b, excludes: c } ]"),
	    "need two");
	refuse_set(SET(", rules: [ { key: a, one_of: [b, c] } ]"), "with `is`");
	refuse_set(SET(", rules: { a: b }"), "a list of at most");
	refuse_set(SET(", app: []"), "with versions and checks");
	refuse_set(APP("version: []"), "version");
	refuse_set(APP("versions: { new: { requires: a } }"), "no range");
	refuse_set(APP("versions: { '>=2': a }"), "requires: [cache.url]");
	refuse_set(APP("versions: { '>=2': { message: m } }"), "forbids");
	refuse_set(APP("versions: { '>=2': { require: a } }"), "'requires'");
	refuse_set(
	    APP("versions: { '>=2': { renamed: { a: a } } }"), "new name");
	refuse_set(APP("versions: { '>=2': { renamed: a } }"), "old names");
	refuse_set(APP("checks: { c: [] }"), "c must");
	refuse_set(APP("checks: { '': x }"), "each with a name");
	refuse_set(APP("check: { c: x }"), "'checks'");
}

UNIT(policy_hold)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_of_the_grammar_is_decided),
		cmocka_unit_test(every_row_is_of_a_key),
		cmocka_unit_test(a_set_asks_what_either_policy_asks),
		cmocka_unit_test(a_set_is_kept_by_who_was_accepted),
		cmocka_unit_test(what_versions_need_is_loosened_by_nobody_else),
		cmocka_unit_test(a_command_runs_only_as_it_was_accepted),
		cmocka_unit_test(a_set_that_cannot_be_meant_is_refused),
		cmocka_unit_test(the_stricter_level_of_a_path_counts),
		cmocka_unit_test(an_entry_before_another_is_no_way_round),
		cmocka_unit_test(a_scope_is_the_accepted_one),
		cmocka_unit_test(only_what_both_allow_is_allowed),
		cmocka_unit_test(a_rule_is_off_where_both_say_so),
		cmocka_unit_test(rules_of_the_team_are_the_accepted_ones),
		cmocka_unit_test(the_lower_grade_is_withheld),
		cmocka_unit_test(states_are_sealed_by_the_stricter_way),
		cmocka_unit_test(of_environments_the_stricter_counts),
		cmocka_unit_test(a_snapshot_holds_what_either_wants),
		cmocka_unit_test(secrets_go_only_to_accepted_services),
		cmocka_unit_test(records_are_signed_as_either_wants_it),
		cmocka_unit_test(a_rollback_takes_the_more_approvals),
		cmocka_unit_test(a_removal_takes_the_more_approvals),
		cmocka_unit_test(a_short_list_of_approvers_is_no_way_round),
		cmocka_unit_test(both_policies_have_to_let_a_snapshot_go),
		cmocka_unit_test(limits_of_a_trigger_loosen_nothing),
		cmocka_unit_test(a_rule_of_check_counts_as_the_stricter_says),
		cmocka_unit_test(what_check_asks_for_is_dropped_by_both_alone),
		cmocka_unit_test(a_drill_is_due_as_often_as_either_wants),
		cmocka_unit_test(what_runs_by_itself_is_what_was_accepted),
		cmocka_unit_test(keys_last_as_long_as_the_shorter_says),
		cmocka_unit_test(a_record_needs_a_drill_as_either_wants_it),
		cmocka_unit_test_teardown(
		    the_same_text_waits_for_nothing, release),
	};

	return UNIT_RUN(tests);
}
