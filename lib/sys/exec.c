#include "sys/exec.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

extern char **environ;

int
gv_exec_replace(const char *const *argv)
{
	execvp(argv[0], (char *const *)argv);
	return gv_err_sys("cannot run %s", argv[0]);
}

int
gv_exec_wait(int *status, const char *const *argv)
{
	pid_t pid;
	int e, how;

	e = posix_spawnp(
	    &pid, argv[0], NULL, NULL, (char *const *)argv, environ);
	if (e) {
		errno = e;
		return gv_err_sys("cannot run %s", argv[0]);
	}
	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return gv_err_sys("cannot wait for %s", argv[0]);
	*status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
	return 0;
}

int
gv_exec_chdir(const char *dir)
{
	if (chdir(dir) < 0)
		return gv_err_sys("cannot change to '%s'", dir);
	return 0;
}
