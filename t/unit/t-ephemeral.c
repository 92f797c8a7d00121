#include "unit.h"

#include <string.h>

#include <sodium.h>

#include "crypto/ephemeral.h"

static void
the_share_is_that_of_the_secret(void **state)
{
	unsigned char secret[GV_X25519_BYTES], share[GV_X25519_BYTES];
	unsigned char expect[GV_X25519_BYTES], before[GV_X25519_BYTES] = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		gv_ephemeral_new(secret, share);
		crypto_scalarmult_base(expect, secret);
		assert_memory_equal(share, expect, sizeof(share));
		assert_memory_not_equal(secret, before, sizeof(secret));
		memcpy(before, secret, sizeof(secret));
	}
}

#ifdef __SIZEOF_INT128__

/* Small numbers, and those less than p by so much, in the last byte first. */
static void
small(unsigned char out[GV_X25519_BYTES], unsigned char n)
{
	memset(out, 0, GV_X25519_BYTES);
	out[0] = n;
}

static void
below_p(unsigned char out[GV_X25519_BYTES], unsigned char by)
{
	memset(out, 0xff, GV_X25519_BYTES);
	out[0] = (unsigned char)(0xed - by);
	out[GV_X25519_BYTES - 1] = 0x7f;
}

static void
numbers_at_the_ends(void **state)
{
	unsigned char y[GV_X25519_BYTES], u[GV_X25519_BYTES];
	unsigned char expect[GV_X25519_BYTES];

	(void)state;
	small(y, 0); /* 1 / 1 */
	small(expect, 1);
	gv_ephemeral_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	small(y, 1); /* 2 / 0, which is 0 by what inverting does */
	small(expect, 0);
	gv_ephemeral_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	small(y, 2); /* 3 / -1 */
	below_p(expect, 3);
	gv_ephemeral_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	below_p(y, 1); /* 0 / 2 */
	small(expect, 0);
	gv_ephemeral_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	below_p(y, 0); /* p is 0 */
	small(expect, 1);
	gv_ephemeral_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	memset(y, 0xff, sizeof(y)); /* 2^255 - 1 is 18: -19 / 17 */
	y[GV_X25519_BYTES - 1] = 0x7f;
	gv_ephemeral_u(expect, y);
	small(y, 18);
	gv_ephemeral_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
}

/* y = 4 / 5, u = 9; the sign of x stands in the highest bit. */
static void
the_base_point(void **state)
{
	unsigned char y[GV_X25519_BYTES], u[GV_X25519_BYTES];
	unsigned char expect[GV_X25519_BYTES];

	(void)state;
	memset(y, 0x66, sizeof(y));
	y[0] = 0x58;
	small(expect, 9);
	gv_ephemeral_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	y[GV_X25519_BYTES - 1] |= 0x80;
	gv_ephemeral_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
}

static void
as_libsodium_has_it(void **state)
{
	unsigned char pk[crypto_sign_PUBLICKEYBYTES];
	unsigned char sk[crypto_sign_SECRETKEYBYTES];
	unsigned char u[GV_X25519_BYTES], expect[GV_X25519_BYTES];
	int i;

	(void)state;
	for (i = 0; i < 500; i++) {
		crypto_sign_keypair(pk, sk);
		assert_int_equal(
		    crypto_sign_ed25519_pk_to_curve25519(expect, pk), 0);
		gv_ephemeral_u(u, pk);
		assert_memory_equal(u, expect, sizeof(u));
	}
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_share_is_that_of_the_secret),
#ifdef __SIZEOF_INT128__
		cmocka_unit_test(numbers_at_the_ends),
		cmocka_unit_test(the_base_point),
		cmocka_unit_test(as_libsodium_has_it),
#endif
	};

	if (sodium_init() < 0)
		return 1;
	return UNIT_RUN(tests);
}
