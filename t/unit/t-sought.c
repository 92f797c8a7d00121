#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "search/sought.h"

/* The numbers of the lines that have it, "1,3". */
static const char *
lines_of(const char *pattern, unsigned flags, const char *text)
{
	static char out[200];
	struct gv_sought_hit hit = { 0 };
	struct gv_sought n;

	assert_int_equal(gv_sought_init(&n, pattern, flags), 0);
	out[0] = '\0';
	while (gv_sought_next(&hit, &n, text, strlen(text)))
		snprintf(out + strlen(out), sizeof(out) - strlen(out),
		    "%s%zu%s", out[0] ? "," : "", hit.number,
		    hit.is_word ? "w" : "");
	gv_sought_release(&n);
	return out;
}

static void
a_string_is_found_once_a_line(void **state)
{
	(void)state;
	assert_string_equal(
	    lines_of("ab", 0, "ab ab\nx\nxab\n\nab"), "1w,3,5w");
	assert_string_equal(lines_of("ab", 0, ""), "");
	assert_string_equal(lines_of("ab", 0, "a\nb"), "");
	assert_string_equal(
	    lines_of("ab", GV_SOUGHT_WORD, "xab ab\nab_\n(ab)\nab"),
	    "1w,3w,4w");
}

static void
a_regular_expression_sees_lines(void **state)
{
	(void)state;
	assert_string_equal(
	    lines_of("^a.c$", GV_SOUGHT_REGEX, "abc\nxabc\na\nc\nadc"),
	    "1w,5w");
	assert_string_equal(
	    lines_of("a|b", GV_SOUGHT_REGEX | GV_SOUGHT_WORD, "ab\na\nb c\n"),
	    "2w,3w");
	/* one that matches nothing at all ends, too */
	assert_string_equal(
	    lines_of("z*", GV_SOUGHT_REGEX, "ab\n\ncd\n"), "1,2w,3");
}

static void
the_place_of_a_line_is_told(void **state)
{
	struct gv_sought_hit hit = { 0 };
	struct gv_sought n;
	const char *text = "one\ntwo x\nthree";

	(void)state;
	assert_int_equal(gv_sought_init(&n, "x", 0), 0);
	assert_true(gv_sought_next(&hit, &n, text, strlen(text)));
	assert_int_equal(hit.line, 4);
	assert_int_equal(hit.line_len, 5);
	assert_false(gv_sought_next(&hit, &n, text, strlen(text)));
	gv_sought_release(&n);
}

static void
bad_patterns_are_refused(void **state)
{
	struct gv_sought n;
	char *large = malloc(GV_SOUGHT_MAX + 2);

	(void)state;
	assert_non_null(large);
	memset(large, 'a', GV_SOUGHT_MAX + 1);
	large[GV_SOUGHT_MAX + 1] = '\0';
	assert_int_equal(gv_sought_init(&n, "", 0), GV_EUSAGE);
	assert_int_equal(gv_sought_init(&n, large, GV_SOUGHT_REGEX), GV_EUSAGE);
	assert_int_equal(gv_sought_init(&n, "(", GV_SOUGHT_REGEX), GV_EUSAGE);
	assert_int_equal(gv_sought_init(&n, "a\nb", 0), GV_EUSAGE);
	large[GV_SOUGHT_MAX] = '\0';
	assert_int_equal(gv_sought_init(&n, large, 0), 0);
	gv_sought_release(&n);
	free(large);
}

static void
what_has_a_nul_is_no_text(void **state)
{
	(void)state;
	assert_true(gv_sought_is_text("", 0));
	assert_true(gv_sought_is_text("abc", 3));
	assert_false(gv_sought_is_text("a\0c", 3));
	assert_false(gv_sought_is_text("a", GV_SOUGHT_TEXT + 1));
}

UNIT(sought)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_string_is_found_once_a_line),
		cmocka_unit_test(a_regular_expression_sees_lines),
		cmocka_unit_test(the_place_of_a_line_is_told),
		cmocka_unit_test(bad_patterns_are_refused),
		cmocka_unit_test(what_has_a_nul_is_no_text),
	};

	return UNIT_RUN(tests);
}
