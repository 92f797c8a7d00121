#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/stanza.h"

static const char full[] =
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static void
reads_words_and_body(void **state)
{
	static const char text[] = "-> scrypt ab 18\nAAEC\nmore";
	unsigned char body[3], word[1];
	struct gv_stanza s;
	size_t used, n, len;
	const char *p;

	(void)state;
	assert_int_equal(gv_stanza_read(&s, &used, text, strlen(text)), 0);
	assert_int_equal(used, strlen(text) - 4);
	assert_int_equal(s.n_words, 3);
	assert_true(gv_stanza_is(&s, 0, "scrypt"));
	assert_false(gv_stanza_is(&s, 0, "scryp"));
	assert_false(gv_stanza_is(&s, 3, ""));
	p = gv_stanza_word(&s, 1, &len);
	assert_int_equal(len, 2);
	assert_memory_equal(p, "ab", 2);
	assert_null(gv_stanza_word(&s, 3, &len));
	assert_int_equal(len, 0);
	assert_int_equal(gv_stanza_number(&n, &s, 2), 0);
	assert_int_equal(n, 18);
	assert_int_equal(gv_stanza_number(&n, &s, 1), GV_ECORRUPT);
	assert_int_equal(gv_stanza_number(&n, &s, 3), GV_ECORRUPT);
	/* "ab" leaves bits over */
	assert_int_equal(gv_stanza_bytes(word, 1, &s, 1), GV_ECORRUPT);
	assert_int_equal(s.body_len, 3);
	gv_stanza_body(body, &s);
	assert_memory_equal(body, "\0\1\2", 3);
}

static void
numbers_are_written_in_one_way(void **state)
{
	static const char *const bad[] = { "01", "+1", "-1", "1x", "x1", "0x1",
		"1234567890", "" };
	char text[64];
	struct gv_stanza s;
	size_t used, n, i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]) - 1; i++) {
		snprintf(text, sizeof(text), "-> x %s\n\n", bad[i]);
		assert_int_equal(
		    gv_stanza_read(&s, &used, text, strlen(text)), 0);
		assert_int_equal(gv_stanza_number(&n, &s, 1), GV_ECORRUPT);
	}
	assert_int_equal(
	    gv_stanza_read(&s, &used, "-> 0 999999999\n\n", 16), 0);
	assert_int_equal(gv_stanza_number(&n, &s, 0), 0);
	assert_int_equal(n, 0);
	assert_int_equal(gv_stanza_number(&n, &s, 1), 0);
	assert_int_equal(n, 999999999);
}

/* Each beginning of a stanza is that, and no fault. */
static void
waits_for_the_end(void **state)
{
	char text[200];
	struct gv_stanza s;
	size_t used = 7, len, i;

	(void)state;
	snprintf(text, sizeof(text), "-> x y\n%s\n%s\nAA\n", full, full);
	len = strlen(text);
	for (i = 0; i < len; i++)
		assert_int_equal(
		    gv_stanza_read(&s, &used, text, i), GV_ENOTFOUND);
	assert_int_equal(used, 7);
	assert_int_equal(gv_stanza_read(&s, &used, text, len), 0);
	assert_int_equal(used, len);
	assert_int_equal(s.body_len, 97);
}

static void
refuses_what_is_malformed(void **state)
{
	static const char *const bad[] = { "->x\n\n", "-- x\n\n", "-> \n\n",
		"->  x\n\n", "-> x \n\n", "-> x  y\n\n", "-> x\ty\n\n",
		"-> \xc3\xa9\n\n", "-> x\r\n\n", "-> x\nAAEC=\n", "-> x\nA\n",
		"-> x\nAAE\r\n", "-> x\nAB\n", "-> x\n AA\n", "x" };
	char text[200];
	struct gv_stanza s;
	size_t used, i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (gv_stanza_read(&s, &used, bad[i], strlen(bad[i])) !=
		    GV_ECORRUPT)
			fail_msg("'%s' was read", bad[i]);
	/* a line that is too long is no line that has not ended */
	snprintf(text, sizeof(text), "-> x\n%sA", full);
	assert_int_equal(
	    gv_stanza_read(&s, &used, text, strlen(text)), GV_ECORRUPT);
}

static void
what_is_written_is_read_back(void **state)
{
	static const char *const words[] = { "type", "a", "!~" };
	unsigned char bytes[200], back[200];
	struct gv_buf text = GV_BUF_INIT;
	struct gv_secret told = GV_SECRET_INIT;
	struct gv_stanza_parts parts = { words, 3, bytes, 0 };
	struct gv_stanza s;
	size_t used, i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 41);
	for (; parts.body_len <= sizeof(bytes); parts.body_len++) {
		gv_buf_reset(&text);
		gv_secret_reset(&told);
		assert_int_equal(gv_stanza_add(&text, &parts), 0);
		assert_int_equal(gv_stanza_tell(&told, &parts), 0);
		assert_true(gv_secret_is(&told, text.p, text.len));
		assert_int_equal(
		    gv_stanza_read(&s, &used, text.p, text.len), 0);
		assert_int_equal(used, text.len);
		assert_true(gv_stanza_is(&s, 2, "!~"));
		assert_int_equal(s.body_len, parts.body_len);
		gv_stanza_body(back, &s);
		assert_memory_equal(back, bytes, s.body_len);
	}
	gv_buf_release(&text);
	gv_secret_release(&told);
}

UNIT(stanza)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_words_and_body),
		cmocka_unit_test(numbers_are_written_in_one_way),
		cmocka_unit_test(waits_for_the_end),
		cmocka_unit_test(refuses_what_is_malformed),
		cmocka_unit_test(what_is_written_is_read_back),
	};

	return UNIT_RUN(tests);
}
