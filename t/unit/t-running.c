#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "scratch.h"
#include "sys/running.h"

struct sleeper {
	pid_t pid;
	int told[2], held[2];
};

/* A process named "a sleeper" in d/e that lives until it is stopped. */
static void
start(struct sleeper *s)
{
	char c = 'x';

	sh("mkdir -p d/e d/ef");
	assert_int_equal(pipe(s->told), 0);
	assert_int_equal(pipe(s->held), 0);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0) {
		close(s->held[1]);
		if (chdir("d/e") < 0 || prctl(PR_SET_NAME, "a sleeper") < 0 ||
		    write(s->told[1], &c, 1) != 1)
			_exit(1);
		_exit(read(s->held[0], &c, 1) != 0);
	}
	assert_int_equal(read(s->told[0], &c, 1), 1);
}

static void
stop(struct sleeper *s)
{
	int status;

	close(s->held[0]);
	close(s->held[1]);
	close(s->told[0]);
	close(s->told[1]);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_int_equal(status, 0);
}

/* Of what is below the current directory. */
static long
find(const char *name, const char *below)
{
	struct gv_buf dir = GV_BUF_INIT;
	char cwd[4096];
	long pid;

	assert_non_null(getcwd(cwd, sizeof(cwd)));
	gv_buf_addf(&dir, "%s%s", cwd, below);
	pid =
	    gv_running_find(name, (const char *[]){ "/nowhere", dir.p, NULL });
	gv_buf_release(&dir);
	return pid;
}

static void
finds_by_name_and_place(void **state)
{
	struct sleeper s;

	(void)state;
#ifndef GV_LINUX
	assert_false(gv_running_is_known());
#endif
	NEEDS_LINUX();
	assert_true(gv_running_is_known());
	start(&s);
	assert_int_equal(find("a sleeper", "/d/e"), s.pid);
	assert_int_equal(find("a sleeper", "/d"), s.pid);
	assert_int_equal(find("a sleeper", ""), s.pid);
	assert_int_equal(find("a sleeper", "/d/ef"), 0);
	assert_int_equal(find("a sleeper", "/d/e/f"), 0);
	assert_int_equal(find("a sleep", "/d"), 0);
	assert_int_equal(find("a sleepers", "/d"), 0);
	stop(&s);
	assert_int_equal(find("a sleeper", "/d"), 0);
}

static void
neither_itself_nor_nothing_is_found(void **state)
{
	(void)state;
	assert_int_equal(find("t-running", ""), 0);
	assert_int_equal(
	    gv_running_find("t-running", (const char *[]){ NULL }), 0);
}

UNIT(running)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(finds_by_name_and_place),
		SCRATCH_TEST(neither_itself_nor_nothing_is_found),
	};

	return UNIT_RUN(tests);
}
