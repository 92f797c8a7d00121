#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "vault/latest.h"
#include "vault/own.h"

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
	    rank("latest", "main", B, "main", "ci", NULL), GV_LATEST_HERE);
	assert_int_equal(
	    rank("latest", "main", B, "x", "manual", NULL), GV_LATEST_OTHER);
	/* detached: by the base */
	assert_int_equal(
	    rank("latest", NULL, A, "x", "manual", NULL), GV_LATEST_OWN_HERE);
	assert_int_equal(
	    rank("latest", NULL, B, NULL, "manual", NULL), GV_LATEST_HERE);
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

UNIT(latest)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_form),
		cmocka_unit_test(leaves_what_is_of_no_form),
		cmocka_unit_test(own_ones_come_before_others),
		cmocka_unit_test(a_safety_or_partial_one_is_none),
	};

	return UNIT_RUN(tests);
}
