/*
 * Preloaded into a program, this makes one of its calls that change files go
 * wrong: the N-th, counted over write, pwrite, fsync, rename, link, mkdir,
 * opening for writing and their kin. Calls on pipes and terminals pass.
 *
 *	GV_FAULT=MODE:N		enospc, eio, erofs, einval: the call fails so
 *				full: the disk is full from there on; what
 *				needs no room goes on
 *				kill: the process is killed instead of the call
 *				tear: half of what is written, then killed
 *				short: every reading and writing of a file
 *				does but half of what it is asked for, or is
 *				interrupted; N means nothing
 *				run: before the call the shell runs what
 *				GV_FAULT_RUN says; the call is then made
 *				count: nothing happens
 *				meet: as run, and calls that open a file to
 *				read it count, too
 *	GV_FAULT_COUNT=FILE	a line of 64 bytes a call is appended to FILE,
 *				so that its size tells the number and its lines
 *				which call was which; needed
 *	GV_FAULT_PROGRAMS	names of programs it is for, separated by
 *				blanks; "git-vault" where it is not set
 *
 * The count goes on over processes, since the file is the counter.
 */
#include "count.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { OFF, COUNT, FAIL, FULL, KILL, TEAR, SHORT, RUN, MEET };

static enum mode mode;
static int code;
static long wanted;
static const char *count_file;

static int
is_for_us(void)
{
	const char *names = getenv("GV_FAULT_PROGRAMS"), *at;
	size_t len = strlen(program_invocation_short_name);

	if (names == NULL)
		names = "git-vault";
	for (at = names; (at = strstr(at, program_invocation_short_name));
	     at += len)
		if ((at == names || at[-1] == ' ') &&
		    (at[len] == ' ' || at[len] == '\0'))
			return 1;
	return 0;
}

__attribute__((constructor)) static void
begin(void)
{
	static const struct {
		const char *name;
		enum mode mode;
		int code;
	} modes[] = {
		{ "enospc:", FAIL, ENOSPC },
		{ "eio:", FAIL, EIO },
		{ "einval:", FAIL, EINVAL },
		{ "erofs:", FAIL, EROFS },
		{ "full:", FULL, ENOSPC },
		{ "kill:", KILL, 0 },
		{ "tear:", TEAR, 0 },
		{ "short:", SHORT, 0 },
		{ "run:", RUN, 0 },
		{ "count:", COUNT, 0 },
		{ "meet:", MEET, 0 },
	};
	const char *set = getenv("GV_FAULT");
	size_t i, len;

	count_file = getenv("GV_FAULT_COUNT");
	if (set == NULL || count_file == NULL || !is_for_us())
		return;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		len = strlen(modes[i].name);
		if (strncmp(set, modes[i].name, len) != 0)
			continue;
		wanted = strtol(set + len, NULL, 10);
		code = modes[i].code;
		mode = modes[i].mode;
	}
}

/* What succeeds also where the disk is full. */
static int
needs_room(const char *call)
{
	static const char *const frugal[] = { "fsync", "fdatasync", "syncfs",
		"ftruncate", "unlink", "rename" };
	size_t i;

	for (i = 0; i < sizeof(frugal) / sizeof(frugal[0]); i++)
		if (strcmp(call, frugal[i]) == 0)
			return 0;
	return 1;
}

/* What a build that counts its lines maps into memory. */
static int
is_coverage(const char *path)
{
	size_t len = strlen(path);

	return len > 8 && strcmp(path + len - 8, ".profraw") == 0;
}

/* What changes in the middle of things, or who has a turn there. */
static void
run_shell(void)
{
	const char *command = getenv("GV_FAULT_RUN");
	int saved = errno;

	if (command == NULL || system(command) < 0)
		abort();
	errno = saved;
}

/* Whether this call is the one. What is to be killed does not come back,
 * unless it is a write that is to be torn: then *torn is set. */
static int
strikes(const char *call, const char *path, int *torn)
{
	long n;

	if (mode == OFF || is_coverage(path))
		return 0;
	n = count_call(count_file, call, path);
	if (mode == COUNT || mode == SHORT || n < wanted)
		return 0;
	if (mode == FULL ? !needs_room(call) : n > wanted)
		return 0;
	if (mode == RUN || mode == MEET) {
		run_shell();
		return 0;
	}
	if (mode == TEAR && torn) {
		*torn = 1;
		return 0;
	}
	if (mode != FAIL && mode != FULL)
		raise(SIGKILL);
	errno = code;
	return 1;
}

/* The standard streams are a user's, wherever they lead. */
static int
is_file(int fd)
{
	struct stat st;
	int saved = errno, r;

	r = fd > STDERR_FILENO && fstat(fd, &st) == 0 &&
	    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
	errno = saved;
	return r;
}

/* The path behind a descriptor, for the line only. */
static const char *
name_of(int fd, char out[256])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, out, 255);
	out[n > 0 ? n : 0] = '\0';
	return out;
}

static int
strikes_fd(const char *call, int fd, int *torn)
{
	char path[256];

	return mode != OFF && is_file(fd) &&
	    strikes(call, name_of(fd, path), torn);
}

/* How much of it is done this time: one byte at least; -1 with EINTR. */
static ssize_t
part_of(int fd, size_t len)
{
	static _Atomic unsigned turn;

	if (mode != SHORT || !is_file(fd))
		return (ssize_t)len;
	if (turn++ % 5 == 4) {
		errno = EINTR;
		return -1;
	}
	return (ssize_t)((len + 1) / 2);
}

#define REAL(name) ((__typeof__(&(name)))real(#name))

static void *
real(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

ssize_t
write(int fd, const void *data, size_t len)
{
	int torn = 0;
	ssize_t n;

	if (strikes_fd("write", fd, &torn))
		return -1;
	n = part_of(fd, torn ? len / 2 : len);
	if (n >= 0)
		n = REAL(write)(fd, data, (size_t)n);
	if (torn)
		raise(SIGKILL);
	return n;
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	int torn = 0;
	ssize_t n;

	if (strikes_fd("pwrite", fd, &torn))
		return -1;
	n = part_of(fd, torn ? len / 2 : len);
	if (n >= 0)
		n = REAL(pwrite)(fd, data, (size_t)n, at);
	if (torn)
		raise(SIGKILL);
	return n;
}

ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return pwrite(fd, data, len, at);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	if (strikes_fd("writev", fd, NULL))
		return -1;
	return REAL(writev)(fd, v, n);
}

ssize_t
copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t len,
    unsigned flags)
{
	ssize_t n;

	if (strikes_fd("copy", out, NULL))
		return -1;
	n = part_of(out, len);
	return n < 0
	    ? -1
	    : REAL(copy_file_range)(in, in_at, out, out_at, (size_t)n, flags);
}

ssize_t
read(int fd, void *data, size_t len)
{
	ssize_t n = part_of(fd, len);

	return n < 0 ? -1 : REAL(read)(fd, data, (size_t)n);
}

ssize_t
pread(int fd, void *data, size_t len, off_t at)
{
	ssize_t n = part_of(fd, len);

	return n < 0 ? -1 : REAL(pread)(fd, data, (size_t)n, at);
}

ssize_t
pread64(int fd, void *data, size_t len, off64_t at)
{
	return pread(fd, data, len, at);
}

int
fsync(int fd)
{
	return strikes_fd("fsync", fd, NULL) ? -1 : REAL(fsync)(fd);
}

int
fdatasync(int fd)
{
	return strikes_fd("fdatasync", fd, NULL) ? -1 : REAL(fdatasync)(fd);
}

int
syncfs(int fd)
{
	return strikes_fd("syncfs", fd, NULL) ? -1 : REAL(syncfs)(fd);
}

int
ftruncate(int fd, off_t len)
{
	return strikes_fd("ftruncate", fd, NULL) ? -1
						 : REAL(ftruncate)(fd, len);
}

int
ftruncate64(int fd, off64_t len)
{
	return ftruncate(fd, len);
}

int
fallocate(int fd, int how, off_t at, off_t len)
{
	return strikes_fd("fallocate", fd, NULL)
	    ? -1
	    : REAL(fallocate)(fd, how, at, len);
}

static int
open_any(int dirfd, const char *path, int flags, mode_t perm)
{
	int counts = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) ||
	    mode == MEET;

	if (counts && strncmp(path, "/dev/", 5) != 0 &&
	    strikes("open", path, NULL))
		return -1;
	return REAL(openat)(dirfd, path, flags, perm);
}

/* The permission bits are there only where a file may be made. */
#define OPEN_WITH(dirfd, path, flags)                                          \
	do {                                                                   \
		mode_t perm = 0;                                               \
		va_list ap;                                                    \
                                                                               \
		if ((flags) & (O_CREAT | O_TMPFILE)) {                         \
			va_start(ap, flags);                                   \
			perm = va_arg(ap, mode_t);                             \
			va_end(ap);                                            \
		}                                                              \
		return open_any(dirfd, path, flags, perm);                     \
	} while (0)

int
open(const char *path, int flags, ...)
{
	OPEN_WITH(AT_FDCWD, path, flags);
}

int
open64(const char *path, int flags, ...)
{
	OPEN_WITH(AT_FDCWD, path, flags);
}

int
openat(int dirfd, const char *path, int flags, ...)
{
	OPEN_WITH(dirfd, path, flags);
}

int
openat64(int dirfd, const char *path, int flags, ...)
{
	OPEN_WITH(dirfd, path, flags);
}

int
creat(const char *path, mode_t perm)
{
	return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, perm);
}

int
rename(const char *from, const char *to)
{
	return strikes("rename", to, NULL) ? -1 : REAL(rename)(from, to);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return strikes("rename", to, NULL)
	    ? -1
	    : REAL(renameat)(from_fd, from, to_fd, to);
}

int
renameat2(
    int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	return strikes("rename", to, NULL)
	    ? -1
	    : REAL(renameat2)(from_fd, from, to_fd, to, flags);
}

int
link(const char *from, const char *to)
{
	return strikes("link", to, NULL) ? -1 : REAL(link)(from, to);
}

int
linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	return strikes("link", to, NULL)
	    ? -1
	    : REAL(linkat)(from_fd, from, to_fd, to, flags);
}

int
symlink(const char *target, const char *path)
{
	return strikes("symlink", path, NULL) ? -1
					      : REAL(symlink)(target, path);
}

int
symlinkat(const char *target, int dirfd, const char *path)
{
	return strikes("symlink", path, NULL)
	    ? -1
	    : REAL(symlinkat)(target, dirfd, path);
}

int
mkdir(const char *path, mode_t perm)
{
	return strikes("mkdir", path, NULL) ? -1 : REAL(mkdir)(path, perm);
}

int
mkdirat(int dirfd, const char *path, mode_t perm)
{
	return strikes("mkdir", path, NULL) ? -1
					    : REAL(mkdirat)(dirfd, path, perm);
}

int
unlink(const char *path)
{
	return strikes("unlink", path, NULL) ? -1 : REAL(unlink)(path);
}

int
unlinkat(int dirfd, const char *path, int flags)
{
	return strikes("unlink", path, NULL)
	    ? -1
	    : REAL(unlinkat)(dirfd, path, flags);
}
