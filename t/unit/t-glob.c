#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/glob.h"

#define P GV_GLOB_PATHNAME
#define I GV_GLOB_ICASE

struct row {
	bool matches;
	unsigned flags;
	const char *pattern, *text;
};

static void
check(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct row *r = &rows[i];

		if (gv_glob_match(r->pattern, strlen(r->pattern), r->text,
			strlen(r->text), r->flags) != r->matches)
			fail_msg("'%s' must %smatch '%s' (flags %u)",
			    r->pattern, r->matches ? "" : "not ", r->text,
			    r->flags);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(*(rows)))

static void
test_literals_and_single_bytes(void **state)
{
	static const struct row rows[] = {
		{ true, P, "foo", "foo" },
		{ false, P, "foo", "fo" },
		{ false, P, "fo", "foo" },
		{ true, P, "", "" },
		{ false, P, "", "a" },
		{ true, P, "???", "foo" },
		{ false, P, "??", "foo" },
		{ false, P, "a?b", "a/b" },
		{ true, 0, "a?b", "a/b" },
		{ true, P, "\\a\\*", "a*" },
		{ false, P, "\\*", "a" },
		{ false, P, "foo\\", "foo\\" },
		{ false, P, "foo\\", "foo" },
		{ true, P, "foo\\\\", "foo\\" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_a_star_stays_between_slashes(void **state)
{
	static const struct row rows[] = {
		{ true, P, "*", "foo" },
		{ true, P, "*", "" },
		{ false, P, "*", "a/b" },
		{ true, 0, "*", "a/b" },
		{ true, P, "f*", "foo" },
		{ true, P, "*f", "f" },
		{ true, P, "*ob*a*r*", "foobar" },
		{ false, P, "*ob*a*r*z", "foobar" },
		{ true, P, "*ab", "aaaaaaabababab" },
		{ true, P, "a/*/b", "a/x/b" },
		{ false, P, "a/*/b", "a/x/y/b" },
		{ false, P, "a/*/b", "a/b" },
		{ true, P, "*/b", "/b" },
		{ true, 0, "a*c", "a/b/c" },
		{ true, P, "*/*/*", "a/bb/c" },
		{ false, P, "*/*/*", "a/bb" },
		{ true, P, "-*-*-*-*-*-*-12-*-*-*-m-*-*-*",
		    "-adobe-courier-bold-o-normal--12-120-75-75-m-70-8859-1" },
		{ false, P, "-*-*-*-*-*-*-12-*-*-*-m-*-*-*",
		    "-adobe-courier-bold-o-normal--12-120-75-75-X-70-8859-1" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_two_stars_between_slashes_cross_directories(void **state)
{
	static const struct row rows[] = {
		{ true, P, "**", "a/b/c" },
		{ true, P, "**", "" },
		{ true, P, "**/b", "b" },
		{ true, P, "**/b", "a/b" },
		{ true, P, "**/b", "x/y/b" },
		{ false, P, "**/b", "ab" },
		{ true, P, "**/b", "/b" },
		{ true, P, "a/**", "a/b/c" },
		{ true, P, "a/**", "a/" },
		{ false, P, "a/**", "a" },
		{ true, P, "a/**/b", "a/b" },
		{ true, P, "a/**/b", "a/x/y/b" },
		{ false, P, "a/**/b", "a/xb" },
		{ true, P, "a/***/b", "a/x/y/b" },
		{ true, P, "**/a/**/b/**/c", "x/a/b/a/y/b/z/c" },
		{ false, P, "**/a/**/b/**/c", "x/a/c/b" },
		{ true, P, "**/**/**", "a" },
		{ true, P, "**/*/a*b", "x/ab/acb" },
		/* elsewhere they are one star */
		{ false, P, "a**/b", "a/x/b" },
		{ true, P, "a**/b", "axx/b" },
		{ false, P, "foo**bar", "foo/bar" },
		{ false, P, "x/a**", "x/ab/c" },
		/* before an escaped slash: one directory at least */
		{ false, P, "**\\/b", "b" },
		{ true, P, "**\\/b", "a/b" },
		{ true, P, "a/**\\/b", "a/x/y/b" },
		{ false, P, "a/**\\/b", "a/b" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_sets(void **state)
{
	static const struct row rows[] = {
		{ true, P, "[abc]", "b" },
		{ false, P, "[abc]", "d" },
		{ true, P, "[a-c]x", "cx" },
		{ false, P, "[c-a]", "b" },
		{ true, P, "[!a-c]", "d" },
		{ true, P, "[^a-c]", "d" },
		{ false, P, "[!a-c]", "b" },
		{ true, P, "[]x]", "]" },
		{ true, P, "[]-a]", "_" },
		{ true, P, "[!]x]", "a" },
		{ false, P, "[!]x]", "]" },
		{ true, P, "[a-]", "-" },
		{ true, P, "[-a]", "-" },
		{ true, P, "[--0]", "." },
		{ true, P, "[\\]]", "]" },
		{ true, P, "[\\a-\\c]", "b" },
		{ true, P, "[\\\\-^]", "]" },
		{ false, P, "[!\\]a-]", "]" },
		{ true, P, "[a-c-e]", "-" },
		{ false, P, "[a-c-e]", "d" },
		{ true, P, "[,-.]", "-" },
		{ true, P, "[[-\\]]", "\\" },
		{ true, P, "a[*?]", "a?" },
		{ false, P, "[a/]", "/" },
		{ false, P, "[!a]", "/" },
		{ true, 0, "[!a]", "/" },
		{ true, P, "[\x80-\xff]", "\xe9" },
		/* without an end */
		{ false, P, "[a", "a" },
		{ false, P, "a[", "a[" },
		{ false, P, "[]", "]" },
		{ false, P, "[!", "!" },
		{ false, P, "[a-", "a" },
		{ false, P, "[a\\", "a" },
		{ false, P, "[a-\\", "a" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_classes(void **state)
{
	static const struct row rows[] = {
		{ true, P, "[[:alpha:]][[:digit:]][[:upper:]]", "a1B" },
		{ false, P, "[[:digit:][:upper:][:space:]]", "a" },
		{ true, P, "[[:digit:][:upper:][:space:]]", "A" },
		{ true, P, "[[:xdigit:]]", "f" },
		{ false, P, "[[:xdigit:]]", "g" },
		{ true, P, "[a-c[:digit:]x-z]", "5" },
		{ true, P, "[![:alnum:]]", "_" },
		{ true, P, "[[:punct:]]", "_" },
		{ true, P, "[[:blank:]]", "\t" },
		{ false, P, "[[:space:]]", "\v" },
		{ true, P, "[[:space:]]", "\r" },
		{ true, P, "[[:cntrl:]]", "\x7f" },
		{ false, P, "[[:graph:]]", " " },
		{ true, P, "[[:print:]]", " " },
		{ true, P, "[[:lower:]]", "a" },
		{ false, P, "[[:alpha:]]", "\xe9" },
		{ true, P, "[![:alpha:]]", "\xe9" },
		/* no such class, or no class at all */
		{ false, P, "[[:nope:]a]", "a" },
		{ false, P, "[![:nope:]]", "a" },
		{ false, P, "[[::]]", ":" },
		{ true, P, "[[:]", ":" },
		{ true, P, "[[:]", "[" },
		{ true, P, "[[:al]", "l" },
		{ false, P, "[[:alpha:", "a" },
		/* a '-' before a class makes a range up to its '[' */
		{ true, P, "[A-[:alpha:]]", "Q]" },
		{ false, P, "[A-[:alpha:]]", "z" },
		/* and one behind a class is itself */
		{ true, P, "[[:digit:]-z]", "-" },
		{ false, P, "[[:digit:]-z]", "y" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_case_is_ignored_where_git_ignores_it(void **state)
{
	static const struct row rows[] = {
		{ true, P | I, "FoO", "fOo" },
		{ false, P, "FoO", "foo" },
		{ true, P | I, "*.TF", "main.tf" },
		{ true, P | I, "[a-c]", "B" },
		{ true, P | I, "[A-C]", "b" },
		{ true, P | I, "[[:upper:]]", "b" },
		{ true, P | I, "[[:lower:]]", "B" },
		{ true, P | I, "[a]", "A" },
		/* git lowers the text, and neither set nor escape */
		{ false, P | I, "[A]", "a" },
		{ false, P | I, "[A]", "A" },
		{ false, P | I, "\\A", "A" },
		{ true, P | I, "\\a", "A" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_no_pattern_takes_for_ever(void **state)
{
	char pattern[3 * 1000 + 2], text[4001];
	size_t i;

	(void)state;
	memset(text, 'a', sizeof(text));
	for (i = 0; i < 1000; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	memcpy(pattern + 2000, "b", 1);
	assert_false(gv_glob_match(pattern, 2001, text, 4000, P));
	assert_false(gv_glob_match(pattern, 2001, text, 4000, 0));
	for (i = 0; i < 2000; i++)
		memcpy(text + 2 * i, "a/", 2);
	for (i = 0; i < 600; i++)
		memcpy(pattern + 5 * i, "**/a/", 5);
	pattern[3000] = 'b';
	assert_false(gv_glob_match(pattern, 3001, text, 4000, P));
}

static void
test_literal_length_ends_at_the_first_special_byte(void **state)
{
	(void)state;
	assert_int_equal(gv_glob_literal_len("abc", 3), 3);
	assert_int_equal(gv_glob_literal_len("ab*", 3), 2);
	assert_int_equal(gv_glob_literal_len("a\\b", 3), 1);
	assert_int_equal(gv_glob_literal_len("?", 1), 0);
	assert_int_equal(gv_glob_literal_len("[", 1), 0);
	assert_int_equal(gv_glob_literal_len("a]\0*", 4), 3);
	assert_int_equal(gv_glob_literal_len("", 0), 0);
}

static void
test_malformed_patterns_are_known(void **state)
{
	static const struct {
		bool is;
		const char *pattern;
	} rows[] = {
		{ true, "" },
		{ true, "config/**" },
		{ true, "[!a-c]x[[:alpha:]-z]" },
		{ true, "[]]" },
		{ true, "a\\[b" },
		{ true, "[a\\]]" },
		{ false, "config/[prod.yaml" },
		{ false, "[]" },
		{ false, "[!]" },
		{ false, "[[:nope:]]" },
		{ false, "a\\" },
		{ false, "[a]/[b" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (gv_glob_is_valid(
			rows[i].pattern, strlen(rows[i].pattern)) != rows[i].is)
			fail_msg("%s", rows[i].pattern);
}

UNIT(glob)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals_and_single_bytes),
		cmocka_unit_test(test_a_star_stays_between_slashes),
		cmocka_unit_test(
		    test_two_stars_between_slashes_cross_directories),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_case_is_ignored_where_git_ignores_it),
		cmocka_unit_test(test_malformed_patterns_are_known),
		cmocka_unit_test(test_no_pattern_takes_for_ever),
		cmocka_unit_test(
		    test_literal_length_ends_at_the_first_special_byte),
	};

	return UNIT_RUN(tests);
}
