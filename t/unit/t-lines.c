#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/lines.h"

/* The lines of a text, with '|' after each. */
static void
expect_lines(const char *text, size_t len, const char *expect)
{
	struct gv_buf out = GV_BUF_INIT;
	const char *p = text, *line;
	size_t n;

	while (gv_lines_next(&line, &n, &p, text + len)) {
		gv_buf_add(&out, line, n);
		gv_buf_addch(&out, '|');
	}
	assert_string_equal(out.p, expect);
	gv_buf_release(&out);
}

static void
every_line_comes_once(void **state)
{
	(void)state;
	expect_lines("", 0, "");
	expect_lines("\n", 1, "|");
	expect_lines("a\n", 2, "a|");
	expect_lines("a\n\nb\n", 5, "a||b|");
	expect_lines("a\nb", 3, "a|b|");
	/* nothing after the end is read */
	expect_lines("ab\nc\n", 1, "a|");
}

static void
a_line_is_found_as_a_whole(void **state)
{
	static const char text[] = "one\ntwo\n\nlast";
	size_t len = sizeof(text) - 1;

	(void)state;
	assert_true(gv_lines_have(text, len, "one", 3));
	assert_true(gv_lines_have(text, len, "two", 3));
	assert_true(gv_lines_have(text, len, "", 0));
	assert_true(gv_lines_have(text, len, "last", 4));
	assert_false(gv_lines_have(text, len, "las", 3));
	assert_false(gv_lines_have(text, len, "ne", 2));
	assert_false(gv_lines_have(text, len, "one\ntwo", 7));
	assert_false(gv_lines_have(text, 4, "", 0));
	assert_false(gv_lines_have("", 0, "one", 3));
}

static void
a_text_is_read_word_by_word(void **state)
{
	static const char text[] = "first 12";
	const char *end = text + sizeof(text) - 1;

	(void)state;
	assert_ptr_equal(gv_lines_after(text, end, "first "), text + 6);
	assert_ptr_equal(gv_lines_after(text, end, text), end);
	assert_ptr_equal(gv_lines_after(end, end, ""), end);
	assert_null(gv_lines_after(text, end, "second"));
	assert_null(gv_lines_after(text, end, "first 123"));
	assert_null(gv_lines_after(text, end - 1, text));
	assert_null(gv_lines_after(NULL, end, ""));
}

UNIT(lines)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_comes_once),
		cmocka_unit_test(a_line_is_found_as_a_whole),
		cmocka_unit_test(a_text_is_read_word_by_word),
	};

	return UNIT_RUN(tests);
}
