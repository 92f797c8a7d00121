#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/cancel.h"

#define SOON   10000 /* ms; what lasts longer is not worth asking for often */
#define PAUSE  5
#define REPOSE 200

int
gv_lock_open(int *out, const char *path, int wait_ms)
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
