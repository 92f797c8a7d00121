#include "object/pack_lane.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/err.h"
#include "compress/deflate.h"
#include "object/pack.h"
#include "object/pack_internal.h"
#include "repo/hash.h"
#include "sys/file.h"

#define CHUNK (128 * 1024)

/*
 * A large object is deflated by zlib in pieces. How long it becomes is known
 * only at its end, so it takes the end of the file for itself and the other
 * lanes wait with their full buffers; in exchange it can be taken back by
 * leaving the offset where it was. The lane's buffer, just flushed, is where
 * the packed bytes gather.
 */
struct run {
	struct gv_pack_lane *lane;
	const struct gv_pack_source *src;
	struct gv_hash *hash; /* NULL: the id is known */
	unsigned char *chunk;
	z_stream z;
	int level;        /* that it is at */
	size_t used;      /* of the lane's buffer */
	uint64_t at, got; /* where in the file; bytes of the object so far */
	uint32_t crc;
};

static int
write_out(struct run *run)
{
	struct gv_pack_lane *lane = run->lane;

	if (run->used == 0)
		return 0;
	run->crc = gv_deflate_crc32(run->crc, lane->buf, run->used);
	if (gv_file_pwrite_all(
		lane->pack->fd, lane->buf, run->used, (off_t)run->at) < 0)
		return gv_pack_fail(lane->pack, GV_ERROR);
	run->at += run->used;
	run->used = 0;
	return 0;
}

static int
squeeze(struct run *run, size_t n, int flush)
{
	int r = 0, done = Z_OK;

	run->z.next_in = run->chunk;
	run->z.avail_in = (uInt)n;
	do {
		run->z.next_out = run->lane->buf + run->used;
		run->z.avail_out = (uInt)(GV_PACK_LANE_SIZE - run->used);
		done = deflate(&run->z, flush);
		run->used = GV_PACK_LANE_SIZE - run->z.avail_out;
		if (run->used == GV_PACK_LANE_SIZE)
			r = write_out(run);
	} while (
	    r == 0 && (run->z.avail_in || (flush == Z_FINISH && done == Z_OK)));
	return r;
}

/* Noise is only stored. zlib needs room for what it still holds of the other
 * kind, so the buffer is emptied before. */
static int
choose_level(struct run *run, size_t n)
{
	const int level = gv_deflate_is_noise(run->chunk, n)
	    ? Z_NO_COMPRESSION
	    : run->lane->pack->level;
	int r = level == run->level ? 0 : write_out(run);

	if (r < 0 || level == run->level)
		return r;
	run->z.avail_in = 0;
	run->z.next_out = run->lane->buf;
	run->z.avail_out = GV_PACK_LANE_SIZE;
	if (deflateParams(&run->z, level, Z_DEFAULT_STRATEGY) != Z_OK)
		return gv_err(GV_ERROR, "zlib failed to compress");
	run->used = GV_PACK_LANE_SIZE - run->z.avail_out;
	run->level = level;
	return 0;
}

/* Read, hash and deflate everything; the source must end where it said. */
static int
run_through(struct run *run)
{
	int64_t n;
	int r = 0;

	run->used =
	    gv_pack_entry_head(run->lane->buf, run->src->type, run->src->size);
	for (;;) {
		n = run->src->read(run->src->ctx, run->chunk, CHUNK);
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		run->got += (uint64_t)n;
		if (run->got > run->src->size)
			return GV_EEXISTS;
		if (run->hash)
			r = gv_hash_update(run->hash, run->chunk, (size_t)n);
		if (r == 0 && (r = choose_level(run, (size_t)n)) == 0)
			r = squeeze(run, (size_t)n, Z_NO_FLUSH);
		if (r < 0)
			return r;
	}
	if (run->got != run->src->size)
		return GV_EEXISTS;
	r = squeeze(run, 0, Z_FINISH);
	return r < 0 ? r : write_out(run);
}

/* With the pack's lock held: 1 if the object was written, 0 if it was there,
 * or a failure; the offset moves only in the first case. */
static int
write_run(struct run *run, struct gv_oid *id, const struct gv_oid *known)
{
	struct gv_pack_lane *lane = run->lane;
	struct gv_pack *pack = lane->pack;
	int r = gv_pack_need_file(pack);

	run->at = pack->offset;
	if (r == 0 && (r = run_through(run)) == 0 && run->hash)
		r = gv_hash_finish(run->hash, id);
	if (r == 0)
		r = known ? 1 : gv_pack_lane_wants(lane, id);
	if (r <= 0)
		return r;
	r = gv_pack_lane_note(lane, id, pack->offset, run->crc);
	if (r < 0)
		return gv_pack_fail(pack, r);
	lane->flushed = lane->n;
	pack->offset = run->at;
	return 1;
}

int
gv_pack_lane_stream(struct gv_pack_lane *lane, struct gv_oid *out,
    const struct gv_oid *known, const struct gv_pack_source *src, bool *added)
{
	struct run run = {
		.lane = lane, .src = src, .level = lane->pack->level
	};
	struct gv_oid id = { { 0 } };
	int r = gv_pack_lane_flush(lane);

	if (r < 0)
		return r;
	run.chunk = malloc(CHUNK);
	if (run.chunk == NULL ||
	    deflateInit(&run.z, lane->pack->level) != Z_OK) {
		free(run.chunk);
		return gv_err_nomem();
	}
	if (known)
		id = *known;
	else
		r = gv_hash_open(&run.hash, src->type, src->size);
	if (r == 0) {
		pthread_mutex_lock(&lane->pack->lock);
		r = write_run(&run, &id, known);
		pthread_mutex_unlock(&lane->pack->lock);
	}
	if (r >= 0 && added)
		*added = r > 0;
	if (r >= 0 && out)
		*out = id;
	gv_hash_close(run.hash);
	deflateEnd(&run.z);
	free(run.chunk);
	return r < 0 ? r : 0;
}

/* What fits in memory is read whole and goes the fast way, deltas and all. */
static int
add_read(struct gv_pack_lane *lane, struct gv_oid *out,
    const struct gv_pack_source *src, bool *added)
{
	size_t size = (size_t)src->size, got = 0;
	unsigned char *data = malloc(size + 1);
	int64_t n = 1;
	int r;

	if (data == NULL)
		return gv_err_nomem();
	while (got <= size && n > 0) {
		n = src->read(src->ctx, data + got, size + 1 - got);
		got += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		r = (int)n;
	else if (got != size)
		r = GV_EEXISTS;
	else
		r = gv_pack_add(lane, out, src->type, data, size, added);
	free(data);
	return r;
}

int
gv_pack_add_stream(struct gv_pack_lane *lane, struct gv_oid *out, uint64_t size,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx, bool *added)
{
	struct gv_pack_source src = { GV_OTYPE_BLOB, size, read, ctx };

	if (size <= GV_PACK_WHOLE_MAX)
		return add_read(lane, out, &src, added);
	return gv_pack_lane_stream(lane, out, NULL, &src, added);
}
