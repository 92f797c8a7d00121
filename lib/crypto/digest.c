#include "crypto/digest.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

/*
 * BLAKE2b(key, no salt, personal = use and zeros, 20 bytes) over, for each
 * field, its length as eight bytes, high first, and its bytes.
 */

_Static_assert(GV_DIGEST_USE_MAX == crypto_generichash_blake2b_PERSONALBYTES,
    "a use fits into the personalisation");

static void
add_length(crypto_generichash_blake2b_state *state, size_t len)
{
	unsigned char bytes[8];
	size_t i;

	for (i = sizeof(bytes); i-- > 0; len >>= 8)
		bytes[i] = (unsigned char)len;
	crypto_generichash_blake2b_update(state, bytes, sizeof(bytes));
}

void
gv_digest_keyed(struct gv_digest *out, const unsigned char key[GV_DIGEST_KEY],
    const char *use, const struct gv_digest_field *fields, size_t n)
{
	crypto_generichash_blake2b_state state;
	unsigned char personal[GV_DIGEST_USE_MAX] = { 0 };
	size_t i, len = strlen(use);

	assert(len <= sizeof(personal));
	memcpy(personal, use, len < sizeof(personal) ? len : sizeof(personal));
	crypto_generichash_blake2b_init_salt_personal(
	    &state, key, GV_DIGEST_KEY, sizeof(out->bytes), NULL, personal);
	for (i = 0; i < n; i++) {
		add_length(&state, fields[i].len);
		crypto_generichash_blake2b_update(
		    &state, fields[i].p, fields[i].len);
	}
	crypto_generichash_blake2b_final(
	    &state, out->bytes, sizeof(out->bytes));
	sodium_memzero(&state, sizeof(state));
}

bool
gv_digest_equal(const struct gv_digest *a, const struct gv_digest *b)
{
	return sodium_memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

_Static_assert(GV_DIGEST_SHORT_KEY == crypto_shorthash_KEYBYTES, "its own key");

uint64_t
gv_digest_short(
    const unsigned char key[GV_DIGEST_SHORT_KEY], const void *p, size_t len)
{
	unsigned char sum[crypto_shorthash_BYTES];
	uint64_t v = 0;
	size_t i;

	crypto_shorthash(sum, p, len, key);
	for (i = 0; i < sizeof(sum); i++)
		v = v << 8 | sum[i];
	return v;
}
