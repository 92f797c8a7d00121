#include "unit.h"

#include <string.h>

#include "search/renamed.h"
#include "search/sought.h"

/* The new name, or "". */
static const char *
renamed(const char *name, const char *old, const char *new)
{
	static char out[100];
	struct gv_sought sought;
	size_t at = 0, len;

	assert_int_equal(gv_sought_init(&sought, name, 0), 0);
	len = gv_renamed_find(&at, &sought, old, strlen(old), new, strlen(new));
	assert_true(len < sizeof(out));
	memcpy(out, new + at, len);
	out[len] = '\0';
	gv_sought_release(&sought);
	return out;
}

static void
a_name_in_the_place_of_another_is_found(void **state)
{
	(void)state;
	assert_string_equal(
	    renamed("open_db", "a\nint open_db(void)\nx = open_db();\n",
		"a\nint store_open(void)\nx = store_open();\n"),
	    "store_open");
	assert_string_equal(
	    renamed("open_db", "open_db(open_db)", "o(o)"), "o");
	assert_string_equal(
	    renamed("b", "b = b + a.b", "key = key + a.key"), "key");
}

static void
what_is_gone_or_written_anew_has_no_new_name(void **state)
{
	(void)state;
	assert_string_equal(renamed("open_db", "x = open_db();\n", "y\n"), "");
	assert_string_equal(renamed("open_db", "x = open_db();\n", ""), "");
	assert_string_equal(
	    renamed("open_db", "x = open_db();\n", "x = 12();\n"), "");
	assert_string_equal(
	    renamed("open_db", "x = open_db();\n", "x = a.b();\n"), "");
	/* the other name was there before */
	assert_string_equal(renamed("y", "var \"x\" {\n}\nvar \"y\" {\n}\n",
				"var \"x\" {\n}\n"),
	    "");
	/* the same name in other places of the line, another in one */
	assert_string_equal(renamed("b", "b = b + 1\n", "c = b + 1\n"), "");
}

static void
half_of_the_lines_must_agree(void **state)
{
	static const char old[] = "f(a, 1)\nf(a, 2)\nf(a, 3)\n";

	(void)state;
	assert_string_equal(renamed("a", old, "f(b, 1)\nf(c, 2)\n"), "");
	assert_string_equal(
	    renamed("a", old, "f(b, 1)\nf(c, 2)\nf(b, 3)\n"), "b");
}

static void
a_part_of_a_word_is_not_renamed(void **state)
{
	(void)state;
	assert_string_equal(
	    renamed("open", "open_db = 1\n", "close_db = 1\n"), "");
}

UNIT(renamed)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_in_the_place_of_another_is_found),
		cmocka_unit_test(what_is_gone_or_written_anew_has_no_new_name),
		cmocka_unit_test(half_of_the_lines_must_agree),
		cmocka_unit_test(a_part_of_a_word_is_not_renamed),
	};

	return UNIT_RUN(tests);
}
