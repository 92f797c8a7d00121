#ifndef GV_COMPONENT_BLOCK_H
#define GV_COMPONENT_BLOCK_H
/*
 * Gathers parts in blocks and has them encrypted, some MiB at a time: while
 * one share is gathered, a thread encrypts each of those before it.
 *
 *	r = gv_component_block_add(&blocks, &number, &offset, data, len);
 *	r = gv_component_block_finish(&blocks);
 *	... blocks.objects[number]
 *	gv_component_block_release(&blocks);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/secret.h"
#include "repo/oid.h"
#include "sys/workers.h"

struct gv_seal;
struct gv_seal_value;

struct gv_component_share {
	struct gv_secret clear;
	uint32_t *numbers; /* of its blocks */
	size_t *ends;      /* in `clear` */
	struct gv_seal_value *values;
	size_t n, cap_numbers, cap_ends, cap_values;
	const struct gv_seal *how;
	struct gv_workers workers;
};

#define GV_COMPONENT_SHARES 4

struct gv_component_blocks {
	/* for one thread; its `put` is called by several at once */
	const struct gv_seal *how;
	struct gv_oid *objects; /* by number; of those that were finished */
	size_t n, cap;
	/* private; zeroed is new */
	struct gv_component_share shares[GV_COMPONENT_SHARES];
	int filled;      /* which; the others are encrypted */
	size_t begin;    /* of the block that is gathered, in its share */
	uint32_t number; /* of that block */
	bool is_open;    /* there is one */
};

/* Take the number for an object that there is. 0 or GV_ENOMEM. */
int gv_component_block_known(struct gv_component_blocks *b, uint32_t *number,
    const struct gv_oid *object);

/* Put the bytes of a part, at most 256 KiB, into a block. As gv_seal_run(). */
int gv_component_block_add(struct gv_component_blocks *b, uint32_t *number,
    uint32_t *offset, const void *data, size_t len);

/* Wait for all of them. As gv_seal_run(). */
int gv_component_block_finish(struct gv_component_blocks *b);

/* Zeroed ok; gives up what is being encrypted, wipes. */
void gv_component_block_release(struct gv_component_blocks *b);

#endif
