#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "textindex/gram.h"

static bool
has(const struct gv_gram_set *set, const char *four)
{
	struct gv_grams one;
	size_t i;

	gv_gram_of_string(&one, four, strlen(four));
	assert_int_equal(one.n, 1);
	assert_int_equal(one.sets[0].n, 1);
	for (i = 0; i < set->n; i++)
		if (set->items[i] == one.sets[0].items[0])
			return true;
	return false;
}

/* How many sets an expression has, how many grams are in the one at `set`, and
 * that these are among them. */
static void
regex_has(const char *regex, size_t sets, size_t set, size_t n,
    const char *const *fours)
{
	struct gv_grams g;

	gv_gram_of_regex(&g, regex);
	if (g.n != sets)
		fail_msg("%s: %zu sets, not %zu", regex, g.n, sets);
	if (g.sets[set].n != n)
		fail_msg("%s: %zu grams, not %zu", regex, g.sets[set].n, n);
	for (; *fours; fours++)
		if (!has(&g.sets[set], *fours))
			fail_msg("%s: not %s", regex, *fours);
}

#define SET(regex, sets, set, n, ...)                                          \
	regex_has(                                                             \
	    regex, sets, set, n, (const char *const[]){ __VA_ARGS__, NULL })
#define REGEX(regex, n, ...) SET(regex, 1, 0, n, __VA_ARGS__)

static void
a_string_has_each_gram_once_and_in_either_case(void **state)
{
	struct gv_grams a, b;

	(void)state;
	gv_gram_of_string(&a, "abc", 3);
	assert_int_equal(a.n, 0);
	gv_gram_of_string(&a, "aaaaaaaa", 8);
	assert_int_equal(a.sets[0].n, 1);
	gv_gram_of_string(&a, "Open_DB", 7);
	gv_gram_of_string(&b, "oPEN_db", 7);
	assert_int_equal(a.sets[0].n, 4);
	assert_memory_equal(
	    a.sets[0].items, b.sets[0].items, sizeof(*a.sets[0].items) * 4);
	assert_true(has(&a.sets[0], "open") && has(&a.sets[0], "n_db"));
}

static void
an_expression_has_what_every_match_has(void **state)
{
	(void)state;
	REGEX("open_db", 4, "open", "n_db");
	REGEX("^ *static int +gv_", 8, "stat", "atic", "tic ", "int ");
	SET("foo\\.bar[0-9]+name", 10, 2, 6, "foo.", ".bar", "bar2", "name");
	REGEX("abcd+efgh", 2, "abcd", "efgh");
	REGEX("abcd.*efgh", 2, "abcd", "efgh");
	REGEX("abcde{0,3}fghi", 2, "abcd", "fghi");
	REGEX("abcde{2,3}fghi", 3, "abcd", "bcde", "fghi");
	REGEX("data{name", 6, "ata{", "{nam");
	REGEX("[]a-z]tail", 1, "tail");
	REGEX("[^\\]x]tail", 1, "tail");
	REGEX("[[:alpha:]\\]]tail", 1, "tail");
	REGEX("(?i)CAFE", 1, "cafe");
	REGEX("(?i:CAFE)s", 2, "cafe", "afes");
	REGEX("(?P<x>cafe)", 1, "cafe");
	REGEX("^name\\b$", 1, "name");
	REGEX("abcd(e|f|gh)*ijkl", 2, "abcd", "ijkl");
	REGEX("abcd\\sefgh", 2, "abcd", "efgh");
	REGEX("(abcd)(efgh)", 5, "abcd", "bcde", "efgh");
}

/* Each of the ways through it has grams of its own. */
static void
alternatives_have_a_set_each(void **state)
{
	(void)state;
	SET("abcd|efgh", 2, 0, 1, "abcd");
	SET("abcd|efgh", 2, 1, 1, "efgh");
	SET("open_(db|file)\\(", 2, 0, 5, "open", "n_db", "_db(");
	SET("open_(db|file)\\(", 2, 1, 7, "n_fi", "ile(");
	SET("abcd?efgh", 2, 0, 5, "abcd", "cdef");
	SET("abcd?efgh", 2, 1, 4, "abce", "efgh");
	SET("x[1-3]yz", 3, 1, 1, "x2yz");
	SET("x[aA]yz", 1, 0, 1, "xayz");
	SET("x\\dyz", 10, 9, 1, "x9yz");
	SET("(a[)]|efgh)xy", 2, 0, 1, "a)xy");
	SET("(a|b(c|d))efg", 3, 2, 2, "bdef");
	/* too many: the grams that all of them have */
	SET("name[0-9][0-9]tail", 10, 0, 3, "name", "ame0", "tail");
	SET("(a|b)(c|d)(e|f)(g|h)(i|j)(k|l)mnop", 32, 0, 3, "aceg", "mnop");
	SET("name[a-z]tail", 1, 0, 2, "name", "tail");
}

/* Where it is not sure, none: the index would leave out what matches. */
static void
what_is_not_sure_has_no_gram(void **state)
{
	static const char *const none[] = { "abcd|e", "(abcd)?", "(abcd)*",
		"\\x61bcdefgh", "\\Qabcd\\E", "\\pNabcd", "\\141bcdefg", "abc",
		"a.b.c.d.e", "[abcd]", "(abcd", "[abcd", "x\\", "", "abcd*",
		"abcd|", "abcd)", "(?x)abcd", "(?Pabcd", NULL };
	struct gv_grams g;
	size_t i;

	(void)state;
	for (i = 0; none[i]; i++) {
		gv_gram_of_regex(&g, none[i]);
		if (g.n)
			fail_msg("%s has %zu sets", none[i], g.n);
	}
}

/* Groups within groups, and as long as a pattern may be. */
static void
an_expression_may_be_long_and_deep(void **state)
{
	static char text[65537];
	struct gv_grams g;

	(void)state;
	memset(text, '(', 65536);
	gv_gram_of_regex(&g, text);
	assert_int_equal(g.n, 0);
	memset(text, 'a', 65536);
	gv_gram_of_regex(&g, text);
	assert_int_equal(g.sets[0].n, 1);
}

UNIT(gram)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_string_has_each_gram_once_and_in_either_case),
		cmocka_unit_test(an_expression_has_what_every_match_has),
		cmocka_unit_test(alternatives_have_a_set_each),
		cmocka_unit_test(what_is_not_sure_has_no_gram),
		cmocka_unit_test(an_expression_may_be_long_and_deep),
	};

	return UNIT_RUN(tests);
}
