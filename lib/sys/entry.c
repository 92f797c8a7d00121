#include "sys/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/xattr.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

mode_t
gv_entry_umask(void)
{
	mode_t mask = umask(077);

	umask(mask);
	return mask;
}

mode_t
gv_entry_set_umask(mode_t mask)
{
	return umask(mask);
}

int
gv_entry_create(
    struct gv_entry_file *f, int dirfd, const char *name, mode_t mode)
{
	memset(f, 0, sizeof(*f));
	f->mode = mode & 0777;
	f->fd = openat(dirfd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, f->mode);
	return f->fd < 0 ? -1 : 0;
}

int
gv_entry_write(struct gv_entry_file *f, const void *data, size_t len)
{
	int r = f->has_hole ? gv_file_pwrite_all(f->fd, data, len, (off_t)f->at)
			    : gv_file_write_all(f->fd, data, len);

	f->at += len;
	return r < 0 ? -1 : 0;
}

void
gv_entry_skip(struct gv_entry_file *f, uint64_t len)
{
	f->has_hole = true;
	f->at += len;
}

void
gv_entry_drop(struct gv_entry_file *f)
{
	int saved = errno;

	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	errno = saved;
}

/* Owners are the superuser's to give; anybody may give a file to a group of
 * their own. What cannot be set is reported, and is no failure. */
static bool
set_owner(int fd, const struct gv_entry_meta *m)
{
	if (fchown(fd, m->uid, m->gid) == 0)
		return true;
	if (m->uid == (uid_t)-1 || m->gid == (gid_t)-1)
		return false;
	/* the group alone is better than nothing, but it is not all */
	if (fchown(fd, (uid_t)-1, m->gid) < 0)
		errno = EPERM;
	return false;
}

static void
times_of(struct timespec ts[2], const struct gv_entry_meta *m)
{
	ts[0].tv_sec = 0;
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_sec = (time_t)m->mtime_s;
	ts[1].tv_nsec = m->has_time ? (long)m->mtime_ns : UTIME_OMIT;
}

int
gv_entry_set(
    int fd, const struct gv_entry_meta *m, mode_t now, unsigned *refused)
{
	bool chowned = m->uid != (uid_t)-1 || m->gid != (gid_t)-1;
	struct timespec ts[2];
	int n;

	if (chowned && !set_owner(fd, m))
		++*refused;
	/* a change of owner takes the set-id bits away */
	if ((m->mode != now || (chowned && (m->mode & 07000))) &&
	    fchmod(fd, (mode_t)m->mode) < 0)
		return -1;
	if (m->exact || m->xattrs) {
		n = m->exact ? gv_xattr_reset(fd, m->xattrs ? m->xattrs : "")
			     : gv_xattr_set(fd, m->xattrs);
		*refused += n != 0;
	}
	times_of(ts, m);
	return m->has_time && futimens(fd, ts) < 0 ? -1 : 0;
}

int
gv_entry_finish(struct gv_entry_file *f, const struct gv_entry_meta *meta,
    bool sync, unsigned *refused)
{
	int fd = f->fd, r = 0;

	if (f->has_hole && ftruncate(fd, (off_t)f->at) < 0)
		r = -1;
	if (r < 0 || (r = gv_entry_set(fd, meta, f->mode, refused)) < 0)
		goto out;
	if (sync)
		r = fsync(fd);
out:
	if (r < 0) {
		gv_entry_drop(f);
		return -1;
	}
	f->fd = -1;
	return close(fd);
}

/* Set what a link itself can have. */
static int
set_link(int dirfd, const char *name, const struct gv_entry_meta *m,
    unsigned *refused)
{
	struct timespec ts[2];

	if ((m->uid != (uid_t)-1 || m->gid != (gid_t)-1) &&
	    fchownat(dirfd, name, m->uid, m->gid, AT_SYMLINK_NOFOLLOW) < 0)
		++*refused;
	if (m->exact || m->xattrs)
		*refused += gv_xattr_set_link(dirfd, name,
				m->xattrs ? m->xattrs : "", m->exact) != 0;
	times_of(ts, m);
	if (!m->has_time)
		return 0;
	return utimensat(dirfd, name, ts, AT_SYMLINK_NOFOLLOW);
}

int
gv_entry_symlink(int dirfd, const char *name, const char *target,
    const struct gv_entry_meta *meta, unsigned *refused)
{
	if (symlinkat(target, dirfd, name) < 0)
		return -1;
	return set_link(dirfd, name, meta, refused);
}

int
gv_entry_set_at(int dirfd, const char *name, const struct gv_entry_meta *meta,
    unsigned *refused)
{
	struct timespec ts[2];
	struct stat st;
	int fd, r;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISLNK(st.st_mode))
		return set_link(dirfd, name, meta, refused);
	fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0) {
		r = gv_entry_set(fd, meta, st.st_mode & 07777, refused);
		gv_entry_close(fd);
		return r;
	}
	if (errno != EACCES)
		return -1;
	/* not readable, but ours: by name, which a link cannot be by now
	 * unless somebody else writes here */
	if ((st.st_mode & 07777) != meta->mode &&
	    fchmodat(dirfd, name, (mode_t)meta->mode, 0) < 0)
		return -1;
	times_of(ts, meta);
	if (meta->has_time &&
	    utimensat(dirfd, name, ts, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return 0;
}

int
gv_entry_stat(int dirfd, const char *name, struct stat *st)
{
	return fstatat(dirfd, *name ? name : ".", st, AT_SYMLINK_NOFOLLOW);
}

int
gv_entry_mkdir(int dirfd, const char *name, mode_t mode)
{
	return mkdirat(dirfd, name, mode);
}

int
gv_entry_link(int from_fd, const char *from, int dirfd, const char *name)
{
	return linkat(from_fd, from, dirfd, name, 0);
}

int
gv_entry_rename(int from_fd, const char *from, int dirfd, const char *name)
{
	return renameat(from_fd, from, dirfd, name);
}

int
gv_entry_unlink(int dirfd, const char *name)
{
	return unlinkat(dirfd, name, 0);
}

int
gv_entry_rmdir(int dirfd, const char *name)
{
	return unlinkat(dirfd, name, AT_REMOVEDIR);
}

void
gv_entry_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

int
gv_entry_readlink(struct gv_buf *out, int dirfd, const char *name)
{
	ssize_t n;

	gv_buf_reset(out);
	if (gv_buf_grow(out, PATH_MAX) < 0) {
		errno = ENOMEM;
		return -1;
	}
	n = readlinkat(dirfd, name, out->p, PATH_MAX);
	if (n < 0)
		return -1;
	out->len = (size_t)n;
	out->p[n] = '\0';
	return 0;
}

int
gv_entry_unlock(int dirfd, const char *name)
{
	struct stat st;

	if (gv_entry_stat(dirfd, name, &st) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	if ((st.st_mode & 0700) == 0700)
		return 0;
	return fchmodat(
	    dirfd, *name ? name : ".", (st.st_mode & 07777) | 0700, 0);
}

bool
gv_entry_may_write(int dirfd, bool *locked)
{
	struct stat st;

	*locked = false;
	if (faccessat(dirfd, ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0)
		return true;
	if (errno != EACCES || fstat(dirfd, &st) < 0)
		return false;
	*locked = st.st_uid == geteuid();
	return *locked;
}

/* What a name is on: numbers that differ where nothing is moved across. */
struct place {
	uint64_t device[2], mount;
};

#if defined(HAVE_STATX) && defined(STATX_MNT_ID)

static bool
find_place(struct place *p, int dirfd, const char *name)
{
	struct statx x;

	if (statx(dirfd, name, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &x) < 0)
		return false;
	p->device[0] = x.stx_dev_major;
	p->device[1] = x.stx_dev_minor;
	p->mount = x.stx_mask & STATX_MNT_ID ? x.stx_mnt_id : 0;
	return true;
}

#else

static bool
find_place(struct place *p, int dirfd, const char *name)
{
	struct stat st;

	if (gv_entry_stat(dirfd, name, &st) < 0)
		return false;
	*p = (struct place){ .device = { (uint64_t)st.st_dev } };
	return true;
}

#endif

bool
gv_entry_may_move(int from_fd, const char *from, int to_fd, const char *to)
{
	struct place a, b;

	if (!find_place(&a, from_fd, from) || !find_place(&b, to_fd, to))
		return true;
	return a.device[0] == b.device[0] && a.device[1] == b.device[1] &&
	    a.mount == b.mount;
}

bool
gv_entry_hold(int dirfd)
{
	/* a file system that knows no locks: nobody else can hold it */
	return flock(dirfd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

int
gv_entry_temp_dir(struct gv_buf *name, int dirfd, const char *prefix)
{
	static const char set[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	unsigned char random[6];
	int i, tries, fd;

	for (tries = 0; tries < 100; tries++) {
		gv_buf_reset(name);
		gv_buf_addstr(name, prefix);
		if (gv_clock_random(random, sizeof(random)) < 0) {
			errno = EIO;
			return -1;
		}
		for (i = 0; i < 6; i++)
			gv_buf_addch(name, set[random[i] % 36]);
		if (gv_buf_check(name) < 0) {
			errno = ENOMEM;
			return -1;
		}
		if (mkdirat(dirfd, name->p, 0700) == 0)
			break;
		if (errno != EEXIST)
			return -1;
	}
	fd = openat(dirfd, name->p, DIR_FLAGS);
	if (fd < 0)
		return -1;
	/* a parent with the set-group-id bit, or with a default access control
	 * list, must not mark everything below */
	if (gv_xattr_disown(fd) < 0 || fchmod(fd, 0700) < 0) {
		gv_entry_close(fd);
		return -1;
	}
	return fd;
}

int
gv_entry_sync_all(int fd)
{
#ifdef HAVE_SYNCFS
	return syncfs(fd);
#else
	(void)fd;
	sync();
	return 0;
#endif
}

char *
gv_entry_real_path(const char *path)
{
	return realpath(path, NULL);
}

void
gv_entry_cursor_init(struct gv_entry_cursor *c, int root)
{
	c->root = c->fd = root;
	c->path = (struct gv_buf)GV_BUF_INIT;
}

static void
back_to_root(struct gv_entry_cursor *c)
{
	if (c->fd != c->root)
		gv_entry_close(c->fd);
	c->fd = c->root;
	gv_buf_reset(&c->path);
}

/* One step down. */
static int
enter(struct gv_entry_cursor *c, const char *name, size_t len)
{
	char part[NAME_MAX + 1];
	int fd;

	if (len > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(part, name, len);
	part[len] = '\0';
	fd = openat(c->fd, part, DIR_FLAGS);
	if (fd < 0)
		return -1;
	if (c->fd != c->root)
		close(c->fd);
	c->fd = fd;
	if (c->path.len)
		gv_buf_addch(&c->path, '/');
	gv_buf_add(&c->path, name, len);
	if (c->path.failed) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

int
gv_entry_cursor_go(struct gv_entry_cursor *c, const char *path, size_t len)
{
	size_t at = c->path.len, n;
	const char *slash;

	if (at > len || memcmp(c->path.p, path, at) != 0 ||
	    (at && at < len && path[at] != '/')) {
		back_to_root(c);
		at = 0;
	}
	while (at < len) {
		at += at > 0;
		slash = memchr(path + at, '/', len - at);
		n = slash ? (size_t)(slash - path) - at : len - at;
		if (enter(c, path + at, n) < 0) {
			n = (size_t)errno;
			back_to_root(c);
			errno = (int)n;
			return -1;
		}
		at += n;
	}
	return c->fd;
}

int
gv_entry_cursor_parent(
    struct gv_entry_cursor *c, const char *path, size_t len, const char **name)
{
	size_t n = len;

	while (n > 0 && path[n - 1] != '/')
		n--;
	*name = path + n;
	return gv_entry_cursor_go(c, path, n ? n - 1 : 0);
}

void
gv_entry_cursor_release(struct gv_entry_cursor *c)
{
	if (c == NULL)
		return;
	back_to_root(c);
	gv_buf_release(&c->path);
}
