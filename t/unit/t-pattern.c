/* lib/schema/pattern and ecma: regular expressions of ECMAScript. */
#include "unit.h"

#include <limits.h>
#include <string.h>

#include "schema/pattern.h"

/* 1 or 0; -1 where it is invalid, -2 where it is not supported. `simple` is
 * whether RE2 is not needed for it. */
static int
match(const char *pattern, const char *text, bool simple)
{
	enum gv_ecma_result result;
	struct gv_pattern *p;
	const char *why = NULL;
	int r;

	assert_int_equal(
	    gv_pattern_new(&p, pattern, strlen(pattern), &result, &why), 0);
	if (p == NULL) {
		assert_non_null(why);
		return result == GV_ECMA_INVALID ? -1 : -2;
	}
	assert_int_equal(gv_pattern_is_simple(p), simple);
	r = gv_pattern_matches(p, text, strlen(text));
	gv_pattern_free(p);
	return r;
}

static void
a_row_of_classes_needs_no_engine(void **state)
{
	(void)state;
	assert_int_equal(match("^[a-z][a-z0-9]*$", "a1", true), 1);
	assert_int_equal(match("^[a-z][a-z0-9]*$", "1a", true), 0);
	assert_int_equal(match("^[a-z][a-z0-9]*$", "a1-", true), 0);
	assert_int_equal(match("^x-", "x-y", true), 1);
	assert_int_equal(match("^x-", "y-x-", true), 0);
	assert_int_equal(match("^\\d{2,3}:\\w+$", "12:a_", true), 1);
	assert_int_equal(match("^\\d{2,3}:\\w+$", "1234:a", true), 0);
	assert_int_equal(match("^\\d{2}$", "123", true), 0);
	assert_int_equal(match("^a{2,}b?$", "aaa", true), 1);
	assert_int_equal(match("^[^/]+/.*$", "a/b", true), 1);
	assert_int_equal(match("^.+$", "\303\244", true), 1);
	assert_int_equal(match("^[\\w.-]+\\s$", "a-b ", true), 1);
	assert_int_equal(match(".*", "", true), 1);
	assert_int_equal(match("", "x", true), 1);
	assert_int_equal(
	    match("^[a-z0-9]+$", "abcdefghijklmnopqrstuvwxyz0123456789", true),
	    1);
}

static void
all_else_is_matched_by_the_engine(void **state)
{
	(void)state;
	assert_int_equal(match("b", "abc", false), 1);
	assert_int_equal(match("^(a|b)$", "b", false), 1);
	assert_int_equal(match("^a*a$", "aa", false), 1);
	assert_int_equal(match("^a+?$", "aa", false), 1);
	assert_int_equal(match("^[]$", "", false), 0);
	assert_int_equal(match("^[^]$", "\n", false), 1);
	assert_int_equal(match("^(?<n>a)(?:b)$", "ab", false), 1);
	assert_int_equal(match("^\\u00e4\\u{1f600}\\ud83d\\ude00$",
			     "\303\244\360\237\230\200\360\237\230\200", false),
	    1);
	assert_int_equal(match("^\\s\\S$", "\302\240x", false), 1);
	assert_int_equal(match("^[\\s\\S]\\cA\\x41\\0?$", "x\001A", false), 1);
	assert_int_equal(
	    match("^\\p{Letter}\\P{digit}\\p{Script=Greek}[\\p{ASCII}]$",
		"ax\316\261!", false),
	    1);
	assert_int_equal(match("^\\p{ASCII}[[\\b]$", "a[", false), 1);
	assert_int_equal(match("\\bb\\B.\\v?", "bb!", false), 1);
	assert_int_equal(match("^\\/\\-\\_$", "/-_", true), 1);
	assert_int_equal(match("^\\\303\244$", "\303\244", false), 1);
	assert_int_equal(match("^[a-\303\244]$", "\303\240", false), 1);
	/* a brace that counts nothing stands for itself */
	assert_int_equal(match("^a{$", "a{", false), 1);
	assert_int_equal(match("^a{1x$", "a{1x", false), 1);
	assert_int_equal(match("^a{1,x$", "a{1,x", false), 1);
	assert_int_equal(match("^a$b", "ab", false), 0);
}

static void
texts_may_be_long_or_hold_anything(void **state)
{
	static const char zero[] = { '^', 'a', '\0', '$' };
	enum gv_ecma_result result;
	struct gv_pattern *p;
	const char *why;

	(void)state;
	assert_int_equal(match("^.+$", "abcdefgh\303\244", true), 1);
	assert_int_equal(
	    match("^[^x]+$", "\303\244\303\244\303\244\303\244x", true), 0);
	assert_int_equal(
	    gv_pattern_new(&p, zero, sizeof(zero), &result, &why), 0);
	assert_non_null(p);
	assert_true(gv_pattern_matches(p, "a", 2));
	assert_false(gv_pattern_matches(p, "a", 1));
	/* no byte of a text that is too long for the engine is looked at */
	assert_false(gv_pattern_matches(p, "a", (size_t)INT_MAX + 1));
	gv_pattern_free(p);
}

static void
what_cannot_be_matched_says_so(void **state)
{
	static const char *const bad[] = { "\\", "[a", "(", "a**", "\\u12",
		"\\u{110000}", "\\u{}x\\u{1", "\\x1", "\\c1", "\\p", "\\pL",
		"\\p{}", "\\xzz", "\\01", "\\Z", "(?x)", "[z-a]" };
	static const char *const no[] = { "(?=a)", "(?!a)", "(?<=a)", "(?<!a)",
		"(a)\\1", "(?<n>a)\\k<n>", "a{1001}", "\\p{Nothing}" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(match(bad[i], "", false), -1);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_int_equal(match(no[i], "", false), -2);
}

UNIT(pattern)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_of_classes_needs_no_engine),
		cmocka_unit_test(all_else_is_matched_by_the_engine),
		cmocka_unit_test(texts_may_be_long_or_hold_anything),
		cmocka_unit_test(what_cannot_be_matched_says_so),
	};

	return UNIT_RUN(tests);
}
