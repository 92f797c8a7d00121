#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "sandbox/sandbox_internal.h"
#include "sys/dir.h"
#include "sys/file.h"

#define PIECE ((size_t)256 * 1024)

/* Files are read below a directory that is opened without following links.
 * Directories that are yet to be read wait in a list: nothing recurses. */
struct sending {
	int root, fd;
	const char *below; /* where it is to be: a name and '/'; or "" */
	struct gv_sandbox_wire wire;
	struct gv_buf out;  /* frames that are not sent yet */
	struct gv_buf wait; /* directories, each with a NUL behind it */
	uint64_t left;      /* bytes of space */
};

static int
flush(struct sending *s)
{
	int r = gv_buf_check(&s->out);

	if (r == 0 && s->out.len &&
	    gv_file_write_all(s->fd, s->out.p, s->out.len) < 0)
		r = gv_err_sys("cannot send files to a sandbox");
	gv_buf_reset(&s->out);
	return r;
}

static int
take_space(struct sending *s, uint64_t bytes)
{
	/* a file system in memory counts pages */
	bytes = (bytes + 4095) / 4096 * 4096 + 1024;
	if (bytes > s->left)
		return gv_err(GV_EREFUSED,
		    "the tree does not fit in the space of its sandbox");
	s->left -= bytes;
	return 0;
}

/* Where a file is to be. */
static void
add_place(struct sending *s, const char *path, size_t len)
{
	struct gv_buf place = GV_BUF_INIT;

	gv_buf_addstr(&place, s->below);
	gv_buf_add(&place, path, len);
	gv_sandbox_wire_add(&s->wire, place.p, place.len);
	s->out.failed = s->out.failed || place.failed;
	gv_buf_release(&place);
}

/* Exactly as many bytes as were announced: a file that becomes shorter while it
 * is read is filled up. */
static int
send_bytes(struct sending *s, int fd, uint64_t size)
{
	uint64_t done = 0;
	int r = 0;

	while (r == 0 && done < size) {
		size_t want =
		    size - done < PIECE ? (size_t)(size - done) : PIECE;
		ssize_t n;

		if (gv_buf_grow(&s->out, want) < 0)
			return GV_ENOMEM;
		n = gv_file_read_full(fd, s->out.p + s->out.len, want);
		if (n < 0)
			return gv_err_sys("cannot read a file of the tree");
		memset(s->out.p + s->out.len + n, 0, want - (size_t)n);
		s->out.len += want;
		done += want;
		if (s->out.len >= PIECE)
			r = flush(s);
	}
	return r;
}

static int
send_file(struct sending *s, const char *path, size_t len)
{
	struct stat st;
	int fd = gv_dir_open_file(s->root, path, len), r;

	if (fd < 0)
		return gv_err_sys("cannot read '%s'", path);
	if (fstat(fd, &st) < 0) {
		gv_file_close(fd);
		return gv_err_sys("cannot read '%s'", path);
	}
	gv_sandbox_wire_begin(&s->wire, 'F');
	add_place(s, path, len);
	gv_sandbox_wire_add_number(&s->wire, st.st_mode & 0777);
	gv_sandbox_wire_add_number(&s->wire, (uint64_t)st.st_size);
	if ((r = take_space(s, (uint64_t)st.st_size)) == 0 &&
	    (r = gv_sandbox_wire_end(&s->out, &s->wire)) == 0)
		r = send_bytes(s, fd, (uint64_t)st.st_size);
	gv_file_close(fd);
	return r;
}

static int
send_link(struct sending *s, const char *path, size_t len)
{
	char target[4096];
	ssize_t n =
	    gv_dir_read_link(s->root, path, len, target, sizeof(target));

	if (n < 0)
		return gv_err_sys("cannot read the link '%s'", path);
	gv_sandbox_wire_begin(&s->wire, 'L');
	add_place(s, path, len);
	gv_sandbox_wire_add(&s->wire, target, (size_t)n);
	return gv_sandbox_wire_end(&s->out, &s->wire);
}

static int
send_dir(struct sending *s, const char *path, size_t len, mode_t mode)
{
	int r;

	gv_buf_add(&s->wait, path, len);
	gv_buf_addch(&s->wait, '\0');
	gv_sandbox_wire_begin(&s->wire, 'D');
	add_place(s, path, len);
	gv_sandbox_wire_add_number(&s->wire, mode & 0777);
	r = take_space(s, 0);
	return r < 0 ? r : gv_sandbox_wire_end(&s->out, &s->wire);
}

/* What is neither file, directory nor link stays out. */
static int
send_entry(struct sending *s, const char *path, size_t len)
{
	struct stat st;

	if (gv_dir_stat(s->root, path, len, &st) < 0)
		return gv_err_sys("cannot read '%s'", path);
	if (S_ISREG(st.st_mode))
		return send_file(s, path, len);
	if (S_ISDIR(st.st_mode))
		return send_dir(s, path, len, st.st_mode);
	return S_ISLNK(st.st_mode) ? send_link(s, path, len) : 0;
}

/* Git's own folder is no part of the tree. */
static bool
is_git(const char *dir, const char *name)
{
	return *dir == '\0' && strcmp(name, ".git") == 0;
}

static int
send_names(struct sending *s, const char *dir)
{
	struct gv_dir_names names = { .n = 0 };
	struct gv_buf path = GV_BUF_INIT;
	int fd = gv_dir_open(s->root, dir, strlen(dir)), r = 0;
	size_t i;

	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot read the directory '%s'", dir);
	gv_file_close(fd);
	for (i = 0; r == 0 && i < names.n; i++) {
		if (is_git(dir, names.names[i].name))
			continue;
		gv_buf_reset(&path);
		if (*dir)
			gv_buf_addf(&path, "%s/", dir);
		gv_buf_add(&path, names.names[i].name, names.names[i].len);
		if ((r = gv_buf_check(&path)) == 0 &&
		    (r = send_entry(s, path.p, path.len)) == 0 &&
		    s->out.len >= PIECE)
			r = flush(s);
	}
	gv_buf_release(&path);
	gv_dir_names_release(&names);
	return r;
}

int
gv_sandbox_tree_send(const char *dir, const char *below, int fd, uint64_t space)
{
	struct sending s = { .fd = fd,
		.below = below ? below : "",
		.wire = GV_SANDBOX_WIRE_INIT,
		.out = GV_BUF_INIT,
		.wait = GV_BUF_INIT,
		.left = space };
	struct gv_buf at = GV_BUF_INIT;
	size_t next = 0;
	int r = 0;

	if ((s.root = gv_dir_open_root(dir)) < 0)
		return gv_err_sys("cannot open the directory %s", dir);
	if (*s.below) {
		gv_sandbox_wire_begin(&s.wire, 'D');
		gv_sandbox_wire_add(&s.wire, s.below, strlen(s.below) - 1);
		gv_sandbox_wire_add_number(&s.wire, 0700);
		r = gv_sandbox_wire_end(&s.out, &s.wire);
	}
	gv_buf_addch(&s.wait, '\0');
	while (r == 0 && next < s.wait.len) {
		gv_buf_reset(&at);
		gv_buf_addstr(&at, s.wait.p + next);
		next += at.len + 1;
		if ((r = gv_buf_check(&at)) == 0)
			r = send_names(&s, at.p);
	}
	if (r == 0)
		r = flush(&s);
	gv_file_close(s.root);
	gv_buf_release(&at);
	gv_buf_release(&s.wait);
	gv_buf_release(&s.out);
	gv_sandbox_wire_release(&s.wire);
	return r;
}
