#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

ssize_t
gv_file_read_full(int fd, void *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, (char *)data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int
gv_file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return GV_ERROR;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
gv_file_pwrite_all(int fd, const void *data, size_t len, off_t at)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return GV_ERROR;
		p += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int
gv_file_read(struct gv_buf *out, int dirfd, const char *path, size_t max)
{
	size_t before = out->len;
	struct stat st;
	ssize_t n;
	int fd, r = 0;

	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return gv_err_sys("cannot open %s", path);
	if (fstat(fd, &st) < 0) {
		r = gv_err_sys("cannot read %s", path);
	} else if (!S_ISREG(st.st_mode)) {
		r = gv_err(GV_EREFUSED, "%s is no regular file", path);
	} else if ((uintmax_t)st.st_size > max) {
		r = gv_err(
		    GV_EREFUSED, "%s is larger than %zu bytes", path, max);
	} else if ((r = gv_buf_grow(out, (size_t)st.st_size)) == 0) {
		n = gv_file_read_full(fd, out->p + before, (size_t)st.st_size);
		if (n < 0)
			r = gv_err_sys("cannot read %s", path);
		else
			out->len = before + (size_t)n;
		out->p[out->len] = '\0';
	}
	close(fd);
	return r;
}

int
gv_file_sync_dir(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return gv_err_sys("cannot open directory %s", path);
	/* some file systems cannot sync a directory and say EINVAL */
	if (fsync(fd) < 0 && errno != EINVAL)
		r = gv_err_sys("cannot flush directory %s", path);
	close(fd);
	return r;
}

static int
sync_parent(int dirfd, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int r;

	if (slash == NULL)
		return gv_file_sync_dir(dirfd, ".");
	dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (dir == NULL)
		return gv_err_nomem();
	r = gv_file_sync_dir(dirfd, dir);
	free(dir);
	return r;
}

int
gv_file_replace(int dirfd, const char *path, const void *data, size_t len,
    mode_t mode, bool durable)
{
	struct gv_buf tmp = GV_BUF_INIT;
	int fd = -1, r;

	gv_buf_addf(&tmp, "%s.%ld.tmp", path, (long)getpid());
	r = gv_buf_check(&tmp);
	if (r < 0)
		goto out;
	fd = openat(
	    dirfd, tmp.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0) {
		r = gv_err_sys("cannot create %s", tmp.p);
		goto out;
	}
	if (gv_file_write_all(fd, data, len) < 0 ||
	    (durable && fsync(fd) < 0)) {
		r = gv_err_sys("cannot write %s", tmp.p);
		goto out;
	}
	r = close(fd);
	fd = -1;
	if (r < 0) {
		r = gv_err_sys("cannot write %s", tmp.p);
		goto out;
	}
	if (renameat(dirfd, tmp.p, dirfd, path) < 0) {
		r = gv_err_sys("cannot rename %s to %s", tmp.p, path);
		goto out;
	}
	if (durable)
		r = sync_parent(dirfd, path);
	gv_buf_reset(&tmp);
out:
	if (fd >= 0)
		close(fd);
	if (r < 0 && tmp.len)
		unlinkat(dirfd, tmp.p, 0);
	gv_buf_release(&tmp);
	return r;
}

bool
gv_file_is_dir(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

int
gv_file_mkdirs(int dirfd, const char *path, mode_t mode)
{
	char *copy = strdup(path), *p;
	int r = 0;

	if (copy == NULL)
		return gv_err_nomem();
	if (mkdirat(dirfd, copy, mode) == 0 || errno == EEXIST)
		goto out;
	for (p = copy + 1; r == 0 && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdirat(dirfd, copy, mode) < 0 && errno != EEXIST)
			r = gv_err_sys("cannot make directory %s", copy);
		*p = '/';
	}
	if (r == 0 && mkdirat(dirfd, copy, mode) < 0 && errno != EEXIST)
		r = gv_err_sys("cannot make directory %s", copy);
out:
	free(copy);
	return r;
}

/* Open a directory for emptying it; 0 where there is no directory to empty. */
static int
open_doomed(DIR **out, int dirfd, const char *path)
{
	int fd = openat(
	    dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	*out = NULL;
	if (fd < 0 && errno == EACCES) {
		/* ours to remove, so ours to make readable first */
		fchmodat(dirfd, path, 0700, 0);
		fd = openat(dirfd, path,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
		    ? 0
		    : gv_err_sys("cannot open directory %s", path);
	*out = fdopendir(fd);
	if (*out == NULL) {
		close(fd);
		return gv_err_sys("cannot open directory %s", path);
	}
	return 0;
}

/* The way down is a list of open directories, not the C stack: a tree may be
 * ten thousand deep. Where descriptors run out, the tail is moved up to the
 * top first, which keeps the list short. */
static int
empty_dir(DIR *top, const char *path)
{
	DIR *dir = top, *sub = NULL;
	struct dirent *e;
	char name[64];
	unsigned moved = 0;
	int r = 0;

	while (r == 0) {
		errno = 0;
		e = readdir(dir);
		if (e == NULL) {
			if (errno)
				return gv_err_sys("cannot read %s", path);
			return 0;
		}
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), e->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno == EACCES)
			fchmod(dirfd(dir), 0700);
		if (unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR) == 0 ||
		    unlinkat(dirfd(dir), e->d_name, 0) == 0)
			continue;
		r = open_doomed(&sub, dirfd(dir), e->d_name);
		if (r < 0 || sub == NULL)
			return r < 0 ? r
				     : gv_err_sys("cannot remove %s in %s",
					   e->d_name, path);
		/* lift the grandchildren that are directories one level up,
		 * so that the depth shrinks and no recursion is needed */
		while (r == 0 && (errno = 0, e = readdir(sub)) != NULL) {
			if (strcmp(e->d_name, ".") == 0 ||
			    strcmp(e->d_name, "..") == 0 ||
			    unlinkat(dirfd(sub), e->d_name, 0) == 0)
				continue;
			fchmod(dirfd(sub), 0700);
			if (unlinkat(dirfd(sub), e->d_name, 0) == 0 ||
			    unlinkat(dirfd(sub), e->d_name, AT_REMOVEDIR) == 0)
				continue;
			fchmodat(dirfd(sub), e->d_name, 0700, 0);
			snprintf(name, sizeof(name), ".gv-doomed-%ld-%u",
			    (long)getpid(), moved++);
			if (renameat(dirfd(sub), e->d_name, dirfd(dir), name) <
			    0)
				r = gv_err_sys(
				    "cannot remove %s in %s", e->d_name, path);
		}
		closedir(sub);
		rewinddir(dir);
	}
	return r;
}

int
gv_file_remove_tree(int dirfd, const char *path)
{
	DIR *dir;
	int r;

	if (unlinkat(dirfd, path, 0) == 0 || errno == ENOENT)
		return 0;
	r = open_doomed(&dir, dirfd, path);
	if (r < 0)
		return r;
	if (dir) {
		r = empty_dir(dir, path);
		closedir(dir);
	}
	if (r == 0 && unlinkat(dirfd, path, AT_REMOVEDIR) < 0 &&
	    errno != ENOENT)
		r = gv_err_sys("cannot remove %s", path);
	return r;
}
