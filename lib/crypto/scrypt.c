#include "crypto/scrypt.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/stanza.h"

/*
 *	-> scrypt SALT WORK
 *	the file key, sealed: 16 bytes and a tag of 16
 */

#define SALT    16
#define KEY     crypto_aead_chacha20poly1305_ietf_KEYBYTES
#define WRAPPED (GV_AGE_KEY + crypto_aead_chacha20poly1305_ietf_ABYTES)
#define VARIANT sodium_base64_VARIANT_ORIGINAL_NO_PADDING

/* of scrypt itself: N must fit into a size_t with room to spare */
#define WORK_LIMIT 30

static const char type[] = "scrypt";
static const char label[] = "age-encryption.org/v1/scrypt";
static const unsigned char nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

static int
derive(unsigned char out[KEY], const struct gv_secret *passphrase,
    const unsigned char salt[SALT], unsigned work)
{
	unsigned char whole[sizeof(label) - 1 + SALT];

	memcpy(whole, label, sizeof(label) - 1);
	memcpy(whole + sizeof(label) - 1, salt, SALT);
	if (crypto_pwhash_scryptsalsa208sha256_ll(passphrase->p,
		passphrase->len, whole, sizeof(whole), (uint64_t)1 << work, 8,
		1, out, KEY) < 0)
		return gv_err(GV_ENOMEM,
		    "scrypt with a work factor of %u needs %lu MiB of memory, "
		    "which are not available",
		    work, work < 10 ? 1UL : 1UL << (work - 10));
	return 0;
}

int
gv_scrypt_wrap(struct gv_buf *out, const struct gv_secret *passphrase,
    unsigned work, const unsigned char key[GV_AGE_KEY])
{
	unsigned char salt[SALT], wrap[KEY], body[WRAPPED];
	char digits[sodium_base64_ENCODED_LEN(SALT, VARIANT)], number[12];
	const char *words[] = { type, digits, number };
	struct gv_stanza_parts parts = { words, 3, body, sizeof(body) };
	int r;

	if (work < 1 || work > WORK_LIMIT)
		return gv_err(GV_EUSAGE,
		    "the work factor %u of scrypt is out of range; it is 1 to "
		    "%d",
		    work, WORK_LIMIT);
	randombytes_buf(salt, sizeof(salt));
	r = derive(wrap, passphrase, salt, work);
	if (r < 0)
		return r;
	crypto_aead_chacha20poly1305_ietf_encrypt(
	    body, NULL, key, GV_AGE_KEY, NULL, 0, NULL, nonce, wrap);
	sodium_memzero(wrap, sizeof(wrap));
	sodium_bin2base64(digits, sizeof(digits), salt, sizeof(salt), VARIANT);
	snprintf(number, sizeof(number), "%u", work);
	return gv_stanza_add(out, &parts);
}

int
gv_scrypt_unwrap(unsigned char key[GV_AGE_KEY],
    const struct gv_secret *passphrase, unsigned most,
    const struct gv_stanza *s)
{
	unsigned char salt[SALT], wrap[KEY], body[WRAPPED];
	size_t work = 0;
	int r;

	if (!gv_stanza_is(s, 0, type))
		return GV_ENOTFOUND;
	if (s->n_words != 3 || s->body_len != WRAPPED ||
	    gv_stanza_bytes(salt, sizeof(salt), s, 1) < 0 ||
	    gv_stanza_number(&work, s, 2) < 0 || work == 0)
		return gv_err(
		    GV_ECORRUPT, "age header: its stanza scrypt is malformed");
	if (work > most || work > WORK_LIMIT)
		return gv_err(GV_EREFUSED,
		    "age header: the passphrase takes a work factor of %zu, "
		    "which is above the limit of %u",
		    work, most < WORK_LIMIT ? most : WORK_LIMIT);
	r = derive(wrap, passphrase, salt, (unsigned)work);
	if (r < 0)
		return r;
	gv_stanza_body(body, s);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(
		key, NULL, NULL, body, sizeof(body), NULL, 0, nonce, wrap) < 0)
		r = GV_ENOTFOUND;
	sodium_memzero(wrap, sizeof(wrap));
	return r;
}
