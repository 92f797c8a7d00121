#include "unit.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"

static void
grows_by_doubling_and_keeps_what_is_there(void **state)
{
	int *v = NULL;
	size_t cap = 0, i, moves = 0;

	(void)state;
	for (i = 0; i < 10000; i++) {
		size_t before = cap;

		assert_int_equal(
		    gv_vec_grow((void **)&v, &cap, i + 1, sizeof(*v)), 0);
		assert_true(cap >= i + 1);
		moves += cap != before;
		v[i] = (int)i;
	}
	for (i = 0; i < 10000; i++)
		assert_int_equal(v[i], i);
	assert_true(moves < 12);
	free(v);
}

static void
enough_room_changes_nothing(void **state)
{
	char *v = NULL;
	size_t cap = 0;
	void *before;

	(void)state;
	assert_int_equal(gv_vec_grow((void **)&v, &cap, 100, 1), 0);
	before = v;
	assert_int_equal(gv_vec_grow((void **)&v, &cap, cap, 1), 0);
	assert_ptr_equal(v, before);
	free(v);
}

static void
too_much_leaves_it_as_it_was(void **state)
{
	char *v = NULL;
	size_t cap = 0;

	(void)state;
	assert_int_equal(
	    gv_vec_grow((void **)&v, &cap, SIZE_MAX / 2, 8), GV_ENOMEM);
	assert_null(v);
	assert_int_equal(cap, 0);
}

UNIT(vec)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_by_doubling_and_keeps_what_is_there),
		cmocka_unit_test(enough_room_changes_nothing),
		cmocka_unit_test(too_much_leaves_it_as_it_was),
	};

	return UNIT_RUN(tests);
}
