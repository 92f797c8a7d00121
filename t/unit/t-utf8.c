#include "unit.h"

#include <string.h>

#include "base/utf8.h"

static void
valid_text_is_told_from_other_bytes(void **state)
{
	static const char *const good[] = { "", "a", "\x7f", "\xc2\x80",
		"\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
		"\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80",
		"\xc1\xbf", "\xc2", "\xc2\xc2", "\xe0\x9f\xbf", "\xe0\xa0",
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe",
		"\xff" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(gv_utf8_is_valid(good[i], strlen(good[i])));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(gv_utf8_is_valid(bad[i], strlen(bad[i])));
	assert_true(gv_utf8_is_valid("a\0b", 3));
}

/* Of each length, at each place: many are looked at together. */
static void
one_byte_that_is_none_is_seen_anywhere(void **state)
{
	char text[24];
	size_t len, at;

	(void)state;
	for (len = 1; len <= sizeof(text); len++)
		for (at = 0; at < len; at++) {
			memset(text, 'a', sizeof(text));
			assert_true(gv_utf8_is_valid(text, len));
			text[at] = '\xff';
			assert_false(gv_utf8_is_valid(text, len));
			text[at] = '\xc3';
			assert_false(gv_utf8_is_valid(text, len));
			text[at + 1 < len ? at + 1 : at] = '\xa4';
			assert_int_equal(
			    gv_utf8_is_valid(text, len), at + 1 < len);
		}
}

/* Wherever it stands, and whatever stands beside it. */
static void
a_run_of_ascii_ends_at_the_first_other_byte(void **state)
{
	static const char others[] = "\0\x1f\x7f\x80\xa0\xff";
	static const char beside[] = " ~a";
	char text[24];
	size_t at, i, j;

	(void)state;
	for (j = 0; j < sizeof(beside) - 1; j++) {
		memset(text, beside[j], sizeof(text));
		for (at = 0; at <= sizeof(text); at++)
			assert_int_equal(gv_utf8_ascii(text, at), at);
		for (i = 0; i < sizeof(others) - 1; i++)
			for (at = 0; at < sizeof(text); at++) {
				text[at] = others[i];
				assert_int_equal(
				    gv_utf8_ascii(text, sizeof(text)), at);
				text[at] = beside[j];
			}
	}
}

static void
every_character_reads_back(void **state)
{
	uint32_t c, got;

	(void)state;
	for (c = 0x80; c < 0x110000; c += c < 0x1000 ? 1 : 97) {
		char text[4], written[4];
		size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

		for (i = n - 1; i > 0; i--)
			text[i] =
			    (char)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3f));
		text[0] = (char)((0xf00 >> n & 0xff) | c >> (6 * (n - 1)));
		if (c >= 0xd800 && c < 0xe000) {
			assert_int_equal(gv_utf8_next(&got, text, n), 0);
			continue;
		}
		assert_int_equal(gv_utf8_next(&got, text, n), n);
		assert_int_equal(got, c);
		assert_int_equal(gv_utf8_put(written, c), n);
		assert_memory_equal(written, text, n);
	}
}

static void
what_is_no_character_is_written_as_its_replacement(void **state)
{
	static const uint32_t none[] = { 0xd800, 0xdfff, 0x110000, UINT32_MAX };
	char text[4];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(gv_utf8_put(text, none[i]), 3);
		assert_memory_equal(text, "\xef\xbf\xbd", 3);
	}
	assert_int_equal(gv_utf8_put(text, 0), 1);
	assert_int_equal(text[0], 0);
	assert_int_equal(gv_utf8_put(text, '~'), 1);
	assert_int_equal(text[0], '~');
}

static void
widths_are_those_of_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(gv_utf8_width('a'), 1);
	assert_int_equal(gv_utf8_width(0), -1);
	assert_int_equal(gv_utf8_width(0x1b), -1);
	assert_int_equal(gv_utf8_width(0x9f), -1);
	assert_int_equal(gv_utf8_width(0xad), 1);    /* soft hyphen */
	assert_int_equal(gv_utf8_width(0x301), 0);   /* combining acute */
	assert_int_equal(gv_utf8_width(0x200b), 0);  /* zero width space */
	assert_int_equal(gv_utf8_width(0x1160), 0);  /* Hangul filler */
	assert_int_equal(gv_utf8_width(0x1100), 2);  /* Hangul initial */
	assert_int_equal(gv_utf8_width(0x4e2d), 2);  /* a Han character */
	assert_int_equal(gv_utf8_width(0x1f600), 2); /* a face */
	assert_int_equal(gv_utf8_width(0xff21), 2);  /* fullwidth A */
	assert_int_equal(gv_utf8_width(0xff71), 1);  /* halfwidth kana */
	assert_int_equal(gv_utf8_columns("a\xcc\x81\xe4\xb8\xad\xff", 7), 4);
}

static void
text_is_cut_between_characters(void **state)
{
	const char *text = "e\xcc\x81\xe4\xb8\xad!"; /* 1 + 0, 2, 1 columns */

	(void)state;
	assert_int_equal(gv_utf8_fit(text, 7, 0), 0);
	assert_int_equal(gv_utf8_fit(text, 7, 1), 3);
	assert_int_equal(gv_utf8_fit(text, 7, 2), 3);
	assert_int_equal(gv_utf8_fit(text, 7, 3), 6);
	assert_int_equal(gv_utf8_fit(text, 7, 9), 7);
}

UNIT(utf8)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_text_is_told_from_other_bytes),
		cmocka_unit_test(one_byte_that_is_none_is_seen_anywhere),
		cmocka_unit_test(a_run_of_ascii_ends_at_the_first_other_byte),
		cmocka_unit_test(every_character_reads_back),
		cmocka_unit_test(
		    what_is_no_character_is_written_as_its_replacement),
		cmocka_unit_test(widths_are_those_of_a_terminal),
		cmocka_unit_test(text_is_cut_between_characters),
	};

	return UNIT_RUN(tests);
}
