#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/policy.h"

static void
assert_refused(const char *text, const char *words)
{
	struct gv_policy p;

	assert_int_equal(
	    gv_policy_parse(&p, "f", text, strlen(text)), GV_EREFUSED);
	if (strstr(gv_err_message(), words) == NULL)
		fail_msg("'%s' does not say '%s'", gv_err_message(), words);
}

static void
all_kinds_are_read(void **state)
{
	static const char text[] =
	    "scopes:\n"
	    "  prod: { keep: vault, vault: team }\n"
	    "  dev:\n    keep: both\n    vault: cloud\n"
	    "  test: { keep: git }\n"
	    "vaults:\n"
	    "  team:\n    kind: hashicorp\n"
	    "    address: https://vault.example.com:8200\n"
	    "    mount: kv/team\n    path: a/b\n    namespace: ns\n"
	    "    role: ci\n"
	    "  cloud: { kind: aws, region: eu-central-1 }\n"
	    "  t: { kind: transit, key: k }\n"
	    "  k: { kind: kms, key: 'arn:aws:kms:eu-central-1:1:key/x' }\n";
	const struct gv_policy_vault *v;
	const struct gv_policy_scope *s;
	struct gv_policy p;

	(void)state;
	assert_int_equal(gv_policy_parse(&p, "f", text, strlen(text)), 0);
	v = gv_policy_vault(&p, "team");
	assert_int_equal(v->kind, GV_POLICY_HASHICORP);
	assert_string_equal(v->address, "https://vault.example.com:8200");
	assert_string_equal(v->mount, "kv/team");
	assert_string_equal(v->path, "a/b");
	assert_string_equal(v->space, "ns");
	assert_string_equal(v->role, "ci");
	s = gv_policy_scope(&p, "prod");
	assert_int_equal(s->keep, GV_POLICY_IN_VAULT);
	assert_ptr_equal(s->vault, v);
	v = gv_policy_vault(&p, "cloud");
	assert_int_equal(v->kind, GV_POLICY_AWS);
	assert_string_equal(v->path, "git-vault");
	assert_null(v->address);
	s = gv_policy_scope(&p, "dev");
	assert_int_equal(s->keep, GV_POLICY_IN_BOTH);
	assert_ptr_equal(s->vault, v);
	assert_int_equal(gv_policy_scope(&p, "test")->keep, GV_POLICY_IN_GIT);
	assert_string_equal(gv_policy_vault(&p, "t")->mount, "transit");
	assert_int_equal(gv_policy_vault(&p, "k")->kind, GV_POLICY_KMS);
	assert_null(gv_policy_vault(&p, "none"));
	assert_null(gv_policy_scope(&p, "none"));
	gv_policy_release(&p);
}

static void
nothing_said_is_nothing_kept_elsewhere(void **state)
{
	struct gv_policy p;

	(void)state;
	assert_int_equal(
	    gv_policy_parse(&p, "f", "vaults:\nscopes: ~\n", 18), 0);
	assert_null(gv_policy_scope(&p, "prod"));
	gv_policy_release(&p);
}

static void
what_is_wrong_is_said_with_its_line(void **state)
{
	(void)state;
	assert_refused("vaults: 1\n", "f:1: vaults must be a map");
	assert_refused("vaults:\n  a: x\n", "f:2: a must be a map with a kind");
	assert_refused("vaults:\n  a: {kind: gcp}\n", "f:2: a must be a map");
	assert_refused("vaults:\n  a:\n    kind: aws\n    mount: x\n",
	    "f:4: there is no key 'mount'");
	assert_refused("vaults:\n  a:\n    kind: hashicorp\n    pth: x\n",
	    "nearest is 'path'");
	assert_refused("vaults:\n  A b: {kind: aws}\n", "no name of a vault");
	assert_refused("vaults:\n  a: {kind: kms}\n",
	    "f:2: a must be a map "
	    "with a key");
	assert_refused(
	    "vaults:\n  a: {kind: aws, path: 'x y'}\n", "path must be a text");
	assert_refused(
	    "vaults:\n  a: {kind: aws, path: a/../b}\n", "must be a path");
	assert_refused(
	    "vaults:\n  a: {kind: aws, path: /a}\n", "must be a path");
	assert_refused(
	    "vaults:\n  a: {kind: aws, path: a/}\n", "must be a path");
	assert_refused("scopes:\n  prod: vault\n", "f:2: prod must be a map");
	assert_refused(
	    "scopes:\n  prod: {keep: here}\n", "keep must be git, vault");
	assert_refused("scopes:\n  prod: {kept: git}\n", "no key 'kept'");
	assert_refused(
	    "scopes:\n  prod: {keep: vault}\n", "f:2: the scope prod");
	assert_refused(
	    "scopes:\n  prod: {keep: vault, vault: x}\n", "vaults has no 'x'");
	assert_refused("vaults:\n  x: {kind: kms, key: k}\n"
		       "scopes:\n  prod: {keep: both, vault: x}\n",
	    "f:4: the vault x wraps keys");
}

UNIT(policy_vault)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_are_read),
		cmocka_unit_test(nothing_said_is_nothing_kept_elsewhere),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
	};

	return UNIT_RUN(tests);
}
