#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"

static void
the_wall_clock_can_be_set_fast(void **state)
{
	struct timespec t;

	(void)state;
	setenv("GIT_VAULT_TEST_TIME", "1112911993", 1);
	t = gv_clock_now();
	assert_int_equal(t.tv_sec, 1112911993);
	assert_int_equal(t.tv_nsec, 0);
	setenv("GIT_VAULT_TEST_TIME", "", 1);
	assert_true(gv_clock_now().tv_sec > 1600000000);
	unsetenv("GIT_VAULT_TEST_TIME");
	assert_true(gv_clock_now().tv_sec > 1600000000);
}

static void
time_does_not_go_back(void **state)
{
	struct timespec coarse = gv_clock_coarse(), now = gv_clock_now();
	long long a = gv_clock_tick(), b = gv_clock_tick();

	(void)state;
	assert_true(b >= a);
	assert_true(now.tv_sec >= coarse.tv_sec);
}

static void
random_bytes_differ_and_fill_all(void **state)
{
	unsigned char a[1000], b[1000];
	int counts[256] = { 0 }, i, kinds = 0;

	(void)state;
	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	assert_int_equal(gv_clock_random(a, sizeof(a)), 0);
	assert_int_equal(gv_clock_random(b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	for (i = 0; i < 1000; i++)
		counts[a[i]]++;
	for (i = 0; i < 256; i++)
		kinds += counts[i] > 0;
	assert_true(kinds > 150);
}

UNIT(clock)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wall_clock_can_be_set_fast),
		cmocka_unit_test(time_does_not_go_back),
		cmocka_unit_test(random_bytes_differ_and_fill_all),
	};

	return UNIT_RUN(tests);
}
