/* lib/retention/retention_chain: times that cannot be right, by what a snapshot
 * names as previous or by the receipt of a server. */
#include "unit.h"

#include "unit/retained.h"

static void
a_clock_set_back_does_not_lose_what_came_after(void **state)
{
	struct set *s = new_set();

	(void)state;
	/* the records' order is that of the ids: the newest first */
	add(s, NOW - 10);
	add(s, NOW - 20);
	add(s, 1000000)->previous = NULL;
	add(s, 500000);
	add(s, 0);
	s->recs[4].previous = s->recs[0].id; /* 1970, after the newest */
	s->recs[2].previous = s->recs[4].id;
	s->recs[3].previous = s->recs[1].id;
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kdkkk");
	assert_why(s, 2, "taken after");
	assert_why(s, 3, s->recs[1].id);
	assert_why(s, 4, s->recs[0].id);
	/* in another group it is a link of the chain as well */
	s->recs[3].branch = s->recs[4].branch = (char *)"c";
	decide(s, NOW);
	assert_verdicts(s, "kdkkk");
	/* what names itself, or each other, ends somewhere */
	s->recs[0].previous = s->recs[2].id;
	s->recs[3].previous = s->recs[3].id;
	decide(s, NOW);
	assert_verdicts(s, "kdkkk");
	free_set(s);
}

/* The one whose id tells that it was taken after what is gone. */
static void
an_id_that_is_gone_shows_a_clock_set_back(void **state)
{
	char gone[GV_RECORD_ID_LEN + 1] = "20261120T071240Z-0badcafe";
	struct set *s = new_set();

	(void)state;
	add(s, NOW);
	add(s, NOW - 100 * DAY);
	add(s, NOW - 101 * DAY);
	add(s, NOW - 102 * DAY);
	s->recs[3].previous = gone;
	s->recs[1].previous = s->recs[3].id;
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kkdk");
	assert_why(s, 1, "taken after 20261120T071240Z-0badcafe\n");
	assert_true(s->ret.follows);
	/* of a clock that was ahead it says nothing about the others */
	memcpy(gone, "2099", 4);
	decide(s, NOW);
	assert_verdicts(s, "kddd");
	assert_false(s->ret.follows);
	free_set(s);
}

static void
what_was_taken_at_a_wrong_time_goes_once_it_is_followed(void **state)
{
	struct set *s = new_set();

	(void)state;
	add(s, NOW);
	add(s, NOW - 50);
	add(s, NOW - 100 * DAY);
	add(s, NOW - 101 * DAY);
	s->recs[3].previous = s->recs[1].id;
	s->recs[2].previous = s->recs[3].id;
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kdkk");
	s->recs[0].previous = s->recs[2].id;
	decide(s, NOW);
	assert_verdicts(s, "kddd");
	/* nor does what only stands between hide it */
	s->recs[2].branch = (char *)"c";
	decide(s, NOW);
	assert_verdicts(s, "kdkk");
	s->recs[0].branch = s->recs[1].branch = (char *)"c";
	s->recs[3].branch = (char *)"c";
	decide(s, NOW);
	assert_verdicts(s, "kddd");
	free_set(s);
}

static void
the_newest_by_id_stays_whatever_its_time(void **state)
{
	struct set *s = new_set();

	(void)state;
	add(s, NOW);
	add(s, NOW - 10);
	add(s, NOW - 20);
	s->recs[0].time = 1; /* the commit's; its id says another */
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kkd");
	free_set(s);
}

static struct set *
new_received(void)
{
	struct set *s = new_set();
	size_t i;

	s->has_received = true;
	for (i = 0; i < MAX; i++)
		s->received[i] = INT64_MAX;
	set(s, "keep-last", "1");
	return s;
}

static void
a_receipt_takes_the_future_from_a_forged_time(void **state)
{
	struct set *s = new_received();

	(void)state;
	add(s, NOW + 500 * DAY);
	add(s, NOW + 400 * DAY);
	add(s, NOW - 2 * DAY);
	add(s, NOW - 9 * DAY);
	decide(s, NOW);
	assert_verdicts(s, "kkkd");
	assert_why(s, 1, "from the future\n");
	s->received[0] = s->received[1] = NOW - 5 * DAY;
	decide(s, NOW);
	/* the newest by its claim stays, the other counts as of its receipt */
	assert_verdicts(s, "kdkd");
	assert_why(s, 0, "newest of its group\n");
	assert_why(s, 0, "time by receipt: 2026-11-15T07:12:44Z\n");
	assert_why(s, 1, "last: 1 newer one\n");
	assert_why(s, 1, "time by receipt: 2026-11-15T07:12:44Z\n");
	free_set(s);
}

static void
a_late_receipt_makes_nothing_younger(void **state)
{
	struct set *s = new_received();

	(void)state;
	add(s, NOW - DAY);
	add(s, NOW - 900 * DAY);
	s->received[0] = s->received[1] = NOW;
	decide(s, NOW);
	assert_verdicts(s, "kd");
	assert_null(strstr(s->ret.verdicts[0].why, "receipt"));
	assert_null(strstr(s->ret.verdicts[1].why, "receipt"));
	free_set(s);
}

static void
the_order_of_what_came_together_is_that_of_the_ids(void **state)
{
	struct set *s = new_received();

	(void)state;
	set(s, "keep-last", "2");
	add(s, NOW + 3 * DAY);
	add(s, NOW + 2 * DAY);
	add(s, NOW + 1 * DAY);
	s->received[0] = s->received[1] = s->received[2] = NOW - DAY;
	decide(s, NOW);
	assert_verdicts(s, "kkd");
	free_set(s);
}

static void
no_receipt_drops_a_pinned_one_or_all(void **state)
{
	struct set *s = new_received();

	(void)state;
	add(s, NOW - 1 * DAY);
	add(s, NOW - 2 * DAY)->pinned = true;
	s->received[0] = s->received[1] = 0;
	decide(s, NOW);
	assert_verdicts(s, "kk");
	free_set(s);
}

UNIT(retention_chain)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_clock_set_back_does_not_lose_what_came_after),
		cmocka_unit_test(an_id_that_is_gone_shows_a_clock_set_back),
		cmocka_unit_test(
		    what_was_taken_at_a_wrong_time_goes_once_it_is_followed),
		cmocka_unit_test(the_newest_by_id_stays_whatever_its_time),
		cmocka_unit_test(a_receipt_takes_the_future_from_a_forged_time),
		cmocka_unit_test(a_late_receipt_makes_nothing_younger),
		cmocka_unit_test(
		    the_order_of_what_came_together_is_that_of_the_ids),
		cmocka_unit_test(no_receipt_drops_a_pinned_one_or_all),
	};

	return UNIT_RUN(tests);
}
