#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "serve/serve_backend.h"
#include "serve/serve_scope.h"

/* Names with a NUL each, from text with a blank behind each. */
static struct gv_buf
scope_of(const char *names)
{
	struct gv_buf out = GV_BUF_INIT;
	size_t i;

	gv_buf_addstr(&out, names);
	for (i = 0; i < out.len; i++)
		if (out.p[i] == ' ')
			out.p[i] = '\0';
	return out;
}

static void
assert_cut(const char *names, const char *text, const char *expect)
{
	struct gv_buf scope = scope_of(names), out = GV_BUF_INIT;

	gv_buf_addstr(&out, text);
	assert_int_equal(gv_serve_scope_cut(&out, &scope), 0);
	assert_string_equal(out.len ? out.p : "", expect);
	gv_buf_release(&out);
	gv_buf_release(&scope);
}

#define UP   "# TYPE up gauge\nup 1\n"
#define PROD "x{repository=\"r\",environment=\"prod\",class=\"a\"} 1\n"
#define TEST "x{environment=\"test\"} 1\n"
#define ALL  "x{environment=\"\"} 1\n"

static void
samples_of_other_environments_are_taken_out(void **state)
{
	(void)state;
	assert_cut("prod ", UP PROD TEST ALL, UP PROD ALL);
	assert_cut("dev test ", UP PROD TEST ALL, UP TEST ALL);
	assert_cut("", UP PROD TEST, UP);
	assert_cut("pro prodd ", PROD, "");
	assert_cut("* ", UP PROD TEST, UP PROD TEST);
	assert_cut("prod ", "", "");
	/* a last line that is cut off is one, too */
	assert_cut("prod ", "x{environment=\"test\"} 1", "");
}

static void
what_is_in_other_labels_misleads_nobody(void **state)
{
	(void)state;
	assert_cut("prod ",
	    "x{repository=\"a\\\",environment=\\\"prod\",environment=\"test\"} "
	    "1\n",
	    "");
	assert_cut("prod ", "x{repository=\"}\",environment=\"prod\"} 1\n",
	    "x{repository=\"}\",environment=\"prod\"} 1\n");
	assert_cut("prod ", "x{the_environment=\"test\"} 1\n",
	    "x{the_environment=\"test\"} 1\n");
	assert_cut("prod ", "x{environment", "");
}

static void
without_credentials_everything_is_for_everybody(void **state)
{
	struct gv_buf scope = scope_of("prod "), text = GV_BUF_INIT;

	(void)state;
	assert_true(gv_serve_scope_has(NULL, "test"));
	assert_true(gv_serve_scope_has(&scope, NULL));
	assert_true(gv_serve_scope_has(&scope, "prod"));
	assert_false(gv_serve_scope_has(&scope, "test"));
	gv_buf_addstr(&text, TEST);
	assert_int_equal(gv_serve_scope_cut(&text, NULL), 0);
	assert_string_equal(text.p, TEST);
	gv_buf_release(&text);
	gv_buf_release(&scope);
}

/* The SHA-256 of "0123456789abcdef". */
#define SUM "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f"

static void
credentials_say_the_scope(void **state)
{
	static const char text[] =
	    "prod bob " SUM "\ntest bob " SUM " state\ndev ann " SUM "\n";
	/* bob:0123456789abcdef, bob:0123456789abcdeX */
	static const char known[] = "Basic Ym9iOjAxMjM0NTY3ODlhYmNkZWY=",
			  wrong[] = "Basic Ym9iOjAxMjM0NTY3ODlhYmNkZVg=";
	struct gv_serve_access access;
	struct gv_buf scope = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_serve_access_parse(&access, text, strlen(text)), 0);
	assert_int_equal(gv_serve_access_envs(&scope, &access, known), 0);
	assert_int_equal(scope.len, 10);
	assert_memory_equal(scope.p, "prod\0test", 10);
	gv_buf_reset(&scope);
	assert_int_equal(gv_serve_access_envs(&scope, &access, wrong), 0);
	assert_int_equal(gv_serve_access_envs(&scope, &access, NULL), 0);
	assert_int_equal(scope.len, 0);
	gv_buf_release(&scope);
	gv_serve_access_release(&access);
}

UNIT(serve_scope)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_of_other_environments_are_taken_out),
		cmocka_unit_test(what_is_in_other_labels_misleads_nobody),
		cmocka_unit_test(
		    without_credentials_everything_is_for_everybody),
		cmocka_unit_test(credentials_say_the_scope),
	};

	return UNIT_RUN(tests);
}
