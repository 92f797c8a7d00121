#ifndef GV_KDF_H
#define GV_KDF_H
/*
 * Keys out of keys: HKDF-SHA-256 (RFC 5869) for one block, which is all that
 * age asks for, and the HMAC below it. libsodium has HKDF from 1.0.19 only.
 *
 *	gv_kdf_derive(wrap, &(struct gv_kdf_input){ share, 32, salt, 64 },
 *	    "age-encryption.org/v1/X25519");
 */

#include <stddef.h>

#define GV_KDF_BYTES 32

struct gv_kdf_input {
	const void *key;
	size_t key_len;
	const void *salt;
	size_t salt_len;
};

/* The key that this and `info` lead to. */
void gv_kdf_derive(unsigned char out[GV_KDF_BYTES],
    const struct gv_kdf_input *input, const char *info);

#endif
