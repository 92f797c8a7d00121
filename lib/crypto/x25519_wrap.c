#include "crypto/x25519.h"

#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "crypto/ephemeral.h"
#include "crypto/kdf.h"
#include "crypto/ssh.h"
#include "crypto/stanza.h"
#include "crypto/x25519_table.h"

/*
 *	-> X25519 SHARE                  SHARE: what a new secret makes of the
 *	-> ssh-ed25519 TAG SHARE         base point; TAG: of the ssh key's hash
 *	the file key, sealed: 16 bytes and a tag of 16
 *
 * Beware: crypto_scalarmult() must not write where it reads from. It is wrong
 * then, without a word, and what we open again ourselves does not show it.
 */

#define WRAPPED (GV_AGE_KEY + crypto_aead_chacha20poly1305_ietf_ABYTES)
#define DIGITS  sodium_base64_ENCODED_LEN(GV_X25519_BYTES, VARIANT)
#define VARIANT sodium_base64_VARIANT_ORIGINAL_NO_PADDING

static const char type_age[] = "X25519";
static const char type_ssh[] = "ssh-ed25519";

int
gv_x25519_from_ssh(
    struct gv_x25519_to *out, const unsigned char ed25519[GV_X25519_BYTES])
{
	unsigned char wire[GV_SSH_WIRE], hash[crypto_hash_sha256_BYTES];
	struct gv_kdf_input input = { "", 0, wire, sizeof(wire) };

	memset(out, 0, sizeof(*out));
	if (crypto_sign_ed25519_pk_to_curve25519(out->key, ed25519) < 0)
		return gv_err(GV_ECORRUPT,
		    "the ssh-ed25519 key is no point of "
		    "its curve, so it is damaged");
	out->ssh = true;
	memcpy(out->ed25519, ed25519, GV_X25519_BYTES);
	gv_ssh_wire(wire, ed25519);
	crypto_hash_sha256(hash, wire, sizeof(wire));
	memcpy(out->tag, hash, sizeof(out->tag));
	gv_kdf_derive(out->tweak, &input, "age-encryption.org/v1/ssh-ed25519");
	return 0;
}

static int
multiply(
    unsigned char *out, const unsigned char *secret, const unsigned char *point)
{
	return crypto_scalarmult(out, secret, point) < 0 ? GV_ERROR : 0;
}

/* The key that both sides come to, by what theirs times ours is; for ssh times
 * the tweak. GV_ERROR without a message where a point leads to nothing. */
static int
derive(unsigned char out[GV_KDF_BYTES],
    const unsigned char shared[GV_X25519_BYTES], const unsigned char *share,
    const struct gv_x25519_to *to)
{
	unsigned char tweaked[GV_X25519_BYTES];
	unsigned char salt[2 * GV_X25519_BYTES];
	struct gv_kdf_input input = { shared, GV_X25519_BYTES, salt,
		sizeof(salt) };
	int r = 0;

	if (to->ssh) {
		r = multiply(tweaked, to->tweak, shared);
		input.key = tweaked;
	}
	memcpy(salt, share, GV_X25519_BYTES);
	memcpy(salt + GV_X25519_BYTES, to->key, GV_X25519_BYTES);
	gv_kdf_derive(out, &input,
	    to->ssh ? "age-encryption.org/v1/ssh-ed25519"
		    : "age-encryption.org/v1/X25519");
	sodium_memzero(tweaked, sizeof(tweaked));
	return r;
}

static int
add_stanza(struct gv_buf *out, const struct gv_x25519_to *to,
    const unsigned char *share, const unsigned char *body)
{
	char digits[DIGITS], tag[8];
	const char *words[3] = { type_age, digits };
	struct gv_stanza_parts parts = { words, 2, body, WRAPPED };

	sodium_bin2base64(
	    digits, sizeof(digits), share, GV_X25519_BYTES, VARIANT);
	if (to->ssh) {
		sodium_bin2base64(
		    tag, sizeof(tag), to->tag, sizeof(to->tag), VARIANT);
		words[0] = type_ssh;
		words[1] = tag;
		words[2] = digits;
		parts.n_words = 3;
	}
	return gv_stanza_add(out, &parts);
}

int
gv_x25519_wrap(struct gv_buf *out, const struct gv_x25519_to *to,
    struct gv_x25519_table *table, const unsigned char key[GV_AGE_KEY],
    const struct gv_ephemeral *once)
{
	static const unsigned char
	    nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
	unsigned char shared[GV_X25519_BYTES], wrap[GV_KDF_BYTES];
	unsigned char body[WRAPPED];
	int r = table ? gv_x25519_table_multiply(shared, table, once->secret)
		      : multiply(shared, once->secret, to->key);

	if (r == 0)
		r = derive(wrap, shared, once->share, to);
	if (r < 0) {
		r = gv_err(GV_EREFUSED,
		    "nothing can be encrypted to one of "
		    "the recipients: its key is a point of "
		    "low order");
	} else {
		/* the wrapping key is used once, so the nonce may be zero */
		crypto_aead_chacha20poly1305_ietf_encrypt(
		    body, NULL, key, GV_AGE_KEY, NULL, 0, NULL, nonce, wrap);
		r = add_stanza(out, to, once->share, body);
	}
	sodium_memzero(shared, sizeof(shared));
	sodium_memzero(wrap, sizeof(wrap));
	return r;
}

/* The share, of a stanza that is well formed; the tag tells whether an ssh key
 * is meant. */
static int
read_share(unsigned char share[GV_X25519_BYTES], const struct gv_stanza *s,
    const struct gv_x25519_to *to)
{
	size_t words = to->ssh ? 3 : 2;
	unsigned char tag[sizeof(to->tag)];

	if (!gv_stanza_is(s, 0, to->ssh ? type_ssh : type_age))
		return GV_ENOTFOUND;
	if (s->n_words != words || s->body_len != WRAPPED ||
	    gv_stanza_bytes(share, GV_X25519_BYTES, s, words - 1) < 0 ||
	    (to->ssh && gv_stanza_bytes(tag, sizeof(tag), s, 1) < 0))
		return gv_err(GV_ECORRUPT,
		    "age header: a stanza %s is malformed",
		    to->ssh ? type_ssh : type_age);
	if (to->ssh && memcmp(tag, to->tag, sizeof(tag)) != 0)
		return GV_ENOTFOUND;
	return 0;
}

int
gv_x25519_unwrap(unsigned char key[GV_AGE_KEY], const struct gv_x25519_own *own,
    const struct gv_stanza *s)
{
	static const unsigned char
	    nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
	unsigned char share[GV_X25519_BYTES], shared[GV_X25519_BYTES];
	unsigned char wrap[GV_KDF_BYTES], body[WRAPPED];
	int r = read_share(share, s, &own->to);

	if (r < 0)
		return r;
	gv_stanza_body(body, s);
	if ((r = multiply(shared, own->secret, share)) == 0)
		r = derive(wrap, shared, share, &own->to);
	if (r < 0)
		r = gv_err(GV_ECORRUPT,
		    "age header: the share of a stanza is "
		    "a point of low order");
	else if (crypto_aead_chacha20poly1305_ietf_decrypt(key, NULL, NULL,
		     body, sizeof(body), NULL, 0, nonce, wrap) < 0)
		r = GV_ENOTFOUND;
	sodium_memzero(shared, sizeof(shared));
	sodium_memzero(wrap, sizeof(wrap));
	return r;
}
