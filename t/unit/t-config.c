#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/config.h"

#define PARSE(c, bytes) parse(c, bytes, sizeof(bytes) - 1)

static int
parse(struct gv_config *c, const char *bytes, size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memcpy(text, bytes, len);
	text[len] = '\0';
	return gv_config_parse(c, text, len, false);
}

static void
keeps_order_scope_and_values(void **state)
{
	struct gv_config c;

	(void)state;
	assert_int_equal(PARSE(&c,
			     "system\0a.b\none\0"
			     "global\0a.b\ntwo\nlines\0"
			     "local\0a.flag\0"
			     "worktree\0branch.My Branch.x\n\0"
			     "command\0a.c\nlast\0"),
	    0);
	assert_int_equal(c.n, 5);
	assert_int_equal(c.entries[0].scope, GV_CONFIG_SYSTEM);
	assert_string_equal(c.entries[0].value, "one");
	assert_int_equal(c.entries[1].scope, GV_CONFIG_GLOBAL);
	assert_null(c.entries[2].value);
	assert_int_equal(c.entries[3].scope, GV_CONFIG_WORKTREE);
	assert_int_equal(c.entries[4].scope, GV_CONFIG_COMMAND);
	assert_string_equal(gv_config_get(&c, "a.b"), "two\nlines");
	assert_string_equal(gv_config_get(&c, "a.flag"), "");
	assert_string_equal(gv_config_get(&c, "branch.My Branch.x"), "");
	assert_null(gv_config_get(&c, "a.none"));
	gv_config_release(&c);
	gv_config_release(&c);
	gv_config_release(NULL);
}

static void
reads_booleans_as_git_does(void **state)
{
	struct gv_config c;

	(void)state;
	assert_int_equal(
	    PARSE(&c,
		"local\0k.true\nTrue\0local\0k.yes\nyes\0local\0k.on\nON\0"
		"local\0k.flag\0local\0k.one\n1\0local\0k.many\n-7\0"
		"local\0k.false\nfalse\0local\0k.no\nno\0local\0k.off\noff\0"
		"local\0k.empty\n\0local\0k.zero\n0\0local\0k.odd\nmaybe\0"),
	    0);
	assert_true(gv_config_bool(&c, "k.true", false));
	assert_true(gv_config_bool(&c, "k.yes", false));
	assert_true(gv_config_bool(&c, "k.on", false));
	assert_true(gv_config_bool(&c, "k.flag", false));
	assert_true(gv_config_bool(&c, "k.one", false));
	assert_true(gv_config_bool(&c, "k.many", false));
	assert_false(gv_config_bool(&c, "k.false", true));
	assert_false(gv_config_bool(&c, "k.no", true));
	assert_false(gv_config_bool(&c, "k.off", true));
	assert_false(gv_config_bool(&c, "k.empty", true));
	assert_false(gv_config_bool(&c, "k.zero", true));
	assert_true(gv_config_bool(&c, "k.odd", true));
	assert_false(gv_config_bool(&c, "k.odd", false));
	assert_true(gv_config_bool(&c, "k.none", true));
	gv_config_release(&c);
}

static void
reads_integers_with_units_and_bounds(void **state)
{
	struct gv_config c;

	(void)state;
	assert_int_equal(
	    PARSE(&c,
		"local\0i.plain\n12\0local\0i.minus\n-3\0local\0i.k\n2k\0"
		"local\0i.m\n3M\0local\0i.g\n4g\0local\0i.hex\n0x10\0"
		"local\0i.odd\n5x\0local\0i.none\n\0local\0i.flag\0"
		"local\0i.over\n9223372036854775807k\0"
		"local\0i.under\n-9223372036854775808g\0"
		"local\0i.max\n9223372036854775807\0"
		"local\0i.past\n9223372036854775808\0"),
	    0);
	assert_true(gv_config_int(&c, "i.plain", 0) == 12);
	assert_true(gv_config_int(&c, "i.minus", 0) == -3);
	assert_true(gv_config_int(&c, "i.k", 0) == 2048);
	assert_true(gv_config_int(&c, "i.m", 0) == 3 << 20);
	assert_true(gv_config_int(&c, "i.g", 0) == 4LL << 30);
	assert_true(gv_config_int(&c, "i.hex", 0) == 16);
	assert_true(gv_config_int(&c, "i.max", 0) == INT64_MAX);
	assert_true(gv_config_int(&c, "i.odd", 9) == 9);
	assert_true(gv_config_int(&c, "i.none", 9) == 9);
	assert_true(gv_config_int(&c, "i.flag", 9) == 9);
	assert_true(gv_config_int(&c, "i.over", 9) == 9);
	assert_true(gv_config_int(&c, "i.under", 9) == 9);
	assert_true(gv_config_int(&c, "i.past", 9) == 9);
	assert_true(gv_config_int(&c, "i.absent", 9) == 9);
	gv_config_release(&c);
}

static void
refuses_what_git_never_prints(void **state)
{
	struct gv_config c;

	(void)state;
	assert_int_equal(PARSE(&c, "local\0"), GV_ECORRUPT);
	assert_int_equal(PARSE(&c, "local\0a.b\nc\0local\0"), GV_ECORRUPT);
	assert_int_equal(PARSE(&c, "nowhere\0a.b\nc\0"), GV_ECORRUPT);
	assert_message("nowhere");
	assert_int_equal(PARSE(&c, ""), 0);
	assert_int_equal(c.n, 0);
	assert_null(gv_config_get(&c, "a.b"));
	gv_config_release(&c);
}

static void
knows_where_an_entry_stands(void **state)
{
	static const char bytes[] = "global\0file:/h/.gitconfig\0a.b\nc\0"
				    "command\0command line:\0a.flag\0";
	char *text = malloc(sizeof(bytes)), *end = malloc(8);
	struct gv_config c;

	(void)state;
	assert_non_null(text);
	assert_non_null(end);
	memcpy(text, bytes, sizeof(bytes));
	assert_int_equal(gv_config_parse(&c, text, sizeof(bytes) - 1, true), 0);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.entries[0].origin, "file:/h/.gitconfig");
	assert_string_equal(c.entries[0].key, "a.b");
	assert_string_equal(c.entries[0].value, "c");
	assert_string_equal(c.entries[1].origin, "command line:");
	assert_null(c.entries[1].value);
	gv_config_release(&c);
	memcpy(end, "local\0x", 8);
	assert_int_equal(gv_config_parse(&c, end, 7, true), GV_ECORRUPT);
}

static void
keeps_sections_that_may_hold_secrets_out(void **state)
{
	(void)state;
	assert_true(gv_config_is_read("core.bare"));
	assert_true(gv_config_is_read("remote.a.b.url"));
	assert_true(gv_config_is_read("vault.receive.name"));
	assert_false(gv_config_is_read("http.extraheader"));
	assert_false(gv_config_is_read("http.https://x/.extraheader"));
	assert_false(gv_config_is_read("credential.helper"));
	assert_false(gv_config_is_read("cor.x"));
	assert_false(gv_config_is_read("corex.x"));
	assert_false(gv_config_is_read(""));
}

UNIT(config)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order_scope_and_values),
		cmocka_unit_test(reads_booleans_as_git_does),
		cmocka_unit_test(reads_integers_with_units_and_bounds),
		cmocka_unit_test(refuses_what_git_never_prints),
		cmocka_unit_test(knows_where_an_entry_stands),
		cmocka_unit_test(keeps_sections_that_may_hold_secrets_out),
	};

	return UNIT_RUN(tests);
}
