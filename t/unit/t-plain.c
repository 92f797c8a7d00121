#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/plain.h"

static void
check(const char *line, size_t len, const char *wanted)
{
	struct gv_buf out = GV_BUF_INIT;

	assert_int_equal(gv_plain_add(&out, line, len), 0);
	assert_string_equal(out.len ? out.p : "", wanted);
	gv_buf_release(&out);
}

#define CHECK(line, wanted) check(line, sizeof(line) - 1, wanted)

static void
colours_and_other_sequences_go(void **state)
{
	(void)state;
	CHECK("", "");
	CHECK("plain", "plain");
	CHECK("\033[31mError:\033[0m no", "Error: no");
	CHECK("\033[1;38;5;196mred\033[m\033[K", "red");
	CHECK("\033]0;title\007after", "after");
	CHECK("\033]8;;http://x\033\\link\033]8;;\033\\", "link");
	CHECK("\033(Bback\0337", "back");
}

static void
a_sequence_without_an_end_takes_nothing_else_along(void **state)
{
	(void)state;
	CHECK("a\033", "a");
	CHECK("a\033[31", "a");
	CHECK("a\033]0;title", "a");
	CHECK("a\033]0;title\033", "a");
	CHECK("a\033\0b", "ab");
}

static void
tabs_are_filled_up_by_columns(void **state)
{
	(void)state;
	CHECK("\tx", "        x");
	CHECK("ab\tx", "ab      x");
	CHECK("12345678\tx", "12345678        x");
	CHECK("\303\244\tx", "\303\244       x");
	CHECK("\033[31ma\033[0m\tx", "a       x");
}

static void
the_last_of_what_overwrites_itself_stays(void **state)
{
	(void)state;
	CHECK("10 %\r50 %\r100 %", "100 %");
	CHECK("a line of DOS\r", "a line of DOS");
	CHECK("\r\r", "");
}

UNIT(plain)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours_and_other_sequences_go),
		cmocka_unit_test(
		    a_sequence_without_an_end_takes_nothing_else_along),
		cmocka_unit_test(tabs_are_filled_up_by_columns),
		cmocka_unit_test(the_last_of_what_overwrites_itself_stays),
	};

	return UNIT_RUN(tests);
}
