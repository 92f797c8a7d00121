#include "unit.h"

#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "worktree/ignore.h"

/* One file at the top of the tree. */
static struct gv_ignore_level *
rules(const char *text)
{
	struct gv_ignore_level *l;

	assert_int_equal(gv_ignore_level_new(&l, NULL, 0,
			     &(struct gv_ignore_file){
				 text, strlen(text), ".gitignore", false }),
	    0);
	return l;
}

static enum gv_ignore_verdict
judge(const struct gv_ignore_level *l, const char *path,
    struct gv_ignore_why *why)
{
	size_t len = strlen(path);
	bool is_dir = len && path[len - 1] == '/';
	char name[64];
	const char *slash;

	len -= is_dir;
	memcpy(name, path, len);
	name[len] = '\0';
	slash = strrchr(name, '/');
	return gv_ignore_match(
	    l, name, len, slash ? (size_t)(slash - name) + 1 : 0, is_dir, why);
}

/* Whether the rules ignore the path; one that ends in '/' is a directory. */
static bool
is_ignored(const char *text, const char *path)
{
	struct gv_ignore_level *l = rules(text);
	enum gv_ignore_verdict v = judge(l, path, NULL);

	gv_ignore_level_free(l);
	return v == GV_IGNORE_IGNORED;
}

static void
test_every_kind_of_pattern(void **state)
{
	(void)state;
	assert_true(is_ignored("foo\n", "foo"));
	assert_true(is_ignored("foo\n", "a/foo"));
	assert_false(is_ignored("foo\n", "foo/a"));
	assert_true(is_ignored("*.o\n", "a/b.o"));
	assert_true(is_ignored("*\n", ".x"));
	assert_false(is_ignored("*.o\n", "o"));
	assert_true(is_ignored("tmp*\n", "a/tmp"));
	assert_true(is_ignored("t[mn]p?\n", "a/tnpx"));
	assert_true(is_ignored("/foo\n", "foo"));
	assert_false(is_ignored("/foo\n", "a/foo"));
	assert_true(is_ignored("a/b\n", "a/b"));
	assert_false(is_ignored("a/b\n", "x/a/b"));
	assert_true(is_ignored("a/*.o\n", "a/b.o"));
	assert_false(is_ignored("a/*.o\n", "a/b/c.o"));
	assert_true(is_ignored("a/**\n", "a/b/c"));
	assert_true(is_ignored("**/foo\n", "foo"));
	assert_true(is_ignored("**/foo\n", "a/b/foo"));
	assert_true(is_ignored("/**/*.o\n", "a/b/foo.o"));
	assert_true(is_ignored("**/b/c\n", "a/b/c"));
	assert_false(is_ignored("**/b/c\n", "ab/c"));
	assert_true(is_ignored("a/**/b/", "a/b/"));
}

static void
test_a_trailing_slash_wants_a_directory(void **state)
{
	(void)state;
	assert_true(is_ignored("foo/\n", "a/foo/"));
	assert_false(is_ignored("foo/\n", "a/foo"));
	assert_true(is_ignored("*.d/\n", "x.d/"));
	assert_false(is_ignored("*.d/\n", "x.d"));
	assert_false(is_ignored("foo//\n", "foo/"));
}

static void
test_how_lines_are_read(void **state)
{
	(void)state;
	assert_true(is_ignored("\xef\xbb\xbf"
			       "foo\n",
	    "foo"));
	assert_true(is_ignored("foo", "foo"));
	assert_true(is_ignored("foo\r\nbar\r\n", "foo"));
	assert_true(is_ignored("foo\r\r\n", "foo\r"));
	assert_true(is_ignored("foo  \n", "foo"));
	assert_true(is_ignored("foo \\  \n", "foo  "));
	assert_true(is_ignored("foo\\ \r\n", "foo "));
	assert_true(is_ignored("foo\t\n", "foo\t"));
	assert_false(is_ignored("#foo\n", "#foo"));
	assert_true(is_ignored("\\#foo\n", "#foo"));
	assert_true(is_ignored(" #foo\n", " #foo"));
	assert_true(is_ignored("\\!foo\n", "!foo"));
	assert_false(is_ignored("foo\\\n", "foo\\"));
	assert_false(is_ignored("\n\r\n \n/\n!\n!/\n//\n\\\n", "a"));
}

static void
test_a_nul_ends_a_pattern(void **state)
{
	struct gv_ignore_level *l;

	(void)state;
	assert_int_equal(
	    gv_ignore_level_new(&l, NULL, 0,
		&(struct gv_ignore_file){ "foo \0bar\nx\n", 11, "x", false }),
	    0);
	assert_int_equal(judge(l, "foo", NULL), GV_IGNORE_IGNORED);
	assert_int_equal(judge(l, "x", NULL), GV_IGNORE_IGNORED);
	gv_ignore_level_free(l);
}

static void
test_the_last_matching_pattern_decides(void **state)
{
	struct gv_ignore_level *l =
	    rules("a\n*.o\n!a.o\nb*\n!b/\nb/\n!bc\n# x\n/b?\n");
	struct gv_ignore_why why;

	(void)state;
	assert_int_equal(judge(l, "x.o", &why), GV_IGNORE_IGNORED);
	assert_int_equal(why.line, 2);
	assert_string_equal(why.pattern, "*.o");
	assert_string_equal(why.source, ".gitignore");
	assert_int_equal(judge(l, "a.o", &why), GV_IGNORE_INCLUDED);
	assert_int_equal(why.line, 3);
	assert_string_equal(why.pattern, "!a.o");
	assert_int_equal(judge(l, "b/", &why), GV_IGNORE_IGNORED);
	assert_int_equal(why.line, 6);
	assert_string_equal(why.pattern, "b/");
	assert_int_equal(judge(l, "x/b", &why), GV_IGNORE_IGNORED);
	assert_int_equal(why.line, 4);
	assert_int_equal(judge(l, "x/bc", &why), GV_IGNORE_INCLUDED);
	assert_int_equal(judge(l, "bc", &why), GV_IGNORE_IGNORED);
	assert_int_equal(why.line, 9);
	assert_int_equal(judge(l, "c", &why), GV_IGNORE_UNDECIDED);
	gv_ignore_level_free(l);
}

static void
test_the_nearest_level_with_a_match_decides(void **state)
{
	struct gv_ignore_level *top = rules("*.o\n/x\n"), *deep;
	struct gv_ignore_why why;

	(void)state;
	assert_int_equal(gv_ignore_level_new(&deep, top, 3,
			     &(struct gv_ignore_file){ "!k.o\n/x\ny/z\n", 12,
				 "a/b/.gitignore", false }),
	    0);
	assert_int_equal(judge(deep, "a/b/k.o", &why), GV_IGNORE_INCLUDED);
	assert_string_equal(why.source, "a/b/.gitignore");
	assert_int_equal(judge(deep, "a/b/c.o", &why), GV_IGNORE_IGNORED);
	assert_string_equal(why.source, ".gitignore");
	assert_int_equal(judge(deep, "a/b/x", NULL), GV_IGNORE_IGNORED);
	assert_int_equal(judge(deep, "a/b/c/x", NULL), GV_IGNORE_UNDECIDED);
	assert_int_equal(judge(deep, "a/b/y/z", NULL), GV_IGNORE_IGNORED);
	assert_int_equal(judge(deep, "x", NULL), GV_IGNORE_IGNORED);
	assert_int_equal(judge(deep, "k.o", NULL), GV_IGNORE_IGNORED);
	gv_ignore_level_free(deep);
	gv_ignore_level_free(top);
}

static void
test_case_is_ignored_on_demand(void **state)
{
	static const char text[] = "Foo\n*.Log\nTmp*\n/A/B\n/c/D*\n";
	struct gv_ignore_level *l;

	(void)state;
	assert_int_equal(
	    gv_ignore_level_new(&l, NULL, 0,
		&(struct gv_ignore_file){ text, sizeof(text) - 1, "x", true }),
	    0);
	assert_int_equal(judge(l, "fOO", NULL), GV_IGNORE_IGNORED);
	assert_int_equal(judge(l, "a.lOG", NULL), GV_IGNORE_IGNORED);
	assert_int_equal(judge(l, "tMPx", NULL), GV_IGNORE_IGNORED);
	assert_int_equal(judge(l, "a/b", NULL), GV_IGNORE_IGNORED);
	assert_int_equal(judge(l, "C/dx", NULL), GV_IGNORE_IGNORED);
	assert_int_equal(judge(l, "x", NULL), GV_IGNORE_UNDECIDED);
	gv_ignore_level_free(l);
	assert_false(is_ignored("Foo\n", "foo"));
}

static void
test_many_names_in_one_file(void **state)
{
	char text[20 * 1000], path[32];
	struct gv_ignore_level *l;
	struct gv_ignore_why why;
	unsigned i;
	int n = 0;

	(void)state;
	for (i = 0; i < 1000; i++)
		n += sprintf(text + n, "%sname%u\n", i % 3 ? "" : "!", i);
	l = rules(text);
	for (i = 0; i < 1000; i++) {
		sprintf(path, "dir/name%u", i);
		assert_int_equal(judge(l, path, &why),
		    i % 3 ? GV_IGNORE_IGNORED : GV_IGNORE_INCLUDED);
		assert_int_equal(why.line, i + 1);
	}
	assert_int_equal(judge(l, "name1000", NULL), GV_IGNORE_UNDECIDED);
	gv_ignore_level_free(l);
}

static void
test_no_rules_decide_nothing(void **state)
{
	struct gv_ignore_level *l;

	(void)state;
	assert_int_equal(gv_ignore_level_new(&l, NULL, 0,
			     &(struct gv_ignore_file){ NULL, 0, "x", false }),
	    0);
	assert_int_equal(judge(l, "a", NULL), GV_IGNORE_UNDECIDED);
	gv_ignore_level_free(l);
	gv_ignore_level_free(NULL);
	assert_int_equal(judge(NULL, "a", NULL), GV_IGNORE_UNDECIDED);
}

static void
test_what_may_include_below_a_folder(void **state)
{
	struct gv_ignore_level *l =
	    rules("*.x\n!a/b/c\n!d/e*\n!name\nf/g\n!**/h\n!/top\n");

	(void)state;
	assert_true(gv_ignore_may_include(l, "a", 1));
	assert_true(gv_ignore_may_include(l, "a/b", 3));
	assert_true(gv_ignore_may_include(l, "d", 1));
	assert_false(gv_ignore_may_include(l, "a/b/c", 5));
	assert_false(gv_ignore_may_include(l, "a/bb", 4));
	assert_false(gv_ignore_may_include(l, "f", 1));
	assert_false(gv_ignore_may_include(l, "h", 1));
	assert_false(gv_ignore_may_include(l, "other", 5));
	assert_false(gv_ignore_may_include(NULL, "a", 1));
	gv_ignore_level_free(l);
}

static void
test_a_file_of_4_gib_is_refused(void **state)
{
	const struct gv_ignore_file file = {
		.text = "x", .len = UINT32_MAX, .source = "large"
	};
	struct gv_ignore_level *l = NULL;

	(void)state;
	assert_int_equal(gv_ignore_level_new(&l, NULL, 0, &file), GV_ENOMEM);
	assert_null(l);
	assert_string_equal(
	    gv_err_message(), "large: 4294967295 bytes of ignore rules");
}

UNIT(ignore)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_of_pattern),
		cmocka_unit_test(test_a_trailing_slash_wants_a_directory),
		cmocka_unit_test(test_how_lines_are_read),
		cmocka_unit_test(test_a_nul_ends_a_pattern),
		cmocka_unit_test(test_the_last_matching_pattern_decides),
		cmocka_unit_test(test_the_nearest_level_with_a_match_decides),
		cmocka_unit_test(test_case_is_ignored_on_demand),
		cmocka_unit_test(test_many_names_in_one_file),
		cmocka_unit_test(test_no_rules_decide_nothing),
		cmocka_unit_test(test_what_may_include_below_a_folder),
		cmocka_unit_test(test_a_file_of_4_gib_is_refused),
	};

	return UNIT_RUN(tests);
}
