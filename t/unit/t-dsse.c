#include "unit.h"

#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/dsse.h"
#include "crypto/secret.h"

static const unsigned char seed[GV_SIGN_SEED] =
    "a seed of thirty-two bytes now!";

/* As openssl signs "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
 * the encoding in the protocol's own example, by the same seed. */
static void
signs_as_the_protocol_says(void **state)
{
	static const char want[] =
	    "1c0b9bc63f6482d8e24097c99b752b2d0ca04430daa4d263ec1f38a1d2a49d0b"
	    "9ffe4e86ab6394f70eff353df127b63f1037318247cdac4fb6156edb380da604";
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_sign sign;
	char hex[2 * GV_SIGN_BYTES + 1];

	(void)state;
	assert_int_equal(gv_sign_from_seed(&key, seed), 0);
	assert_int_equal(
	    gv_dsse_sign(&sign, &key, "http://example.com/HelloWorld",
		"hello world", 11),
	    0);
	gv_enc_hex(hex, sign.bytes, GV_SIGN_BYTES);
	assert_string_equal(hex, want);
	gv_secret_release(&key);
}

static void
checks_type_payload_key_and_signature(void **state)
{
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_sign sign, other;

	(void)state;
	assert_int_equal(gv_sign_from_seed(&key, seed), 0);
	assert_int_equal(gv_dsse_sign(&sign, &key, "t", "text", 4), 0);
	assert_int_equal(gv_dsse_check(&sign, "t", "text", 4), 0);
	assert_int_equal(gv_dsse_check(&sign, "u", "text", 4), GV_EREFUSED);
	assert_int_equal(gv_dsse_check(&sign, "t", "texts", 5), GV_EREFUSED);
	other = sign;
	other.key[0] ^= 1;
	assert_int_equal(gv_dsse_check(&other, "t", "text", 4), GV_EREFUSED);
	other = sign;
	other.bytes[40] ^= 1;
	assert_int_equal(gv_dsse_check(&other, "t", "text", 4), GV_EREFUSED);
	/* nor is one of ours one of these */
	assert_int_equal(gv_sign_make(&other, &key, "t", "text", 4), 0);
	assert_int_equal(gv_dsse_check(&other, "t", "text", 4), GV_EREFUSED);
	gv_secret_release(&key);
}

UNIT(dsse)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_as_the_protocol_says),
		cmocka_unit_test(checks_type_payload_key_and_signature),
	};

	return UNIT_RUN(tests);
}
