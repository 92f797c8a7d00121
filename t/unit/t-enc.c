#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"

static void
writes_and_reads_hex(void **state)
{
	static const unsigned char bytes[] = { 0x00, 0x7f, 0x80, 0xab, 0xff };
	unsigned char back[5];
	char text[11];

	(void)state;
	gv_enc_hex(text, bytes, 5);
	assert_string_equal(text, "007f80abff");
	assert_int_equal(gv_enc_unhex(back, "007F80aBff", 5), 0);
	assert_memory_equal(back, bytes, 5);
	gv_enc_hex(text, bytes, 0);
	assert_string_equal(text, "");
}

static void
writes_decimal_numbers(void **state)
{
	static const struct {
		uint64_t number;
		const char *text;
	} all[] = { { 0, "0" }, { 9, "9" }, { 10, "10" },
		{ 1234567, "1234567" },
		{ UINT64_MAX, "18446744073709551615" } };
	char text[GV_ENC_DECIMAL_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(
		    gv_enc_decimal(text, all[i].number), strlen(all[i].text));
		assert_string_equal(text, all[i].text);
	}
}

static void
writes_and_reads_numbers_in_network_order(void **state)
{
	static const uint64_t all[] = { 0, 1, 0x80, 0x1234,
		UINT64_C(0x8000000012345678), UINT64_MAX };
	struct gv_buf b = GV_BUF_INIT;
	size_t i, n;

	(void)state;
	gv_enc_add_number(&b, 0x010203, 4);
	assert_memory_equal(b.p, "\0\1\2\3", 4);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (n = 1; n <= 8; n++) {
			gv_buf_reset(&b);
			gv_enc_add_number(&b, all[i], n);
			assert_int_equal(b.len, n);
			assert_true(gv_enc_number(b.p, n) ==
			    (all[i] & (UINT64_MAX >> (64 - 8 * n))));
		}
	gv_buf_release(&b);
}

static void
refuses_what_is_no_digit(void **state)
{
	static const char *const bad[] = { "0g", "g0", "0 ", "0", "", "-1",
		"0/", "0:", "0@", "0`" };
	unsigned char out[1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(gv_enc_unhex(out, bad[i], 1), GV_ERROR);
}

static void
base64_as_the_standard_has_it(void **state)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct gv_buf b = GV_BUF_INIT, back = GV_BUF_INIT;

		gv_enc_base64(&b, pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(b.p, pairs[i][1]);
		assert_int_equal(gv_enc_unbase64(&back, b.p, b.len), 0);
		assert_string_equal(back.p, pairs[i][0]);
		gv_buf_release(&b);
		gv_buf_release(&back);
	}
}

static void
refuses_damaged_base64(void **state)
{
	static const char *const bad[] = { "Z", "Zg",
		"Zg=", "Z===", "====", "Zg==Zg==", "Z=g=", "Zm9v!m9v", "Zm 9",
		"Zh==", "Zm9=", "Zm9v\n", "-_-_" };
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	gv_buf_addstr(&b, "kept");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (gv_enc_unbase64(&b, bad[i], strlen(bad[i])) != GV_ECORRUPT)
			fail_msg("'%s' is taken for base64", bad[i]);
		assert_string_equal(b.p, "kept");
	}
	assert_int_equal(gv_enc_unbase64(&b, "Zg\0=", 4), GV_ECORRUPT);
	gv_buf_release(&b);
}

static void
writes_text_of_xml(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	gv_enc_xml(&b, "a & b <!channel> \"c\"");
	assert_string_equal(b.p, "a &amp; b &lt;!channel&gt; \"c\"");
	gv_buf_release(&b);
}

UNIT(enc)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_reads_hex),
		cmocka_unit_test(writes_decimal_numbers),
		cmocka_unit_test(writes_and_reads_numbers_in_network_order),
		cmocka_unit_test(refuses_what_is_no_digit),
		cmocka_unit_test(base64_as_the_standard_has_it),
		cmocka_unit_test(refuses_damaged_base64),
		cmocka_unit_test(writes_text_of_xml),
	};

	return UNIT_RUN(tests);
}
