#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "compress/member.h"
#include "crypto/secret.h"
#include "seal/seal_internal.h"
#include "sys/cancel.h"
#include "sys/workers.h"

/*
 * An encrypted piece is an age file with a gzip file of the value in it. Zeros
 * in the extra field of the gzip header pad it, so that its length reveals
 * little of the value's. After 10 bytes of header come two bytes with the
 * length of the field, low byte first, then the field, then the rest of a gzip
 * file. `age -d | gzip -dcf` prints the value. If the content is not a gzip
 * file, it is the value itself.
 */

#define HEAD    10   /* bytes of a gzip header without extra field */
#define FLAGS   3    /* offset of the flags in it */
#define EXTRA   0x04 /* flag: there is an extra field */
#define PAD_MAX ((size_t)65535)

#define FEW 16 /* pieces that one thread seals as fast as two */

/* What a thread works with. */
struct gv_seal_lane {
	struct gv_member *member;
	struct gv_secret packed;
	struct gv_buf file;
};

int
gv_seal_batch_add(struct gv_seal_batch *b, const void *p, size_t len)
{
	int r;

	if ((r = GV_GROW(b->pieces, b->n, b->cap)) < 0)
		return r;
	b->pieces[b->n++] = (struct gv_seal_piece){ .p = p, .len = len };
	return 0;
}

static int
name(struct gv_seal_pass *pass, struct gv_seal_piece *piece,
    struct gv_seal_lane *lane)
{
	(void)lane;
	if (!piece->is_named)
		gv_seal_name_piece(pass->batch->how, piece);
	return 0;
}

/* Lengths that others can see: 64, 256, 1024, then steps of a twentieth. */
size_t
gv_seal_padded(size_t len)
{
	size_t n = 1024;

	if (len == 0)
		return 0;
	if (len <= 64)
		return 64;
	if (len <= 256)
		return 256;
	while (n < len)
		n += n / 20;
	return n;
}

/* Insert zeros after the header of the gzip file. */
static void
pad(struct gv_secret *packed)
{
	size_t n = gv_seal_padded(packed->len + 2) - packed->len - 2;
	unsigned char *p = packed->p + HEAD;

	n = n < PAD_MAX ? n : PAD_MAX;
	packed->p[FLAGS] |= EXTRA;
	memmove(p + 2 + n, p, packed->len - HEAD);
	p[0] = (unsigned char)n;
	p[1] = (unsigned char)(n >> 8);
	memset(p + 2, 0, n);
	packed->len += 2 + n;
}

static int
pack(struct gv_seal_lane *lane, const struct gv_seal_piece *piece)
{
	size_t most = gv_member_bound(piece->len), used = 0;
	int r;

	gv_secret_reset(&lane->packed);
	r = gv_secret_grow(&lane->packed, gv_seal_padded(most + 2));
	if (r < 0)
		return r;
	if (lane->member == NULL) {
		lane->member = gv_member_new();
		if (lane->member == NULL)
			return GV_ENOMEM;
	}
	/* what a failure leaves there is wiped */
	lane->packed.len = most;
	r = gv_member_pack(
	    lane->member, lane->packed.p, most, &used, piece->p, piece->len);
	gv_secret_truncate(&lane->packed, r == 0 ? used : 0);
	if (r < 0)
		return r;
	pad(&lane->packed);
	return 0;
}

static int
seal(struct gv_seal_pass *pass, struct gv_seal_piece *piece,
    struct gv_seal_lane *lane)
{
	const struct gv_seal *how = pass->batch->how;
	int r;

	if (!piece->is_to_seal)
		return 0;
	r = pack(lane, piece);
	gv_buf_reset(&lane->file);
	if (r == 0)
		r = gv_age_seal(&lane->file, how->to, how->n_to, lane->packed.p,
		    lane->packed.len);
	if (r < 0)
		return r;
	pthread_mutex_lock(&pass->lock);
	r = how->put(how->ctx, &piece->as->object, GV_OTYPE_BLOB, lane->file.p,
	    lane->file.len, &piece->id);
	pthread_mutex_unlock(&pass->lock);
	return r;
}

static int
work(void *ctx, int i)
{
	struct gv_seal_pass *pass = ctx;
	struct gv_seal_batch *b = pass->batch;
	struct gv_seal_lane lane = { .packed = GV_SECRET_INIT,
		.file = GV_BUF_INIT };
	size_t at;
	int r = 0;

	(void)i;
	while (r == 0 && !pass->failed &&
	    (at = atomic_fetch_add(&pass->next, 1)) < b->n)
		r = gv_cancel_requested()
		    ? gv_cancel_error()
		    : pass->step(pass, &b->pieces[at], &lane);
	if (r < 0)
		pass->failed = true;
	gv_member_free(lane.member);
	gv_secret_release(&lane.packed);
	gv_buf_release(&lane.file);
	return r;
}

/* Begin with all pieces, on as many threads as it is worth. */
static void
begin(struct gv_seal_batch *b,
    int (*step)(struct gv_seal_pass *pass, struct gv_seal_piece *piece,
	struct gv_seal_lane *lane))
{
	struct gv_seal_pass *pass = &b->pass;

	pass->batch = b;
	pass->step = step;
	pass->next = 0;
	pass->failed = false;
	pthread_mutex_init(&pass->lock, NULL);
	gv_workers_start(&pass->workers,
	    b->n < FEW ? 1 : gv_workers_count(b->how->threads), work, pass);
}

int
gv_seal_batch_finish(struct gv_seal_batch *b)
{
	bool was_begun = b->pass.workers.n > 0;
	int r = gv_workers_finish(&b->pass.workers);

	if (was_begun)
		pthread_mutex_destroy(&b->pass.lock);
	return r;
}

static bool
are_named(const struct gv_seal_batch *b)
{
	size_t i = 0;

	while (i < b->n && b->pieces[i].is_named)
		i++;
	return i == b->n;
}

/* An id that was not met before: ask whether it is there. */
static int
look_up(struct gv_seal_batch *b, struct gv_seal_piece *piece)
{
	const struct gv_seal *how = b->how;
	struct gv_seal_known *as = gv_arena_alloc(&b->arena, sizeof(*as));
	int r;

	if (as == NULL)
		return GV_ENOMEM;
	as->id = piece->id;
	r = how->find ? how->find(how->ctx, &as->object, &as->id) : 0;
	if (r < 0)
		return r;
	as->is_there = r > 0 || how->put == NULL;
	piece->is_to_seal = !as->is_there;
	piece->as = as;
	return gv_map_put(&b->known, as->id.bytes, sizeof(as->id.bytes), as);
}

int
gv_seal_batch_start(struct gv_seal_batch *b)
{
	size_t i;
	int r = 0;

	if (!are_named(b)) {
		begin(b, name);
		r = gv_seal_batch_finish(b);
	}
	for (i = 0; r == 0 && i < b->n; i++) {
		struct gv_seal_piece *piece = &b->pieces[i];

		piece->as = gv_map_get(
		    &b->known, piece->id.bytes, sizeof(piece->id.bytes));
		if (piece->as == NULL)
			r = look_up(b, piece);
	}
	if (r == 0)
		begin(b, seal);
	return r;
}

int
gv_seal_batch_run(struct gv_seal_batch *b)
{
	int r = gv_seal_batch_start(b);

	return r < 0 ? r : gv_seal_batch_finish(b);
}

void
gv_seal_batch_release(struct gv_seal_batch *b)
{
	if (b == NULL)
		return;
	/* or a thread would go on with what is freed */
	b->pass.failed = true;
	(void)gv_seal_batch_finish(b);
	free(b->pieces);
	gv_map_release(&b->known);
	gv_arena_release(&b->arena);
	b->pieces = NULL;
	b->n = b->cap = 0;
}
