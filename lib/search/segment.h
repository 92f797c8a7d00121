#ifndef GV_SEGMENT_H
#define GV_SEGMENT_H
/*
 * A part of the index for searches, which is never changed: contents, grouped
 * in families (all versions of one path), and for each gram the families that
 * have it. Pure: bytes in, bytes out.
 *
 *	r = gv_segment_parse(&seg, bytes, len);
 *	gv_segment_find(seen, &seg, &grams);	seen[f] == grams.n: may have it
 *	gv_segment_doc(&doc, &seg, i);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"
#include "search/gram.h"

struct gv_buf;

struct gv_segment {
	uint32_t families, docs;
	/* private: in the bytes that were parsed */
	uint32_t blocks;
	const char *family, *doc, *block, *postings;
	size_t postings_len;
};

struct gv_segment_doc {
	struct gv_oid oid;
	uint32_t len, family;
	bool is_text;
};

/* The bytes stay with the caller, as long as `out` is used. 0; GV_ECORRUPT
 * without a message. */
int gv_segment_parse(struct gv_segment *out, const char *bytes, size_t len);

/* Of each family, how many of the grams it has, up to the first that it lacks;
 * `seen` has a place for each, zeroed. */
void gv_segment_find(
    uint8_t *seen, const struct gv_segment *seg, const struct gv_grams *grams);

/* Contents are numbered family by family: asked in that order, *out goes on
 * from the one before; zeroed at first. */
void gv_segment_doc(
    struct gv_segment_doc *out, const struct gv_segment *seg, uint32_t i);

/* The hash of a family's path. */
uint64_t gv_segment_path(const struct gv_segment *seg, uint32_t family);

/* All pairs of gram and family, by gram; stops where one does not return 0. */
int gv_segment_each(const struct gv_segment *seg,
    int (*pair)(void *ctx, uint32_t gram, uint32_t family), void *ctx);

/* ---- one that is made (segment_draft.c) ---------------------------------- */

struct gv_segment_draft {
	/* private */
	struct gv_segment_drafted {
		uint64_t path;
		uint32_t first;
	} * families;
	size_t n_families, cap_families;
	struct gv_segment_doc *docs;
	size_t n_docs, cap_docs;
	uint64_t *pairs; /* gram and family */
	size_t n_pairs, cap_pairs;
	uint32_t *last; /* by gram: the family that had it last, + 1 */
};

/* Begin a family; contents that are added belong to it. 0 or GV_ENOMEM. */
int gv_segment_draft_family(struct gv_segment_draft *d, uint64_t path);

/* Add a content; `text` NULL: it is no text. 0 or GV_ENOMEM. */
int gv_segment_draft_doc(struct gv_segment_draft *d, const struct gv_oid *oid,
    const char *text, uint32_t len);

/* Add what several segments have; families of one path become one. 0 or
 * GV_ENOMEM. */
int gv_segment_draft_merge(
    struct gv_segment_draft *d, const struct gv_segment *segs, size_t n);

/* Append the segment, and empty the draft. 0 or GV_ENOMEM. */
int gv_segment_draft_format(struct gv_buf *out, struct gv_segment_draft *d);

/* Free; zeroed ok. */
void gv_segment_draft_release(struct gv_segment_draft *d);

#endif
