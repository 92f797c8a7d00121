#include "store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/hash.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"

#define PIECE ((size_t)256 << 10)

#define SPLIT_LOOK_MS 2000
#define SPLIT_MS      30000.0

static int
each_of_file(const struct gv_store_body *body, const struct gv_store_sink *sink)
{
	char *piece = malloc(PIECE);
	uint64_t done = 0;
	int r = piece ? 0 : gv_err_nomem();

	while (r == 0 && done < body->len) {
		uint64_t left = body->len - done;
		size_t want = left < PIECE ? (size_t)left : PIECE;
		ssize_t got = gv_file_pread_full(
		    body->fd, piece, want, (off_t)(body->at + done));

		if (gv_cancel_requested())
			r = gv_cancel_error();
		else if (got < 0)
			r = gv_err_sys("cannot read what is to be stored");
		else if ((size_t)got < want)
			r = gv_err(GV_EREFUSED,
			    "what is to be stored became shorter meanwhile; "
			    "try again");
		else
			r = sink->write(sink->ctx, piece, want);
		done += want;
	}
	free(piece);
	return r;
}

int
gv_store_body_each(
    const struct gv_store_body *body, const struct gv_store_sink *sink)
{
	if (body->fd >= 0)
		return each_of_file(body, sink);
	if (body->len == 0)
		return 0;
	return sink->write(
	    sink->ctx, (const char *)body->bytes + body->at, (size_t)body->len);
}

static int
add_to_sum(void *ctx, const void *data, size_t len)
{
	gv_hash_sha256_update(ctx, data, len);
	return 0;
}

int
gv_store_body_sum(unsigned char out[32], const struct gv_store_body *body)
{
	struct gv_hash_sha256 h;
	int r;

	if (body->sha256) {
		memcpy(out, body->sha256, 32);
		return 0;
	}
	gv_hash_sha256_init(&h);
	r = gv_store_body_each(body, &(struct gv_store_sink){ add_to_sum, &h });
	if (r == 0)
		gv_hash_sha256_finish(&h, out);
	return r;
}

int
gv_store_body_check(const struct gv_store_body *body)
{
	struct gv_store_body bytes = *body;
	unsigned char sum[32];
	int r;

	if (body->sha256 == NULL)
		return 0;
	bytes.sha256 = NULL;
	r = gv_store_body_sum(sum, &bytes);
	if (r == 0 && memcmp(sum, body->sha256, sizeof(sum)) != 0)
		r = gv_store_body_changed();
	return r;
}

uint64_t
gv_store_part(const struct gv_store *store)
{
	return store->opts.part ? store->opts.part : (uint64_t)64 << 20;
}

bool
gv_store_split_pays(uint64_t sent, long long ms, uint64_t bytes)
{
	const double whole =
	    sent ? (double)bytes / (double)sent * (double)ms : SPLIT_MS + 1.0;

	return ms >= SPLIT_LOOK_MS && sent < bytes / 4 && whole > SPLIT_MS;
}

int
gv_store_body_changed(void)
{
	return gv_err(GV_EREFUSED,
	    "what is to be stored is not what was announced: it changed "
	    "meanwhile; try again");
}

/* As if all had gone at the same speed since the first byte. */
void
gv_store_pace(struct gv_store *store, size_t bytes)
{
	const long long ms = 1000 * 1000;
	uint64_t limit = store->opts.limit;
	long long now = gv_clock_tick(), due;

	if (limit == 0)
		return;
	if (store->paced_bytes == 0)
		store->paced_from = now;
	store->paced_bytes += bytes;
	due = (long long)((double)store->paced_bytes / (double)limit * 1e9);
	due -= now - store->paced_from;
	while (due > ms && !gv_cancel_requested()) {
		long long step = due > 200 * ms ? 200 : due / ms;

		gv_clock_sleep((int)step);
		due -= step * ms;
	}
}
