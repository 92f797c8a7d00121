#include "unit.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/digest.h"

static const char *
name(const char *use, const unsigned char *key,
    const struct gv_digest_field *fields, size_t n)
{
	static char hex[2 * GV_DIGEST_BYTES + 1];
	struct gv_digest d;

	gv_digest_keyed(&d, key, use, fields, n);
	gv_enc_hex(hex, d.bytes, sizeof(d.bytes));
	return hex;
}

/* As hashlib.blake2b(key=…, person=…, digest_size=20) of Python has them, of
 * the lengths in eight bytes, high first, and the fields. */
static void
is_blake2b_of_fields_and_lengths(void **state)
{
	struct gv_digest_field fields[] = { { "prod", 4 }, { "hunter2", 7 } };
	unsigned char key[GV_DIGEST_KEY];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)i;
	assert_string_equal(name("vault secret", key, fields, 2),
	    "d8f07f567536e4836d6c7c6d12f07a6aa9e58f3b");
	assert_string_equal(name("vault secret", key, fields, 0),
	    "eaf0747c4cfcd123ae1944a99ea969811b9f1ac4");
}

/* Another key, use, field, or border between fields: another name. */
static void
all_of_it_counts(void **state)
{
	static const struct {
		const char *use;
		unsigned char key;
		struct gv_digest_field fields[2];
		size_t n;
	} all[] = { { "use", 0, { { "ab", 2 }, { "c", 1 } }, 2 },
		{ "use", 0, { { "a", 1 }, { "bc", 2 } }, 2 },
		{ "use", 0, { { "abc", 3 }, { "", 0 } }, 2 },
		{ "use", 0, { { "abc", 3 } }, 1 },
		{ "use", 1, { { "ab", 2 }, { "c", 1 } }, 2 },
		{ "us", 0, { { "ab", 2 }, { "c", 1 } }, 2 },
		{ "use of 16 letter", 0, { { "ab", 2 }, { "c", 1 } }, 2 } };
	unsigned char key[GV_DIGEST_KEY] = { 0 };
	struct gv_digest d[7];
	size_t i, j;

	(void)state;
	for (i = 0; i < 7; i++) {
		key[31] = all[i].key;
		gv_digest_keyed(
		    &d[i], key, all[i].use, all[i].fields, all[i].n);
		assert_true(gv_digest_equal(&d[i], &d[i]));
		for (j = 0; j < i; j++)
			assert_false(gv_digest_equal(&d[i], &d[j]));
	}
}

UNIT(digest)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_blake2b_of_fields_and_lengths),
		cmocka_unit_test(all_of_it_counts),
	};

	return UNIT_RUN(tests);
}
