#include "unit.h"

#include <string.h>

#include "watch/pace.h"

#define SECOND    ((int64_t)1000)
#define MINUTE    (60 * SECOND)
#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* A made-up session, a step a second: what changes in each second, and what is
 * decided. Saves are done at once. */
struct session {
	struct gv_pace pace;
	struct gv_pace_at at;
	int64_t saves[256];
	size_t n, ends;
};

static int
begin(void **state)
{
	static const int64_t every[GV_CLASSES] = { 300, 300, 900 };
	static struct session s;

	memset(&s, 0, sizeof(s));
	s.at.every = every;
	s.at.saved = -1;
	s.at.factor = 1;
	*state = &s;
	return 0;
}

static void
change(struct session *s, enum gv_class class, unsigned count)
{
	while (count-- > 0)
		gv_pace_note(&s->pace, s->at.now, class);
}

static void
pass(struct session *s, int64_t seconds)
{
	while (seconds-- > 0) {
		const struct gv_pace_verdict v =
		    gv_pace_decide(&s->pace, &s->at);

		assert_non_null(v.why);
		if (v.what == GV_PACE_SAVE) {
			assert_true(s->n < 256);
			s->saves[s->n++] = s->at.now / SECOND;
			s->at.saved = s->at.now;
			s->at.is_open = true;
			gv_pace_saved(&s->pace, s->at.now + 2 * SECOND);
		} else if (v.what == GV_PACE_END) {
			s->ends++;
			s->at.is_open = false;
		}
		s->at.now += SECOND;
	}
}

static void
one_edit_is_saved_when_it_has_settled_and_the_session_ends(void **state)
{
	struct session *s = *state;

	pass(s, 100);
	change(s, GV_CLASS_CRITICAL, 1);
	pass(s, 3600);
	assert_int_equal(s->n, 1);
	assert_int_equal(s->saves[0], 120);
	assert_int_equal(s->ends, 1);
}

/* Any time between two edits that is shorter than the settling: the first of
 * them waits for less than five minutes, and saves are a minute apart. */
static void
unbroken_work_is_saved_within_five_minutes(void **state)
{
	struct session *s = *state;
	int64_t pause, i;
	size_t k;

	for (pause = 1; pause < 20; pause++) {
		begin(state);
		for (i = 0; i < 3600 / pause; i++) {
			change(s, GV_CLASS_CRITICAL, 1);
			pass(s, pause);
		}
		pass(s, 30);
		assert_true(s->n >= 11);
		assert_true(s->saves[0] < 300);
		for (k = 1; k < s->n; k++) {
			assert_true(s->saves[k] - s->saves[k - 1] >= 60);
			assert_true(
			    s->saves[k] - s->saves[k - 1] < 300 + pause);
		}
	}
}

/* vim: 4913, a backup by rename, the new file; JetBrains and others likewise:
 * hints of a session, and one change. */
static void
what_an_editor_does_at_a_save_is_one_change(void **state)
{
	static const char *const of[][5] = {
		{ "4913", ".main.c.swp", "main.c~", "main.c", NULL },
		{ "#main.c#", ".#main.c", "main.c", NULL },
		{ "main.c___jb_tmp___", "main.c___jb_old___", "main.c", NULL },
		{ ".goutputstream-A1B2C3", "main.c", NULL },
		{ ".main.c.kate-swp", "main.c", NULL },
		{ ".~lock.main.c#", "main.c", NULL },
	};
	size_t i, k, changes;

	(void)state;
	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		changes = 0;
		for (k = 0; of[i][k]; k++)
			changes +=
			    gv_pace_name(of[i][k], false) != GV_PACE_IS_SESSION;
		assert_int_equal(changes, 1);
		assert_int_equal(
		    gv_pace_name(of[i][k - 1], false), GV_PACE_IS_FILE);
	}
	assert_int_equal(
	    gv_pace_name("workspace.xml", false), GV_PACE_IS_SESSION);
}

static void
a_build_is_one_save_after_it(void **state)
{
	struct session *s = *state;
	int i;

	for (i = 0; i < 45; i++) {
		change(s, GV_CLASS_CRITICAL, 200);
		pass(s, 1);
	}
	assert_int_equal(s->n, 0);
	pass(s, 300);
	assert_int_equal(s->n, 1);
	assert_int_equal(s->saves[0], 54);
}

static void
a_storm_without_end_waits_two_minutes_at_most(void **state)
{
	struct session *s = *state;
	int i;
	size_t k;

	for (i = 0; i < 1200; i++) {
		change(s, GV_CLASS_NORMAL, 150);
		pass(s, 1);
	}
	assert_true(s->n >= 9);
	assert_int_equal(s->saves[0], 120);
	for (k = 1; k < s->n; k++)
		assert_true(s->saves[k] - s->saves[k - 1] <= 122);
}

static void
a_rebase_is_waited_for(void **state)
{
	struct session *s = *state;

	s->at.is_busy = true;
	change(s, GV_CLASS_CRITICAL, 30);
	pass(s, 60);
	assert_int_equal(s->n, 0);
	s->at.is_busy = false;
	pass(s, 60);
	assert_int_equal(s->n, 1);
	begin(state);
	s->at.is_busy = true;
	change(s, GV_CLASS_CRITICAL, 30);
	pass(s, 600);
	assert_int_equal(s->saves[0], 120);
}

/* Hundreds of files that come and go in seconds, again and again. */
static void
files_that_come_and_go_cost_a_save_in_a_minute_at_most(void **state)
{
	struct session *s = *state;
	int i;

	for (i = 0; i < 360; i++) {
		change(s, GV_CLASS_CRITICAL, 700);
		pass(s, 10);
	}
	assert_true(s->n <= 60 && s->n >= 12);
}

static void
logs_and_media_alone_wait_a_quarter_of_an_hour(void **state)
{
	struct session *s = *state;
	int i;

	for (i = 0; i < 3600; i++) {
		change(s, GV_CLASS_LOW, 1);
		pass(s, 1);
	}
	assert_in_range(s->n, 3, 4);
	assert_int_equal(s->saves[0], 900);
	/* with a source next to them they are no hindrance for long */
	begin(state);
	change(s, GV_CLASS_CRITICAL, 1);
	for (i = 0; i < 600; i++) {
		change(s, GV_CLASS_LOW, 1);
		pass(s, 1);
	}
	assert_int_equal(s->saves[0], 290);
}

static void
documents_settle_later_than_source(void **state)
{
	struct session *s = *state;

	change(s, GV_CLASS_NORMAL, 1);
	pass(s, 200);
	assert_int_equal(s->n, 1);
	assert_int_equal(s->saves[0], 60);
}

static void
on_battery_saves_are_further_apart(void **state)
{
	struct session *s = *state;
	int i;
	size_t k;

	s->at.factor = 3;
	for (i = 0; i < 60; i++) {
		change(s, GV_CLASS_CRITICAL, 1);
		pass(s, 30);
	}
	assert_true(s->n > 5);
	for (k = 1; k < s->n; k++)
		assert_true(s->saves[k] - s->saves[k - 1] >= 180);
}

static void
what_changes_during_a_save_is_not_forgotten(void **state)
{
	struct session *s = *state;

	change(s, GV_CLASS_CRITICAL, 1);
	s->at.now += 30 * SECOND;
	/* the save begins now and takes 5 seconds; a change comes in it */
	gv_pace_note(&s->pace, s->at.now + 2 * SECOND, GV_CLASS_LOW);
	gv_pace_saved(&s->pace, s->at.now);
	assert_int_equal(s->pace.n, 1);
	assert_int_equal(gv_pace_class(&s->pace), GV_CLASS_LOW);
}

static void
the_list_is_bounded_and_keeps_the_first_time_and_class(void **state)
{
	struct session *s = *state;
	int i;

	change(s, GV_CLASS_CRITICAL, 1);
	for (i = 0; i < 100000; i++) {
		s->at.now += 1001;
		change(s, (enum gv_class)(1 + i % 2), 1);
	}
	assert_true(s->pace.n <= GV_PACE_EVENTS);
	assert_int_equal(s->pace.events[0].time, 0);
	assert_int_equal(gv_pace_class(&s->pace), GV_CLASS_CRITICAL);
}

static void
gits_own_files_are_index_and_head(void **state)
{
	(void)state;
	assert_int_equal(gv_pace_name("main.tf", false), GV_PACE_IS_FILE);
	assert_int_equal(gv_pace_name("index", false), GV_PACE_IS_FILE);
	assert_int_equal(gv_pace_name("index", true), GV_PACE_IS_GIT);
	assert_int_equal(gv_pace_name("HEAD", true), GV_PACE_IS_GIT);
	assert_int_equal(gv_pace_name("index.lock", true), GV_PACE_IS_NOTHING);
	assert_int_equal(gv_pace_name("vault", true), GV_PACE_IS_NOTHING);
}

/* A class that may wait for longer than five minutes does not settle, whichever
 * it is; one that may not is saved in that time, however work goes on. */
static void
each_class_waits_as_long_as_it_may(void **state)
{
	static const int64_t seconds[] = { 60, 120, 300, 301, 900, 7200 };
	int64_t every[GV_CLASSES] = { 300, 300, 900 };
	struct session *s = *state;
	size_t i;
	int c, k;

	for (c = 0; c < GV_CLASSES; c++)
		for (i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
			const bool is_often = seconds[i] <= 300;
			const int64_t most = seconds[i] - 10 * is_often;

			begin(state);
			s->at.every = every;
			every[c] = seconds[i];
			change(s, (enum gv_class)c, 1);
			pass(s, 3 * 7200);
			assert_int_equal(s->n, 1);
			assert_int_equal(s->saves[0],
			    !is_often                    ? most
				: c == GV_CLASS_CRITICAL ? 20
							 : MIN(60, most));
			begin(state);
			s->at.every = every;
			for (k = 0; k < most + 10; k++) {
				change(s, (enum gv_class)c, 1);
				pass(s, 1);
			}
			assert_int_equal(s->saves[0], most);
		}
}

static void
a_file_that_waits_long_is_saved_with_others(void **state)
{
	static const int64_t every[GV_CLASSES] = { 300, 7200, 86400 };
	struct session *s = *state;

	s->at.every = every;
	change(s, GV_CLASS_LOW, 1);
	change(s, GV_CLASS_NORMAL, 1);
	pass(s, 1000);
	assert_int_equal(s->n, 0);
	change(s, GV_CLASS_CRITICAL, 1);
	pass(s, 86400 * 2);
	assert_int_equal(s->n, 1);
	assert_int_equal(s->saves[0], 1020);
}

static void
tiers_are_by_the_last_change(void **state)
{
	const int64_t now = 100000 * MINUTE;

	(void)state;
	assert_int_equal(gv_pace_tier(now, now - MINUTE, 1), 10 * SECOND);
	assert_int_equal(gv_pace_tier(now, now - 60 * MINUTE, 1), MINUTE);
	assert_int_equal(
	    gv_pace_tier(now, now - 2000 * MINUTE, 1), 15 * MINUTE);
	assert_int_equal(gv_pace_tier(now, -1, 3), 45 * MINUTE);
}

static void
what_is_late_comes_first_and_then_what_matters_most(void **state)
{
	static const int64_t every[GV_CLASSES] = { 300, 300, 900 };
	/* which class, since when; in the order of the saves at second 400 */
	static const struct {
		enum gv_class class;
		int64_t since;
	} order[] = { { GV_CLASS_CRITICAL, 50 }, { GV_CLASS_NORMAL, 100 },
		{ GV_CLASS_CRITICAL, 150 }, { GV_CLASS_CRITICAL, 380 },
		{ GV_CLASS_NORMAL, 200 }, { GV_CLASS_LOW, 0 } };
	const size_t n = sizeof(order) / sizeof(order[0]);
	struct gv_pace_rank ranks[sizeof(order) / sizeof(order[0]) + 1];
	struct gv_pace pace;
	size_t i, k;

	(void)state;
	for (i = 0; i <= n; i++) {
		memset(&pace, 0, sizeof(pace));
		if (i < n)
			gv_pace_note(
			    &pace, order[i].since * SECOND, order[i].class);
		ranks[i] = gv_pace_rank(&pace, every, 0, 400 * SECOND);
	}
	for (i = 0; i <= n; i++)
		for (k = 0; k <= n; k++)
			assert_int_equal(
			    gv_pace_is_before(&ranks[i], &ranks[k]), i < k);
}

/* Else those in front would be looked at again before the last ones were. */
static void
where_nothing_changed_the_one_that_waits_longest_is_next(void **state)
{
	static const int64_t every[GV_CLASSES] = { 300, 300, 900 };
	const struct gv_pace pace = { .n = 0 };
	const struct gv_pace_rank never =
	    gv_pace_rank(&pace, every, -1, 400 * SECOND);
	const struct gv_pace_rank lately =
	    gv_pace_rank(&pace, every, 300 * SECOND, 400 * SECOND);
	const struct gv_pace_rank earlier =
	    gv_pace_rank(&pace, every, 200 * SECOND, 400 * SECOND);

	(void)state;
	assert_true(gv_pace_is_before(&earlier, &lately));
	assert_false(gv_pace_is_before(&lately, &earlier));
	assert_true(gv_pace_is_before(&never, &earlier));
}

UNIT(pace)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    one_edit_is_saved_when_it_has_settled_and_the_session_ends,
		    begin),
		cmocka_unit_test_setup(
		    unbroken_work_is_saved_within_five_minutes, begin),
		cmocka_unit_test(what_an_editor_does_at_a_save_is_one_change),
		cmocka_unit_test_setup(a_build_is_one_save_after_it, begin),
		cmocka_unit_test_setup(
		    a_storm_without_end_waits_two_minutes_at_most, begin),
		cmocka_unit_test_setup(a_rebase_is_waited_for, begin),
		cmocka_unit_test_setup(
		    files_that_come_and_go_cost_a_save_in_a_minute_at_most,
		    begin),
		cmocka_unit_test_setup(
		    logs_and_media_alone_wait_a_quarter_of_an_hour, begin),
		cmocka_unit_test_setup(
		    documents_settle_later_than_source, begin),
		cmocka_unit_test_setup(
		    on_battery_saves_are_further_apart, begin),
		cmocka_unit_test_setup(
		    what_changes_during_a_save_is_not_forgotten, begin),
		cmocka_unit_test_setup(
		    the_list_is_bounded_and_keeps_the_first_time_and_class,
		    begin),
		cmocka_unit_test(
		    where_nothing_changed_the_one_that_waits_longest_is_next),
		cmocka_unit_test(gits_own_files_are_index_and_head),
		cmocka_unit_test_setup(
		    each_class_waits_as_long_as_it_may, begin),
		cmocka_unit_test_setup(
		    a_file_that_waits_long_is_saved_with_others, begin),
		cmocka_unit_test(
		    what_is_late_comes_first_and_then_what_matters_most),
		cmocka_unit_test(tiers_are_by_the_last_change),
	};

	return UNIT_RUN(tests);
}
