/* lib/lint: secrets in clear next to encrypted ones. */
#include "lint_told.h"

static void
other_tools_encrypt_secrets_as_well(void **state)
{
	(void)state;
	assert_check("warning secret/clear-mixed h/prod/all.yml:0: this is in "
		     "clear in prod, and 'h/dev/all.yml' is encrypted in dev\n",
	    "secret/clear-mixed",
	    { "h/dev/all.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n", "dev" },
	    { "h/prod/all.yml", "a: 1\n", "prod" });
	assert_check("info secret/clear-mixed k/dev/s.yaml:0: this is in clear "
		     "in dev, and 'k/prod/s.yaml' is encrypted in prod\n",
	    "secret/clear-mixed",
	    { "k/dev/s.yaml",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n", "dev" },
	    { "k/prod/s.yaml",
		"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
		"metadata: {name: s}\nspec: {encryptedData: {a: AgB}}\n",
		"prod" });
	/* one variable of a file; another one is in clear in both */
	assert_check("warning secret/clear-mixed group_vars/prod.yml:2: "
		     "db_pass is in clear in prod, and 'group_vars/dev.yml' is "
		     "encrypted in dev\n",
	    "secret/clear-mixed",
	    { "group_vars/dev.yml",
		"size: 1\ndb_pass: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n"
		"  6162\n",
		"dev" },
	    { "group_vars/prod.yml", "size: 2\ndb_pass: hunter2\n", "prod" });
}

#define SOPS                                                                   \
	"sops:\n    age:\n    - recipient: age1x\n"                            \
	"    mac: ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]\n"                \
	"    unencrypted_suffix: _unencrypted\n"
#define SEALED "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]"

static void
a_value_in_clear_among_encrypted_ones_is_named(void **state)
{
	(void)state;
	assert_check("warning secret/clear-mixed a.yaml:4: password is in "
		     "clear in a file that SOPS encrypts\n",
	    "secret/clear-mixed",
	    { "a.yaml",
		"user: " SEALED "\nnote_unencrypted: x\ndb:\n"
		"    password: hunter2\n" SOPS,
		NULL });
	assert_check("", "secret/clear-mixed",
	    { "a.yaml",
		"user: " SEALED "\nnote_unencrypted: {a: x}\nempty: \"\"\n"
		"none: null\n" SOPS,
		NULL },
	    { "k.yaml",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
		"data:\n  k: " SEALED "\n" SOPS
		"    encrypted_regex: ^(data|stringData)$\n",
		NULL },
	    { "r.yaml", "a: clear\n" SOPS "    encrypted_regex: pass.*\n",
		NULL });
}

static void
production_is_not_in_clear_where_others_are_encrypted(void **state)
{
	(void)state;
	assert_check("warning secret/clear-mixed envs/prod/secrets.yaml:0: "
		     "this is in clear in prod, and 'envs/dev/secrets.yaml' is "
		     "encrypted in dev\n",
	    "secret/clear-mixed",
	    { "envs/dev/secrets.yaml", "password: " SEALED "\n" SOPS, "dev" },
	    { "envs/prod/secrets.yaml", "password: x\n", "prod" });
	assert_check("info secret/clear-mixed envs/dev/secrets.yaml:0: "
		     "this is in clear in dev, and 'envs/prod/secrets.yaml' is "
		     "encrypted in prod\n",
	    "secret/clear-mixed",
	    { "envs/dev/secrets.yaml", "password: x\n", "dev" },
	    { "envs/prod/secrets.yaml", "password: " SEALED "\n" SOPS,
		"prod" });
	assert_check("", "secret/clear-mixed",
	    { "envs/dev/secrets.yaml", "password: " SEALED "\n" SOPS, "dev" },
	    { "envs/prod/secrets.yaml",
		"apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
		"metadata: {name: s}\n",
		"prod" });
}

static void
a_secret_in_clear_next_to_encrypted_ones_is_named(void **state)
{
	(void)state;
	assert_check("warning secret/clear-mixed group_vars/all.yml:4: "
		     "smtp_password is in clear next to encrypted "
		     "values\n"
		     "warning secret/clear-mixed group_vars/all.yml:10: "
		     "api_token is in clear next to encrypted values\n",
	    "secret/clear-mixed",
	    { "group_vars/all.yml",
		"db_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n"
		"smtp_password: hunter22\n"
		"ldap_password: \"{{ vault_ldap_password }}\"\n"
		"password_length: 20.5\nsecret_name: mail-secret\n"
		"mail:\n  key: !vault x\n  api_token: abcd1234\n"
		"  password: ''\n  ssl_private_key: /etc/ssl/key.pem\n"
		"chat:\n  token: abcd1234\n",
		NULL },
	    /* where nothing is encrypted, nobody meant to */
	    { "group_vars/web.yml", "web_password: hunter22\n", NULL });
	assert_check("warning secret/clear-mixed Pulumi.dev.yaml:3: "
		     "app:apiToken is in clear next to encrypted "
		     "values\n"
		     "warning secret/clear-mixed Pulumi.prod.yaml:2: "
		     "app:dbUrl is in clear in prod, and 'Pulumi.dev.yaml' is "
		     "encrypted in dev\n",
	    "secret/clear-mixed", { "Pulumi.yaml", "name: app\n", NULL },
	    { "Pulumi.dev.yaml",
		"config:\n  app:dbUrl: {secure: AAAB}\n"
		"  app:apiToken: abcd1234\n  app:size: large\n",
		"dev" },
	    { "Pulumi.prod.yaml",
		"config:\n  app:dbUrl: db.example\n  app:size: large\n",
		"prod" });
}

UNIT(lint_secret)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_tools_encrypt_secrets_as_well),
		cmocka_unit_test(
		    a_value_in_clear_among_encrypted_ones_is_named),
		cmocka_unit_test(
		    production_is_not_in_clear_where_others_are_encrypted),
		cmocka_unit_test(
		    a_secret_in_clear_next_to_encrypted_ones_is_named),
	};

	return UNIT_RUN(tests);
}
