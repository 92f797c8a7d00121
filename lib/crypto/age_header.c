#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/age.h"
#include "crypto/digits.h"
#include "crypto/kdf.h"
#include "crypto/stanza.h"

/*
 *	age-encryption.org/v1
 *	-> stanza ...
 *	base64
 *	--- base64 of the MAC, which is over all up to here ^ before the space
 */

#define MAC_DIGITS 43

static const char any_version[] = "age-encryption.org/";
static const char version_line[] = "age-encryption.org/v1\n";

/* 0 where the line is there and ours. */
static int
check_version(const char *p, size_t len)
{
	size_t n = sizeof(version_line) - 1;

	if (memcmp(p, version_line, len < n ? len : n) == 0)
		return len < n ? GV_ENOTFOUND : 0;
	n = sizeof(any_version) - 1;
	if (len > n && memcmp(p, any_version, n) == 0 && p[n] != '\n')
		return gv_err(GV_EREFUSED,
		    "age header: the file is not of version 1 of age, or its "
		    "first line is damaged");
	return gv_err(GV_ECORRUPT, "age header: this is no age file");
}

static int
read_mac(struct gv_age_header *h, const char *p, size_t len)
{
	size_t size = 4 + MAC_DIGITS + 1, n;
	const char *lf = memchr(p, '\n', len < size ? len : size);

	if (lf == NULL && len < size)
		return GV_ENOTFOUND;
	/* 43 digits, no padding, and no bits left over */
	if (lf != p + size - 1 || p[3] != ' ' ||
	    gv_digits_read(h->mac, sizeof(h->mac), &n, p + 4, MAC_DIGITS,
		GV_DIGITS_BARE) < 0 ||
	    n != GV_AGE_MAC)
		return gv_err(
		    GV_ECORRUPT, "age header: its MAC is not well formed");
	h->mac_over = (size_t)(p + 3 - h->text);
	h->len = (size_t)(lf + 1 - h->text);
	return 0;
}

static int
read_stanzas(struct gv_age_header *h, const char *p, const char *end)
{
	size_t cap = 0, used;
	int r;

	while (end - p >= 3 && memcmp(p, "---", 3) != 0) {
		r = GV_GROW(h->stanzas, h->n, cap);
		if (r < 0)
			return r;
		r = gv_stanza_read(
		    &h->stanzas[h->n], &used, p, (size_t)(end - p));
		if (r < 0)
			return r == GV_ENOTFOUND ? r
						 : gv_err_in(r, "age header");
		h->n++;
		p += used;
	}
	if (end - p < 3)
		return GV_ENOTFOUND;
	if (h->n == 0)
		return gv_err(GV_ECORRUPT, "age header: it has no stanza");
	return read_mac(h, p, (size_t)(end - p));
}

int
gv_age_header_read(struct gv_age_header *out, const void *data, size_t len)
{
	struct gv_age_header h = { .text = data };
	size_t seen = len < GV_AGE_HEADER_MAX ? len : GV_AGE_HEADER_MAX;
	int r = check_version(data, seen);

	if (r == 0)
		r = read_stanzas(
		    &h, h.text + sizeof(version_line) - 1, h.text + seen);
	if (r == GV_ENOTFOUND && seen < len)
		r = gv_err(GV_EREFUSED,
		    "age header: it is larger than %zu bytes", seen);
	if (r < 0)
		gv_age_header_release(&h);
	else
		*out = h;
	return r;
}

bool
gv_age_is_sealed(const void *data, size_t len)
{
	const size_t n = sizeof(version_line) - 1;
	struct gv_age_header h;

	/* most bytes asked about are no header, and must cost nothing */
	if (len <= n || memcmp(data, version_line, n) != 0 ||
	    gv_age_header_read(&h, data, len) < 0)
		return false;
	gv_age_header_release(&h);
	return true;
}

void
gv_age_header_release(struct gv_age_header *h)
{
	if (h == NULL)
		return;
	free(h->stanzas);
	memset(h, 0, sizeof(*h));
}

static void
compute_mac(unsigned char mac[GV_AGE_MAC], const void *text, size_t len,
    const unsigned char key[GV_AGE_KEY])
{
	struct gv_kdf_input input = { key, GV_AGE_KEY, "", 0 };
	unsigned char mac_key[GV_KDF_BYTES];

	gv_kdf_derive(mac_key, &input, "header");
	crypto_auth_hmacsha256(mac, text, len, mac_key);
	sodium_memzero(mac_key, sizeof(mac_key));
}

int
gv_age_header_check(
    const struct gv_age_header *h, const unsigned char key[GV_AGE_KEY])
{
	unsigned char mac[GV_AGE_MAC];

	compute_mac(mac, h->text, h->mac_over, key);
	if (sodium_memcmp(mac, h->mac, sizeof(mac)) != 0)
		return gv_err(GV_ECORRUPT,
		    "age header: its MAC is wrong, so "
		    "it was changed");
	return 0;
}

int
gv_age_header_add(struct gv_buf *out, const struct gv_buf *stanzas,
    const unsigned char key[GV_AGE_KEY])
{
	unsigned char mac[GV_AGE_MAC];
	char digits[MAC_DIGITS + 1];
	size_t before = out->len;

	gv_buf_addstr(out, version_line);
	gv_buf_add(out, stanzas->p, stanzas->len);
	gv_buf_addstr(out, "---");
	compute_mac(mac, out->p + before, out->len - before, key);
	sodium_bin2base64(digits, sizeof(digits), mac, sizeof(mac),
	    sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	gv_buf_addf(out, " %s\n", digits);
	return gv_buf_check(out);
}
