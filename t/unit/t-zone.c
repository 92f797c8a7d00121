#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "base/zone.h"

static int64_t
utc(const char *text)
{
	int64_t t;

	assert_int_equal(gv_time_parse_rfc3339(&t, text), 0);
	return t;
}

static void
add_number(struct gv_buf *out, int64_t n, int bytes)
{
	while (bytes-- > 0)
		gv_buf_addch(out, (char)(n >> (bytes * 8)));
}

static void
add_head(struct gv_buf *out, int times, int types)
{
	gv_buf_addstr(out, "TZif2");
	gv_buf_add(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
	add_number(out, 0, 4);
	add_number(out, 0, 4);
	add_number(out, 0, 4);
	add_number(out, times, 4);
	add_number(out, types, 4);
	add_number(out, 4, 4);
}

/* A file with one change, from an hour to two east, and a rule. */
static void
make(struct gv_buf *out, int64_t change, const char *rule)
{
	gv_buf_reset(out);
	add_head(out, 0, 1);
	add_number(out, 0, 6);
	gv_buf_add(out, "LMT", 4);
	add_head(out, 1, 2);
	add_number(out, change, 8);
	add_number(out, 1, 1);
	add_number(out, 3600, 4);
	add_number(out, 0, 2);
	add_number(out, 7200, 4);
	add_number(out, 0, 2);
	gv_buf_add(out, "LMT", 4);
	gv_buf_addf(out, "\n%s\n", rule);
	assert_int_equal(gv_buf_check(out), 0);
}

static void
read_rule(struct gv_zone *out, const char *rule)
{
	struct gv_buf text = GV_BUF_INIT;

	make(&text, INT64_MIN / 2, rule);
	assert_int_equal(gv_zone_read(out, text.p, text.len), 0);
	gv_buf_release(&text);
}

static void
check_edge(
    const struct gv_zone *zone, const char *when, int32_t before, int32_t after)
{
	assert_int_equal(gv_zone_offset(zone, utc(when) - 1), before);
	assert_int_equal(gv_zone_offset(zone, utc(when)), after);
}

static void
clocks_change_as_the_rule_says(void **state)
{
	struct gv_zone z;

	(void)state;
	read_rule(&z, "CET-1CEST,M3.5.0,M10.5.0/3");
	check_edge(&z, "2026-03-29T01:00:00Z", 3600, 7200);
	check_edge(&z, "2026-10-25T01:00:00Z", 7200, 3600);
	check_edge(&z, "2037-03-29T01:00:00Z", 3600, 7200);
	check_edge(&z, "2100-03-28T01:00:00Z", 3600, 7200);
	read_rule(&z, "EST5EDT,M3.2.0,M11.1.0");
	check_edge(&z, "2026-03-08T07:00:00Z", -18000, -14400);
	check_edge(&z, "2026-11-01T06:00:00Z", -14400, -18000);
	/* south of the equator summer is over the end of the year */
	read_rule(&z, "AEST-10AEDT,M10.1.0,M4.1.0/3");
	check_edge(&z, "2026-04-04T16:00:00Z", 39600, 36000);
	check_edge(&z, "2026-10-03T16:00:00Z", 36000, 39600);
	assert_int_equal(
	    gv_zone_offset(&z, utc("2027-01-01T00:00:00Z")), 39600);
	/* names in signs, a summer that is behind, days by number */
	read_rule(&z, "<+0330>-3:30<+0430>,J79/24,J263/24");
	check_edge(&z, "2024-03-20T20:30:00Z", 12600, 16200);
	check_edge(&z, "2025-03-20T20:30:00Z", 12600, 16200);
	read_rule(&z, "IST-1GMT0,M10.5.0,M3.5.0/1");
	check_edge(&z, "2026-10-25T01:00:00Z", 3600, 0);
	read_rule(&z, "A0B,59,60/0");
	check_edge(&z, "2024-02-29T02:00:00Z", 0, 3600);
	check_edge(&z, "2025-03-01T02:00:00Z", 0, 3600);
	read_rule(&z, "<+05>-5");
	assert_int_equal(gv_zone_offset(&z, 0), 18000);
}

static void
changes_that_are_listed_come_first(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_zone z;

	(void)state;
	make(&text, utc("2000-01-01T00:00:00Z"), "");
	assert_int_equal(gv_zone_read(&z, text.p, text.len), 0);
	check_edge(&z, "2000-01-01T00:00:00Z", 3600, 7200);
	assert_int_equal(gv_zone_offset(&z, utc("2090-07-01T00:00:00Z")), 7200);
	make(&text, utc("2000-01-01T00:00:00Z"), "X-3");
	assert_int_equal(gv_zone_read(&z, text.p, text.len), 0);
	check_edge(&z, "2000-01-01T00:00:00Z", 3600, 10800);
	gv_buf_release(&text);
}

static void
a_local_time_has_a_first_and_a_last(void **state)
{
	static const struct {
		const char *local, *first, *last;
	} rows[] = {
		{ "2026-07-01T12:00:00Z", "2026-07-01T10:00:00Z",
		    "2026-07-01T10:00:00Z" },
		{ "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z",
		    "2026-10-25T01:30:00Z" },
		{ "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z",
		    "2026-10-25T02:00:00Z" },
		{ "2026-03-29T02:30:00Z", "2026-03-29T00:30:00Z",
		    "2026-03-29T01:30:00Z" },
		{ "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z",
		    "2026-03-29T00:59:59Z" },
	};
	struct gv_zone z;
	int64_t first, last;
	size_t i;

	(void)state;
	read_rule(&z, "CET-1CEST,M3.5.0,M10.5.0/3");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		gv_zone_to_utc(&first, &last, &z, utc(rows[i].local));
		assert_int_equal(first, utc(rows[i].first));
		assert_int_equal(last, utc(rows[i].last));
	}
	gv_zone_fixed(&z, -3600);
	gv_zone_to_utc(&first, &last, &z, 0);
	assert_int_equal(first, 3600);
	assert_int_equal(last, 3600);
}

static void
what_is_no_file_of_a_zone_is_refused(void **state)
{
	static const char *const rules[] = { "CET", "CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0 ",
		"CET-99", "<X-1", "CET-1CEST,M3.0.0,M10.5.0", "A0B,J0,J1" };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_zone z;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		make(&text, 0, rules[i]);
		assert_int_equal(
		    gv_zone_read(&z, text.p, text.len), GV_EREFUSED);
	}
	make(&text, 0, "X-3");
	/* cut anywhere */
	for (i = 0; i < text.len; i++)
		assert_int_equal(gv_zone_read(&z, text.p, i), GV_EREFUSED);
	/* counts that are more than there is */
	for (i = 20; i < 44; i++) {
		text.p[i] = (char)0xff;
		assert_int_equal(
		    gv_zone_read(&z, text.p, text.len), GV_EREFUSED);
		make(&text, 0, "X-3");
	}
	gv_buf_release(&text);
}

static void
names_lead_nowhere_else(void **state)
{
	(void)state;
	assert_true(gv_zone_is_name("Europe/Berlin"));
	assert_true(gv_zone_is_name("Etc/GMT+5"));
	assert_false(gv_zone_is_name("../passwd"));
	assert_false(gv_zone_is_name("/etc/passwd"));
	assert_false(gv_zone_is_name("Europe/"));
	assert_false(gv_zone_is_name("Europe/../x"));
	assert_false(gv_zone_is_name(""));
}

UNIT(zone)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_change_as_the_rule_says),
		cmocka_unit_test(changes_that_are_listed_come_first),
		cmocka_unit_test(a_local_time_has_a_first_and_a_last),
		cmocka_unit_test(what_is_no_file_of_a_zone_is_refused),
		cmocka_unit_test(names_lead_nowhere_else),
	};

	return UNIT_RUN(tests);
}
