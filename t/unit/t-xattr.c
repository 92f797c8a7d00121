#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#ifdef HAVE_SYS_XATTR_H
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#endif

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/xattr.h"

#ifdef HAVE_SYS_XATTR_H

/* Nothing to test on a file system that has none. */
static int
give(const char *path, const char *name, const void *value, size_t len)
{
	if (lsetxattr(path, name, value, len, 0) == 0)
		return 0;
	assert_int_equal(errno, ENOTSUP);
	return -1;
}

/* What is kept of a text, in one static buffer; "?" where it is damaged. */
static const char *
kept(const char *text)
{
	static struct gv_buf b = GV_BUF_INIT;

	gv_buf_reset(&b);
	return gv_xattr_keep_user(&b, text) == 0 ? b.p : "?";
}

static void
what_gives_rights_is_left_out(void **state)
{
	(void)state;
	assert_string_equal(kept(""), "");
	assert_string_equal(kept("user.a=eA=="), "user.a=eA==");
	assert_string_equal(
	    kept("security.capability=eA==,user.a=eA==,trusted.b=eA=="),
	    "user.a=eA==");
	assert_string_equal(
	    kept("user.a=eA==,system.posix_acl_access=eA==,user.b=eHk="),
	    "user.a=eA==,user.b=eHk=");
	assert_string_equal(kept("%73ecurity.capability=eA=="), "");
	assert_string_equal(kept("%75ser.a=eA=="), "%75ser.a=eA==");
	assert_string_equal(kept("user.=eA==,userx.a=eA==,user=eA=="), "");
	assert_string_equal(kept("user.a"), "?");
}

static void
what_has_none_says_nothing(void **state)
{
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	sh("touch f && ln -s nowhere l && mkdir d");
	assert_int_equal(gv_xattr_get(&text, AT_FDCWD, "f"), 0);
	assert_int_equal(gv_xattr_get(&text, AT_FDCWD, "l"), 0);
	assert_int_equal(gv_xattr_get(&text, AT_FDCWD, "d"), 0);
	assert_int_equal(text.len, 0);
	assert_int_equal(gv_xattr_get(&text, AT_FDCWD, "nowhere"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(text.len, 0);
	gv_buf_release(&text);
}

static void
all_are_told_sorted_and_given_back(void **state)
{
	static const unsigned char bytes[] = { 0, 255, '\n', ',' };
	struct gv_buf text = GV_BUF_INIT, again = GV_BUF_INIT;
	int dir, fd;

	(void)state;
	sh("mkdir d && touch d/f d/g");
	if (give("d/f", "user.z", "last", 4) < 0)
		goto out;
	give("d/f", "user.a", bytes, sizeof(bytes));
	give("d/f", "user.empty", "", 0);
	give("d/f", "user.o,d=d %\303\251", "x", 1);
	dir = gv_dir_open_root("d");
	assert_true(gv_xattr_any(dir, "f"));
	assert_true(gv_xattr_any(AT_FDCWD, "d/f"));
	assert_int_equal(gv_xattr_get(&text, dir, "f"), 4);
	assert_string_equal(text.p,
	    "user.a=AP8KLA==,user.empty=,user.o%2Cd%3Dd%20%25%C3%A9=eA==,"
	    "user.z=bGFzdA==");
	fd = openat(dir, "g", O_WRONLY);
	assert_int_equal(gv_xattr_set(fd, text.p), 0);
	assert_int_equal(gv_xattr_get(&again, dir, "g"), 4);
	assert_string_equal(again.p, text.p);
	gv_file_close(fd);
	gv_file_close(dir);
out:
	gv_buf_release(&text);
	gv_buf_release(&again);
}

static void
what_is_reset_has_these_alone(void **state)
{
	static const char want[] = "user.a=QQ==,user.b=Qg==";
	int fd;

	(void)state;
	sh("rm -rf r && touch r");
	assert_true(gv_xattr_is(AT_FDCWD, "r", ""));
	if (give("r", "user.b", "x", 1) < 0)
		return;
	give("r", "user.ab", "x", 1);
	/* as root: not to be seen by others, so it stays */
	give("r", "trusted.mine", "x", 1);
	assert_false(gv_xattr_is(AT_FDCWD, "r", ""));
	assert_false(gv_xattr_is(AT_FDCWD, "r", "user.a=QQ=="));
	assert_false(gv_xattr_is(AT_FDCWD, "r", want));
	fd = open("r", O_RDWR);
	assert_int_equal(gv_xattr_reset(fd, want), 0);
	assert_true(gv_xattr_is(AT_FDCWD, "r", want));
	assert_false(gv_xattr_is(AT_FDCWD, "r", "user.a=QQ=="));
	assert_int_equal(fgetxattr(fd, "user.ab", NULL, 0), -1);
	assert_int_equal(fgetxattr(fd, "user.b", NULL, 0), 1);
	if (geteuid() == 0)
		assert_int_equal(fgetxattr(fd, "trusted.mine", NULL, 0), 1);
	assert_int_equal(gv_xattr_reset(fd, "no attribute"), -1);
	assert_int_equal(gv_xattr_reset(fd, ""), 0);
	assert_true(gv_xattr_is(AT_FDCWD, "r", ""));
	gv_file_close(fd);
}

/* "Whatever is new below, also for user 65534", as the kernel has it. */
static const unsigned char default_list[] = { 2, 0, 0, 0, 1, 0, 7, 0, 255, 255,
	255, 255, 2, 0, 7, 0, 254, 255, 0, 0, 4, 0, 5, 0, 255, 255, 255, 255,
	16, 0, 7, 0, 255, 255, 255, 255, 32, 0, 5, 0, 255, 255, 255, 255 };

static void
what_is_disowned_has_no_lists(void **state)
{
	int fd;

	(void)state;
	sh("mkdir o");
	fd = gv_dir_open_root("o");
	assert_int_equal(gv_xattr_disown(fd), 0);
	gv_file_close(fd);
	if (give("o", "system.posix_acl_default", default_list,
		sizeof(default_list)) < 0)
		return;
	sh("mkdir o/below");
	give("o/below", "user.a", "A", 1);
	assert_false(gv_xattr_is(AT_FDCWD, "o/below", "user.a=QQ=="));
	fd = gv_dir_open_root("o/below");
	assert_int_equal(gv_xattr_disown(fd), 0);
	assert_true(gv_xattr_is(AT_FDCWD, "o/below", "user.a=QQ=="));
	gv_file_close(fd);
}

static void
a_large_value_is_taken_whole(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	char *value = malloc(20000);

	(void)state;
	sh("touch f");
	memset(value, 'v', 20000);
	/* some file systems take no more than a block */
	if (lsetxattr("f", "user.large", value, 20000, 0) == 0 ||
	    lsetxattr("f", "user.large", value, 3900, 0) == 0) {
		assert_int_equal(gv_xattr_get(&text, AT_FDCWD, "f"), 1);
		assert_true(text.len > 5000);
	}
	free(value);
	gv_buf_release(&text);
}

static void
a_link_is_not_followed(void **state)
{
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	sh("touch f && ln -s f l");
	if (give("f", "user.a", "1", 1) == 0) {
		assert_int_equal(gv_xattr_get(&text, AT_FDCWD, "l"), 0);
		assert_false(gv_xattr_any(AT_FDCWD, "l"));
	}
	gv_buf_release(&text);
}

/* Whoever waits for a reader of a pipe would go on if it were opened. */
static void
a_pipe_is_not_opened(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	int ready[2], status;
	pid_t writer;

	(void)state;
	sh("mkfifo p");
	assert_int_equal(pipe(ready), 0);
	writer = fork();
	if (writer == 0) {
		close(ready[0]);
		close(ready[1]);
		_exit(open("p", O_WRONLY) < 0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &status, 1), 0);
	close(ready[0]);
	poll(NULL, 0, 20);
	assert_int_equal(gv_xattr_get(&text, AT_FDCWD, "p"), 0);
	assert_false(gv_xattr_any(AT_FDCWD, "p"));
	poll(NULL, 0, 20);
	assert_int_equal(waitpid(writer, &status, WNOHANG), 0);
	kill(writer, SIGKILL);
	assert_int_equal(waitpid(writer, &status, 0), writer);
	gv_buf_release(&text);
}

static void
text_is_added_to_what_is_there(void **state)
{
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	sh("touch f");
	if (give("f", "user.a", "1", 1) == 0) {
		gv_buf_addstr(&text, "before");
		assert_int_equal(gv_xattr_get(&text, AT_FDCWD, "f"), 1);
		assert_string_equal(text.p, "beforeuser.a=MQ==");
	}
	gv_buf_release(&text);
}

static void
damaged_text_is_refused_and_refusals_are_counted(void **state)
{
	static const char *const bad[] = { "user.a", "user.a,", "user.a=!",
		"user.%4=eA==", "user.%zz=eA==", "user.a=eA==,user.b" };
	size_t i;
	int fd;

	(void)state;
	sh("touch f");
	fd = open("f", O_WRONLY);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		gv_err_set_message(NULL);
		assert_int_equal(gv_xattr_set(fd, bad[i]), -1);
		assert_message("damaged");
	}
	assert_int_equal(gv_xattr_set(fd, ""), 0);
	assert_int_equal(gv_xattr_set(fd, "nosuchspace.a=eA==,x.y="), 2);
	gv_file_close(fd);
}

static void
a_long_path_is_not_taken_for_one_without(void **state)
{
	char path[6000];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_true(gv_xattr_any(AT_FDCWD, path));
}

static void
the_text_is_read_one_by_one(void **state)
{
	static const char *const damaged[] = { "user.a", "user.a,", "a=!",
		"%4=aa", "=,", "a=YQ=,b" };
	const char *text = "user.a=YQBi,user.b=,user.%3D%25=/w==", *bad;
	struct gv_buf name = GV_BUF_INIT, value = GV_BUF_INIT;
	size_t i;
	int r;

	(void)state;
	assert_int_equal(gv_xattr_next(&text, &name, &value), 1);
	assert_string_equal(name.p, "user.a");
	assert_int_equal(value.len, 3);
	assert_memory_equal(value.p, "a\0b", 3);
	assert_int_equal(gv_xattr_next(&text, &name, &value), 1);
	assert_string_equal(name.p, "user.b");
	assert_int_equal(value.len, 0);
	assert_int_equal(gv_xattr_next(&text, &name, &value), 1);
	assert_string_equal(name.p, "user.=%");
	assert_memory_equal(value.p, "\xff", 1);
	assert_int_equal(gv_xattr_next(&text, &name, &value), 0);
	assert_int_equal(gv_xattr_next(&text, &name, &value), 0);
	for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		bad = damaged[i];
		while ((r = gv_xattr_next(&bad, &name, &value)) > 0)
			;
		if (r != GV_ECORRUPT)
			fail_msg("taken: %s", damaged[i]);
	}
	gv_buf_release(&name);
	gv_buf_release(&value);
}

UNIT(xattr)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(what_has_none_says_nothing),
		SCRATCH_TEST(all_are_told_sorted_and_given_back),
		SCRATCH_TEST(what_is_reset_has_these_alone),
		SCRATCH_TEST(a_large_value_is_taken_whole),
		SCRATCH_TEST(what_is_disowned_has_no_lists),
		SCRATCH_TEST(what_gives_rights_is_left_out),
		SCRATCH_TEST(the_text_is_read_one_by_one),
		SCRATCH_TEST(a_link_is_not_followed),
		SCRATCH_TEST(a_pipe_is_not_opened),
		SCRATCH_TEST(text_is_added_to_what_is_there),
		SCRATCH_TEST(damaged_text_is_refused_and_refusals_are_counted),
		SCRATCH_TEST(a_long_path_is_not_taken_for_one_without),
	};

	return UNIT_RUN(tests);
}

#else

UNIT(xattr)
{
	puts("1..0 # SKIP no extended attributes on this system");
	return 0;
}

#endif
