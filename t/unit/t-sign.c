#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "unit/locked.h"

static struct gv_secret key;

static int
make_key(void **state)
{
	(void)state;
	return gv_sign_new(&key);
}

static int
drop_key(void **state)
{
	gv_secret_release(&key);
	return locked_all_back(state);
}

static void
checks_what_it_made_and_nothing_else(void **state)
{
	struct gv_sign sign, other;
	size_t i;

	(void)state;
	assert_int_equal(gv_sign_make(&sign, &key, "a", "record", 6), 0);
	assert_int_equal(gv_sign_check(&sign, "a", "record", 6), 0);
	assert_int_equal(gv_sign_check(&sign, "a", "Record", 6), GV_EREFUSED);
	assert_int_equal(gv_sign_check(&sign, "a", "record", 5), GV_EREFUSED);
	assert_int_equal(gv_sign_check(&sign, "b", "record", 6), GV_EREFUSED);
	assert_int_equal(gv_sign_check(&sign, "", "record", 6), GV_EREFUSED);
	for (i = 0; i < sizeof(sign) * 8; i++) {
		other = sign;
		((unsigned char *)&other)[i / 8] ^= (unsigned char)(1 << i % 8);
		assert_int_equal(
		    gv_sign_check(&other, "a", "record", 6), GV_EREFUSED);
	}
}

/* The first case of RFC 8032 for the key; a signature is always the same. */
static void
a_seed_leads_to_its_key(void **state)
{
	struct gv_secret own = GV_SECRET_INIT;
	struct gv_sign one, two;
	unsigned char seed[GV_SIGN_SEED], public[GV_SIGN_PUBLIC];
	char hex[65];

	(void)state;
	assert_int_equal(gv_enc_unhex(seed,
			     "9d61b19deffd5a60ba844af492ec2cc4"
			     "4449c5697b326919703bac031cae7f60",
			     sizeof(seed)),
	    0);
	assert_int_equal(gv_sign_from_seed(&own, seed), 0);
	assert_int_equal(own.len, GV_SIGN_KEY);
	gv_sign_public(public, &own);
	gv_enc_hex(hex, public, sizeof(public));
	assert_string_equal(hex,
	    "d75a980182b10ab7d54bfed3c964073a"
	    "0ee172f3daa62325af021a68f707511a");
	assert_int_equal(gv_sign_make(&one, &own, "a", "", 0), 0);
	assert_int_equal(gv_sign_make(&two, &own, "a", "", 0), 0);
	assert_memory_equal(&one, &two, sizeof(one));
	assert_memory_equal(one.key, public, sizeof(public));
	gv_secret_release(&own);
}

static void
comes_back_from_its_text(void **state)
{
	struct gv_sign sign, back;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r;

	(void)state;
	assert_int_equal(gv_sign_make(&sign, &key, "space", "x", 1), 0);
	assert_int_equal(gv_sign_format(&text, &sign, "space"), 0);
	assert_int_equal(gv_sign_parse(&back, "space", text.p, text.len), 0);
	assert_memory_equal(&back, &sign, sizeof(sign));
	assert_int_equal(
	    gv_sign_parse(&back, "other", text.p, text.len), GV_EREFUSED);
	assert_message("'other'");
	for (i = 0; i < text.len; i++) {
		assert_int_equal(gv_sign_parse(&back, "space", text.p, i),
		    i + 1 < text.len ? GV_ECORRUPT : 0);
		text.p[i] ^= 4;
		r = gv_sign_parse(&back, "space", text.p, text.len);
		/* what is read of it is another signature, or none */
		if (r == 0)
			assert_true(memcmp(&back, &sign, sizeof(sign)) != 0 ||
			    i + 1 == text.len);
		text.p[i] ^= 4;
	}
	gv_buf_release(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_key, drop_key)

UNIT(sign)
{
	const struct CMUnitTest tests[] = {
		TEST(checks_what_it_made_and_nothing_else),
		TEST(a_seed_leads_to_its_key),
		TEST(comes_back_from_its_text),
	};

	return UNIT_RUN(tests);
}
