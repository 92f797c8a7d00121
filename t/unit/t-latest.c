#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/latest.h"
#include "record/own.h"
#include "record/record.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void
assert_query(const char *text, enum gv_latest_of of, const char *name,
    unsigned long back)
{
	struct gv_latest_query q;

	assert_int_equal(gv_latest_parse(&q, text), 1);
	assert_int_equal(q.of, of);
	assert_int_equal(q.back, back);
	if (name)
		assert_string_equal(q.name, name);
	else
		assert_null(q.name);
	gv_latest_query_release(&q);
}

static void
reads_each_form(void **state)
{
	(void)state;
	assert_query("latest", GV_LATEST_TREE, NULL, 0);
	assert_query("latest~", GV_LATEST_TREE, NULL, 1);
	assert_query("latest~12", GV_LATEST_TREE, NULL, 12);
	assert_query("latest@a/b", GV_LATEST_BRANCH, "a/b", 0);
	assert_query("latest@refs/heads/main~2", GV_LATEST_BRANCH, "main", 2);
	assert_query("any:latest~1", GV_LATEST_ANY, NULL, 1);
	assert_query("host:laptop-b~3", GV_LATEST_HOST, "laptop-b", 3);
	assert_query("safety", GV_LATEST_SAFETY, NULL, 0);
	assert_query("safety~1", GV_LATEST_SAFETY, NULL, 1);
}

static void
leaves_what_is_of_no_form(void **state)
{
	static const char *const others[] = { "", "late", "latest-1", "latestx",
		"latest~x", "latest~1~2", "latest~12345678901", "latest@",
		"latest@{1}", "latest@main~x", "host:", "host:~1", "hosts:a",
		"any:late", "safetyx", "safety-net", "refs/latest" };
	struct gv_latest_query q;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(gv_latest_parse(&q, others[i]), 0);
		gv_latest_query_release(&q);
	}
}

/* The rank of a snapshot of commit A or B; A is our own. */
static enum gv_latest_rank
rank(const char *text, const char *view_branch, const char *commit,
    const char *branch, const char *trigger, const char *only)
{
	static const char list[] = "20261120T071244Z-0123abcd " A " main\n";
	struct gv_record rec = { .branch = (char *)branch,
		.trigger = (char *)trigger,
		.only = (char *)only,
		.host = (char *)"laptop-b" };
	struct gv_own own;
	struct gv_latest_view view = { .branch = view_branch,
		.merged = GV_MAP_INIT };
	struct gv_latest_query q;
	struct gv_oid base;
	enum gv_latest_rank r;

	assert_int_equal(gv_own_parse(&own, list, sizeof(list) - 1), 0);
	strcpy(own.tree, "main");
	view.own = &own;
	assert_int_equal(gv_oid_parse(&rec.commit, commit), 0);
	assert_int_equal(gv_oid_parse(&rec.base, A), 0);
	base = rec.base;
	assert_int_equal(
	    gv_map_put(&view.merged, base.id, GV_OID_RAW, &base), 0);
	assert_int_equal(gv_latest_parse(&q, text), 1);
	r = gv_latest_rank(&q, &view, &rec);
	gv_latest_query_release(&q);
	gv_map_release(&view.merged);
	gv_own_release(&own);
	return r;
}

static void
own_ones_come_before_others(void **state)
{
	(void)state;
	assert_int_equal(rank("latest", "main", A, "main", "manual", NULL),
	    GV_LATEST_OWN_HERE);
	assert_int_equal(
	    rank("latest", "main", A, "x", "hook", NULL), GV_LATEST_OWN);
	assert_int_equal(
	    rank("latest", "main", A, NULL, NULL, NULL), GV_LATEST_OWN);
	assert_int_equal(
	    rank("latest", "main", B, "main", NULL, NULL), GV_LATEST_HERE);
	assert_int_equal(
	    rank("latest", "main", B, "x", "manual", NULL), GV_LATEST_OTHER);
	/* detached: by the base */
	assert_int_equal(
	    rank("latest", NULL, A, "x", "manual", NULL), GV_LATEST_OWN_HERE);
	assert_int_equal(
	    rank("latest", NULL, B, NULL, "manual", NULL), GV_LATEST_HERE);
}

static void
people_come_before_hooks_and_pipelines(void **state)
{
	static const char *const by_people[] = { "manual", "watch", "schedule",
		"", "cinema", NULL };
	static const char *const automatic[] = { "hook", "ci" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(by_people) / sizeof(by_people[0]); i++) {
		const char *t = by_people[i];

		assert_int_equal(
		    rank("latest", "main", B, "main", t, NULL), GV_LATEST_HERE);
		assert_int_equal(
		    rank("latest", "main", B, "x", t, NULL), GV_LATEST_OTHER);
		assert_int_equal(
		    rank("latest@x", "main", B, "x", t, NULL), GV_LATEST_HERE);
	}
	for (i = 0; i < sizeof(automatic) / sizeof(automatic[0]); i++) {
		const char *t = automatic[i];

		assert_int_equal(rank("latest", "main", B, "main", t, NULL),
		    GV_LATEST_HERE_AUTO);
		assert_int_equal(rank("latest", "main", B, "x", t, NULL),
		    GV_LATEST_OTHER_AUTO);
		assert_int_equal(
		    rank("latest", NULL, B, "x", t, NULL), GV_LATEST_HERE_AUTO);
		assert_int_equal(rank("latest@x", "main", B, "x", t, NULL),
		    GV_LATEST_HERE_AUTO);
		/* own snapshots are in the order in which they were taken */
		assert_int_equal(rank("latest", "main", A, "main", t, NULL),
		    GV_LATEST_OWN_HERE);
		assert_int_equal(rank("latest@x", "main", A, "x", t, NULL),
		    GV_LATEST_OWN_HERE);
		/* these name what they want */
		assert_int_equal(rank("any:latest", "main", B, "x", t, NULL),
		    GV_LATEST_OTHER);
		assert_int_equal(rank("host:laptop-b", "main", B, "x", t, NULL),
		    GV_LATEST_OTHER);
	}
}

static void
a_safety_or_partial_one_is_none(void **state)
{
	static const char *const all[] = { "latest", "latest@main",
		"any:latest", "host:laptop-b" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(
		    rank(all[i], "main", A, "main", "safety", NULL),
		    GV_LATEST_RANKS);
		assert_int_equal(rank(all[i], "main", A, "main", "manual", "f"),
		    GV_LATEST_RANKS);
		assert_int_not_equal(
		    rank(all[i], "main", B, "main", "manual", NULL),
		    GV_LATEST_RANKS);
	}
	assert_int_equal(
	    rank("safety", "main", A, "x", "safety", NULL), GV_LATEST_OWN_HERE);
	assert_int_equal(
	    rank("safety", "main", A, "main", "manual", NULL), GV_LATEST_RANKS);
	assert_int_equal(rank("latest@x", "main", A, "main", "manual", NULL),
	    GV_LATEST_RANKS);
	assert_int_equal(rank("host:other", "main", A, "main", "manual", NULL),
	    GV_LATEST_RANKS);
}

/* Steps as "ID<PREVIOUS", an id being a digit of the second and a letter; in
 * which order they are then. */
static void
assert_order(const char *given, const char *want)
{
	struct gv_latest_step steps[8] = { { 0 } };
	char ids[8][GV_RECORD_ID_LEN + 1], of[8][GV_RECORD_ID_LEN + 1];
	char got[64] = "";
	size_t n = 0, i;

	for (; *given; given += strcspn(given, " "), given += *given == ' ') {
		sprintf(
		    ids[n], "2026112%cT071244Z-0000000%c", given[0], given[1]);
		steps[n].id = ids[n];
		if (given[2] == '<') {
			sprintf(of[n], "2026112%cT071244Z-0000000%c", given[3],
			    given[4]);
			steps[n].previous = of[n];
		}
		n++;
	}
	assert_int_equal(gv_latest_order(steps, n), 0);
	for (i = 0; i < n; i++)
		sprintf(got + strlen(got), "%s%c%c", i ? " " : "",
		    steps[i].id[7], steps[i].id[24]);
	assert_string_equal(got, want);
}

static void
the_chain_tells_where_a_clock_was_set_back(void **state)
{
	(void)state;
	assert_order("", "");
	assert_order("1a", "1a");
	assert_order("3c<2b 2b<1a 1a", "3c 2b 1a");
	/* set back once; then it passes the time of before */
	assert_order("8a 0b<8a", "0b 8a");
	assert_order("8a 2d<1c 1c<0b 0b<8a", "2d 1c 0b 8a");
	assert_order("9e<1c 8a 1c<0b 0b<8a", "9e 1c 0b 8a");
	/* set back twice */
	assert_order("8a 2b<8a 1c<2b", "1c 2b 8a");
	/* what was before the clock that was ahead is behind it */
	assert_order("5a 8b<5a 6c<8b", "6c 8b 5a");
	/* what it follows is deleted: its id still tells */
	assert_order("4z 3b<8a 2c<3b", "2c 3b 4z");
	/* in one second by the chain, not by the digits */
	assert_order("1a<1c 1c 1b<1a", "1b 1a 1c");
	/* one that follows nothing, by its id */
	assert_order("5x 8a 2b<8a", "2b 8a 5x");
	/* rings and what follows itself end */
	assert_order("1a<1a", "1a");
	assert_order("1a<1a 2b<1a", "2b 1a");
}

static void
own_lines_tell_of_a_clock_that_was_set_back(void **state)
{
	static const char forward[] = "20261120T071244Z-0123abcd " A " main\n"
				      "20261120T071244Z-0123abcc " B " main\n";
	static const char back[] = "20261120T071244Z-0123abcd " A " main\n"
				   "20261119T071244Z-0123abcd " B " main\n";
	static const char other[] =
	    "20261120T071244Z-0123abcd " A " main\n"
	    "20261119T071244Z-0123abcd " B " 0123456789abcdef\n";
	/* rewritten: the same snapshots once more */
	static const char renewed[] = "20261119T071244Z-0123abcd " A " main\n"
				      "20261120T071244Z-0123abcd " A " main\n"
				      "20261119T071244Z-0123abcd " B " main\n"
				      "20261120T071244Z-0123abcd " B " main\n";
	const struct {
		const char *text;
		bool is;
	} rows[] = { { "", false }, { forward, false }, { back, true },
		{ other, false }, { renewed, false } };
	struct gv_own own;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    gv_own_parse(&own, rows[i].text, strlen(rows[i].text)), 0);
		strcpy(own.tree, "main");
		assert_int_equal(gv_own_is_set_back(&own), rows[i].is);
		gv_own_release(&own);
	}
}

UNIT(latest)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_form),
		cmocka_unit_test(leaves_what_is_of_no_form),
		cmocka_unit_test(own_ones_come_before_others),
		cmocka_unit_test(people_come_before_hooks_and_pipelines),
		cmocka_unit_test(a_safety_or_partial_one_is_none),
		cmocka_unit_test(the_chain_tells_where_a_clock_was_set_back),
		cmocka_unit_test(own_lines_tell_of_a_clock_that_was_set_back),
	};

	return UNIT_RUN(tests);
}
