#include "textindex/segment.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "compress/deflate.h"
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
	return before == s->uses;
}

/* ---- sums ---------------------------------------------------------------- */

/* Where the sum of the head is, if the head and as many sums end there. */
static size_t
sum_at(size_t sums)
{
	return GV_CACHE_MAGIC + SEGMENT_HEAD + SEGMENT_SUM * sums;
}

static size_t
end_of_page(size_t from, size_t len)
{
	return len - from < SEGMENT_PAGE ? len : from + SEGMENT_PAGE;
}

static size_t
body_len(const struct gv_segment *s)
{
	return (size_t)(s->postings - s->piece) + s->postings_len;
}

bool
gv_segment_is_good(const struct gv_segment *seg, const char *p, size_t n)
{
	const size_t len = body_len(seg), to = (size_t)(p - seg->piece) + n;
	size_t page = (size_t)(p - seg->piece) / SEGMENT_PAGE, from, end;

	for (; (from = page * SEGMENT_PAGE) < to; page++) {
		end = end_of_page(from, len);
		if (number(seg->sums + page * SEGMENT_SUM) !=
		    gv_deflate_crc32(0, seg->piece + from, end - from))
			return false;
	}
	return true;
}

static void
put(char *to, uint32_t n)
{
	to[0] = (char)(n >> 24);
	to[1] = (char)(n >> 16);
	to[2] = (char)(n >> 8);
	to[3] = (char)n;
}

void
gv_segment_seal(struct gv_buf *out, size_t from)
{
	char *head = out->p + from, *sum, *body;
	size_t sums, len, at, end;

	if (gv_buf_check(out) < 0)
		return;
	sums = gv_segment_sums(number(head + GV_CACHE_MAGIC + 16));
	sum = head + GV_CACHE_MAGIC + SEGMENT_HEAD;
	body = head + sum_at(sums) + SEGMENT_SUM;
	len = out->len - from - (size_t)(body - head);
	for (at = 0; at < len; at = end, sum += SEGMENT_SUM) {
		end = end_of_page(at, len);
		put(sum, gv_deflate_crc32(0, body + at, end - at));
	}
	put(sum, gv_deflate_crc32(0, head, (size_t)(sum - head)));
}

/* ---- reading ------------------------------------------------------------- */

/* The places of the tables, if there is room for them. */
static bool
place(struct gv_segment *s, size_t len)
{
	/* none of these overflows 64 bits */
	const uint64_t size = (uint64_t)s->pieces * SEGMENT_PIECE +
	    (uint64_t)s->docs * SEGMENT_DOC + (uint64_t)s->uses * SEGMENT_USE +
	    (uint64_t)s->blocks * SEGMENT_BLOCK;

	if (size > len)
		return false;
	s->doc = s->piece + (size_t)s->pieces * SEGMENT_PIECE;
	s->use = s->doc + (size_t)s->docs * SEGMENT_DOC;
	s->block = s->use + (size_t)s->uses * SEGMENT_USE;
	s->postings = s->block + (size_t)s->blocks * SEGMENT_BLOCK;
	s->postings_len = len - (size_t)size;
	return true;
}

int
gv_segment_parse(struct gv_segment *out, const char *bytes, size_t len)
{
	const char *head = bytes + GV_CACHE_MAGIC;
	struct gv_segment s = { 0 };
	size_t sums, body, body_len;

	if (len < sum_at(0) + SEGMENT_SUM ||
	    memcmp(bytes, SEGMENT_MAGIC, GV_CACHE_MAGIC) != 0)
		return GV_ECORRUPT;
	body_len = number(head + 16);
	sums = gv_segment_sums(body_len);
	body = sum_at(sums) + SEGMENT_SUM;
	if (len < body || len - body != body_len)
		return GV_ECORRUPT;
	s.sum = number(bytes + sum_at(sums));
	if (s.sum != gv_deflate_crc32(0, bytes, sum_at(sums)))
		return GV_ECORRUPT;
	s.pieces = number(head);
	s.coarse = s.pieces >> SEGMENT_PIECE_BITS;
	s.pieces &= (UINT32_C(1) << SEGMENT_PIECE_BITS) - 1;
	s.docs = number(head + 4);
	s.uses = number(head + 8);
	s.blocks = number(head + 12);
	s.sums = bytes + sum_at(0);
	s.piece = bytes + body;
	if (s.coarse > GV_SEGMENT_COARSE || !place(&s, body_len))
		return GV_ECORRUPT;
	*out = s;
	return 0;
}

bool
gv_segment_has_docs(const struct gv_segment *seg)
{
	return gv_segment_is_good(
		   seg, seg->doc, (size_t)(seg->block - seg->doc)) &&
	    is_in_order(seg);
}

bool
gv_segment_is_intact(const struct gv_segment *seg)
{
	return gv_segment_is_good(seg, seg->piece, body_len(seg)) &&
	    is_in_order(seg);
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

/* ---- finding ------------------------------------------------------------- */

/* Pieces, rising. */
struct pieces {
	uint32_t *items;
	size_t n, cap;
};

static int
add(struct pieces *p, uint32_t piece)
{
	if (GV_GROW(p->items, p->n, p->cap) < 0)
		return gv_err_nomem();
	p->items[p->n++] = piece;
	return 0;
}

static int
by_len(const void *a, const void *b)
{
	const struct gv_segment_list *x = a, *y = b;
	const ptrdiff_t n = x->end - x->p, m = y->end - y->p;

	return (n > m) - (n < m);
}

/* Leave those that are in the list, too. */
static void
intersect(struct pieces *p, struct gv_segment_list *list)
{
	uint32_t piece;
	size_t i = 0, n = 0;

	while (i < p->n && gv_segment_list_next(&piece, list)) {
		while (i < p->n && p->items[i] < piece)
			i++;
		if (i < p->n && p->items[i] == piece)
			p->items[n++] = p->items[i++];
	}
	p->n = n;
}

/* The pieces that have all grams of a set. What no piece has is found out
 * before any list is read, and the shortest list is read first. */
static int
find_set(struct pieces *out, const struct gv_segment *seg,
    const struct gv_gram_set *set)
{
	struct gv_segment_list lists[GV_GRAMS] = { { 0 } };
	uint32_t piece;
	size_t i;
	int r;

	out->n = 0;
	for (i = 0; i < set->n; i++)
		if ((r = gv_segment_list_find(
			 &lists[i], seg, set->items[i] >> seg->coarse)) <= 0)
			return r;
	qsort(lists, set->n, sizeof(*lists), by_len);
	while (gv_segment_list_next(&piece, &lists[0]))
		if ((r = add(out, piece)) < 0)
			return r;
	for (i = 1; out->n && i < set->n; i++)
		intersect(out, &lists[i]);
	return 0;
}

static int
take(struct gv_segment_found *out, size_t *cap, uint32_t doc)
{
	if (GV_GROW(out->docs, out->n, *cap) < 0)
		return gv_err_nomem();
	out->docs[out->n++] = doc;
	return 0;
}

/* The contents that have one of these pieces. */
static int
take_docs(
    struct gv_segment_found *out, const struct gv_segment *seg, const bool *has)
{
	uint32_t i, use = 0, end;
	size_t cap = 0;
	bool is_one;
	int r;

	for (i = 0; i < seg->docs; i++) {
		end = end_of(seg, i);
		for (is_one = false; use < end; use++)
			is_one |= has[gv_segment_piece(seg, use)];
		if (is_one && (r = take(out, &cap, i)) < 0)
			return r;
	}
	return 0;
}

static int
take_texts(struct gv_segment_found *out, const struct gv_segment *seg)
{
	struct gv_segment_doc doc;
	size_t cap = 0;
	uint32_t i;
	int r;

	for (i = 0; i < seg->docs; i++) {
		gv_segment_doc(&doc, seg, i);
		if (doc.is_text && (r = take(out, &cap, i)) < 0)
			return r;
	}
	return 0;
}

static int
find(struct gv_segment_found *out, const struct gv_segment *seg,
    const struct gv_grams *grams)
{
	struct pieces pieces = { .n = 0 };
	bool *has = NULL;
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && i < grams->n; i++) {
		if ((r = find_set(&pieces, seg, &grams->sets[i])) < 0 ||
		    pieces.n == 0)
			continue;
		if (has == NULL && !gv_segment_has_docs(seg))
			r = GV_ECORRUPT;
		else if (has == NULL &&
		    (has = calloc(seg->pieces, sizeof(*has))) == NULL)
			r = gv_err_nomem();
		for (k = 0; r == 0 && k < pieces.n; k++)
			has[pieces.items[k]] = true;
	}
	if (r == 0 && has)
		r = take_docs(out, seg, has);
	free(pieces.items);
	free(has);
	return r;
}

int
gv_segment_find(struct gv_segment_found *out, const struct gv_segment *seg,
    const struct gv_grams *grams)
{
	const size_t blocks = (size_t)(seg->postings - seg->block);
	int r;

	*out = (struct gv_segment_found){ .n = 0 };
	if (grams->n == 0)
		r = gv_segment_has_docs(seg) ? take_texts(out, seg)
					     : GV_ECORRUPT;
	else
		r = gv_segment_is_good(seg, seg->block, blocks)
		    ? find(out, seg, grams)
		    : GV_ECORRUPT;
	if (r < 0) {
		free(out->docs);
		*out = (struct gv_segment_found){ .n = 0 };
	}
	return r;
}
