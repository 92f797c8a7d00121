#ifndef GV_HASH_H
#define GV_HASH_H
/*
 * The name of an object whose bytes come in pieces, by SHA-1 with collision
 * detection (gv_oid_of() is faster for what is whole in memory) or the plain
 * SHA-1, which ends packs and their indexes, too, and SHA-256.
 *
 *	r = gv_hash_open(&h, GV_OTYPE_BLOB, size);
 *	r = gv_hash_update(h, data, len);
 *	r = gv_hash_finish(h, &id);
 *	gv_hash_close(h);
 */

#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_hash;

/* 0 where names can be had, else GV_EREFUSED: then libgit2 is missing, and was
 * when this program was built. */
int gv_hash_can_detect(void);

/* Begin the name of an object of `size` bytes. 0 or GV_ERROR. */
int gv_hash_open(struct gv_hash **out, enum gv_otype type, uint64_t size);

/* The same by plain SHA-1, as gv_hash_object() has it. 0 or GV_ENOMEM; the size
 * that was announced is believed. */
int gv_hash_open_plain(struct gv_hash **out, enum gv_otype type, uint64_t size);

/* Take in more bytes. 0, or GV_ERROR, also where they become more than was
 * announced. */
int gv_hash_update(struct gv_hash *h, const void *data, size_t len);

/* The name. 0, or GV_ERROR where bytes are missing or are a known collision
 * attack. Still to be closed. */
int gv_hash_finish(struct gv_hash *h, struct gv_oid *out);

/* Free; NULL-safe. */
void gv_hash_close(struct gv_hash *h);

/* Plain SHA-1 of bytes, for trailers only. */
void gv_hash_plain(struct gv_oid *out, const void *data, size_t len);

/* The name of an object by plain SHA-1: tells damage, but no attack. */
void gv_hash_object(
    struct gv_oid *out, enum gv_otype type, const void *data, size_t len);

/* SHA-256 of bytes that come in pieces: of a whole file, beside the names of
 * its chunks. Holds nothing that must be freed. */
struct gv_hash_sha256 {
	uint64_t state[32]; /* private */
};

void gv_hash_sha256_init(struct gv_hash_sha256 *h);
void
gv_hash_sha256_update(struct gv_hash_sha256 *h, const void *data, size_t len);
void gv_hash_sha256_finish(struct gv_hash_sha256 *h, unsigned char out[32]);

/* HMAC-SHA-256 of the parts, one behind the other: a digest that only who has
 * the key can compute, or test a guess by. */
#define GV_HASH_KEYED 32 /* bytes of key and digest */

struct gv_hash_part {
	const void *data;
	size_t len;
};

void gv_hash_keyed(unsigned char out[GV_HASH_KEYED],
    const unsigned char key[GV_HASH_KEYED], const struct gv_hash_part *parts,
    size_t n);

#define GV_HASH_MD5 16 /* bytes */

/* MD5 of bytes, which tells damage on the way and nothing else: clients of HTTP
 * send it along with what they send. */
void gv_hash_md5(unsigned char out[GV_HASH_MD5], const void *data, size_t len);

/* Plain SHA-1 of the first `len` bytes of a file. 0, or GV_ERROR with errno
 * set and no message, since only the caller knows the file's name. */
int gv_hash_file(struct gv_oid *out, int fd, uint64_t len);

#endif
