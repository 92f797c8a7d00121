#ifndef GV_SHA_H
#define GV_SHA_H
/*
 * SHA-256 and HMAC with it, for what others sign and check by these. Names of
 * values of our own are digest.h's.
 *
 *	gv_sha_hmac(out, key, sizeof(key), text, len);
 */

#include <stddef.h>

#define GV_SHA_BYTES 32

/* The sum of these bytes. */
void gv_sha_sum(unsigned char out[GV_SHA_BYTES], const void *data, size_t len);

/* The sum of these bytes under a key; `out` may be the key. */
void gv_sha_hmac(unsigned char out[GV_SHA_BYTES], const void *key,
    size_t key_len, const void *data, size_t len);

#endif
