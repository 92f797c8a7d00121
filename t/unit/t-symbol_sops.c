/* lib/symbol/symbol_sops: for whom files are encrypted. */
#include "unit.h"

#include "symbol_told.h"

static void
rules_have_recipients(void **state)
{
	(void)state;
	assert_symbols(".sops.yaml",
	    "creation_rules:\n- path_regex: prod/.*\\.yaml$\n"
	    "  age: >-\n    age1b,\n    age1a\n  pgp: FP1\n"
	    "- key_groups:\n  - age: [age1c]\n    kms:\n"
	    "    - arn: arn:aws:kms:x\n  - pgp: [FP2]\n"
	    "- age: AGE-SECRET-KEY-1QQ\n",
	    "2 sops.rule prod/.*\\.yaml$=age:age1a,age:age1b,pgp:FP1\n"
	    "3 prod/.*\\.yaml$> sops.recipient @age:age1b\n"
	    "3 prod/.*\\.yaml$> sops.recipient @age:age1a\n"
	    "6 prod/.*\\.yaml$> sops.recipient @pgp:FP1\n"
	    "7 sops.rule .*=age:age1c,kms:arn:aws:kms:x,pgp:FP2\n"
	    "8 .*> sops.recipient @age:age1c\n"
	    "10 .*> sops.recipient @kms:arn:aws:kms:x\n"
	    "11 .*> sops.recipient @pgp:FP2\n"
	    "12 sops.rule .*\n");
}

static void
encrypted_files_have_recipients(void **state)
{
	(void)state;
	assert_symbols("a.yaml",
	    "password: ENC[x]\nsops:\n  age:\n  - recipient: age1a\n"
	    "    enc: z\n  mac: ENC[y]\n",
	    "2 sops.rule sops.rule:* ~\n"
	    "4 sops.recipient @age:age1a\n");
	assert_symbols("a.json",
	    "{\"data\": \"ENC[x]\",\n\"sops\": {\"mac\": \"y\",\n"
	    "\"pgp\": [{\"fp\": \"F\"}]}}",
	    "2 sops.rule sops.rule:* ~\n"
	    "3 sops.recipient @pgp:F\n");
	/* values of a chart, without those of SOPS */
	assert_symbols("values-prod.yaml", "a: ENC[x]\nsops: {mac: y}\n",
	    "1 helm.value a\n"
	    "2 sops.rule sops.rule:* ~\n");
	/* a key of that name alone is none */
	assert_symbols("b.yaml", "sops: {version: 3}\n", "");
}

UNIT(symbol_sops)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_have_recipients),
		cmocka_unit_test(encrypted_files_have_recipients),
	};

	return UNIT_RUN(tests);
}
