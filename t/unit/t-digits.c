#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "crypto/digits.h"
#include "crypto/secret.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789+/";

static int
read_text(const char *text, size_t len, enum gv_digits_form form)
{
	unsigned char out[64];
	size_t n;

	return gv_digits_read(out, sizeof(out), &n, text, len, form);
}

/* At each place of four, each of 256: the alphabet's 64 and no others. */
static void
only_digits_are_digits(void **state)
{
	unsigned char out[3];
	char text[4];
	size_t n, at;
	int c;

	(void)state;
	for (at = 0; at < 4; at++)
		for (c = 0; c < 256; c++) {
			const char *is = memchr(alphabet, c, 64);
			int r;

			memset(text, 'A', 4);
			text[at] = (char)c;
			r = gv_digits_read(out, 3, &n, text, 4, GV_DIGITS_BARE);
			if (r != (is ? 0 : GV_ECORRUPT))
				fail_msg("byte %d at %zu: %d", c, at, r);
			if (is)
				assert_int_equal(
				    (out[0] << 16 | out[1] << 8 | out[2]) >>
					    (18 - 6 * at) &
					63,
				    is - alphabet);
		}
}

static void
a_text_stands_for_bytes_in_one_way(void **state)
{
	static const struct {
		const char *text;
		int bare, padded, lines;
	} all[] = { { "", 0, 0, 0 }, { "AA", 0, GV_ECORRUPT, GV_ECORRUPT },
		{ "AA==", GV_ECORRUPT, 0, 0 },
		{ "AB==", GV_ECORRUPT, GV_ECORRUPT, GV_ECORRUPT },
		{ "AB", GV_ECORRUPT, GV_ECORRUPT, GV_ECORRUPT },
		{ "AAA=", GV_ECORRUPT, 0, 0 },
		{ "AAB=", GV_ECORRUPT, GV_ECORRUPT, GV_ECORRUPT },
		{ "A", GV_ECORRUPT, GV_ECORRUPT, GV_ECORRUPT },
		{ "AA=", GV_ECORRUPT, GV_ECORRUPT, GV_ECORRUPT },
		{ "AAAA\nAAAA\r\n", GV_ECORRUPT, GV_ECORRUPT, 0 },
		{ "AAAA AAAA", GV_ECORRUPT, GV_ECORRUPT, GV_ECORRUPT },
		{ "AA==AAAA", GV_ECORRUPT, GV_ECORRUPT, GV_ECORRUPT } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		size_t len = strlen(all[i].text);

		if (read_text(all[i].text, len, GV_DIGITS_BARE) !=
			all[i].bare ||
		    read_text(all[i].text, len, GV_DIGITS_PADDED) !=
			all[i].padded ||
		    read_text(all[i].text, len, GV_DIGITS_LINES) !=
			all[i].lines)
			fail_msg("'%s'", all[i].text);
	}
}

static void
more_than_there_is_room_for_is_refused(void **state)
{
	unsigned char out[2];
	size_t n;

	(void)state;
	assert_int_equal(
	    gv_digits_read(out, 2, &n, "AAAA", 4, GV_DIGITS_BARE), GV_ECORRUPT);
	assert_int_equal(
	    gv_digits_read(out, 2, &n, "AAA", 3, GV_DIGITS_BARE), 0);
	assert_int_equal(n, 2);
	assert_int_equal(gv_digits_size(2), 3);
	assert_int_equal(gv_digits_size(0), 0);
	assert_int_equal(gv_digits_size(3), 4);
}

static void
bytes_become_the_text_that_is_read(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;
	unsigned char bytes[70], back[70];
	size_t len, n, i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 37);
	for (len = 0; len <= sizeof(bytes); len++) {
		gv_secret_reset(&s);
		assert_int_equal(gv_secret_add(&s, "x", 1), 0);
		assert_int_equal(gv_digits_add(&s, bytes, len), 0);
		assert_int_equal(s.p[0], 'x');
		assert_int_equal(
		    gv_digits_read(back, sizeof(back), &n,
			(const char *)s.p + 1, s.len - 1, GV_DIGITS_PADDED),
		    0);
		assert_int_equal(n, len);
		assert_memory_equal(back, bytes, len);
	}
	gv_secret_release(&s);
}

UNIT(digits)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_digits_are_digits),
		cmocka_unit_test(a_text_stands_for_bytes_in_one_way),
		cmocka_unit_test(more_than_there_is_room_for_is_refused),
		cmocka_unit_test(bytes_become_the_text_that_is_read),
	};

	return UNIT_RUN(tests);
}
