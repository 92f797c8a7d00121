#include "unit.h"

#include <pwd.h>

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "sys/env.h"

static void
an_empty_variable_is_none(void **state)
{
	(void)state;
	setenv("GV_TEST", "x", 1);
	assert_string_equal(gv_env_get("GV_TEST"), "x");
	setenv("GV_TEST", "", 1);
	assert_null(gv_env_get("GV_TEST"));
	unsetenv("GV_TEST");
	assert_null(gv_env_get("GV_TEST"));
}

static void
one_that_is_set_is_there_until_it_is_taken_away(void **state)
{
	(void)state;
	assert_int_equal(gv_env_set("GV_TEST", "x"), 0);
	assert_string_equal(gv_env_get("GV_TEST"), "x");
	assert_int_equal(gv_env_set("GV_TEST", "y"), 0);
	assert_string_equal(gv_env_get("GV_TEST"), "y");
	assert_int_equal(gv_env_set("GV_TEST", NULL), 0);
	assert_null(gv_env_get("GV_TEST"));
}

/* What gv_env_expand() makes of a path, in one static buffer. */
static const char *
expand(const char *path)
{
	static struct gv_buf b = GV_BUF_INIT;

	gv_buf_release(&b);
	b = (struct gv_buf)GV_BUF_INIT;
	return gv_env_expand(&b, path) == 0 ? b.p : NULL;
}

static void
homes_are_put_in(void **state)
{
	const struct passwd *root = getpwuid(0);
	char want[4096];

	(void)state;
	setenv("HOME", "/home/me", 1);
	assert_string_equal(expand("~/ignore"), "/home/me/ignore");
	assert_string_equal(expand("~"), "/home/me");
	assert_string_equal(expand("/plain/~/x"), "/plain/~/x");
	assert_string_equal(expand("relative"), "relative");
	assert_non_null(root);
	snprintf(want, sizeof(want), "%s/x", root->pw_dir);
	assert_string_equal(expand("~root/x"), want);
	assert_null(expand("~nobody-has-this-name/x"));
	assert_message("no home for ~nobody-has-this-name");
	unsetenv("HOME");
	assert_null(expand("~/x"));
	expand("");
}

static void
the_config_folder_is_the_users(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	setenv("HOME", "/h", 1);
	setenv("XDG_CONFIG_HOME", "/x", 1);
	assert_int_equal(gv_env_config_file(&b, "git/ignore"), 0);
	assert_string_equal(b.p, "/x/git/ignore");
	gv_buf_reset(&b);
	setenv("XDG_CONFIG_HOME", "", 1);
	assert_int_equal(gv_env_config_file(&b, "git/ignore"), 0);
	assert_string_equal(b.p, "/h/.config/git/ignore");
	gv_buf_reset(&b);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	assert_int_equal(gv_env_config_file(&b, "git/ignore"), GV_ENOTFOUND);
	gv_buf_release(&b);
}

static void
host_and_user_fit_where_they_are_put(void **state)
{
	char whole[256], cut[4], guard[8] = "#######";

	(void)state;
	gv_env_host(whole, sizeof(whole));
	assert_true(*whole != '\0');
	gv_env_host(guard, 4);
	assert_true(strlen(guard) < 4);
	assert_memory_equal(guard + 4, "###", 3);
	gv_env_user(whole, sizeof(whole));
	assert_non_null(getpwnam(whole));
	gv_env_user(cut, sizeof(cut));
	assert_memory_equal(cut, whole, 3);
}

UNIT(env)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(an_empty_variable_is_none),
		SCRATCH_TEST(one_that_is_set_is_there_until_it_is_taken_away),
		SCRATCH_TEST(homes_are_put_in),
		SCRATCH_TEST(the_config_folder_is_the_users),
		SCRATCH_TEST(host_and_user_fit_where_they_are_put),
	};

	return UNIT_RUN(tests);
}
