#include "crypto/secret.h"
#include "repo/hash.h"
#include "state/track_internal.h"

/* Bytes that are worth a thread, and those of a state before which none is:
 * for a small one the room for a share costs more than what it saves. */
#define SHARE ((size_t)1 << 20)
#define ALONE ((uint64_t)8 << 20)

static struct gv_hash_sha256 *
state_of(const struct gv_track_hash *h)
{
	return (void *)h->sha.p;
}

/* The first has only to wait. */
static int
hash_share(void *ctx, int i)
{
	const struct gv_track_hash *h = ctx;
	const struct gv_secret *share = &h->shares[!h->filled];

	if (i > 0)
		gv_hash_sha256_update(state_of(h), share->p, share->len);
	return 0;
}

int
gv_track_hash_init(struct gv_track_hash *h)
{
	int r = gv_secret_grow(&h->sha, sizeof(struct gv_hash_sha256));

	if (r < 0)
		return r;
	h->sha.len = sizeof(struct gv_hash_sha256);
	gv_hash_sha256_init(state_of(h));
	h->is_shared = gv_workers_count(0) > 1;
	return 0;
}

/* All that was handed over is hashed. */
static void
settle(struct gv_track_hash *h)
{
	struct gv_secret *share = &h->shares[h->filled];

	(void)gv_workers_finish(&h->workers);
	gv_hash_sha256_update(state_of(h), share->p, share->len);
	gv_secret_reset(share);
}

int
gv_track_hash_add(struct gv_track_hash *h, const void *data, size_t len)
{
	struct gv_secret *share = &h->shares[h->filled];
	int r;

	if (!h->is_shared || h->alone < ALONE || len >= SHARE) {
		settle(h);
		gv_hash_sha256_update(state_of(h), data, len);
		h->alone += len;
		return 0;
	}
	r = gv_secret_add(share, data, len);
	if (r < 0 || share->len < SHARE)
		return r;
	(void)gv_workers_finish(&h->workers);
	h->filled = !h->filled;
	h->shares[h->filled].len = 0; /* it is written over */
	gv_workers_start(&h->workers, 2, hash_share, h);
	return 0;
}

void
gv_track_hash_finish(struct gv_track_hash *h, unsigned char out[32])
{
	settle(h);
	gv_hash_sha256_finish(state_of(h), out);
}

void
gv_track_hash_release(struct gv_track_hash *h)
{
	(void)gv_workers_finish(&h->workers);
	gv_secret_release(&h->sha);
	gv_secret_release(&h->shares[0]);
	gv_secret_release(&h->shares[1]);
}
