#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/zone.h"
#include "config/policy_internal.h"

static int
parse(struct gv_policy *p, const char *text)
{
	return gv_policy_parse(p, "f", text, strlen(text));
}

static const char *
frozen_by(const struct gv_policy_texts *freeze, int64_t now)
{
	struct gv_policy_frozen f;

	return gv_policy_freeze_at(&f, freeze, now, NULL, NULL) ? f.text : NULL;
}

static bool
is_frozen(const struct gv_policy_texts *freeze, int64_t now)
{
	return frozen_by(freeze, now) != NULL;
}

/* 1970-01-01 was a Thursday. */
static void
nothing_is_changed_in_a_window(void **state)
{
	static const char *items[] = { "1970-01-10..1970-01-11",
		"fri 16:00..mon 08:00" };
	const struct gv_policy_texts days = { items, 1, 0 };
	const struct gv_policy_texts both = { items, 2, 0 };
	const int64_t day = (int64_t)24 * 60 * 60, hour = (int64_t)60 * 60;

	(void)state;
	assert_false(is_frozen(&days, 9 * day - 1));
	assert_string_equal(frozen_by(&days, 9 * day), items[0]);
	assert_true(is_frozen(&days, 11 * day - 1));
	assert_false(is_frozen(&days, 11 * day));
	assert_false(is_frozen(&both, day + 16 * hour - 1));
	assert_string_equal(frozen_by(&both, day + 16 * hour), items[1]);
	assert_true(is_frozen(&both, 4 * day + 8 * hour - 1));
	assert_false(is_frozen(&both, 4 * day + 8 * hour));
	/* the one that ends last is told */
	assert_string_equal(frozen_by(&both, 10 * day), items[1]);
}

/* The zones of the tests: Berlin as it was after 1996, and New York. */
static const struct gv_zone *
find_zone(void *ctx, const char *name)
{
	static struct gv_zone zone;

	(void)ctx;
	memset(&zone, 0, sizeof(zone));
	zone.rule = (struct gv_zone_rule){ .is_set = true,
		.has_summer = true,
		.standard = 3600,
		.summer = 7200,
		.begin = { 'M', 3, 5, 0, 2 * 3600 },
		.end = { 'M', 10, 5, 0, 3 * 3600 } };
	return strcmp(name, "Europe/Berlin") == 0 ? &zone : NULL;
}

static int64_t
utc(const char *text)
{
	int64_t t;

	assert_int_equal(gv_time_parse_rfc3339(&t, text), 0);
	return t;
}

/* Of one window: when it begins and ends around a time. */
static void
check_edges(const char *window, const char *begins, const char *ends)
{
	const struct gv_policy_texts one = { (const char *[]){ window }, 1, 0 };
	struct gv_policy_frozen f;

	assert_true(gv_policy_is_freeze(window));
	assert_false(
	    gv_policy_freeze_at(&f, &one, utc(begins) - 1, find_zone, NULL));
	assert_true(
	    gv_policy_freeze_at(&f, &one, utc(begins), find_zone, NULL));
	assert_int_equal(f.ends, utc(ends));
	assert_false(f.is_uncertain);
	assert_true(
	    gv_policy_freeze_at(&f, &one, utc(ends) - 1, find_zone, NULL));
	assert_false(gv_policy_freeze_at(&f, &one, utc(ends), find_zone, NULL));
}

/* Clocks of Berlin went forward at 2027-03-28T01:00Z, and go back at
 * 2026-10-25T01:00Z and 2027-10-31T01:00Z. */
static void
a_window_goes_by_the_clocks_of_its_zone(void **state)
{
	(void)state;
	check_edges("fri 16:00..mon 08:00 Europe/Berlin",
	    "2026-07-10T14:00:00Z", "2026-07-13T06:00:00Z");
	check_edges("fri 16:00..mon 08:00 Europe/Berlin",
	    "2026-11-27T15:00:00Z", "2026-11-30T07:00:00Z");
	/* over the weekend on which they change */
	check_edges("fri 16:00..mon 08:00 Europe/Berlin",
	    "2026-10-23T14:00:00Z", "2026-10-26T07:00:00Z");
	check_edges("fri 16:00..mon 08:00 Europe/Berlin",
	    "2027-03-26T15:00:00Z", "2027-03-29T06:00:00Z");
	check_edges("2026-12-20..2027-01-03 Europe/Berlin",
	    "2026-12-19T23:00:00Z", "2027-01-03T23:00:00Z");
	check_edges("2027-03-28..2027-03-28 Europe/Berlin",
	    "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z");
	check_edges("fri 16:00..mon 08:00 +05:30", "2026-11-27T10:30:00Z",
	    "2026-11-30T02:30:00Z");
	check_edges("fri 16:00..mon 08:00 UTC", "2026-11-27T16:00:00Z",
	    "2026-11-30T08:00:00Z");
}

/* 02:30 is there twice, from 00:30Z on and from 01:30Z on, or not at all. */
static void
an_hour_that_is_there_twice_or_never_is_frozen_in_doubt(void **state)
{
	(void)state;
	check_edges("sun 02:30..sun 12:00 Europe/Berlin",
	    "2026-10-25T00:30:00Z", "2026-10-25T11:00:00Z");
	check_edges("sat 12:00..sun 02:30 Europe/Berlin",
	    "2026-10-24T10:00:00Z", "2026-10-25T01:30:00Z");
	check_edges("sun 02:30..sun 12:00 Europe/Berlin",
	    "2027-03-28T00:30:00Z", "2027-03-28T10:00:00Z");
	check_edges("sat 12:00..sun 02:30 Europe/Berlin",
	    "2027-03-27T11:00:00Z", "2027-03-28T01:30:00Z");
}

static void
a_zone_that_nobody_knows_freezes_for_as_long_as_it_can(void **state)
{
	const struct gv_policy_texts one = {
		(const char *[]){ "2026-12-20..2026-12-20 Mars/Base" }, 1, 0
	};
	struct gv_policy_frozen f;

	(void)state;
	assert_false(gv_policy_freeze_at(
	    &f, &one, utc("2026-12-19T09:59:59Z"), find_zone, NULL));
	assert_true(gv_policy_freeze_at(
	    &f, &one, utc("2026-12-19T10:00:00Z"), find_zone, NULL));
	assert_true(f.is_uncertain);
	assert_true(gv_policy_freeze_at(
	    &f, &one, utc("2026-12-21T11:59:59Z"), NULL, NULL));
	assert_false(gv_policy_freeze_at(
	    &f, &one, utc("2026-12-21T12:00:00Z"), NULL, NULL));
}

static void
what_is_no_window_is_refused(void **state)
{
	static const char *const texts[] = { "fri 16:00..mon 08:00 ",
		"fri 16:00..mon 08:00Europe/Berlin",
		"fri 16:00..mon 08:00 ../../etc/passwd",
		"fri 16:00..mon 08:00 /etc/passwd",
		"fri 16:00..mon 08:00 Europe/", "fri 16:00..mon 08:00 +5:30",
		"fri 16:00..mon 08:00 +15:00", "fri 16:00..mon",
		"2026-12-20..2026-12-19", "2026-12-20..2026-12-2x", "..", "" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(gv_policy_is_freeze(texts[i]));
}

static void
one_that_extends_another_is_frozen_with_it(void **state)
{
	struct gv_policy_texts windows = { NULL, 0, 0 };
	struct gv_policy p;

	(void)state;
	assert_int_equal(
	    parse(&p,
		"environments:\n  prod: {freeze: sat 00:00..sun 24:00}\n"
		"  prod-eu: {extends: prod, freeze: fri 12:00..sat 00:00}\n"
		"  dev: {}\n"),
	    0);
	assert_int_equal(gv_policy_freeze_of(&windows, &p, "prod-eu"), 2);
	assert_string_equal(windows.items[1], "sat 00:00..sun 24:00");
	windows.n = 0;
	assert_int_equal(gv_policy_freeze_of(&windows, &p, "prod"), 1);
	windows.n = 0;
	assert_int_equal(gv_policy_freeze_of(&windows, &p, "dev"), 0);
	assert_int_equal(gv_policy_freeze_of(&windows, &p, "nope"), 0);
	free(windows.items);
	gv_policy_release(&p);
}

UNIT(policy_freeze)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_changed_in_a_window),
		cmocka_unit_test(a_window_goes_by_the_clocks_of_its_zone),
		cmocka_unit_test(
		    an_hour_that_is_there_twice_or_never_is_frozen_in_doubt),
		cmocka_unit_test(
		    a_zone_that_nobody_knows_freezes_for_as_long_as_it_can),
		cmocka_unit_test(what_is_no_window_is_refused),
		cmocka_unit_test(one_that_extends_another_is_frozen_with_it),
	};

	return UNIT_RUN(tests);
}
