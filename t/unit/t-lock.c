#include "unit.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/err.h"
#include "scratch.h"
#include "sys/clock.h"
#include "sys/lock.h"

static void
a_second_holder_is_refused_until_the_first_lets_go(void **state)
{
	int one = -1, two = -1;

	(void)state;
	assert_int_equal(gv_lock_open(&one, "lock", 0), 0);
	assert_int_equal(gv_lock_open(&two, "lock", 0), GV_ELOCKED);
	assert_int_equal(two, -1);
	assert_message("another git vault");
	gv_lock_close(one);
	assert_int_equal(gv_lock_open(&two, "lock", 0), 0);
	gv_lock_close(two);
	gv_lock_close(-1);
}

static void
waits_as_long_as_it_is_told(void **state)
{
	long long began = gv_clock_tick(), took;
	int one = -1, two = -1;

	(void)state;
	assert_int_equal(gv_lock_open(&one, "lock", 0), 0);
	assert_int_equal(gv_lock_open(&two, "lock", 60), GV_ELOCKED);
	took = gv_clock_tick() - began;
	assert_true(took >= 60 * 1000000LL);
	gv_lock_close(one);
}

static void
a_dead_holder_leaves_no_lock(void **state)
{
	int ready[2], fd = -1;
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (gv_lock_open(&fd, "lock", 0) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(gv_lock_open(&fd, "lock", 0), GV_ELOCKED);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(gv_lock_open(&fd, "lock", 0), 0);
	gv_lock_close(fd);
	close(ready[0]);
	close(ready[1]);
}

static void
a_place_that_is_not_there_is_an_error(void **state)
{
	int fd = -1;

	(void)state;
	assert_true(gv_lock_open(&fd, "none/lock", 0) < 0);
	assert_message("cannot open the lock file none/lock");
}

static unsigned
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void
only_writers_of_its_folder_can_open_it(void **state)
{
	static const struct {
		mode_t folder;
		unsigned lock;
	} all[] = { { 0755, 0600 }, { 0775, 0660 }, { 0700, 0600 },
		{ 0777, 0666 } };
	size_t i;
	int fd = -1;

	(void)state;
	assert_int_equal(mkdir("folder", 0700), 0);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(chmod("folder", all[i].folder), 0);
		assert_int_equal(gv_lock_open(&fd, "folder/lock", 0), 0);
		gv_lock_close(fd);
		assert_int_equal(mode_of("folder/lock"), all[i].lock);
	}
	assert_int_equal(chmod("folder/lock", 0644), 0);
	assert_int_equal(gv_lock_open_shown(&fd, "folder/lock", 0), 0);
	gv_lock_close(fd);
	assert_int_equal(mode_of("folder/lock"), 0644);
}

UNIT(lock)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(
		    a_second_holder_is_refused_until_the_first_lets_go),
		SCRATCH_TEST(waits_as_long_as_it_is_told),
		SCRATCH_TEST(a_dead_holder_leaves_no_lock),
		SCRATCH_TEST(a_place_that_is_not_there_is_an_error),
		SCRATCH_TEST(only_writers_of_its_folder_can_open_it),
	};

	return UNIT_RUN(tests);
}
