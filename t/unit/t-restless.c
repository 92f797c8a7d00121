#include "unit.h"

#include "autosave/restless.h"

static void
most_of_the_saves_are_more_than_half_of_ten_at_least(void **state)
{
	unsigned saves, times;

	(void)state;
	for (saves = 0; saves < GV_RESTLESS_LEAST; saves++)
		for (times = 0; times <= saves; times++)
			assert_false(gv_restless_is(times, saves));
	for (; saves <= GV_RESTLESS_SAVES; saves++)
		for (times = 0; times <= saves; times++)
			assert_int_equal(
			    gv_restless_is(times, saves), 2 * times > saves);
}

static void
an_empty_list_has_no_path(void **state)
{
	struct gv_restless none = { 0 };

	(void)state;
	assert_null(gv_restless_get(&none, "a"));
	gv_restless_release(&none);
	gv_restless_release(&none);
}

UNIT(restless)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    most_of_the_saves_are_more_than_half_of_ten_at_least),
		cmocka_unit_test(an_empty_list_has_no_path),
	};

	return UNIT_RUN(tests);
}
