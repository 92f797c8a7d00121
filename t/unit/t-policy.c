#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/policy.h"
#include "vault/scope.h"

static int
parse(struct gv_policy *p, const char *text)
{
	return gv_policy_parse(p, "f", text, strlen(text));
}

static void
assert_refused(const char *text, const char *words)
{
	struct gv_policy p = { .automatic = true };

	assert_int_equal(parse(&p, text), GV_EREFUSED);
	if (strstr(gv_err_message(), words) == NULL)
		fail_msg("'%s' does not say '%s'", gv_err_message(), words);
	/* nothing was given out */
	assert_true(p.automatic);
	assert_false(p.has_retention);
}

static void
says_whether_states_are_saved(void **state)
{
	static const char *const saved[] = { "", "state:\n", "state: {}\n",
		"state: {auto: true}\n" };
	struct gv_policy p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(saved) / sizeof(saved[0]); i++) {
		assert_int_equal(parse(&p, saved[i]), 0);
		assert_false(p.states.are_left);
		gv_policy_release(&p);
	}
	assert_int_equal(parse(&p, "state: {auto: false}\n"), 0);
	assert_true(p.states.are_left);
	gv_policy_release(&p);
	assert_refused(
	    "state: {auto: no}\n", "f:1: auto must be true or false");
	assert_refused(
	    "state: [auto]\n", "f:1: state must be a map with auto or seal");
	assert_refused("state: {autos: true}\n", "the nearest is 'auto'");
	assert_refused("version: 1\n",
	    "f:1: there is no key 'version'; there are 'access', 'check', ");
	assert_refused("sate: {auto: true}\n", "the nearest is 'state'");
}

static void
says_how_states_are_sealed(void **state)
{
	struct gv_policy p;

	(void)state;
	assert_int_equal(parse(&p, ""), 0);
	assert_int_equal(gv_policy_seal_of(&p, "prod"), GV_POLICY_SEAL_FULL);
	gv_policy_release(&p);
	assert_int_equal(parse(&p,
			     "state:\n"
			     "  seal: sensitive\n"
			     "environments:\n"
			     "  prod: {seal: full}\n"
			     "  dev: {seal: none}\n"
			     "  t.1_x-2: {seal: sensitive}\n"),
	    0);
	assert_false(p.states.are_left);
	assert_int_equal(gv_policy_seal_of(&p, "prod"), GV_POLICY_SEAL_FULL);
	assert_int_equal(gv_policy_seal_of(&p, "dev"), GV_POLICY_SEAL_NONE);
	assert_int_equal(
	    gv_policy_seal_of(&p, "t.1_x-2"), GV_POLICY_SEAL_SENSITIVE);
	assert_int_equal(
	    gv_policy_seal_of(&p, "pro"), GV_POLICY_SEAL_SENSITIVE);
	gv_policy_release(&p);
	assert_int_equal(parse(&p, "environments:\n"), 0);
	assert_int_equal(gv_policy_seal_of(&p, "prod"), GV_POLICY_SEAL_FULL);
	gv_policy_release(&p);
	assert_refused("state:\n  seal: some\n",
	    "f:2: seal must be full, sensitive or none");
	assert_refused("state: {seal: [full]}\n",
	    "f:1: seal must be full, sensitive or none");
	assert_refused("state: {environments: {}}\n", "no key 'environments'");
	assert_refused("environments: [dev]\n",
	    "f:1: environments must be a map of environments");
	assert_refused("environments:\n  dev: none\n",
	    "f:2: dev must be a map with keys such as paths or tier");
	assert_refused("environments: {dev: {sael: none}}\n",
	    "f:1: there is no key 'sael'; the nearest is 'seal'");
	assert_refused("environments:\n  a/b: {seal: none}\n",
	    "f:2: 'a/b' is no name of an environment");
	assert_refused("environments: {x.lock: {seal: none}}\n",
	    "f:1: 'x.lock' is no name of an environment");
}

static void
reads_every_key(void **state)
{
	struct gv_policy p;
	const struct gv_policy_rules *r = &p.retention;

	(void)state;
	assert_int_equal(parse(&p,
			     "retention:\n"
			     "  keep-last: 1\n"
			     "  keep-secondly: 2\n"
			     "  keep-minutely: 3\n"
			     "  keep-hourly: 4\n"
			     "  keep-daily: '5'\n"
			     "  keep-weekly: unlimited\n"
			     "  keep-monthly: -1\n"
			     "  keep-yearly: 0\n"
			     "  keep-within: 1y5m7d2h\n"
			     "  keep-within-daily: 3w\n"
			     "  keep-tag: [prod, 'a,b']\n"
			     "  group-by: [host, trigger]\n"
			     "  auto: true\n"),
	    0);
	assert_true(p.has_retention);
	assert_true(p.automatic);
	assert_int_equal(r->all.keep[GV_POLICY_LAST], 1);
	assert_int_equal(r->all.keep[GV_POLICY_SECONDLY], 2);
	assert_int_equal(r->all.keep[GV_POLICY_MINUTELY], 3);
	assert_int_equal(r->all.keep[GV_POLICY_HOURLY], 4);
	assert_int_equal(r->all.keep[GV_POLICY_DAILY], 5);
	assert_int_equal(r->all.keep[GV_POLICY_WEEKLY], -1);
	assert_int_equal(r->all.keep[GV_POLICY_MONTHLY], -1);
	assert_int_equal(r->all.keep[GV_POLICY_YEARLY], 0);
	assert_int_equal(r->all.within[GV_POLICY_LAST].months, 17);
	assert_int_equal(r->all.within[GV_POLICY_LAST].days, 7);
	assert_int_equal(r->all.within[GV_POLICY_LAST].seconds, 7200);
	assert_string_equal(r->all.within[GV_POLICY_DAILY].text, "3w");
	assert_int_equal(r->all.within[GV_POLICY_DAILY].days, 21);
	assert_int_equal(r->n_tags, 2);
	assert_string_equal(r->tags[1], "a,b");
	assert_int_equal(r->group_by, GV_POLICY_HOST | GV_POLICY_TRIGGER);
	assert_true(gv_policy_keeps(r));
	gv_policy_release(&p);
	gv_policy_release(&p);
	gv_policy_release(NULL);
}

static void
one_text_will_do_for_a_list(void **state)
{
	struct gv_policy p;

	(void)state;
	assert_int_equal(
	    parse(&p, "retention: {keep-tag: x, group-by: ''}"), 0);
	assert_int_equal(p.retention.n_tags, 1);
	assert_int_equal(p.retention.group_by, 0);
	assert_true(p.retention.has_group_by);
	gv_policy_release(&p);
}

static void
nothing_is_a_policy_too(void **state)
{
	static const char *const texts[] = { "", "---\n", "# no\n", "{}",
		"retention:", "retention: {}", "retention: {auto: false}" };
	struct gv_policy p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(parse(&p, texts[i]), 0);
		assert_false(gv_policy_keeps(&p.retention));
		assert_false(p.automatic);
		gv_policy_release(&p);
	}
}

static void
what_is_wrong_is_named_with_its_line(void **state)
{
	(void)state;
	assert_refused("retention:\n  keep-weakly: 1\n",
	    "f:2: there is no key 'keep-weakly'; the nearest is "
	    "'keep-weekly'");
	assert_refused("\nretenton: {}\n",
	    "f:2: there is no key 'retenton'; the nearest is 'retention'");
	assert_refused("retention: {automatic-and-far-too-long-to-be-a-key: 1}",
	    "there is no key 'automatic");
	assert_refused("retention:\n  keep-daily: 1.5\n",
	    "f:2: keep-daily: '1.5' is not a number");
	assert_refused("retention:\n  keep-daily: -2\n", "is not a number");
	assert_refused(
	    "retention:\n  keep-daily: 1234567\n", "is not a number");
	assert_refused("retention:\n  keep-daily: {}\n",
	    "f:2: keep-daily must be a number");
	assert_refused("retention:\n  keep-within: []\n",
	    "f:2: keep-within must be a duration");
	assert_refused("retention:\n  keep-within-last: 1d\n", "no key");
	assert_refused(
	    "retention:\n  auto: yes\n", "f:2: auto must be true or false");
	assert_refused("retention:\n  keep-tag:\n   - a\n   - a b\n",
	    "f:4: a tag is one word");
	assert_refused("retention:\n  keep-tag: [[a]]\n", "a list of texts");
	assert_refused(
	    "retention:\n  keep-tag: {a: b}\n", "a text or a list of texts");
	assert_refused(
	    "retention:\n  group-by: [host, [env]]\n", "a list of texts");
	assert_refused("retention:\n  group-by: [host, en]\n",
	    "f:2: snapshots cannot be grouped by 'en'");
	assert_refused("retention: x\n", "f:1: retention must be a map");
	assert_refused("x\n", "f:1: it must be a map");
	assert_refused("retention: {keep-tag: [a, b], auto: 3}", "auto must");
}

static void
durations_in_both_spellings(void **state)
{
	static const struct {
		const char *text;
		int64_t months, days, seconds;
	} good[] = {
		{ "1y5m7d2h", 17, 7, 7200 },
		{ "2d", 0, 2, 0 },
		{ "12H", 0, 0, 12 * 3600 },
		{ "3w", 0, 21, 0 },
		{ "6m", 6, 0, 0 },
		{ "1y", 12, 0, 0 },
		{ "90M", 0, 0, 5400 },
		{ "5S", 0, 0, 5 },
		{ "0d", 0, 0, 0 },
		{ "1d1d", 0, 2, 0 },
	};
	static const char *const bad[] = { "", "d", "3", "3d4", "3x", "-3d",
		"3 d", "1.5d", "1234567d",
		"1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d" };
	struct gv_policy_span span;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(gv_policy_parse_span(&span, good[i].text), 0);
		assert_int_equal(span.months, good[i].months);
		assert_int_equal(span.days, good[i].days);
		assert_int_equal(span.seconds, good[i].seconds);
		assert_string_equal(span.text, good[i].text);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(span.text, "as before");
		assert_int_equal(
		    gv_policy_parse_span(&span, bad[i]), GV_EUSAGE);
		assert_string_equal(span.text, "as before");
	}
}

static void
rules_by_name(void **state)
{
	struct gv_policy_rules r = { 0 };

	(void)state;
	assert_int_equal(gv_policy_set(&r, "keep-daily", "unlimited"), 0);
	assert_int_equal(r.all.keep[GV_POLICY_DAILY], -1);
	assert_int_equal(gv_policy_set(&r, "keep-daily", ""), GV_EUSAGE);
	assert_int_equal(r.all.keep[GV_POLICY_DAILY], -1);
	assert_int_equal(gv_policy_set(&r, "daily", "1"), GV_ENOTFOUND);
	assert_int_equal(gv_policy_set(&r, "keep-", "1"), GV_ENOTFOUND);
	assert_int_equal(
	    gv_policy_set(&r, "keep-withindaily", "1d"), GV_ENOTFOUND);
	assert_int_equal(gv_policy_set(&r, "keep-tag", "a\tb"), GV_EUSAGE);
	assert_int_equal(gv_policy_set(&r, "keep-tag", "a,"), GV_EUSAGE);
	assert_int_equal(gv_policy_set(&r, "keep-tag", ",a"), GV_EUSAGE);
	assert_int_equal(gv_policy_set(&r, "keep-tag", "a,,b"), GV_EUSAGE);
	assert_int_equal(gv_policy_set(&r, "keep-tag", ","), GV_EUSAGE);
	assert_int_equal(r.n_tags, 0);
	assert_int_equal(gv_policy_set(&r, "group-by", "env,"), GV_EUSAGE);
	assert_int_equal(gv_policy_set(&r, "group-by", "env,,host"), GV_EUSAGE);
	assert_false(r.has_group_by);
	assert_false(gv_policy_complete(&r));
	assert_int_equal(r.group_by, GV_POLICY_HOST | GV_POLICY_BRANCH);
	assert_int_equal(gv_policy_set(&r, "group-by", "env"), 0);
	assert_false(gv_policy_complete(&r));
	assert_int_equal(r.group_by, GV_POLICY_ENV);
	gv_policy_rules_release(&r);
	assert_false(gv_policy_keeps(&r));
	assert_true(gv_policy_complete(&r));
	assert_int_equal(r.all.keep[GV_POLICY_HOURLY], 24);
	assert_int_equal(r.all.keep[GV_POLICY_DAILY], 30);
	assert_int_equal(r.all.keep[GV_POLICY_WEEKLY], 12);
	assert_int_equal(r.all.keep[GV_POLICY_MONTHLY], 12);
	assert_int_equal(r.all.keep[GV_POLICY_YEARLY], 0);
}

static void
a_trigger_may_have_limits_of_its_own(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "retention:\n  hooks: { keep-last: 1 }\n",
		    "f:2: there is no key 'hooks'; the nearest is 'hook'" },
		{ "retention:\n  ci: 3\n",
		    "f:2: ci must be a map of rules such as keep-last" },
		{ "retention:\n  ci: { keep-lost: 3 }\n",
		    "f:2: there is no key 'keep-lost'; the nearest is "
		    "'keep-last'" },
		{ "retention:\n  ci: { keep-last: many }\n",
		    "f:2: keep-last: 'many' is not a number; give a number, or "
		    "'unlimited'" },
		{ "retention:\n  ci: { keep-within: [] }\n",
		    "f:2: keep-within must be a duration such as 7d or 1y6m" },
		{ "retention:\n  ci: { keep-tag: x }\n",
		    "f:2: there is no key 'keep-tag'; " },
		{ "retention:\n  ci: { group-by: host }\n",
		    "f:2: there is no key 'group-by'; " },
	};
	static const char text[] = "retention:\n"
				   "  hook: { keep-last: 2 }\n"
				   "  watch:\n"
				   "  safety: { keep-within: 60d }\n";
	struct gv_policy p = GV_POLICY_INIT;
	struct gv_policy_limits limits;
	size_t i;

	(void)state;
	assert_int_equal(gv_policy_parse(&p, "f", text, strlen(text)), 0);
	assert_false(gv_policy_keeps(&p.retention));
	assert_true(gv_policy_complete(&p.retention));
	gv_policy_limits_of(&limits, &p.retention, GV_POLICY_HOOK);
	assert_int_equal(limits.keep[GV_POLICY_LAST], 2);
	assert_int_equal(limits.keep[GV_POLICY_DAILY], 0);
	gv_policy_limits_of(&limits, &p.retention, GV_POLICY_WATCH);
	assert_int_equal(limits.keep[GV_POLICY_DAILY], 30);
	gv_policy_limits_of(&limits, &p.retention, GV_POLICY_OTHER);
	assert_int_equal(limits.keep[GV_POLICY_DAILY], 30);
	gv_policy_limits_of(&limits, &p.retention, GV_POLICY_SAFETY);
	assert_int_equal(limits.within[GV_POLICY_LAST].days, 60);
	assert_int_equal(limits.keep[GV_POLICY_DAILY], 0);
	gv_policy_release(&p);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(
		    gv_policy_parse(&p, "f", bad[i].text, strlen(bad[i].text)),
		    GV_EREFUSED);
		if (strncmp(gv_err_message(), bad[i].why, strlen(bad[i].why)) !=
		    0)
			fail_msg("'%s'", gv_err_message());
	}
}

static void
what_is_said_of_the_scanner(void **state)
{
	struct gv_policy p;
	const struct gv_policy_scan *s = &p.scan;

	(void)state;
	assert_int_equal(parse(&p,
			     "scan:\n"
			     "  allow:\n"
			     "  - fingerprint: a\n"
			     "    value: b\n"
			     "    path: c/**\n"
			     "    rule: d\n"
			     "    reason: e\n"
			     "    expires: 1970-01-01\n"
			     "  - {path: x, reason: ''}\n"
			     "  - {path: x, reason: }\n"
			     "  disable: [f]\n"
			     "  severity: {g: high}\n"
			     "  rules: []\n"),
	    0);
	assert_int_equal(s->n_allow, 3);
	assert_string_equal(s->allow[0].fingerprint, "a");
	assert_string_equal(s->allow[0].value, "b");
	assert_string_equal(s->allow[0].path, "c/**");
	assert_string_equal(s->allow[0].rule, "d");
	assert_string_equal(s->allow[0].reason, "e");
	assert_int_equal(s->allow[0].ends, 86400);
	assert_int_equal(s->allow[0].line, 3);
	assert_null(s->allow[1].reason);
	assert_null(s->allow[2].reason);
	assert_true(s->allow[1].ends > INT64_MAX - 1);
	assert_int_equal(s->n_changes, 2);
	assert_string_equal(s->changes[0].rule, "f");
	assert_null(s->changes[0].severity);
	assert_string_equal(s->changes[1].rule, "g");
	assert_string_equal(s->changes[1].severity, "high");
	assert_non_null(s->rules);
	gv_policy_release(&p);
	assert_int_equal(parse(&p, "scan:\n"), 0);
	gv_policy_release(&p);
	assert_refused("scan: x\n", "scan must be a map");
	assert_refused("scan: {allow: x}\n", "allow must be a list");
	assert_refused("scan: {allow: [x]}\n", "an allowance is a map");
	assert_refused("scan: {allow: [{reason: x}]}\n",
	    "an allowance needs a fingerprint, value, path");
	assert_refused(
	    "scan: {allow: [{paths: x}]}\n", "the nearest is 'path'");
	assert_refused("scan: {allow: [{path: [x]}]}\n", "path must be a text");
	assert_refused("scan: {allow: [{path: ''}]}\n", "path must be a text");
	assert_refused("scan: {allow: [{path: x, expires: soon}]}\n",
	    "expires must be a day");
	assert_refused("scan: {allow: [{path: x, expires: 2026-02-30}]}\n",
	    "expires must be a day");
	assert_refused("scan: {allow: [{path: x, expires: 2026-02-03x}]}\n",
	    "expires must be a day");
	assert_refused("scan: {disable: x}\n", "disable must be a list");
	assert_refused("scan: {disable: [[x]]}\n", "disable must be a list");
	assert_refused("scan: {severity: {a: bad}}\n", "a must be low, medium");
	assert_refused("scan: {rules: x}\n", "rules must be a list");
	assert_refused("scan: {alow: x}\n", "the nearest is 'allow'");
}

static void
what_is_said_of_secrets(void **state)
{
	struct gv_policy p;
	const struct gv_policy_secrets *r = &p.secrets;

	(void)state;
	assert_int_equal(parse(&p,
			     "secrets:\n"
			     "  withhold: verified\n"
			     "  scopes:\n"
			     "  - {path: 'k8s/**', scope: prod.eu-1}\n"
			     "  paths:\n"
			     "  - {path: .env.example, keep: clear}\n"
			     "  - {path: a, keep: values}\n"
			     "  - {path: b, keep: sealed}\n"),
	    0);
	assert_string_equal(r->withhold, "verified");
	assert_int_equal(r->n_scopes, 1);
	assert_string_equal(r->scopes[0].path, "k8s/**");
	assert_string_equal(r->scopes[0].scope, "prod.eu-1");
	assert_int_equal(r->n_paths, 3);
	assert_int_equal(r->paths[0].keep, GV_POLICY_CLEAR);
	assert_int_equal(r->paths[1].keep, GV_POLICY_VALUES);
	assert_int_equal(r->paths[2].keep, GV_POLICY_SEALED);
	gv_policy_release(&p);
	assert_refused("secrets: [a]", "f:1: secrets must be a map");
	assert_refused("secrets:\n  withold: likely\n",
	    "f:2: there is no key 'withold'; the nearest is 'withhold'");
	assert_refused("secrets:\n  withhold: all\n", "f:2: withhold must be");
	assert_refused("secrets:\n  scopes: x\n", "f:2: scopes must be a list");
	assert_refused("secrets:\n  scopes:\n  - {path: x}\n",
	    "f:3: this is a map with path and scope");
	assert_refused("secrets:\n  scopes:\n  - {path: x, scope: a/b}\n",
	    "f:3: scope must be a word");
	assert_refused("secrets:\n  scopes:\n  - {path: x, scope: a..b}\n",
	    "f:3: scope must be a word");
	assert_refused("secrets:\n  paths:\n  - {path: x, keep: it}\n",
	    "f:3: keep must be clear, values or sealed");
	assert_refused("secrets:\n  paths:\n  - {keep: clear}\n",
	    "f:3: this is a map with path and keep");
}

static void
scopes_and_how_files_are_kept(void **state)
{
	struct gv_policy p;

	(void)state;
	assert_int_equal(parse(&p,
			     "secrets:\n"
			     "  scopes:\n"
			     "  - {path: 'live/prod/x*', scope: special}\n"
			     "  paths:\n"
			     "  - {path: 'a.tfstate', keep: values}\n"
			     "  - {path: '*.env', keep: clear}\n"),
	    0);
	assert_string_equal(gv_scope_of(&p, "live/prod/x.tf"), "special");
	assert_string_equal(gv_scope_of(&p, "live/prod/y.tf"), "prod");
	assert_string_equal(gv_scope_of(NULL, "live/prod/x.tf"), "prod");
	assert_string_equal(gv_scope_of(NULL, "main.tf"), GV_SCOPE_SHARED);
	assert_int_equal(gv_scope_keep(&p, "a.tfstate", true), GV_SCOPE_VALUES);
	assert_int_equal(gv_scope_keep(&p, "x.env", true), GV_SCOPE_CLEAR);
	assert_int_equal(gv_scope_keep(NULL, "x.env", true), GV_SCOPE_SEALED);
	assert_int_equal(gv_scope_keep(NULL, "x.env", false), GV_SCOPE_VALUES);
	assert_int_equal(
	    gv_scope_keep(NULL, "d/t.tfstate", false), GV_SCOPE_SEALED);
	assert_int_equal(
	    gv_scope_keep(NULL, "t.tfstate.backup", false), GV_SCOPE_SEALED);
	gv_policy_release(&p);
}

static void
who_signs_records(void **state)
{
	struct gv_policy p;

	(void)state;
	assert_int_equal(parse(&p, "good: {checks: {a: true}}\n"), 0);
	assert_false(p.goods.are_signed);
	gv_policy_release(&p);
	assert_int_equal(parse(&p, "good: {signed: optional}\n"), 0);
	assert_false(p.goods.are_signed);
	gv_policy_release(&p);
	assert_int_equal(parse(&p, "good: {signed: required}\n"), 0);
	assert_true(p.goods.are_signed);
	assert_int_equal(p.goods.n_signers, 0);
	gv_policy_release(&p);
	assert_int_equal(
	    parse(&p,
		"good:\n  signers:\n  - ann\n  - ssh-ed25519 AAAA c\n"
		"  - SHA256:abc\n  - 0123456789abcdefABCDEF012345678901234567\n"
		"  checks: {a: true}\n"),
	    0);
	assert_true(p.goods.are_signed);
	assert_int_equal(p.goods.n_signers, 4);
	assert_string_equal(p.goods.signers[0], "ann");
	assert_string_equal(p.goods.signers[1], "ssh-ed25519 AAAA c");
	assert_int_equal(p.goods.n, 1);
	gv_policy_release(&p);
	assert_refused(
	    "good:\n  signers: []\n", "f:2: signers must be a list of signers");
	assert_refused(
	    "good: {signers: ann}\n", "signers must be a list of signers");
	assert_refused("good: {signers: [a b]}\n", "a name of the keyring");
	/* a short id of OpenPGP is made to order */
	assert_refused("good: {signers: [A84C390E2C3153E1]}\n", "all digits");
	assert_refused(
	    "good: {signers: [\"a\\tb\"]}\n", "a name of the keyring");
	assert_refused("good: {signers: [[a]]}\n", "f:1: ");
	assert_refused("good: {signed: true}\n", "required or optional");
	assert_refused("good: {signed: optional, signers: [a]}\n",
	    "'signed: optional' contradicts that");
	assert_refused("good: {signer: [a]}\n", "the nearest is 'signed'");
}

static void
who_approves_removals(void **state)
{
	struct gv_policy_approval a;
	struct gv_policy p;

	(void)state;
	assert_int_equal(parse(&p, "rollback: {approvals: 3}\n"), 0);
	a = gv_policy_approval_to(&p, GV_POLICY_DELETE);
	assert_int_equal(a.wanted, 0);
	assert_int_equal(a.lasts, 24 * 60 * 60);
	gv_policy_release(&p);
	assert_int_equal(parse(&p,
			     "delete: {approvals: 2, approvers: [ann, bob]}\n"
			     "prune: {approvals: 1, lasts: 3d}\n"),
	    0);
	a = gv_policy_approval_to(&p, GV_POLICY_DELETE);
	assert_int_equal(a.wanted, 2);
	assert_int_equal(a.n_approvers, 2);
	a = gv_policy_approval_to(&p, GV_POLICY_PRUNE);
	assert_int_equal(a.wanted, 1);
	assert_int_equal(a.n_approvers, 0);
	assert_int_equal(a.lasts, 3 * 24 * 60 * 60);
	assert_int_equal(gv_policy_approval_of(&p, "prod").wanted, 0);
	gv_policy_release(&p);
	assert_refused("a: 1\ndelete: {approvals: 2, approvers: [a]}\n", "f:");
	assert_refused("prune: {approvals: 2, approvers: [a]}\n",
	    "f:1: prune: 2 approvals are more than the 1 approver can give");
	assert_refused("prune: {approval: 1}\n", "the nearest is 'approvals'");
	assert_refused("delete: [1]\n", "a map with approvals");
}

static void
who_approves_rollbacks(void **state)
{
	struct gv_policy_approval a;
	struct gv_policy p;

	(void)state;
	assert_int_equal(parse(&p, "retention: {keep-daily: 3}\n"), 0);
	a = gv_policy_approval_of(&p, "prod");
	assert_int_equal(a.wanted, 0);
	assert_int_equal(a.lasts, 24 * 60 * 60);
	gv_policy_release(&p);
	assert_int_equal(
	    parse(&p,
		"environments:\n"
		"  prod: {approvals: 2, lasts: 3d}\n  dev: {approvals: 0}\n"
		"rollback:\n"
		"  approvals: 1\n  approvers: [ann, bob]\n  lasts: 90M\n"),
	    0);
	a = gv_policy_approval_of(&p, "prod");
	assert_int_equal(a.wanted, 2);
	assert_int_equal(a.lasts, 3 * 24 * 60 * 60);
	assert_int_equal(a.n_approvers, 2);
	assert_string_equal(a.approvers[1], "bob");
	a = gv_policy_approval_of(&p, "dev");
	assert_int_equal(a.wanted, 0);
	a = gv_policy_approval_of(&p, "else");
	assert_int_equal(a.wanted, 1);
	assert_int_equal(a.lasts, 90 * 60);
	gv_policy_release(&p);
	assert_refused("rollback: {approvals: -1}\n", "must be a number");
	assert_refused("rollback: {approvals: 1x}\n", "a number up to 100");
	assert_refused("rollback: {approvals: [1]}\n", "must be a number");
	assert_refused("rollback: {approvals: 101}\n", "a number up to 100");
	assert_refused("rollback: {approvers: []}\n", "a list of names");
	assert_refused("rollback: {approvers: ann}\n", "a list of names");
	assert_refused("rollback: {approvers: [a, a]}\n", "named twice");
	assert_refused("rollback: {approvers: [[a]]}\n", "f:1: ");
	assert_refused("rollback: {lasts: 1m}\n", "such as 24h");
	assert_refused("rollback: {lasts: 0h}\n", "such as 24h");
	assert_refused("rollback: {lasts: soon}\n", "such as 24h");
	assert_refused("rollback: {approvals: 2, approvers: [a]}\n",
	    "2 approvals are more than the 1 approver can give");
	assert_refused("rollback: {approvers: [a]}\nenvironments:\n"
		       "  prod: {approvals: 2}\n",
	    "f:3: prod: 2 approvals are more than the 1 approver");
	assert_refused(
	    "rollback: {environments: {}}\n", "there is no key 'environments'");
	assert_refused(
	    "rollback: {approval: 1}\n", "the nearest is 'approvals'");
}

static void
what_is_said_of_environments(void **state)
{
	const struct gv_policy_env *prod;
	struct gv_policy p;

	(void)state;
	assert_int_equal(
	    parse(&p,
		"environments:\n  staging: {after: [dev, qa]}\n  prod:\n"
		"    paths: [live, 'k8s/**/p-*.yaml']\n"
		"    keys: params.yaml#Mappings.Env.prod\n"
		"    aliases: [blue]\n    tier: prod\n    after: staging\n"
		"    extends: staging\n    region: [eu-west-1, eu-west-2]\n"
		"    account: '123456789012'\n    functions: [payments]\n"
		"    freeze: [2026-12-20..2027-01-03, fri 16:00..mon 08:00]\n"
		"    retention: {keep-daily: 90}\n    every: 1h\n"
		"    seal: full\n    copies: 2\n    rto: 4h\n    rpo: 30M\n"
		"    branches: [main, 'release/*']\n"),
	    0);
	prod = gv_policy_env(&p, "prod");
	assert_int_equal(prod->line, 3);
	assert_int_equal(prod->lists[GV_POLICY_ENV_PATHS].n, 2);
	assert_string_equal(
	    prod->lists[GV_POLICY_ENV_AFTER].items[0], "staging");
	assert_string_equal(prod->tier, "prod");
	assert_int_equal(prod->copies, 2);
	assert_int_equal(prod->times[GV_POLICY_ENV_RTO], 4 * 60 * 60);
	assert_int_equal(prod->times[GV_POLICY_ENV_RPO], 30 * 60);
	assert_int_equal(prod->retention.keep[GV_POLICY_DAILY], 90);
	assert_int_equal(p.goods.n_branches, 2);
	assert_string_equal(p.goods.branches[1].env, "prod");
	assert_null(gv_policy_env(&p, "dev"));
	assert_string_equal(gv_scope_of(&p, "live/db.tf"), "prod");
	assert_string_equal(gv_scope_of(&p, "k8s/a/b/p-1.yaml"), "prod");
	assert_string_equal(gv_scope_of(&p, "blue/db.tf"), "prod");
	assert_string_equal(gv_scope_of(&p, "a/values-blue.yaml"), "prod");
	assert_string_equal(gv_scope_of(&p, "bluer/db.tf"), "shared");
	gv_policy_release(&p);
	assert_int_equal(parse(&p, "environments: {production: }\n"), 0);
	assert_string_equal(gv_scope_of(&p, "envs/prod/x"), "production");
	gv_policy_release(&p);
	assert_refused("environments:\n  a:\n    tier: live\n",
	    "f:3: tier must be dev, test, staging or prod");
	assert_refused("environments: {a: {keys: file}}\n",
	    "keys must be FILE#KEY, such as");
	assert_refused("environments: {a: {paths: [/etc]}}\n",
	    "a path from the top of the working tree");
	assert_refused("environments: {a: {rto: 1m}}\n", "such as 24h");
	assert_refused("environments: {a: {copies: many}}\n", "a number");
	assert_refused("environments: {a: {freeze: weekend}}\n",
	    "freeze must be a window such as");
	assert_refused("environments: {a: {freeze: {from: fri}}}\n",
	    "freeze must be a window such as 2026-12-20..2027-01-03 or fri "
	    "16:00..mon 08:00 Europe/Berlin");
	assert_refused("environments: {a: {freeze: [{from: fri}]}}\n",
	    "freeze must be a window such as");
	assert_refused("environments:\n  a: {after: b}\n  b: {after: a}\n",
	    "f:2: a comes after itself");
	assert_refused(
	    "environments:\n  a: {extends: a}\n", "f:2: a is made like itself");
	assert_refused("environments:\n  a: {}\n  b: {aliases: a}\n",
	    "f:3: 'a' cannot mean b, since it means a");
	assert_refused(
	    "environments:\n  a: {aliases: x}\n  b: {aliases: [y, x]}\n",
	    "f:3: 'x' cannot mean b, since it means a");
}

static void
what_is_said_of_checks(void **state)
{
	const struct gv_policy_lint *lint[2];
	struct gv_policy p;

	(void)state;
	assert_int_equal(
	    parse(&p,
		"check:\n"
		"  rules: {tf: \"off\", tf/unset-var: error, '*': note}\n"
		"  ignore:\n"
		"    - {rule: ref, path: old/**, reason: r, expires: "
		"2027-01-31}\n"
		"  baseline: ci/known\n"
		"  push: warning\n"
		"  protected: [ci/**, CODEOWNERS]\n"
		"  required:\n"
		"    - {path: 'live/*', files: README.md}\n"
		"    - {path: '**/values.yaml', keys: [image.tag]}\n"
		"  allowed: {images: [nginx@1.*], modules: []}\n"),
	    0);
	assert_int_equal(gv_policy_lints(lint, &p), 1);
	assert_int_equal(
	    gv_policy_lint_level(lint[0], "tf/x"), GV_POLICY_LEVEL_OFF);
	assert_int_equal(gv_policy_lint_level(lint[0], "tf/unset-var"),
	    GV_POLICY_LEVEL_ERROR);
	assert_int_equal(
	    gv_policy_lint_level(lint[0], "tfx/y"), GV_POLICY_LEVEL_NOTE);
	assert_string_equal(lint[0]->ignores[0].reason, "r");
	assert_string_equal(lint[0]->baseline, "ci/known");
	assert_int_equal(gv_policy_push_level(&p), GV_POLICY_LEVEL_WARNING);
	assert_int_equal(lint[0]->protected.n, 2);
	assert_int_equal(lint[0]->n_required, 2);
	assert_int_equal(lint[0]->required[1].keys.n, 1);
	assert_true(lint[0]->has_allowed[GV_POLICY_MODULES]);
	assert_false(lint[0]->has_allowed[GV_POLICY_CHARTS]);
	gv_policy_release(&p);
	assert_int_equal(parse(&p, "check:\n"), 0);
	assert_int_equal(gv_policy_push_level(&p), GV_POLICY_LEVEL_OFF);
	gv_policy_release(&p);
	assert_refused("check: {rules: {tf: fatal}}\n",
	    "f:1: tf must be error, warning, note or off");
	assert_refused("check: {ignore: [{rule: tf}]}\n",
	    "f:1: an entry of ignore needs a rule or a path, and a reason");
	assert_refused("check: {ignore: [{reason: r}]}\n", "needs a rule");
	assert_refused("check: {baseline: ../x}\n", "a path from the top");
	assert_refused("check: {baseline: /x}\n", "a path from the top");
	assert_refused("check: {required: [{path: a}]}\n", "files or keys");
	assert_refused("check: {required: [{files: a}]}\n", "needs a path");
	assert_refused("check: {required: {path: a}}\n", "a list of");
	assert_refused("check: {allowed: {image: a}}\n", "nearest is 'images'");
	assert_refused("check: {rule: {}}\n", "nearest is 'rules'");
}

/* Append `n` times, each '#' being the number. */
static void
repeat(struct gv_buf *out, const char *text, unsigned n)
{
	const char *p;
	unsigned i;

	for (i = 0; i < n; i++)
		for (p = text; *p; p++)
			if (*p == '#')
				gv_buf_addf(out, "%u", i);
			else
				gv_buf_addch(out, *p);
	assert_int_equal(gv_buf_check(out), 0);
}

/* One more than may be is named with its line; the most is taken. */
static void
there_is_a_most_of_everything(void **state)
{
	static const struct {
		const char *head, *each;
		unsigned most;
		const char *words;
	} rows[] = {
		{ "config:\n  c:\n    layers: [a]\n    app:\n      versions:\n",
		    "        \">=#.0\": {requires: [k]}\n", 1000,
		    "f:1006: there are at most 1000 ranges" },
		{ "components:\n", "  c#: {type: vault, source: s}\n", 200,
		    "f:202: there are at most 200 components, each with a name "
		    "of at most 64 small letters, digits, '-' and '_'" },
		{ "components:\n  c: {type: vault, source: s}\npoints:\n",
		    "  p#: {components: [c]}\n", 50,
		    "f:54: there are at most 50 points, each with a name of at "
		    "most 64 small letters, digits, '-' and '_'" },
		{ "config:\n", "  c#: {layers: [a]}\n", 1000,
		    "f:1002: there are at most 1000 sets" },
		{ "drills:\n  rules:\n", "    r#: {file: a}\n", 500,
		    "f:503: there are at most 500 rules, each with a name" },
		{ "drills:\n  validators:\n", "    v#: true\n", 500,
		    "f:503: there are at most 500 validators, each with a "
		    "name" },
		{ "drills:\n  services:\n", "    s#: {run: a, ready: b}\n", 20,
		    "f:23: there are at most 20 services" },
		{ "environments:\n", "  e#: {paths: [a]}\n", 200,
		    "f:202: there are at most 200 environments" },
		{ "environments:\n  e:\n    paths:\n", "    - p#\n", 1000,
		    "f:1004: paths has more than 1000 entries" },
		{ "good:\n  checks:\n", "    c#: true\n", 100,
		    "f:103: there are at most 100 checks, each with a name" },
		{ "good:\n  signers:\n", "    - s#\n", 1000,
		    "f:1003: there are at most 1000 signers" },
		{ "environments:\n  e:\n    branches:\n", "    - b#\n", 1000,
		    "f:3: there are at most 1000 branches" },
		{ "check:\n  protected:\n", "    - p#\n", 1000,
		    "f:1003: protected has more than 1000 entries" },
		{ "project:\n  tags:\n", "    - t#\n", 32,
		    "f:35: tags has more than 32 entries" },
		{ "rollback:\n  approvals: 1\n  approvers:\n", "    - a#\n",
		    1000, "f:1004: there are at most 1000 approvers" },
		{ "targets:\n", "  t#: {url: 's3://box/#'}\n", 50,
		    "f:52: there are at most 50 targets" },
	};
	struct gv_buf text = GV_BUF_INIT;
	struct gv_policy p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		gv_buf_reset(&text);
		gv_buf_addstr(&text, rows[i].head);
		repeat(&text, rows[i].each, rows[i].most);
		if (parse(&p, text.p) < 0)
			fail_msg("%s%s", rows[i].head, gv_err_message());
		gv_policy_release(&p);
		gv_buf_reset(&text);
		gv_buf_addstr(&text, rows[i].head);
		repeat(&text, rows[i].each, rows[i].most + 1);
		assert_refused(text.p, rows[i].words);
	}
	gv_buf_release(&text);
}

static void
what_is_said_of_components(void **state)
{
	(void)state;
	assert_refused("components: {c: {source: s}}\n",
	    "f:1: the component 'c' needs a type: postgresql, mariadb, ");
	assert_refused("components: {C: {type: vault}}\n",
	    "f:1: there are at most 200 components, each with a name of at "
	    "most 64 small letters");
	assert_refused("components:\n  c: {type: vault, source: s}\n"
		       "points: {p: {}}\n",
	    "f:3: the point 'p' needs components");
	assert_refused("components:\n  c: {type: vault, source: s}\n"
		       "points: {p: {components: [c, d]}}\n",
	    "f:3: the point 'p' names 'd', which is not in components");
	assert_refused("access: {roles: {a/b: [x@y]}}\n",
	    "f:1: 'a/b' is not a name of a role: letters, digits, '.', '_' "
	    "and '-'");
}

UNIT(policy)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_whether_states_are_saved),
		cmocka_unit_test(says_how_states_are_sealed),
		cmocka_unit_test(what_is_said_of_environments),
		cmocka_unit_test(reads_every_key),
		cmocka_unit_test(one_text_will_do_for_a_list),
		cmocka_unit_test(nothing_is_a_policy_too),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(durations_in_both_spellings),
		cmocka_unit_test(rules_by_name),
		cmocka_unit_test(a_trigger_may_have_limits_of_its_own),
		cmocka_unit_test(what_is_said_of_the_scanner),
		cmocka_unit_test(what_is_said_of_secrets),
		cmocka_unit_test(who_signs_records),
		cmocka_unit_test(who_approves_removals),
		cmocka_unit_test(who_approves_rollbacks),
		cmocka_unit_test(what_is_said_of_checks),
		cmocka_unit_test(scopes_and_how_files_are_kept),
		cmocka_unit_test(there_is_a_most_of_everything),
		cmocka_unit_test(what_is_said_of_components),
	};

	return UNIT_RUN(tests);
}
