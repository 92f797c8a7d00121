#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "seal/needle.h"

struct spots {
	size_t at[16], len[16], n;
};

static int
note(void *ctx, size_t at, size_t len, size_t tag)
{
	struct spots *s = ctx;

	(void)tag;
	if (s->n < 16) {
		s->at[s->n] = at;
		s->len[s->n] = len;
	}
	s->n++;
	return 0;
}

static struct spots
find(const char *value, const void *text, size_t len)
{
	struct gv_needles *n;
	struct spots s = { .n = 0 };

	assert_int_equal(gv_needles_new(&n), 0);
	assert_int_equal(gv_needles_add(n, value, strlen(value), 0), 0);
	assert_int_equal(gv_needles_find(n, text, len, note, &s), 0);
	gv_needles_free(n);
	return s;
}

/* Once, and there. */
static void
stands(const char *value, const char *text, size_t at, size_t len)
{
	struct spots s = find(value, text, strlen(text));

	if (s.n != 1 || s.at[0] != at || s.len[0] != len)
		fail_msg(
		    "%s: %zu, at %zu, %zu bytes", text, s.n, s.at[0], s.len[0]);
}

static void
a_value_is_found_as_it_is(void **state)
{
	struct spots s;

	(void)state;
	stands("hunter2-hunter2", "a=hunter2-hunter2\n", 2, 15);
	stands("hunter2-hunter2", "hunter2-hunter2", 0, 15);
	s = find("hunter2-hunter2", "hunter2-hunter", 14);
	assert_int_equal(s.n, 0);
	s = find("abcdefgh", "abcdefghabcdefgh", 16);
	assert_int_equal(s.n, 2);
	s = find("aaaaaaaa", "aaaaaaaaa", 9);
	assert_int_equal(s.n, 2);
}

static void
a_value_is_found_in_other_forms(void **state)
{
	static const unsigned char wide[] = "\0h\0u\0n\0t\0e\0r\0002\0-";
	struct spots s;

	(void)state;
	/* base64 of it, and behind one and two other bytes */
	stands("hunter2-hunter2", "x: aHVudGVyMi1odW50ZXIy\n", 3, 20);
	stands("hunter2-hunter2", "x: Omh1bnRlcjItaHVudGVyMjo=\n", 4, 21);
	stands("hunter2-hunter2", "x: YTpodW50ZXIyLWh1bnRlcjI=\n", 5, 21);
	stands("hunter2?hunter2~~", "q=hunter2%3Fhunter2~~&", 2, 19);
	stands("hunter2?hunter2~~", "q=hunter2%3fhunter2~~&", 2, 19);
	stands("hunter2\"hunter2", "\"hunter2\\\"hunter2\"", 1, 16);
	stands("a/b/c/d/e", "\"a\\/b\\/c\\/d\\/e\"", 1, 13);
	stands("hunter2-", "68756e746572322d", 0, 16);
	stands("hunter2-", "68756E746572322D", 0, 16);
	s = find("hunter2-", wide, sizeof(wide) - 1);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.at[0], 0);
	assert_int_equal(s.len[0], 16);
}

static void
short_ones_are_refused(void **state)
{
	struct gv_needles *n;

	(void)state;
	assert_int_equal(gv_needles_new(&n), 0);
	assert_int_equal(gv_needles_add(n, "hunter2", 7, 0), GV_EREFUSED);
	assert_message("too short");
	assert_null(strstr(gv_err_message(), "hunter2"));
	gv_needles_free(n);
}

/* Whatever the bytes, base64 of them at any place is found whole. */
static void
base64_is_found_at_every_place(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char all[64];
	char text[128];
	unsigned shift, len, i, seed = 7;

	(void)state;
	for (len = 9; len < 24; len++)
		for (shift = 0; shift < 9; shift++) {
			struct gv_needles *n;
			struct spots s = { .n = 0 };
			size_t k = 0;

			for (i = 0; i < sizeof(all); i++)
				all[i] =
				    (unsigned char)((seed = seed * 1103515245u +
							    12345u) >>
					16);
			for (i = 0; i + 2 < 60; i += 3) {
				unsigned v = (unsigned)all[i] << 16 |
				    (unsigned)all[i + 1] << 8 | all[i + 2];

				text[k++] = digits[v >> 18];
				text[k++] = digits[v >> 12 & 63];
				text[k++] = digits[v >> 6 & 63];
				text[k++] = digits[v & 63];
			}
			assert_int_equal(gv_needles_new(&n), 0);
			assert_int_equal(
			    gv_needles_add(n, all + shift, len, 0), 0);
			assert_int_equal(
			    gv_needles_find(n, text, k, note, &s), 0);
			assert_int_equal(s.n, 1);
			assert_true(s.at[0] * 6 <= shift * 8);
			assert_true(
			    (s.at[0] + s.len[0]) * 6 >= (shift + len) * 8);
			gv_needles_free(n);
		}
}

UNIT(needle)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_found_as_it_is),
		cmocka_unit_test(a_value_is_found_in_other_forms),
		cmocka_unit_test(short_ones_are_refused),
		cmocka_unit_test(base64_is_found_at_every_place),
	};

	return UNIT_RUN(tests);
}
