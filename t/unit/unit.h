#ifndef UNIT_H
#define UNIT_H
/*
 * Every unit test includes this file: it includes cmocka and the headers that
 * cmocka needs first, and registers the tests of a module with their program.
 *
 *	static void
 *	grows(void **state)
 *	{ … }
 *
 *	UNIT(buf)
 *	{
 *		const struct CMUnitTest tests[] = { cmocka_unit_test(grows) };
 *
 *		return UNIT_RUN(tests);
 *	}
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The tests of one module; `run` gives the exit status. */
struct unit {
	const char *module;
	int (*run)(void);
	struct unit *next;
};

/* Register the tests of a module; called before main(). */
void unit_add(struct unit *u);

/* Begins the function that runs the tests of MODULE, t/unit/t-MODULE.c. */
#define UNIT(name)                                                             \
	static int unit_run_##name(void);                                      \
	__attribute__((constructor)) static void unit_know_##name(void)        \
	{                                                                      \
		static struct unit u = { #name, unit_run_##name, NULL };       \
                                                                               \
		unit_add(&u);                                                  \
	}                                                                      \
	static int unit_run_##name(void)

#define UNIT_RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

/* How far a loop over all places of a text goes on at once: `all` in the long
 * form of the tests, else `some`. */
size_t unit_stride(size_t all, size_t some);

/* Ends a test of what no other system has (base/compat.h). */
#ifdef GV_LINUX
#define NEEDS_LINUX() ((void)0)
#else
#define NEEDS_LINUX() skip()
#endif

/* Whether the thread's message holds these words. */
#define assert_message(words) assert_non_null(strstr(gv_err_message(), words))

#endif
