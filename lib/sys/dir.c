#include "sys/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(GV_LINUX) && __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include "base/err.h"
#include "base/vec.h"
#include "sys/file.h"

#ifndef O_NOATIME
#define O_NOATIME 0
#endif

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* The longest path that goes to the kernel in one piece. */
#define STEP ((size_t)PATH_MAX - 256)

/* Where a step of at most STEP bytes may end: at a '/', or 0 where a single
 * component is too long for any system. */
static size_t
step_end(const char *path, size_t len)
{
	size_t n;

	if (len <= STEP)
		return len;
	for (n = STEP; n > 0 && path[n] != '/'; n--)
		;
	return n;
}

static void
let_go(int fd, int root)
{
	int saved = errno;

	if (fd != root)
		close(fd);
	errno = saved;
}

static bool
is_link(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode);
}

/* Step by step, where the system has no call for it; the last component is
 * opened as `flags` say. */
static int
walk_below(int dir, const char *path, int flags)
{
	char name[PATH_MAX];
	const char *slash;
	int fd = dir, next;

	for (; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		if (slash == path)
			continue;
		memcpy(name, path, (size_t)(slash - path));
		name[slash - path] = '\0';
		next = gv_file_open_at(fd, name, DIR_FLAGS);
		if (next < 0 && errno == ENOTDIR && is_link(fd, name))
			errno = ELOOP;
		let_go(fd, dir);
		if (next < 0)
			return -1;
		fd = next;
	}
	next = gv_file_open_at(fd, *path ? path : ".", flags);
	let_go(fd, dir);
	return next;
}

/* No component may be a symbolic link: somebody may put one in a directory's
 * place between two looks, and we would read elsewhere. */
static int
open_below(int dir, const char *path, int flags)
{
#if defined(SYS_openat2) && defined(RESOLVE_NO_SYMLINKS)
	if (dir != AT_FDCWD) {
		struct open_how how = { .flags = (uint64_t)flags,
			.resolve = RESOLVE_NO_SYMLINKS };
		long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

		/* EPERM: a sandbox that does not know the call */
		if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
			return (int)fd;
	}
#endif
	return dir == AT_FDCWD ? gv_file_open_at(dir, path, flags)
			       : walk_below(dir, path, flags);
}

/* Go down as far as `path` is too long; returns the descriptor to use from
 * there (the root itself where nothing was opened) and cuts the path. */
static int
descend(int root, const char **path, size_t *len)
{
	char part[PATH_MAX];
	int fd = root, next;
	size_t n;

	while (*len > STEP) {
		n = step_end(*path, *len);
		if (n == 0) {
			errno = ENAMETOOLONG;
			next = -1;
		} else {
			memcpy(part, *path, n);
			part[n] = '\0';
			next = open_below(fd, part, DIR_FLAGS);
		}
		if (fd != root)
			close(fd);
		if (next < 0)
			return -1;
		fd = next;
		*path += n + 1;
		*len -= n + 1;
	}
	return fd;
}

static int
open_at(int root, const char *path, size_t len, int flags)
{
	char part[PATH_MAX];
	int dir = descend(root, &path, &len), fd;

	if (dir == -1)
		return -1;
	memcpy(part, path, len);
	part[len] = '\0';
	fd = open_below(dir, len ? part : ".", flags);
	let_go(dir, root);
	return fd;
}

int
gv_dir_open_root(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
gv_dir_stat_fd(int fd, struct stat *st)
{
	return fstat(fd, st);
}

ssize_t
gv_dir_read_link(int root, const char *path, size_t len, char *out, size_t size)
{
	const char *name;
	int dir = gv_dir_open_parent(root, path, len, &name);
	ssize_t n;

	if (dir < 0)
		return -1;
	n = readlinkat(dir, name, out, size);
	let_go(dir, root);
	return n;
}

int
gv_dir_open(int root, const char *path, size_t len)
{
	return open_at(root, path, len, DIR_FLAGS);
}

/* A file that was just written gets a new access time when it is read, and its
 * inode goes to disk for that. Only its owner may do without. */
int
gv_dir_open_file(int root, const char *path, size_t len)
{
	const int flags =
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	const int fd = open_at(root, path, len, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? open_at(root, path, len, flags) : fd;
}

int
gv_dir_stat(int root, const char *path, size_t len, struct stat *st)
{
	char part[PATH_MAX];
	int dir = descend(root, &path, &len), r;

	if (dir == -1)
		return -1;
	memcpy(part, path, len);
	part[len] = '\0';
	r = fstatat(dir, len ? part : ".", st, AT_SYMLINK_NOFOLLOW);
	let_go(dir, root);
	return r;
}

int
gv_dir_open_parent(int root, const char *path, size_t len, const char **name)
{
	size_t n = len;

	while (n > 0 && path[n - 1] != '/')
		n--;
	*name = path + n;
	return gv_dir_open(root, path, n ? n - 1 : 0);
}

static bool
is_dots(const char *name)
{
	return name[0] == '.' &&
	    (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static int
add_name(struct gv_dir_names *out, const char *text, unsigned char type)
{
	size_t len = strlen(text);
	struct gv_dir_name *name;

	if (is_dots(text))
		return 0;
	if (GV_GROW(out->names, out->n, out->cap) < 0) {
		errno = ENOMEM;
		return -1;
	}
	name = &out->names[out->n++];
	name->name = NULL; /* until the text moves no more */
	name->len = len;
	name->type = type;
	gv_buf_add(&out->text, text, len + 1);
	return 0;
}

#ifdef HAVE_GETDENTS64

/* What readdir(3) does, without the four calls and the buffer that it takes to
 * open a stream for each of thousands of small directories. */
static int
read_names(struct gv_dir_names *out, int fd)
{
	_Alignas(struct dirent64) char bytes[32 * 1024];
	ssize_t n, at;

	while ((n = getdents64(fd, bytes, sizeof(bytes))) > 0) {
		for (at = 0; at < n;) {
			const struct dirent64 *e =
			    (const struct dirent64 *)(bytes + at);

			if (add_name(out, e->d_name, e->d_type) < 0)
				return -1;
			at += e->d_reclen;
		}
	}
	return n < 0 ? -1 : 0;
}

#else

static unsigned char
type_of(const struct dirent *e)
{
#ifdef HAVE_STRUCT_DIRENT_D_TYPE
	return e->d_type;
#else
	(void)e;
	return DT_UNKNOWN;
#endif
}

static int
read_stream(struct gv_dir_names *out, DIR *dir)
{
	struct dirent *e;

	for (;;) {
		errno = 0;
		e = readdir(dir);
		if (e == NULL)
			return errno ? -1 : 0;
		if (add_name(out, e->d_name, type_of(e)) < 0)
			return -1;
	}
}

static int
read_names(struct gv_dir_names *out, int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0), r, saved;
	struct stat st;
	DIR *dir;

	if (own < 0)
		return -1;
	dir = fdopendir(own);
	if (dir == NULL) {
		close(own);
		return -1;
	}
	r = read_stream(out, dir);
	/* of one that was removed some systems say that it is empty */
	if (r == 0 && out->n == 0 && fstat(fd, &st) == 0 && st.st_nlink == 0) {
		errno = ENOENT;
		r = -1;
	}
	saved = errno;
	closedir(dir);
	errno = saved;
	return r;
}

#endif

/* Not every system and file system tells what a name is. */
static unsigned char
find_type(int fd, const char *name)
{
	static const struct {
		mode_t format;
		unsigned char type;
	} types[] = { { S_IFREG, DT_REG }, { S_IFDIR, DT_DIR },
		{ S_IFLNK, DT_LNK }, { S_IFIFO, DT_FIFO },
		{ S_IFSOCK, DT_SOCK }, { S_IFCHR, DT_CHR },
		{ S_IFBLK, DT_BLK } };
	struct stat st;
	size_t i;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		for (i = 0; i < sizeof(types) / sizeof(*types); i++)
			if (types[i].format == (st.st_mode & S_IFMT))
				return types[i].type;
	return DT_UNKNOWN;
}

int
gv_dir_list(struct gv_dir_names *out, int fd)
{
	const char *text;
	size_t i;

	out->n = 0;
	gv_buf_reset(&out->text);
	/* from the start, wherever the last list has left it */
	if (lseek(fd, 0, SEEK_SET) < 0 || read_names(out, fd) < 0)
		goto fail;
	if (out->text.failed) {
		errno = ENOMEM;
		goto fail;
	}
	text = out->text.p;
	for (i = 0; i < out->n; i++) {
		out->names[i].name = text;
		text += out->names[i].len + 1;
		if (out->names[i].type == DT_UNKNOWN)
			out->names[i].type = find_type(fd, out->names[i].name);
	}
	return 0;
fail:
	out->n = 0;
	return -1;
}

bool
gv_dir_names_have(
    const struct gv_dir_names *names, size_t n, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (names->names[i].len == len &&
		    memcmp(names->names[i].name, name, len) == 0)
			return true;
	return false;
}

void
gv_dir_names_release(struct gv_dir_names *names)
{
	if (names == NULL)
		return;
	free(names->names);
	gv_buf_release(&names->text);
	memset(names, 0, sizeof(*names));
}
