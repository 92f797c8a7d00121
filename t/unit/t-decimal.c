/* lib/schema/decimal: numbers of any size, exactly. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "schema/decimal.h"

static struct gv_decimal *
read(struct gv_decimal *d, const char *text)
{
	assert_true(gv_decimal_read(d, text, strlen(text)));
	return d;
}

static int
compare(const char *a, const char *b)
{
	struct gv_decimal x, y;
	const int r = gv_decimal_compare(read(&x, a), read(&y, b));

	return (r > 0) - (r < 0);
}

static int
is_multiple(const char *a, const char *b)
{
	struct gv_decimal x, y;

	return gv_decimal_is_multiple(read(&x, a), read(&y, b));
}

static void
equal_numbers_are_equal_however_written(void **state)
{
	static const char *const ways[][2] = { { "1", "1.0" }, { "-0", "0" },
		{ "100", "1e2" }, { "0.001", "1E-3" }, { "+5", "5." },
		{ ".5", "0.50" }, { "12.50e1", "125" } };
	struct gv_decimal x, y;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_int_equal(compare(ways[i][0], ways[i][1]), 0);
		assert_true(gv_decimal_hash(read(&x, ways[i][0])) ==
		    gv_decimal_hash(read(&y, ways[i][1])));
	}
}

static void
numbers_have_an_order(void **state)
{
	static const char *const order[] = { "-.inf",
		"-1e999999999999999999999", "-10", "-9.99", "-0.1", "0", "1e-9",
		"0.1", "0.11", "2", "10", "12345678901234567890", "1e400",
		".inf", ".NaN" };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		for (j = 0; j < sizeof(order) / sizeof(order[0]); j++)
			assert_int_equal(
			    compare(order[i], order[j]), (i > j) - (i < j));
}

static void
what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = { "", "-", ".", "e5", "1e", "1e+",
		"1x", "1e5x", "0x10", "1.2.3", ".info", "na" };
	struct gv_decimal d;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(gv_decimal_read(&d, bad[i], strlen(bad[i])));
}

static void
a_whole_number_may_have_a_fraction_of_zeros(void **state)
{
	struct gv_decimal d;
	int64_t v;

	(void)state;
	assert_true(gv_decimal_is_whole(read(&d, "1.000")));
	assert_true(gv_decimal_is_whole(read(&d, "0.0")));
	assert_false(gv_decimal_is_whole(read(&d, "1.5")));
	assert_false(gv_decimal_is_whole(read(&d, "inf")));
	assert_false(gv_decimal_is_whole(read(&d, "nan")));
	assert_true(gv_decimal_fits(read(&d, "9223372036854775807"), &v));
	assert_true(v == INT64_MAX);
	assert_true(gv_decimal_fits(read(&d, "-9223372036854775808"), &v));
	assert_true(v == INT64_MIN);
	assert_false(gv_decimal_fits(read(&d, "9223372036854775808"), &v));
	assert_false(gv_decimal_fits(read(&d, "1e30"), &v));
	gv_decimal_set(&d, INT64_MIN);
	assert_true(gv_decimal_fits(&d, &v) && v == INT64_MIN);
}

static void
multiples_are_exact(void **state)
{
	char many[400], more[2000];

	(void)state;
	assert_int_equal(is_multiple("19.99", "0.01"), 1);
	assert_int_equal(is_multiple("19.995", "0.01"), 0);
	assert_int_equal(is_multiple("0", "7"), 1);
	assert_int_equal(is_multiple("1e308", "0.5"), 1);
	assert_int_equal(is_multiple("1e1000000000", "3"), 0);
	assert_int_equal(is_multiple("3e1000000000", "3"), 1);
	assert_int_equal(is_multiple("inf", "1"), 0);
	assert_int_equal(is_multiple("5", "0"), 0);
	/* more digits than a machine's word has */
	assert_int_equal(is_multiple("246913578024691357802469135780246",
			     "123456789012345678901234567890123"),
	    1);
	assert_int_equal(is_multiple("246913578024691357802469135780247",
			     "123456789012345678901234567890123"),
	    0);
	memset(many, '7', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	assert_int_equal(is_multiple(many, many), 1);
	memset(more, '7', sizeof(more) - 1);
	more[sizeof(more) - 1] = '\0';
	assert_int_equal(is_multiple(more, more), GV_EREFUSED);
}

UNIT(decimal)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_numbers_are_equal_however_written),
		cmocka_unit_test(numbers_have_an_order),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(a_whole_number_may_have_a_fraction_of_zeros),
		cmocka_unit_test(multiples_are_exact),
	};

	return UNIT_RUN(tests);
}
