#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/cancel.h"
#include "sys/tty.h"

bool
gv_tty_can_ask(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int
write_text(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	for (; len > 0; text += n, len -= (size_t)n) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return gv_err_sys("cannot write to the terminal");
	}
	return 0;
}

int
gv_tty_tell(const char *text)
{
	int r, fd = open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return gv_err(GV_ENOTFOUND, "there is no terminal");
	r = write_text(fd, text);
	close(fd);
	return r;
}

/* One byte, or 0 at the end; poll() comes back at each signal, whatever the
 * handlers say of calls that go on. */
static int
read_byte(char *c, int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n;

	for (;;) {
		if (gv_cancel_requested())
			return gv_cancel_error();
		if (poll(&p, 1, -1) < 0 && errno == EINTR)
			continue;
		n = read(fd, c, 1);
		if (n >= 0)
			return (int)n;
		if (errno != EINTR && errno != EAGAIN)
			return gv_err_sys("cannot read from the terminal");
	}
}

static int
read_line(char *out, size_t size, size_t *len, int fd)
{
	char c = '\0';
	size_t n = 0;
	int r;

	while ((r = read_byte(&c, fd)) > 0 && c != '\n' && c != '\r')
		if (n < size)
			out[n++] = c;
	c = '\0';
	if (r < 0)
		return r;
	if (r == 0 && n == 0)
		return gv_err(GV_ENOTFOUND, "no answer from the terminal");
	if (n == size)
		return gv_err(GV_EREFUSED,
		    "the answer is longer than %zu bytes", size - 1);
	*len = n;
	return 0;
}

/* The user's wish to stop this process for a while waits until the terminal
 * shows again what is typed. */
int
gv_tty_ask(char *out, size_t size, size_t *len, const char *text, bool echo)
{
	struct termios was, quiet;
	sigset_t stop, old;
	int r, fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return gv_err(
		    GV_ENOTFOUND, "there is no terminal to ask for: %s", text);
	if (tcgetattr(fd, &was) < 0) {
		close(fd);
		return gv_err_sys("cannot ask at the terminal");
	}
	quiet = was;
	if (!echo) {
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
		quiet.c_lflag |= ECHONL;
	}
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, &old);
	/* what was typed before the question is no answer to it */
	r = tcsetattr(fd, TCSAFLUSH, &quiet) < 0
	    ? gv_err_sys("cannot ask at the terminal")
	    : write_text(fd, text);
	if (r == 0)
		r = read_line(out, size, len, fd);
	(void)tcsetattr(fd, TCSAFLUSH, &was);
	if (r < 0 && !echo)
		(void)write_text(fd, "\n");
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(fd);
	return r;
}
