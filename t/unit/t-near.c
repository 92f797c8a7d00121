#include "unit.h"

#include <string.h>

#include "base/near.h"

static const char *
nearest(const char *typed, const char *const *names)
{
	struct gv_near near = gv_near_to(typed, strlen(typed));

	for (; *names; names++)
		gv_near_add(&near, *names, strlen(*names));
	return near.name;
}

static void
the_name_with_the_fewest_edits_is_meant(void **state)
{
	const char *const names[] = { "dev", "prods", "prod", "stage", NULL };

	(void)state;
	assert_string_equal(nearest("prdo", names), "prod");
	assert_string_equal(nearest("stgae", names), "stage");
	assert_string_equal(nearest("dve", names), "dev");
}

static void
what_is_too_different_is_not_meant(void **state)
{
	const char *const names[] = { "dev", "prod", NULL };

	(void)state;
	assert_null(nearest("xxod1", names));
	assert_null(nearest("dxx", names)); /* two edits of three bytes */
	assert_null(nearest("", names));
	assert_null(nearest("d", names));
}

static void
the_typed_word_is_not_near_itself(void **state)
{
	const char *const names[] = { "prod", "prod2", NULL };

	(void)state;
	assert_string_equal(nearest("prod", names), "prod2");
}

static void
of_equally_near_names_the_first_stays(void **state)
{
	const char *const names[] = { "prod1", "prod2", NULL };
	struct gv_near near = gv_near_to("prod", 4);

	(void)state;
	assert_string_equal(nearest("prod", names), "prod1");
	assert_true(gv_near_add(&near, "prod1xx", 5));
	assert_int_equal(near.name_len, 5);
	assert_false(gv_near_add(&near, "prod2", 5));
}

static void
a_caller_may_allow_more_edits_or_none(void **state)
{
	struct gv_near near = gv_near_within("databaseurls", 12, 3);
	struct gv_near none = gv_near_within("ab", 2, 0);

	(void)state;
	assert_false(gv_near_add(&near, "dtbsrls", 7));
	assert_true(gv_near_add(&near, "database_url", 12));
	assert_true(gv_near_add(&near, "databaseurl", 11));
	assert_int_equal(near.least, 1);
	assert_false(gv_near_add(&near, "databaseurlz", 12));
	assert_false(gv_near_add(&none, "ac", 2));
}

UNIT(near)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_with_the_fewest_edits_is_meant),
		cmocka_unit_test(what_is_too_different_is_not_meant),
		cmocka_unit_test(the_typed_word_is_not_near_itself),
		cmocka_unit_test(of_equally_near_names_the_first_stays),
		cmocka_unit_test(a_caller_may_allow_more_edits_or_none),
	};

	return UNIT_RUN(tests);
}
