#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "sandbox/sandbox_internal.h"
#include "sys/dir.h"
#include "sys/file.h"

#define PIECE ((size_t)64 * 1024)

/* What is sent was read below a directory; still, nothing is made outside. */
static bool
is_inside(const char *path, size_t len)
{
	const char *end = path + len, *at = path, *next;

	if (len == 0 || *path == '/' || memchr(path, '\0', len))
		return false;
	for (; at <= end; at = next + 1) {
		next = memchr(at, '/', (size_t)(end - at));
		if (next == NULL)
			next = end;
		if (next == at || (next - at == 1 && *at == '.') ||
		    (next - at == 2 && at[0] == '.' && at[1] == '.'))
			return false;
	}
	return true;
}

static int
copy_bytes(int to, int from, uint64_t size, const char *path)
{
	char piece[PIECE];
	int r = 0;

	while (size > 0) {
		const size_t want = size < PIECE ? (size_t)size : PIECE;
		const ssize_t n = gv_file_read_full(from, piece, want);

		if (n < 0 || (size_t)n != want)
			return gv_err(GV_ERROR, "the tree broke off");
		/* the rest is read all the same: frames come behind it */
		if (r == 0 && gv_file_write_all(to, piece, want) < 0)
			r = gv_err_sys("cannot write '%s'", path);
		size -= want;
	}
	return r;
}

static int
make_file(int dir, const char *name, const char *path,
    struct gv_sandbox_wire *w, int from)
{
	const mode_t mode = (mode_t)gv_sandbox_wire_take_number(w) & 0777;
	const uint64_t size = gv_sandbox_wire_take_number(w);
	int fd, r;

	fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return gv_err_sys("cannot make '%s'", path);
	r = copy_bytes(fd, from, size, path);
	/* who runs here owns it, so that it may write it */
	if (r == 0 && fchmod(fd, mode | 0600) < 0)
		r = gv_err_sys("cannot set the mode of '%s'", path);
	gv_file_close(fd);
	return r;
}

int
gv_sandbox_unpack(
    const struct gv_sandbox_place *p, struct gv_sandbox_wire *w, int from)
{
	size_t len, n;
	const char *path = gv_sandbox_wire_take(w, &len), *name, *target;
	int dir, r = 0;

	if (w->is_bad || !is_inside(path, len))
		return gv_err(GV_ECORRUPT, "a name leaves the work area");
	dir = gv_dir_open_parent(p->work, path, len, &name);
	if (dir < 0)
		return gv_err_sys("cannot open the folder of '%s'", path);
	if (w->kind == 'F') {
		r = make_file(dir, name, path, w, from);
	} else if (w->kind == 'D') {
		const mode_t mode = (mode_t)gv_sandbox_wire_take_number(w);

		if (mkdirat(dir, name, (mode & 0777) | 0700) < 0)
			r = gv_err_sys("cannot make '%s'", path);
	} else {
		target = gv_sandbox_wire_take(w, &n);
		if (w->is_bad || n == 0 || symlinkat(target, dir, name) < 0)
			r = gv_err_sys("cannot make the link '%s'", path);
	}
	gv_file_close(dir);
	return r;
}
