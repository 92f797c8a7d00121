#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/exec.h"

/* What /proc says of our session: its nice value, or -100 where the system
 * knows no such thing. */
static int
session_nice(void)
{
	FILE *f = fopen("/proc/self/autogroup", "r");
	char line[64] = "";
	const char *at;
	int nice = -100;

	if (f == NULL)
		return nice;
	if (fgets(line, sizeof(line), f) && (at = strstr(line, " nice ")) &&
	    sscanf(at, " nice %d", &nice) != 1)
		nice = -100;
	fclose(f);
	return nice;
}

/* Of a process that yields, a session's first or not: what its nice value and
 * that of its session are then. */
static void
yield_in_child(int out[2], int is_first)
{
	int fds[2], how;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (is_first && setsid() < 0)
			_exit(1);
		gv_exec_yield();
		out[0] = getpriority(PRIO_PROCESS, 0);
		out[1] = session_nice();
		_exit(write(fds[1], out, 2 * sizeof(int)) !=
		    2 * (int)sizeof(int));
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_int_equal(how, 0);
	assert_int_equal(read(fds[0], out, 2 * sizeof(int)), 2 * sizeof(int));
	close(fds[0]);
	close(fds[1]);
}

static void
who_yields_does_so_with_his_own_session(void **state)
{
	int got[2];

	(void)state;
	yield_in_child(got, 1);
	assert_int_equal(got[0], 19);
#ifdef GV_LINUX
	if (got[1] != -100)
		assert_int_equal(got[1], 19);
#endif
}

static void
but_never_with_that_of_the_user(void **state)
{
	int got[2], before = session_nice();

	(void)state;
	yield_in_child(got, 0);
	assert_int_equal(got[0], 19);
	assert_int_equal(got[1], before);
}

UNIT(exec)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_yields_does_so_with_his_own_session),
		cmocka_unit_test(but_never_with_that_of_the_user),
	};

	return UNIT_RUN(tests);
}
