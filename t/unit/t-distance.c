#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/distance.h"

static size_t
distance(const char *a, const char *b, size_t most)
{
	return gv_distance(a, strlen(a), b, strlen(b), most);
}

static void
single_edits_are_counted(void **state)
{
	(void)state;
	assert_int_equal(distance("", "", 0), 0);
	assert_int_equal(distance("abc", "", 9), 3);
	assert_int_equal(distance("", "abc", 9), 3);
	assert_int_equal(distance("list", "lsit", 9), 1);
	assert_int_equal(distance("list", "lost", 9), 1);
	assert_int_equal(distance("kitten", "sitting", 9), 3);
	assert_int_equal(distance("restore", "restor", 9), 1);
	assert_int_equal(distance("init", "inti", 1), 1);
}

static void
no_more_than_asked_for_are_counted(void **state)
{
	(void)state;
	assert_int_equal(distance("kitten", "sitting", 2), 3);
	assert_int_equal(distance("kitten", "sitting", 0), 1);
	assert_int_equal(distance("a", "a much longer word", 3), 4);
	assert_int_equal(distance("same", "same", 0), 0);
}

static void
a_long_word_is_like_no_other(void **state)
{
	char word[GV_DISTANCE_MAX + 2];

	(void)state;
	memset(word, 'x', sizeof(word));
	assert_int_equal(
	    gv_distance(word, sizeof(word), word, sizeof(word), 5), 6);
	assert_int_equal(gv_distance(word, GV_DISTANCE_MAX, word,
			     GV_DISTANCE_MAX - 1, SIZE_MAX - 1),
	    1);
}

/* The definition, by recursion. */
static size_t
slowly(const char *a, size_t n, const char *b, size_t m)
{
	size_t d, e;

	if (n == 0 || m == 0)
		return n + m;
	d = slowly(a, n - 1, b, m - 1) + (a[n - 1] != b[m - 1]);
	e = slowly(a, n - 1, b, m) + 1;
	d = e < d ? e : d;
	e = slowly(a, n, b, m - 1) + 1;
	d = e < d ? e : d;
	if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1]) {
		e = slowly(a, n - 2, b, m - 2) + 1;
		d = e < d ? e : d;
	}
	return d;
}

static void
agrees_with_the_definition(void **state)
{
	char a[6], b[6];
	unsigned i, k;

	(void)state;
	srand(1);
	for (i = 0; i < 3000; i++) {
		size_t n = (size_t)rand() % 6, m = (size_t)rand() % 6, most, d;

		for (k = 0; k < 6; k++) {
			a[k] = (char)('a' + rand() % 3);
			b[k] = (char)('a' + rand() % 3);
		}
		d = slowly(a, n, b, m);
		for (most = 0; most < 8; most++)
			assert_int_equal(gv_distance(a, n, b, m, most),
			    d > most ? most + 1 : d);
	}
}

/* Up to 64 bytes the second word is one of bits, longer ones have a table. */
static void
long_words_are_as_far_both_ways(void **state)
{
	char a[80], b[80];
	unsigned i, k;

	(void)state;
	srand(2);
	for (i = 0; i < 3000; i++) {
		const size_t n = 65 + (size_t)rand() % 8;
		const size_t m = 57 + (size_t)rand() % 8;

		memset(a, 'x', sizeof(a));
		memset(b, 'x', sizeof(b));
		for (k = 0; k < 12; k++) {
			a[(size_t)rand() % n] = (char)('a' + rand() % 3);
			b[(size_t)rand() % m] = (char)('a' + rand() % 3);
		}
		a[0] = 'a';
		b[0] = 'b';
		a[n - 1] = 'a';
		b[m - 1] = 'b';
		assert_int_equal(
		    gv_distance(a, n, b, m, 50), gv_distance(b, m, a, n, 50));
	}
}

UNIT(distance)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_edits_are_counted),
		cmocka_unit_test(no_more_than_asked_for_are_counted),
		cmocka_unit_test(a_long_word_is_like_no_other),
		cmocka_unit_test(agrees_with_the_definition),
		cmocka_unit_test(long_words_are_as_far_both_ways),
	};

	return UNIT_RUN(tests);
}
