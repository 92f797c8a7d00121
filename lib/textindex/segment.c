#include "textindex/segment.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "textindex/segment_internal.h"
#include "worktree/cache.h"

static uint32_t
number(const char *p)
{
	return (uint32_t)gv_enc_number(p, 4);
}

static uint32_t
end_of(const struct gv_segment *s, uint32_t doc)
{
	return number(s->doc + (size_t)doc * SEGMENT_DOC + GV_OID_RAW + 4);
}

/* Each content has its uses behind those of the one before, and each use is of
 * a piece. */
static bool
is_in_order(const struct gv_segment *s)
{
	uint32_t i, before = 0;

	for (i = 0; i < s->docs; i++) {
		if (end_of(s, i) < before)
			return false;
		before = end_of(s, i);
	}
	for (i = 0; i < s->uses; i++)
		if (gv_segment_piece(s, i) >= s->pieces)
			return false;
	return before == s->uses && s->coarse <= GV_SEGMENT_COARSE;
}

int
gv_segment_parse(struct gv_segment *out, const char *bytes, size_t len)
{
	const size_t ends = GV_CACHE_MAGIC + SEGMENT_HEAD + GV_CACHE_SUM;
	struct gv_segment s = { 0 };
	uint64_t size;

	if (!gv_cache_is_sealed(bytes, len, SEGMENT_MAGIC) || len < ends)
		return GV_ECORRUPT;
	s.pieces = number(bytes + GV_CACHE_MAGIC);
	s.coarse = s.pieces >> SEGMENT_PIECE_BITS;
	s.pieces &= (UINT32_C(1) << SEGMENT_PIECE_BITS) - 1;
	s.docs = number(bytes + GV_CACHE_MAGIC + 4);
	s.uses = number(bytes + GV_CACHE_MAGIC + 8);
	s.blocks = number(bytes + GV_CACHE_MAGIC + 12);
	/* none of these overflows 64 bits */
	size = (uint64_t)s.pieces * SEGMENT_PIECE +
	    (uint64_t)s.docs * SEGMENT_DOC + (uint64_t)s.uses * SEGMENT_USE +
	    (uint64_t)s.blocks * SEGMENT_BLOCK;
	if (size > len - ends)
		return GV_ECORRUPT;
	s.piece = bytes + GV_CACHE_MAGIC + SEGMENT_HEAD;
	s.doc = s.piece + (size_t)s.pieces * SEGMENT_PIECE;
	s.use = s.doc + (size_t)s.docs * SEGMENT_DOC;
	s.block = s.use + (size_t)s.uses * SEGMENT_USE;
	s.postings = s.block + (size_t)s.blocks * SEGMENT_BLOCK;
	s.postings_len = len - ends - (size_t)size;
	if (!is_in_order(&s))
		return GV_ECORRUPT;
	*out = s;
	return 0;
}

void
gv_segment_doc(
    struct gv_segment_doc *out, const struct gv_segment *seg, uint32_t i)
{
	const char *p = seg->doc + (size_t)i * SEGMENT_DOC;

	memcpy(out->oid.id, p, GV_OID_RAW);
	out->len = number(p + GV_OID_RAW);
	out->first = i ? end_of(seg, i - 1) : 0;
	out->end = end_of(seg, i);
	out->is_text = out->len != SEGMENT_NO_TEXT;
}

uint64_t
gv_segment_text(const struct gv_segment *segs, size_t n)
{
	struct gv_segment_doc doc;
	uint64_t text = 0;
	uint32_t k;
	size_t i;

	for (i = 0; i < n; i++)
		for (k = 0; k < segs[i].docs; k++) {
			gv_segment_doc(&doc, &segs[i], k);
			text += doc.is_text ? doc.len : 0;
		}
	return text;
}

uint32_t
gv_segment_piece(const struct gv_segment *seg, uint32_t use)
{
	return number(seg->use + (size_t)use * SEGMENT_USE);
}

/* Of each piece, how many of the grams it has, up to the first that it lacks.
 * What no piece has is found out before any list is read. */
static void
find_set(bool *may_have, uint8_t *seen, const struct gv_segment *seg,
    const struct gv_gram_set *set)
{
	struct gv_segment_list lists[GV_GRAMS] = { { 0 } };
	uint32_t piece;
	size_t i;

	for (i = 0; i < set->n; i++)
		if (!gv_segment_list_find(
			&lists[i], seg, set->items[i] >> seg->coarse))
			return;
	memset(seen, 0, seg->pieces);
	for (i = 0; i < set->n; i++)
		while (gv_segment_list_next(&piece, &lists[i]))
			seen[piece] += seen[piece] == i;
	for (piece = 0; piece < seg->pieces; piece++)
		may_have[piece] |= seen[piece] == set->n;
}

int
gv_segment_find(
    bool *may_have, const struct gv_segment *seg, const struct gv_grams *grams)
{
	uint8_t *seen = malloc((size_t)seg->pieces + 1);
	size_t i;

	if (seen == NULL)
		return gv_err_nomem();
	memset(may_have, grams->n == 0, seg->pieces * sizeof(*may_have));
	for (i = 0; i < grams->n; i++)
		find_set(may_have, seen, seg, &grams->sets[i]);
	free(seen);
	return 0;
}
