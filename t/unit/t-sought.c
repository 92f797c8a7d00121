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
	/* but UTF-16 with its mark is searched; UTF-32 is not, nor half of it
	 */
	assert_false(gv_sought_is_text("\xff\xfe"
				       "a\0",
	    4));
	assert_true(gv_sought_is_searched("\xff\xfe"
					  "a\0",
	    4));
	assert_true(gv_sought_is_searched("\xfe\xff\0a", 4));
	assert_false(gv_sought_is_searched("\xff\xfe"
					   "a\0\0",
	    5));
	assert_false(gv_sought_is_searched("\xff\xfe\0\0a\0\0\0", 8));
	assert_false(gv_sought_is_searched("a\0b\0", 4));
}

/* As they are read: the numbers of the lines of bytes. */
static const char *
lines_of_bytes(
    const char *pattern, unsigned flags, const void *bytes, size_t len)
{
	struct gv_sought_text text;
	static char copy[200];
	struct gv_sought n;

	assert_int_equal(gv_sought_init(&n, pattern, flags), 0);
	assert_int_equal(gv_sought_open(&text, &n, bytes, len), 1);
	assert_true(text.len < sizeof(copy));
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	gv_sought_close(&text);
	gv_sought_release(&n);
	return lines_of(pattern, flags, copy);
}

#define LINES(pattern, bytes)                                                  \
	lines_of_bytes(pattern, GV_SOUGHT_REGEX, bytes, sizeof(bytes) - 1)

static void
an_expression_takes_characters_of_utf8(void **state)
{
	static const char text[] = "na\xc3\xafve\ncaf\xc3\xa9 x\nCAF\xc3\x89\n";

	(void)state;
	assert_string_equal(lines_of("^na.ve$", GV_SOUGHT_REGEX, text), "1w");
	assert_string_equal(lines_of("na..ve", GV_SOUGHT_REGEX, text), "");
	assert_string_equal(
	    lines_of("na[i\xc3\xaf]ve", GV_SOUGHT_REGEX, text), "1w");
	assert_string_equal(
	    lines_of("(?i)caf\xc3\xa9", GV_SOUGHT_REGEX, text), "2w,3w");
	assert_string_equal(
	    lines_of("CAF[^a-z]$", GV_SOUGHT_REGEX, text), "3w");
	/* what is no UTF-8 is searched by bytes */
	assert_string_equal(
	    lines_of("^na.ve$", GV_SOUGHT_REGEX, "na\xefve\n"), "1w");
	assert_string_equal(
	    lines_of("\xef", GV_SOUGHT_REGEX, "na\xefve\n"), "1");
}

static void
words_end_at_letters_of_any_script(void **state)
{
	static const char text[] = "caf\xc3\xa9 x\ncaf x\n\xc3\xa9"
				   "caf\n(caf)\n";
	const unsigned word = GV_SOUGHT_REGEX | GV_SOUGHT_WORD;

	(void)state;
	assert_string_equal(lines_of("ca.", word, text), "2w,4w");
	assert_string_equal(
	    lines_of("\\bcaf\\b", GV_SOUGHT_REGEX, text), "2w,4w");
	assert_string_equal(
	    lines_of("\\bcaf\xc3\xa9\\b", GV_SOUGHT_REGEX, text), "1w");
	assert_string_equal(
	    lines_of("(?i)\\bCAF\xc3\x89\\b", GV_SOUGHT_REGEX, text), "1w");
	/* the end of a longer alternative counts, too */
	assert_string_equal(lines_of("ca|caf", word, text), "2w,4w");
	assert_string_equal(
	    lines_of("\\bx|(ca)f\\b", GV_SOUGHT_REGEX, "caf\nax\nxa"), "1w,3");
}

static void
marks_and_ends_of_lines_are_no_part_of_a_line(void **state)
{
	(void)state;
	assert_string_equal(LINES("^end$", "end\r\nend \r\nend"), "1w,3w");
	assert_string_equal(LINES("[^d]$", "end\r\na\rb\r\n"), "2w");
	assert_string_equal(LINES("b$", "a\r\rb\r\n"), "1w");
	assert_string_equal(LINES("a.$", "a\r"), "1w");
	assert_string_equal(LINES("\\r$", "end\r\nend\n"), "1");
	assert_string_equal(LINES("^first",
				"\xef\xbb\xbf"
				"first\n"),
	    "1w");
	assert_string_equal(
	    LINES("^\xc3\xa4.$", "\xff\xfe\xe4\0x\0\r\0\n\0"), "1w");
	assert_string_equal(
	    LINES("^a.b$", "\xfe\xff\0a\xd8\x3d\xde\x00\0b"), "1w");
	/* half a pair */
	assert_string_equal(LINES("^a.b$", "\xfe\xff\0a\xd8\x3d\0b"), "1w");
}

UNIT(sought)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_string_is_found_once_a_line),
		cmocka_unit_test(a_regular_expression_sees_lines),
		cmocka_unit_test(the_place_of_a_line_is_told),
		cmocka_unit_test(bad_patterns_are_refused),
		cmocka_unit_test(what_has_a_nul_is_no_text),
		cmocka_unit_test(an_expression_takes_characters_of_utf8),
		cmocka_unit_test(words_end_at_letters_of_any_script),
		cmocka_unit_test(marks_and_ends_of_lines_are_no_part_of_a_line),
	};

	return UNIT_RUN(tests);
}
