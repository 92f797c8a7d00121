#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/time.h"

static void
agrees_with_the_system_over_ten_thousand_years(void **state)
{
	char ours[GV_TIME_MAX], theirs[GV_TIME_MAX];
	int compared = 0;
	int64_t t, back;

	(void)state;
	for (t = -62135596800; t < 253402300800; t += 86400LL * 97 + 12345) {
		time_t when = (time_t)t;
		struct tm tm;

		/* some systems know 1970 to 2038, or to 3000, alone */
		if ((int64_t)when != t || gmtime_r(&when, &tm) == NULL)
			continue;
		compared++;
		snprintf(theirs, sizeof(theirs), "%04d%02d%02dT%02d%02d%02dZ",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		    tm.tm_min, tm.tm_sec);
		gv_time_compact(ours, t);
		assert_string_equal(ours, theirs);
		assert_int_equal(gv_time_parse_compact(&back, ours), 0);
		assert_true(back == t);
	}
	assert_true(compared > 200);
}

static void
writes_the_common_form(void **state)
{
	char text[GV_TIME_MAX];

	(void)state;
	gv_time_rfc3339(text, 0);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	gv_time_rfc3339(text, -1);
	assert_string_equal(text, "1969-12-31T23:59:59Z");
	gv_time_rfc3339(text, 951782400);
	assert_string_equal(text, "2000-02-29T00:00:00Z");
	gv_time_rfc3339(text, 1795158764);
	assert_string_equal(text, "2026-11-20T07:12:44Z");
}

static void
any_number_is_written_without_overrun(void **state)
{
	char text[GV_TIME_MAX];

	(void)state;
	gv_time_rfc3339(text, INT64_MAX);
	gv_time_rfc3339(text, INT64_MIN);
	gv_time_relative(text, INT64_MIN, INT64_MAX);
	gv_time_relative(text, 0, INT64_MAX);
	assert_non_null(strstr(text, "years ago"));
	gv_time_relative(text, INT64_MAX, INT64_MIN);
	assert_string_equal(text, "in the future");
}

static void
refuses_what_is_no_time(void **state)
{
	static const char *const bad[] = { "", "2026", "20261120T071244",
		"20261120T071244X", "20261120 071244Z", "20261320T071244Z",
		"20260020T071244Z", "20261100T071244Z", "20260231T071244Z",
		"20250229T071244Z", "20261132T071244Z", "20261120T241244Z",
		"20261120T076044Z", "20261120T071260Z", "2026112aT071244Z",
		"-0261120T071244Z" };
	int64_t t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (gv_time_parse_compact(&t, bad[i]) != GV_ERROR)
			fail_msg("'%s' is taken for a time", bad[i]);
	assert_int_equal(gv_time_parse_compact(&t, "20240229T235959Z-…"), 0);
	assert_true(t == 1709251199);
}

static void
reads_the_common_form_with_any_offset(void **state)
{
	static const char *const same[] = { "2026-11-20T07:12:44Z",
		"2026-11-20t07:12:44z", "2026-11-20T07:12:44.5Z",
		"2026-11-20T07:12:44.123456789Z", "2026-11-20T08:12:44+01:00",
		"2026-11-20T01:42:44-05:30", "2026-11-20T07:12:44.0+00:00",
		"2026-11-20T07:12:44-00:00", "2026-11-21T07:11:44+23:59" };
	static const char *const bad[] = { "", "2026", "2026-11-20",
		"2026-11-20T07:12:44", "2026-11-20T07:12:44.", "2026-11-20 07",
		"2026-11-20T07:12:44.Z", "2026-11-20T07:12:44ZZ",
		"2026-11-20T07:12:44+", "2026-11-20T07:12:44+1",
		"2026-11-20T07:12:44+01",
		"2026-11-20T07:12:44+01:", "2026-11-20T07:12:44+01:0",
		"2026-11-20T07:12:44+24:00", "2026-11-20T07:12:44+01:60",
		"2026-11-20T07:12:44+01:000", "2026-02-30T07:12:44Z",
		"2026-13-20T07:12:44Z", "2026-11-20T24:12:44Z",
		"2026/11/20T07:12:44Z", "2026-11-20T07-12-44Z",
		"-026-11-20T07:12:44Z", " 2026-11-20T07:12:44Z",
		"2026-11-20T07:12:44 Z" };
	int64_t t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		t = 0;
		if (gv_time_parse_rfc3339(&t, same[i]) < 0 || t != 1795158764)
			fail_msg("'%s' is %lld", same[i], (long long)t);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (gv_time_parse_rfc3339(&t, bad[i]) != GV_ERROR)
			fail_msg("'%s' is taken for a time", bad[i]);
}

static void
says_how_long_ago(void **state)
{
	static const struct {
		int64_t age;
		const char *words;
	} all[] = { { -1, "in the future" }, { 0, "0 seconds ago" },
		{ 1, "1 second ago" }, { 89, "89 seconds ago" },
		{ 90, "2 minutes ago" }, { 3 * 3600 + 100, "3 hours ago" },
		{ 86400 * 3, "3 days ago" }, { 86400 * 20, "3 weeks ago" },
		{ 86400 * 100, "3 months ago" },
		{ 86400 * 365 * 3, "3 years ago" } };
	char text[GV_TIME_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		gv_time_relative(text, 1000000000 - all[i].age, 1000000000);
		assert_string_equal(text, all[i].words);
	}
}

static void
reads_lengths_of_time(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* 0: is none */
	} cases[] = { { "1", 1 }, { "90", 90 }, { "90s", 90 }, { "10m", 600 },
		{ "2h", 7200 }, { "1d", 86400 }, { "1w", 604800 },
		{ "1h30m", 5400 }, { "1h30", 3630 }, { "0h1s", 1 }, { "", 0 },
		{ "0", 0 }, { "0s", 0 }, { "s", 0 }, { "-1", 0 }, { "+1", 0 },
		{ " 1", 0 }, { "1 ", 0 }, { "1x", 0 }, { "1hx", 0 },
		{ "99999999999999999999", 0 }, { "99999999999w", 0 },
		{ "101w99999999999", 0 } };
	int64_t got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		got = -7;
		assert_int_equal(gv_time_parse_span(&got, cases[i].text),
		    cases[i].seconds ? 0 : GV_ERROR);
		assert_true(got == (cases[i].seconds ? cases[i].seconds : -7));
	}
}

UNIT(time)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    agrees_with_the_system_over_ten_thousand_years),
		cmocka_unit_test(writes_the_common_form),
		cmocka_unit_test(any_number_is_written_without_overrun),
		cmocka_unit_test(refuses_what_is_no_time),
		cmocka_unit_test(reads_the_common_form_with_any_offset),
		cmocka_unit_test(says_how_long_ago),
		cmocka_unit_test(reads_lengths_of_time),
	};

	return UNIT_RUN(tests);
}
