#include "sys/dialog.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/exec.h"
#include "sys/local.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* by the socket itself (sys/local.c) */
#endif

#define PATIENCE 200 /* tries of 10 ms until it is ended */

/* A pair of sockets: writing to one whose other end is gone needs no signal. */
int
gv_dialog_open(struct gv_dialog *d, const char *const *argv)
{
	posix_spawn_file_actions_t fa;
	int ends[2], e;

	if (gv_local_pair(ends) < 0)
		return gv_err_sys("cannot make a way to %s", argv[0]);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, ends[1], 0);
	posix_spawn_file_actions_adddup2(&fa, ends[1], 1);
	e = gv_exec_spawn(&d->pid, argv, &fa, NULL, NULL);
	posix_spawn_file_actions_destroy(&fa);
	close(ends[1]);
	d->fd = ends[0];
	if (e == 0)
		return 0;
	close(ends[0]);
	d->fd = -1;
	d->pid = 0;
	errno = e;
	return gv_err_sys("cannot run %s", argv[0]);
}

ssize_t
gv_dialog_write(struct gv_dialog *d, const void *data, size_t len)
{
	ssize_t n;

	do
		n = send(d->fd, data, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n;
}

ssize_t
gv_dialog_read(struct gv_dialog *d, void *out, size_t size)
{
	struct pollfd p = { d->fd, POLLIN, 0 };

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR || gv_cancel_requested())
			return -1;
	return recv(d->fd, out, size, 0);
}

void
gv_dialog_close(struct gv_dialog *d)
{
	int i;

	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	for (i = 0; d->pid > 0 && waitpid(d->pid, NULL, WNOHANG) == 0; i++) {
		if (i == PATIENCE)
			kill(d->pid, SIGKILL);
		gv_clock_sleep(i < 10 ? 1 : 10);
	}
	d->pid = 0;
}
