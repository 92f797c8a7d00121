#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infra/envtree.h"

#define MAX 64

static struct gv_envtree *
grow_with(
    const char *const *names, const struct gv_envtree_said *said, size_t n_said)
{
	struct gv_envtree_path paths[MAX];
	struct gv_envtree *tree;
	size_t n = 0;

	for (; names[n]; n++)
		paths[n] =
		    (struct gv_envtree_path){ names[n], strlen(names[n]) };
	assert_true(n <= MAX);
	assert_int_equal(gv_envtree_new(&tree, paths, n, said, n_said), 0);
	return tree;
}

static struct gv_envtree *
grow(const char *const *names)
{
	return grow_with(names, NULL, 0);
}

/* Rows of a path, its environment and the rule; "-": none. */
static void
check(struct gv_envtree *tree, const char *const (*rows)[3])
{
	struct gv_envtree_verdict v;

	for (; (*rows)[0]; rows++) {
		const char *path = (*rows)[0];
		const char *env, *rule;

		assert_int_equal(
		    gv_envtree_of(&v, tree, path, strlen(path)), 0);
		env = v.env ? v.env->name : "-";
		rule = v.env ? gv_envtree_rules[v.rule] : "-";
		if (strcmp(env, (*rows)[1]) != 0 ||
		    strcmp(rule, (*rows)[2]) != 0)
			fail_msg("%s: %s by %s, not %s by %s", path, env, rule,
			    (*rows)[1], (*rows)[2]);
	}
	gv_envtree_free(tree);
}

/* The names in the order of promotion. */
static void
check_list(const struct gv_envtree *tree, const char *expect)
{
	const struct gv_envtree_env *const *list;
	char text[512] = "";
	size_t n, i;

	list = gv_envtree_list(tree, &n);
	for (i = 0; i < n; i++) {
		const size_t len = strlen(text);

		assert_int_equal(list[i]->order, i + 1);
		snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
		    list[i]->name);
	}
	assert_string_equal(text, expect);
}

static void
folders_next_to_each_other_prove_each_other(void **state)
{
	static const char *const names[] = { "live/dev/db/main.tf",
		"live/dev/vpc/main.tf", "live/integration/db/main.tf",
		"live/integration/vpc/main.tf", "live/prod/db/main.tf",
		"live/prod/vpc/main.tf", "live/prod/waf/main.tf",
		"live/test/vpc/main.tf", "modules/vpc/main.tf", NULL };
	static const char *const rows[][3] = {
		{ "live/dev/db/main.tf", "dev", "directory" },
		{ "live/integration/db/main.tf", "integration", "directory" },
		{ "live/prod/waf/main.tf", "prod", "directory" },
		{ "live/test/vpc/main.tf", "test", "directory" },
		{ "live/test/new.tf", "test", "directory" },
		{ "modules/vpc/main.tf", "-", "-" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	check(grow(names), rows);
}

static void
folders_of_tests_are_no_environments(void **state)
{
	static const char *const names[] = { "dev/main.tf", "integration/a.go",
		"pkg/test/util_test.go", "pkg/util.go", "test/main_test.go",
		"test/unit/x_test.go", NULL };
	static const char *const rows[][3] = {
		{ "test/main_test.go", "-", "-" },
		{ "pkg/test/util_test.go", "-", "-" },
		{ "integration/a.go", "-", "-" },
		/* strong, but nothing else supports it */
		{ "dev/main.tf", "dev", "name" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	check(grow(names), rows);
}

static void
plans_are_of_no_environment(void **state)
{
	static const char *const names[] = { ".gitvault/plans/lost-prod.yaml",
		".gitvault/plans/prod.yaml", ".gitvault/prod/x.yaml",
		"live/dev/a.tf", "live/prod/.gitvault/a.tf", "live/prod/a.tf",
		NULL };
	static const char *const rows[][3] = {
		{ ".gitvault/plans/lost-prod.yaml", "-", "-" },
		{ ".gitvault/plans/prod.yaml", "-", "-" },
		{ ".gitvault/prod/x.yaml", "-", "-" },
		{ ".gitvault/plans/new-prod.yaml", "-", "-" },
		{ "live/prod/.gitvault/a.tf", "prod", "directory" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	check(grow(names), rows);
}

static void
parts_of_a_folder_s_name_need_proof(void **state)
{
	static const char *const names[] = { "acme-prod/a.tf",
		"acme-staging/a.tf", "core-sandbox/a.tf", "core/a.tf",
		"dev-tools/a.sh", "local-dev/compose.yml", "other-prod/a.tf",
		"prod-eu-west-1/a.tf", NULL };
	static const char *const rows[][3] = {
		{ "acme-prod/a.tf", "prod", "directory" },
		{ "acme-staging/a.tf", "staging", "directory" },
		{ "core-sandbox/a.tf", "-", "-" },
		{ "dev-tools/a.sh", "-", "-" },
		{ "local-dev/compose.yml", "-", "-" },
		{ "other-prod/a.tf", "prod", "name" },
		{ "prod-eu-west-1/a.tf", "prod", "name" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	check(grow(names), rows);
}

static void
non_prod_is_a_group_of_its_own(void **state)
{
	static const char *const names[] = { "non-prod/account.hcl",
		"non-prod/us-east-1/qa/env.hcl",
		"non-prod/us-east-1/qa/mysql/terragrunt.hcl",
		"non-prod/us-east-1/region.hcl",
		"non-prod/us-east-1/stage/env.hcl",
		"non-prod/us-east-1/stage/mysql/terragrunt.hcl",
		"pre-prod/account.hcl", "prod/account.hcl",
		"prod/us-east-1/prod/env.hcl",
		"prod/us-east-1/prod/mysql/terragrunt.hcl",
		"prod/us-east-1/region.hcl", "values-non-prod.yaml", NULL };
	static const char *const rows[][3] = {
		{ "non-prod/account.hcl", "nonprod", "directory" },
		{ "non-prod/us-east-1/region.hcl", "nonprod", "directory" },
		{ "non-prod/us-east-1/qa/env.hcl", "qa", "directory" },
		{ "non-prod/us-east-1/stage/env.hcl", "staging", "directory" },
		{ "pre-prod/account.hcl", "preprod", "directory" },
		{ "prod/account.hcl", "prod", "directory" },
		{ "values-non-prod.yaml", "nonprod", "suffix" },
		{ NULL, NULL, NULL },
	};
	struct gv_envtree *tree = grow(names);
	const struct gv_envtree_env *env = gv_envtree_find(tree, "qa");

	(void)state;
	check_list(tree, "qa nonprod staging preprod prod");
	assert_int_equal(env->tier, GV_ENVTREE_TEST);
	assert_int_equal(env->n_regions, 1);
	assert_memory_equal(env->regions[0].p, "us-east-1", 9);
	assert_int_equal(env->files, 2);
	check(tree, rows);
}

static void
homes_name_their_members(void **state)
{
	static const char *const names[] = { "Pulumi.CI.yaml",
		"Pulumi.Production.yaml", "Pulumi.website.yaml", "Pulumi.yaml",
		"app/overlays/blue/kustomization.yaml",
		"app/overlays/prod/kustomization.yaml",
		"clusters/test/flux.yaml", "envs/prod/main.tf",
		"envs/shared/main.tf", "group_vars/prod.yml",
		"inventories/mycluster/hosts.ini", "inventories/uat/hosts.ini",
		"k8s/namespaces/demo/ns.yaml", "stacks/dev.yaml",
		"terraform.tfstate.d/blue/terraform.tfstate",
		"workspaces/staging.tfvars", NULL };
	static const char *const rows[][3] = {
		{ "Pulumi.CI.yaml", "ci", "stack" },
		{ "Pulumi.Production.yaml", "prod", "stack" },
		{ "Pulumi.website.yaml", "website", "stack" },
		{ "Pulumi.yaml", "-", "-" },
		{ "app/overlays/blue/kustomization.yaml", "blue", "overlay" },
		{ "app/overlays/prod/kustomization.yaml", "prod", "overlay" },
		{ "clusters/test/flux.yaml", "test", "cluster" },
		{ "envs/prod/main.tf", "prod", "environments" },
		{ "envs/shared/main.tf", "-", "-" },
		{ "group_vars/prod.yml", "prod", "group_vars" },
		{ "inventories/mycluster/hosts.ini", "mycluster", "inventory" },
		{ "inventories/uat/hosts.ini", "uat", "inventory" },
		{ "k8s/namespaces/demo/ns.yaml", "demo", "namespace" },
		{ "stacks/dev.yaml", "dev", "stack" },
		{ "terraform.tfstate.d/blue/terraform.tfstate", "blue",
		    "workspace" },
		{ "workspaces/staging.tfvars", "staging", "workspace" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	check(grow(names), rows);
}

static void
folders_of_teams_are_no_environments(void **state)
{
	static const char *const names[] = { "environments/apex/main.tf",
		"environments/core-sandbox/main.tf",
		"environments/delius/main.tf", "environments/equip/main.tf",
		"environments/local-dev/main.tf",
		"environments/prod-eu/main.tf", "environments/testing/main.tf",
		NULL };
	static const char *const rows[][3] = {
		{ "environments/apex/main.tf", "-", "-" },
		{ "environments/core-sandbox/main.tf", "-", "-" },
		{ "environments/local-dev/main.tf", "-", "-" },
		{ "environments/prod-eu/main.tf", "prod", "environments" },
		{ "environments/testing/main.tf", "test", "environments" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	check(grow(names), rows);
}

static void
names_of_settings_say_it_alone(void **state)
{
	static const char *const names[] = { ".env.production",
		".env.production.example", "application-uat.yml",
		"chart/values-test.yaml", "docker-compose.staging.yml",
		"prod.auto.tfvars", "prod.tfvars", "values.yaml", NULL };
	static const char *const rows[][3] = {
		{ ".env.production", "prod", "suffix" },
		{ ".env.production.example", "-", "-" },
		{ "application-uat.yml", "uat", "suffix" },
		{ "chart/values-test.yaml", "test", "suffix" },
		{ "docker-compose.staging.yml", "staging", "suffix" },
		{ "prod.auto.tfvars", "prod", "suffix" },
		{ "prod.tfvars", "prod", "suffix" },
		{ "values.yaml", "-", "-" },
		/* not in the tree */
		{ "chart/values-qa.yaml", "qa", "suffix" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	check(grow(names), rows);
}

static void
files_next_to_each_other_prove_each_other(void **state)
{
	static const char *const names[] = { ".github/workflows/ci.yml",
		".github/workflows/deploy-prod-app.yml",
		".github/workflows/deploy-staging-app.yml",
		".github/workflows/dev.yml", ".github/workflows/test.yml",
		"cfg/development.ini", "cfg/test.ini", "lone/alert-prod.json",
		"lone/alert-test.json.tmpl", "lone/prod_users.csv",
		"rules/alerts-prod.json", "rules/alerts-test.json",
		"src/client_dev.go", "src/client_test.go", NULL };
	static const char *const rows[][3] = {
		{ ".github/workflows/ci.yml", "-", "-" },
		{ ".github/workflows/test.yml", "-", "-" },
		{ ".github/workflows/deploy-prod-app.yml", "prod", "sibling" },
		{ ".github/workflows/deploy-staging-app.yml", "staging",
		    "sibling" },
		{ "cfg/development.ini", "dev", "sibling" },
		{ "cfg/test.ini", "test", "sibling" },
		{ "lone/alert-prod.json", "prod", "name" },
		{ "lone/alert-test.json.tmpl", "-", "-" },
		{ "lone/prod_users.csv", "-", "-" },
		{ "rules/alerts-test.json", "test", "sibling" },
		{ "src/client_test.go", "-", "-" },
		{ NULL, NULL, NULL },
	};

	(void)state;
	check(grow(names), rows);
}

static void
the_policy_wins(void **state)
{
	static const char *const names[] = { "blue/main.tf",
		"envs/live/main.tf", "envs/prod/main.tf", "green/a/b.tf",
		"values-green.yaml", "values-int.yaml", NULL };
	static const char *const green[] = { "green", "envs/prod/*.tf" };
	static const char *const words[] = { "green", "live" };
	static const char *const staging[] = { "staging" };
	const struct gv_envtree_said said[] = {
		{ .name = "production",
		    .paths = { green, 2 },
		    .aliases = { words, 2 },
		    .tier = GV_ENVTREE_DEV,
		    .after = { staging, 1 },
		    .line = 7 },
		{ .name = "staging" },
		{ .name = "int", .after = { staging, 1 } },
	};
	static const char *const rows[][3] = {
		{ "green/a/b.tf", "production", "policy" },
		{ "envs/prod/main.tf", "production", "policy" },
		{ "envs/prod/new.json", "production", "environments" },
		{ "envs/live/main.tf", "production", "environments" },
		{ "values-green.yaml", "production", "suffix" },
		{ "values-int.yaml", "int", "suffix" },
		{ "greenish/x", "-", "-" },
		{ NULL, NULL, NULL },
	};
	struct gv_envtree *tree = grow_with(names, said, 3);

	(void)state;
	assert_int_equal(
	    gv_envtree_find(tree, "production")->tier, GV_ENVTREE_DEV);
	assert_int_equal(gv_envtree_find(tree, "staging")->files, 0);
	check_list(tree, "staging int production");
	check(tree, rows);
}

static void
regions_and_accounts_are_a_second_dimension(void **state)
{
	static const char *const names[] = {
		"123456789012/eu-west-1/prod/main.tf",
		"123456789012/us-gov-east-1/prod/main.tf",
		"gcp/europe-west4/values-prod.yaml",
		"values-prod-westeurope.yaml", NULL
	};
	struct gv_envtree *tree = grow(names);
	const struct gv_envtree_env *env = gv_envtree_find(tree, "prod");

	(void)state;
	assert_int_equal(env->files, 3);
	assert_int_equal(env->n_regions, 3);
	assert_memory_equal(env->regions[1].p, "us-gov-east-1", 13);
	assert_memory_equal(env->regions[2].p, "europe-west4", 12);
	assert_int_equal(env->n_accounts, 1);
	gv_envtree_free(tree);
}

static void
a_verdict_names_its_proof(void **state)
{
	static const char *const names[] = { "a/dev/1.tf", "a/dev/2.tf",
		"a/prod/1.tf", "a/prod/2.tf", "a/prod/3.tf", "a/test/9.tf",
		NULL };
	struct gv_envtree *tree = grow(names);
	struct gv_envtree_verdict v;

	(void)state;
	assert_int_equal(gv_envtree_of(&v, tree, names[4], 11), 0);
	assert_int_equal(v.shared, 2);
	assert_int_equal(v.total, 3);
	assert_int_equal(v.other.len, 5);
	assert_memory_equal(v.other.p, "a/dev", 5);
	assert_int_equal(gv_envtree_of(&v, tree, names[5], 11), 0);
	assert_null(v.env);
	assert_int_equal(v.refused_at, 2);
	assert_int_equal(v.refused_len, 4);
	gv_envtree_free(tree);
}

static void
trees_without_order_and_without_files_are_judged(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const names[] = { "b/prod/x.tf", "/", "//prod//y",
		"b/dev/x.tf", "b/prod/x.tf", "a", "prod", NULL };
	static const char *const rows[][3] = {
		{ "b/prod/x.tf", "prod", "directory" },
		{ "prod", "prod", "name" },
		{ "zz/qa/x", "-", "-" },
		{ NULL, NULL, NULL },
	};
	struct gv_envtree *tree = grow(none);
	size_t n;

	(void)state;
	gv_envtree_list(tree, &n);
	assert_int_equal(n, 0);
	gv_envtree_free(tree);
	check(grow(names), rows);
}

UNIT(envtree)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_next_to_each_other_prove_each_other),
		cmocka_unit_test(folders_of_tests_are_no_environments),
		cmocka_unit_test(plans_are_of_no_environment),
		cmocka_unit_test(parts_of_a_folder_s_name_need_proof),
		cmocka_unit_test(non_prod_is_a_group_of_its_own),
		cmocka_unit_test(homes_name_their_members),
		cmocka_unit_test(folders_of_teams_are_no_environments),
		cmocka_unit_test(names_of_settings_say_it_alone),
		cmocka_unit_test(files_next_to_each_other_prove_each_other),
		cmocka_unit_test(the_policy_wins),
		cmocka_unit_test(regions_and_accounts_are_a_second_dimension),
		cmocka_unit_test(a_verdict_names_its_proof),
		cmocka_unit_test(
		    trees_without_order_and_without_files_are_judged),
	};

	return UNIT_RUN(tests);
}
