#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

/* A line that a killed writer left unfinished is ended, not continued. */
static int
append(int fd, const char *path, const void *lines, size_t len, bool durable)
{
	struct gv_buf all = GV_BUF_INIT;
	struct stat st;
	char last = '\n';
	int r = 0;

	if (fstat(fd, &st) < 0 ||
	    (st.st_size > 0 &&
		gv_file_pread_full(fd, &last, 1, st.st_size - 1) != 1))
		return gv_err_sys("cannot read %s", path);
	gv_buf_addstr(&all, last == '\n' ? "" : "\n");
	gv_buf_add(&all, lines, len);
	if ((r = gv_buf_check(&all)) < 0)
		goto out;
	if (gv_file_write_all(fd, all.p, all.len) < 0)
		r = gv_err_sys("cannot write %s", path);
	else if (durable && fsync(fd) < 0)
		r = gv_err_sys("cannot flush %s to disk", path);
	else if (durable && st.st_size == 0)
		r = gv_file_sync_parent(AT_FDCWD, path);
out:
	gv_buf_release(&all);
	return r;
}

static int
append_to(const char *path, const void *lines, size_t len, bool durable)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666), r;

	if (fd < 0)
		return gv_err_sys("cannot open %s", path);
	r = append(fd, path, lines, len, durable);
	if (close(fd) < 0 && r == 0)
		r = gv_err_sys("cannot write %s", path);
	return r;
}

int
gv_file_append_lines(const char *path, const void *lines, size_t len)
{
	return append_to(path, lines, len, true);
}

int
gv_file_append_quick(const char *path, const void *lines, size_t len)
{
	return append_to(path, lines, len, false);
}

static int
write_tail(int fd, const char *path, size_t at, const void *data, size_t len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return gv_err_sys("cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return gv_err(GV_EREFUSED, "%s is no regular file", path);
	if ((uintmax_t)st.st_size < at)
		return gv_err(GV_ENOTFOUND, "%s was cut short", path);
	if (((uintmax_t)st.st_size > at && ftruncate(fd, (off_t)at) < 0) ||
	    gv_file_pwrite_all(fd, data, len, (off_t)at) < 0)
		return gv_err_sys("cannot write %s", path);
	return 0;
}

int
gv_file_write_tail(const char *path, size_t at, const void *data, size_t len)
{
	const int fd = open(path,
	    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	int r;

	if (fd < 0)
		return gv_err_sys("cannot open %s", path);
	r = write_tail(fd, path, at, data, len);
	if (close(fd) < 0 && r == 0)
		r = gv_err_sys("cannot write %s", path);
	return r;
}
