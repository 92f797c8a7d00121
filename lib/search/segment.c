#include "search/segment.h"

#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "search/segment_internal.h"
#include "worktree/cache.h"

static uint32_t
number(const char *p)
{
	return (uint32_t)gv_enc_number(p, 4);
}

static uint32_t
first_doc(const struct gv_segment *s, uint32_t family)
{
	return family < s->families
	    ? number(s->family + (size_t)family * SEGMENT_FAMILY + 8)
	    : s->docs;
}

/* Each family has its contents behind those of the one before. */
static bool
is_in_order(const struct gv_segment *s)
{
	uint32_t i, before = 0;

	if (s->families == 0 || first_doc(s, 0) != 0)
		return false;
	for (i = 1; i <= s->families; i++) {
		if (first_doc(s, i) < before)
			return false;
		before = first_doc(s, i);
	}
	return true;
}

int
gv_segment_parse(struct gv_segment *out, const char *bytes, size_t len)
{
	struct gv_segment s = { 0 };
	size_t left, size;

	if (!gv_cache_is_sealed(bytes, len, SEGMENT_MAGIC) ||
	    len < GV_CACHE_MAGIC + SEGMENT_HEAD + GV_CACHE_SUM)
		return GV_ECORRUPT;
	s.families = number(bytes + GV_CACHE_MAGIC);
	s.docs = number(bytes + GV_CACHE_MAGIC + 4);
	s.blocks = number(bytes + GV_CACHE_MAGIC + 8);
	left = len - GV_CACHE_MAGIC - SEGMENT_HEAD - GV_CACHE_SUM;
	if (s.families > left / SEGMENT_FAMILY || s.docs > left / SEGMENT_DOC ||
	    s.blocks > left / SEGMENT_BLOCK)
		return GV_ECORRUPT;
	size = (size_t)s.families * SEGMENT_FAMILY +
	    (size_t)s.docs * SEGMENT_DOC + (size_t)s.blocks * SEGMENT_BLOCK;
	if (size > left)
		return GV_ECORRUPT;
	s.family = bytes + GV_CACHE_MAGIC + SEGMENT_HEAD;
	s.doc = s.family + (size_t)s.families * SEGMENT_FAMILY;
	s.block = s.doc + (size_t)s.docs * SEGMENT_DOC;
	s.postings = s.block + (size_t)s.blocks * SEGMENT_BLOCK;
	s.postings_len = left - size;
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

	while (out->family + 1 < seg->families &&
	    first_doc(seg, out->family + 1) <= i)
		out->family++;
	memcpy(out->oid.id, p, GV_OID_RAW);
	out->len = number(p + GV_OID_RAW);
	out->is_text = out->len != SEGMENT_NO_TEXT;
}

uint64_t
gv_segment_path(const struct gv_segment *seg, uint32_t family)
{
	return gv_enc_number(seg->family + (size_t)family * SEGMENT_FAMILY, 8);
}

/* ---- postings ------------------------------------------------------------ */

/* A block is up to SEGMENT_BLOCK_GRAMS times: how far the gram is from the one
 * before, how many bytes of list follow, and the list: how far each family is
 * from the one before. All of them are in groups of seven bits, the lowest
 * first. */
struct cursor {
	const char *p, *end;
	uint32_t gram;
	struct list {
		const char *p, *end;
		uint64_t family; /* the last one, + 1 */
	} list;
};

static bool
next_number(uint32_t *out, const char **p, const char *end)
{
	uint64_t n = 0;
	unsigned shift;

	for (shift = 0; *p < end && shift < 35; shift += 7) {
		const unsigned char c = (unsigned char)*(*p)++;

		n |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			*out = (uint32_t)n;
			return n <= UINT32_MAX;
		}
	}
	return false;
}

static uint32_t
first_gram(const struct gv_segment *seg, uint32_t block)
{
	return number(seg->block + (size_t)block * SEGMENT_BLOCK);
}

static struct cursor
open_block(const struct gv_segment *seg, uint32_t i)
{
	const char *at = seg->block + (size_t)i * SEGMENT_BLOCK + 4;
	uint64_t from = number(at), to = seg->postings_len;

	if (i + 1 < seg->blocks)
		to = number(at + SEGMENT_BLOCK);
	if (to > seg->postings_len || from > to)
		from = to = 0;
	return (struct cursor){ .p = seg->postings + from,
		.end = seg->postings + to,
		.gram = first_gram(seg, i) };
}

static bool
next_gram(struct cursor *c)
{
	uint32_t step, len;

	if (!next_number(&step, &c->p, c->end) ||
	    !next_number(&len, &c->p, c->end) || len > (size_t)(c->end - c->p))
		return false;
	c->gram += step;
	c->list = (struct list){ .p = c->p, .end = c->p + len };
	c->p += len;
	return true;
}

static bool
next_family(uint32_t *out, struct list *l, const struct gv_segment *seg)
{
	uint32_t step;

	if (!next_number(&step, &l->p, l->end) ||
	    l->family + step >= seg->families)
		return false;
	*out = (uint32_t)(l->family + step);
	l->family += (uint64_t)step + 1;
	return true;
}

/* The last block that begins with this gram or one before it. */
static bool
find_list(struct list *out, const struct gv_segment *seg, uint32_t gram)
{
	uint32_t low = 0, high = seg->blocks;
	struct cursor c;

	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;

		if (first_gram(seg, mid) <= gram)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return false;
	c = open_block(seg, low - 1);
	while (next_gram(&c) && c.gram <= gram)
		if (c.gram == gram) {
			*out = c.list;
			return true;
		}
	return false;
}

void
gv_segment_find(
    uint8_t *seen, const struct gv_segment *seg, const struct gv_grams *grams)
{
	struct list list;
	uint32_t family;
	size_t i;

	for (i = 0; i < grams->n && find_list(&list, seg, grams->items[i]); i++)
		while (next_family(&family, &list, seg))
			seen[family] += seen[family] == i;
}

int
gv_segment_each(const struct gv_segment *seg,
    int (*pair)(void *ctx, uint32_t gram, uint32_t family), void *ctx)
{
	uint32_t i, family;
	struct cursor c;
	int r = 0;

	for (i = 0; i < seg->blocks; i++)
		for (c = open_block(seg, i); next_gram(&c);)
			while (next_family(&family, &c.list, seg))
				if ((r = pair(ctx, c.gram, family)) != 0)
					return r;
	return r;
}
