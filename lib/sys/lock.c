#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/cancel.h"

#define SOON   10000 /* ms; what lasts longer is not worth asking for often */
#define PAUSE  5
#define REPOSE 200

/* Who may write to the folder could remove the file anyhow. Another owner's
 * file stays as it is, and so does what a link there leads to. */
static void
make_private(int fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";
	struct stat st, at, folder;
	mode_t mode;

	if (slash)
		snprintf(dir, sizeof(dir), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
	    lstat(path, &at) < 0 || at.st_dev != st.st_dev ||
	    at.st_ino != st.st_ino || stat(dir, &folder) < 0)
		return;
	mode = 0600 | (folder.st_mode & 022) | (folder.st_mode & 022) << 1;
	if ((st.st_mode & 0777) != mode)
		(void)fchmod(fd, mode);
}

int
gv_lock_open(int *out, const char *path, int wait_ms)
{
	int r = gv_lock_open_shown(out, path, wait_ms);

	if (r == 0)
		make_private(*out, path);
	return r;
}

int
gv_lock_open_shown(int *out, const char *path, int wait_ms)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666), waited = 0,
	    pause;

	if (fd < 0)
		return gv_err_sys("cannot open the lock file %s", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			int r = gv_err_sys("cannot lock %s", path);

			close(fd);
			return r;
		}
		if (waited >= wait_ms) {
			close(fd);
			return gv_err(GV_ELOCKED,
			    "another git vault is running in this repository "
			    "(it holds %s); try again when it is done",
			    path);
		}
		if (waited >= SOON && gv_cancel_requested()) {
			close(fd);
			return gv_cancel_error();
		}
		pause = waited < SOON ? PAUSE : REPOSE;
		nanosleep(&(struct timespec){ 0, pause * 1000000L }, NULL);
		waited += pause;
	}
	*out = fd;
	return 0;
}

void
gv_lock_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
