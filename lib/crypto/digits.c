#include "crypto/digits.h"

#include <stdint.h>

#include <sodium.h>

#include "base/err.h"
#include "crypto/secret.h"

int
gv_digits_read(unsigned char *out, size_t size, size_t *n, const char *text,
    size_t len, enum gv_digits_form form)
{
	const char *end = text, *ignore = NULL;
	int variant = sodium_base64_VARIANT_ORIGINAL;
	unsigned char all = 0;
	size_t i;

	/* libsodium 1.0.18 takes some bytes that are no ASCII for digits */
	for (i = 0; i < len; i++)
		all |= (unsigned char)text[i];
	if (all & 0x80)
		return GV_ECORRUPT;
	if (form == GV_DIGITS_BARE)
		variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
	else if (form == GV_DIGITS_LINES)
		ignore = "\r\n";
	if (sodium_base642bin(out, size, text, len, ignore, n, &end, variant) <
		0 ||
	    end != text + len)
		return GV_ECORRUPT;
	return 0;
}

int
gv_digits_add(struct gv_secret *out, const void *data, size_t len)
{
	const int variant = sodium_base64_VARIANT_ORIGINAL;
	size_t size;
	int r;

	if (len > SIZE_MAX / 4)
		return gv_err_nomem();
	/* with a NUL, which is not kept */
	size = sodium_base64_encoded_len(len, variant);
	r = gv_secret_grow(out, size);
	if (r < 0)
		return r;
	sodium_bin2base64((char *)out->p + out->len, size, data, len, variant);
	out->len += size - 1;
	return 0;
}
