#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/hash.h"
#include "textindex/segment_internal.h"
#include "textindex/segment_pairs.h"
#include "worktree/cache.h"

/* A piece has at least LEAST bytes and about half more, if lines are as
 * those of programs: one line of 128 ends it. The smaller pieces are, the less
 * has to be read, and the larger is the index. */
#define LEAST 9216
/* A smaller content is one piece with its neighbours, up to that many bytes: a
 * piece of its own would have few grams and cost as much as a larger one. */
#define GROUP    18432
#define MOST     32768
#define ONE_LINE 127

/* A draft with that many pairs, which are 4 bytes of memory each, or that many
 * pieces is full: the rest of the pieces are for one more content. */
#define MOST_PAIRS  ((size_t)24 * 1024 * 1024)
#define MOST_PIECES (GV_SEGMENT_PAIRS_PIECES - GV_SEGMENT_TEXT / LEAST - 1)

/* ---- what is in it ------------------------------------------------------- */

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
	gv_segment_pairs_reset(&d->pairs->alone);
	return gv_segment_pairs_add(
	    d->pairs, (uint32_t)d->n_pieces - 1, text, len, &d->pairs->alone);
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
	gv_segment_pairs_reset(&d->pairs->group);
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
	return gv_segment_pairs_add(
	    d->pairs, piece, text, len, &d->pairs->group);
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
gv_segment_draft_doc(
    struct gv_segment_draft *d, const struct gv_segment_new *doc)
{
	const uint32_t len = doc->text ? doc->len : 0;
	size_t at, n;
	int r;

	if (d->pairs == NULL && (d->pairs = gv_segment_pairs_new()) == NULL)
		return GV_ENOMEM;
	if (GV_GROW(d->docs, d->n_docs, d->cap_docs) < 0)
		return gv_err_nomem();
	if (len && len < LEAST && (r = add_to_group(d, doc->text, len)) < 0)
		return r;
	for (at = 0; len >= LEAST && at < len; at += n) {
		n = cut(doc->text + at, len - at);
		if ((r = add_piece(d, doc->text + at, n)) < 0)
			return r;
	}
	d->docs[d->n_docs++] = (struct gv_segment_doc){ .oid = doc->oid,
		.len = doc->text ? doc->size : SEGMENT_NO_TEXT,
		.end = (uint32_t)d->n_uses };
	return 0;
}

/* ---- writing ------------------------------------------------------------- */

static size_t
body_len(const struct gv_segment_draft *d, const struct gv_segment_writer *w)
{
	return d->n_pieces * SEGMENT_PIECE + d->n_docs * SEGMENT_DOC +
	    d->n_uses * SEGMENT_USE + w->blocks.len + w->postings.len;
}

int
gv_segment_draft_put(struct gv_buf *out, const struct gv_segment_draft *d,
    const struct gv_segment_writer *w)
{
	const size_t from = out->len, len = body_len(d, w);
	const size_t sums = gv_segment_sums(len);
	size_t i;

	gv_buf_grow(out,
	    GV_CACHE_MAGIC + SEGMENT_HEAD + SEGMENT_SUM * (sums + 1) + len);
	gv_buf_addstr(out, SEGMENT_MAGIC);
	gv_enc_add_number(
	    out, (uint64_t)d->coarse << SEGMENT_PIECE_BITS | d->n_pieces, 4);
	gv_enc_add_number(out, d->n_docs, 4);
	gv_enc_add_number(out, d->n_uses, 4);
	gv_enc_add_number(out, w->n_blocks, 4);
	gv_enc_add_number(out, len, 4);
	for (i = 0; i <= sums; i++)
		gv_enc_add_number(out, 0, SEGMENT_SUM);
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
	gv_segment_seal(out, from);
	return gv_buf_check(out);
}

static uint64_t
count_text(const struct gv_segment_draft *d)
{
	uint64_t text = 0;
	size_t i;

	for (i = 0; i < d->n_docs; i++)
		if (d->docs[i].len != SEGMENT_NO_TEXT)
			text += d->docs[i].len;
	return text;
}

/* How many bits grams lose, for the segment to be as small as it is to be. */
static int
choose_coarse(struct gv_segment_draft *d, unsigned most)
{
	const struct gv_segment_writer none = GV_SEGMENT_WRITER_INIT;
	const uint64_t fits = count_text(d) / 100 * most;
	uint64_t len = 0;
	int r = 0;

	for (; fits && d->coarse < GV_SEGMENT_COARSE; d->coarse++)
		if ((r = gv_segment_pairs_measure(&len, d->pairs, d->coarse)) <
			0 ||
		    len + body_len(d, &none) <= fits)
			break;
	return r;
}

static int
format(struct gv_buf *out, struct gv_segment_draft *d, unsigned most)
{
	struct gv_segment_writer w = GV_SEGMENT_WRITER_INIT;
	int r = d->pairs ? choose_coarse(d, most) : 0;

	if (r == 0 && d->pairs)
		r = gv_segment_pairs_list(&w, d->pairs, d->coarse);
	if (r == 0)
		r = gv_segment_draft_put(out, d, &w);
	gv_segment_writer_release(&w);
	return r;
}

bool
gv_segment_draft_is_full(const struct gv_segment_draft *d)
{
	return d->pairs &&
	    (d->pairs->n > MOST_PAIRS || d->n_pieces > MOST_PIECES);
}

int
gv_segment_draft_format(
    struct gv_buf *out, struct gv_segment_draft *d, unsigned most)
{
	const int r = format(out, d, most);

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
	gv_segment_pairs_free(d->pairs);
	memset(d, 0, sizeof(*d));
}
