#include "unit.h"

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "sys/program.h"

static const char mounts[] =
    "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "22 21 0:5 / /proc rw - proc proc rw\n"
    "23 21 8:1 /home/me/repo/bin /opt/tools rw - ext4 /dev/sda1 rw\n"
    "24 21 8:2 / /home/me/repo/data rw - ext4 /dev/sdb1 rw\n"
    "25 21 8:1 /odd\\040name\\134x /mnt/a\\040b rw - ext4 /dev/sda1 rw\n"
    "26 21 8:3 / /mnt/twice rw - ext4 /dev/sdc1 rw\n"
    "27 26 8:4 /later /mnt/twice rw - ext4 /dev/sdd1 rw\n";

/* Where a path lies, in one static buffer. */
static const char *
origin(const char *text, const char *path)
{
	static struct gv_buf b = GV_BUF_INIT;

	gv_buf_reset(&b);
	return gv_program_origin(&b, text, path) ? b.p : "nowhere";
}

static void
a_path_is_known_by_its_place_in_the_file_system(void **state)
{
	(void)state;
	assert_string_equal(origin(mounts, "/usr/bin"), "8:1 /usr/bin");
	assert_string_equal(origin(mounts, "/"), "8:1 /");
	assert_string_equal(
	    origin(mounts, "/opt/tools/x"), "8:1 /home/me/repo/bin/x");
	assert_string_equal(
	    origin(mounts, "/opt/tools"), "8:1 /home/me/repo/bin");
	assert_string_equal(origin(mounts, "/opt/toolsx"), "8:1 /opt/toolsx");
	assert_string_equal(origin(mounts, "/home/me/repo/data/y"), "8:2 /y");
}

static void
odd_names_and_covered_mounts_are_read(void **state)
{
	(void)state;
	assert_string_equal(origin(mounts, "/mnt/a b/c"), "8:1 /odd name\\x/c");
	assert_string_equal(origin(mounts, "/mnt/twice/z"), "8:4 /later/z");
}

static void
a_text_that_says_nothing_is_no_place(void **state)
{
	static const char *const bad[] = { "", "\n", "1\n", "1 2 3\n",
		"1 2 8:1 / ", "1 2 8:1  /mnt\n", "\\04", "1 2 3 4 \\777\n",
		NULL };
	size_t i;

	(void)state;
	for (i = 0; bad[i]; i++)
		assert_string_equal(origin(bad[i], "/mnt/x"), "nowhere");
}

static void
only_a_file_that_can_be_run_is_a_program(void **state)
{
	struct gv_buf found = GV_BUF_INIT, path = GV_BUF_INIT;

	const struct scratch *at = *state;
	const char *set = getenv("PATH");
	char *before = strdup(set ? set : "");

	sh("mkdir -p a b c/tool && touch a/tool && cp /bin/sh b/tool");
	gv_buf_addf(&path, "%s/a:%s/c:%s/b", at->dir, at->dir, at->dir);
	setenv("PATH", path.p, 1);
	assert_int_equal(gv_program_find(&found, "tool", NULL, 0), 0);
	assert_string_equal(strrchr(found.p, '/') - 2, "/b/tool");
	assert_int_equal(
	    gv_program_find(&found, "no-such-tool", NULL, 0), GV_ENOTFOUND);
	unsetenv("PATH");
	assert_int_equal(
	    gv_program_find(&found, "tool", NULL, 0), GV_ENOTFOUND);
	setenv("PATH", before, 1);
	free(before);
	gv_buf_release(&found);
	gv_buf_release(&path);
}

UNIT(program)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_path_is_known_by_its_place_in_the_file_system),
		cmocka_unit_test(odd_names_and_covered_mounts_are_read),
		cmocka_unit_test(a_text_that_says_nothing_is_no_place),
		SCRATCH_TEST(only_a_file_that_can_be_run_is_a_program),
	};

	return UNIT_RUN(tests);
}
