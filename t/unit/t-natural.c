#include "unit.h"

#include "base/natural.h"

static void
assert_before(const char *a, const char *b)
{
	if (gv_natural_compare(a, b) >= 0 || gv_natural_compare(b, a) <= 0)
		fail_msg("'%s' does not come before '%s'", a, b);
}

static void
numbers_count_as_numbers(void **state)
{
	(void)state;
	assert_before("e1", "e2");
	assert_before("e2", "e10");
	assert_before("e10", "e10a");
	assert_before("e1b2", "e1b10");
	assert_before("eu-west-2", "eu-west-10");
	assert_before("9", "10");
	assert_before("e99999999999999999999", "e100000000000000000000");
}

static void
other_signs_are_as_their_bytes(void **state)
{
	(void)state;
	assert_before("", "a");
	assert_before("", "1");
	assert_before("dev", "prod");
	assert_before("dev", "dev1");
	assert_before("dev1", "devel");
	assert_before("a", "\xc3\xa4");
	assert_int_equal(gv_natural_compare("prod", "prod"), 0);
}

static void
zeros_in_front_change_no_number(void **state)
{
	(void)state;
	assert_before("e01", "e1");
	assert_before("e1", "e02");
	assert_before("e01b", "e1c");
	assert_before("e1b", "e01c");
	assert_before("e0", "e00");
	assert_before("e00", "e1");
	assert_before("e0", "e0a");
}

UNIT(natural)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_count_as_numbers),
		cmocka_unit_test(other_signs_are_as_their_bytes),
		cmocka_unit_test(zeros_in_front_change_no_number),
	};

	return UNIT_RUN(tests);
}
