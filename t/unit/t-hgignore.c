#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "foreign/hgignore.h"
#include "foreign/svnignore.h"
#include "worktree/ignore.h"

/* ---- Mercurial ----------------------------------------------------------- */

static int
read_file(void *ctx, struct gv_buf *out, const char *path)
{
	const char *const *files = ctx;

	if (strcmp(path, "refused") == 0)
		return GV_EREFUSED;
	for (; *files; files += 2)
		if (strcmp(files[0], path) == 0) {
			gv_buf_addstr(out, files[1]);
			return gv_buf_check(out);
		}
	return GV_ENOTFOUND;
}

static void
load(struct gv_hgignore *h, const char *text, const char *const *files)
{
	*h = (struct gv_hgignore){ .read = read_file, .ctx = (void *)files };
	assert_int_equal(
	    gv_hgignore_add(h, text, strlen(text), ".hgignore", ""), 0);
	assert_int_equal(gv_hgignore_compile(h), 0);
}

static bool
is(const char *text, const char *path)
{
	static const char *const none[] = { NULL };
	struct gv_hgignore h;
	bool found;

	load(&h, text, none);
	assert_false(h.is_strange);
	found = gv_hgignore_match(&h, path, strlen(path), NULL);
	gv_hgignore_release(&h);
	return found;
}

static void
a_line_is_an_expression_unless_it_says_otherwise(void **state)
{
	(void)state;
	assert_true(is("\\.env$\n", "a/.env"));
	assert_false(is("\\.env$\n", "a/.environ"));
	assert_true(is("^build/\n", "build/o"));
	assert_false(is("^build/\n", "src/build/o"));
	assert_true(is("syntax: glob\n.env\n", "a/.env"));
	assert_true(is("syntax: glob\n.env\n", ".env/below/it"));
	assert_false(is("syntax: glob\n.env\n", "x.env"));
	assert_true(is("glob:*.pyc\n", "a/b.pyc"));
	assert_true(is("syntax: glob\nre:^x$\n", "x"));
	assert_true(is("rootglob:a/*.c\n", "a/b.c"));
	assert_false(is("rootglob:a/*.c\n", "z/a/b.c"));
	assert_true(is("syntax: glob\nsyntax: regexp\n[.]log$\n", "a.log"));
}

static void
a_glob_is_as_hg_reads_it(void **state)
{
	(void)state;
	assert_true(is("glob:a/**/z\n", "a/b/c/z"));
	assert_true(is("glob:a/**/z\n", "a/z"));
	assert_false(is("glob:a/*/z\n", "a/b/c/z"));
	assert_true(is("glob:*.{key,pem}\n", "etc/x.pem"));
	assert_false(is("glob:*.{key,pem}\n", "etc/x.pen"));
	assert_true(is("glob:[!a]x\n", "bx"));
	assert_false(is("glob:[!a]x\n", "ax"));
	assert_true(is("glob:a\\*b\n", "a*b"));
	assert_false(is("glob:a\\*b\n", "axb"));
	assert_true(is("glob:\xc3\xbc*\n", "\xc3\xbc.txt"));
}

static void
a_comment_and_blanks_at_the_end_are_no_part_of_it(void **state)
{
	(void)state;
	assert_true(is("glob:a # b\n", "a"));
	assert_true(is("glob:a\\#b\n", "a#b"));
	assert_true(is("glob:a \t\r\n", "a"));
	assert_false(is("# glob:a\n", "a"));
}

static void
included_files_count_and_those_of_a_folder_hold_there(void **state)
{
	static const char *const files[] = { "more", "glob:x\n", "sub/ign",
		"rootglob:y\ninclude:deep\n", "sub/deep", "rootglob:z\n",
		NULL };
	struct gv_ignore_why why = { 0 };
	struct gv_hgignore h;

	(void)state;
	load(&h, "include:more\nsubinclude:sub/ign\ninclude:absent\n", files);
	assert_true(gv_hgignore_match(&h, "a/x", 3, &why));
	assert_string_equal(why.source, "more");
	assert_int_equal(why.line, 1);
	assert_true(gv_hgignore_match(&h, "sub/y", 5, &why));
	assert_string_equal(why.pattern, "y");
	assert_true(gv_hgignore_match(&h, "sub/z", 5, NULL));
	assert_false(gv_hgignore_match(&h, "y", 1, NULL));
	assert_false(gv_hgignore_match(&h, "z", 1, NULL));
	gv_hgignore_release(&h);
}

static void
what_is_not_understood_is_known_and_the_rest_holds(void **state)
{
	static const char *const loop[] = { "me",
		"include:me\ninclude:me\nglob:b\n", NULL };
	struct gv_hgignore h;

	(void)state;
	load(&h, "(?<=a)b\nglob:c\n", loop);
	assert_true(h.is_strange);
	assert_true(gv_hgignore_match(&h, "c", 1, NULL));
	gv_hgignore_release(&h);
	load(&h, "include:me\n", loop);
	assert_true(h.is_strange);
	assert_true(gv_hgignore_match(&h, "b", 1, NULL));
	gv_hgignore_release(&h);
	load(&h, "include:/etc/passwd\nglob:b\n", loop);
	assert_true(h.is_strange);
	gv_hgignore_release(&h);
	load(&h, "include:refused\nglob:b\n", loop);
	assert_true(h.is_strange);
	assert_true(gv_hgignore_match(&h, "b", 1, NULL));
	gv_hgignore_release(&h);
	load(&h, "syntax: strange\n", loop);
	assert_true(h.is_strange);
	gv_hgignore_release(&h);
}

/* ---- Subversion ---------------------------------------------------------- */

static bool
svn(const struct gv_buf *rules, const char *path)
{
	struct gv_ignore_level *level = NULL;
	const char *slash = strrchr(path, '/');
	bool found;

	assert_int_equal(
	    gv_ignore_level_new(&level, NULL, 0,
		&(struct gv_ignore_file){ rules->p, rules->len, "x", false }),
	    0);
	found = gv_ignore_match(level, path, strlen(path),
		    slash ? (size_t)(slash - path) + 1 : 0, false,
		    NULL) == GV_IGNORE_IGNORED;
	gv_ignore_level_free(level);
	return found;
}

static void
properties_hold_in_their_folder_or_below_it(void **state)
{
	static const char xml[] =
	    "<properties><target path=\"file:///r\">"
	    "<inherited_property name=\"svn:global-ignores\">*.sec\n"
	    "</inherited_property></target><target path=\"d[1]\">"
	    "<property name=\"svn:ignore\">my env\n*.log\na/b\n</property>"
	    "<property name=\"svn:global-ignores\">.env*\n</property>"
	    "<property name=\"license\">*\n</property></target></properties>";
	struct gv_buf rules = GV_BUF_INIT;

	(void)state;
	assert_int_equal(
	    gv_svnignore_properties(&rules, xml, sizeof(xml) - 1), 0);
	assert_true(svn(&rules, "d[1]/my env"));
	assert_true(svn(&rules, "d[1]/a.log"));
	assert_false(svn(&rules, "d[1]/in/a.log"));
	assert_false(svn(&rules, "d1/a.log"));
	assert_false(svn(&rules, "a.log"));
	assert_true(svn(&rules, "d[1]/.env"));
	assert_true(svn(&rules, "d[1]/in/deep/.env.prod"));
	assert_false(svn(&rules, ".env"));
	assert_true(svn(&rules, "x/y/a.sec"));
	gv_buf_release(&rules);
}

static void
the_users_words_take_the_place_of_those_of_svn(void **state)
{
	static const char config[] =
	    "[auth]\nglobal-ignores = no\n[miscellany]\n"
	    "# global-ignores = nor\n"
	    "global-ignores = *.one\n  *.two\n"
	    "enable-auto-props = yes\n";
	struct gv_buf rules = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_svnignore_global(&rules, "", 0), 0);
	assert_true(svn(&rules, "a/b.o"));
	assert_true(svn(&rules, "a/#b#"));
	assert_false(svn(&rules, "a/b.c"));
	gv_buf_reset(&rules);
	assert_int_equal(
	    gv_svnignore_global(&rules, config, sizeof(config) - 1), 0);
	assert_true(svn(&rules, "a/b.one"));
	assert_true(svn(&rules, "b.two"));
	assert_false(svn(&rules, "b.o"));
	assert_false(svn(&rules, "no"));
	gv_buf_release(&rules);
}

static void
what_was_removed_or_never_added_is_not_tracked(void **state)
{
	static const char xml[] =
	    "<entry path=\"a\"><wc-status item=\"normal\"></wc-status></entry>"
	    "<entry path=\"b\"><wc-status item=\"deleted\"></wc-status></entry>"
	    "<entry path=\"c\"><wc-status item=\"unversioned\"></wc-status>"
	    "</entry>"
	    "<entry path=\"d\"><wc-status item=\"missing\"></wc-status></entry>";
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_svnignore_tracked(&out, xml, sizeof(xml) - 1), 0);
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.p, "a\0d", 4);
	gv_buf_release(&out);
}

UNIT(hgignore)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_line_is_an_expression_unless_it_says_otherwise),
		cmocka_unit_test(a_glob_is_as_hg_reads_it),
		cmocka_unit_test(
		    a_comment_and_blanks_at_the_end_are_no_part_of_it),
		cmocka_unit_test(
		    included_files_count_and_those_of_a_folder_hold_there),
		cmocka_unit_test(
		    what_is_not_understood_is_known_and_the_rest_holds),
		cmocka_unit_test(properties_hold_in_their_folder_or_below_it),
		cmocka_unit_test(
		    the_users_words_take_the_place_of_those_of_svn),
		cmocka_unit_test(
		    what_was_removed_or_never_added_is_not_tracked),
	};

	return UNIT_RUN(tests);
}
