#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "sys/file.h"

static void
expect_content(const char *path, const char *want)
{
	struct gv_buf b = GV_BUF_INIT;

	assert_int_equal(gv_file_read(&b, AT_FDCWD, path, 1 << 20), 0);
	assert_string_equal(b.p, want);
	gv_buf_release(&b);
}

static void
reads_behind_what_is_there(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	sh("printf 'some text' >f; : >empty");
	gv_buf_addstr(&b, "before ");
	assert_int_equal(gv_file_read(&b, AT_FDCWD, "f", 9), 0);
	assert_string_equal(b.p, "before some text");
	assert_int_equal(gv_file_read(&b, AT_FDCWD, "empty", 0), 0);
	assert_string_equal(b.p, "before some text");
	gv_buf_release(&b);
}

static void
reads_to_the_end_where_the_size_says_nothing(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	if (access("/proc/self/status", R_OK) < 0)
		return;
	assert_int_equal(
	    gv_file_read(&b, AT_FDCWD, "/proc/self/status", 1 << 20), 0);
	assert_non_null(strstr(b.p, "Name:"));
	gv_buf_release(&b);
}

static void
each_refusal_has_its_code_and_leaves_the_buffer(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	sh("printf 0123456789 >f; mkfifo p");
	gv_buf_addstr(&b, "kept");
	assert_int_equal(gv_file_read(&b, AT_FDCWD, "none", 10), GV_ENOTFOUND);
	assert_int_equal(gv_file_read(&b, AT_FDCWD, "f", 9), GV_EREFUSED);
	assert_message("larger than 9");
	assert_int_equal(gv_file_read(&b, AT_FDCWD, ".", 9), GV_EREFUSED);
	assert_int_equal(gv_file_read(&b, AT_FDCWD, "p", 9), GV_EREFUSED);
	assert_message("no regular file");
	assert_int_equal(gv_file_read(&b, AT_FDCWD, "f/x", 9), GV_ERROR);
	assert_string_equal(b.p, "kept");
	gv_buf_release(&b);
}

static void
replaces_as_a_whole(void **state)
{
	struct stat st;

	(void)state;
	sh("mkdir d; echo old >d/f; ln -s f d/l");
	assert_int_equal(
	    gv_file_replace(AT_FDCWD, "d/f", "new", 3, 0600, true), 0);
	expect_content("d/f", "new");
	assert_int_equal(stat("d/f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(
	    gv_file_replace(AT_FDCWD, "top", "", 0, 0666, true), 0);
	expect_content("top", "");
	/* a link is replaced, not followed */
	assert_int_equal(
	    gv_file_replace(AT_FDCWD, "d/l", "own", 3, 0666, false), 0);
	expect_content("d/f", "new");
	expect_content("d/l", "own");
	sh("test \"$(ls d)\" = \"$(printf 'f\\nl')\"");
}

static void
a_failed_replacement_leaves_old_file_and_no_rest(void **state)
{
	(void)state;
	sh("mkdir d dir dir/sub; echo old >d/f");
	assert_int_equal(
	    gv_file_replace(AT_FDCWD, "none/f", "new", 3, 0666, false),
	    GV_ENOTFOUND);
	assert_true(gv_file_replace(AT_FDCWD, "dir", "new", 3, 0666, true) < 0);
	assert_message("cannot rename");
	sh("test \"$(ls)\" = \"$(printf 'd\\ndir')\"");
}

static void
makes_directories_and_takes_those_that_are_there(void **state)
{
	(void)state;
	assert_int_equal(gv_file_mkdirs(AT_FDCWD, "a/b/c", 0777), 0);
	assert_int_equal(gv_file_mkdirs(AT_FDCWD, "a/b/c", 0777), 0);
	assert_int_equal(gv_file_mkdirs(AT_FDCWD, "a//b/d/", 0777), 0);
	assert_true(gv_file_is_dir(AT_FDCWD, "a/b/d"));
	sh("ln -s a/b link");
	assert_int_equal(gv_file_mkdirs(AT_FDCWD, "link/e", 0777), 0);
	assert_true(gv_file_is_dir(AT_FDCWD, "a/b/e"));
}

static void
a_file_in_the_way_is_no_directory(void **state)
{
	(void)state;
	sh("echo x >f");
	assert_int_equal(gv_file_mkdirs(AT_FDCWD, "f", 0777), GV_ERROR);
	assert_message("cannot make directory f");
	assert_int_equal(gv_file_mkdirs(AT_FDCWD, "f/x/y", 0777), GV_ERROR);
	assert_false(gv_file_is_dir(AT_FDCWD, "f"));
	assert_false(gv_file_is_dir(AT_FDCWD, "none"));
}

static void
removes_trees_and_never_through_a_link(void **state)
{
	(void)state;
	sh("mkdir -p t/a/b/c t/d outside; echo x >t/a/f; echo x >t/a/b/c/f;"
	   "echo keep >outside/f; ln -s ../outside t/link;"
	   "ln -s ../../outside t/a/link; mkfifo t/d/p;"
	   "ln -s outside toplink");
	assert_int_equal(gv_file_remove_tree(AT_FDCWD, "t"), 0);
	assert_int_equal(access("t", F_OK), -1);
	assert_int_equal(gv_file_remove_tree(AT_FDCWD, "t"), 0);
	assert_int_equal(gv_file_remove_tree(AT_FDCWD, "toplink"), 0);
	expect_content("outside/f", "keep\n");
	assert_int_equal(gv_file_remove_tree(AT_FDCWD, "outside/f"), 0);
	assert_int_equal(gv_file_remove_tree(AT_FDCWD, "outside"), 0);
}

static void
removes_directories_that_forbid_it(void **state)
{
	(void)state;
	sh("mkdir -p t/a/b t/c/d/e; echo x >t/a/b/f; echo x >t/c/d/e/f;"
	   "chmod 0 t/a/b; chmod 555 t/a t/c/d/e; chmod 111 t/c");
	assert_int_equal(gv_file_remove_tree(AT_FDCWD, "t"), 0);
	assert_int_equal(access("t", F_OK), -1);
}

static void
removes_what_is_ten_thousand_deep(void **state)
{
	int i, fd = open(".", O_RDONLY | O_DIRECTORY), next;

	(void)state;
	for (i = 0; i < 10000; i++) {
		assert_int_equal(mkdirat(fd, "d", 0777), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	close(fd);
	assert_int_equal(gv_file_remove_tree(AT_FDCWD, "d"), 0);
	assert_int_equal(access("d", F_OK), -1);
}

static void
removes_wide_and_mixed_trees(void **state)
{
	(void)state;
	sh("for i in 1 2 3 4 5 6 7 8 9; do for j in 1 2 3 4 5 6 7; do "
	   "mkdir -p t/$i/$j/x t/$i/y/$j; echo x >t/$i/$j/f; done; done;"
	   /* names that an interrupted removal may have left */
	   "mkdir -p t/.gv-doomed-$PPID-0/x t/.gv-doomed-$PPID-1/y");
	assert_int_equal(gv_file_remove_tree(AT_FDCWD, "t"), 0);
	assert_int_equal(access("t", F_OK), -1);
}

static void
writes_all_and_reads_full(void **state)
{
	static char out[300000], in[300000];
	int fd = open("f", O_RDWR | O_CREAT, 0666);

	(void)state;
	memset(out, 'x', sizeof(out));
	assert_int_equal(gv_file_write_all(fd, out, sizeof(out)), 0);
	assert_int_equal(gv_file_pwrite_all(fd, "yz", 2, 100000), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(gv_file_read_full(fd, in, sizeof(in)), sizeof(in));
	assert_int_equal(gv_file_read_full(fd, in, 1), 0);
	out[100000] = 'y';
	out[100001] = 'z';
	assert_memory_equal(in, out, sizeof(in));
	close(fd);
	assert_int_equal(gv_file_write_all(-1, "x", 1), GV_ERROR);
	assert_int_equal(gv_file_pwrite_all(-1, "x", 1, 0), GV_ERROR);
	assert_int_equal(gv_file_read_full(-1, in, 1), -1);
}

static void
a_new_name_never_takes_another_s(void **state)
{
	(void)state;
	sh("printf one >a; printf two >b");
	assert_int_equal(gv_file_rename_new(AT_FDCWD, "a", "b"), -1);
	assert_int_equal(errno, EEXIST);
	expect_content("a", "one");
	expect_content("b", "two");
	assert_int_equal(gv_file_rename_new(AT_FDCWD, "a", "c"), 0);
	expect_content("c", "one");
	assert_false(gv_file_exists(AT_FDCWD, "a"));
	assert_int_equal(gv_file_rename_new(AT_FDCWD, "none", "d"), -1);
	assert_int_equal(errno, ENOENT);
}

static void
syncs_files_and_directories(void **state)
{
	(void)state;
	sh("mkdir d; : >d/f; chmod 400 d/f");
	assert_int_equal(gv_file_sync_dir(AT_FDCWD, "."), 0);
	assert_int_equal(gv_file_sync_dir(AT_FDCWD, "none"), GV_ENOTFOUND);
	assert_int_equal(gv_file_sync(AT_FDCWD, "d/f"), 0);
	assert_int_equal(gv_file_sync(AT_FDCWD, "d/none"), GV_ENOTFOUND);
	assert_int_equal(gv_file_sync_parent(AT_FDCWD, "d/none"), 0);
	assert_int_equal(gv_file_sync_parent(AT_FDCWD, "d"), 0);
	assert_int_equal(gv_file_sync_parent(AT_FDCWD, "none/f"), GV_ENOTFOUND);
}

static void
what_is_long_ago_or_far_ahead_is_stale(void **state)
{
	(void)state;
	sh("touch new; touch -d '3 minutes ago' old; touch -d '3 minutes' ahead");
	assert_false(gv_file_is_stale(AT_FDCWD, "new", 60));
	assert_true(gv_file_is_stale(AT_FDCWD, "old", 60));
	assert_true(gv_file_is_stale(AT_FDCWD, "ahead", 60));
	assert_false(gv_file_is_stale(AT_FDCWD, "old", 600));
	assert_false(gv_file_is_stale(AT_FDCWD, "ahead", 600));
	assert_false(gv_file_is_stale(AT_FDCWD, "none", 0));
	assert_true(gv_file_age(AT_FDCWD, "old") >= 179);
	assert_true(gv_file_age(AT_FDCWD, "ahead") < 0);
	assert_int_equal(gv_file_age(AT_FDCWD, "none"), 0);
}

static void
maps_what_reading_would_give(void **state)
{
	struct gv_file_map map = { 0 };

	(void)state;
	sh("printf 'some bytes' >f; : >empty; mkfifo p");
	assert_int_equal(gv_file_map(&map, AT_FDCWD, "f", 10), 0);
	assert_int_equal(map.len, 10);
	assert_memory_equal(map.p, "some bytes", 10);
	sh("rm f");
	assert_memory_equal(map.p, "some bytes", 10);
	gv_file_unmap(&map);
	assert_null(map.p);
	assert_int_equal(gv_file_map(&map, AT_FDCWD, "empty", 0), 0);
	assert_null(map.p);
	assert_int_equal(map.len, 0);
	gv_file_unmap(&map);
	gv_file_unmap(NULL);
	sh("printf 'some bytes' >f");
	assert_int_equal(gv_file_map(&map, AT_FDCWD, "f", 9), GV_EREFUSED);
	assert_int_equal(gv_file_map(&map, AT_FDCWD, ".", 9), GV_EREFUSED);
	assert_int_equal(gv_file_map(&map, AT_FDCWD, "p", 9), GV_EREFUSED);
	assert_int_equal(gv_file_map(&map, AT_FDCWD, "none", 9), GV_ENOTFOUND);
	assert_null(map.p);
}

UNIT(file)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(reads_behind_what_is_there),
		SCRATCH_TEST(reads_to_the_end_where_the_size_says_nothing),
		SCRATCH_TEST(each_refusal_has_its_code_and_leaves_the_buffer),
		SCRATCH_TEST(maps_what_reading_would_give),
		SCRATCH_TEST(replaces_as_a_whole),
		SCRATCH_TEST(a_failed_replacement_leaves_old_file_and_no_rest),
		SCRATCH_TEST(makes_directories_and_takes_those_that_are_there),
		SCRATCH_TEST(a_file_in_the_way_is_no_directory),
		SCRATCH_TEST(removes_trees_and_never_through_a_link),
		SCRATCH_TEST(removes_directories_that_forbid_it),
		SCRATCH_TEST(removes_what_is_ten_thousand_deep),
		SCRATCH_TEST(removes_wide_and_mixed_trees),
		SCRATCH_TEST(writes_all_and_reads_full),
		SCRATCH_TEST(a_new_name_never_takes_another_s),
		SCRATCH_TEST(syncs_files_and_directories),
		SCRATCH_TEST(what_is_long_ago_or_far_ahead_is_stale),
	};

	return UNIT_RUN(tests);
}
