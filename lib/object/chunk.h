#ifndef GV_CHUNK_H
#define GV_CHUNK_H
/*
 * A large file as chunks that its content cuts, so that a change costs the
 * chunks it touches. Three things of it: where to cut; the tree of chunks in
 * two levels; and the pointer, a small blob that says what the chunks make up.
 * Whether a path is kept so is not told here: the manifest says it.
 *
 *	n = gv_chunk_cut(p, len);
 *	r = gv_chunk_tree_add(&tree, lane, &id);
 *	r = gv_chunk_stream(odb, &pointer, fn, ctx);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_odb;
struct gv_pack_lane;

/* Sizes of chunks; all but the last before a hole or the end have MIN. */
#define GV_CHUNK_MIN ((size_t)16 * 1024)
#define GV_CHUNK_AVG ((size_t)64 * 1024)
#define GV_CHUNK_MAX ((size_t)256 * 1024)

/* A hole is stored as runs of this many zero bytes, all one blob. No cut
 * makes a chunk of this size, so this blob always means a hole. */
#define GV_CHUNK_HOLE ((uint64_t)1024 * 1024)
extern const struct gv_oid gv_chunk_hole;

/* The numbers that the rolling sum adds, one a byte: public for its test. */
extern const uint64_t gv_chunk_gear[256];

/* How long the first chunk of these bytes is: it depends on nothing but them.
 * The caller has GV_CHUNK_MAX of them at hand, or all that there are. */
size_t gv_chunk_cut(const unsigned char *p, size_t len);

#define GV_CHUNK_DIGEST 32

/* What a pointer says. */
struct gv_chunk_pointer {
	uint64_t size;
	unsigned char digest[GV_CHUNK_DIGEST]; /* SHA-256 of the bytes */
	bool has_holes; /* then it leaves out what gv_chunk_hole stands for */
	struct gv_oid tree; /* of the chunks */
};

/* Append a pointer's bytes. */
void
gv_chunk_pointer_write(struct gv_buf *out, const struct gv_chunk_pointer *p);

/* Read them. 0, or GV_ECORRUPT where they are not exactly in that form. */
int gv_chunk_pointer_read(
    struct gv_chunk_pointer *out, const void *data, size_t len);

/* Read the blob of a pointer. 0, GV_ENOTFOUND, GV_ECORRUPT. */
int gv_chunk_pointer_load(
    struct gv_chunk_pointer *out, struct gv_odb *odb, const struct gv_oid *id);

/* A tree of chunks while it is built. Zeroed is empty. */
struct gv_chunk_tree {
	struct gv_buf group, top; /* raw trees */
	uint32_t n, groups;
	/* is shown each tree as it is complete, where there is no lane; a
	 * negative value ends it. NULL: nobody looks */
	int (*made)(
	    void *ctx, const struct gv_oid *id, const void *data, size_t len);
	void *made_ctx;
};

#define GV_CHUNK_TREE_INIT                                                     \
	{                                                                      \
		.group = GV_BUF_INIT, .top = GV_BUF_INIT                       \
	}

/* Add the next chunk; groups go to the lane as they are full. Without a lane
 * (NULL) names are found and nothing is stored; so below. 0 or a failure. */
int gv_chunk_tree_add(struct gv_chunk_tree *t, struct gv_pack_lane *lane,
    const struct gv_oid *id);

/* All chunks are in: the name of the whole tree. The builder is empty then. */
int gv_chunk_tree_finish(
    struct gv_chunk_tree *t, struct gv_pack_lane *lane, struct gv_oid *out);

/* Free; NULL-safe. */
void gv_chunk_tree_release(struct gv_chunk_tree *t);

/* Check one level of a tree of chunks, the top or a group, and give its
 * entries to fn in order. 0, fn's negative value, or GV_ECORRUPT where it is
 * no such level. */
int gv_chunk_level(const void *data, size_t len, bool top,
    int (*fn)(void *ctx, const struct gv_oid *id), void *ctx);

/* Give the name of every chunk below the tree to fn, in the file's order. 0,
 * fn's negative value, GV_ENOTFOUND, GV_ECORRUPT. */
int gv_chunk_each(struct gv_odb *odb, const struct gv_oid *tree,
    int (*fn)(void *ctx, const struct gv_oid *id), void *ctx);

/* Give the bytes that a pointer stands for to fn in pieces, a hole as NULL
 * with its length; size and digest are checked at the end, when fn has seen it
 * all. 0, fn's first negative value, GV_ENOTFOUND or GV_ECORRUPT with the
 * offset in the message. */
int gv_chunk_stream(struct gv_odb *odb, const struct gv_oid *pointer,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx);

#endif
