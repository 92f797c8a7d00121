#include "sys/tty.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void
gv_tty_fill(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd < 2);
	if (fd > 2)
		close(fd);
}

bool
gv_tty_is(int fd)
{
	return isatty(fd) == 1;
}

bool
gv_tty_is_ours(int fd)
{
	return gv_tty_is(fd) && tcgetpgrp(fd) == getpgrp();
}

bool
gv_tty_is_dumb(void)
{
	const char *term = getenv("TERM");

	return term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;
}

bool
gv_tty_refuses_color(void)
{
	const char *no = getenv("NO_COLOR");

	return no && *no;
}

bool
gv_tty_is_paged(void)
{
	const char *in_use = getenv("GIT_PAGER_IN_USE");

	return in_use && *in_use && strcmp(in_use, "0") != 0 &&
	    strcmp(in_use, "false") != 0;
}

int
gv_tty_columns(int fd)
{
	const char *set = getenv("COLUMNS");
	struct winsize size;
	long n = set ? strtol(set, NULL, 10) : 0;

	if (n > 0 && n < 10000)
		return (int)n;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

int
gv_tty_progress_delay(void)
{
	const char *set = getenv("GIT_PROGRESS_DELAY");
	char *end;
	long n = set ? strtol(set, &end, 10) : 1;

	return set && (end == set || *end || n < 0 || n > 3600) ? 1 : (int)n;
}
