#include "textindex/segment_pairs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/vec.h"
#include "textindex/segment_internal.h"

/* Pairs are put by the eight highest bits of the gram: so few places are
 * written to in turn, and what is in one is sorted within a processor's cache.
 * There, a pair is the lower half of its gram, and its piece. */
#define BUCKETS   256
#define LOW       16
#define LOW_BITS  ((UINT32_C(1) << LOW) - 1)
#define CHUNK     4092
#define DIGIT     8
#define SAMPLE    16 /* one bucket of 16 is measured */
#define WORD_BITS 64

_Static_assert(GV_GRAM_BITS == LOW + 8, "a bucket is of eight bits");
_Static_assert(GV_SEGMENT_PAIRS_PIECES == LOW_BITS + 1, "and so is a piece");

struct gv_segment_chunk {
	struct gv_segment_chunk *next;
	size_t n;
	uint32_t items[CHUNK];
};

struct gv_segment_pairs *
gv_segment_pairs_new(void)
{
	const size_t words = ((size_t)1 << GV_GRAM_BITS) / WORD_BITS;
	struct gv_segment_pairs *p = calloc(1, sizeof(*p));

	if (p) {
		p->alone.has = calloc(words, sizeof(*p->alone.has));
		p->group.has = calloc(words, sizeof(*p->group.has));
	}
	if (p && p->alone.has && p->group.has)
		return p;
	gv_segment_pairs_free(p);
	gv_err_nomem();
	return NULL;
}

void
gv_segment_pairs_free(struct gv_segment_pairs *p)
{
	struct gv_segment_chunk *c;
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < BUCKETS; i++)
		while ((c = p->first[i]) != NULL) {
			p->first[i] = c->next;
			free(c);
		}
	free(p->alone.has);
	free(p->alone.items);
	free(p->group.has);
	free(p->group.items);
	free(p);
}

/* ---- adding -------------------------------------------------------------- */

void
gv_segment_pairs_reset(struct gv_segment_grams *grams)
{
	size_t i;

	for (i = 0; i < grams->n; i++)
		grams->has[grams->items[i] / WORD_BITS] = 0;
	grams->n = 0;
}

static void
find_in_line(struct gv_segment_grams *grams, const char *line, size_t len)
{
	uint32_t bytes = 0;
	size_t i, n = grams->n;

	for (i = 0; i < len; i++) {
		uint32_t gram;
		uint64_t *word, bit;

		bytes = bytes << 8 | gv_gram_fold[(unsigned char)line[i]];
		if (i + 1 < GV_GRAM_LEN)
			continue;
		gram = gv_gram_number(bytes);
		word = &grams->has[gram / WORD_BITS];
		bit = UINT64_C(1) << gram % WORD_BITS;
		/* written in any case, and counted if it is new */
		grams->items[n] = gram;
		n += (*word & bit) == 0;
		*word |= bit;
	}
	grams->n = n;
}

/* Note those of the text that are new. Lines are searched each by itself: no
 * gram goes over the end of one. There is room for all, and one more. */
static void
find_grams(struct gv_segment_grams *grams, const char *text, size_t len)
{
	const char *p = text, *line;
	size_t n;

	while (gv_lines_next(&line, &n, &p, text + len))
		find_in_line(grams, line, n);
}

/* The letters that an expression of RE2 takes for k and s if it ignores case,
 * in UTF-8. */
#define KELVIN "\xe2\x84\xaa"
#define LONG_S "\xc5\xbf"

static bool
begins(const char *p, const char *end, const char *letter)
{
	const size_t n = strlen(letter);

	return (size_t)(end - p) >= n && memcmp(p, letter, n) == 0;
}

/* The same text with k and s in their places, for what it lacks then. */
static int
find_folded(struct gv_segment_grams *grams, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	char *copy;
	size_t n = 0;

	if (memmem(text, len, KELVIN, strlen(KELVIN)) == NULL &&
	    memmem(text, len, LONG_S, strlen(LONG_S)) == NULL)
		return 0;
	if ((copy = malloc(len)) == NULL)
		return gv_err_nomem();
	while (p < end)
		if (begins(p, end, KELVIN)) {
			copy[n++] = 'k';
			p += strlen(KELVIN);
		} else if (begins(p, end, LONG_S)) {
			copy[n++] = 's';
			p += strlen(LONG_S);
		} else {
			copy[n++] = *p++;
		}
	find_grams(grams, copy, n);
	free(copy);
	return 0;
}

static int
put(struct gv_segment_pairs *p, uint32_t gram, uint32_t piece)
{
	struct gv_segment_chunk **last = &p->last[gram >> LOW], *c = *last;

	if (c == NULL || c->n == CHUNK) {
		if ((c = malloc(sizeof(*c))) == NULL)
			return gv_err_nomem();
		c->next = NULL;
		c->n = 0;
		if (*last)
			(*last)->next = c;
		else
			p->first[gram >> LOW] = c;
		*last = c;
	}
	c->items[c->n++] = (gram & LOW_BITS) << LOW | piece;
	return 0;
}

int
gv_segment_pairs_add(struct gv_segment_pairs *p, uint32_t piece,
    const char *text, size_t len, struct gv_segment_grams *grams)
{
	size_t i = grams->n;
	int r;

	if (piece >= GV_SEGMENT_PAIRS_PIECES)
		return gv_err(GV_ERROR,
		    "a part of the index can have no more than %d pieces",
		    GV_SEGMENT_PAIRS_PIECES);
	if (gv_vec_grow((void **)&grams->items, &grams->cap,
		grams->n + 2 * len + 1, sizeof(*grams->items)) < 0)
		return gv_err_nomem();
	find_grams(grams, text, len);
	if ((r = find_folded(grams, text, len)) < 0)
		return r;
	p->n += grams->n - i;
	for (; i < grams->n; i++)
		if ((r = put(p, grams->items[i], piece)) < 0)
			return r;
	return 0;
}

/* ---- sorting ------------------------------------------------------------- */

/* By eight bits; what is alike stays in its order. */
static void
sort_by(uint32_t *to, const uint32_t *from, size_t n, unsigned shift)
{
	size_t at[1u << DIGIT] = { 0 }, i, sum, count;

	for (i = 0; i < n; i++)
		at[from[i] >> shift & ((1u << DIGIT) - 1)]++;
	for (i = sum = 0; i < 1u << DIGIT; i++) {
		count = at[i];
		at[i] = sum;
		sum += count;
	}
	for (i = 0; i < n; i++)
		to[at[from[i] >> shift & ((1u << DIGIT) - 1)]++] = from[i];
}

struct sorting {
	uint32_t *items, *other;
	size_t n, cap;
};

/* Room for as many in both. */
static int
make_room(struct sorting *s, size_t n)
{
	if (n <= s->cap)
		return 0;
	free(s->items);
	free(s->other);
	s->cap = n + n / 2;
	s->items = malloc(s->cap * sizeof(*s->items));
	s->other = malloc(s->cap * sizeof(*s->other));
	return s->items && s->other ? 0 : gv_err_nomem();
}

static void
pass(struct sorting *s, unsigned shift)
{
	uint32_t *swap = s->items;

	sort_by(s->other, s->items, s->n, shift);
	s->items = s->other;
	s->other = swap;
}

/* Pieces come in order, but for what was added to a group after other pieces.
 */
static bool
is_in_order(const struct sorting *s)
{
	size_t i;

	for (i = 1; i < s->n; i++)
		if ((s->items[i - 1] & LOW_BITS) > (s->items[i] & LOW_BITS))
			return false;
	return true;
}

/* By the bits of the gram that count, then by piece. */
static int
sort_bucket(
    struct sorting *s, const struct gv_segment_chunk *c, unsigned coarse)
{
	const struct gv_segment_chunk *k;
	size_t n = 0;
	unsigned shift;

	for (k = c; k; k = k->next)
		n += k->n;
	s->n = 0;
	if (n == 0)
		return 0;
	if (make_room(s, n) < 0)
		return GV_ENOMEM;
	for (; c; s->n += c->n, c = c->next)
		memcpy(s->items + s->n, c->items, c->n * sizeof(*c->items));
	for (shift = is_in_order(s) ? LOW : 0; shift < LOW; shift += DIGIT)
		pass(s, shift);
	/* the last pass takes what is left */
	for (shift = LOW + coarse; shift < 2 * LOW; shift += DIGIT)
		pass(s, shift);
	return 0;
}

static int
list_bucket(struct gv_segment_writer *w, struct sorting *s,
    const struct gv_segment_pairs *p, unsigned bucket, unsigned coarse)
{
	size_t i;
	int r = sort_bucket(s, p->first[bucket], coarse);

	for (i = 0; r == 0 && i < s->n; i++)
		r = gv_segment_writer_add(w,
		    (bucket << LOW | s->items[i] >> LOW) >> coarse,
		    s->items[i] & LOW_BITS);
	return r;
}

static int
list(struct gv_segment_writer *w, const struct gv_segment_pairs *p,
    unsigned coarse, unsigned step)
{
	struct sorting s = { .n = 0 };
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i < BUCKETS; i += step)
		r = list_bucket(w, &s, p, i, coarse);
	free(s.items);
	free(s.other);
	return r == 0 ? gv_segment_writer_end(w) : r;
}

int
gv_segment_pairs_list(struct gv_segment_writer *w,
    const struct gv_segment_pairs *p, unsigned coarse)
{
	return list(w, p, coarse, 1);
}

int
gv_segment_pairs_measure(
    uint64_t *len, const struct gv_segment_pairs *p, unsigned coarse)
{
	struct gv_segment_writer w = GV_SEGMENT_WRITER_INIT;
	const int r = list(&w, p, coarse, SAMPLE);

	*len = (uint64_t)(w.blocks.len + w.postings.len) * SAMPLE;
	gv_segment_writer_release(&w);
	return r;
}
