#include <errno.h>

#include "base/err.h"
#include "repo/hash.h"
#include "snapshot/snapshot_internal.h"
#include "sys/cancel.h"
#include "sys/file.h"

void
gv_snapshot_stream_tell(struct gv_snapshot_gauge *gauge, uint64_t at)
{
	if (at <= gauge->told)
		return;
	if (gauge->opts->on_add)
		gauge->opts->on_add(gauge->opts->ctx, 0, at - gauge->told);
	gauge->told = at;
}

int64_t
gv_snapshot_stream_read(void *ctx, void *data, size_t len)
{
	struct gv_snapshot_stream *from = ctx;
	ssize_t n;

	if (len > from->left)
		len = (size_t)from->left;
	n = gv_file_read_some(from->fd, data, len);
	if (n < 0) {
		from->error = errno;
		return GV_ERROR;
	}
	from->left -= (uint64_t)n;
	from->got += (uint64_t)n;
	gv_snapshot_stream_tell(from->gauge, from->got);
	return n;
}

int64_t
gv_snapshot_stream_watch(void *ctx, void *data, size_t len)
{
	struct gv_snapshot_stream *from = ctx;
	int64_t n = gv_snapshot_stream_read(from, data, len);
	int r = 0;

	if (n > 0 && from->worker)
		r = gv_withhold_refused(from->worker->by,
		    gv_screen_add(from->worker->view, data, (size_t)n));
	return r < 0 ? r : n;
}

int64_t
gv_snapshot_stream_clean(void *ctx, void *data, size_t len)
{
	struct gv_snapshot_stream *from = ctx;
	int64_t n;
	int r = 0;

	for (;;) {
		n = (int64_t)gv_snapshot_filter_take(from->filter, data, len);
		if (n > 0 || from->ended)
			return n;
		if (gv_cancel_requested())
			return gv_cancel_error();
		n = gv_snapshot_stream_read(
		    from, from->piece, GV_SNAPSHOT_PIECE);
		if (n < 0)
			return n;
		/* what came at the end is given in the next round */
		from->ended = n == 0;
		r = n ? gv_snapshot_filter_add(
			    from->filter, from->piece, (size_t)n)
		      : gv_snapshot_filter_end(from->filter);
		if (r < 0)
			return r;
	}
}

int
gv_snapshot_stream_hash(struct gv_oid *id, uint64_t size, unsigned char *piece,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx)
{
	struct gv_hash *hash = NULL;
	uint64_t got = 0;
	int64_t n = 0;
	int r;

	if ((r = gv_hash_open(&hash, GV_OTYPE_BLOB, size)) < 0)
		goto out;
	while (r == 0 && (n = read(ctx, piece, GV_SNAPSHOT_PIECE)) > 0 &&
	    (got += (uint64_t)n) <= size)
		r = gv_hash_update(hash, piece, (size_t)n);
	if (r < 0)
		goto out;
	if (n < 0) {
		r = (int)n;
		goto out;
	}
	if (got != size) {
		r = GV_EEXISTS;
		goto out;
	}
	r = gv_hash_finish(hash, id);
out:
	gv_hash_close(hash);
	return r;
}
