#include "component/component_block.h"

#include <stdlib.h>

#include "base/vec.h"
#include "seal/seal.h"

#define SHARE ((size_t)4 << 20) /* bytes that are encrypted at a time */

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

/* Wait for what is encrypted. */
static int
end_share(struct gv_component_blocks *b, struct gv_component_share *share)
{
	size_t i;
	int r = gv_seal_end(share->run);

	share->run = NULL;
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

/* Let what was gathered be encrypted, and gather in the other share. */
static int
seal_share(struct gv_component_blocks *b)
{
	struct gv_component_share *share = &b->shares[b->filled];
	size_t i, at = 0;
	int r;

	if ((r = end_share(b, &b->shares[!b->filled])) < 0 ||
	    (r = gv_vec_grow((void **)&share->values, &share->cap_values,
		 share->n, sizeof(*share->values))) < 0)
		return r;
	for (i = 0; i < share->n; i++) {
		share->values[i] =
		    (struct gv_seal_value){ .p = share->clear.p + at,
			    .len = share->ends[i] - at };
		at = share->ends[i];
	}
	if (share->n)
		r = gv_seal_begin(&share->run, b->how, share->values, share->n);
	b->filled = !b->filled;
	return r;
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
	int r = end_block(b);

	if (r == 0)
		r = seal_share(b);
	return r < 0 ? r : end_share(b, &b->shares[!b->filled]);
}

void
gv_component_block_release(struct gv_component_blocks *b)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct gv_component_share *share = &b->shares[i];

		gv_seal_drop(share->run);
		gv_secret_release(&share->clear);
		free(share->numbers);
		free(share->ends);
		free(share->values);
	}
	free(b->objects);
	*b = (struct gv_component_blocks){ .how = NULL };
}
