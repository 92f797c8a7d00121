#include "crypto/share.h"

#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "crypto/bech32.h"
#include "crypto/secret.h"

/*
 *	k      how many are enough
 *	x      which one this is, from 1
 *	set    4 bytes that all shares of one splitting have
 *	y...   for each byte of (secret, first 16 bytes of its BLAKE2b) the
 *	       value at x of a polynomial of degree k - 1 that has it at 0
 *
 * Nothing here branches or looks up by a secret.
 */

#define PREFIX "GIT-VAULT-SHARE-"
#define SET    4
#define HEAD   (2 + SET)
#define CHECK  16

/* In the field of AES: polynomials modulo x^8 + x^4 + x^3 + x + 1. */
static unsigned char
multiply(unsigned char a, unsigned char b)
{
	unsigned product = 0, x = a, i;

	for (i = 0; i < 8; i++) {
		product ^= x & (0U - (b >> i & 1U));
		x = (x << 1) ^ (0x11bU & (0U - (x >> 7)));
	}
	return (unsigned char)product;
}

/* a^254, which is one by a. */
static unsigned char
invert(unsigned char a)
{
	unsigned char power = a, result = 1;
	int i;

	for (i = 0; i < 7; i++) {
		power = multiply(power, power);
		result = multiply(result, power);
	}
	return result;
}

/* ---- splitting --------------------------------------------------------- */

static int
add_check(struct gv_secret *out, const struct gv_secret *secret)
{
	unsigned char hash[CHECK];
	int r;

	crypto_generichash(hash, sizeof(hash), secret->p, secret->len, NULL, 0);
	if ((r = gv_secret_add(out, secret->p, secret->len)) == 0)
		r = gv_secret_add(out, hash, sizeof(hash));
	sodium_memzero(hash, sizeof(hash));
	return r;
}

/* `higher` has the k - 1 higher coefficients of each byte. */
static int
make_share(struct gv_secret *share, const unsigned char head[HEAD],
    const struct gv_secret *whole, const struct gv_secret *higher)
{
	unsigned k = head[0], i;
	size_t at;
	int r;

	if ((r = gv_secret_add(share, head, HEAD)) < 0 ||
	    (r = gv_secret_grow(share, whole->len)) < 0)
		return r;
	for (at = 0; at < whole->len; at++) {
		const unsigned char *c = higher->p + at * (k - 1);
		unsigned char y = 0;

		for (i = k - 1; i-- > 0;)
			y = multiply(y ^ c[i], head[1]);
		share->p[share->len++] = y ^ whole->p[at];
	}
	return 0;
}

int
gv_share_split(struct gv_secret *shares, unsigned n, unsigned k,
    const struct gv_secret *secret)
{
	struct gv_secret whole = GV_SECRET_INIT, higher = GV_SECRET_INIT;
	unsigned char head[HEAD];
	unsigned i;
	int r;

	if (k < 2 || k > n || n > GV_SHARE_MAX)
		return gv_err(GV_EUSAGE,
		    "%u of %u is not possible: at least 2 shares, of at most "
		    "%d, recover a secret",
		    k, n, GV_SHARE_MAX);
	if (secret->len == 0 || secret->len > GV_SHARE_BYTES)
		return gv_err(GV_EUSAGE,
		    "a secret of %zu bytes is not shared; "
		    "1 to %d are",
		    secret->len, GV_SHARE_BYTES);
	if ((r = add_check(&whole, secret)) == 0)
		r = gv_secret_add_random(&higher, whole.len * (k - 1));
	randombytes_buf(head, sizeof(head));
	head[0] = (unsigned char)k;
	for (i = 0; r == 0 && i < n; i++) {
		head[1] = (unsigned char)(i + 1);
		r = make_share(&shares[i], head, &whole, &higher);
	}
	for (i = 0; r < 0 && i < n; i++)
		gv_secret_release(&shares[i]);
	gv_secret_release(&whole);
	gv_secret_release(&higher);
	return r;
}

/* ---- joining ----------------------------------------------------------- */

static int
check_shares(const struct gv_secret *shares, size_t n)
{
	bool seen[256] = { false };
	size_t i;

	for (i = 0; i < n; i++) {
		const unsigned char *p = shares[i].p;

		if (shares[i].len <= HEAD + CHECK || p[0] < 2 || p[1] == 0)
			return gv_err(
			    GV_ECORRUPT, "share number %zu is damaged", i + 1);
		if (shares[i].len != shares[0].len || p[0] != shares[0].p[0] ||
		    memcmp(p + 2, shares[0].p + 2, SET) != 0)
			return gv_err(GV_ECORRUPT,
			    "share number %zu is not of the same secret, or "
			    "not of the same splitting, as the first",
			    i + 1);
		if (seen[p[1]])
			return gv_err(GV_EUSAGE,
			    "share number %zu is there twice", i + 1);
		seen[p[1]] = true;
	}
	if (n == 0 || n < shares[0].p[0])
		return gv_err(GV_ENOKEY,
		    "it needs more shares: %zu of at least %d", n,
		    n ? shares[0].p[0] : 2);
	return 0;
}

/* What share `i` counts for at 0. */
static unsigned char
weight(const struct gv_secret *shares, size_t k, size_t i)
{
	unsigned char w = 1, x = shares[i].p[1], other;
	size_t j;

	for (j = 0; j < k; j++) {
		if (j == i)
			continue;
		other = shares[j].p[1];
		w = multiply(w, multiply(other, invert(other ^ x)));
	}
	return w;
}

static int
check_whole(const struct gv_secret *whole)
{
	unsigned char hash[CHECK];
	size_t len = whole->len - CHECK;
	int r = 0;

	crypto_generichash(hash, sizeof(hash), whole->p, len, NULL, 0);
	if (sodium_memcmp(hash, whole->p + len, CHECK) != 0)
		r = gv_err(GV_ECORRUPT,
		    "the shares do not belong together, or "
		    "one of them was changed");
	sodium_memzero(hash, sizeof(hash));
	return r;
}

int
gv_share_join(struct gv_secret *out, const struct gv_secret *shares, size_t n)
{
	struct gv_secret whole = GV_SECRET_INIT;
	size_t k, len, i, at;
	unsigned char w;
	int r = check_shares(shares, n);

	if (r < 0)
		return r;
	k = shares[0].p[0];
	len = shares[0].len - HEAD;
	r = gv_secret_grow(&whole, len);
	if (r < 0)
		return r;
	memset(whole.p, 0, len);
	whole.len = len;
	for (i = 0; i < k; i++) {
		w = weight(shares, k, i);
		for (at = 0; at < len; at++)
			whole.p[at] ^= multiply(w, shares[i].p[HEAD + at]);
	}
	if ((r = check_whole(&whole)) == 0)
		r = gv_secret_add(out, whole.p, len - CHECK);
	gv_secret_release(&whole);
	return r;
}

/* ---- as text ----------------------------------------------------------- */

int
gv_share_format(struct gv_secret *out, const struct gv_secret *share)
{
	size_t size = gv_bech32_size(PREFIX, share->len);
	int r = gv_secret_grow(out, size);

	if (r < 0)
		return r;
	gv_bech32_write(
	    (char *)out->p + out->len, PREFIX, share->p, share->len);
	out->len += size;
	return 0;
}

int
gv_share_parse(struct gv_secret *out, const char *text, size_t len)
{
	struct gv_bech32 b;
	int r = gv_bech32_read(&b, text, len);

	if (r < 0)
		return gv_err_in(r, "a share");
	if (!gv_bech32_has_prefix(&b, "git-vault-share-") ||
	    b.len <= HEAD + CHECK || b.len > HEAD + CHECK + GV_SHARE_BYTES)
		return gv_err(
		    GV_ECORRUPT, "a share is GIT-VAULT-SHARE-1…; this is not");
	r = gv_secret_grow(out, b.len);
	if (r < 0)
		return r;
	gv_bech32_bytes(out->p + out->len, &b);
	out->len += b.len;
	return 0;
}
