#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/proc.h"

#define LINKS 40 /* that lead to each other, as the system has it */

/* Seconds after which its writer's process id may be another's. */
#define A_DAY 86400

ssize_t
gv_file_read_some(int fd, void *data, size_t len)
{
	ssize_t n;

	do
		n = read(fd, data, len);
	while (n < 0 && errno == EINTR);
	return n;
}

#if defined(SEEK_DATA) && !defined(GV_PORTABLE)

int
gv_file_next_data(int fd, uint64_t at, uint64_t *begin, uint64_t *end)
{
	off_t data = lseek(fd, (off_t)at, SEEK_DATA);
	off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);

	if (data < 0 && errno == ENXIO)
		return 0;
	if (hole <= data)
		return -1;
	*begin = (uint64_t)data;
	*end = (uint64_t)hole;
	return 1;
}

#else

/* A hole is made of whole blocks. */
#define BLOCK 4096

/* Whether the next block has data: 1; 0 if it is all zeros, or the end; or -1.
 * Its size is *n. */
static int
has_data(int fd, uint64_t at, ssize_t *n)
{
	static const char zeros[BLOCK];
	char block[BLOCK];

	*n = gv_file_pread_full(
	    fd, block, BLOCK - (size_t)(at % BLOCK), (off_t)at);
	if (*n < 0)
		return -1;
	return memcmp(block, zeros, (size_t)*n) != 0;
}

/* Where no call tells of holes, they are read. */
int
gv_file_next_data(int fd, uint64_t at, uint64_t *begin, uint64_t *end)
{
	ssize_t n = 0;
	int r;

	while ((r = has_data(fd, at, &n)) == 0 && n > 0)
		at += (uint64_t)n;
	if (r <= 0)
		return r;
	*begin = at;
	while ((r = has_data(fd, at, &n)) > 0)
		at += (uint64_t)n;
	*end = at;
	return r < 0 ? -1 : 1;
}

#endif

int
gv_file_seek(int fd, uint64_t at)
{
	return lseek(fd, (off_t)at, SEEK_SET) < 0 ? -1 : 0;
}

int
gv_file_rewind(int fd)
{
	return gv_file_seek(fd, 0);
}

static ssize_t
read_until(int fd, void *data, size_t len, bool may_cancel)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, (char *)data + done, len - done);

		if (n < 0 && errno == EINTR &&
		    !(may_cancel && gv_cancel_requested()))
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t
gv_file_read_full(int fd, void *data, size_t len)
{
	return read_until(fd, data, len, false);
}

ssize_t
gv_file_read_typed(int fd, void *data, size_t len)
{
	return read_until(fd, data, len, true);
}

ssize_t
gv_file_pread_full(int fd, void *data, size_t len, off_t at)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(
		    fd, (char *)data + done, len - done, at + (off_t)done);

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

/* Read to the end, whatever size the file had when it was opened: it may grow,
 * and files of the kernel's say 0. */
static int
read_rest(struct gv_buf *out, int fd, const char *path, size_t max, size_t hint)
{
	size_t before = out->len, room = hint + 1;
	ssize_t n;

	do {
		if (gv_buf_grow(out, room) < 0)
			return GV_ENOMEM;
		n = gv_file_read_full(fd, out->p + out->len, room);
		if (n < 0)
			return gv_err_sys("cannot read %s", path);
		out->len += (size_t)n;
		out->p[out->len] = '\0';
		if (out->len - before > max)
			return gv_err(GV_EREFUSED,
			    "%s is larger than %zu bytes", path, max);
		n -= (ssize_t)room;
		room = 64 * 1024;
	} while (n == 0);
	return 0;
}

int
gv_file_open_at(int dirfd, const char *path, int flags)
{
	const int fd = openat(dirfd, path, flags);

	if (fd < 0 && errno == EMLINK)
		errno = ELOOP;
#ifdef EFTYPE
	if (fd < 0 && errno == EFTYPE)
		errno = ELOOP;
#endif
	return fd;
}

int
gv_file_open(int *fd, struct stat *st, int dirfd, const char *path)
{
	int r = 0;

	*fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return gv_err_sys("cannot open %s", path);
	if (fstat(*fd, st) < 0)
		r = gv_err_sys("cannot read %s", path);
	else if (!S_ISREG(st->st_mode))
		r = gv_err(GV_EREFUSED, "%s is no regular file", path);
	if (r < 0)
		close(*fd);
	return r;
}

int
gv_file_read(struct gv_buf *out, int dirfd, const char *path, size_t max)
{
	size_t before = out->len;
	struct stat st;
	int fd, r = gv_file_open(&fd, &st, dirfd, path);

	if (r < 0)
		return r;
	if ((uintmax_t)st.st_size > max)
		r = gv_err(
		    GV_EREFUSED, "%s is larger than %zu bytes", path, max);
	else
		r = read_rest(out, fd, path, max, (size_t)st.st_size);
	if (r < 0)
		gv_buf_truncate(out, before);
	close(fd);
	return r;
}

bool
gv_file_exists(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int64_t
gv_file_age(int dirfd, const char *path)
{
	time_t now = gv_clock_coarse().tv_sec;
	struct stat st;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (int64_t)now - st.st_mtim.tv_sec;
}

bool
gv_file_is_stale(int dirfd, const char *path, int64_t seconds)
{
	int64_t age = gv_file_age(dirfd, path);

	return age > seconds || age < -seconds;
}

void
gv_file_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
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

int
gv_file_sync_parent(int dirfd, const char *path)
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
gv_file_sync(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC), r = 0;

	if (fd < 0 || fsync(fd) < 0)
		r = gv_err_sys("cannot flush %s", path);
	gv_file_close(fd);
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
	fd = openat(dirfd, tmp.p,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
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
		r = gv_file_sync_parent(dirfd, path);
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
gv_file_is_left(int dirfd, const char *name, const char *of)
{
	const size_t len = strlen(of), digits = len + 1;
	size_t n;

	if (strncmp(name, of, len) != 0 || name[len] != '.')
		return false;
	n = strspn(name + digits, "0123456789");
	return n > 0 && strcmp(name + digits + n, ".tmp") == 0 &&
	    (gv_proc_is_gone(strtol(name + digits, NULL, 10)) ||
		gv_file_is_stale(dirfd, name, A_DAY));
}

/* From a link to what it names. */
static int
follow(struct gv_buf *at)
{
	const char *slash = strrchr(at->p, '/');
	char to[PATH_MAX];
	ssize_t n = readlinkat(AT_FDCWD, at->p, to, sizeof(to));

	if (n < 0)
		return gv_err_sys("cannot follow the link %s", at->p);
	if (slash == NULL || *to == '/')
		gv_buf_reset(at);
	else
		gv_buf_truncate(at, (size_t)(slash + 1 - at->p));
	gv_buf_add(at, to, (size_t)n);
	return gv_buf_check(at);
}

static bool
is_link(const char *path)
{
	struct stat st;

	return fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode);
}

int
gv_file_target(char **out, const char *path, const char *instead)
{
	struct gv_buf at = GV_BUF_INIT;
	struct stat st;
	int i, r;

	*out = NULL;
	/* the system follows it first, since it knows which links in a folder
	 * of all it would not; by hand, since realpath() finds none that
	 * dangle */
	r = fstatat(AT_FDCWD, path, &st, 0);
	if (r < 0 && errno != ENOENT)
		return gv_err_sys("cannot look at %s", path);
	if (r == 0 && !S_ISREG(st.st_mode))
		return gv_err(GV_EREFUSED,
		    "%s is there and is no regular file; %s", path, instead);
	gv_buf_addstr(&at, path);
	r = gv_buf_check(&at);
	for (i = 0; r == 0 && i < LINKS && is_link(at.p); i++)
		r = follow(&at);
	if (r == 0 && (*out = gv_buf_take(&at)) == NULL)
		r = gv_err_nomem();
	gv_buf_release(&at);
	return r;
}

int
gv_file_write_over(
    int dirfd, const char *path, const void *data, size_t len, mode_t mode)
{
	const int how = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dirfd, path, how, mode), r = 0;

	if (fd < 0)
		return gv_err_sys("cannot open %s", path);
	if (gv_file_pwrite_all(fd, data, len, 0) < 0 ||
	    ftruncate(fd, (off_t)len) < 0)
		r = gv_err_sys("cannot write %s", path);
	gv_file_close(fd);
	return r;
}

int
gv_file_rename_over(const char *from, const char *to)
{
	return rename(from, to);
}

/* In one step, where the system and the file system can. */
static int
rename_exclusively(int dirfd, const char *from, const char *to)
{
#if defined(HAVE_RENAMEAT2)
	return renameat2(dirfd, from, dirfd, to, RENAME_NOREPLACE);
#elif defined(HAVE_RENAMEATX_NP)
	int r = renameatx_np(dirfd, from, dirfd, to, RENAME_EXCL);

	if (r < 0 && errno == ENOTSUP)
		errno = ENOSYS;
	return r;
#else
	(void)dirfd, (void)from, (void)to;
	errno = ENOSYS;
	return -1;
#endif
}

/* The last step of a move by links: it has one name then, the old one where the
 * step fails. */
static int
drop_name(int dirfd, const char *from, const char *to)
{
	int saved;

	/* somebody else may have removed the old one: then it is the last */
	if (unlinkat(dirfd, from, 0) == 0 || errno == ENOENT)
		return 0;
	saved = errno;
	unlinkat(dirfd, to, 0);
	errno = saved;
	return -1;
}

int
gv_file_rename_new(int dirfd, const char *from, const char *to)
{
	if (rename_exclusively(dirfd, from, to) == 0)
		return 0;
	/* some file systems cannot */
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(dirfd, from, dirfd, to, 0) == 0)
		return drop_name(dirfd, from, to);
	/* nor have some of them hard links */
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return -1;
	if (gv_file_exists(dirfd, to)) {
		errno = EEXIST;
		return -1;
	}
	return renameat(dirfd, from, dirfd, to);
}

int
gv_file_leads_through_link(const char *top, const char *path)
{
	struct gv_buf part = GV_BUF_INIT;
	const char *p = path;
	struct stat st;
	int r = 0;

	while (*p && r == 0) {
		p += strspn(p, "/");
		p += strcspn(p, "/");
		gv_buf_reset(&part);
		gv_buf_addf(&part, "%s/%.*s", top, (int)(p - path), path);
		if ((r = gv_buf_check(&part)) == 0 && lstat(part.p, &st) == 0)
			r = S_ISLNK(st.st_mode);
	}
	gv_buf_release(&part);
	return r;
}

bool
gv_file_is_regular(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, 0) == 0 && S_ISREG(st.st_mode);
}

bool
gv_file_is_dir(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

/* 0 also where there is such a directory, but not for anything else. */
static int
make_dir(int dirfd, const char *path, mode_t mode)
{
	int saved;

	if (mkdirat(dirfd, path, mode) == 0)
		return 0;
	saved = errno;
	if (saved == EEXIST && gv_file_is_dir(dirfd, path))
		return 0;
	errno = saved;
	return gv_err_sys("cannot make directory %s", path);
}

int
gv_file_mkdirs(int dirfd, const char *path, mode_t mode)
{
	char *copy, *p;
	int r = 0;

	if (gv_file_is_dir(dirfd, path))
		return 0;
	copy = strdup(path);
	if (copy == NULL)
		return gv_err_nomem();
	for (p = copy + 1; r == 0 && *p; p++) {
		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		r = make_dir(dirfd, copy, mode);
		*p = '/';
	}
	if (r == 0)
		r = make_dir(dirfd, path, mode);
	free(copy);
	return r;
}

/* Open a directory for emptying it; 0 where there is no directory to empty. */
static int
open_doomed(DIR **out, int dirfd, const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = gv_file_open_at(dirfd, path, flags);

	*out = NULL;
	if (fd < 0 && errno == EACCES) {
		/* ours to remove, so ours to make readable first */
		fchmodat(dirfd, path, 0700, 0);
		fd = gv_file_open_at(dirfd, path, flags);
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

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Remove one name that may be an empty directory, with the right to write its
 * parent taken where it is lacking. Whether it is gone. */
static bool
remove_name(DIR *dir, const char *name)
{
	if (unlinkat(dirfd(dir), name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno == EACCES) {
		fchmod(dirfd(dir), 0700);
		if (unlinkat(dirfd(dir), name, 0) == 0)
			return true;
	}
	return unlinkat(dirfd(dir), name, AT_REMOVEDIR) == 0;
}

/* Move a directory up, under a name that nothing has. */
static int
lift(DIR *from, const char *name, DIR *to, unsigned *count)
{
	char next[64];
	int r;

	/* moving a directory writes its "..", so it must be writable */
	fchmodat(dirfd(from), name, 0700, 0);
	do {
		snprintf(next, sizeof(next), ".gv-doomed-%ld-%u",
		    (long)getpid(), (*count)++);
		r = renameat(dirfd(from), name, dirfd(to), next);
	} while (r < 0 && (errno == EEXIST || errno == ENOTEMPTY));
	return r;
}

/* Empty `name` in `dir` but for moving its own directories up into `dir`:
 * that way a tree ten thousand deep needs neither stack nor descriptors. */
static int
flatten(DIR *dir, const char *name, const char *path, unsigned *count)
{
	struct dirent *e;
	DIR *sub;
	int r = open_doomed(&sub, dirfd(dir), name);

	if (r < 0)
		return r;
	if (sub == NULL)
		return gv_err(GV_ERROR, "cannot remove %s in %s", name, path);
	while (r == 0 && (errno = 0, e = readdir(sub)) != NULL)
		if (!is_dots(e->d_name) && !remove_name(sub, e->d_name) &&
		    lift(sub, e->d_name, dir, count) < 0)
			r = gv_err_sys(
			    "cannot remove %s in %s", e->d_name, path);
	if (r == 0 && errno)
		r = gv_err_sys("cannot read %s in %s", name, path);
	closedir(sub);
	return r;
}

static int
empty_dir(DIR *dir, const char *path)
{
	struct dirent *e;
	unsigned count = 0, before;
	int r = 0;

	do {
		/* again while anything came up: it may stand behind us */
		before = count;
		rewinddir(dir);
		while (r == 0 && (errno = 0, e = readdir(dir)) != NULL) {
			if (is_dots(e->d_name) || remove_name(dir, e->d_name))
				continue;
			r = flatten(dir, e->d_name, path, &count);
			if (r == 0 && !remove_name(dir, e->d_name))
				r = gv_err_sys(
				    "cannot remove %s in %s", e->d_name, path);
		}
		if (r == 0 && errno)
			r = gv_err_sys("cannot read %s", path);
	} while (r == 0 && count != before);
	return r;
}

int
gv_file_remove_tree(int dirfd, const char *path)
{
	DIR *dir;
	int r;

	if (unlinkat(dirfd, path, 0) == 0 || errno == ENOENT)
		return 0;
	if ((r = open_doomed(&dir, dirfd, path)) < 0)
		return r;
	if (dir) {
		r = empty_dir(dir, path);
		closedir(dir);
	}
	if (r < 0)
		return r;
	if (unlinkat(dirfd, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return gv_err_sys("cannot remove %s", path);
	return 0;
}

int
gv_file_make_private(int dirfd, const char *path)
{
	return fchmodat(dirfd, path, 0600, 0);
}

int
gv_file_remove_socket(int dirfd, const char *path)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	return unlinkat(dirfd, path, 0);
}

bool
gv_file_may_write(int dirfd, const char *dir)
{
	return faccessat(dirfd, dir, W_OK | X_OK, AT_EACCESS) == 0;
}

int
gv_file_free_space(const char *path, uint64_t *left, uint64_t *total)
{
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return -1;
	*left = (uint64_t)fs.f_bavail * fs.f_frsize;
	*total = (uint64_t)fs.f_blocks * fs.f_frsize;
	return 0;
}
