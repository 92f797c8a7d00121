#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "record/record.h"
#include "retention/limit.h"

#define MIB ((uint64_t)1 << 20)

/* What is taken without the first k; and how often that was asked. */
struct vault {
	const uint64_t *bytes;
	unsigned asked;
	int fails_at; /* the call that fails, from 1; 0: none */
};

static int
measure(void *ctx, size_t k, uint64_t *bytes)
{
	struct vault *v = ctx;

	v->asked++;
	if ((int)v->asked == v->fails_at)
		return GV_ERROR;
	*bytes = v->bytes[k];
	return 0;
}

static void
as_few_go_as_suffice(void **state)
{
	static const uint64_t bytes[] = { 90, 90, 70, 70, 30, 10 };
	uint64_t limit;
	size_t k, want;

	(void)state;
	for (limit = 0; limit <= 100; limit++) {
		struct vault v = { .bytes = bytes };

		for (want = 0; want < 5 && bytes[want] > limit; want++)
			;
		assert_int_equal(gv_limit_least(&k, 5, limit, measure, &v), 0);
		assert_int_equal(k, want);
		assert_in_range(v.asked, 1, 3);
	}
}

static void
nothing_to_let_go_is_not_measured_and_a_failure_ends_it(void **state)
{
	static const uint64_t bytes[] = { 9, 8, 7, 6, 5 };
	struct vault v = { .bytes = bytes, .fails_at = 2 };
	size_t k = 77;

	(void)state;
	assert_int_equal(gv_limit_least(&k, 0, 1, measure, &v), 0);
	assert_int_equal(k, 0);
	assert_int_equal(v.asked, 0);
	assert_int_equal(gv_limit_least(&k, 4, 1, measure, &v), GV_ERROR);
	assert_int_equal(v.asked, 2);
}

static void
a_limit_is_a_size_or_a_part_of_the_disk(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
		unsigned percent;
	} good[] = { { "20GiB", 20 * 1024 * MIB, 0 }, { "1 MiB", MIB, 0 },
		{ "1024KiB", MIB, 0 }, { "2TiB", 2 * MIB * MIB, 0 },
		{ "10%", 0, 10 }, { "90 %", 0, 90 } };
	static const char *const bad[] = { "", "0", "20", "GiB", "%", "0%",
		"91%", "100%", "1023KiB", "-1GiB", "1.5GiB", "20 GB", "20gib",
		"20GiB x", "1  GiB", "99999999TiB", "18446744073709551617KiB",
		"9999999999999999%" };
	struct gv_policy_room room;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(gv_policy_room_parse(&room, good[i].text), 0);
		assert_int_equal(room.bytes, good[i].bytes);
		assert_int_equal(room.percent, good[i].percent);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    gv_policy_room_parse(&room, bad[i]), GV_EREFUSED);
}

static void
of_two_limits_the_one_that_lets_more_stay(void **state)
{
	const struct gv_policy_room any = { 0, 0 }, small = { MIB, 0 },
				    large = { 2 * MIB, 0 }, few = { 0, 5 },
				    many = { 0, 50 };

	(void)state;
	assert_int_equal(gv_policy_room_most(&small, &large).bytes, 2 * MIB);
	assert_int_equal(gv_policy_room_most(&large, &small).bytes, 2 * MIB);
	assert_int_equal(gv_policy_room_most(&few, &many).percent, 50);
	assert_int_equal(gv_policy_room_most(&any, &small).bytes, 0);
	assert_int_equal(gv_policy_room_most(&small, &many).bytes, 0);
	assert_int_equal(gv_policy_room_most(&small, &many).percent, 0);
	assert_int_equal(gv_policy_room_bytes(&many, 1000), 500);
	assert_int_equal(gv_policy_room_bytes(&small, 1000), MIB);
	assert_int_equal(gv_policy_room_bytes(&any, 1000), 0);
}

/* Each of these makes a newer one no replacement. */
static void
only_what_has_all_of_an_older_one_replaces_it(void **state)
{
	char branch[] = "main", other[] = "other", trigger[] = "ci";
	char first[] = "prod", second[] = "eu", third[] = "test";
	char *prod[] = { first, second }, *test[] = { third };
	const struct gv_record old = { .branch = branch,
		.trigger = trigger,
		.environments = prod,
		.n_environments = 1 };
	const struct gv_record plain = { .branch = branch };
	struct gv_record newer = old;

	(void)state;
	newer.n_environments = 2;
	assert_true(gv_limit_replaces(&newer, &old));
	assert_false(gv_limit_replaces(&old, &newer));
	newer.environments = test;
	newer.n_environments = 1;
	assert_false(gv_limit_replaces(&newer, &old));
	newer = old;
	newer.branch = other;
	assert_false(gv_limit_replaces(&newer, &old));
	newer = old;
	newer.trigger = NULL;
	assert_false(gv_limit_replaces(&newer, &old));
	newer = old;
	newer.only = other;
	assert_false(gv_limit_replaces(&newer, &old));
	assert_false(gv_limit_replaces(&old, &newer));
	newer = old;
	newer.unread = 1;
	assert_false(gv_limit_replaces(&newer, &old));
	assert_true(gv_limit_replaces(&old, &newer));
	assert_true(gv_limit_replaces(&newer, &newer));
	assert_true(gv_limit_replaces(&plain, &plain));
}

static void
what_may_not_go_may_take_a_tenth_more_where_it_is_over_the_limit(void **state)
{
	(void)state;
	assert_int_equal(gv_limit_goal(100, 0), 100);
	assert_int_equal(gv_limit_goal(100, 100), 100);
	assert_int_equal(gv_limit_goal(100, 110), 121);
	assert_int_equal(gv_limit_goal(1, 5), 5);
}

UNIT(limit)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_few_go_as_suffice),
		cmocka_unit_test(
		    nothing_to_let_go_is_not_measured_and_a_failure_ends_it),
		cmocka_unit_test(
		    what_may_not_go_may_take_a_tenth_more_where_it_is_over_the_limit),
		cmocka_unit_test(a_limit_is_a_size_or_a_part_of_the_disk),
		cmocka_unit_test(of_two_limits_the_one_that_lets_more_stay),
		cmocka_unit_test(only_what_has_all_of_an_older_one_replaces_it),
	};

	return UNIT_RUN(tests);
}
