#include "git-vault/hook/ward.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/proc.h"

#define SECOND INT64_C(1000000000)

/* Each compiler tells of a sanitizer in its own way. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED
#endif

/* A build with a sanitizer takes terabytes that it never uses. */
static void
bound_memory(uint64_t max)
{
#ifndef IS_SANITIZED
	const struct rlimit limit = { (rlim_t)max, (rlim_t)max };

	if (max)
		(void)setrlimit(RLIMIT_DATA, &limit);
#else
	(void)max;
#endif
}

/* Until its end of the pipe is closed: 1 where it is, 0 where the time is over.
 */
static int
wait_for(int fd, int64_t max_time)
{
	const int64_t until = gv_clock_tick() + max_time * SECOND;
	struct pollfd end = { fd, POLLIN, 0 };
	int64_t left = -1;
	int n;

	for (;;) {
		if (gv_cancel_requested())
			return gv_cancel_error();
		if (max_time)
			left = (until - gv_clock_tick()) / (SECOND / 1000);
		if (max_time && left <= 0)
			return 0;
		n = poll(&end, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n > 0)
			return 1;
		if (n < 0 && errno != EINTR)
			return gv_err_sys("cannot wait for a process");
	}
}

static int
read_status(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 100)
		return WEXITSTATUS(status);
	if (WIFEXITED(status))
		return gv_err(GV_ERROR, "it ended with the status %d",
		    WEXITSTATUS(status));
	return gv_err(GV_ERROR,
	    "it was ended by signal %d, as a program is that has a fault, or "
	    "more memory than it may have",
	    WTERMSIG(status));
}

static int
watch(const struct gv_ward *ward, pid_t pid, int fd)
{
	int r = wait_for(fd, ward->max_time), status;

	/* with all that it has started */
	if (r <= 0)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return gv_err_sys("cannot wait for a process");
	if (r == 0)
		return gv_err(GV_EREFUSED, "it took more than %" PRId64 " s",
		    ward->max_time);
	return r < 0 ? r : read_status(status);
}

int
gv_ward_run(const struct gv_ward *ward)
{
	int fds[2], r;
	pid_t pid;

	if (gv_proc_pipe(fds) < 0)
		return gv_err_sys("cannot make a pipe");
	pid = fork();
	if (pid == 0) {
		(void)setpgid(0, 0);
		close(fds[0]);
		bound_memory(ward->max_memory);
		_exit(ward->work(ward->ctx));
	}
	/* from both sides, as nobody knows who is first */
	if (pid > 0)
		(void)setpgid(pid, pid);
	close(fds[1]);
	r = pid < 0 ? gv_err_sys("cannot start a process")
		    : watch(ward, pid, fds[0]);
	close(fds[0]);
	return r;
}
