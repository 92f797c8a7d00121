#include "object/midx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/err.h"
#include "repo/oid.h"
#include "sys/file.h"

/* The file: a head of 12 bytes, then a row of 12 for each chunk (id, offset)
 * and one that ends the last. The names of its packs are a chunk of strings
 * that end in NUL. */
#define HEAD      12
#define ROW       12
#define NAMES     0x504e414d /* "PNAM" */
#define NAMES_MAX (64u << 20)

#define STALE (12 * 3600) /* as git gc has it: no git works that long */

/* Read the chunk of names. 0, or GV_ECORRUPT without a message. */
static int
read_names(struct gv_buf *out, int fd)
{
	unsigned char head[HEAD], rows[2 * ROW] = { 0 };
	uint64_t from, to;
	unsigned i;

	if (gv_file_pread_full(fd, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head, "MIDX\1", 5) != 0)
		return GV_ECORRUPT;
	for (i = 0; i < head[6]; i++) {
		if (gv_file_pread_full(fd, rows, sizeof(rows),
			HEAD + (off_t)i * ROW) != sizeof(rows))
			return GV_ECORRUPT;
		if (gv_enc_number(rows, 4) == NAMES)
			break;
	}
	from = gv_enc_number(rows + 4, 8);
	to = gv_enc_number(rows + ROW + 4, 8);
	if (i == head[6] || to < from || to - from > NAMES_MAX ||
	    from > INT64_MAX || gv_buf_grow(out, (size_t)(to - from)) < 0)
		return GV_ECORRUPT;
	if (gv_file_pread_full(fd, out->p, (size_t)(to - from), (off_t)from) !=
	    (ssize_t)(to - from))
		return GV_ECORRUPT;
	out->len = (size_t)(to - from);
	out->p[out->len] = '\0';
	return 0;
}

int
gv_midx_load(struct gv_midx *out, const char *objects_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	int fd = -1, r;

	*out = (struct gv_midx){ .names = GV_BUF_INIT };
	gv_buf_addf(&path, "%s/pack/multi-pack-index.d", objects_dir);
	r = gv_buf_check(&path);
	if (r < 0)
		goto out;
	out->is_opaque = gv_file_exists(AT_FDCWD, path.p);
	gv_buf_truncate(&path, path.len - 2);
	fd = open(path.p, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		out->is_opaque = out->is_opaque || errno != ENOENT;
	else if (read_names(&out->names, fd) < 0)
		out->is_opaque = true;
out:
	gv_file_close(fd);
	gv_buf_release(&path);
	return r;
}

/* The next name of a pack, from *p on; NULL at the end. */
static const char *
next_name(const struct gv_midx *midx, const char **p)
{
	const char *end = midx->names.p + midx->names.len, *name = *p;

	if (name >= end || *name == '\0')
		return NULL;
	*p += strlen(name) + 1;
	return name;
}

bool
gv_midx_names(const struct gv_midx *midx, const char *pack)
{
	const char *p = midx->names.p, *name;

	if (midx->is_opaque)
		return true;
	while ((name = next_name(midx, &p)))
		if (strncmp(name, "pack-", 5) == 0 &&
		    strncmp(name + 5, pack, GV_OID_HEX) == 0)
			return true;
	return false;
}

void
gv_midx_release(struct gv_midx *midx)
{
	if (midx)
		gv_buf_release(&midx->names);
}

bool
gv_midx_is_busy(const char *objects_dir)
{
	static const char *const locks[] = { "maintenance.lock",
		"pack/multi-pack-index.lock" };
	bool is_busy = false;
	size_t i;

	for (i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
		struct gv_buf path = GV_BUF_INIT;

		gv_buf_addf(&path, "%s/%s", objects_dir, locks[i]);
		if (gv_buf_check(&path) == 0 &&
		    gv_file_exists(AT_FDCWD, path.p) &&
		    !gv_file_is_stale(AT_FDCWD, path.p, STALE))
			is_busy = true;
		gv_buf_release(&path);
	}
	return is_busy;
}

static bool
names_gone(const struct gv_midx *midx, int dirfd)
{
	const char *p = midx->names.p, *name;

	while ((name = next_name(midx, &p)))
		if (strchr(name, '/') == NULL &&
		    faccessat(dirfd, name, F_OK, 0) < 0 && errno == ENOENT)
			return true;
	return false;
}

int
gv_midx_sweep(const char *objects_dir)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_midx midx;
	int dirfd = -1, r = gv_midx_load(&midx, objects_dir);

	if (r < 0 || midx.names.len == 0)
		goto out;
	gv_buf_addf(&path, "%s/pack", objects_dir);
	if ((r = gv_buf_check(&path)) == 0)
		dirfd = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 || !names_gone(&midx, dirfd) ||
	    gv_midx_is_busy(objects_dir))
		goto out;
	if (unlinkat(dirfd, "multi-pack-index", 0) < 0 && errno != ENOENT)
		r = gv_err_sys(
		    "cannot remove %s/multi-pack-index, which names packs that "
		    "no longer exist",
		    path.p);
out:
	gv_file_close(dirfd);
	gv_midx_release(&midx);
	gv_buf_release(&path);
	return r;
}
