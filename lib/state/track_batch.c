#include "state/track_batch.h"

#include <stdlib.h>

#include "base/vec.h"
#include "seal/seal.h"
#include "state/track_internal.h"

#define SHARE ((size_t)2 << 20) /* bytes that are sealed at a time */

/* Wait for what is sealed. */
static int
end_share(struct gv_track_batch *b, struct gv_track_share *share)
{
	size_t i;
	int r = gv_seal_end(share->run);

	share->run = NULL;
	for (i = 0; r == 0 && i < share->n; i++) {
		const struct gv_track_value *w = &share->waiting[i];
		struct gv_track_part *part = &b->parts->list[w->part];
		const struct gv_oid *object = &share->values[i].object;

		if (w->is_split)
			r = gv_track_part_join(
			    part, b->lane, &w->clear, object);
		else
			part->object = *object;
	}
	share->n = 0;
	gv_secret_reset(&share->clear);
	return r;
}

/* Let what was gathered be sealed, and gather in the other share. */
static int
seal_share(struct gv_track_batch *b)
{
	struct gv_track_share *share = &b->shares[b->filled];
	size_t i;
	int r;

	if ((r = end_share(b, &b->shares[!b->filled])) < 0 ||
	    (r = gv_vec_grow((void **)&share->values, &share->cap_values,
		 share->n, sizeof(*share->values))) < 0)
		goto out;
	for (i = 0; i < share->n; i++) {
		const struct gv_track_value *w = &share->waiting[i];

		/* the id of a part is that of all its bytes */
		share->values[i] = (struct gv_seal_value){
			.p = share->clear.p + w->at,
			.len = w->len,
			.id = b->parts->list[w->part].id,
			.is_named = !w->is_split,
		};
	}
	r = gv_seal_begin(&share->run, b->how, share->values, share->n);
out:
	b->filled = !b->filled;
	return r;
}

int
gv_track_batch_add(
    struct gv_track_batch *b, const struct gv_track_value *value, const void *p)
{
	struct gv_track_share *share = &b->shares[b->filled];
	int r = GV_GROW(share->waiting, share->n, share->cap);

	if (r < 0)
		return r;
	share->waiting[share->n] = *value;
	share->waiting[share->n].at = share->clear.len;
	r = gv_secret_add(&share->clear, p, value->len);
	if (r < 0)
		return r;
	share->n++;
	return share->clear.len >= SHARE ? seal_share(b) : 0;
}

int
gv_track_batch_finish(struct gv_track_batch *b)
{
	int r = seal_share(b);

	return r < 0 ? r : end_share(b, &b->shares[!b->filled]);
}

void
gv_track_batch_release(struct gv_track_batch *b)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct gv_track_share *share = &b->shares[i];

		gv_seal_drop(share->run);
		gv_secret_release(&share->clear);
		free(share->waiting);
		free(share->values);
	}
}
