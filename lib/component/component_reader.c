#include "component/component_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "component/component_stored.h"
#include "crypto/secret.h"
#include "object/chunk.h"
#include "object/delta.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"
#include "sys/cancel.h"

#define CACHE     16 /* blocks that stay open: a chain goes back over some */
#define INDEX_MAX ((size_t)1 << 30)

struct block {
	uint32_t number;
	uint64_t used; /* when; 0: never */
	struct gv_secret bytes;
};

struct gv_component_reader {
	const struct gv_component_stored *stored;
	struct gv_odb *odb;
	struct gv_seal_reader *open;
	const unsigned char *key;
	struct gv_component_index index;
	struct gv_oid *blocks;
	bool *are_sound; /* blocks that were read: they are as stored */
	size_t n_blocks, cap_blocks;
	struct block cache[CACHE];
	uint64_t uses;
	size_t at; /* the next piece */
	struct gv_secret piece, other;
};

/* ---- digests ------------------------------------------------------------- */

void
gv_component_piece_id(struct gv_digest *out,
    const unsigned char key[GV_DIGEST_KEY], const void *data, size_t len)
{
	const struct gv_digest_field field = { data, len };

	gv_digest_keyed(out, key, "component piece", &field, 1);
}

int
gv_component_sum(struct gv_digest *out, const unsigned char key[GV_DIGEST_KEY],
    const struct gv_component_index *index)
{
	struct gv_buf ids = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < index->n_pieces; i++)
		gv_buf_add(&ids, index->pieces[i].id.bytes, GV_DIGEST_BYTES);
	if ((r = gv_buf_check(&ids)) == 0) {
		const struct gv_digest_field field = { ids.p, ids.len };

		gv_digest_keyed(out, key, "component sum", &field, 1);
	}
	gv_buf_release(&ids);
	return r;
}

/* ---- opening ------------------------------------------------------------- */

static int
take_index(void *ctx, const void *data, size_t len)
{
	struct gv_secret *text = ctx;

	return text->len + len > INDEX_MAX
	    ? gv_err(GV_EREFUSED, "the index of the dump is too large")
	    : gv_secret_add(text, data, len);
}

static int
take_block(void *ctx, const struct gv_oid *id)
{
	struct gv_component_reader *reader = ctx;
	int r = GV_GROW(reader->blocks, reader->n_blocks, reader->cap_blocks);

	if (r == 0)
		reader->blocks[reader->n_blocks++] = *id;
	return r;
}

static int
load_index(struct gv_component_reader *reader)
{
	const struct gv_component_stored *s = reader->stored;
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_digest sum;
	int r = gv_seal_read(
	    reader->open, reader->odb, &s->index, NULL, take_index, &text);

	if (r == 0)
		r = gv_component_index_read(
		    &reader->index, (const char *)text.p, text.len);
	gv_secret_release(&text);
	if (r < 0 ||
	    (r = gv_chunk_each(reader->odb, &s->blocks, take_block, reader)) <
		0 ||
	    (r = gv_component_sum(&sum, reader->key, &reader->index)) < 0)
		return r;
	reader->are_sound =
	    calloc(reader->n_blocks + 1, sizeof(*reader->are_sound));
	if (reader->are_sound == NULL)
		return gv_err_nomem();
	return reader->index.n_blocks <= reader->n_blocks &&
		gv_digest_equal(&sum, &reader->index.sum)
	    ? 0
	    : gv_err(
		  GV_ECORRUPT, "the index of the dump does not fit its blocks");
}

int
gv_component_is_ours(
    bool *out, struct gv_safe *safe, const struct gv_component_stored *stored)
{
	const struct gv_component_record *rec = &stored->record;
	const unsigned char *key;
	int r = gv_safe_key_named(&key, safe, rec->env, rec->key);

	*out = r == 0 && key && gv_component_is_bound(stored, key);
	return r;
}

/* Anybody who can push can make a dump, and a restore feeds it to a program
 * that does what it says. */
static int
check_binding(struct gv_component_reader *reader, struct gv_safe *safe)
{
	const struct gv_component_record *rec = &reader->stored->record;
	int r = gv_safe_key_named(&reader->key, safe, rec->env, rec->key);

	if (r < 0)
		return r;
	if (reader->key == NULL)
		return gv_err(GV_ENOKEY,
		    "the vault has no key of ids '%s' for %s, so nobody knows "
		    "who made the dump",
		    rec->key, rec->env);
	return gv_component_is_bound(reader->stored, reader->key)
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "its binding does not match: somebody without the vault's "
		  "key of ids made the dump or changed it");
}

int
gv_component_reader_open(struct gv_component_reader **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_component_stored *stored)
{
	struct gv_component_reader *reader = calloc(1, sizeof(*reader));
	const struct gv_identity *const *with;
	size_t n;
	int r;

	if (reader == NULL)
		return gv_err_nomem();
	reader->stored = stored;
	if ((r = check_binding(reader, safe)) == 0 &&
	    (r = gv_repo_odb(repo, &reader->odb)) == 0 &&
	    (r = gv_safe_identities(&with, &n, safe)) == 0 &&
	    (r = gv_seal_reader_new(&reader->open, with, n)) == 0)
		r = load_index(reader);
	if (r == 0) {
		*out = reader;
		return 0;
	}
	gv_component_reader_close(reader);
	return gv_err_in(r, "dump %s of %s/%s", stored->record.id,
	    stored->record.env, stored->record.name);
}

/* ---- parts --------------------------------------------------------------- */

static int
open_block(struct gv_component_reader *reader, struct block *b, uint32_t number)
{
	struct gv_object object = { .owner = NULL };
	int r = gv_odb_read_type(
	    reader->odb, &object, &reader->blocks[number], GV_OTYPE_BLOB);

	b->used = 0;
	gv_secret_reset(&b->bytes);
	if (r == 0)
		r = gv_seal_open(
		    reader->open, &b->bytes, object.data, object.len);
	gv_object_release(&object);
	if (r == 0) {
		b->number = number;
		reader->are_sound[number] = true;
	}
	return r < 0 ? gv_err_in(r, "block %" PRIu32, number) : 0;
}

int
gv_component_reader_check(struct gv_component_reader *reader, uint32_t block)
{
	struct gv_object object = { .owner = NULL };
	int r;

	if (reader->are_sound[block])
		return 0;
	r = gv_odb_read_type(
	    reader->odb, &object, &reader->blocks[block], GV_OTYPE_BLOB);
	gv_object_release(&object);
	if (r < 0)
		return gv_err_in(r, "block %" PRIu32, block);
	reader->are_sound[block] = true;
	return 0;
}

/* The bytes of a block, until another one is asked for. */
static int
find_block(
    struct gv_secret **out, struct gv_component_reader *reader, uint32_t number)
{
	struct block *b = &reader->cache[0];
	size_t i;
	int r = 0;

	for (i = 0; i < CACHE; i++) {
		if (reader->cache[i].used && reader->cache[i].number == number)
			break;
		if (reader->cache[i].used < b->used)
			b = &reader->cache[i];
	}
	if (i < CACHE)
		b = &reader->cache[i];
	else
		r = open_block(reader, b, number);
	if (r == 0)
		b->used = ++reader->uses;
	*out = &b->bytes;
	return r;
}

/* Make the next of a chain from what `reader->piece` has: the two change
 * places. */
static int
apply(struct gv_component_reader *reader, const struct gv_component_part *part,
    const unsigned char *delta)
{
	struct gv_secret *const to = &reader->other, had = reader->piece;
	int r;

	gv_secret_reset(to);
	if ((r = gv_secret_grow(to, part->size)) < 0)
		return r;
	to->len = part->size;
	if (!gv_delta_apply(to->p, to->len, had.p, had.len, delta, part->len))
		return gv_err(GV_ECORRUPT, "its delta does not fit its base");
	reader->piece = *to;
	reader->other = had;
	return 0;
}

static int
make_step(struct gv_component_reader *reader, uint32_t number)
{
	const struct gv_component_part *part = &reader->index.parts[number];
	struct gv_secret *block;
	int r = find_block(&block, reader, part->block);

	if (r == 0 &&
	    (part->offset > block->len ||
		part->len > block->len - part->offset))
		r = gv_err(
		    GV_ECORRUPT, "block %" PRIu32 " is too short", part->block);
	if (r < 0)
		return r;
	if (part->base != GV_COMPONENT_NO_BASE)
		return apply(reader, part, block->p + part->offset);
	gv_secret_reset(&reader->piece);
	return gv_secret_add(
	    &reader->piece, block->p + part->offset, part->len);
}

/* Into reader->piece: the whole part first, then each delta on it. */
static int
make_part(struct gv_component_reader *reader, uint32_t number)
{
	uint32_t chain[GV_COMPONENT_CHAIN + 1], n = 0;
	int r = 0;

	for (chain[n++] = number;
	     reader->index.parts[number].base != GV_COMPONENT_NO_BASE;
	     chain[n++] = number)
		number = reader->index.parts[number].base;
	while (r == 0 && n)
		r = make_step(reader, chain[--n]);
	return r;
}

int
gv_component_reader_part(
    struct gv_component_reader *reader, struct gv_secret *out, uint32_t part)
{
	int r = make_part(reader, part);

	return r < 0 ? r
		     : gv_secret_add(out, reader->piece.p, reader->piece.len);
}

int
gv_component_reader_next(
    struct gv_component_reader *reader, const void **data, size_t *len)
{
	const struct gv_component_piece *piece;
	struct gv_digest id;
	int r;

	if (reader->at == reader->index.n_pieces)
		return 0;
	if (gv_cancel_requested())
		return gv_cancel_error();
	piece = &reader->index.pieces[reader->at];
	if ((r = make_part(reader, piece->part)) == 0) {
		gv_component_piece_id(
		    &id, reader->key, reader->piece.p, reader->piece.len);
		if (!gv_digest_equal(&id, &piece->id))
			r = gv_err(GV_ECORRUPT,
			    "its bytes are not those that "
			    "were stored");
	}
	if (r < 0)
		return gv_err_in(r, "piece %zu of %zu of dump %s of %s/%s",
		    reader->at + 1, reader->index.n_pieces,
		    reader->stored->record.id, reader->stored->record.env,
		    reader->stored->record.name);
	reader->at++;
	*data = reader->piece.p;
	*len = reader->piece.len;
	return 1;
}

const struct gv_component_index *
gv_component_reader_index(const struct gv_component_reader *reader)
{
	return &reader->index;
}

const struct gv_oid *
gv_component_reader_block(
    const struct gv_component_reader *reader, uint32_t block)
{
	return &reader->blocks[block];
}

void
gv_component_reader_close(struct gv_component_reader *reader)
{
	size_t i;

	if (reader == NULL)
		return;
	for (i = 0; i < CACHE; i++)
		gv_secret_release(&reader->cache[i].bytes);
	gv_secret_release(&reader->piece);
	gv_secret_release(&reader->other);
	gv_component_index_release(&reader->index);
	gv_seal_reader_free(reader->open);
	free(reader->blocks);
	free(reader->are_sound);
	free(reader);
}
