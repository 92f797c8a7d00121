#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static void
sets_the_sentence_and_gives_the_code_back(void **state)
{
	(void)state;
	assert_int_equal(
	    gv_err(GV_EREFUSED, "no %s on %d", "way", 7), GV_EREFUSED);
	assert_string_equal(gv_err_message(), "no way on 7");
}

static void
an_argument_may_be_the_old_sentence(void **state)
{
	char expect[128];

	(void)state;
	gv_err(GV_ERROR, "first");
	gv_err(GV_ERROR, "second after %s", gv_err_message());
	assert_string_equal(gv_err_message(), "second after first");
	errno = EIO;
	gv_err_sys("third after %s", gv_err_message());
	/* each system has words of its own */
	snprintf(expect, sizeof(expect), "third after second after first: %s",
	    strerror(EIO));
	assert_string_equal(gv_err_message(), expect);
	gv_err_in(GV_ERROR, "%.5s", gv_err_message());
	snprintf(expect, sizeof(expect),
	    "third: third after second after first: %s", strerror(EIO));
	assert_string_equal(gv_err_message(), expect);
}

static void
system_errors_have_codes_of_their_own(void **state)
{
	(void)state;
	errno = ENOENT;
	assert_int_equal(gv_err_sys("cannot open %s", "x"), GV_ENOTFOUND);
	assert_string_equal(
	    gv_err_message(), "cannot open x: No such file or directory");
	assert_int_equal(errno, ENOENT);
	errno = ENOMEM;
	assert_int_equal(gv_err_sys("x"), GV_ENOMEM);
	errno = EACCES;
	assert_int_equal(gv_err_sys("x"), GV_ERROR);
}

static void
context_comes_in_front_and_keeps_the_code(void **state)
{
	(void)state;
	gv_err(GV_ECORRUPT, "ends early");
	assert_int_equal(gv_err_in(GV_ECORRUPT, "pack %d", 3), GV_ECORRUPT);
	assert_string_equal(gv_err_message(), "pack 3: ends early");
}

static void
a_sentence_without_end_is_cut_not_overrun(void **state)
{
	static char huge[100000];
	int i;

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	gv_err(GV_ERROR, "%s", huge);
	assert_true(strlen(gv_err_message()) < 5000);
	errno = EIO;
	gv_err_sys("%s", huge);
	for (i = 0; i < 3; i++)
		gv_err_in(GV_ERROR, "%s", huge);
	assert_true(strlen(gv_err_message()) < 5000);
	gv_err_set_message(huge);
	assert_true(strlen(gv_err_message()) < 5000);
}

static void *
set_another(void *arg)
{
	(void)arg;
	gv_err(GV_ERROR, "of the other thread");
	return NULL;
}

static void
each_thread_has_its_own(void **state)
{
	pthread_t t;

	(void)state;
	gv_err(GV_ERROR, "mine");
	assert_int_equal(pthread_create(&t, NULL, set_another, NULL), 0);
	pthread_join(t, NULL);
	assert_string_equal(gv_err_message(), "mine");
}

static void
can_be_replaced_and_cleared(void **state)
{
	(void)state;
	gv_err_set_message("carried");
	assert_string_equal(gv_err_message(), "carried");
	gv_err_set_message(NULL);
	assert_string_equal(gv_err_message(), "");
	assert_int_equal(gv_err_nomem(), GV_ENOMEM);
	assert_string_equal(gv_err_message(), "out of memory");
}

static void
what_was_set_aside_comes_back_unless_there_was_a_failure(void **state)
{
	char *before;

	(void)state;
	gv_err(GV_ERROR, "before");
	before = gv_err_save();
	gv_err(GV_ENOTFOUND, "in between");
	assert_int_equal(gv_err_settle(0, before), 0);
	assert_string_equal(gv_err_message(), "before");
	before = gv_err_save();
	gv_err(GV_ENOTFOUND, "in between");
	assert_int_equal(gv_err_settle(3, before), 3);
	assert_string_equal(gv_err_message(), "before");
	before = gv_err_save();
	gv_err(GV_ENOTFOUND, "a failure");
	assert_int_equal(gv_err_settle(GV_ENOTFOUND, before), GV_ENOTFOUND);
	assert_string_equal(gv_err_message(), "a failure");
}

static void
each_code_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(gv_err_name(GV_ENOTFOUND), "not_found");
	assert_string_equal(gv_err_name(GV_EUSAGE), "usage");
	assert_string_equal(gv_err_name(GV_EUSAGE - 1), "error");
	assert_string_equal(gv_err_name(0), "error");
}

UNIT(err)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_the_sentence_and_gives_the_code_back),
		cmocka_unit_test(an_argument_may_be_the_old_sentence),
		cmocka_unit_test(system_errors_have_codes_of_their_own),
		cmocka_unit_test(context_comes_in_front_and_keeps_the_code),
		cmocka_unit_test(a_sentence_without_end_is_cut_not_overrun),
		cmocka_unit_test(each_thread_has_its_own),
		cmocka_unit_test(can_be_replaced_and_cleared),
		cmocka_unit_test(
		    what_was_set_aside_comes_back_unless_there_was_a_failure),
		cmocka_unit_test(each_code_has_a_name),
	};

	return UNIT_RUN(tests);
}
