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
#include "sys/exec.h"
#include "sys/file.h"

#define BACKLOG 16

/* What some systems give a socket when it is made is set later elsewhere. */
#if defined(SOCK_CLOEXEC) && !defined(GV_PORTABLE)
#define HIDDEN SOCK_CLOEXEC
#else
#define HIDDEN 0
#endif

/* A write to an end that is gone brings no signal: by a flag of each call, or
 * on macOS by one of the socket. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

static int
hide(int fd)
{
	if (fd >= 0 && HIDDEN == 0)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
	if (fd >= 0)
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){ 1 }, sizeof(int));
#endif
	return fd;
}

int
gv_local_socket(int family)
{
	int fd;

	gv_exec_hold();
	fd = hide(socket(family, SOCK_STREAM | HIDDEN, 0));
	gv_exec_go();
	return fd;
}

int
gv_local_pair(int fds[2])
{
	int r;

	gv_exec_hold();
	if ((r = socketpair(AF_UNIX, SOCK_STREAM | HIDDEN, 0, fds)) == 0) {
		hide(fds[0]);
		hide(fds[1]);
	}
	gv_exec_go();
	return r;
}

/* A longer path goes by way of its folder, where the system can. */
static int
fill_long(struct sockaddr_un *out, int *dir, const char *path)
{
#ifdef GV_LINUX
	const char *slash = strrchr(path, '/');
	char folder[4096];
	int n;

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
#else
	(void)out, (void)dir;
	return gv_err(GV_ERROR, "the path %s is too long", path);
#endif
}

/* The address of a path; *dir is open until it was used. */
static int
fill(struct sockaddr_un *out, int *dir, const char *path)
{
	*dir = -1;
	memset(out, 0, sizeof(*out));
	out->sun_family = AF_UNIX;
	if (strlen(path) < sizeof(out->sun_path)) {
		memcpy(out->sun_path, path, strlen(path));
		return 0;
	}
	return fill_long(out, dir, path);
}

/* Whether the other end is a process of this user; no, where the system does
 * not tell. */
static bool
is_own(int fd)
{
#if defined(HAVE_GETPEEREID)
	uid_t user;
	gid_t group;

	return getpeereid(fd, &user, &group) == 0 && user == geteuid();
#elif defined(SO_PEERCRED)
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
	    ((*fd = gv_local_socket(AF_UNIX)) < 0 ||
		fcntl(*fd, F_SETFL, O_NONBLOCK) < 0))
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

/* Some systems let it inherit that it does not wait. */
static int
take(int listening)
{
#ifdef HAVE_ACCEPT4
	/* cppcheck-suppress nullPointer ; no address is asked for */
	return accept4(listening, NULL, NULL, SOCK_CLOEXEC);
#else
	int fd;

	gv_exec_hold();
	/* cppcheck-suppress nullPointer ; no address is asked for */
	fd = hide(accept(listening, NULL, NULL));
	gv_exec_go();
	if (fd >= 0)
		(void)fcntl(fd, F_SETFL, 0);
	return fd;
#endif
}

int
gv_local_accept(int *fd, int listening, int wait_ms)
{
	*fd = take(listening);
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

	*fd = r < 0 ? -1 : gv_local_socket(AF_UNIX);
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
