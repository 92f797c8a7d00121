#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/portable.h"

static bool
is_portable(const char *name)
{
	return gv_portable_name(name, strlen(name)) == NULL;
}

static void
names_that_all_systems_can_have(void **state)
{
	static const char *const good[] = { "a", "auxiliary", "con2", "com",
		"com0", "com10", "console", ".hidden", "a b", "caf\xc3\xa9",
		"x.aux", "lpt0" };
	static const char *const bad[] = { "aux", "AUX", "Con.txt",
		"nul.tar.gz", "com1", "LPT9.x", "prn", "aux .c", "a.", "a ",
		"a:b", "a?", "a*", "a|b", "a\\b", "a\"b", "<", ">", "a\tb",
		"a\nb", "caf\xe9", "conin$" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!is_portable(good[i]))
			fail_msg("%s is taken for a bad name", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (is_portable(bad[i]))
			fail_msg("%s is taken for a good name", bad[i]);
}

/* A path of `n` times `unit`, with a '/' after each hundred. */
static const char *
path_of(const char *unit, size_t n)
{
	static char path[2048];
	size_t i, len = 0;

	path[0] = '\0';
	for (i = 1; i <= n && len < sizeof(path); i++)
		len += (size_t)snprintf(
		    path + len, sizeof(path) - len, "%s", i % 100 ? unit : "/");
	return path;
}

static bool
is_portable_path(const char *path)
{
	return gv_portable_path(path, strlen(path)) == NULL;
}

static void
paths_that_all_systems_can_have(void **state)
{
	static const char *const good[] = { "a", "a/b", "a/com0/b", "a/.b/c d",
		"" };
	static const char *const bad[] = { "aux/f", "a/nul.d/f", "a./f", "a /f",
		"a:b/f", "a/b/con", "\xe9/f", "a//f/\t" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!is_portable_path(good[i]))
			fail_msg("%s is taken for a bad path", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (is_portable_path(bad[i]))
			fail_msg("%s is taken for a good path", bad[i]);
	/* counted in UTF-16 units */
	assert_true(is_portable_path(path_of("x", 254)));
	assert_false(is_portable_path(path_of("x", 255)));
	assert_true(is_portable_path(path_of("\xc3\xa9", 254)));
	assert_false(is_portable_path(path_of("\xe2\x82\xac", 255)));
	assert_true(is_portable_path(path_of("\xf0\x9f\x98\x80", 127)));
	assert_false(is_portable_path(path_of("\xf0\x9f\x98\x80", 129)));
}

static const char *
check(const char *name, const char *text)
{
	return gv_portable_content(name, strlen(name), text, strlen(text));
}

static void
what_a_strict_fsck_refuses(void **state)
{
	static const char *const bad[] = { "[submodule \"..\"]",
		"[submodule \"a/../b\"]", "[submodule \"a\\..\\b\"]",
		"[submodule \"\"]", "url=-x", "\turl = \"-x\"", "path = -x",
		"UPDATE = !sh" };
	static const char *const good[] = { "[submodule \"a..b\"]",
		"[submodule \"a\"]\n\tpath = a\n\turl = ../a",
		"url =", "update = rebase", "# url = -x", "x = -y", "" };
	char line[4096];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (check(".gitmodules", bad[i]) == NULL)
			fail_msg("%s is not refused", bad[i]);
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (check(".gitmodules", good[i]))
			fail_msg("%s is refused", good[i]);
	memset(line, 'x', sizeof(line));
	assert_null(gv_portable_content(".gitattributes", 14, line, 2047));
	assert_non_null(gv_portable_content(".gitattributes", 14, line, 2048));
	assert_non_null(gv_portable_content(".GitAttributes", 14, line, 2048));
	line[1000] = '\n';
	assert_null(gv_portable_content(".gitattributes", 14, line, 3000));
	assert_null(gv_portable_content("other", 5, line, 4096));
	assert_true(gv_portable_is_checked(".gitmodules", 11));
	assert_false(gv_portable_is_checked(".gitignore", 10));
}

UNIT(portable)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_all_systems_can_have),
		cmocka_unit_test(paths_that_all_systems_can_have),
		cmocka_unit_test(what_a_strict_fsck_refuses),
	};

	return UNIT_RUN(tests);
}
