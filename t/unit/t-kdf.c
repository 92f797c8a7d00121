#include "unit.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/kdf.h"

/* The cases of RFC 5869 with SHA-256; of what they expect the first block. */
static void
derives_what_the_standard_has(void **state)
{
	static const char info[] = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9";
	unsigned char key[22], salt[13], out[GV_KDF_BYTES];
	struct gv_kdf_input input = { key, sizeof(key), salt, sizeof(salt) };
	char hex[65];
	size_t i;

	(void)state;
	memset(key, 0x0b, sizeof(key));
	for (i = 0; i < sizeof(salt); i++)
		salt[i] = (unsigned char)i;
	gv_kdf_derive(out, &input, info);
	gv_enc_hex(hex, out, sizeof(out));
	assert_string_equal(hex,
	    "3cb25f25faacd57a90434f64d0362f2a"
	    "2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
	input.salt_len = 0;
	gv_kdf_derive(out, &input, "");
	gv_enc_hex(hex, out, sizeof(out));
	assert_string_equal(hex,
	    "8da4e775a563c18f715f802a063c5a31"
	    "b8a11f5c5ee1879ec3454e5f3c738d2d");
}

UNIT(kdf)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derives_what_the_standard_has),
	};

	return UNIT_RUN(tests);
}
