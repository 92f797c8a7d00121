#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "config/policy.h"
#include "infra/makeup.h"
#include "project/project.h"
#include "repo/config.h"

static struct gv_config config;
static struct gv_project project;

/* What git would print: each entry "scope NUL key LF value NUL". */
static void
configure(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	assert_int_equal(gv_config_parse(&config, copy, len, false), 0);
}

#define CONFIGURE(text) configure(text, sizeof(text) - 1)

static void
describe(const char *path, const char *id, const struct gv_policy_project *said,
    const struct gv_makeup *makeup)
{
	assert_int_equal(gv_project_describe(&project,
			     &(struct gv_project_facts){ .config = &config,
				 .path = path,
				 .id = id,
				 .home = "/home/ann",
				 .said = said,
				 .makeup = makeup }),
	    0);
}

static int
end(void **state)
{
	(void)state;
	gv_project_release(&project);
	gv_config_release(&config);
	return 0;
}

static void
folders_name_a_project_and_its_client(void **state)
{
	(void)state;
	CONFIGURE("global\0vault.projectroot\n~/work\0"
		  "local\0vault.projectroot\n/srv/acme\0");
	describe("/home/ann/src/acme/shop", NULL, NULL, NULL);
	assert_string_equal(project.name, "shop");
	assert_string_equal(project.client, "acme");
	assert_null(project.phase);
	gv_project_release(&project);
	describe("/home/ann/work/shop", NULL, NULL, NULL);
	assert_null(project.client);
	gv_project_release(&project);
	describe("/home/ann/shop", NULL, NULL, NULL);
	assert_null(project.client);
	gv_project_release(&project);
	describe("/srv/shop", NULL, NULL, NULL);
	assert_null(project.client);
	gv_project_release(&project);
	/* a root of a repository's own configuration is none */
	describe("/srv/acme/shop", NULL, NULL, NULL);
	assert_string_equal(project.client, "acme");
}

static void
the_user_is_asked_before_the_policy(void **state)
{
	const char *tags[] = { "web", "paid" };
	struct gv_policy_project said = { .name = "store",
		.client = "public",
		.phase = "live",
		.tags = { tags, 2, 2 } };
	struct gv_makeup makeup;

	(void)state;
	memset(&makeup, 0, sizeof(makeup));
	gv_makeup_add(&makeup, "main.tf", 7, 1);
	CONFIGURE("global\0vault./p/a.client\nSecret Ltd\0"
		  "local\0vault./p/a.client\nhostile\0"
		  "global\0vault./p/a.name\n\0"
		  "global\0vault./p/a.stack\n go,  , helm ,\0"
		  "global\0vault./p/ab.phase\nother\0");
	describe("/p/a", NULL, &said, &makeup);
	assert_string_equal(project.client, "Secret Ltd");
	assert_string_equal(project.name, "store");
	assert_string_equal(project.phase, "live");
	assert_int_equal(project.n_tags, 2);
	assert_string_equal(project.tags[1], "paid");
	assert_int_equal(project.n_stack, 2);
	assert_string_equal(project.stack[0], "go");
	assert_string_equal(project.stack[1], "helm");
	gv_project_release(&project);
	describe("/p/b", NULL, NULL, &makeup);
	assert_int_equal(project.n_stack, 1);
	assert_string_equal(project.stack[0], "terraform");
}

static void
settings_follow_the_id_after_a_move(void **state)
{
	char *key;

	(void)state;
	CONFIGURE("global\0vault./old.x/shop.id\n1234\0"
		  "global\0vault./old.x/shop.client\nacme\0"
		  "local\0vault./evil.id\n1234\0");
	key = gv_project_key_of_id(&config, "1234");
	assert_string_equal(key, "/old.x/shop");
	free(key);
	assert_null(gv_project_key_of_id(&config, "5678"));
	describe("/new/shop", "1234", NULL, NULL);
	assert_string_equal(project.client, "acme");
	gv_project_release(&project);
	describe("/new/shop", NULL, NULL, NULL);
	assert_null(project.client);
}

static void
no_list_grows_without_bound(void **state)
{
	char text[2000] = "global", *p = text + 7;
	size_t i;

	(void)state;
	memcpy(p, "vault./p.tags\n", 14);
	for (p += 14, i = 0; i < 200; i++) {
		memcpy(p, "a,", 2);
		p += 2;
	}
	*p = '\0';
	configure(text, (size_t)(p - text) + 1);
	describe("/p", NULL, NULL, NULL);
	assert_int_equal(project.n_tags, GV_PROJECT_TEXTS);
}

UNIT(project)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    folders_name_a_project_and_its_client, end),
		cmocka_unit_test_teardown(
		    the_user_is_asked_before_the_policy, end),
		cmocka_unit_test_teardown(
		    settings_follow_the_id_after_a_move, end),
		cmocka_unit_test_teardown(no_list_grows_without_bound, end),
	};

	return UNIT_RUN(tests);
}
