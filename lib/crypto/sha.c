#include "crypto/sha.h"

#include <sodium.h>

void
gv_sha_sum(unsigned char out[GV_SHA_BYTES], const void *data, size_t len)
{
	crypto_hash_sha256(out, data, len);
}

void
gv_sha_hmac(unsigned char out[GV_SHA_BYTES], const void *key, size_t key_len,
    const void *data, size_t len)
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, key_len);
	crypto_auth_hmacsha256_update(&state, data, len);
	crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof(state));
}
