#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scratch.h"
#include "sys/dir.h"
#include "sys/file.h"

/* A chain of directories deeper than any path may be long; `path` is the whole
 * of it, to be freed. */
static char *
make_deep(int root, unsigned depth)
{
	static const char name[] = "0123456789";
	char *path = malloc(depth * sizeof(name)), *at = path;
	int fd = dup(root), next;
	unsigned i;

	assert_non_null(path);
	for (i = 0; i < depth; i++) {
		assert_int_equal(mkdirat(fd, name, 0755), 0);
		next = openat(fd, name, O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(fd);
		fd = next;
		memcpy(at, name, sizeof(name) - 1);
		at += sizeof(name) - 1;
		*at++ = i + 1 < depth ? '/' : '\0';
	}
	next = openat(fd, "file", O_WRONLY | O_CREAT, 0644);
	assert_int_equal(write(next, "deep", 4), 4);
	assert_int_equal(symlinkat("target", fd, "link"), 0);
	close(next);
	close(fd);
	return path;
}

static void
paths_of_any_length_are_reached(void **state)
{
	int root = gv_dir_open_root("."), fd;
	char *deep = make_deep(root, 1500), text[16];
	size_t len = strlen(deep);
	struct stat st;
	const char *name;

	(void)state;
	assert_int_equal(gv_dir_stat(root, deep, len, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	fd = gv_dir_open(root, deep, len);
	assert_true(fd >= 0);
	assert_int_equal(gv_dir_stat_fd(fd, &st), 0);
	gv_file_close(fd);
	deep = realloc(deep, len + 6);
	memcpy(deep + len, "/file", 6);
	fd = gv_dir_open_file(root, deep, len + 5);
	assert_true(fd >= 0);
	assert_int_equal(gv_file_read_full(fd, text, sizeof(text)), 4);
	gv_file_close(fd);
	fd = gv_dir_open_parent(root, deep, len + 5, &name);
	assert_true(fd >= 0);
	assert_string_equal(name, "file");
	gv_file_close(fd);
	memcpy(deep + len, "/link", 6);
	assert_int_equal(
	    gv_dir_read_link(root, deep, len + 5, text, sizeof(text)), 6);
	assert_memory_equal(text, "target", 6);
	assert_int_equal(gv_dir_open(root, deep, len + 5), -1);
	memcpy(deep + len, "/none", 6);
	assert_int_equal(gv_dir_stat(root, deep, len + 5, &st), -1);
	assert_int_equal(errno, ENOENT);
	free(deep);
	gv_file_close(root);
	sh("rm -rf 0123456789");
}

static void
a_component_too_long_for_any_system_is_said_so(void **state)
{
	int root = gv_dir_open_root(".");
	char *path = malloc(9000);
	struct stat st;

	(void)state;
	memset(path, 'x', 9000);
	assert_int_equal(gv_dir_stat(root, path, 9000, &st), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(gv_dir_open(root, path, 9000), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	free(path);
	gv_file_close(root);
}

static void
the_root_is_its_own_empty_path(void **state)
{
	int root = gv_dir_open_root("."), fd;
	struct stat one, two;
	const char *name;

	(void)state;
	assert_int_equal(gv_dir_stat(root, "", 0, &one), 0);
	fd = gv_dir_open(root, "", 0);
	assert_int_equal(gv_dir_stat_fd(fd, &two), 0);
	assert_true(one.st_ino == two.st_ino);
	gv_file_close(fd);
	fd = gv_dir_open_parent(root, "name", 4, &name);
	assert_string_equal(name, "name");
	assert_int_equal(gv_dir_stat_fd(fd, &two), 0);
	assert_true(one.st_ino == two.st_ino);
	gv_file_close(fd);
	gv_file_close(root);
	assert_int_equal(gv_dir_open_root("nowhere"), -1);
}

static void
nothing_is_opened_through_a_link(void **state)
{
	int root = gv_dir_open_root(".");
	struct stat st;

	(void)state;
	sh("mkdir d && echo x >d/f && ln -s d l && ln -s d/f lf && mkfifo p");
	assert_int_equal(gv_dir_open(root, "l", 1), -1);
	assert_int_equal(gv_dir_open_file(root, "lf", 2), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(gv_dir_stat(root, "l", 1, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(gv_dir_open(root, "d/f", 3), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(gv_dir_open_file(root, "l/f", 3), -1);
	assert_int_equal(errno, ELOOP);
	gv_file_close(root);
}

static void
a_fifo_holds_nobody_up(void **state)
{
	int root = gv_dir_open_root("."), fd;
	char c;

	(void)state;
	sh("mkfifo p");
	fd = gv_dir_open_file(root, "p", 1);
	assert_true(fd >= 0);
	assert_int_equal(gv_file_read_full(fd, &c, 1), 0);
	gv_file_close(fd);
	gv_file_close(root);
}

static void
read_old(int root)
{
	int fd = gv_dir_open_file(root, "old", 3);
	char c;

	assert_true(fd >= 0);
	assert_int_equal(gv_file_read_full(fd, &c, 1), 1);
	gv_file_close(fd);
}

static void
reading_leaves_the_access_time_and_needs_not_to_be_the_owner(void **state)
{
	int root = gv_dir_open_root(".");
	struct stat before, after;

	(void)state;
	sh("echo x >old && chmod 755 . && touch -a -d 2001-01-01 old");
	assert_int_equal(stat("old", &before), 0);
	read_old(root);
	assert_int_equal(stat("old", &after), 0);
	assert_int_equal(after.st_atim.tv_sec, before.st_atim.tv_sec);
	if (geteuid() == 0) {
		assert_int_equal(seteuid(65534), 0);
		read_old(root);
		assert_int_equal(seteuid(0), 0);
	}
	gv_file_close(root);
}

static bool
lists(const struct gv_dir_names *names, const char *name, unsigned char type)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (strcmp(names->names[i].name, name) == 0)
			return names->names[i].len == strlen(name) &&
			    (names->names[i].type == type ||
				names->names[i].type == DT_UNKNOWN);
	return false;
}

static void
lists_all_names_again_and_again(void **state)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	int root = gv_dir_open_root("."), fd, i;

	(void)state;
	sh("mkdir -p d/sub && touch d/f d/.hidden d/..two && ln -s x d/l && "
	   "mkfifo d/p && mkdir e");
	fd = gv_dir_open(root, "d", 1);
	for (i = 0; i < 2; i++) {
		assert_int_equal(gv_dir_list(&names, fd), 0);
		assert_int_equal(names.n, 6);
		assert_true(lists(&names, "sub", DT_DIR));
		assert_true(lists(&names, "f", DT_REG));
		assert_true(lists(&names, ".hidden", DT_REG));
		assert_true(lists(&names, "..two", DT_REG));
		assert_true(lists(&names, "l", DT_LNK));
		assert_true(lists(&names, "p", DT_FIFO));
	}
	assert_true(gv_dir_names_have(&names, names.n, ".hidden", 7));
	assert_false(gv_dir_names_have(&names, names.n, ".hidden", 3));
	assert_false(gv_dir_names_have(&names, 0, ".hidden", 7));
	gv_file_close(fd);
	fd = gv_dir_open(root, "e", 1);
	assert_int_equal(gv_dir_list(&names, fd), 0);
	assert_int_equal(names.n, 0);
	gv_file_close(fd);
	assert_int_equal(gv_dir_list(&names, -1), -1);
	gv_dir_names_release(&names);
	gv_dir_names_release(NULL);
	gv_file_close(root);
}

static void
lists_more_names_than_one_call_brings(void **state)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	int root = gv_dir_open_root(".");

	(void)state;
	sh("seq -f %0200g 3000 | xargs touch");
	assert_int_equal(gv_dir_list(&names, root), 0);
	/* and the configuration that scratch.h makes */
	assert_int_equal(names.n, 3001);
	gv_dir_names_release(&names);
	gv_file_close(root);
}

static void
a_directory_that_went_has_no_names(void **state)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	int fd;

	(void)state;
	sh("mkdir -p d/e; touch f");
	fd = open("d", O_RDONLY | O_DIRECTORY);
	assert_int_equal(gv_dir_list(&names, fd), 0);
	assert_int_equal(names.n, 1);
	sh("rm -r d");
	assert_int_equal(gv_dir_list(&names, fd), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(names.n, 0);
	gv_dir_names_release(&names);
	gv_file_close(fd);
}

UNIT(dir)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(paths_of_any_length_are_reached),
		SCRATCH_TEST(a_component_too_long_for_any_system_is_said_so),
		SCRATCH_TEST(the_root_is_its_own_empty_path),
		SCRATCH_TEST(nothing_is_opened_through_a_link),
		SCRATCH_TEST(a_fifo_holds_nobody_up),
		SCRATCH_TEST(
		    reading_leaves_the_access_time_and_needs_not_to_be_the_owner),
		SCRATCH_TEST(lists_all_names_again_and_again),
		SCRATCH_TEST(lists_more_names_than_one_call_brings),
		SCRATCH_TEST(a_directory_that_went_has_no_names),
	};

	return UNIT_RUN(tests);
}
