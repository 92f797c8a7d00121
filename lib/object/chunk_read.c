#include "object/chunk.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "repo/hash.h"
#include "sys/cancel.h"

struct walk {
	struct gv_odb *odb;
	int (*fn)(void *ctx, const struct gv_oid *id);
	void *ctx;
};

static int
walk_group(void *ctx, const struct gv_oid *id)
{
	const struct walk *w = ctx;
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(w->odb, &obj, id, GV_OTYPE_TREE);

	if (r == 0)
		r = gv_chunk_level(obj.data, obj.len, false, w->fn, w->ctx);
	gv_object_release(&obj);
	return r;
}

int
gv_chunk_each(struct gv_odb *odb, const struct gv_oid *tree,
    int (*fn)(void *ctx, const struct gv_oid *id), void *ctx)
{
	struct walk w = { odb, fn, ctx };
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, tree, GV_OTYPE_TREE);

	if (r == 0)
		r = gv_chunk_level(obj.data, obj.len, true, walk_group, &w);
	gv_object_release(&obj);
	return r;
}

/* The bytes on their way to the caller. */
struct stream {
	struct gv_odb *odb;
	struct gv_hash_sha256 digest;
	struct gv_chunk_pointer pointer;
	uint64_t at;
	int refused; /* what the caller's function said */
	bool has_holes;
	int (*fn)(void *ctx, const void *data, size_t len);
	void *ctx;
};

static int
pass(struct stream *s, const void *data, size_t len)
{
	if (len > s->pointer.size - s->at)
		return gv_err(
		    GV_ECORRUPT, "its chunks make more than its size");
	s->at += len;
	if (data)
		gv_hash_sha256_update(&s->digest, data, len);
	s->refused = s->fn(s->ctx, data, len);
	return s->refused < 0 ? s->refused : 0;
}

static int
pass_bytes(void *ctx, const void *data, size_t len)
{
	return pass(ctx, data, len);
}

static int
pass_chunk(void *ctx, const struct gv_oid *id)
{
	struct stream *s = ctx;
	uint64_t begin = s->at;
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();

	if (gv_oid_equal(id, &gv_chunk_hole)) {
		s->has_holes = true;
		return pass(s, NULL, (size_t)GV_CHUNK_HOLE);
	}
	r = gv_odb_stream(s->odb, id, pass_bytes, s);
	if (r == 0 && s->at == begin)
		r = gv_err(GV_ECORRUPT, "a chunk is empty");
	if (r < 0 && s->refused == 0)
		gv_err_in(r, "from byte %" PRIu64 " on", begin);
	return r;
}

static int
check(struct stream *s)
{
	unsigned char digest[GV_CHUNK_DIGEST];

	if (s->at != s->pointer.size)
		return gv_err(GV_ECORRUPT,
		    "its chunks make %" PRIu64 " bytes and not %" PRIu64, s->at,
		    s->pointer.size);
	if (s->has_holes != s->pointer.has_holes)
		return gv_err(GV_ECORRUPT,
		    "its pointer and its chunks do not agree on its holes");
	gv_hash_sha256_finish(&s->digest, digest);
	if (memcmp(digest, s->pointer.digest, sizeof(digest)) != 0)
		return gv_err(GV_ECORRUPT,
		    "its chunks are intact but belong to another file: their "
		    "SHA-256 differs");
	return 0;
}

int
gv_chunk_stream(struct gv_odb *odb, const struct gv_oid *pointer,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct stream s = { .odb = odb, .fn = fn, .ctx = ctx };
	int r = gv_chunk_pointer_load(&s.pointer, odb, pointer);

	gv_hash_sha256_init(&s.digest);
	if (r == 0)
		r = gv_chunk_each(odb, &s.pointer.tree, pass_chunk, &s);
	return r == 0 ? check(&s) : r;
}
