#include "unit.h"

#include <string.h>

#include "scan/check.h"

struct row {
	const char *validator, *text;
	enum gv_check is;
};

static void
check(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gv_check(rows[i].validator, rows[i].text,
			strlen(rows[i].text)) != rows[i].is)
			fail_msg("%s of '%s' must be %d", rows[i].validator,
			    rows[i].text, (int)rows[i].is);
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(*(rows)))

/* The check value of CRC-32 is cbf43926 over "123456789". */
static void
test_checksums_at_the_end(void **state)
{
	static const struct row rows[] = {
		{ "crc32-hex", "123456789cbf43926", GV_CHECK_RIGHT },
		{ "crc32-hex", "123456789_cbf43926", GV_CHECK_RIGHT },
		{ "crc32-hex", "123456780cbf43926", GV_CHECK_WRONG },
		{ "crc32-hex", "cbf43926", GV_CHECK_NONE },
		{ "crc32-base36", "1234567891kd7r5i", GV_CHECK_WRONG },
		{ "crc32-base62", "ghp_short", GV_CHECK_NONE },
	};
	char sum[16];

	(void)state;
	CHECK(rows);
	/* 0xcbf43926 is 3421780262 */
	assert_int_equal(gv_check_sum(sum, "crc32-base36", "123456789", 9), 7);
	assert_string_equal(sum, "1kl8mjq");
	assert_int_equal(
	    gv_check_sum(sum, "crc32-base62-all", "123456789", 9), 6);
	assert_string_equal(sum, "3jZRME");
	assert_int_equal(gv_check_sum(sum, "jwt", "123456789", 9), 0);
}

/* Of BIP 173. */
static void
test_bech32(void **state)
{
	static const struct row rows[] = {
		{ "bech32", "A12UEL5L", GV_CHECK_RIGHT },
		{ "bech32", "a12uel5l", GV_CHECK_RIGHT },
		{ "bech32", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
		    GV_CHECK_RIGHT },
		{ "bech32",
		    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
		    GV_CHECK_RIGHT },
		{ "bech32",
		    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3x",
		    GV_CHECK_WRONG },
		{ "bech32", "x1b4n0q5v", GV_CHECK_WRONG },
		{ "bech32", "pzry9x0s0muk", GV_CHECK_NONE },
	};

	(void)state;
	CHECK(rows);
}

static void
test_structure(void **state)
{
	static const struct row rows[] = {
		{ "base64-5", "aGVsbG8=", GV_CHECK_RIGHT },
		{ "base64-5", "aGVsbG8", GV_CHECK_RIGHT },
		{ "base64-6", "aGVsbG8=", GV_CHECK_WRONG },
		{ "base64-5", "aGVs*G8=", GV_CHECK_WRONG },
		{ "base64-json", "eyJhIjoxfQ==", GV_CHECK_RIGHT },
		{ "base64-json", "aGVsbG8=", GV_CHECK_WRONG },
		{ "base64-userinfo", "dXNlcjpwYXNz", GV_CHECK_RIGHT },
		{ "base64-userinfo", "dXNlcjo=", GV_CHECK_WRONG },
		{ "base64-userinfo", "", GV_CHECK_WRONG },
		{ "snowflake", "MTIzNDU2Nzg5MDEyMzQ1Njc4.x.y", GV_CHECK_RIGHT },
		{ "snowflake", "aGVsbG8.x.y", GV_CHECK_WRONG },
		{ "jwt",
		    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0."
		    "c2lnc2lnc2lnc2lnc2lnc2lnc2lnc2lnc2lnc2lnc2k",
		    GV_CHECK_RIGHT },
		/* too short a signature, and no claims */
		{ "jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
		    GV_CHECK_WRONG },
		{ "jwt",
		    "eyJhbGciOiJIUzI1NiJ9.RXhhbXBsZSBvZg."
		    "c2lnc2lnc2lnc2lnc2lnc2lnc2lnc2lnc2lnc2lnc2k",
		    GV_CHECK_WRONG },
		{ "jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
		    GV_CHECK_WRONG },
		/* {"sub":"1234567890"} */
		{ "jwt",
		    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0."
		    "c2lnc2lnc2lnc2lnc2lnc2lnc2lnc2lnc2lnc2lnc2k",
		    GV_CHECK_WRONG },
		{ "nonsense", "x", GV_CHECK_NONE },
	};

	(void)state;
	CHECK(rows);
	assert_true(gv_check_is_known("base64-32"));
	assert_false(gv_check_is_known("base64-"));
	assert_false(gv_check_is_known("base64-3x"));
}

UNIT(check)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksums_at_the_end),
		cmocka_unit_test(test_bech32),
		cmocka_unit_test(test_structure),
	};

	return UNIT_RUN(tests);
}
