#include "crypto/digits.h"

#include <sodium.h>

#include "base/err.h"

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
