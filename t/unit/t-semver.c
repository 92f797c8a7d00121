#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/semver.h"

static struct gv_semver
version(const char *text)
{
	struct gv_semver v;

	if (!gv_semver_read(&v, text, strlen(text)))
		fail_msg("%s is no version", text);
	return v;
}

static void
versions_are_read_and_other_texts_are_not(void **state)
{
	static const char *const good[] = { "1", "1.2", "v1.2.3", "V2",
		"1.2.3-rc.1", "1.2.3+build.5", "1.2.3-a-b+c", "2024.01.1",
		"999999999999999999.0.0" };
	static const char *const bad[] = { "", "v", "1.", ".1", "1..2",
		"1.2.3.4", "latest", "1.2.3-", "1.2.3-a..b", "1.2.3-.a",
		"1.2.3+", "1.2.3-a.", "1.2 ", "1.2.3-a_b",
		"9999999999999999999", "-1" };
	struct gv_semver v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(gv_semver_read(&v, good[i], strlen(good[i])));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (gv_semver_read(&v, bad[i], strlen(bad[i])))
			fail_msg("'%s' is read as a version", bad[i]);
}

/* The order of semver.org, 11. */
static void
versions_have_the_order_of_the_specification(void **state)
{
	static const char *const order[] = { "0.9", "1.0.0-0", "1.0.0-2",
		"1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
		"1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
		"1.0.0", "1.0.1", "1.2", "1.10", "2", "10.0.0" };
	const size_t n = sizeof(order) / sizeof(order[0]);
	size_t i, k;

	(void)state;
	for (i = 0; i < n; i++)
		for (k = 0; k < n; k++) {
			const struct gv_semver a = version(order[i]);
			const struct gv_semver b = version(order[k]);
			const int is = gv_semver_compare(&a, &b);

			if (i == k ? is != 0 : (i < k) != (is < 0))
				fail_msg(
				    "%s and %s: %d", order[i], order[k], is);
		}
	{
		const struct gv_semver a = version("1.0"),
				       b = version("1.0.0+x");

		assert_int_equal(gv_semver_compare(&a, &b), 0);
	}
}

static void
a_range_has_the_versions_that_it_says(void **state)
{
	static const struct {
		const char *range, *in, *out;
	} cases[] = {
		{ ">=2.3", "2.3 2.3.0 2.10 3.0.0-rc1 10", "2.2.9 1 0" },
		{ ">2.3", "2.4 3", "2.3 2.3.9 2" },
		{ ">2.3.1", "2.3.2 2.4", "2.3.1 2.3.0" },
		{ "<3", "2.9.9 0.1", "3 3.0.0 3.0.0-rc1 4" },
		{ "<=2.3", "2.3 2.3.9 1", "2.4 3" },
		{ "<=2.3.4", "2.3.4 2.3.4-rc1", "2.3.5" },
		{ "=2.3", "2.3 2.3.7", "2.4 2.2" },
		{ "2.3.4", "2.3.4 2.3.4-rc.1", "2.3.5 2.3.3" },
		{ "2.3.4-rc.1", "2.3.4-rc.1", "2.3.4 2.3.4-rc.2 2.3.4-beta" },
		{ ">=3.0.0-rc.2", "3.0.0-rc.2 3.0.0-rc.10 3.0.0",
		    "3.0.0-rc.1 3.0.0-beta 2.9" },
		{ ">3.0.0-rc.2", "3.0.0-rc.3 3.0.0", "3.0.0-rc.2" },
		{ "<3.0.0-rc.2", "3.0.0-rc.1 2", "3.0.0-rc.2 3.0.0" },
		{ "<=3.0.0-rc.2", "3.0.0-rc.2 2", "3.0.0-rc.3 3.0.0" },
		{ "^1.2", "1.2 1.9.9", "1.1 2 2.0.0-rc1" },
		{ "^0.2.3", "0.2.3 0.2.9", "0.3 0.2.2 1" },
		{ "^0.0.3", "0.0.3", "0.0.4 0.0.2" },
		{ "^0", "0 0.9", "1" },
		{ "^0.0", "0.0.7", "0.1" },
		{ "~1.2.3", "1.2.3 1.2.9", "1.3 1.2.2" },
		{ "~1.2", "1.2 1.2.9", "1.3" },
		{ "~1", "1.0 1.9", "2" },
		{ "1.x", "1.0 1.9", "2 0.9" },
		{ "1.2.*", "1.2 1.2.7", "1.3" },
		{ "1.x.x", "1.0 1.9", "2 0.9" },
		{ "*", "0 99.1", "" },
		{ ">=2.3 <3", "2.3 2.9", "2.2 3" },
		{ ">= 2.3, < 3", "2.3 2.9", "2.2 3" },
		{ "<1.5 || >=2.3 <3||^4.1", "1.4 2.5 4.2 0",
		    "1.5 2.2 3 4.0 5" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char words[2][100], *word, *rest;
		int k;

		snprintf(words[0], sizeof(words[0]), "%s", cases[i].in);
		snprintf(words[1], sizeof(words[1]), "%s", cases[i].out);
		assert_true(gv_semver_is_range(cases[i].range));
		for (k = 0; k < 2; k++)
			for (word = strtok_r(words[k], " ", &rest); word;
			     word = strtok_r(NULL, " ", &rest)) {
				const struct gv_semver v = version(word);

				if (gv_semver_fits(cases[i].range, &v) !=
				    (k == 0))
					fail_msg(
					    "%s and %s", cases[i].range, word);
			}
	}
}

static void
what_is_no_range_fits_nothing(void **state)
{
	static const char *const bad[] = { "", " ", "||", ">=2 ||", "|| 2",
		"x.1", "=>2", ">>2", "^^1", ">=", "newest", "1.2.3.4",
		"1.2 - 2.0", "v", ">=1.x", "1.2.3.x", "<1-rc", "!=2", "1x",
		"==2" };
	const struct gv_semver v = version("2.0.0");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (gv_semver_is_range(bad[i]))
			fail_msg("'%s' is taken for a range", bad[i]);
		assert_false(gv_semver_fits(bad[i], &v));
		assert_false(gv_semver_is_below(bad[i], &v));
	}
}

static void
a_version_comes_before_all_of_a_range_or_not(void **state)
{
	static const struct {
		const char *range, *version;
		bool is;
	} cases[] = {
		{ ">=3", "2.9", true },
		{ ">=3", "3.0.0-rc1", false },
		{ ">=3 <4", "5", false },
		{ ">=3 <4", "2", true },
		{ "<4", "2", false },
		{ ">=3 || >=5", "2", true },
		{ ">=3 || >=1", "2", false },
		{ ">=3 || <1", "2", false },
		{ "^2.3", "2.2", true },
		{ "2.3", "2.4", false },
		{ "*", "0", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct gv_semver v = version(cases[i].version);

		if (gv_semver_is_below(cases[i].range, &v) != cases[i].is)
			fail_msg("%s and %s", cases[i].range, cases[i].version);
	}
}

UNIT(semver)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_read_and_other_texts_are_not),
		cmocka_unit_test(versions_have_the_order_of_the_specification),
		cmocka_unit_test(a_range_has_the_versions_that_it_says),
		cmocka_unit_test(what_is_no_range_fits_nothing),
		cmocka_unit_test(a_version_comes_before_all_of_a_range_or_not),
	};

	return UNIT_RUN(tests);
}
