#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"

static void
expect_quoted(const char *path, size_t len, const char *want)
{
	struct gv_buf b = GV_BUF_INIT, back = GV_BUF_INIT;
	size_t used;

	gv_path_quote(&b, path, len);
	assert_string_equal(b.p, want);
	if (want[0] == '"') {
		assert_int_equal(gv_path_unquote(&back, b.p, b.len, &used), 0);
		assert_int_equal(used, b.len);
		assert_int_equal(back.len, len);
		assert_memory_equal(back.p, path, len);
	}
	gv_buf_release(&b);
	gv_buf_release(&back);
}

static void
quotes_as_git_prints(void **state)
{
	(void)state;
	expect_quoted("a/b c'd", 7, "a/b c'd");
	expect_quoted("", 0, "");
	expect_quoted("a\tb\nc", 5, "\"a\\tb\\nc\"");
	expect_quoted("\a\b\v\f\r", 5, "\"\\a\\b\\v\\f\\r\"");
	expect_quoted("q\"b\\", 4, "\"q\\\"b\\\\\"");
	expect_quoted("caf\xc3\xa9", 5, "\"caf\\303\\251\"");
	expect_quoted("\x01\x7f\0", 3, "\"\\001\\177\\000\"");
}

static void
refuses_damaged_quotes(void **state)
{
	static const char *const bad[] = { "", "a", "\"", "\"a", "\"\\",
		"\"\\q\"", "\"\\12\"", "\"\\400\"", "\"\\8\"", "\"\\\"" };
	struct gv_buf b = GV_BUF_INIT;
	size_t used, i;

	(void)state;
	gv_buf_addstr(&b, "kept");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    gv_path_unquote(&b, bad[i], strlen(bad[i]), &used),
		    GV_ECORRUPT);
		assert_string_equal(b.p, "kept");
	}
	gv_buf_release(&b);
}

static void
unquote_stops_at_the_closing_quote(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	size_t used;

	(void)state;
	assert_int_equal(gv_path_unquote(&b, "\"a\" rest", 8, &used), 0);
	assert_int_equal(used, 3);
	assert_string_equal(b.p, "a");
	gv_buf_release(&b);
}

static void
knows_names_that_no_tree_may_bring(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a/b", ".git", ".GIT",
		".gIt", ".git.", ".git ", ".git. .", "git~1", "GIT~1", "git~1.",
		".git:stream", ".git::$INDEX_ALLOCATION", "git~1:x", ".git\\x",
		".g\xe2\x80\x8cit", "\xef\xbb\xbf.git", ".git\xe2\x81\xaf",
		".\xe2\x80\xaegit" };
	static const char *const good[] = { "a", "...", ".gitignore",
		".gitmodules", ".github", "git", "git~2", "git~10", ".gi",
		".git2", "..a", "caf\xc3\xa9", ".g\xe2\x80\x90it", ".\xe2" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (gv_path_is_safe(bad[i], strlen(bad[i])))
			fail_msg("'%s' passes for safe", bad[i]);
	assert_false(gv_path_is_safe("a\0b", 3));
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!gv_path_is_safe(good[i], strlen(good[i])))
			fail_msg("'%s' passes for unsafe", good[i]);
}

static void
looks_at_each_component(void **state)
{
	static const char *const bad[] = { "", "/a", "a/", "a//b", "a/../b",
		"./a", "a/.git/b", "a/b/.GIT", ".git/a" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (gv_path_is_all_safe(bad[i]))
			fail_msg("'%s' passes for safe", bad[i]);
	assert_true(gv_path_is_all_safe("a"));
	assert_true(gv_path_is_all_safe("a/.github/..b"));
}

static void
below_means_whole_components(void **state)
{
	(void)state;
	assert_true(gv_path_is_below("a/b", 3, "a", 1));
	assert_true(gv_path_is_below("a", 1, "a", 1));
	assert_true(gv_path_is_below("a", 1, "", 0));
	assert_true(gv_path_is_below("", 0, "", 0));
	assert_false(gv_path_is_below("ab", 2, "a", 1));
	assert_false(gv_path_is_below("a", 1, "a/b", 3));
	assert_false(gv_path_is_below("", 0, "a", 1));
}

static int
compare(const char *a, bool a_dir, const char *b, bool b_dir)
{
	int c = gv_path_compare(a, strlen(a), a_dir, b, strlen(b), b_dir);

	return (c > 0) - (c < 0);
}

static void
orders_names_as_trees_do(void **state)
{
	(void)state;
	assert_int_equal(compare("a", false, "b", false), -1);
	assert_int_equal(compare("a", false, "a", false), 0);
	assert_int_equal(compare("a", true, "a.b", false), 1);
	assert_int_equal(compare("a", false, "a.b", false), -1);
	assert_int_equal(compare("a", true, "a0", false), -1);
	assert_int_equal(compare("a\xff", false, "ab", false), 1);
	assert_int_equal(compare("a", false, "a", true), -1);
}

UNIT(path)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_as_git_prints),
		cmocka_unit_test(refuses_damaged_quotes),
		cmocka_unit_test(unquote_stops_at_the_closing_quote),
		cmocka_unit_test(knows_names_that_no_tree_may_bring),
		cmocka_unit_test(looks_at_each_component),
		cmocka_unit_test(below_means_whole_components),
		cmocka_unit_test(orders_names_as_trees_do),
	};

	return UNIT_RUN(tests);
}
