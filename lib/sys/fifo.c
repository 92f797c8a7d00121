#include "sys/fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/file.h"

/* Whoever could write into it could at most name a path, whoever could read it
 * would learn names of files. */
static int
check(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return 0;
	return gv_err(GV_EREFUSED,
	    "%s is not a pipe that only you can use; remove it", path);
}

int
gv_fifo_open(int *fd, const char *path)
{
	int r;

	*fd = -1;
	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		return gv_err_sys("cannot make the pipe %s", path);
	/* open to be written as well: it never ends while no other writes */
	*fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0)
		return gv_err_sys("cannot open the pipe %s", path);
	if ((r = check(*fd, path)) < 0) {
		gv_file_close(*fd);
		*fd = -1;
	}
	return r;
}

int
gv_fifo_join(int *fd, const char *path)
{
	int r;

	*fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0 && (errno == ENXIO || errno == ENOENT))
		return GV_ENOTFOUND;
	if (*fd < 0)
		return gv_err_sys("cannot open the pipe %s", path);
	if ((r = check(*fd, path)) < 0) {
		gv_file_close(*fd);
		*fd = -1;
	}
	return r;
}
