#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/hash.h"
#include "textindex/segment_internal.h"
#include "worktree/cache.h"

/* Bits of a gram that are sorted by at once: with more, each of the places that
 * are written to would be out of the processor's caches. */
#define DIGIT 12

/* A piece has at least LEAST bytes and about half more, if lines are as
 * those of programs: one line of 128 ends it. The smaller pieces are, the less
 * has to be read, and the larger is the index. */
#define LEAST 9216
/* A smaller content is one piece with its neighbours, up to that many bytes: a
 * piece of its own would have few grams and cost as much as a larger one. */
#define GROUP    18432
#define MOST     32768
#define ONE_LINE 127

/* ---- what is in it ------------------------------------------------------- */

static int
add_pair(struct gv_segment_draft *d, uint32_t gram, uint32_t piece)
{
	if (GV_GROW(d->pairs, d->n_pairs, d->cap_pairs) < 0)
		return gv_err_nomem();
	d->pairs[d->n_pairs++] = (uint64_t)gram << SEGMENT_PIECE_BITS | piece;
	return 0;
}

/* Lines are searched each by itself: no gram goes over the end of one. */
static int
add_grams(
    struct gv_segment_draft *d, uint32_t piece, const char *text, size_t len)
{
	uint32_t bytes = 0, gram;
	size_t i, run = 0;

	for (i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];

		bytes = bytes << 8 | gv_gram_fold[c];
		run = c == '\n' ? 0 : run + 1;
		if (run < GV_GRAM_LEN ||
		    d->last[gram = gv_gram_number(bytes)] == piece + 1)
			continue;
		d->last[gram] = piece + 1;
		if (add_pair(d, gram, piece) < 0)
			return GV_ENOMEM;
	}
	return 0;
}

int
gv_segment_draft_piece(bool *is_new, struct gv_segment_draft *d,
    const unsigned char name[GV_SEGMENT_NAME])
{
	uintptr_t number =
	    (uintptr_t)gv_map_get(&d->piece_map, name, GV_SEGMENT_NAME);
	const char *key;
	int r;

	if (GV_GROW(d->uses, d->n_uses, d->cap_uses) < 0)
		return gv_err_nomem();
	*is_new = number == 0;
	if (*is_new) {
		if (d->n_pieces >> SEGMENT_PIECE_BITS ||
		    GV_GROW(d->pieces, d->n_pieces, d->cap_pieces) < 0)
			return gv_err_nomem();
		key = gv_arena_copy(&d->arena, name, GV_SEGMENT_NAME);
		if (key == NULL)
			return GV_ENOMEM;
		number = d->n_pieces + 1;
		if ((r = gv_map_put(&d->piece_map, key, GV_SEGMENT_NAME,
			 (void *)number)) < 0)
			return r;
		memcpy(d->pieces[d->n_pieces++], name, GV_SEGMENT_NAME);
	}
	d->uses[d->n_uses++] = (uint32_t)(number - 1);
	return 0;
}

static int
add_piece(struct gv_segment_draft *d, const char *text, size_t len)
{
	struct gv_hash_sha256 h;
	unsigned char name[32];
	bool is_new;
	int r;

	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, text, len);
	gv_hash_sha256_finish(&h, name);
	r = gv_segment_draft_piece(&is_new, d, name);
	if (r < 0 || !is_new)
		return r;
	return add_grams(d, (uint32_t)d->n_pieces - 1, text, len);
}

static int
begin_group(struct gv_segment_draft *d)
{
	if (d->n_pieces >> SEGMENT_PIECE_BITS ||
	    GV_GROW(d->pieces, d->n_pieces, d->cap_pieces) < 0)
		return gv_err_nomem();
	memset(d->pieces[d->n_pieces], 0, GV_SEGMENT_NAME);
	d->group = ++d->n_pieces;
	d->grouped = 0;
	return 0;
}

/* The name of a group is made of that before it and of what is added; a byte is
 * turned over, so that no text has it as the name of a piece. */
static void
rename_group(unsigned char name[GV_SEGMENT_NAME], const char *text, size_t len)
{
	struct gv_hash_sha256 h;
	unsigned char digest[32];

	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, name, GV_SEGMENT_NAME);
	gv_hash_sha256_update(&h, text, len);
	gv_hash_sha256_finish(&h, digest);
	memcpy(name, digest, GV_SEGMENT_NAME);
	name[0] ^= 0xff;
}

static int
add_to_group(struct gv_segment_draft *d, const char *text, size_t len)
{
	uint32_t piece;
	int r;

	if (d->group && d->grouped + len > GROUP)
		d->group = 0;
	if (d->group == 0 && (r = begin_group(d)) < 0)
		return r;
	piece = (uint32_t)d->group - 1;
	if (GV_GROW(d->uses, d->n_uses, d->cap_uses) < 0)
		return gv_err_nomem();
	d->uses[d->n_uses++] = piece;
	d->grouped += len;
	rename_group(d->pieces[piece], text, len);
	return add_grams(d, piece, text, len);
}

/* How long the first piece of a text is. */
static size_t
cut(const char *text, size_t len)
{
	size_t at = 0, line;
	const char *end;

	while (at < len) {
		end = memchr(text + at, '\n', len - at);
		line = (end ? (size_t)(end - text) + 1 : len) - at;
		at += line;
		if (at >= MOST ||
		    (at >= LEAST &&
			(gv_map_hash(text + at - line, line) & ONE_LINE) == 0))
			break;
	}
	return at;
}

int
gv_segment_draft_doc(struct gv_segment_draft *d, const struct gv_oid *oid,
    const char *text, uint32_t len)
{
	size_t at, n;
	int r;

	if (d->last == NULL)
		d->last = calloc((size_t)1 << GV_GRAM_BITS, sizeof(*d->last));
	if (d->last == NULL || GV_GROW(d->docs, d->n_docs, d->cap_docs) < 0)
		return gv_err_nomem();
	if (text && len && len < LEAST && (r = add_to_group(d, text, len)) < 0)
		return r;
	for (at = 0; text && len >= LEAST && at < len; at += n) {
		n = cut(text + at, len - at);
		if ((r = add_piece(d, text + at, n)) < 0)
			return r;
	}
	d->docs[d->n_docs++] = (struct gv_segment_doc){ .oid = *oid,
		.len = text ? len : SEGMENT_NO_TEXT,
		.end = (uint32_t)d->n_uses };
	return 0;
}

/* ---- writing ------------------------------------------------------------- */

static unsigned
digit_of(uint64_t pair, unsigned shift)
{
	return (unsigned)(pair >> shift) & ((1u << DIGIT) - 1);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Pieces come in order, but for what was added to a group after other pieces.
 */
static void
sort_lists(struct gv_segment_draft *d)
{
	size_t from, to;

	for (from = 0; from < d->n_pairs; from = to) {
		const uint64_t gram = d->pairs[from] >> SEGMENT_PIECE_BITS;
		bool is_sorted = true;

		for (to = from + 1; to < d->n_pairs &&
		     d->pairs[to] >> SEGMENT_PIECE_BITS == gram;
		     to++)
			is_sorted &= d->pairs[to - 1] < d->pairs[to];
		if (!is_sorted)
			qsort(d->pairs + from, to - from, sizeof(*d->pairs),
			    compare);
	}
}

/* By gram, in passes that keep the order of what is alike; then by piece. */
static int
sort_pairs(struct gv_segment_draft *d)
{
	uint64_t *from = d->pairs, *swap;
	uint64_t *to = malloc((d->n_pairs + 1) * sizeof(*to));
	size_t at[1u << DIGIT], i, sum, count;
	unsigned shift;

	if (to == NULL)
		return gv_err_nomem();
	for (shift = SEGMENT_PIECE_BITS;
	     shift < SEGMENT_PIECE_BITS + GV_GRAM_BITS; shift += DIGIT) {
		memset(at, 0, sizeof(at));
		for (i = 0; i < d->n_pairs; i++)
			at[digit_of(from[i], shift)]++;
		for (i = sum = 0; i < 1u << DIGIT; i++) {
			count = at[i];
			at[i] = sum;
			sum += count;
		}
		for (i = 0; i < d->n_pairs; i++)
			to[at[digit_of(from[i], shift)]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	free(to);
	d->pairs = from;
	d->cap_pairs = d->n_pairs + 1;
	sort_lists(d);
	return 0;
}

int
gv_segment_draft_put(struct gv_buf *out, const struct gv_segment_draft *d,
    const struct gv_segment_writer *w)
{
	const size_t from = out->len;
	size_t i;

	gv_buf_addstr(out, SEGMENT_MAGIC);
	gv_enc_add_number(
	    out, (uint64_t)d->coarse << SEGMENT_PIECE_BITS | d->n_pieces, 4);
	gv_enc_add_number(out, d->n_docs, 4);
	gv_enc_add_number(out, d->n_uses, 4);
	gv_enc_add_number(out, w->n_blocks, 4);
	gv_buf_add(out, d->pieces, d->n_pieces * sizeof(*d->pieces));
	for (i = 0; i < d->n_docs; i++) {
		gv_buf_add(out, d->docs[i].oid.id, GV_OID_RAW);
		gv_enc_add_number(out, d->docs[i].len, 4);
		gv_enc_add_number(out, d->docs[i].end, 4);
	}
	for (i = 0; i < d->n_uses; i++)
		gv_enc_add_number(out, d->uses[i], 4);
	gv_buf_add(out, w->blocks.p, w->blocks.len);
	gv_buf_add(out, w->postings.p, w->postings.len);
	gv_cache_seal(out, from);
	return gv_buf_check(out);
}

static int
format(struct gv_buf *out, struct gv_segment_draft *d)
{
	struct gv_segment_writer w = GV_SEGMENT_WRITER_INIT;
	const uint64_t pieces = ((uint64_t)1 << SEGMENT_PIECE_BITS) - 1;
	size_t i;
	int r = sort_pairs(d);

	for (i = 0; r == 0 && i < d->n_pairs; i++)
		r = gv_segment_writer_add(&w,
		    (uint32_t)(d->pairs[i] >> SEGMENT_PIECE_BITS),
		    (uint32_t)(d->pairs[i] & pieces));
	if (r == 0)
		r = gv_segment_writer_end(&w);
	if (r == 0)
		r = gv_segment_draft_put(out, d, &w);
	gv_segment_writer_release(&w);
	return r;
}

int
gv_segment_draft_format(struct gv_buf *out, struct gv_segment_draft *d)
{
	const int r = format(out, d);

	gv_segment_draft_release(d);
	return r;
}

void
gv_segment_draft_release(struct gv_segment_draft *d)
{
	gv_map_release(&d->piece_map);
	gv_arena_release(&d->arena);
	free(d->pieces);
	free(d->docs);
	free(d->uses);
	free(d->pairs);
	free(d->last);
	memset(d, 0, sizeof(*d));
}
