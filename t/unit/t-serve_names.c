#include "unit.h"

#include <string.h>

#include "serve/serve_names.h"

static void
withholds_a_name_in_all_lower_sources(void **state)
{
	struct gv_serve_names n = { .failed = false };

	(void)state;
	assert_false(gv_serve_names_take(&n, "db.password", true));
	assert_true(gv_serve_names_take(&n, "db.host", false));
	assert_false(gv_serve_names_take(&n, "db.password", false));
	assert_true(gv_serve_names_take(&n, "db.host", false));
	gv_serve_names_release(&n);
}

static void
knows_names_that_spring_takes_for_the_same(void **state)
{
	struct gv_serve_names n = { .failed = false };

	(void)state;
	assert_false(gv_serve_names_take(&n, "db.pass-word", true));
	assert_false(gv_serve_names_take(&n, "DB.PASSWORD", false));
	assert_false(gv_serve_names_take(&n, "db.pass_word", false));
	assert_true(gv_serve_names_take(&n, "db.password2", false));
	assert_false(gv_serve_names_take(&n, "keys[0]", true));
	assert_true(gv_serve_names_take(&n, "keys[1]", false));
	gv_serve_names_release(&n);
}

/* A client takes the higher one, which it may see. */
static void
gives_what_hides_a_withheld_one(void **state)
{
	struct gv_serve_names n = { .failed = false };

	(void)state;
	assert_true(gv_serve_names_take(&n, "token", false));
	assert_false(gv_serve_names_take(&n, "token", true));
	assert_true(gv_serve_names_take(&n, "token", false));
	gv_serve_names_release(&n);
}

UNIT(serve_names)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(withholds_a_name_in_all_lower_sources),
		cmocka_unit_test(knows_names_that_spring_takes_for_the_same),
		cmocka_unit_test(gives_what_hides_a_withheld_one),
	};

	return UNIT_RUN(tests);
}
