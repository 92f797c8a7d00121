#ifndef GV_TRACK_LEAF_H
#define GV_TRACK_LEAF_H
/*
 * A leaf of a state's index: what stands in one part of it, in clear. Text, a
 * line each, fields with a TAB between them, C-quoted where they are odd:
 *
 *	part ID SIZE
 *	item ADDRESS MARKS DIGEST TYPE PROVIDER DEPOSED
 *	needs ADDRESS…
 *	has NAME DIGEST NAME DIGEST …
 *
 * ID is the part's, 40 digits; a digest is SipHash under a key of the state's
 * own, in base 64: of an item of its address, its provider and all its bytes,
 * 64 bits, of an attribute of address, name and value, 24 bits. A collision of
 * the short one tells "the resource changed", never "nothing did". Types,
 * providers and names of attributes are as JSON has them, their escapes not
 * read.
 *
 *	gv_track_leaf_add(&text, &key, group, &id);
 *	r = gv_track_leaf_read(&leaf, text, len);
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "crypto/digest.h"

struct gv_buf;
struct gv_oid;
struct gv_secret;
struct gv_state_group;

#define GV_TRACK_LEAF_KEY GV_DIGEST_SHORT_KEY
#define GV_TRACK_ITEM_SUM 11 /* characters */
#define GV_TRACK_HAS_SUM  4

/* The key of the digests of a state: of the key of ids. */
void gv_track_leaf_key(unsigned char out[GV_TRACK_LEAF_KEY],
    const unsigned char key[GV_DIGEST_KEY], const char *env, const char *stack);

/* Append the leaf of a group. `room` is for bytes that are hashed. 0 or
 * GV_ENOMEM. */
int gv_track_leaf_add(struct gv_buf *out,
    const unsigned char key[GV_TRACK_LEAF_KEY], struct gv_secret *room,
    const struct gv_state_group *group, const struct gv_digest *id);

struct gv_track_has {
	const char *name;
	char sum[GV_TRACK_HAS_SUM + 1];
};

struct gv_track_item {
	const char *address, *type, *provider, *deposed; /* "" for none */
	unsigned marks;                                  /* of state.h */
	char sum[GV_TRACK_ITEM_SUM + 1];
	const char *const *needs;
	size_t n_needs;
	const struct gv_track_has *has;
	size_t n_has;
	const struct gv_oid *leaf; /* of a diff: that it stands in; or NULL */
};

struct gv_track_leaf {
	struct gv_digest id; /* of the part */
	uint64_t size;
	struct gv_track_item *items;
	size_t n;
};

/* Read a leaf; what it points to is the arena's. 0; GV_ECORRUPT; GV_ENOMEM. */
int gv_track_leaf_read(struct gv_track_leaf *out, struct gv_arena *arena,
    const void *data, size_t len);

/* Its first line alone. 0 or GV_ECORRUPT. */
int gv_track_leaf_head(struct gv_track_leaf *out, const void *data, size_t len);

#endif
