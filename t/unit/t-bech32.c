#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "crypto/bech32.h"

/* The strings of BIP 173 that hold in whole bytes, or in none; a prefix, and
 * how many bytes. */
static void
reads_what_the_standard_has(void **state)
{
	static const struct {
		const char *text, *prefix;
		size_t len;
	} all[] = {
		{ "A12UEL5L", "a", 0 },
		{ "a12uel5l", "a", 0 },
		{ "an83characterlonghumanreadablepartthatcontainsthenumber1a"
		  "ndtheexcludedcharactersbio1tt5tgs",
		    "an83characterlonghumanreadablepartthatcontainsthenumber"
		    "1andtheexcludedcharactersbio",
		    0 },
		{ "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef",
		    20 },
		{ "split1checkupstagehandshakeupstreamerranterredcaperred2y9e"
		  "3w",
		    "split", 30 },
		{ "?1ezyfcl", "?", 0 },
	};
	struct gv_bech32 b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (gv_bech32_read(&b, all[i].text, strlen(all[i].text)) < 0)
			fail_msg("%s: %s", all[i].text, gv_err_message());
		assert_true(gv_bech32_has_prefix(&b, all[i].prefix));
		assert_false(gv_bech32_has_prefix(&b, "ab"));
		assert_int_equal(b.len, all[i].len);
	}
}

static void
gives_the_bytes(void **state)
{
	static const char text[] =
	    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";
	static const unsigned char expect[20] = { 0x00, 0x44, 0x32, 0x14, 0xc7,
		0x42, 0x54, 0xb6, 0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7,
		0xc6, 0x75, 0xbe, 0x77, 0xdf };
	unsigned char bytes[20];
	struct gv_bech32 b;

	(void)state;
	assert_int_equal(gv_bech32_read(&b, text, strlen(text)), 0);
	assert_int_equal(b.len, 20);
	gv_bech32_bytes(bytes, &b);
	assert_memory_equal(bytes, expect, 20);
}

static void
what_is_written_is_read_back(void **state)
{
	static const char *const prefixes[] = { "age", "AGE-SECRET-KEY-",
		"AGE-PLUGIN-A1B-", "x" };
	unsigned char bytes[80], back[80];
	struct gv_bech32 b;
	char text[200];
	size_t i, len, n;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(255 - i * 7);
	for (i = 0; i < 4; i++)
		for (len = 0; len <= sizeof(bytes); len++) {
			n = gv_bech32_size(prefixes[i], len);
			text[n] = '!';
			gv_bech32_write(text, prefixes[i], bytes, len);
			assert_int_equal(text[n], '!');
			assert_int_equal(gv_bech32_read(&b, text, n), 0);
			assert_int_equal(b.len, len);
			/* behind a letter, `upper` is told by the digits too */
			assert_int_equal(b.upper, prefixes[i][0] == 'A');
			gv_bech32_bytes(back, &b);
			assert_memory_equal(back, bytes, len);
		}
}

static void
refuses_what_is_damaged(void **state)
{
	static const char *const bad[][2] = { { "", "cut" }, { "abc", "cut" },
		{ "1qzzfhee", "cut" }, { "a1q", "cut" },
		{ "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxv", "checksum" },
		{ "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7mqqqxw", "checksum" },
		{ "Abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "mixed" },
		{ "abcdef1bpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
		    "character 8 is not allowed" },
		{ "abc ef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
		    "character 4 cannot" },
		{ "a1q3g6mn3", "within a byte" },
		{ "a1qpamnt9j", "within a byte" } };
	struct gv_bech32 b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (gv_bech32_read(&b, bad[i][0], strlen(bad[i][0])) !=
		    GV_ECORRUPT)
			fail_msg("'%s' was read", bad[i][0]);
		assert_message(bad[i][1]);
	}
}

/* Any single character that is changed is found. */
static void
finds_every_changed_character(void **state)
{
	static const char text[] =
	    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";
	char copy[sizeof(text)];
	struct gv_bech32 b;
	size_t i;
	int c;

	(void)state;
	for (i = 0; i < sizeof(text) - 1; i++)
		for (c = 1; c < 128; c++) {
			memcpy(copy, text, sizeof(text));
			if (c == copy[i])
				continue;
			copy[i] = (char)c;
			assert_int_equal(
			    gv_bech32_read(&b, copy, sizeof(text) - 1),
			    GV_ECORRUPT);
		}
}

UNIT(bech32)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_standard_has),
		cmocka_unit_test(gives_the_bytes),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(refuses_what_is_damaged),
		cmocka_unit_test(finds_every_changed_character),
	};

	return UNIT_RUN(tests);
}
