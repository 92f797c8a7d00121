#ifndef UNIT_H
#define UNIT_H
/*
 * What every unit test includes: cmocka with what it needs before it, and the
 * end of main().
 *
 *	static void
 *	grows(void **state)
 *	{ … }
 *
 *	int
 *	main(void)
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

#define UNIT_RUN(tests)                                                        \
	(cmocka_set_message_output(CM_OUTPUT_TAP),                             \
	    cmocka_run_group_tests(tests, NULL, NULL))

/* Whether the thread's message holds these words. */
#define assert_message(words) assert_non_null(strstr(gv_err_message(), words))

#endif
