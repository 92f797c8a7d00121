#ifndef GV_OID_H
#define GV_OID_H
/*
 * The name of a Git object: 20 bytes of SHA-1.
 *
 *	struct gv_oid id;
 *	if (gv_oid_parse(&id, text) < 0) …
 *	gv_oid_format(hex, &id);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GV_OID_RAW 20
#define GV_OID_HEX 40

struct gv_oid {
	unsigned char id[GV_OID_RAW];
};

/* Object types by the numbers that packs use. */
enum gv_otype {
	GV_OTYPE_COMMIT = 1,
	GV_OTYPE_TREE = 2,
	GV_OTYPE_BLOB = 3,
	GV_OTYPE_TAG = 4,
};

/* The empty tree and the empty blob, which every repository has. */
extern const struct gv_oid gv_oid_empty_tree;
extern const struct gv_oid gv_oid_empty_blob;

static inline bool
gv_oid_equal(const struct gv_oid *a, const struct gv_oid *b)
{
	return memcmp(a->id, b->id, GV_OID_RAW) == 0;
}

static inline bool
gv_oid_is_zero(const struct gv_oid *a)
{
	static const struct gv_oid zero;

	return memcmp(a->id, zero.id, GV_OID_RAW) == 0;
}

/* Read 40 hexadecimal digits from the start of `text`. 0, or GV_ERROR
 * without a message. */
int gv_oid_parse(struct gv_oid *out, const char *text);

/* Write 40 digits and a NUL. */
void gv_oid_format(char out[GV_OID_HEX + 1], const struct gv_oid *id);

/* The name of `len` bytes as an object of this type, by SHA-1 with collision
 * detection, as Git computes it. 0, or GV_ERROR where the bytes are a known
 * collision attack. */
int
gv_oid_of(struct gv_oid *out, enum gv_otype type, const void *data, size_t len);

/* "commit", "tree", "blob" or "tag", NULL for anything else; and back, 0 for
 * anything else. */
const char *gv_oid_type_name(enum gv_otype type);
enum gv_otype gv_oid_type_parse(const char *name, size_t len);

/* What stands in front of an object's bytes where it is named, "blob 6" and a
 * zero byte. How many bytes. */
#define GV_OID_HEAD 40

size_t gv_oid_head(char out[GV_OID_HEAD], enum gv_otype type, uint64_t size);

#endif
