#include "crypto/kdf.h"

#include <string.h>

#include <sodium.h>

void
gv_kdf_derive(unsigned char out[GV_KDF_BYTES], const struct gv_kdf_input *input,
    const char *info)
{
	static const unsigned char one = 1;
	crypto_auth_hmacsha256_state state;
	unsigned char prk[crypto_auth_hmacsha256_BYTES];

	crypto_auth_hmacsha256_init(&state, input->salt, input->salt_len);
	crypto_auth_hmacsha256_update(&state, input->key, input->key_len);
	crypto_auth_hmacsha256_final(&state, prk);
	crypto_auth_hmacsha256_init(&state, prk, sizeof(prk));
	crypto_auth_hmacsha256_update(
	    &state, (const unsigned char *)info, strlen(info));
	crypto_auth_hmacsha256_update(&state, &one, 1);
	crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(prk, sizeof(prk));
	sodium_memzero(&state, sizeof(state));
}
