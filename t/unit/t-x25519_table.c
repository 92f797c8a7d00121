#include "unit.h"

#include <pthread.h>
#include <string.h>

#include <sodium.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/x25519_table.h"

#define OFTEN 24 /* so that there is a table for most of them */

/* As libsodium has it, also where it has nothing. */
static void
assert_same(struct gv_x25519_table *t, const unsigned char *point,
    const unsigned char *secret)
{
	unsigned char expect[GV_X25519_BYTES], out[GV_X25519_BYTES];
	int r = gv_x25519_table_multiply(out, t, secret);

	if (crypto_scalarmult(expect, secret, point) < 0) {
		assert_int_equal(r, GV_ERROR);
		return;
	}
	assert_int_equal(r, 0);
	assert_memory_equal(out, expect, sizeof(out));
}

static void
try(const unsigned char point[GV_X25519_BYTES])
{
	struct gv_x25519_table *t = gv_x25519_table_new(point);
	unsigned char secret[GV_X25519_BYTES];
	size_t i;

	assert_non_null(t);
	for (i = 0; i < OFTEN; i++) {
		randombytes_buf(secret, sizeof(secret));
		assert_same(t, point, secret);
	}
	memset(secret, 0, sizeof(secret));
	assert_same(t, point, secret);
	memset(secret, 0xff, sizeof(secret));
	assert_same(t, point, secret);
	gv_x25519_table_free(t);
}

static void
keys(void **state)
{
	unsigned char secret[GV_X25519_BYTES], point[GV_X25519_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < 200; i++) {
		randombytes_buf(secret, sizeof(secret));
		crypto_scalarmult_base(point, secret);
		try(point);
		point[GV_X25519_BYTES - 1] |= 0x80; /* which is no part of it */
		try(point);
	}
}

/* Half of them are of the twist, and most of the others are a key and a point
 * of low order. */
static void
any_bytes(void **state)
{
	unsigned char point[GV_X25519_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < 400; i++) {
		randombytes_buf(point, sizeof(point));
		try(point);
	}
}

/* Small numbers, and those about p and 2^255: some are of low order (RFC 7748,
 * 6.1), some are written as nobody writes them. */
static void
numbers_at_the_ends(void **state)
{
	unsigned char point[GV_X25519_BYTES];
	unsigned n;

	(void)state;
	for (n = 0; n < 30; n++) {
		memset(point, 0, sizeof(point));
		point[0] = (unsigned char)n;
		try(point);
		memset(point, 0xff, sizeof(point));
		point[0] = (unsigned char)(0xff - n);
		point[GV_X25519_BYTES - 1] = 0x7f;
		try(point);
		point[GV_X25519_BYTES - 1] = 0xff;
		try(point);
	}
}

static void
points_of_low_order(void **state)
{
	static const char *const points[] = {
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b8"
		"00",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11"
		"57",
	};
	unsigned char point[GV_X25519_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		assert_int_equal(
		    gv_enc_unhex(point, points[i], sizeof(point)), 0);
		try(point);
	}
}

/* RFC 7748, 6.1 */
static void
the_key_of_alice_and_bob(void **state)
{
	static const char *const hex[] = {
		"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c"
		"2a",
		"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b"
		"4f",
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e1617"
		"42",
	};
	unsigned char b[3][GV_X25519_BYTES], out[GV_X25519_BYTES];
	struct gv_x25519_table *t;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(gv_enc_unhex(b[i], hex[i], sizeof(b[i])), 0);
	t = gv_x25519_table_new(b[1]);
	for (i = 0; i < OFTEN; i++) {
		assert_int_equal(gv_x25519_table_multiply(out, t, b[0]), 0);
		assert_memory_equal(out, b[2], sizeof(out));
	}
	gv_x25519_table_free(t);
}

static unsigned char of_all[GV_X25519_BYTES];

static void *
multiply(void *t)
{
	unsigned char secret[GV_X25519_BYTES], expect[GV_X25519_BYTES];
	unsigned char out[GV_X25519_BYTES];
	size_t i, wrong = 0;

	for (i = 0; i < 200; i++) {
		randombytes_buf(secret, sizeof(secret));
		wrong += crypto_scalarmult(expect, secret, of_all) < 0 ||
		    gv_x25519_table_multiply(out, t, secret) < 0 ||
		    memcmp(out, expect, sizeof(out)) != 0;
	}
	return wrong ? t : NULL;
}

static void
from_any_thread(void **state)
{
	unsigned char secret[GV_X25519_BYTES];
	struct gv_x25519_table *t;
	pthread_t threads[4];
	void *wrong;
	size_t i;

	(void)state;
	randombytes_buf(secret, sizeof(secret));
	crypto_scalarmult_base(of_all, secret);
	t = gv_x25519_table_new(of_all);
	for (i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, multiply, t), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	gv_x25519_table_free(t);
	gv_x25519_table_free(NULL);
}

UNIT(x25519_table)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(numbers_at_the_ends),
		cmocka_unit_test(points_of_low_order),
		cmocka_unit_test(the_key_of_alice_and_bob),
		cmocka_unit_test(from_any_thread),
	};

	if (sodium_init() < 0)
		return 1;
	return UNIT_RUN(tests);
}
