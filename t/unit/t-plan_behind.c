/* lib/plan/plan_behind: whether traffic may go back to the side it came from.
 */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "plan/plan_behind.h"

#define MOVED 1000

static struct gv_plan_side_state
state(const char *lineage, uint64_t serial, int64_t time)
{
	return (struct gv_plan_side_state){ .stack = "net",
		.lineage = lineage,
		.has_serial = serial > 0,
		.serial = serial,
		.time = time };
}

/* Hold the states of west, which had the traffic, against those of east. */
static void
assert_states(const char *why, struct gv_plan_side_state was,
    struct gv_plan_side_state is)
{
	const struct gv_plan_side west = {
		.name = "west", .states = &was, .n = was.stack != NULL
	};
	const struct gv_plan_side east = {
		.name = "east", .states = &is, .n = 1
	};
	struct gv_buf text = GV_BUF_INIT;

	assert_int_equal(
	    gv_plan_is_behind(&text, &west, &east, MOVED), why != NULL);
	if (why)
		assert_non_null(strstr(text.p, why));
	else
		assert_int_equal(text.len, 0);
	gv_buf_release(&text);
}

static void
serials_of_one_lineage_decide_whatever_clocks_say(void **cmocka)
{
	(void)cmocka;
	assert_states("serial 4, and that of east has 5", state("l", 4, 2000),
	    state("l", 5, 10));
	assert_states(NULL, state("l", 5, 10), state("l", 5, 2000));
	assert_states(NULL, state("l", 6, 10), state("l", 5, 2000));
}

static void
without_one_lineage_times_decide(void **cmocka)
{
	const struct gv_plan_side_state none = { .stack = NULL };

	(void)cmocka;
	assert_states("its own was not saved since", state("a", 9, 900),
	    state("b", 1, 1001));
	assert_states(NULL, state("a", 1, 1500), state("b", 9, 1400));
	assert_states(NULL, state("a", 1, 10), state("b", 9, 1000));
	assert_states("and it has none", none, state("b", 1, 1001));
	assert_states(NULL, none, state("b", 1, 999));
	assert_states("saved after the traffic moved", state(NULL, 4, 10),
	    state(NULL, 5, 1001));
	assert_states("saved after the traffic moved", state("l", 0, 10),
	    state("l", 5, 1001));
}

static void
a_record_that_was_made_since_counts(void **cmocka)
{
	static const struct {
		unsigned old;
		int64_t was, is;
		const char *why;
	} rows[] = {
		{ 3, 900, 1001,
		    "record 7 of east was made after the traffic "
		    "moved, and its own newest is older" },
		{ 0, 0, 1001, "newest is missing" },
		{ 3, 1002, 1001, NULL },
		{ 3, 900, 1000, NULL },
		{ 0, 0, 999, NULL },
	};
	size_t i;

	(void)cmocka;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct gv_plan_side west = { .name = "west",
			.record = rows[i].old,
			.recorded = rows[i].was };
		const struct gv_plan_side east = {
			.name = "east", .record = 7, .recorded = rows[i].is
		};
		struct gv_buf text = GV_BUF_INIT;

		assert_int_equal(gv_plan_is_behind(&text, &west, &east, MOVED),
		    rows[i].why != NULL);
		if (rows[i].why)
			assert_non_null(strstr(text.p, rows[i].why));
		gv_buf_release(&text);
	}
}

UNIT(plan_behind)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    serials_of_one_lineage_decide_whatever_clocks_say),
		cmocka_unit_test(without_one_lineage_times_decide),
		cmocka_unit_test(a_record_that_was_made_since_counts),
	};

	return UNIT_RUN(tests);
}
