#include "object/pack.h"

#include <assert.h>
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
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/workers.h"

int
gv_pack_open(struct gv_pack **out, const struct gv_pack_opts *opts)
{
	struct gv_pack *pack = calloc(1, sizeof(*pack));
	struct gv_buf dir = GV_BUF_INIT;
	int i;

	if (pack == NULL)
		return gv_err_nomem();
	gv_buf_addf(&dir, "%s/pack", opts->objects_dir);
	pack->dir = gv_buf_take(&dir);
	if (pack->dir == NULL) {
		free(pack);
		return GV_ENOMEM;
	}
	pack->odb = opts->odb;
	pack->level = opts->level ? opts->level : 1;
	pack->is_quick = opts->is_quick;
	pack->no_sync = opts->no_sync;
	pack->dirfd = pack->fd = pack->keep_fd = -1;
	pack->offset = GV_PACK_HEAD;
	pthread_mutex_init(&pack->lock, NULL);
	for (i = 0; i < GV_PACK_STRIPES; i++)
		pthread_mutex_init(&pack->stripes[i].lock, NULL);
	*out = pack;
	return 0;
}

int
gv_pack_fail(struct gv_pack *pack, int code)
{
	int none = 0, e = code == GV_ENOMEM ? ENOMEM : errno;

	atomic_compare_exchange_strong(&pack->failed, &none, e ? e : EIO);
	return gv_pack_check(pack);
}

int
gv_pack_check(struct gv_pack *pack)
{
	int e = atomic_load_explicit(&pack->failed, memory_order_relaxed);

	if (e == 0)
		return 0;
	return gv_err(
	    GV_ERROR, "cannot write a pack in %s: %s", pack->dir, strerror(e));
}

int
gv_pack_need_file(struct gv_pack *pack)
{
	if (pack->fd >= 0)
		return 0;
	pack->dirfd = open(pack->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pack->dirfd < 0 && errno == ENOENT &&
	    gv_file_mkdirs(AT_FDCWD, pack->dir, 0777) == 0)
		pack->dirfd =
		    open(pack->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pack->dirfd >= 0)
		pack->fd = gv_pack_tmp_open(pack->dirfd, pack->tmp);
	return pack->fd < 0 ? gv_pack_fail(pack, GV_ERROR) : 0;
}

static void
drop_file(struct gv_pack *pack)
{
	if (pack->tmp[0])
		unlinkat(pack->dirfd, pack->tmp, 0);
	pack->tmp[0] = '\0';
	if (pack->fd >= 0)
		close(pack->fd);
	pack->fd = -1;
}

/* The head with the count, which is known only now, and the checksum, which
 * covers the head: so the file is read once more, at the speed of plain SHA-1
 * out of the page cache (26 MB: 17 ms). */
static int
seal(struct gv_pack *pack)
{
	unsigned char head[GV_PACK_HEAD] = { 'P', 'A', 'C', 'K', 0, 0, 0, 2 };
	uint32_t n = (uint32_t)pack->n;

	head[8] = (unsigned char)(n >> 24);
	head[9] = (unsigned char)(n >> 16);
	head[10] = (unsigned char)(n >> 8);
	head[11] = (unsigned char)n;
	/* a large object that was taken back may have gone on further */
	if (ftruncate(pack->fd, (off_t)pack->offset) < 0 ||
	    gv_file_pwrite_all(pack->fd, head, sizeof(head), 0) < 0 ||
	    gv_hash_file(&pack->checksum, pack->fd, pack->offset) < 0 ||
	    gv_file_pwrite_all(pack->fd, pack->checksum.id, GV_OID_RAW,
		(off_t)pack->offset) < 0)
		return gv_pack_fail(pack, GV_ERROR);
	pack->offset += GV_OID_RAW;
	return 0;
}

/* What stands beside the pack under a temporary name until it is placed. */
struct rest {
	struct gv_pack *pack;
	char idx[48], keep[48]; /* names; "" for none */
	int idx_fd, keep_fd;
};

static int
write_index(struct gv_pack *pack, struct rest *rest)
{
	struct gv_buf idx = GV_BUF_INIT;
	int r = gv_pack_index(&idx, pack->entries, pack->n, &pack->checksum);

	if (r == 0) {
		rest->idx_fd = gv_pack_tmp_open(pack->dirfd, rest->idx);
		if (rest->idx_fd < 0 ||
		    gv_file_write_all(rest->idx_fd, idx.p, idx.len) < 0)
			r = gv_pack_fail(pack, GV_ERROR);
	}
	gv_buf_release(&idx);
	return r;
}

static int
write_rest(struct gv_pack *pack, struct rest *rest)
{
	int r = write_index(pack, rest);

	if (r < 0)
		return r;
	rest->keep_fd = gv_pack_keep_write(pack->dirfd, rest->keep);
	return rest->keep_fd < 0 ? gv_pack_fail(pack, GV_ERROR) : 0;
}

static int
flush_one(void *ctx, int i)
{
	const struct rest *rest = ctx;
	const int fds[] = { rest->pack->fd, rest->idx_fd, rest->keep_fd };

	return fsync(fds[i]) < 0 ? gv_pack_fail(rest->pack, GV_ERROR) : 0;
}

/* Whoever waits alone for the disk waits once for each file; together they
 * wait for one commit of the file system's journal. */
static int
flush(struct gv_pack *pack, struct rest *rest)
{
	return pack->no_sync ? 0 : gv_workers_run(3, flush_one, rest);
}

static void
drop_rest(struct gv_pack *pack, struct rest *rest)
{
	if (rest->idx[0])
		unlinkat(pack->dirfd, rest->idx, 0);
	if (rest->keep[0])
		unlinkat(pack->dirfd, rest->keep, 0);
	gv_file_close(rest->idx_fd);
	gv_file_close(rest->keep_fd);
}

static bool
stands(const struct gv_pack *pack)
{
	char name[64];

	gv_pack_name(name, &pack->checksum, "pack");
	return faccessat(pack->dirfd, name, F_OK, 0) == 0;
}

/* A .keep is the claim to a name, which is the content's checksum. Where
 * another writer of the very same bytes has it (two deletions of one snapshot
 * in one second do), ours gets a name of its own: that one may still be taken
 * away again, or be relied on when ours is. */
static int
claim_name(struct gv_pack *pack, struct rest *rest)
{
	char from[64];
	int r = gv_pack_keep_place(pack->dirfd, rest->keep, &pack->checksum);

	while (r == 0 || (r > 0 && stands(pack))) {
		if (r > 0)
			gv_pack_name(from, &pack->checksum, "keep");
		else
			snprintf(from, sizeof(from), "%s", rest->keep);
		if (gv_clock_random(
			pack->checksum.id, sizeof(pack->checksum.id)) < 0)
			return -1;
		r = gv_pack_keep_place(pack->dirfd, from, &pack->checksum);
	}
	return r < 0 ? -1 : 0;
}

/* Put both files in their places: the pack first, since an index without its
 * pack is an error to whoever reads it. */
static int
place(struct gv_pack *pack, struct rest *rest)
{
	char name[64], idx_name[64];

	if (claim_name(pack, rest) < 0)
		goto fail;
	pack->keep_fd = rest->keep_fd;
	rest->keep_fd = -1;
	rest->keep[0] = '\0';
	pack->placed = true;
	gv_pack_name(name, &pack->checksum, "pack");
	gv_pack_name(idx_name, &pack->checksum, "idx");
	if (renameat(pack->dirfd, pack->tmp, pack->dirfd, name) < 0)
		goto fail;
	pack->tmp[0] = '\0';
	if (renameat(pack->dirfd, rest->idx, pack->dirfd, idx_name) < 0)
		goto fail;
	rest->idx[0] = '\0';
	/* some file systems cannot sync a directory and say EINVAL */
	if (!pack->no_sync && fsync(pack->dirfd) < 0 && errno != EINVAL)
		goto fail;
	return 0;
fail:
	return gv_pack_fail(pack, GV_ERROR);
}

/* Take away what stands in place: the index first, so that nobody finds
 * objects whose bytes are gone. */
static void
remove_placed(struct gv_pack *pack)
{
	char name[64];

	if (pack->placed) {
		gv_pack_name(name, &pack->checksum, "idx");
		unlinkat(pack->dirfd, name, 0);
		gv_pack_name(name, &pack->checksum, "pack");
		unlinkat(pack->dirfd, name, 0);
	}
	gv_pack_unkeep(pack);
}

int
gv_pack_finish(struct gv_pack *pack, struct gv_pack_result *result)
{
	struct rest rest = { .pack = pack, .idx_fd = -1, .keep_fd = -1 };
	int r = gv_pack_check(pack);

	assert(pack->lanes == 0);
	if (r < 0)
		return r;
	memset(result, 0, sizeof(*result));
	gv_pack_forget(pack);
	if (pack->n == 0) {
		drop_file(pack);
		return 0;
	}
	if (pack->n > UINT32_MAX)
		return gv_err(GV_EREFUSED,
		    "%zu objects are more than one pack can hold", pack->n);
	if ((r = seal(pack)) == 0 && (r = write_rest(pack, &rest)) == 0 &&
	    (r = flush(pack, &rest)) == 0)
		r = place(pack, &rest);
	drop_rest(pack, &rest);
	if (r < 0) {
		remove_placed(pack);
		drop_file(pack);
		return r;
	}
	close(pack->fd);
	pack->fd = -1;
	result->objects = (uint32_t)pack->n;
	result->deltas = pack->deltas;
	result->bytes = pack->offset;
	result->checksum = pack->checksum;
	return 0;
}

void
gv_pack_free(struct gv_pack *pack)
{
	int i;

	if (pack == NULL)
		return;
	drop_file(pack);
	remove_placed(pack);
	if (pack->dirfd >= 0)
		close(pack->dirfd);
	gv_pack_forget(pack);
	for (i = 0; i < GV_PACK_STRIPES; i++)
		pthread_mutex_destroy(&pack->stripes[i].lock);
	pthread_mutex_destroy(&pack->lock);
	gv_pack_lane_free_idle(pack);
	free(pack->entries);
	free(pack->dir);
	free(pack);
}
