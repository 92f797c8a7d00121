#include "component/component_block.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "seal/seal.h"

/* Bytes that are encrypted at a time; with the block behind them, what fits in
 * a power of two. */
#define SHARE (((size_t)2 << 20) - GV_SEAL_WHOLE)

static int
new_number(struct gv_component_blocks *b, uint32_t *number)
{
	int r = GV_GROW(b->objects, b->n, b->cap);

	if (r < 0)
		return r;
	*number = (uint32_t)b->n;
	b->objects[b->n++] = (struct gv_oid){ { 0 } };
	return 0;
}

int
gv_component_block_known(struct gv_component_blocks *b, uint32_t *number,
    const struct gv_oid *object)
{
	int r = new_number(b, number);

	if (r == 0)
		b->objects[*number] = *object;
	return r;
}

/* What a thread of a share does; the first of the two is the one that waits. */
static int
work(void *ctx, int i)
{
	struct gv_component_share *share = ctx;

	return i == 0 ? 0 : gv_seal_run(share->how, share->values, share->n);
}

/* Wait for what is encrypted. */
static int
end_share(struct gv_component_blocks *b, struct gv_component_share *share)
{
	size_t i;
	int r = gv_workers_finish(&share->workers);

	for (i = 0; r == 0 && i < share->n; i++)
		b->objects[share->numbers[i]] = share->values[i].object;
	share->n = 0;
	gv_secret_reset(&share->clear);
	return r;
}

/* The block that is gathered is complete. */
static int
end_block(struct gv_component_blocks *b)
{
	struct gv_component_share *share = &b->shares[b->filled];
	int r;

	if (!b->is_open)
		return 0;
	if ((r = GV_GROW(share->numbers, share->n, share->cap_numbers)) < 0 ||
	    (r = GV_GROW(share->ends, share->n, share->cap_ends)) < 0)
		return r;
	share->numbers[share->n] = b->number;
	share->ends[share->n++] = share->clear.len;
	b->is_open = false;
	return 0;
}

/* Let what was gathered be encrypted, and gather in the next share, which was
 * begun before all others. */
static int
seal_share(struct gv_component_blocks *b)
{
	struct gv_component_share *share = &b->shares[b->filled];
	size_t i, at = 0;
	int r = gv_vec_grow((void **)&share->values, &share->cap_values,
	    share->n, sizeof(*share->values));

	if (r < 0)
		return r;
	for (i = 0; i < share->n; i++) {
		share->values[i] =
		    (struct gv_seal_value){ .p = share->clear.p + at,
			    .len = share->ends[i] - at,
			    .is_named = true };
		/* nobody looks for a block, so that no digest names it */
		memcpy(share->values[i].id.bytes, &share->numbers[i],
		    sizeof(share->numbers[i]));
		at = share->ends[i];
	}
	share->how = b->how;
	if (share->n)
		gv_workers_start(&share->workers, 2, work, share);
	b->filled = (b->filled + 1) % GV_COMPONENT_SHARES;
	return end_share(b, &b->shares[b->filled]);
}

int
gv_component_block_add(struct gv_component_blocks *b, uint32_t *number,
    uint32_t *offset, const void *data, size_t len)
{
	struct gv_component_share *share = &b->shares[b->filled];
	int r = 0;

	if (b->is_open && share->clear.len - b->begin + len > GV_SEAL_WHOLE &&
	    (r = end_block(b)) == 0 && share->clear.len >= SHARE)
		r = seal_share(b);
	share = &b->shares[b->filled];
	if (r == 0 && !b->is_open && (r = new_number(b, &b->number)) == 0) {
		b->begin = share->clear.len;
		b->is_open = true;
	}
	if (r < 0)
		return r;
	*number = b->number;
	*offset = (uint32_t)(share->clear.len - b->begin);
	return gv_secret_add(&share->clear, data, len);
}

int
gv_component_block_finish(struct gv_component_blocks *b)
{
	int i, r = end_block(b);

	for (i = 0; r == 0 && i < GV_COMPONENT_SHARES; i++)
		r = seal_share(b);
	return r;
}

void
gv_component_block_release(struct gv_component_blocks *b)
{
	char *saved = gv_err_save();
	int i;

	for (i = 0; i < GV_COMPONENT_SHARES; i++) {
		struct gv_component_share *share = &b->shares[i];

		(void)gv_workers_finish(&share->workers);
		gv_secret_release(&share->clear);
		free(share->numbers);
		free(share->ends);
		free(share->values);
	}
	free(b->objects);
	gv_err_restore(saved);
	*b = (struct gv_component_blocks){ .how = NULL };
}
