#include "crypto/sign.h"

#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/digits.h"
#include "crypto/secret.h"
#include "crypto/ssh.h"
#include "crypto/wire.h"

/*
 *	signed:  "SSHSIG", string space, string "", string "sha512",
 *	         string of the hash
 *	text:    "SSHSIG", number 1, string of the public key,
 *	         string space, string "", string "sha512",
 *	         string of: string "ssh-ed25519", string of 64 bytes
 *	         in base64 between two lines
 */

#define COLUMNS  70
#define MOST     ((size_t)4096)
#define PREAMBLE 6

static const char magic[] = "SSHSIG";
static const char kind[] = "ssh-ed25519";
static const char hash_name[] = "sha512";
static const char first_line[] = "-----BEGIN SSH SIGNATURE-----";
static const char last_line[] = "-----END SSH SIGNATURE-----";

int
gv_sign_from_seed(struct gv_secret *out, const unsigned char seed[GV_SIGN_SEED])
{
	unsigned char pk[GV_SIGN_PUBLIC];
	int r = gv_secret_grow(out, GV_SIGN_KEY);

	if (r < 0)
		return r;
	crypto_sign_seed_keypair(pk, out->p + out->len, seed);
	out->len += GV_SIGN_KEY;
	return 0;
}

int
gv_sign_new(struct gv_secret *out)
{
	unsigned char seed[GV_SIGN_SEED];
	int r = gv_secret_ready();

	if (r < 0)
		return r;
	randombytes_buf(seed, sizeof(seed));
	r = gv_sign_from_seed(out, seed);
	sodium_memzero(seed, sizeof(seed));
	return r;
}

void
gv_sign_public(unsigned char out[GV_SIGN_PUBLIC], const struct gv_secret *key)
{
	memcpy(out, key->p + GV_SIGN_SEED, GV_SIGN_PUBLIC);
}

/* What stands in both forms. */
static void
add_purpose(struct gv_buf *out, const char *space)
{
	gv_wire_add(out, space, strlen(space));
	gv_wire_add(out, "", 0);
	gv_wire_add(out, hash_name, sizeof(hash_name) - 1);
}

static int
compose(struct gv_buf *out, const char *space, const void *data, size_t len)
{
	unsigned char hash[crypto_hash_sha512_BYTES];

	crypto_hash_sha512(hash, data, len);
	gv_buf_add(out, magic, PREAMBLE);
	add_purpose(out, space);
	gv_wire_add(out, hash, sizeof(hash));
	return gv_buf_check(out);
}

int
gv_sign_make(struct gv_sign *out, const struct gv_secret *key,
    const char *space, const void *data, size_t len)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = compose(&text, space, data, len);

	if (r == 0) {
		gv_sign_public(out->key, key);
		crypto_sign_detached(out->bytes, NULL,
		    (const unsigned char *)text.p, text.len, key->p);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_sign_check(
    const struct gv_sign *sign, const char *space, const void *data, size_t len)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = compose(&text, space, data, len);

	if (r == 0 &&
	    crypto_sign_verify_detached(sign->bytes,
		(const unsigned char *)text.p, text.len, sign->key) < 0)
		r = gv_err(GV_EREFUSED,
		    "the signature does not match its data, or was not made by "
		    "the key it names");
	gv_buf_release(&text);
	return r;
}

/* ---- as text ----------------------------------------------------------- */

static int
add_lines(struct gv_buf *out, const struct gv_buf *bytes)
{
	char *digits;
	size_t size = sodium_base64_ENCODED_LEN(
	    bytes->len, sodium_base64_VARIANT_ORIGINAL);
	struct gv_buf text = GV_BUF_INIT;
	size_t at;
	int r = gv_buf_grow(&text, size);

	if (r < 0)
		return r;
	digits =
	    sodium_bin2base64(text.p, size, (const unsigned char *)bytes->p,
		bytes->len, sodium_base64_VARIANT_ORIGINAL);
	gv_buf_addf(out, "%s\n", first_line);
	for (at = 0; at + 1 < size; at += COLUMNS)
		gv_buf_addf(out, "%.*s\n", COLUMNS, digits + at);
	gv_buf_addf(out, "%s\n", last_line);
	gv_buf_release(&text);
	return gv_buf_check(out);
}

int
gv_sign_format(
    struct gv_buf *out, const struct gv_sign *sign, const char *space)
{
	struct gv_buf bytes = GV_BUF_INIT, inner = GV_BUF_INIT;
	unsigned char wire[GV_SSH_WIRE];
	int r;

	gv_ssh_wire(wire, sign->key);
	gv_wire_add(&inner, kind, sizeof(kind) - 1);
	gv_wire_add(&inner, sign->bytes, sizeof(sign->bytes));
	gv_buf_add(&bytes, magic, PREAMBLE);
	gv_buf_add(&bytes, "\0\0\0\1", 4);
	gv_wire_add(&bytes, wire, sizeof(wire));
	add_purpose(&bytes, space);
	gv_wire_add(&bytes, inner.p, inner.len);
	r = gv_buf_check(&bytes) < 0 || gv_buf_check(&inner) < 0
	    ? gv_err_nomem()
	    : add_lines(out, &bytes);
	gv_buf_release(&bytes);
	gv_buf_release(&inner);
	return r;
}

/* A string of two: the kind and the bytes of it. */
static int
take_pair(unsigned char *out, size_t size, struct gv_wire *w)
{
	struct gv_wire pair, name, bytes;

	if (gv_wire_string(&pair, w) < 0 || gv_wire_string(&name, &pair) < 0)
		return GV_ECORRUPT;
	if (!gv_wire_is(&name, kind))
		return GV_EREFUSED;
	if (gv_wire_string(&bytes, &pair) < 0 || bytes.left != size ||
	    pair.left != 0)
		return GV_ECORRUPT;
	memcpy(out, bytes.p, size);
	return 0;
}

/* 0, GV_ECORRUPT or GV_EREFUSED without a message. */
static int
read_bytes(struct gv_sign *out, const char *want, struct gv_wire w)
{
	struct gv_wire space, reserved, hash;
	const unsigned char *start;
	uint32_t version;
	int r;

	if (gv_wire_bytes(&start, &w, PREAMBLE) < 0 ||
	    memcmp(start, magic, PREAMBLE) != 0 ||
	    gv_wire_number(&version, &w) < 0)
		return GV_ECORRUPT;
	if (version != 1)
		return GV_EREFUSED;
	r = take_pair(out->key, sizeof(out->key), &w);
	if (r < 0)
		return r;
	if (gv_wire_string(&space, &w) < 0 ||
	    gv_wire_string(&reserved, &w) < 0 || gv_wire_string(&hash, &w) < 0)
		return GV_ECORRUPT;
	if (!gv_wire_is(&space, want) || !gv_wire_is(&reserved, "") ||
	    !gv_wire_is(&hash, hash_name))
		return GV_EREFUSED;
	r = take_pair(out->bytes, sizeof(out->bytes), &w);
	return r == 0 && w.left != 0 ? GV_ECORRUPT : r;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int
gv_sign_parse(
    struct gv_sign *out, const char *space, const char *text, size_t len)
{
	size_t first = sizeof(first_line) - 1, last = sizeof(last_line) - 1, n;
	unsigned char bytes[MOST];
	struct gv_sign sign;
	int r = GV_ECORRUPT;

	while (len > 0 && is_space(text[len - 1]))
		len--;
	if (len >= first + last && memcmp(text, first_line, first) == 0 &&
	    memcmp(text + len - last, last_line, last) == 0 &&
	    gv_digits_read(bytes, sizeof(bytes), &n, text + first,
		len - first - last, GV_DIGITS_LINES) == 0)
		r = read_bytes(&sign, space, (struct gv_wire){ bytes, n });
	if (r == 0)
		*out = sign;
	else if (r == GV_EREFUSED)
		gv_err(r,
		    "the signature is not one of ssh-ed25519 for '%s' "
		    "over SHA-512",
		    space);
	else
		gv_err(r, "the signature is damaged or cut off");
	return r;
}
