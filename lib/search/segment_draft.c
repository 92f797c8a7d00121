#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "search/segment.h"
#include "search/segment_internal.h"
#include "worktree/cache.h"

#define FAMILY_BITS 24
#define DIGIT       16 /* bits of a pair that are sorted by at once */

/* ---- what is in it ------------------------------------------------------- */

int
gv_segment_draft_family(struct gv_segment_draft *d, uint64_t path)
{
	if (d->n_families >> FAMILY_BITS ||
	    GV_GROW(d->families, d->n_families, d->cap_families) < 0)
		return gv_err_nomem();
	d->families[d->n_families++] =
	    (struct gv_segment_drafted){ path, (uint32_t)d->n_docs };
	return 0;
}

static int
add_pair(struct gv_segment_draft *d, uint32_t gram, size_t family)
{
	if (GV_GROW(d->pairs, d->n_pairs, d->cap_pairs) < 0)
		return gv_err_nomem();
	d->pairs[d->n_pairs++] = (uint64_t)gram << FAMILY_BITS | family;
	return 0;
}

/* Lines are searched each by itself: no gram goes over the end of one. */
static int
add_text(struct gv_segment_draft *d, const char *text, size_t len)
{
	const uint32_t mark = (uint32_t)d->n_families;
	uint32_t bytes = 0, gram;
	size_t i, run = 0;

	for (i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];

		bytes = bytes << 8 | gv_gram_fold[c];
		run = c == '\n' ? 0 : run + 1;
		if (run < GV_GRAM_LEN ||
		    d->last[gram = gv_gram_number(bytes)] == mark)
			continue;
		d->last[gram] = mark;
		if (add_pair(d, gram, mark - 1) < 0)
			return GV_ENOMEM;
	}
	return 0;
}

int
gv_segment_draft_doc(struct gv_segment_draft *d, const struct gv_oid *oid,
    const char *text, uint32_t len)
{
	if (d->last == NULL)
		d->last = calloc((size_t)1 << GV_GRAM_BITS, sizeof(*d->last));
	if (d->last == NULL || GV_GROW(d->docs, d->n_docs, d->cap_docs) < 0)
		return gv_err_nomem();
	d->docs[d->n_docs++] = (struct gv_segment_doc){ .oid = *oid,
		.len = text ? len : SEGMENT_NO_TEXT };
	return text ? add_text(d, text, len) : 0;
}

/* ---- merging ------------------------------------------------------------- */

struct merging {
	struct gv_segment_draft *d;
	const struct gv_segment *seg;
	uint32_t *family; /* of its families: the one here */
};

static int
take_pair(void *ctx, uint32_t gram, uint32_t family)
{
	struct merging *m = ctx;

	return gram >> GV_GRAM_BITS ? 0
				    : add_pair(m->d, gram, m->family[family]);
}

/* A family of one of the segments that are merged. */
struct source {
	uint64_t path;
	uint32_t seg, family;
};

static int
compare(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	if (x->path != y->path)
		return x->path > y->path ? 1 : -1;
	return (x->seg > y->seg) - (x->seg < y->seg);
}

static int
take_docs(struct gv_segment_draft *d, const struct gv_segment *seg,
    uint32_t family, struct gv_segment_doc *at, uint32_t *i)
{
	for (; *i < seg->docs; (*i)++) {
		gv_segment_doc(at, seg, *i);
		if (at->family > family)
			break;
		if (GV_GROW(d->docs, d->n_docs, d->cap_docs) < 0)
			return gv_err_nomem();
		d->docs[d->n_docs++] = *at;
	}
	return 0;
}

/* The first content of a family. */
static uint32_t
find_doc(const struct gv_segment *seg, uint32_t family)
{
	return (uint32_t)gv_enc_number(
	    seg->family + (size_t)family * SEGMENT_FAMILY + 8, 4);
}

static int
merge_families(struct gv_segment_draft *d, const struct gv_segment *segs,
    const struct source *all, size_t n, uint32_t **family_of)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		const struct gv_segment *seg = &segs[all[i].seg];
		struct gv_segment_doc at = { .family = all[i].family };
		uint32_t doc = find_doc(seg, all[i].family);

		if (i == 0 || all[i].path != all[i - 1].path)
			r = gv_segment_draft_family(d, all[i].path);
		if (r == 0)
			r = take_docs(d, seg, all[i].family, &at, &doc);
		family_of[all[i].seg][all[i].family] =
		    (uint32_t)d->n_families - 1;
	}
	return r;
}

int
gv_segment_draft_merge(
    struct gv_segment_draft *d, const struct gv_segment *segs, size_t n)
{
	uint32_t **family_of = calloc(n + 1, sizeof(*family_of)), k;
	struct source *all = NULL;
	size_t i, total = 0, at = 0;
	int r = family_of ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < n; i++) {
		total += segs[i].families;
		family_of[i] = calloc(segs[i].families, sizeof(**family_of));
		if (family_of[i] == NULL)
			r = gv_err_nomem();
	}
	if (r < 0 || (all = calloc(total + 1, sizeof(*all))) == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	for (i = 0; i < n; i++)
		for (k = 0; k < segs[i].families; k++)
			all[at++] =
			    (struct source){ gv_segment_path(&segs[i], k),
				    (uint32_t)i, k };
	qsort(all, total, sizeof(*all), compare);
	r = merge_families(d, segs, all, total, family_of);
	for (i = 0; r == 0 && i < n; i++) {
		struct merging m = { d, &segs[i], family_of[i] };

		r = gv_segment_each(&segs[i], take_pair, &m);
	}
out:
	for (i = 0; family_of && i < n; i++)
		free(family_of[i]);
	free(family_of);
	free(all);
	return r;
}

/* ---- writing ------------------------------------------------------------- */

/* By gram and family: a few passes over the bits, the lowest first. */
static int
sort_pairs(struct gv_segment_draft *d)
{
	uint64_t *from = d->pairs, *swap;
	uint64_t *to = malloc((d->n_pairs + 1) * sizeof(*to));
	size_t *at = malloc(((size_t)1 << DIGIT) * sizeof(*at));
	size_t i, sum, count;
	unsigned shift;

	if (to == NULL || at == NULL) {
		free(to);
		free(at);
		return gv_err_nomem();
	}
	for (shift = 0; shift < GV_GRAM_BITS + FAMILY_BITS; shift += DIGIT) {
		memset(at, 0, ((size_t)1 << DIGIT) * sizeof(*at));
		for (i = 0; i < d->n_pairs; i++)
			at[from[i] >> shift & 0xffff]++;
		for (i = sum = 0; i < (size_t)1 << DIGIT; i++) {
			count = at[i];
			at[i] = sum;
			sum += count;
		}
		for (i = 0; i < d->n_pairs; i++)
			to[at[from[i] >> shift & 0xffff]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	free(to);
	free(at);
	d->pairs = from;
	d->cap_pairs = d->n_pairs + 1;
	return 0;
}

static void
add_number(struct gv_buf *out, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		gv_buf_addch(out, (char)(n | 0x80));
	gv_buf_addch(out, (char)n);
}

/* The list of a gram, whose pairs begin at `i`; where the next one begins. */
static size_t
add_list(struct gv_buf *list, const struct gv_segment_draft *d, size_t i)
{
	const uint64_t gram = d->pairs[i] >> FAMILY_BITS;
	uint64_t next = 0;

	gv_buf_reset(list);
	for (; i < d->n_pairs && d->pairs[i] >> FAMILY_BITS == gram; i++) {
		const uint64_t family =
		    d->pairs[i] & (((uint64_t)1 << FAMILY_BITS) - 1);

		if (family + 1 == next)
			continue;
		add_number(list, family - next);
		next = family + 1;
	}
	return i;
}

static uint32_t
add_postings(struct gv_buf *blocks, struct gv_buf *postings,
    const struct gv_segment_draft *d)
{
	struct gv_buf list = GV_BUF_INIT;
	uint64_t gram, before = 0;
	uint32_t n = 0, in = SEGMENT_BLOCK_GRAMS;
	size_t i, end;

	for (i = 0; i < d->n_pairs; i = end) {
		gram = d->pairs[i] >> FAMILY_BITS;
		if (in == SEGMENT_BLOCK_GRAMS) {
			gv_enc_add_number(blocks, gram, 4);
			gv_enc_add_number(blocks, postings->len, 4);
			before = gram;
			in = 0;
			n++;
		}
		end = add_list(&list, d, i);
		add_number(postings, gram - before);
		add_number(postings, list.len);
		gv_buf_add(postings, list.p, list.len);
		before = gram;
		in++;
	}
	/* what it lacks, the segment would lack */
	if (gv_buf_check(&list) < 0)
		gv_buf_grow(postings, SIZE_MAX / 2);
	gv_buf_release(&list);
	return n;
}

static void
add_tables(struct gv_buf *out, const struct gv_segment_draft *d)
{
	size_t i;

	for (i = 0; i < d->n_families; i++) {
		gv_enc_add_number(out, d->families[i].path, 8);
		gv_enc_add_number(out, d->families[i].first, 4);
	}
	for (i = 0; i < d->n_docs; i++) {
		gv_buf_add(out, d->docs[i].oid.id, GV_OID_RAW);
		gv_enc_add_number(out, d->docs[i].len, 4);
	}
}

int
gv_segment_draft_format(struct gv_buf *out, struct gv_segment_draft *d)
{
	struct gv_buf blocks = GV_BUF_INIT, postings = GV_BUF_INIT;
	const size_t from = out->len;
	uint32_t n;
	int r = sort_pairs(d);

	if (r < 0)
		return r;
	n = add_postings(&blocks, &postings, d);
	if (gv_buf_check(&blocks) < 0 || gv_buf_check(&postings) < 0) {
		r = GV_ENOMEM;
		goto out;
	}
	gv_buf_addstr(out, SEGMENT_MAGIC);
	gv_enc_add_number(out, d->n_families, 4);
	gv_enc_add_number(out, d->n_docs, 4);
	gv_enc_add_number(out, n, 4);
	add_tables(out, d);
	gv_buf_add(out, blocks.p, blocks.len);
	gv_buf_add(out, postings.p, postings.len);
	gv_cache_seal(out, from);
	r = gv_buf_check(out);
out:
	gv_buf_release(&blocks);
	gv_buf_release(&postings);
	gv_segment_draft_release(d);
	return r;
}

void
gv_segment_draft_release(struct gv_segment_draft *d)
{
	free(d->families);
	free(d->docs);
	free(d->pairs);
	free(d->last);
	memset(d, 0, sizeof(*d));
}
