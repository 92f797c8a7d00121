#include "object/pack_adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/pack_internal.h"
#include "repo/hash.h"
#include "sys/file.h"

struct gv_pack_adopt {
	char *dir; /* objects/pack */
	int dirfd;
	char tmp[48]; /* our own beginning of names, and a file that we hold */
	int tmp_fd;
	char *base;     /* the same with the folder */
	char from[112]; /* stem of what git wrote, below dir; "" before */
	char *stem;
	char hex[GV_OID_HEX + 1];
	struct gv_oid checksum;
	struct gv_buf mtimes; /* the file; empty: none */
	uint64_t bytes;
	int keep_fd;
	bool is_placed; /* the files are ours to take away */
};

static const char *const parts[] = { "pack", "rev", "mtimes", "idx" };
#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

int
gv_pack_adopt_open(struct gv_pack_adopt **out, const char *objects_dir)
{
	struct gv_pack_adopt *a = calloc(1, sizeof(*a));
	struct gv_buf buf = GV_BUF_INIT;
	int r;

	if (a == NULL)
		return gv_err_nomem();
	a->dirfd = a->tmp_fd = a->keep_fd = -1;
	a->mtimes = (struct gv_buf)GV_BUF_INIT;
	gv_buf_addf(&buf, "%s/pack", objects_dir);
	a->dir = gv_buf_take(&buf);
	if (a->dir == NULL) {
		r = GV_ENOMEM;
		goto fail;
	}
	a->dirfd = open(a->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->dirfd < 0) {
		r = gv_err_sys("cannot open directory %s", a->dir);
		goto fail;
	}
	/* git writes for as long as it takes; that we live is to be seen from
	 * what we hold, whatever the clock says */
	a->tmp_fd = gv_pack_tmp_open(a->dirfd, a->tmp);
	if (a->tmp_fd < 0) {
		r = gv_err_sys("cannot create a file in %s", a->dir);
		goto fail;
	}
	gv_buf_addf(&buf, "%s/%s", a->dir, a->tmp);
	a->base = gv_buf_take(&buf);
	if (a->base == NULL) {
		r = GV_ENOMEM;
		goto fail;
	}
	*out = a;
	return 0;
fail:
	gv_pack_adopt_close(a);
	return r;
}

const char *
gv_pack_adopt_base(const struct gv_pack_adopt *a)
{
	return a->base;
}

const char *
gv_pack_adopt_stem(const struct gv_pack_adopt *a)
{
	return a->stem;
}

const char *
gv_pack_adopt_name(const struct gv_pack_adopt *a)
{
	return a->hex;
}

uint64_t
gv_pack_adopt_bytes(const struct gv_pack_adopt *a)
{
	return a->bytes;
}

static void
part_of(char out[128], const char *stem, const char *ext)
{
	snprintf(out, 128, "%s.%s", stem, ext);
}

/* Note the new place of the files. */
static int
set_stem(struct gv_pack_adopt *a, const char *name)
{
	struct gv_buf buf = GV_BUF_INIT;

	free(a->stem);
	gv_buf_addf(&buf, "%s/%s", a->dir, name);
	a->stem = gv_buf_take(&buf);
	return a->stem ? 0 : GV_ENOMEM;
}

static int
measure(struct gv_pack_adopt *a, const char *ext)
{
	char name[128];
	struct stat st;

	part_of(name, a->from, ext);
	if (fstatat(a->dirfd, name, &st, 0) < 0)
		return gv_err_sys(
		    "git pack-objects did not write %s/%s", a->dir, name);
	a->bytes += (uint64_t)st.st_size;
	return 0;
}

int
gv_pack_adopt_seek(struct gv_pack_adopt *a, const char *printed)
{
	size_t len = strcspn(printed, "\n");
	int r;

	if (len != GV_OID_HEX || gv_oid_parse(&a->checksum, printed) < 0 ||
	    printed[len + (printed[len] == '\n')] != '\0')
		return gv_err(GV_ERROR,
		    "git pack-objects was to make one pack, and says: %s",
		    *printed ? printed : "nothing");
	gv_oid_format(a->hex, &a->checksum);
	snprintf(a->from, sizeof(a->from), "%s-%s", a->tmp, a->hex);
	if ((r = set_stem(a, a->from)) == 0)
		r = measure(a, "pack");
	return r == 0 ? measure(a, "idx") : r;
}

static void
add_number(struct gv_buf *out, int64_t v)
{
	uint32_t n = v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
	const char bytes[4] = { (char)(n >> 24), (char)(n >> 16),
		(char)(n >> 8), (char)n };

	gv_buf_add(out, bytes, sizeof(bytes));
}

/* The file as git has it: "MTME", version 1, hash 1 (SHA-1), a number a row of
 * the index, the pack's checksum, that of all this. */
int
gv_pack_adopt_age(struct gv_pack_adopt *a, const int64_t *mtimes, size_t n)
{
	struct gv_buf *b = &a->mtimes;
	struct gv_oid sum;
	size_t i;

	gv_buf_addstr(b, "MTME");
	add_number(b, 1);
	add_number(b, 1);
	for (i = 0; i < n; i++)
		add_number(b, mtimes[i]);
	gv_buf_add(b, a->checksum.id, GV_OID_RAW);
	if (gv_buf_check(b) < 0)
		return GV_ENOMEM;
	gv_hash_plain(&sum, b->p, b->len);
	gv_buf_add(b, sum.id, GV_OID_RAW);
	return gv_buf_check(b);
}

static int
cannot(const struct gv_pack_adopt *a, const char *what, const char *name)
{
	return gv_err_sys("cannot %s %s/%s", what, a->dir, name);
}

/* git flushed it unless it was told not to. */
static int
flush(const struct gv_pack_adopt *a, const char *ext)
{
	char name[128];
	int fd, r = 0;

	part_of(name, a->from, ext);
	fd = openat(a->dirfd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fsync(fd) < 0)
		r = cannot(a, "flush", name);
	gv_file_close(fd);
	return r;
}

static int
write_mtimes(const struct gv_pack_adopt *a)
{
	char name[128];

	if (a->mtimes.len == 0)
		return 0;
	part_of(name, a->from, "mtimes");
	return gv_file_replace(
	    a->dirfd, name, a->mtimes.p, a->mtimes.len, 0444, true);
}

static int
move(struct gv_pack_adopt *a, const char *ext)
{
	char from[128], to[64];

	part_of(from, a->from, ext);
	gv_pack_name(to, &a->checksum, ext);
	if (renameat(a->dirfd, from, a->dirfd, to) < 0 && errno != ENOENT)
		return cannot(a, "put in place", to);
	return 0;
}

static bool
stands(const struct gv_pack_adopt *a, const char *ext)
{
	char name[64];

	gv_pack_name(name, &a->checksum, ext);
	return faccessat(a->dirfd, name, F_OK, 0) == 0;
}

static int
keep(struct gv_pack_adopt *a)
{
	char tmp[48];
	int fd = gv_pack_keep_write(a->dirfd, tmp), placed = -1, r = 0;

	if (fd >= 0 && fsync(fd) == 0)
		placed = gv_pack_keep_place(a->dirfd, tmp, &a->checksum);
	if (placed > 0) {
		a->keep_fd = fd;
		return 0;
	}
	r = placed < 0
	    ? cannot(a, "write a .keep for", a->hex)
	    : gv_err(GV_ELOCKED,
		  "pack-%s.keep is in %s: another process keeps that pack; try "
		  "again later",
		  a->hex, a->dir);
	if (tmp[0])
		unlinkat(a->dirfd, tmp, 0);
	gv_file_close(fd);
	return r;
}

int
gv_pack_adopt_place(struct gv_pack_adopt *a)
{
	char name[64];
	size_t i;
	int r;

	if ((r = write_mtimes(a)) < 0)
		return r;
	for (i = 0; r == 0 && i < N_PARTS; i++)
		r = flush(a, parts[i]);
	if (r < 0 || (r = keep(a)) < 0)
		return r;
	/* one of the same bytes is neither ours to take away again nor, since
	 * its time tells who relied on it, to be replaced */
	a->is_placed = !stands(a, "pack") || !stands(a, "idx");
	for (i = 0; r == 0 && i < N_PARTS; i++)
		if (a->is_placed || strcmp(parts[i], "mtimes") == 0)
			r = move(a, parts[i]);
	if (r < 0)
		return r;
	if (fsync(a->dirfd) < 0 && errno != EINVAL)
		r = gv_err_sys("cannot flush directory %s", a->dir);
	snprintf(name, sizeof(name), "pack-%s", a->hex);
	if (r == 0)
		r = set_stem(a, name);
	/* its index stands: others may rely on what they have found in it */
	if (r < 0)
		a->is_placed = false;
	return r;
}

static void
unkeep(struct gv_pack_adopt *a)
{
	char name[64];

	if (a->keep_fd < 0)
		return;
	gv_pack_name(name, &a->checksum, "keep");
	unlinkat(a->dirfd, name, 0);
	close(a->keep_fd);
	a->keep_fd = -1;
}

void
gv_pack_adopt_accept(struct gv_pack_adopt *a)
{
	a->is_placed = false;
	unkeep(a);
}

/* The index first, so that nobody finds objects whose bytes are gone. */
static void
take_away(struct gv_pack_adopt *a)
{
	char name[128];
	size_t i;

	for (i = N_PARTS; i-- > 0 && a->hex[0];) {
		part_of(name, a->from, parts[i]);
		unlinkat(a->dirfd, name, 0);
		gv_pack_name(name, &a->checksum, parts[i]);
		if (a->is_placed)
			unlinkat(a->dirfd, name, 0);
	}
	unkeep(a);
}

void
gv_pack_adopt_close(struct gv_pack_adopt *a)
{
	if (a == NULL)
		return;
	if (a->dirfd >= 0) {
		take_away(a);
		if (a->tmp[0])
			unlinkat(a->dirfd, a->tmp, 0);
		close(a->dirfd);
	}
	gv_file_close(a->tmp_fd);
	gv_buf_release(&a->mtimes);
	free(a->dir);
	free(a->base);
	free(a->stem);
	free(a);
}
