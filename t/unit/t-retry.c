#include "unit.h"

#include "net/retry.h"

static void
a_delay_doubles_and_is_spread(void **state)
{
	unsigned i;

	(void)state;
	assert_int_equal(gv_retry_delay(0, 0, 0), 100);
	assert_int_equal(gv_retry_delay(0, 0, 100), 200);
	assert_int_equal(gv_retry_delay(1, 0, 0), 200);
	assert_int_equal(gv_retry_delay(3, 0, 800), 1600);
	for (i = 0; i < 1000; i++) {
		int64_t ms = gv_retry_delay(i, 0, i * 7919U);

		assert_true(ms >= 100 && ms <= 20000);
	}
	assert_int_equal(gv_retry_delay(UINT32_MAX, 0, 0), 10000);
}

static void
what_the_service_asks_for_counts(void **state)
{
	(void)state;
	assert_int_equal(gv_retry_delay(0, 5, 0), 5000);
	assert_true(gv_retry_delay(0, 5, 12345) < 5200);
	assert_true(gv_retry_delay(6, 1, UINT32_MAX) >= 1000);
}

static void
only_busy_services_are_asked_again(void **state)
{
	static const int again[] = { 408, 429, 500, 502, 503, 504 };
	static const int never[] = { 200, 301, 307, 400, 403, 404, 409, 412,
		501, 505 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(again) / sizeof(*again); i++)
		assert_true(gv_retry_is_status(again[i]));
	for (i = 0; i < sizeof(never) / sizeof(*never); i++)
		assert_false(gv_retry_is_status(never[i]));
}

static void
what_would_be_too_late_is_not_waited_for(void **state)
{
	struct gv_retry retry = { .within_ms = 3000 };

	(void)state;
	assert_false(gv_retry_wait(&retry, 10));
	assert_true(gv_retry_wait(&retry, 0));
}

UNIT(retry)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delay_doubles_and_is_spread),
		cmocka_unit_test(what_the_service_asks_for_counts),
		cmocka_unit_test(only_busy_services_are_asked_again),
		cmocka_unit_test(what_would_be_too_late_is_not_waited_for),
	};

	return UNIT_RUN(tests);
}
