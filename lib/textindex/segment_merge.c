#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "textindex/segment_internal.h"

#define NOT_NEW UINT32_MAX

/* Pieces are numbered in the order of the segments, so the lists of a gram are
 * put one behind the other; of a piece that an earlier segment has, its own
 * list has it already. Where the result is coarser than a segment, several of
 * its lists become one. */
struct merging {
	struct gv_segment_draft d; /* its tables only */
	struct gv_segment_writer w;
	const struct gv_segment *segs;
	size_t n;
	uint32_t **number; /* of each piece that is new; else NOT_NEW */
	uint32_t *list;    /* of the gram at hand, from one segment */
	size_t n_list, cap_list;
	struct gv_segment_cursor *cursors;
	bool *has_more;
	struct gv_map docs;
};

/* The number of the piece, which is as well the place of its name. */
static int
take_pieces(struct merging *m, size_t i, uint32_t *number_of)
{
	const struct gv_segment *seg = &m->segs[i];
	uint32_t k;
	bool is_new;
	int r;

	for (k = 0; k < seg->pieces; k++) {
		const char *name = seg->piece + (size_t)k * SEGMENT_PIECE;

		if ((r = gv_segment_draft_piece(
			 &is_new, &m->d, (const unsigned char *)name)) < 0)
			return r;
		number_of[k] = m->d.uses[--m->d.n_uses];
		m->number[i][k] = is_new ? number_of[k] : NOT_NEW;
	}
	return 0;
}

static int
take_doc(struct merging *m, const struct gv_segment *seg, uint32_t i,
    const uint32_t *number_of)
{
	struct gv_segment_draft *d = &m->d;
	struct gv_segment_doc doc;
	const char *key;
	uint32_t k;
	int r;

	gv_segment_doc(&doc, seg, i);
	if (gv_map_get(&m->docs, doc.oid.id, sizeof(doc.oid.id)))
		return 0;
	key = gv_arena_copy(&d->arena, doc.oid.id, sizeof(doc.oid.id));
	if (key == NULL || GV_GROW(d->docs, d->n_docs, d->cap_docs) < 0)
		return gv_err_nomem();
	if ((r = gv_map_put(&m->docs, key, sizeof(doc.oid.id), (void *)key)) <
	    0)
		return r;
	for (k = doc.first; k < doc.end; k++) {
		if (GV_GROW(d->uses, d->n_uses, d->cap_uses) < 0)
			return gv_err_nomem();
		d->uses[d->n_uses++] = number_of[gv_segment_piece(seg, k)];
	}
	doc.end = (uint32_t)d->n_uses;
	d->docs[d->n_docs++] = doc;
	return 0;
}

static int
take_tables(struct merging *m, size_t i)
{
	const struct gv_segment *seg = &m->segs[i];
	uint32_t *number_of = calloc(seg->pieces + 1, sizeof(*number_of));
	uint32_t k;
	int r;

	m->number[i] = calloc(seg->pieces + 1, sizeof(**m->number));
	if (number_of == NULL || m->number[i] == NULL) {
		free(number_of);
		return gv_err_nomem();
	}
	r = take_pieces(m, i, number_of);
	for (k = 0; r == 0 && k < seg->docs; k++)
		r = take_doc(m, seg, k, number_of);
	free(number_of);
	return r;
}

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The gram of the list that is next, as coarse as the result. */
static uint32_t
next_gram(const struct merging *m, size_t i)
{
	return m->cursors[i].gram >> (m->d.coarse - m->segs[i].coarse);
}

static int
read_list(struct merging *m, size_t i)
{
	struct gv_segment_cursor *c = &m->cursors[i];
	uint32_t piece, number;

	while (gv_segment_list_next(&piece, &c->list)) {
		if ((number = m->number[i][piece]) == NOT_NEW)
			continue;
		if (GV_GROW(m->list, m->n_list, m->cap_list) < 0)
			return gv_err_nomem();
		m->list[m->n_list++] = number;
	}
	m->has_more[i] = gv_segment_cursor_next(c);
	return 0;
}

/* All lists that a segment has of a gram. The writer adds once what is there
 * several times. */
static int
take_lists(struct merging *m, size_t i, uint32_t gram)
{
	size_t k, lists = 0;
	int r;

	m->n_list = 0;
	for (; m->has_more[i] && next_gram(m, i) == gram; lists++)
		if ((r = read_list(m, i)) < 0)
			return r;
	if (lists > 1 && m->n_list)
		qsort(m->list, m->n_list, sizeof(*m->list), compare);
	for (k = 0; k < m->n_list; k++)
		if ((r = gv_segment_writer_add(&m->w, gram, m->list[k])) < 0)
			return r;
	return 0;
}

static int
take_grams(struct merging *m)
{
	uint32_t gram;
	size_t i;
	int r;

	for (;;) {
		gram = UINT32_MAX;
		for (i = 0; i < m->n; i++)
			if (m->has_more[i] && next_gram(m, i) < gram)
				gram = next_gram(m, i);
		if (gram == UINT32_MAX)
			return gv_segment_writer_end(&m->w);
		for (i = 0; i < m->n; i++)
			if ((r = take_lists(m, i, gram)) < 0)
				return r;
	}
}

static int
merge(struct gv_buf *out, struct merging *m)
{
	size_t i;
	int r;

	m->number = calloc(m->n + 1, sizeof(*m->number));
	m->cursors = calloc(m->n + 1, sizeof(*m->cursors));
	m->has_more = calloc(m->n + 1, sizeof(*m->has_more));
	if (m->number == NULL || m->cursors == NULL || m->has_more == NULL)
		return gv_err_nomem();
	for (i = 0; i < m->n; i++) {
		if ((r = take_tables(m, i)) < 0)
			return r;
		m->cursors[i].seg = &m->segs[i];
		m->has_more[i] = gv_segment_cursor_next(&m->cursors[i]);
	}
	if ((r = take_grams(m)) < 0)
		return r;
	return gv_segment_draft_put(out, &m->d, &m->w);
}

static int
merge_as(struct gv_buf *out, const struct gv_segment *segs, size_t n,
    unsigned coarse)
{
	struct merging m = { .segs = segs,
		.n = n,
		.w = GV_SEGMENT_WRITER_INIT,
		.d = { .coarse = coarse } };
	size_t i;
	const int r = merge(out, &m);

	for (i = 0; m.number && i < n; i++)
		free(m.number[i]);
	free(m.number);
	free(m.list);
	free(m.cursors);
	free(m.has_more);
	gv_map_release(&m.docs);
	gv_segment_writer_release(&m.w);
	gv_segment_draft_release(&m.d);
	return r;
}

/* How coarse the result is at least. What is far too large as it is does not
 * become small enough by having shared pieces once. */
static unsigned
least_coarse(const struct gv_segment *segs, size_t n, uint64_t fits)
{
	uint64_t size = 0;
	unsigned coarse = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		size += segs[i].postings_len;
		if (segs[i].coarse > coarse)
			coarse = segs[i].coarse;
	}
	return fits && size > fits + fits / 8 && coarse < GV_SEGMENT_COARSE
	    ? coarse + 1
	    : coarse;
}

int
gv_segment_merge(
    struct gv_buf *out, const struct gv_segment *segs, size_t n, unsigned most)
{
	const uint64_t fits = gv_segment_text(segs, n) / 100 * most;
	const size_t from = out->len;
	unsigned coarse = least_coarse(segs, n, fits);
	int r = merge_as(out, segs, n, coarse);

	while (r == 0 && fits && out->len - from > fits &&
	    coarse < GV_SEGMENT_COARSE) {
		gv_buf_truncate(out, from);
		r = merge_as(out, segs, n, ++coarse);
	}
	return r;
}
