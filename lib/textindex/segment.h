#ifndef GV_SEGMENT_H
#define GV_SEGMENT_H
/*
 * A part of the index for searches, which is never changed: contents, the
 * pieces that they consist of, and for each gram the pieces that have it. A
 * piece is some whole lines, cut where a line itself says so: versions of a
 * file share most of theirs, and each is indexed once. Pure: bytes in, bytes
 * out.
 *
 *	r = gv_segment_parse(&seg, bytes, len);
 *	r = gv_segment_find(&found, &seg, &grams);
 *	for (i = 0; i < found.n; i++)
 *		gv_segment_doc(&doc, &seg, found.docs[i]);
 *	free(found.docs);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "repo/oid.h"
#include "textindex/gram.h"

struct gv_buf;

struct gv_segment {
	uint32_t pieces, docs;
	unsigned coarse; /* that many bits of each gram are left out */
	uint32_t sum;    /* two that have the same one are the same */
	/* private: in the bytes that were parsed */
	uint32_t uses, blocks;
	const char *sums, *piece, *doc, *use, *block, *postings;
	size_t postings_len;
};

struct gv_segment_doc {
	struct gv_oid oid;
	uint32_t len;
	uint32_t first, end; /* of gv_segment_piece() */
	bool is_text;
};

/* Only the head is looked at. The bytes stay with the caller, as long as `out`
 * is used. 0; GV_ECORRUPT without a message. */
int gv_segment_parse(struct gv_segment *out, const char *bytes, size_t len);

/* Whether all of it is as it was written, and makes sense; and the contents
 * alone, which else may be asked only for what gv_segment_find() tells. */
bool gv_segment_is_intact(const struct gv_segment *seg);
bool gv_segment_has_docs(const struct gv_segment *seg);

struct gv_segment_found {
	uint32_t *docs; /* rising, for the caller to free */
	size_t n;
};

/* The contents that may have a line with all grams of one of the sets; without
 * a set, all texts. Few pages are read. 0; GV_ECORRUPT without a message, where
 * one of these is damaged; GV_ENOMEM. */
int gv_segment_find(struct gv_segment_found *out, const struct gv_segment *seg,
    const struct gv_grams *grams);

void gv_segment_doc(
    struct gv_segment_doc *out, const struct gv_segment *seg, uint32_t i);

/* How many bytes of text the contents of several have. */
uint64_t gv_segment_text(const struct gv_segment *segs, size_t n);

/* The number of a piece that a content consists of. */
uint32_t gv_segment_piece(const struct gv_segment *seg, uint32_t use);

/* ---- one that is made (segment_draft.c) ---------------------------------- */

#define GV_SEGMENT_TEXT   ((size_t)16 * 1024 * 1024)
#define GV_SEGMENT_NAME   16 /* bytes of the name of a piece */
#define GV_SEGMENT_COARSE 12 /* no more bits of a gram are left out */

struct gv_segment_draft {
	/* private */
	unsigned char (*pieces)[GV_SEGMENT_NAME];
	size_t n_pieces, cap_pieces;
	struct gv_map piece_map; /* of numbers + 1 */
	struct gv_arena arena;
	struct gv_segment_doc *docs;
	size_t n_docs, cap_docs;
	uint32_t *uses;
	size_t n_uses, cap_uses;
	struct gv_segment_pairs *pairs;
	size_t group;    /* a piece of several small contents, + 1; 0: none */
	size_t grouped;  /* its bytes */
	unsigned coarse; /* of a merge: as of a segment */
};

/* A content of `size` bytes, and its text, of at most GV_SEGMENT_TEXT. */
struct gv_segment_new {
	struct gv_oid oid;
	uint32_t size;
	const char *text; /* NULL: not a text */
	uint32_t len;
};

/* Add one. 0; GV_ENOMEM; GV_ERROR in a draft that was full before. */
int gv_segment_draft_doc(
    struct gv_segment_draft *d, const struct gv_segment_new *doc);

/* Whether no more can be added. */
bool gv_segment_draft_is_full(const struct gv_segment_draft *d);

/* Append the segment, and empty the draft. `most` is how large it is to be
 * about, in percent of its text, or 0: if it is larger, grams lose their lowest
 * bits, so that more of them are the same. A search then reads more for
 * nothing, and misses nothing. 0 or GV_ENOMEM. */
int gv_segment_draft_format(
    struct gv_buf *out, struct gv_segment_draft *d, unsigned most);

/* Free; zeroed ok. */
void gv_segment_draft_release(struct gv_segment_draft *d);

/* Append one that has all that several intact ones have, as coarse as the
 * coarsest of them. `most` is how large it may be, in percent of their text, or
 * 0: while it is larger, grams lose their lowest bit. 0 or GV_ENOMEM. */
int gv_segment_merge(
    struct gv_buf *out, const struct gv_segment *segs, size_t n, unsigned most);

#endif
