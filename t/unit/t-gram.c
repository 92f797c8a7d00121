#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "search/gram.h"

static bool
has(const struct gv_grams *g, const char *four)
{
	struct gv_grams one;
	size_t i;

	gv_gram_of_string(&one, four, strlen(four));
	assert_int_equal(one.n, 1);
	for (i = 0; i < g->n; i++)
		if (g->items[i] == one.items[0])
			return true;
	return false;
}

/* How many grams an expression has, and that these are among them. */
static void
regex_has(const char *regex, size_t n, const char *const *fours)
{
	struct gv_grams g;

	gv_gram_of_regex(&g, regex);
	if (g.n != n)
		fail_msg("%s: %zu grams, not %zu", regex, g.n, n);
	for (; *fours; fours++)
		if (!has(&g, *fours))
			fail_msg("%s: not %s", regex, *fours);
}

#define REGEX(regex, n, ...)                                                   \
	regex_has(regex, n, (const char *const[]){ __VA_ARGS__, NULL })

static void
a_string_has_each_gram_once_and_in_either_case(void **state)
{
	struct gv_grams a, b;

	(void)state;
	gv_gram_of_string(&a, "abc", 3);
	assert_int_equal(a.n, 0);
	gv_gram_of_string(&a, "aaaaaaaa", 8);
	assert_int_equal(a.n, 1);
	gv_gram_of_string(&a, "Open_DB", 7);
	gv_gram_of_string(&b, "oPEN_db", 7);
	assert_int_equal(a.n, 4);
	assert_memory_equal(a.items, b.items, sizeof(*a.items) * 4);
	assert_true(has(&a, "open") && has(&a, "n_db"));
}

static void
an_expression_has_what_every_match_has(void **state)
{
	(void)state;
	REGEX("open_db", 4, "open", "n_db");
	REGEX("open_(db|file)\\(", 2, "open", "pen_");
	REGEX("^ *static int +gv_", 8, "stat", "atic", "tic ", "int ");
	REGEX("foo\\.bar[0-9]+name", 5, "foo.", ".bar", "name");
	REGEX("abcd?efgh", 1, "efgh");
	REGEX("abcde?fghi", 2, "abcd", "fghi");
	REGEX("abcd+efgh", 2, "abcd", "efgh");
	REGEX("abcde{0,3}fghi", 2, "abcd", "fghi");
	REGEX("data{name", 6, "ata{", "{nam");
	REGEX("[]a-z]tail", 1, "tail");
	REGEX("[^\\]x]tail", 1, "tail");
	REGEX("[[:alpha:]\\]]tail", 1, "tail");
	REGEX("(?i)CAFE", 1, "cafe");
	REGEX("line\\bword", 2, "line", "word");
}

/* Where it is not sure, none: the index would leave out what matches. */
static void
what_is_not_sure_has_no_gram(void **state)
{
	static const char *const none[] = { "abcd|efgh", "(abcd)?", "(abcd)*",
		"\\x61bcdefgh", "\\Qabcd\\E", "\\pNabcd", "\\141bcdefg", "abc",
		"a.b.c.d.e", "[abcd]", "(abcd", "[abcd", "x\\", "", "abcd*",
		"(a[)]|efgh)x", NULL };
	struct gv_grams g;
	size_t i;

	(void)state;
	for (i = 0; none[i]; i++) {
		gv_gram_of_regex(&g, none[i]);
		if (g.n)
			fail_msg("%s has %zu grams", none[i], g.n);
	}
}

UNIT(gram)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_string_has_each_gram_once_and_in_either_case),
		cmocka_unit_test(an_expression_has_what_every_match_has),
		cmocka_unit_test(what_is_not_sure_has_no_gram),
	};

	return UNIT_RUN(tests);
}
