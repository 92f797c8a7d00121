#include "unit.h"

#include <string.h>

#include <sodium.h>

#include "crypto/ephemeral.h"

static void
the_share_is_that_of_the_secret(void **state)
{
	struct gv_ephemeral keys[GV_EPHEMERAL_MANY];
	unsigned char expect[GV_X25519_BYTES], before[GV_X25519_BYTES] = { 0 };
	size_t i, n, at = 0;

	(void)state;
	for (i = 0; i < 250; i++) {
		n = 1 + i % GV_EPHEMERAL_MANY;
		gv_ephemeral_new(keys, n);
		for (at = 0; at < n; at++) {
			crypto_scalarmult_base(expect, keys[at].secret);
			assert_memory_equal(
			    keys[at].share, expect, sizeof(expect));
			assert_memory_not_equal(
			    keys[at].secret, before, sizeof(before));
			memcpy(before, keys[at].secret, sizeof(before));
		}
	}
	gv_ephemeral_new(NULL, 0);
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

/* u of y: alone, and as the first, in the middle and the last of others. */
static void
to_u(unsigned char u[GV_X25519_BYTES], const unsigned char y[GV_X25519_BYTES])
{
	struct gv_ephemeral one, some[GV_EPHEMERAL_MANY];
	size_t i, at, n = GV_EPHEMERAL_MANY;

	memcpy(one.share, y, GV_X25519_BYTES);
	gv_ephemeral_u(&one, 1);
	for (at = 0; at < n; at += n / 2 - (at > 0)) {
		for (i = 0; i < n; i++)
			small(some[i].share, (unsigned char)(2 + i));
		memcpy(some[at].share, y, GV_X25519_BYTES);
		gv_ephemeral_u(some, n);
		assert_memory_equal(some[at].share, one.share, GV_X25519_BYTES);
	}
	memcpy(u, one.share, GV_X25519_BYTES);
}

static void
numbers_at_the_ends(void **state)
{
	unsigned char y[GV_X25519_BYTES], u[GV_X25519_BYTES];
	unsigned char expect[GV_X25519_BYTES];

	(void)state;
	small(y, 0); /* 1 / 1 */
	small(expect, 1);
	to_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	small(y, 1); /* 2 / 0, which is 0 by what inverting does */
	small(expect, 0);
	to_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	small(y, 2); /* 3 / -1 */
	below_p(expect, 3);
	to_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	below_p(y, 1); /* 0 / 2 */
	small(expect, 0);
	to_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	below_p(y, 0); /* p is 0 */
	small(expect, 1);
	to_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	memset(y, 0xff, sizeof(y)); /* 2^255 - 1 is 18: -19 / 17 */
	y[GV_X25519_BYTES - 1] = 0x7f;
	to_u(expect, y);
	small(y, 18);
	to_u(u, y);
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
	to_u(u, y);
	assert_memory_equal(u, expect, sizeof(u));
	y[GV_X25519_BYTES - 1] |= 0x80;
	to_u(u, y);
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
		to_u(u, pk);
		assert_memory_equal(u, expect, sizeof(u));
	}
}

#endif

UNIT(ephemeral)
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
