#include "sys/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef GV_LINUX
#include <sys/syscall.h>
#endif

#include "base/err.h"

extern char **environ;

/* A system with pipe2() hides sockets in one call, too. */
#ifdef HAVE_PIPE2
#define IS_HELD false
#else
#define IS_HELD true
#endif

static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

#define LOG_MAX (256 << 10)
#define NICEST  "19"

/* ioprio_set(2), which has no wrapper: this process, the idle class. */
#define IOPRIO_PROCESS 1
#define IOPRIO_IDLE    (3 << 13)

int
gv_exec_spawn(pid_t *pid, const char *const *argv,
    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
    char *const *env)
{
	int e;

	if (IS_HELD)
		gv_exec_hold();
	e = posix_spawnp(pid, argv[0], actions, attr, (char *const *)argv,
	    env ? env : environ);
	if (IS_HELD)
		gv_exec_go();
	return e;
}

void
gv_exec_hold(void)
{
	const int saved = errno;

	pthread_mutex_lock(&starting);
	errno = saved;
}

void
gv_exec_go(void)
{
	const int saved = errno;

	pthread_mutex_unlock(&starting);
	errno = saved;
}

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

	e = gv_exec_spawn(&pid, argv, NULL, NULL, NULL);
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

static int
open_log(const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
	struct stat st;

	if (stat(path, &st) == 0 && st.st_size > LOG_MAX)
		flags |= O_TRUNC;
	return open(path, flags, 0666);
}

int
gv_exec_detach(const char *const *argv, const char *log, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int fd = open_log(log), e;
	sigset_t set;
	pid_t child = 0;

	if (pid)
		*pid = 0;
	if (fd < 0)
		return gv_err_sys("cannot open %s", log);
	posix_spawnattr_init(&attr);
	/* no signal is blocked or ignored there */
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
		POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, fd, 1);
	posix_spawn_file_actions_adddup2(&fa, fd, 2);
	e = gv_exec_spawn(&child, argv, &fa, &attr, NULL);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	close(fd);
	if (e) {
		errno = e;
		return gv_err_sys("cannot run %s", argv[0]);
	}
	if (pid)
		*pid = child;
	return 0;
}

/* Also where nobody can tell: it was not ours to wait for. */
bool
gv_exec_is_over(pid_t pid)
{
	pid_t r = waitpid(pid, NULL, WNOHANG);

	return r == pid || (r < 0 && errno == ECHILD);
}

void
gv_exec_end(pid_t pid)
{
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Where the kernel shares by sessions (sched(7), the autogroup), a nice value
 * counts within its own alone. That of a process which was detached is all its
 * own; of any other it is the user's, whose shell it would slow down. */
static void
yield_session(void)
{
#ifdef GV_LINUX
	int fd = getsid(0) == getpid()
	    ? open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC)
	    : -1;

	if (fd < 0)
		return;
	if (write(fd, NICEST, strlen(NICEST)) < 0)
		errno = 0;
	close(fd);
#endif
}

void
gv_exec_yield(void)
{
	/* where either is refused, the work is done all the same */
	(void)setpriority(PRIO_PROCESS, 0, 19);
	yield_session();
#if defined(GV_LINUX) && defined(SYS_ioprio_set)
	(void)syscall(SYS_ioprio_set, IOPRIO_PROCESS, 0, IOPRIO_IDLE);
#endif
}

int
gv_exec_chdir(const char *dir)
{
	if (chdir(dir) < 0)
		return gv_err_sys("cannot change to '%s'", dir);
	return 0;
}
