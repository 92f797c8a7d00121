#ifndef GV_COMPONENT_CUT_H
#define GV_COMPONENT_CUT_H
/*
 * Cuts a dump into pieces as it streams by, so that the next dump has nearly
 * the same pieces. Lines of text are cut by the key of a row (the first column
 * of a COPY block, the first value of an INSERT line), since a row keeps its
 * key where the other columns change and other rows move. Bytes that are no
 * text are cut by their content (object/chunk.h).
 *
 *	cut.piece = take; cut.ctx = ctx;
 *	r = gv_component_cut_add(&cut, data, len);
 *	r = gv_component_cut_finish(&cut);
 *	gv_component_cut_release(&cut);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/secret.h"
#include "object/chunk.h"

/* Sizes of pieces of text. The largest is what is encrypted as one value. */
#define GV_COMPONENT_PIECE_MIN ((size_t)32 * 1024)
#define GV_COMPONENT_PIECE_AVG ((size_t)128 * 1024)
#define GV_COMPONENT_PIECE_MAX GV_CHUNK_MAX

struct gv_component_cut {
	/* is given each piece in order, with what names it: the hash of its
	 * first row's table and key, 0 for none. 0, or negative, which ends it
	 */
	int (*piece)(void *ctx, const void *data, size_t len, uint64_t anchor);
	void *ctx;
	/* private; zeroed is new */
	struct gv_secret held; /* the piece so far */
	size_t row;            /* where the line that is not complete begins */
	size_t seen;           /* no end of a line is before this */
	size_t best; /* the row that is likeliest to begin one; 0: none */
	uint64_t best_rank, best_table; /* of it; `table` before it */
	uint64_t anchor;                /* of the piece */
	uint64_t table;                 /* of the COPY block; 0: in none */
	bool is_known, is_text;         /* what the first bytes are */
	bool is_inside;                 /* the piece begins within a row */
};

/* The next bytes. 0; GV_ENOMEM; what piece() returned. */
int gv_component_cut_add(
    struct gv_component_cut *cut, const void *data, size_t len);

/* That was all: gives the last piece. The same. */
int gv_component_cut_finish(struct gv_component_cut *cut);

/* Free and wipe; zeroed ok. */
void gv_component_cut_release(struct gv_component_cut *cut);

#endif
