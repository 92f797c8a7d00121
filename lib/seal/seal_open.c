#include <stdlib.h>

#include "base/err.h"
#include "compress/member.h"
#include "crypto/secret.h"
#include "object/odb.h"
#include "seal/seal_internal.h"

struct gv_seal_reader {
	const struct gv_identity *const *with;
	size_t n;
	size_t place; /* of our stanza, the same in all files of a scope */
	struct gv_member *member;
	struct gv_secret packed; /* what age opened, gzip inside */
	struct gv_secret piece;  /* of an object that goes to a sink */
};

int
gv_seal_reader_new(struct gv_seal_reader **out,
    const struct gv_identity *const *with, size_t n)
{
	struct gv_seal_reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return gv_err_nomem();
	reader->with = with;
	reader->n = n;
	*out = reader;
	return 0;
}

static int
unpack(struct gv_seal_reader *reader, struct gv_secret *out)
{
	const struct gv_secret *packed = &reader->packed;
	size_t before = out->len, size;
	int r = gv_member_size(&size, packed->p, packed->len, GV_SEAL_WHOLE);

	if (r < 0 || (r = gv_secret_grow(out, size)) < 0)
		return r;
	if (reader->member == NULL) {
		reader->member = gv_member_new();
		if (reader->member == NULL)
			return GV_ENOMEM;
	}
	/* what a failure leaves there is wiped */
	out->len += size;
	r = gv_member_unpack(
	    reader->member, out->p + before, size, packed->p, packed->len);
	if (r < 0)
		gv_secret_truncate(out, before);
	return r;
}

int
gv_seal_open(struct gv_seal_reader *reader, struct gv_secret *out,
    const void *data, size_t len)
{
	struct gv_secret *packed = &reader->packed;
	int r;

	gv_secret_reset(packed);
	r = gv_age_open(
	    packed, reader->with, reader->n, data, len, &reader->place);
	if (r == 0)
		r = gv_member_is(packed->p, packed->len)
		    ? unpack(reader, out)
		    : gv_secret_add(out, packed->p, packed->len);
	gv_secret_reset(packed);
	return r;
}

/* ---- objects ----------------------------------------------------------- */

struct reading {
	struct gv_seal_reader *reader;
	struct gv_odb *odb;
	const struct gv_seal_claim *claim;
	bool is_list;
	bool is_claimed;   /* the last piece has the id of the claim */
	struct gv_buf ids; /* of all pieces of a list, by each key */
	gv_age_sink *sink;
	void *ctx;
};

static size_t
n_keys(const struct gv_seal_claim *claim)
{
	return claim->n_keys ? claim->n_keys : 1;
}

static struct gv_seal
by_key(const struct gv_seal_claim *claim, size_t i)
{
	return (struct gv_seal){ .key = claim->key + i * GV_DIGEST_KEY,
		.scope = claim->scope };
}

/* Note what the piece is to each key, for the claim. */
static int
note(struct reading *reading, const struct gv_secret *bytes)
{
	const struct gv_seal_claim *claim = reading->claim;
	size_t i;

	reading->is_claimed = false;
	for (i = 0; claim && i < n_keys(claim) && !reading->is_claimed; i++) {
		const struct gv_seal how = by_key(claim, i);
		struct gv_seal_piece piece = { .p = bytes->p,
			.len = bytes->len };

		gv_seal_name_piece(&how, &piece);
		if (reading->is_list)
			gv_buf_add(
			    &reading->ids, piece.id.bytes, GV_DIGEST_BYTES);
		else
			reading->is_claimed =
			    gv_digest_equal(&piece.id, claim->id);
	}
	return gv_buf_check(&reading->ids);
}

/* Whether the pieces are the claimed list by one of the keys, whose ids stand
 * next to each other for each piece. */
static int
check_list(struct reading *reading)
{
	const struct gv_seal_claim *claim = reading->claim;
	size_t i, at, n = n_keys(claim);
	struct gv_buf ids = GV_BUF_INIT;
	struct gv_digest id;
	int r = 0;

	for (i = 0; r == 0 && i < n && !reading->is_claimed; i++) {
		const struct gv_seal how = by_key(claim, i);

		gv_buf_reset(&ids);
		for (at = i * GV_DIGEST_BYTES; at < reading->ids.len;
		     at += n * GV_DIGEST_BYTES)
			gv_buf_add(&ids, reading->ids.p + at, GV_DIGEST_BYTES);
		if ((r = gv_buf_check(&ids)) == 0)
			gv_seal_name_list(&id, &how, &ids);
		reading->is_claimed = r == 0 && gv_digest_equal(&id, claim->id);
	}
	gv_buf_release(&ids);
	return r;
}

static int
check_claim(struct reading *reading)
{
	int r = reading->claim && reading->is_list ? check_list(reading) : 0;

	if (r < 0 || reading->claim == NULL || reading->is_claimed)
		return r;
	return gv_err(GV_ECORRUPT,
	    "its value does not match its id: it was exchanged, or named with "
	    "another id key");
}

static int
read_piece(void *ctx, const struct gv_oid *id)
{
	struct reading *reading = ctx;
	struct gv_secret *piece = &reading->reader->piece;
	struct gv_object object = { .owner = NULL };
	int r = gv_odb_read_type(reading->odb, &object, id, GV_OTYPE_BLOB);

	gv_secret_reset(piece);
	if (r == 0 &&
	    (r = gv_seal_open(
		 reading->reader, piece, object.data, object.len)) == 0)
		r = note(reading, piece);
	/* what is in one piece is known to be right before anybody gets it */
	if (r == 0 && !reading->is_list)
		r = check_claim(reading);
	if (r == 0 && piece->len > 0 && reading->sink)
		r = reading->sink(reading->ctx, piece->p, piece->len);
	gv_secret_reset(piece);
	gv_object_release(&object);
	return r;
}

int
gv_seal_read(struct gv_seal_reader *reader, struct gv_odb *odb,
    const struct gv_oid *object, const struct gv_seal_claim *claim,
    gv_age_sink *sink, void *ctx)
{
	struct reading reading = { .reader = reader,
		.odb = odb,
		.claim = claim,
		.ids = GV_BUF_INIT,
		.sink = sink,
		.ctx = ctx };
	char hex[GV_OID_HEX + 1];
	enum gv_otype type;
	size_t size;
	int r = gv_odb_read_header(odb, &type, &size, object);

	reading.is_list = r == 0 && type == GV_OTYPE_TREE;
	if (reading.is_list)
		r = gv_chunk_each(odb, object, read_piece, &reading);
	else if (r == 0)
		r = read_piece(&reading, object);
	if (r == 0 && reading.is_list)
		r = check_claim(&reading);
	gv_buf_release(&reading.ids);
	gv_oid_format(hex, object);
	return r < 0 ? gv_err_in(r, "encrypted secret %s", hex) : 0;
}

void
gv_seal_reader_free(struct gv_seal_reader *reader)
{
	if (reader == NULL)
		return;
	gv_member_free(reader->member);
	gv_secret_release(&reader->packed);
	gv_secret_release(&reader->piece);
	free(reader);
}
