#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "seal/seal.h"
#include "state/track_internal.h"

/*
 * A part that is split is a tree of two blobs: "clear", the bytes that anybody
 * may see, without those that nobody may; and "spans", sealed, which has a line
 * for each of these in order, an empty line, and then their bytes:
 *
 *	<bytes of "clear" before it> <its bytes>
 *
 * What "clear" has behind the last of them ends the part.
 */

static const char *const suffixes[] = {
	[GV_TRACK_SEALED] = "",
	[GV_TRACK_CHUNKS] = "",
	[GV_TRACK_CLEAR] = ".clear",
	[GV_TRACK_CLEAR_CHUNKS] = ".clear",
	[GV_TRACK_SPLIT] = ".split",
};

const char *
gv_track_part_suffix(enum gv_track_kind kind)
{
	return suffixes[kind];
}

unsigned
gv_track_part_mode(enum gv_track_kind kind)
{
	return kind == GV_TRACK_SEALED || kind == GV_TRACK_CLEAR ? GV_MODE_FILE
								 : GV_MODE_DIR;
}

int
gv_track_part_kind(enum gv_track_kind *out, const struct gv_tree_entry *e)
{
	const char *suffix = memchr(e->name, '.', e->name_len);
	int kind;

	for (kind = GV_TRACK_SEALED; kind <= GV_TRACK_SPLIT; kind++)
		if (strcmp(suffix ? suffix : "", suffixes[kind]) == 0 &&
		    (e->mode == GV_MODE_DIR) ==
			(gv_track_part_mode((enum gv_track_kind)kind) ==
			    GV_MODE_DIR)) {
			*out = (enum gv_track_kind)kind;
			return 0;
		}
	return gv_err(GV_ECORRUPT, "one of its parts has an invalid name");
}

bool
gv_track_part_is_clear(enum gv_track_kind kind)
{
	return kind == GV_TRACK_CLEAR || kind == GV_TRACK_CLEAR_CHUNKS;
}

/* ---- whether it is here ------------------------------------------------- */

static int
has_chunk(void *ctx, const struct gv_oid *id)
{
	return gv_odb_has(ctx, id) ? 0 : GV_ENOTFOUND;
}

/* The two blobs of one that is split. */
static int
find_halves(struct gv_oid *clear, struct gv_oid *spans, struct gv_odb *odb,
    const struct gv_track_part *part)
{
	unsigned mode;
	int r = gv_tree_find(odb, &part->object, "clear", &mode, clear);

	if (r == 0)
		r = gv_tree_find(odb, &part->object, "spans", &mode, spans);
	return r == GV_ENOTFOUND
	    ? gv_err(GV_ECORRUPT, "it is split, and not all of it is there")
	    : r;
}

int
gv_track_part_is_here(struct gv_odb *odb, const struct gv_track_part *part)
{
	struct gv_oid clear, spans;
	int r;

	if (gv_track_part_mode(part->kind) == GV_MODE_FILE)
		return gv_odb_has(odb, &part->object);
	if (part->kind == GV_TRACK_SPLIT) {
		if ((r = find_halves(&clear, &spans, odb, part)) == 0)
			return gv_odb_has(odb, &clear) &&
			    gv_odb_has(odb, &spans);
	} else {
		r = gv_chunk_each(odb, &part->object, has_chunk, odb);
	}
	return r == 0 ? 1 : r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

int
gv_track_part_sealed(
    struct gv_oid *out, struct gv_odb *odb, const struct gv_track_part *part)
{
	struct gv_oid clear;
	int r;

	if (gv_track_part_is_clear(part->kind))
		return 0;
	*out = part->object;
	if (part->kind != GV_TRACK_SPLIT)
		return 1;
	r = find_halves(&clear, out, odb, part);
	return r < 0 ? r : 1;
}

/* ---- put ---------------------------------------------------------------- */

static int
put_chunks(
    struct gv_pack_lane *lane, struct gv_oid *out, const char *p, size_t len)
{
	struct gv_chunk_tree tree = GV_CHUNK_TREE_INIT;
	struct gv_oid id;
	size_t n;
	int r = 0;

	for (; r == 0 && len > 0; p += n, len -= n) {
		n = gv_chunk_cut((const unsigned char *)p, len);
		if ((r = gv_pack_add(lane, &id, GV_OTYPE_BLOB, p, n, NULL)) ==
		    0)
			r = gv_chunk_tree_add(&tree, lane, &id);
	}
	if (r == 0)
		r = gv_chunk_tree_finish(&tree, lane, out);
	gv_chunk_tree_release(&tree);
	return r;
}

int
gv_track_part_put(struct gv_track_part *part, struct gv_pack_lane *lane,
    const char *text, size_t len)
{
	if (part->kind == GV_TRACK_CLEAR_CHUNKS)
		return put_chunks(lane, &part->object, text, len);
	return gv_pack_add(lane, &part->object, GV_OTYPE_BLOB, text, len, NULL);
}

int
gv_track_part_join(struct gv_track_part *part, struct gv_pack_lane *lane,
    const struct gv_oid *clear, const struct gv_oid *spans)
{
	struct gv_buf tree = GV_BUF_INIT;
	int r;

	gv_tree_add(&tree, GV_MODE_FILE, "clear", 5, clear);
	gv_tree_add(&tree, GV_MODE_FILE, "spans", 5, spans);
	if ((r = gv_buf_check(&tree)) == 0)
		r = gv_pack_add(
		    lane, &part->object, GV_OTYPE_TREE, tree.p, tree.len, NULL);
	gv_buf_release(&tree);
	return r;
}

/* ---- open --------------------------------------------------------------- */

static int
append(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(ctx, data, len);
}

static int
append_blob(struct gv_secret *out, struct gv_odb *odb, const struct gv_oid *id)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, id, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_secret_add(out, obj.data, obj.len);
	gv_object_release(&obj);
	return r;
}

struct chunks {
	struct gv_secret *out;
	struct gv_odb *odb;
};

static int
append_chunk(void *ctx, const struct gv_oid *id)
{
	const struct chunks *c = ctx;

	return append_blob(c->out, c->odb, id);
}

/* What is left of one of the halves. */
struct half {
	const unsigned char *p;
	size_t len;
};

static int
take(struct gv_secret *out, struct half *from, uint64_t n)
{
	int r;

	if (n > from->len)
		return gv_err(GV_ECORRUPT,
		    "it is split, and its halves do not fit each other");
	r = n ? gv_secret_add(out, from->p, (size_t)n) : 0;
	from->p += n;
	from->len -= (size_t)n;
	return r;
}

/* A number of the table and what ends it; more digits than any has end as
 * none. */
static int
read_number(uint64_t *out, struct half *table, char end)
{
	size_t i = 0;

	*out = 0;
	for (; i < table->len && i < 18 && table->p[i] >= '0' &&
	     table->p[i] <= '9';
	     i++)
		*out = *out * 10 + (uint64_t)(table->p[i] - '0');
	if (i == 0 || i == table->len || table->p[i] != (unsigned char)end)
		return gv_err(GV_ECORRUPT, "it is split, and nothing says how");
	table->p += i + 1;
	table->len -= i + 1;
	return 0;
}

static int
splice(struct gv_secret *out, struct half clear, const struct gv_secret *spans)
{
	const unsigned char *end =
	    spans->len ? memmem(spans->p, spans->len, "\n\n", 2) : NULL;
	struct half table = { spans->p, 0 }, hidden;
	uint64_t before, n;
	int r = 0;

	if (end == NULL)
		return gv_err(GV_ECORRUPT, "it is split, and nothing says how");
	table.len = (size_t)(end - spans->p) + 1;
	hidden.p = end + 2;
	hidden.len = spans->len - table.len - 1;
	while (r == 0 && table.len > 0) {
		if ((r = read_number(&before, &table, ' ')) == 0 &&
		    (r = read_number(&n, &table, '\n')) == 0 &&
		    (r = take(out, &clear, before)) == 0)
			r = take(out, &hidden, n);
	}
	if (r == 0 && hidden.len > 0)
		r = gv_err(GV_ECORRUPT,
		    "it is split, and its halves do not fit each other");
	return r < 0 ? r : take(out, &clear, clear.len);
}

static int
open_split(struct gv_secret *out, struct gv_seal_reader *open,
    struct gv_odb *odb, const struct gv_track_part *part)
{
	struct gv_secret spans = GV_SECRET_INIT;
	struct gv_oid of_clear, of_spans;
	struct gv_object obj = { 0 };
	int r;

	if ((r = find_halves(&of_clear, &of_spans, odb, part)) < 0)
		goto out;
	r = gv_seal_read(open, odb, &of_spans, NULL, append, &spans);
	if (r < 0 ||
	    (r = gv_odb_read_type(odb, &obj, &of_clear, GV_OTYPE_BLOB)) < 0)
		goto out;
	r = splice(out, (struct half){ obj.data, obj.len }, &spans);
out:
	gv_object_release(&obj);
	gv_secret_release(&spans);
	return r;
}

/* What is not sealed as one value is held to its name here. */
static int
check_name(const struct gv_track_part *part, const struct gv_seal_claim *claim,
    const unsigned char *p, size_t len)
{
	struct gv_digest id;
	int r = gv_seal_name(&id, claim->key, claim->scope, p, len);

	if (r == 0 && !gv_digest_equal(&id, &part->id))
		r = gv_err(GV_ECORRUPT, "it is not the saved content");
	return r;
}

static int
open_saved(struct gv_secret *out, struct gv_seal_reader *open,
    struct gv_odb *odb, const struct gv_track_part *part,
    const struct gv_seal_claim *of)
{
	struct chunks chunks = { out, odb };
	size_t from = out->len;
	int r;

	switch (part->kind) {
	case GV_TRACK_CLEAR:
		r = append_blob(out, odb, &part->object);
		break;
	case GV_TRACK_CLEAR_CHUNKS:
		r = gv_chunk_each(odb, &part->object, append_chunk, &chunks);
		break;
	case GV_TRACK_SPLIT:
		r = open_split(out, open, odb, part);
		break;
	default:
		return gv_seal_read(
		    open, odb, &part->object, of->key ? of : NULL, append, out);
	}
	if (r == 0 && of->key)
		r = check_name(part, of, out->p + from, out->len - from);
	return r;
}

/* Try the object that was encrypted again first: the version itself may be for
 * earlier readers. If neither opens, the message is about the version itself.
 */
int
gv_track_part_open(struct gv_secret *out, struct gv_seal_reader *open,
    struct gv_odb *odb, const struct gv_track_part *part,
    const struct gv_seal_claim *claim)
{
	struct gv_seal_claim of = *claim;
	size_t from = out->len;
	char *before;
	int r;

	of.id = &part->id;
	if (gv_oid_is_zero(&part->again))
		return open_saved(out, open, odb, part, &of);
	before = gv_err_save();
	r = gv_seal_read(
	    open, odb, &part->again, of.key ? &of : NULL, append, out);
	if (r != GV_ENOKEY && r != GV_ECORRUPT && r != GV_ENOTFOUND) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	gv_secret_truncate(out, from);
	return open_saved(out, open, odb, part, &of);
}
