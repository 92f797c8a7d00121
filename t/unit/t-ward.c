#include "unit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "git-vault/hook/ward.h"

static int
answer(void *ctx)
{
	return *(int *)ctx;
}

static int
die(void *ctx)
{
	(void)ctx;
	return raise(SIGKILL);
}

/* Its own child must go with it, or the pipe that it holds would keep us. */
static int
dawdle(void *ctx)
{
	(void)ctx;
	if (fork() >= 0)
		for (;;)
			pause();
	return 0;
}

static int
gobble(void *ctx)
{
	const size_t size = (size_t)64 * 1024 * 1024;
	char *p = malloc(size);
	size_t i;

	(void)ctx;
	for (i = 0; p && i < size; i += 4096)
		((volatile char *)p)[i] = 1;
	free(p);
	return p ? 1 : 2;
}

static void
test_what_it_returns_comes_back(void **state)
{
	int number = 0;

	(void)state;
	assert_int_equal(
	    gv_ward_run(&(struct gv_ward){ .work = answer, .ctx = &number }),
	    0);
	number = 42;
	assert_int_equal(
	    gv_ward_run(&(struct gv_ward){ .work = answer, .ctx = &number }),
	    42);
}

static void
test_death_is_told(void **state)
{
	(void)state;
	assert_int_equal(
	    gv_ward_run(&(struct gv_ward){ .work = die, .max_time = 60 }),
	    GV_ERROR);

	assert_message("ended");
}

static void
test_time_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(
	    gv_ward_run(&(struct gv_ward){ .work = dawdle, .max_time = 1 }),
	    GV_EREFUSED);
	assert_string_equal(gv_err_message(), "it took more than 1 s");
}

/* A sanitizer takes terabytes, so a build with one sets no bound; and valgrind,
 * which preloads a library of its own, does not keep the one that is set. */
static bool
is_bounded(void)
{
#if defined(__has_feature) || defined(__SANITIZE_ADDRESS__) ||                 \
    defined(__SANITIZE_THREAD__)
	return false;
#else
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded == NULL || strstr(preloaded, "vgpreload") == NULL;
#endif
}

static void
test_memory_is_bounded(void **state)
{
	const struct gv_ward ward = { .work = gobble,
		.max_memory = (uint64_t)32 * 1024 * 1024 };

	(void)state;
	assert_int_equal(gv_ward_run(&(struct gv_ward){ .work = gobble }), 1);
	if (is_bounded())
		assert_int_equal(gv_ward_run(&ward), 2);
	else
		assert_in_range(gv_ward_run(&ward), 1, 2);
}

UNIT(ward)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_it_returns_comes_back),
		cmocka_unit_test(test_death_is_told),
		cmocka_unit_test(test_time_is_bounded),
		cmocka_unit_test(test_memory_is_bounded),
	};

	return UNIT_RUN(tests);
}
