/* lib/compress/quick: what it packs, zlib opens; what is not for it, it leaves.
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "compress/quick.h"

static uint64_t seed;

static unsigned
next(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

/* Exactly that much room on both sides, for the sanitizers; what it became. */
static size_t
check_opens(struct gv_quick *q, enum gv_quick_kind kind,
    const unsigned char *data, size_t len)
{
	const size_t cap = 2 * len + 128;
	unsigned char *from = malloc(len ? len : 1), *out = malloc(cap);
	unsigned char *back = malloc(len ? len : 1);
	uLongf got = len ? len : 1;
	size_t n;

	assert_non_null(from);
	assert_non_null(out);
	assert_non_null(back);
	if (len)
		memcpy(from, data, len);
	n = gv_quick_run(q, kind, out, cap, from, len);
	assert_in_range(n, 1, cap);
	assert_int_equal(uncompress(back, &got, out, n), Z_OK);
	assert_int_equal(got, len);
	assert_memory_equal(back, data, len);
	free(from);
	free(out);
	free(back);
	return n;
}

/* Words that come again, so that there are matches of all lengths. */
static void
make_text(unsigned char *p, size_t len, unsigned words)
{
	unsigned char dictionary[64][300];
	size_t at = 0, i, n;
	unsigned w;

	for (w = 0; w < words; w++)
		for (i = 0; i < sizeof(dictionary[w]); i++)
			dictionary[w][i] = (unsigned char)(' ' + next(95));
	while (at < len) {
		w = next(words);
		n = 1 + next(next(8) ? 12 : sizeof(dictionary[w]));
		n = n < len - at ? n : len - at;
		memcpy(p + at, dictionary[w], n);
		at += n;
	}
}

static void
test_texts_are_opened(void **state)
{
	struct gv_quick *q = gv_quick_new();
	unsigned char *p = malloc(GV_QUICK_MAX);
	unsigned i;

	(void)state;
	assert_non_null(q);
	assert_non_null(p);
	for (seed = i = 0; i < 600; i++) {
		size_t len = i < 300 ? i : next(GV_QUICK_MAX + 1);

		make_text(p, len, 1 + next(64));
		check_opens(q, GV_QUICK_TEXT, p, len);
		check_opens(q, GV_QUICK_TREE, p, len);
	}
	make_text(p, GV_QUICK_MAX, 1);
	assert_in_range(
	    check_opens(q, GV_QUICK_TEXT, p, GV_QUICK_MAX), 1, 30000);
	memset(p, ' ', GV_QUICK_MAX);
	assert_in_range(
	    check_opens(q, GV_QUICK_TEXT, p, GV_QUICK_MAX), 1, 1000);
	free(p);
	gv_quick_free(q);
}

static void
test_a_match_is_at_most_so_far_away(void **state)
{
	struct gv_quick *q = gv_quick_new();
	unsigned char *p = malloc(GV_QUICK_MAX);
	size_t far;

	(void)state;
	assert_non_null(q);
	assert_non_null(p);
	for (far = 32760; far < 32776; far++) {
		memset(p, 0, GV_QUICK_MAX);
		memcpy(p, "abcdefghij", 10);
		memcpy(p + far, "abcdefghij", 10);
		check_opens(q, GV_QUICK_TREE, p, far + 20);
	}
	free(p);
	gv_quick_free(q);
}

static void
test_any_bytes_can_be_in_a_tree(void **state)
{
	struct gv_quick *q = gv_quick_new();
	unsigned char p[4096];
	size_t i, len;

	(void)state;
	assert_non_null(q);
	for (seed = 1, len = 0; len < sizeof(p); len += 1 + len / 7) {
		for (i = 0; i < len; i++)
			p[i] = (unsigned char)next(256);
		check_opens(q, GV_QUICK_TREE, p, len);
	}
	for (i = 0; i < 256; i++) {
		memset(p, (int)i, 40);
		check_opens(q, GV_QUICK_TREE, p, 40);
	}
	gv_quick_free(q);
}

static void
test_what_is_no_short_text_is_left(void **state)
{
	static const unsigned char odd[] = { 0, 7, 11, 12, 31, 127, 128, 255 };
	struct gv_quick *q = gv_quick_new();
	const size_t size = GV_QUICK_MAX + 1, cap = 2 * size;
	unsigned char *p = malloc(size), *out = malloc(cap);
	size_t i;

	(void)state;
	assert_non_null(q);
	assert_non_null(p);
	assert_non_null(out);
	make_text(p, size, 8);
	assert_int_equal(gv_quick_run(q, GV_QUICK_TEXT, out, cap, p, size), 0);
	for (i = 0; i < sizeof(odd); i++) {
		make_text(p, 300, 8);
		p[i * 300 / sizeof(odd)] = odd[i];
		assert_int_equal(
		    gv_quick_run(q, GV_QUICK_TEXT, out, cap, p, 300), 0);
		make_text(p, 300, 8);
		p[299] = odd[i];
		assert_int_equal(
		    gv_quick_run(q, GV_QUICK_TEXT, out, cap, p, 300), 0);
	}
	free(p);
	free(out);
	gv_quick_free(q);
}

static void
test_it_stays_in_its_room(void **state)
{
	struct gv_quick *q = gv_quick_new();
	unsigned char p[2000], *out;
	size_t cap, n = 0, whole;

	(void)state;
	assert_non_null(q);
	seed = 2;
	make_text(p, sizeof(p), 40);
	whole = check_opens(q, GV_QUICK_TEXT, p, sizeof(p));
	for (cap = 0; cap < whole + 40; cap++) {
		out = malloc(cap ? cap : 1);
		assert_non_null(out);
		n = gv_quick_run(q, GV_QUICK_TEXT, out, cap, p, sizeof(p));
		assert_true(n == 0 || n == whole);
		free(out);
	}
	assert_int_equal(n, whole);
	gv_quick_free(q);
}

UNIT(quick)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_are_opened),
		cmocka_unit_test(test_a_match_is_at_most_so_far_away),
		cmocka_unit_test(test_any_bytes_can_be_in_a_tree),
		cmocka_unit_test(test_what_is_no_short_text_is_left),
		cmocka_unit_test(test_it_stays_in_its_room),
	};

	return UNIT_RUN(tests);
}
