#ifndef GV_DIGEST_H
#define GV_DIGEST_H
/*
 * Names of values that tell nothing of them: the same value has the same name
 * for all who have the key, and nobody without it can test a guess. BLAKE2b of
 * 160 bits, keyed; what it is used for keeps names of other uses apart, and
 * each field goes in with its length, so that no two lists of fields are the
 * same bytes.
 *
 *	struct gv_digest_field f[] = { { scope, n }, { value, len } };
 *	gv_digest_keyed(&id, key, "vault secret", f, 2);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_DIGEST_KEY     32
#define GV_DIGEST_BYTES   20
#define GV_DIGEST_USE_MAX 16 /* characters */

struct gv_digest {
	unsigned char bytes[GV_DIGEST_BYTES];
};

struct gv_digest_field {
	const void *p;
	size_t len;
};

/* The name of these fields under a key. `use` is a constant of the program, of
 * at most GV_DIGEST_USE_MAX characters. */
void
gv_digest_keyed(struct gv_digest *out, const unsigned char key[GV_DIGEST_KEY],
    const char *use, const struct gv_digest_field *fields, size_t n);

#define GV_DIGEST_SHORT_KEY 16

/* A short one of bytes, SipHash-2-4: to tell whether something changed, where
 * there are millions of them. Two different values may have the same. */
uint64_t gv_digest_short(
    const unsigned char key[GV_DIGEST_SHORT_KEY], const void *p, size_t len);

/* Whether two are the same, in a time that tells nothing of where they differ.
 */
bool gv_digest_equal(const struct gv_digest *a, const struct gv_digest *b);

#endif
