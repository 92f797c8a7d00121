#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "infra/precious.h"
#include "infra/precious_internal.h"

struct row {
	const char *path, *rule;
};

static void
expect(const char *path, const char *rule, const char *want)
{
	if (want == NULL && rule)
		fail_msg("%s is taken for: %s", path, rule);
	if (want && (rule == NULL || strcmp(rule, want) != 0))
		fail_msg(
		    "%s is %s, not: %s", path, rule ? rule : "nothing", want);
}

static void
expect_rules(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		expect(rows[i].path,
		    gv_precious_rule(rows[i].path, strlen(rows[i].path)),
		    rows[i].rule);
}

static void
test_precious_files_of_terraform(void **state)
{
	static const struct row rows[] = {
		{ "terraform.tfstate", "terraform state" },
		{ "a/prod.tfstate", "terraform state" },
		{ "terraform.tfstate.backup", "terraform state" },
		{ "terraform.tfstate.1700000000.backup", "terraform state" },
		{ "errored.tfstate", "terraform state" },
		{ "terraform.tfstate.d/prod/anything", "terraform state" },
		{ "a/.terraform/terraform.tfstate",
		    "terraform backend settings" },
		{ ".terraform/environment", "terraform workspace" },
		{ "prod.tfvars", "terraform variables" },
		{ "prod.auto.tfvars.json", "terraform variables" },
		{ "override.tf", "terraform override" },
		{ "x_override.tf.json", "terraform override" },
		{ "backend.hcl", "terraform backend settings" },
		{ "prod.tfbackend", "terraform backend settings" },
		{ ".terraformrc", "terraform settings" },
		{ "terraform.rc", "terraform settings" },
	};

	(void)state;
	expect_rules(rows, sizeof(rows) / sizeof(*rows));
}

static void
test_precious_files_of_other_tools(void **state)
{
	static const struct row rows[] = {
		{ ".vault_pass.txt", "ansible vault" },
		{ "vault-password", "ansible vault" },
		{ "inventory", "ansible inventory" },
		{ "inventory.ini", "ansible inventory" },
		{ "hosts.yml", "ansible inventory" },
		{ "prod.inventory", "ansible inventory" },
		{ "inventories/prod/all", "ansible inventory" },
		{ "prod/host_vars/web1.yml", "ansible inventory" },
		{ "group_vars/all/main.yml", "ansible inventory" },
		{ "values.local.yaml", "helm values" },
		{ "docker-compose.override.yml", "compose override" },
		{ "compose.override.yaml", "compose override" },
		{ "Pulumi.prod.yaml", "pulumi stack" },
		{ ".pulumi/stacks/prod.json", "pulumi state" },
		{ "stack.params.json", "cloudformation parameters" },
		{ ".vagrant/machines/web/virtualbox/id", "vagrant machines" },
		{ ".kitchen/default-ubuntu.yml", "test kitchen instances" },
	};

	(void)state;
	expect_rules(rows, sizeof(rows) / sizeof(*rows));
}

static void
test_precious_files_of_keys_and_credentials(void **state)
{
	static const struct row rows[] = {
		{ "kubeconfig", "kubeconfig" },
		{ "kubeconfig-prod", "kubeconfig" },
		{ "prod.kubeconfig", "kubeconfig" },
		{ ".kube/config", "kubeconfig" },
		{ "home/.kube/config", "kubeconfig" },
		{ "certs/ca.pem", "key or keystore" },
		{ "a.jks", "key or keystore" },
		{ "a.kdbx", "key or keystore" },
		{ "a.agekey", "key or keystore" },
		{ "id_ed25519", "ssh key" },
		{ "keys.txt", "age key" },
		{ "db-secrets.yaml", "secrets file" },
		{ "secrets.prod.yaml", "secrets file" },
		{ "secretsprod.yaml", "secrets file" },
		{ ".netrc", "network credentials" },
		{ ".npmrc", "package registry credentials" },
		{ ".pypirc", "package registry credentials" },
		{ ".bundle/config", "package registry credentials" },
		{ ".dockercfg", "docker credentials" },
		{ ".docker/config.json", "docker credentials" },
		{ ".aws/credentials", "cloud credentials" },
		{ "credentials.json", "cloud credentials" },
		{ "service-account-prod.json", "cloud credentials" },
		{ "secrets/db", "secrets folder" },
	};

	(void)state;
	expect_rules(rows, sizeof(rows) / sizeof(*rows));
}

static void
test_precious_files_of_settings_of_a_place(void **state)
{
	static const struct row rows[] = {
		{ ".env", "environment file" },
		{ "app/.env.production", "environment file" },
		{ "prod.env", "environment file" },
		{ ".envrc", "environment file" },
		{ "values-local.yaml", "local settings" },
		{ "main.local.tf", "local settings" },
		{ "config.local", "local settings" },
		{ "local.settings.json", "local settings" },
		{ "crontab", "timetable" },
		{ "wg0.conf", "vpn settings" },
	};

	(void)state;
	expect_rules(rows, sizeof(rows) / sizeof(*rows));
}

static void
test_files_that_are_not_precious(void **state)
{
	static const char *const paths[] = { "main.tf", "README", "a.log",
		".env.example", ".env.sample", ".env.template", ".env.dist",
		"example.env", "terraform.tfvars.example", "site.retry",
		"inventories/prod/site.retry", ".terraform.tfstate.lock.info",
		"secrets/.DS_Store", "environment", "x/kube/config",
		"xx.kube/config", "credential", "config.json", "my_hosts.txt",
		"group_varsx/all", "locals.tf", "crash.log", "plan.out",
		"monkey", "a.keyx", "env", "", "a/" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		expect(paths[i], gv_precious_rule(paths[i], strlen(paths[i])),
		    NULL);
}

static void
test_precious_content(void **state)
{
	static const struct row rows[] = {
		{ "SQLite format 3", "database" },
		{ "-- MySQL dump 10.13", "database dump" },
		{ "PGDMP", "database dump" },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----", "private key" },
		{ "# comment\n-----BEGIN RSA PRIVATE KEY-----", "private key" },
		{ "AGE-SECRET-KEY-1QQ", "private key" },
		{ "{\"version\":4,\"terraform_version\":\"1.9\",\"lineage\":1}",
		    "terraform state" },
		{ "apiVersion: v1\nkind: Config\nclusters: []", "kubeconfig" },
		{ "machine:\n  ca:\n    key: LS0tLS1CRUdJTiBFRDI1",
		    "machine configuration with a key" },
		{ "[Interface]\nPrivateKey = x", "vpn settings" },
		{ "$ANSIBLE_VAULT;1.1;AES256", "encrypted secrets" },
		{ "-----BEGIN CERTIFICATE-----", NULL },
		{ "kind: ConfigMap\n", NULL },
		{ "", NULL },
		{ "notes about SQLite format 3", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect(rows[i].path,
		    gv_precious_content(rows[i].path, strlen(rows[i].path)),
		    rows[i].rule);
}

static void
test_which_ignored_folders_are_opened(void **state)
{
	static const char *const open[] = { "a", ".terraform", "tmp", "logs",
		"dist", ".idea", "node_modules", "secrets", ".vagrant",
		"terraform.tfstate.d" };
	static const char *const shut[] = { ".git", "a/.hg", "b/.svn",
		"lost+found" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(open) / sizeof(*open); i++)
		assert_true(gv_precious_may_hold(open[i], strlen(open[i])));
	for (i = 0; i < sizeof(shut) / sizeof(*shut); i++)
		assert_false(gv_precious_may_hold(shut[i], strlen(shut[i])));
}

/* A row that another one hides would be a rule that never speaks. */
static void
check_table(const struct gv_precious_row *table, const char *fmt)
{
	const struct gv_precious_row *row, *other;
	char path[128];
	int n;

	for (row = table; row->text; row++) {
		assert_int_equal(strlen(row->text), row->len);
		n = snprintf(path, sizeof(path), fmt, row->text);
		if (gv_precious_rule(path, (size_t)n) == NULL)
			fail_msg("%s: its row has no effect", path);
		for (other = table; other < row; other++)
			if (strcmp(other->text, row->text) == 0)
				fail_msg("%s stands twice", row->text);
	}
}

static void
test_every_row_has_an_effect(void **state)
{
	(void)state;
	check_table(gv_precious_paths, "a/%s");
	check_table(gv_precious_names, "a/%s");
	check_table(gv_precious_suffixes, "a/x%s");
	check_table(gv_precious_prefixes, "a/%sx");
	check_table(gv_precious_folders, "a/%s/x");
}

UNIT(precious)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precious_files_of_terraform),
		cmocka_unit_test(test_precious_files_of_other_tools),
		cmocka_unit_test(test_precious_files_of_keys_and_credentials),
		cmocka_unit_test(test_precious_files_of_settings_of_a_place),
		cmocka_unit_test(test_files_that_are_not_precious),
		cmocka_unit_test(test_precious_content),
		cmocka_unit_test(test_which_ignored_folders_are_opened),
		cmocka_unit_test(test_every_row_has_an_effect),
	};

	return UNIT_RUN(tests);
}
