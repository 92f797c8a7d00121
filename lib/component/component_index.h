#ifndef GV_COMPONENT_INDEX_H
#define GV_COMPONENT_INDEX_H
/*
 * The index of a stored dump, as text: where the parts are, what each is made
 * from, and which of them are the dump, in order. It is encrypted, as the parts
 * are. A part is a piece of a dump as it is, or a delta of Git's that makes it
 * from the part `base`.
 *
 *	r = gv_component_index_read(&index, text, len);
 *	gv_component_index_write(&text, &index);
 *	gv_component_index_release(&index);
 */

#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"

struct gv_secret;

#define GV_COMPONENT_NO_BASE UINT32_MAX
#define GV_COMPONENT_MANY    ((size_t)1 << 26) /* of parts, and of pieces */
#define GV_COMPONENT_CHAIN   8 /* deltas between a part and a whole one */

struct gv_component_part {
	uint32_t block;       /* the number of the encrypted object */
	uint32_t offset, len; /* in what it decrypts to */
	uint32_t size;        /* of the piece that it makes */
	uint32_t base;        /* an earlier part, or GV_COMPONENT_NO_BASE */
	uint32_t depth;       /* of the chain: 0 is whole; not in the text */
};

struct gv_component_piece {
	uint32_t part;
	struct gv_digest id; /* keyed, of its bytes */
	uint64_t anchor;     /* what names its first row; 0: nothing */
};

struct gv_component_index {
	uint64_t size;        /* of the dump */
	struct gv_digest sum; /* keyed, of the ids of its pieces */
	struct gv_component_part *parts;
	size_t n_parts, cap_parts;
	struct gv_component_piece *pieces; /* in the order of the dump */
	size_t n_pieces, cap_pieces;
	uint32_t n_blocks; /* that parts name; not in the text */
};

/* Append the text. 0 or GV_ENOMEM. */
int gv_component_index_write(
    struct gv_secret *out, const struct gv_component_index *index);

/* Read it. 0, and *out is to be released; GV_ECORRUPT where it is not such a
 * text, names a part that does not come before, has a longer chain, or sizes
 * that cannot be; GV_ENOMEM. */
int gv_component_index_read(
    struct gv_component_index *out, const char *text, size_t len);

/* Zeroed ok. */
void gv_component_index_release(struct gv_component_index *index);

#endif
