#include "unit.h"

#include <string.h>

#include "infra/environment.h"

static void
check(const char *const (*rows)[2])
{
	for (; (*rows)[0]; rows++) {
		const char *name = gv_environment_of((*rows)[0]);

		if (strcmp(name ? name : "-", (*rows)[1]) != 0)
			fail_msg("%s: %s, not %s", (*rows)[0],
			    name ? name : "-", (*rows)[1]);
	}
}

static void
folders_of_environments_name_them(void **state)
{
	static const char *const rows[][2] = {
		{ "environments/prod/main.tf", "prod" },
		{ "envs/test/db.yaml", "test" },
		{ "app/overlays/production/a/b.yaml", "prod" },
		{ "overlays/prod-eu/secret.yaml", "prod" },
		{ "terraform.tfstate.d/stg/terraform.tfstate", "staging" },
		{ "inventories/uat/group_vars/all.yml", "uat" },
		{ "group_vars/demo.yml", "demo" },
		{ "inventory/dr", "dr" },
		{ "envs/acme/prod/x.tf", "prod" },
		{ "envs/prod/dev/x.tf", "prod" },
		{ NULL, NULL },
	};

	(void)state;
	check(rows);
}

static void
the_folder_of_devices_is_none(void **state)
{
	static const char *const rows[][2] = {
		{ ".gitvault/plans/lost-prod.yaml", "-" },
		{ "/dev/stdin", "-" },
		{ "/dev/fd/3", "-" },
		{ "/dev/shm/work/main.tf", "-" },
		{ "/dev/shm/live/prod/main.tf", "prod" },
		{ "/dev/shm/values-stg.yaml", "staging" },
		{ "/srv/dev/main.tf", "dev" },
		{ "dev/shm/main.tf", "dev" },
		{ NULL, NULL },
	};

	(void)state;
	check(rows);
}

static void
what_is_not_prod_is_never_prod(void **state)
{
	static const char *const rows[][2] = {
		{ "non-prod/main.tf", "nonprod" },
		{ "non-production/main.tf", "nonprod" },
		{ "non_prod/main.tf", "nonprod" },
		{ "NonProd/main.tf", "nonprod" },
		{ "Non Production/main.tf", "nonprod" },
		{ "not-prod/main.tf", "nonprod" },
		{ "nonprod/main.tf", "nonprod" },
		{ "nonproduction/eu/main.tf", "nonprod" },
		{ "envs/non-prod/main.tf", "nonprod" },
		{ "envs/non-prod-eu/main.tf", "nonprod" },
		{ "envs/acme-non-prod/main.tf", "nonprod" },
		{ "live/acme-nonprd/main.tf", "nonprod" },
		{ "values-non-prod.yaml", "nonprod" },
		{ "values.non_production.yml", "nonprod" },
		{ "non-prod.tfvars", "nonprod" },
		{ ".env.non-prod.local", "nonprod" },
		{ "group_vars/non-prod.yml", "nonprod" },
		{ "pre-prod/main.tf", "preprod" },
		{ "pre_production/main.tf", "preprod" },
		{ "preprod-eu/main.tf", "preprod" },
		{ "envs/pre-prod/main.tf", "preprod" },
		{ "values-pre-prod.yaml", "preprod" },
		{ "pre-prod.auto.tfvars", "preprod" },
		{ "docker-compose.pre-prod.yml", "preprod" },
		{ "overlays/pre-prd/x.yaml", "preprod" },
		/* the nearest folder decides */
		{ "prod/non-prod/main.tf", "nonprod" },
		{ "non-prod/prod/main.tf", "prod" },
		/* nor any other environment */
		{ "non-dev/main.tf", "-" },
		{ "values-non-dev.yaml", "-" },
		{ "pre-release/main.tf", "-" },
		/* these only look like one */
		{ "prod/main.tf", "prod" },
		{ "cannon-prod/main.tf", "prod" },
		{ "live/prod-pre/main.tf", "prod" },
		{ "d-ev/main.tf", "-" },
		{ NULL, NULL },
	};

	(void)state;
	check(rows);
	assert_true(gv_environment_is_word("nonprod", 7));
}

static void
other_folders_do_so_by_a_word(void **state)
{
	static const char *const rows[][2] = {
		{ "live/prod/vpc/main.tf", "prod" },
		{ "Staging/app.ini", "staging" },
		{ "acme-prod/main.tf", "prod" },
		{ "dev_eu/main.tf", "dev" },
		{ "prod/values-staging.yaml", "prod" },
		{ "dev-tools/values-prod.yaml", "prod" },
		{ "prod//x.tf", "prod" },
		{ "live/eu/canary/local.tf", "-" },
		{ "envs/ci/x.tf", "-" },
		{ "/srv/preprod/x", "preprod" },
		{ NULL, NULL },
	};

	(void)state;
	check(rows);
}

static void
names_of_files_do_so_by_their_ends(void **state)
{
	static const char *const rows[][2] = {
		{ "prod.tfvars", "prod" },
		{ "prod.auto.tfvars", "prod" },
		{ "stage.tfvars.json", "staging" },
		{ "test.tfvars", "test" },
		{ "chart/values-test.yaml", "test" },
		{ "values.prod.enc.yaml", "prod" },
		{ ".env.production", "prod" },
		{ ".env.development.local", "dev" },
		{ "docker-compose.prd.yml", "prod" },
		{ "appsettings.Production.json", "prod" },
		{ "Dockerfile.dev", "dev" },
		{ "qa", "qa" },
		{ NULL, NULL },
	};

	(void)state;
	check(rows);
}

static void
what_only_looks_like_one_does_not(void **state)
{
	static const char *const rows[][2] = {
		{ "", "-" },
		{ "/", "-" },
		{ "-", "-" },
		{ "main.tf", "-" },
		{ ".env", "-" },
		{ "envs/main.tf", "-" },
		{ "product/main.tf", "-" },
		{ "devices/x.yaml", "-" },
		{ "test/unit/a.c", "-" },
		{ "lib/config_test.go", "-" },
		{ "demo/README", "-" },
		{ "prod-notes-for-all.md", "-" },
		{ "a/stage-two-of-it.md", "-" },
		{ NULL, NULL },
	};

	(void)state;
	check(rows);
}

UNIT(environment)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_of_environments_name_them),
		cmocka_unit_test(the_folder_of_devices_is_none),
		cmocka_unit_test(what_is_not_prod_is_never_prod),
		cmocka_unit_test(other_folders_do_so_by_a_word),
		cmocka_unit_test(names_of_files_do_so_by_their_ends),
		cmocka_unit_test(what_only_looks_like_one_does_not),
	};

	return UNIT_RUN(tests);
}
