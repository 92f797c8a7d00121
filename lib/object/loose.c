#include "object/loose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "compress/deflate.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/file.h"

#define LEVEL  1
#define TMP    "tmp_obj_" /* by this git prune knows what a kill has left */
#define RANDOM 8          /* bytes behind it */
#define TRIES  4

/* What its file holds: a head and the bytes, deflated. */
static int
format(struct gv_buf *out, enum gv_otype type, const void *data, size_t len)
{
	struct gv_deflate *z = gv_deflate_new(LEVEL);
	struct gv_buf plain = GV_BUF_INIT;
	size_t room = 0;
	int r = z ? 0 : GV_ENOMEM;

	gv_buf_addf(&plain, "%s %zu", gv_oid_type_name(type), len);
	gv_buf_addch(&plain, '\0');
	gv_buf_add(&plain, data, len);
	if (r < 0 || (r = gv_buf_check(&plain)) < 0)
		goto out;
	room = gv_deflate_bound(z, plain.len);
	if ((r = gv_buf_grow(out, room)) < 0)
		goto out;
	out->len = gv_deflate_run(z, out->p, room, plain.p, plain.len);
out:
	gv_buf_release(&plain);
	gv_deflate_free(z);
	return r;
}

/* On disk, under a name that nobody reads; 0, or -1 with errno set. */
static int
write_tmp(int dir, const char *tmp, const struct gv_buf *bytes)
{
	int fd =
	    openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	int r;

	if (fd < 0)
		return -1;
	if ((r = gv_file_write_all(fd, bytes->p, bytes->len)) == 0)
		r = fsync(fd);
	if (r < 0) {
		gv_file_close(fd);
		return -1;
	}
	return close(fd);
}

/* The same under its own name, flushed. `dir` is its folder. */
static int
place(int dir, const char *name, const struct gv_buf *bytes)
{
	char tmp[sizeof(TMP) + 2 * RANDOM] = TMP;
	unsigned char random[RANDOM];
	int r = gv_clock_random(random, RANDOM);

	if (r < 0)
		return r;
	gv_enc_hex(tmp + strlen(TMP), random, RANDOM);
	if (write_tmp(dir, tmp, bytes) < 0 ||
	    renameat(dir, tmp, dir, name) < 0) {
		r = gv_err_sys("cannot write the object file %s", name);
		unlinkat(dir, tmp, 0);
		return r;
	}
	return fsync(dir) < 0 && errno != EINVAL
	    ? gv_err_sys("cannot flush the folder of the object file %s", name)
	    : 0;
}

static int
write_once(const struct gv_repo *repo, const char *dir, const char *name,
    const struct gv_buf *bytes)
{
	unsigned mask = gv_repo_share(repo);
	int fd = -1, r = gv_file_mkdirs(AT_FDCWD, dir, 0777);

	if (r == 0) {
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = fd < 0 ? gv_err_sys("cannot open %s", dir)
			   : place(fd, name, bytes);
	}
	gv_file_close(fd);
	gv_repo_unshare(mask);
	return r;
}

/* A git prune takes empty folders away, maybe the one that was just made. */
static int
write_file(const struct gv_repo *repo, const struct gv_oid *id,
    const struct gv_buf *bytes)
{
	struct gv_buf dir = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int i, r;

	gv_oid_format(hex, id);
	gv_buf_addf(&dir, "%s/%.2s", repo->objects_dir, hex);
	if ((r = gv_buf_check(&dir)) == 0)
		r = GV_ENOTFOUND;
	for (i = 0; r == GV_ENOTFOUND && i < TRIES; i++)
		r = write_once(repo, dir.p, hex + 2, bytes);
	gv_buf_release(&dir);
	if (r == 0)
		r = gv_file_sync_dir(AT_FDCWD, repo->objects_dir);
	return r == GV_ENOTFOUND ? GV_ERROR : r;
}

int
gv_loose_write(struct gv_oid *out, const struct gv_repo *repo,
    enum gv_otype type, const void *data, size_t len)
{
	struct gv_buf bytes = GV_BUF_INIT;
	struct gv_oid id;
	int r = gv_oid_of(&id, type, data, len);

	if (r == 0 && (r = format(&bytes, type, data, len)) == 0 &&
	    (r = write_file(repo, &id, &bytes)) == 0)
		*out = id;
	gv_buf_release(&bytes);
	return r;
}
