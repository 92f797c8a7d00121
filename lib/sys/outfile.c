#include "sys/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/cancel.h"
#include "sys/file.h"

enum kind {
	MISSING,
	REGULAR,
	STREAM, /* FIFO or device */
};

/* ---- what is there ------------------------------------------------------ */

static int
there_already(const struct gv_outfile *f)
{
	return gv_err(GV_EEXISTS, "%s is there already; %s", f->path,
	    f->instead ? f->instead : "name another file, or move it away");
}

/* Look at what the path leads to. A link that leads nowhere is MISSING. */
static int
look(enum kind *kind, const struct gv_outfile *f)
{
	struct stat st;

	*kind = MISSING;
	if (fstatat(AT_FDCWD, f->path, &st, 0) < 0)
		return errno == ENOENT
		    ? 0
		    : gv_err_sys("cannot look at %s", f->path);
	if (S_ISDIR(st.st_mode))
		return gv_err(GV_EREFUSED,
		    "%s is a directory; name a file in it", f->path);
	if (S_ISSOCK(st.st_mode))
		return gv_err(GV_EREFUSED,
		    "%s is a socket, which cannot hold a file; name another "
		    "place",
		    f->path);
	*kind = S_ISREG(st.st_mode) ? REGULAR : STREAM;
	return 0;
}

/* A rename asks nobody whether the old file may be written to. */
static int
check(enum kind *kind, const struct gv_outfile *f)
{
	int r = look(kind, f);

	if (r < 0 || *kind == STREAM)
		return r;
	if (!f->replaces)
		return gv_file_exists(AT_FDCWD, f->path) ? there_already(f) : 0;
	if (*kind == REGULAR &&
	    faccessat(AT_FDCWD, f->path, W_OK, AT_EACCESS) < 0)
		return gv_err_sys("cannot replace %s", f->path);
	return 0;
}

int
gv_outfile_check(const struct gv_outfile *f)
{
	enum kind kind;

	return f->path ? check(&kind, f) : 0;
}

bool
gv_outfile_is_stream(const char *path)
{
	struct stat st;

	return fstatat(AT_FDCWD, path, &st, 0) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode) && !S_ISSOCK(st.st_mode);
}

/* ---- open --------------------------------------------------------------- */

static int
open_stream(struct gv_outfile *f)
{
	struct stat st;

	f->is_stream = true;
	f->fd = open(f->path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (f->fd < 0)
		return gv_err_sys("cannot write %s", f->path);
	return fstat(f->fd, &st) < 0 || S_ISREG(st.st_mode)
	    ? gv_err(GV_ERROR, "%s was replaced just now; try again", f->path)
	    : 0;
}

#ifdef GV_LINUX
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? strdup(".")
	    : slash == path  ? strdup("/")
			     : strndup(path, (size_t)(slash - path));
}
#endif

/* A file without a name goes with its process; not every system or file system
 * has such, and it is given a name through /proc. */
static int
open_unnamed(const struct gv_outfile *f)
{
#ifdef GV_LINUX
	char *folder = folder_of(f->target);
	int fd = -1;

	if (folder && access("/proc/self/fd", X_OK) == 0)
		fd = open(
		    folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, f->mode & 0777);
	free(folder);
	return fd;
#else
	(void)f;
	return -1;
#endif
}

/* Whom the file that is replaced was for, the new one is for: it opens to
 * nobody else, and not to fewer. Where its group cannot be kept, the bits of a
 * group would be for another one. */
static int
keep_mode(const struct gv_outfile *f)
{
	struct stat was, now;
	mode_t mode;

	if (!f->replaces || fstatat(AT_FDCWD, f->target, &was, 0) < 0)
		return 0;
	if (fstat(f->fd, &now) < 0)
		return gv_err_sys("cannot look at %s", f->path);
	mode = was.st_mode & f->mode & 0777;
	if ((was.st_uid != now.st_uid || was.st_gid != now.st_gid) &&
	    fchown(f->fd, was.st_uid, was.st_gid) < 0 &&
	    was.st_gid != now.st_gid &&
	    fchown(f->fd, (uid_t)-1, was.st_gid) < 0)
		mode &= ~(mode_t)070;
	return fchmod(f->fd, mode) < 0
	    ? gv_err_sys("cannot set the mode of %s", f->path)
	    : 0;
}

static int
open_new(struct gv_outfile *f)
{
	const int how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int r = 0;

	if (f->replaces)
		r = gv_file_target(&f->target, f->path, "name another file");
	else if ((f->target = strdup(f->path)) == NULL)
		r = gv_err_nomem();
	if (r < 0)
		return r;
	f->fd = open_unnamed(f);
	if (f->fd < 0) {
		gv_buf_addf(
		    &f->temporary, "%s.%ld.part", f->target, (long)getpid());
		if ((r = gv_buf_check(&f->temporary)) < 0)
			return r;
		f->fd = open(f->temporary.p, how, f->mode & 0777);
		if (f->fd < 0)
			return gv_err_sys("cannot create %s", f->path);
	}
	return keep_mode(f);
}

static void
release(struct gv_outfile *f)
{
	free(f->target);
	f->target = NULL;
	gv_buf_release(&f->temporary);
	f->fd = -1;
}

int
gv_outfile_open(struct gv_outfile *f)
{
	enum kind kind = STREAM;
	int r;

	f->target = NULL;
	f->temporary = (struct gv_buf)GV_BUF_INIT;
	f->is_open = f->is_stream = false;
	f->fd = STDOUT_FILENO;
	if (f->path == NULL)
		return 0;
	f->fd = -1;
	if ((r = check(&kind, f)) == 0)
		r = kind == STREAM ? open_stream(f) : open_new(f);
	if (r < 0 && f->fd >= 0 && f->temporary.len)
		unlink(f->temporary.p);
	if (r < 0) {
		gv_file_close(f->fd);
		release(f);
	}
	f->is_open = r == 0;
	return r;
}

bool
gv_outfile_is_hidden(const struct gv_outfile *f)
{
	return f->is_open && !f->is_stream;
}

/* ---- write and close ---------------------------------------------------- */

static int
failed(const struct gv_outfile *f)
{
	if (errno == EPIPE && gv_cancel_requested())
		return gv_cancel_error();
	return gv_err_sys("cannot write %s", f->path ? f->path : "to stdout");
}

int
gv_outfile_write(void *file, const void *data, size_t len)
{
	const struct gv_outfile *f = file;

	return gv_file_write_all(f->fd, data, len) < 0 ? failed(f) : 0;
}

/* Give a file without a name this one, which nothing has. */
static int
give_name(const struct gv_outfile *f, const char *name)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

/* Something else may have come to the place meanwhile: only a file that may be
 * replaced is. */
static int
put_in_place(struct gv_outfile *f)
{
	const bool is_unnamed = f->temporary.len == 0;
	enum kind kind;
	int r;

	if (!f->replaces) {
		r = is_unnamed
		    ? give_name(f, f->target)
		    : gv_file_rename_new(AT_FDCWD, f->temporary.p, f->target);
		return r == 0         ? 0
		    : errno == EEXIST ? there_already(f)
				      : failed(f);
	}
	if ((r = look(&kind, f)) < 0)
		return r;
	if (kind == STREAM)
		return gv_err(
		    GV_ERROR, "%s was replaced just now; try again", f->path);
	if (is_unnamed) {
		gv_buf_addf(
		    &f->temporary, "%s.%ld.part", f->target, (long)getpid());
		if ((r = gv_buf_check(&f->temporary)) < 0 ||
		    (r = give_name(f, f->temporary.p)) < 0) {
			gv_buf_reset(&f->temporary);
			return r == GV_ENOMEM ? r : failed(f);
		}
	}
	return renameat(AT_FDCWD, f->temporary.p, AT_FDCWD, f->target) < 0
	    ? failed(f)
	    : 0;
}

int
gv_outfile_close(struct gv_outfile *f, int r)
{
	if (!f->is_open)
		return r;
	f->is_open = false;
	if (r == 0 && !f->is_stream)
		r = fsync(f->fd) < 0 ? failed(f) : put_in_place(f);
	if (r < 0 && f->temporary.len)
		unlink(f->temporary.p);
	if (close(f->fd) < 0 && r == 0)
		r = failed(f);
	if (r == 0 && !f->is_stream)
		r = gv_file_sync_parent(AT_FDCWD, f->target);
	release(f);
	return r;
}

/* ---- all at once -------------------------------------------------------- */

bool
gv_outfile_is_stdout(const char *path)
{
	return path == NULL || strcmp(path, "-") == 0;
}

int
gv_outfile_put(struct gv_outfile *f, const void *data, size_t len)
{
	int r;

	if (gv_outfile_is_stdout(f->path))
		f->path = NULL;
	r = gv_outfile_open(f);
	return r < 0 ? r : gv_outfile_close(f, gv_outfile_write(f, data, len));
}
