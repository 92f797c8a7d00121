#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "scratch.h"
#include "sys/mounts.h"

static void
a_mounted_file_is_told_from_a_folder(void **state)
{
	struct gv_buf top = GV_BUF_INIT, text = GV_BUF_INIT;
	char *here = getcwd(NULL, 0);

	(void)state;
	sh("mkdir -p 'p/a b' p/c other && echo 1 >'p/a b/f' && echo 1 >other/f");
	assert_non_null(here);
	gv_buf_addf(&top, "%s/p", here);
	gv_buf_addf(&text,
	    "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	    "22 21 8:1 /x %s/p/c rw - ext4 /dev/sda1 rw\n"
	    "23 21 8:1 /x %s/other/f rw - ext4 /dev/sda1 rw\n",
	    here, here);
	assert_int_equal(gv_buf_check(&text), 0);
	assert_false(gv_mounts_have_file(text.p, top.p));
	gv_buf_addf(&text,
	    "24 21 8:1 /y %s/p/a\\040b/f rw - ext4 /dev/sda1 rw\n", here);
	assert_true(gv_mounts_have_file(text.p, top.p));
	/* what lies hidden is not known to be a folder */
	gv_buf_reset(&text);
	gv_buf_addf(&text, "25 21 8:1 /y %s/p/gone rw - ext4 a rw", here);
	assert_true(gv_mounts_have_file(text.p, top.p));
	assert_false(gv_mounts_have_file("", top.p));
	assert_true(gv_mounts_have_file(text.p, "/"));
	gv_buf_release(&text);
	gv_buf_release(&top);
	free(here);
}

static void
the_text_of_the_system_is_read(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_mount m = GV_MOUNT_INIT;
	const char *p;
	size_t n = 0;

	(void)state;
	NEEDS_LINUX();
	if (access("/proc/self/mountinfo", R_OK) < 0)
		skip();
	assert_int_equal(gv_mounts_read(&text), 0);
	for (p = text.p; *p; n++) {
		p = gv_mounts_next(&m, p);
		assert_int_equal(m.point.p[0], '/');
	}
	assert_true(n > 0);
	gv_mounts_release(&m);
	gv_buf_release(&text);
}

UNIT(mounts)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(a_mounted_file_is_told_from_a_folder),
		cmocka_unit_test(the_text_of_the_system_is_read),
	};

	return UNIT_RUN(tests);
}
