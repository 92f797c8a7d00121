#include "sys/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/file.h"

#define BACKLOG 16

/* The address of a path; a longer one goes by way of its folder, which is open
 * as *dir until it was used. */
static int
fill(struct sockaddr_un *out, int *dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];
	int n;

	*dir = -1;
	memset(out, 0, sizeof(*out));
	out->sun_family = AF_UNIX;
	if (strlen(path) < sizeof(out->sun_path)) {
		memcpy(out->sun_path, path, strlen(path));
		return 0;
	}
	if (slash == NULL || (size_t)(slash - path) >= sizeof(folder))
		return gv_err(GV_ERROR, "the path %s is too long", path);
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	*dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		return gv_err_sys("cannot open %s", folder);
	n = snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d%s",
	    *dir, slash);
	return n > 0 && (size_t)n < sizeof(out->sun_path)
	    ? 0
	    : gv_err(GV_ERROR, "the path %s is too long", path);
}

/* Whether the other end is a process of this user. */
static bool
is_own(int fd)
{
#ifdef SO_PEERCRED
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	    who.uid == geteuid();
#else
	(void)fd;
	return false;
#endif
}

static void
limit(int fd, int wait_ms)
{
	const struct timeval t = { .tv_sec = wait_ms / 1000,
		.tv_usec = (suseconds_t)(wait_ms % 1000) * 1000 };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

/* Only a socket is removed, and only one of this user. */
static int
make_room(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return gv_err(GV_EREFUSED,
		    "%s is not a socket of yours; remove it", path);
	return unlink(path) < 0 ? gv_err_sys("cannot remove %s", path) : 0;
}

int
gv_local_listen(int *fd, const char *path)
{
	struct sockaddr_un name;
	int dir, r = fill(&name, &dir, path);

	*fd = -1;
	if (r == 0)
		r = make_room(path);
	if (r == 0 &&
	    (*fd = socket(
		 AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		r = gv_err_sys("cannot make a socket");
	/* before it is bound: the file never has other rights */
	if (r == 0 &&
	    (fchmod(*fd, 0600) < 0 ||
		bind(*fd, (const struct sockaddr *)&name, sizeof(name)) < 0 ||
		chmod(path, 0600) < 0 || listen(*fd, BACKLOG) < 0))
		r = gv_err_sys("cannot listen at %s", path);
	gv_file_close(dir);
	if (r < 0) {
		gv_file_close(*fd);
		*fd = -1;
	}
	return r;
}

int
gv_local_accept(int *fd, int listening, int wait_ms)
{
	/* cppcheck-suppress nullPointer ; no address is asked for */
	*fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (*fd < 0)
		return GV_ENOTFOUND;
	if (!is_own(*fd)) {
		gv_file_close(*fd);
		*fd = -1;
		return GV_ENOTFOUND;
	}
	limit(*fd, wait_ms);
	return 0;
}

int
gv_local_join(int *fd, const char *path, int wait_ms)
{
	char *before = gv_err_save();
	struct sockaddr_un name;
	int dir, r = fill(&name, &dir, path);

	*fd = r < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd >= 0) {
		limit(*fd, wait_ms);
		r = connect(*fd, (const struct sockaddr *)&name, sizeof(name));
	}
	if (*fd < 0 || r < 0 || !is_own(*fd)) {
		gv_file_close(*fd);
		*fd = -1;
		r = GV_ENOTFOUND;
	}
	gv_file_close(dir);
	gv_err_restore(before);
	return r;
}

int
gv_local_send(int fd, const void *p, size_t len)
{
	const char *at = p;
	ssize_t n;

	while (len > 0) {
		n = send(fd, at, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return GV_ENOTFOUND;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}
