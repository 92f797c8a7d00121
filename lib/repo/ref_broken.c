#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/dir.h"
#include "sys/file.h"

#define MAX_REF   4096
#define MAX_DEPTH 32 /* of a ref's name */

/* A power failure leaves it empty, or full of zero bytes. Git passes over it
 * then, with a warning where it looks for it by its name. */
static int
is_broken(int fd, const char *name)
{
	static const char link[] = "ref: ";
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid id;
	int r = gv_file_read(&text, fd, name, MAX_REF);
	bool is_ref = r == 0 &&
	    (strncmp(text.p, link, sizeof(link) - 1) == 0 ||
		(text.len >= GV_OID_HEX && gv_oid_parse(&id, text.p) == 0 &&
		    !gv_oid_is_zero(&id) &&
		    (text.p[GV_OID_HEX] == '\0' ||
			strchr(" \t\r\n", text.p[GV_OID_HEX]))));

	gv_buf_release(&text);
	if (r == GV_ENOMEM)
		return r;
	/* one that went meanwhile is in packed-refs, or deleted */
	return r != GV_ENOTFOUND && !is_ref;
}

static bool
is_lock(const struct gv_dir_name *name)
{
	return name->len > 5 &&
	    strcmp(name->name + name->len - 5, ".lock") == 0;
}

/* All below the path, of which the name of a ref begins at `from`; it ends
 * with a slash. */
static int
look_into(struct gv_buf *out, struct gv_buf *path, size_t from, int depth)
{
	struct gv_dir_names names = { 0 };
	size_t i, len = path->len;
	int fd = gv_dir_open_root(path->p), r;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
		    ? 0
		    : gv_err_sys("cannot look into %s", path->p + from);
	r = gv_dir_list(&names, fd);
	for (i = 0; r == 0 && i < names.n; i++) {
		const struct gv_dir_name *name = &names.names[i];

		gv_buf_truncate(path, len);
		gv_buf_addstr(path, name->name);
		if (name->type == DT_DIR && depth < MAX_DEPTH) {
			gv_buf_addch(path, '/');
			if ((r = gv_buf_check(path)) == 0)
				r = look_into(out, path, from, depth + 1);
		} else if (name->type == DT_REG && !is_lock(name)) {
			r = is_broken(fd, name->name);
			if (r > 0)
				gv_buf_addf(out, "%s\n", path->p + from);
			r = r < 0 ? r : 0;
		}
	}
	gv_dir_names_release(&names);
	gv_file_close(fd);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_ref_broken(
    struct gv_buf *out, const struct gv_repo *repo, const char *prefix)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/%s", repo->common_dir, prefix);
	if ((r = gv_buf_check(&path)) == 0)
		r = look_into(out, &path, path.len - strlen(prefix), 0);
	gv_buf_release(&path);
	return r;
}

static int
write_ref(const char *path, const char *lock, const struct gv_oid *oid)
{
	char text[GV_OID_HEX + 2];
	int fd = open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), r;

	if (fd < 0)
		return errno == EEXIST
		    ? gv_err(GV_ELOCKED,
			  "another git holds the lock %s; if no git is running "
			  "here, remove that file",
			  lock)
		    : gv_err_sys("cannot create %s", lock);
	gv_oid_format(text, oid);
	text[GV_OID_HEX] = '\n';
	if ((r = gv_file_write_all(fd, text, GV_OID_HEX + 1)) == 0)
		r = fsync(fd);
	if (close(fd) < 0 || r < 0 || rename(lock, path) < 0) {
		r = gv_err_sys("cannot write %s", path);
		(void)unlink(lock);
		return r;
	}
	return gv_file_sync_parent(AT_FDCWD, path);
}

int
gv_ref_mend(
    const struct gv_repo *repo, const char *name, const struct gv_oid *oid)
{
	struct gv_buf path = GV_BUF_INIT, lock = GV_BUF_INIT;
	int r = gv_repo_check_writable(repo);

	gv_buf_addf(&path, "%s/%s", repo->common_dir, name);
	gv_buf_addf(&lock, "%s/%s.lock", repo->common_dir, name);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_buf_check(&lock);
	/* a repair that was killed leaves its lock */
	if (r == 0 && (r = gv_ref_sweep(repo)) == 0)
		r = write_ref(path.p, lock.p, oid);
	gv_buf_release(&path);
	gv_buf_release(&lock);
	return r;
}
