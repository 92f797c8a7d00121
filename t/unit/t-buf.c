#include "unit.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

static void
is_a_string_from_the_start(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	assert_string_equal(b.p, "");
	gv_buf_addstr(&b, "");
	gv_buf_add(&b, NULL, 0);
	assert_string_equal(b.p, "");
	assert_int_equal(gv_buf_check(&b), 0);
	gv_buf_release(&b);
}

static void
grows_and_keeps_every_byte(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		gv_buf_addch(&b, (char)(i % 251));
		assert_int_equal(b.p[b.len], 0);
	}
	assert_int_equal(b.len, 10000);
	for (i = 0; i < 10000; i++)
		assert_int_equal((unsigned char)b.p[i], i % 251);
	gv_buf_release(&b);
	assert_string_equal(b.p, "");
	assert_int_equal(b.len, 0);
}

static void
formats_of_any_length(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	gv_buf_addf(&b, "%d-%s", 7, "seven");
	gv_buf_addf(&b, "%5000s", "x");
	assert_int_equal(b.len, 7 + 5000);
	assert_memory_equal(b.p, "7-seven ", 8);
	assert_int_equal(b.p[b.len - 1], 'x');
	gv_buf_release(&b);
}

static void
takes_all_strings_of_an_array(void **state)
{
	static const char *const lines[] = { "a\n", "", "b\n" };
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	gv_buf_addstrs(&b, lines, 0);
	assert_string_equal(b.p, "");
	GV_BUF_ADDSTRS(&b, lines);
	assert_string_equal(b.p, "a\nb\n");
	gv_buf_release(&b);
}

/* Formats of texts and plain numbers are put together by hand. */
static void
formats_simple_ones_as_printf_does(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	char expect[200];

	(void)state;
	gv_buf_addf(&b, "%s:%u, %zu of %zu%s", "a", UINT32_MAX, (size_t)0,
	    SIZE_MAX, "");
	snprintf(expect, sizeof(expect), "%s:%u, %zu of %zu%s", "a", UINT32_MAX,
	    (size_t)0, SIZE_MAX, "");
	assert_string_equal(b.p, expect);
	gv_buf_reset(&b);
	gv_buf_addf(&b, "z%s %zd%% %-3u|", "z", (ssize_t)-7, 5U);
	assert_string_equal(b.p, "zz -7% 5  |");
	gv_buf_reset(&b);
	gv_buf_addf(&b, "%s", "%s%u");
	assert_string_equal(b.p, "%s%u");
	gv_buf_release(&b);
}

static void
truncates_only_downwards(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	gv_buf_addstr(&b, "abcdef");
	gv_buf_truncate(&b, 3);
	assert_string_equal(b.p, "abc");
	gv_buf_truncate(&b, 9);
	assert_int_equal(b.len, 3);
	gv_buf_reset(&b);
	assert_string_equal(b.p, "");
	gv_buf_release(&b);
}

static void
hands_its_bytes_over_even_when_it_has_none(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	char *p;

	(void)state;
	p = gv_buf_take(&b);
	assert_string_equal(p, "");
	free(p);
	gv_buf_addstr(&b, "mine");
	p = gv_buf_take(&b);
	assert_string_equal(p, "mine");
	assert_string_equal(b.p, "");
	assert_int_equal(b.cap, 0);
	free(p);
	gv_buf_release(&b);
}

static void
failure_sticks_until_the_reset(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	gv_buf_addstr(&b, "kept");
	assert_int_equal(gv_buf_grow(&b, SIZE_MAX), GV_ENOMEM);
	assert_int_equal(gv_buf_grow(&b, SIZE_MAX / 2), GV_ENOMEM);
	gv_buf_addstr(&b, "lost");
	assert_string_equal(b.p, "kept");
	assert_int_equal(gv_buf_check(&b), GV_ENOMEM);
	assert_message("out of memory");
	assert_null(gv_buf_take(&b));
	gv_buf_reset(&b);
	gv_buf_addstr(&b, "again");
	assert_string_equal(b.p, "again");
	assert_int_equal(gv_buf_check(&b), 0);
	gv_buf_release(&b);
}

static void
release_takes_nothing_and_zeroes(void **state)
{
	struct gv_buf b;

	(void)state;
	memset(&b, 0, sizeof(b));
	gv_buf_release(NULL);
	gv_buf_release(&b);
	gv_buf_addstr(&b, "x");
	gv_buf_release(&b);
	gv_buf_release(&b);
}

static void
two_are_equal_by_their_bytes(void **state)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT, zeroed = { .p = NULL };

	(void)state;
	assert_true(gv_buf_equal(&a, &b));
	assert_true(gv_buf_equal(&a, &zeroed));
	gv_buf_add(&a, "x\0y", 3);
	assert_false(gv_buf_equal(&a, &b));
	gv_buf_add(&b, "x\0z", 3);
	assert_false(gv_buf_equal(&a, &b));
	b.p[2] = 'y';
	assert_true(gv_buf_equal(&a, &b));
	gv_buf_addch(&b, '\0');
	assert_false(gv_buf_equal(&a, &b));
	gv_buf_release(&a);
	gv_buf_release(&b);
}

/* Callers give up what they took for it, and look no further. */
static void
what_failed_is_given_back_where_it_is_taken(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	gv_buf_addstr(&b, "some");
	b.failed = true;
	assert_null(gv_buf_take(&b));
	assert_int_equal(b.len, 0);
	assert_int_equal(b.cap, 0);
}

UNIT(buf)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_a_string_from_the_start),
		cmocka_unit_test(grows_and_keeps_every_byte),
		cmocka_unit_test(formats_of_any_length),
		cmocka_unit_test(takes_all_strings_of_an_array),
		cmocka_unit_test(formats_simple_ones_as_printf_does),
		cmocka_unit_test(two_are_equal_by_their_bytes),
		cmocka_unit_test(truncates_only_downwards),
		cmocka_unit_test(hands_its_bytes_over_even_when_it_has_none),
		cmocka_unit_test(failure_sticks_until_the_reset),
		cmocka_unit_test(release_takes_nothing_and_zeroes),
		cmocka_unit_test(what_failed_is_given_back_where_it_is_taken),
	};

	return UNIT_RUN(tests);
}
