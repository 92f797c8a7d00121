/* lib/retention/retention_group: which snapshots are judged together, by host
 * and branch, by who took them and why, and which of a period has a name. */
#include "unit.h"

#include "unit/retained.h"

static void
groups_have_a_newest_each(void **state)
{
	struct set *s = new_set();
	char *one[] = { (char *)"x", (char *)"y" };
	char *two[] = { (char *)"y", (char *)"x" };
	int i;

	(void)state;
	for (i = 0; i < 6; i++)
		add(s, NOW - 10 * i);
	s->recs[1].host = (char *)"other";
	s->recs[3].branch = NULL;
	s->recs[4].branch = NULL;
	s->recs[2].environments = one;
	s->recs[2].n_environments = 2;
	s->recs[5].environments = two;
	s->recs[5].n_environments = 2;
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kkdkdd");
	assert_int_equal(s->ret.n_groups, 3);
	/* whatever makes a group, every host and branch keeps its newest */
	set(s, "group-by", "env");
	decide(s, NOW);
	assert_verdicts(s, "kkkkdd");
	assert_why(s, 1, "newest of its host and branch");
	set(s, "group-by", "");
	decide(s, NOW);
	assert_verdicts(s, "kkdkdd");
	free_set(s);
}

/* Whoever can push can name any host and branch, at any time. */
static void
what_others_push_takes_no_place_of_our_own(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 8; i++)
		add(s, NOW - 10 * i);
	s->has_own = true;
	s->own[5] = s->own[6] = s->own[7] = true;
	set(s, "keep-last", "2");
	decide(s, NOW);
	assert_verdicts(s, "kkdddkkd");
	assert_int_equal(s->ret.n_groups, 2);
	assert_why(s, 5, "last 1 of 2");
	assert_why(s, 5, "newest of its group");
	/* in one group of all, and in those of other keys */
	set(s, "group-by", "");
	decide(s, NOW);
	assert_verdicts(s, "kkdddkkd");
	set(s, "group-by", "trigger");
	decide(s, NOW);
	assert_verdicts(s, "kkdddkkd");
	/* whose rules keep by periods or durations */
	set(s, "keep-last", "0");
	set(s, "keep-daily", "1");
	decide(s, NOW);
	assert_verdicts(s, "kddddkdd");
	/* what is of CI, too, and of a host that is gone */
	for (i = 0; i < 8; i++)
		s->recs[i].trigger = (char *)"ci";
	decide(s, NOW);
	assert_verdicts(s, "kddddkdd");
	s->recs[0].host = (char *)"other";
	for (i = 1; i < 8; i++)
		s->recs[i].time = NOW - 40 * DAY - i;
	decide(s, NOW);
	assert_verdicts(s, "kkdddkdd");
	/* where nothing is known of that, all are alike */
	s->has_own = false;
	decide(s, NOW);
	assert_verdicts(s, "kkdddddd");
	free_set(s);
}

/* What could not be read is perhaps only in the newest that lacks nothing. */
static void
the_newest_that_lacks_nothing_stays(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 6; i++)
		add(s, NOW - 10 * i);
	set(s, "keep-last", "1");
	s->recs[3].unread = 1;
	decide(s, NOW); /* the newest lacks nothing */
	assert_verdicts(s, "kddddd");
	s->recs[0].unread = s->recs[1].unread = 2;
	decide(s, NOW);
	assert_verdicts(s, "kdkddd");
	assert_why(
	    s, 2, "newest of its host and branch in which no file is missing");
	/* one of some files, or what a restore replaced, is none */
	s->recs[2].only = (char *)"f";
	decide(s, NOW);
	assert_int_equal(s->ret.verdicts[4].keep, true);
	s->recs[2].only = NULL;
	/* another host or branch has one of its own */
	s->recs[5].branch = (char *)"c";
	s->recs[2].host = (char *)"other";
	decide(s, NOW);
	assert_verdicts(s, "kdkdkk");
	/* one from the future counts as none; all lack something */
	s->recs[2].host = (char *)"h";
	for (i = 0; i < 6; i++)
		s->recs[i].unread = 1;
	decide(s, NOW);
	assert_verdicts(s, "kddddk");
	free_set(s);
}

static void
a_name_does_not_run_into_the_next(void **state)
{
	struct set *s = new_set();

	(void)state;
	add(s, NOW)->host = (char *)"ab";
	add(s, NOW - 1)->host = (char *)"a";
	s->recs[0].branch = (char *)"c";
	s->recs[1].branch = (char *)"bc";
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kk");
	free_set(s);
}

/* Takes six snapshots of each trigger, a minute apart, and counts those that
 * stay. */
static void
assert_kept(struct set *s, const char *trigger, size_t want)
{
	size_t i, n = 0;

	for (i = 0; i < 6; i++)
		add(s, NOW - (int64_t)i * 60)->trigger = (char *)trigger;
	decide(s, NOW);
	for (i = 0; i < 6; i++)
		n += s->ret.verdicts[i].keep;
	if (n != want)
		fail_msg("%s: %zu stay, not %zu", trigger ? trigger : "none", n,
		    want);
	s->all.n = 0;
}

static void
a_trigger_with_limits_of_its_own_goes_by_them_alone(void **state)
{
	struct gv_policy_limits *lanes;
	struct set *s = new_set();

	(void)state;
	lanes = s->rules.lanes;
	set(s, "keep-last", "3");
	set_limit(&lanes[GV_POLICY_HOOK], "keep-last", "2");
	set_limit(&lanes[GV_POLICY_CI], "keep-within", "4M");
	/* the newest of a group always stays */
	set_limit(&lanes[GV_POLICY_WATCH], "keep-last", "0");
	set_limit(&lanes[GV_POLICY_SCHEDULE], "keep-last", "unlimited");
	assert_kept(s, "hook", 2);
	assert_kept(s, "ci", 5);
	assert_kept(s, "watch", 1);
	assert_kept(s, "schedule", 6);
	assert_kept(s, "manual", 3);
	assert_kept(s, NULL, 3);
	assert_kept(s, "of-a-newer-program", 3);
	set_limit(&lanes[GV_POLICY_MANUAL], "keep-last", "5");
	assert_kept(s, NULL, 5);
	assert_kept(s, "of-a-newer-program", 3);
	free_set(s);
}

static void
limits_for_safety_snapshots_only_add_to_two_weeks(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		add(s, NOW - (int64_t)i * 10 * DAY)->trigger = (char *)"safety";
	set(s, "keep-last", "9");
	decide(s, NOW);
	assert_verdicts(s, "kkdd");
	set_limit(&s->rules.lanes[GV_POLICY_SAFETY], "keep-last", "3");
	decide(s, NOW);
	assert_verdicts(s, "kkkd");
	assert_why(s, 2, "last 3 of 3");
	set_limit(&s->rules.lanes[GV_POLICY_SAFETY], "keep-last", "0");
	decide(s, NOW);
	assert_verdicts(s, "kkdd");
	set_limit(&s->rules.lanes[GV_POLICY_SAFETY], "keep-within", "25d");
	decide(s, NOW);
	assert_verdicts(s, "kkkd");
	free_set(s);
}

static void
what_programs_take_uses_up_no_place_of_a_person(void **state)
{
	static const char *const triggers[] = { "hook", "schedule", "ci",
		"watch", "safety", "of a newer program" };
	static const char *const rules[] = { "keep-last", "keep-hourly",
		"keep-daily", "keep-weekly", "keep-monthly", "keep-yearly" };
	size_t t, r;

	(void)state;
	for (t = 0; t < sizeof(triggers) / sizeof(triggers[0]); t++)
		for (r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
			struct set *s = new_set();

			add(s, NOW)->trigger = (char *)triggers[t];
			add(s, NOW - 1)->trigger = (char *)triggers[t];
			add(s, NOW - 2)->trigger = (char *)"manual";
			add(s, NOW - 3)->trigger = (char *)triggers[t];
			add(s, NOW - 4);
			set(s, rules[r], "1");
			decide(s, NOW);
			assert_true(s->ret.verdicts[2].keep);
			assert_false(s->ret.verdicts[2].group ==
			    s->ret.verdicts[0].group);
			/* nor the other way round */
			assert_true(s->ret.verdicts[0].keep);
			assert_int_equal(s->ret.n_groups, 2);
			free_set(s);
		}
}

static void
one_with_a_name_outlives_those_without(void **state)
{
	static const char *const rules[] = { "keep-last", "keep-minutely",
		"keep-hourly", "keep-daily", "keep-weekly", "keep-monthly",
		"keep-yearly" };
	size_t r;
	int how;

	(void)state;
	for (how = 0; how < 3; how++)
		for (r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
			struct set *s = new_set();
			char *said = (char *)"before the migration";
			int i;

			for (i = 0; i < 6; i++)
				add(s, NOW - i)->subject =
				    (char *)"snapshot of b";
			if (how == 0)
				s->recs[3].subject = said;
			else if (how == 1)
				s->recs[3].body = said;
			else
				s->tags[3][0] = said;
			s->recs[3].n_tags = how == 2;
			set(s, rules[r], "1");
			decide(s, NOW);
			/* it, and the newest */
			assert_verdicts(s, "kddkdd");
			free_set(s);
		}
}

static void
a_message_of_a_program_is_no_name(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		add(s, NOW - i)->trigger = (char *)"hook";
		s->recs[i].subject = (char *)"before a rebase";
	}
	s->recs[1].subject = (char *)"snapshot of b";
	set(s, "keep-daily", "1");
	decide(s, NOW);
	assert_verdicts(s, "kddd");
	free_set(s);
}

static void
the_oldest_named_one_goes_for_a_newer_named_one(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	for (i = 0; i < 6; i++)
		add(s, NOW - i * DAY)->subject = (char *)"said";
	s->recs[0].subject = s->recs[2].subject = NULL;
	set(s, "keep-last", "2");
	decide(s, NOW);
	assert_verdicts(s, "kkdkdd");
	assert_why(s, 3, "last 2 of 2, of those with a message or a tag");
	free_set(s);
}

static void
ci_hosts_that_are_gone_share_a_group(void **state)
{
	struct set *s = new_set();
	int i;

	(void)state;
	add(s, NOW);
	for (i = 1; i < 6; i++) {
		add(s, NOW - (i < 3 ? 1 : 40) * DAY - i)->trigger =
		    (char *)"ci";
		s->recs[i].host = s->recs[i].id; /* one a job */
	}
	set(s, "keep-last", "1");
	decide(s, NOW);
	assert_verdicts(s, "kkkkdd");
	/* a clock that is set forward makes no host look gone */
	decide(s, NOW + 900 * (int64_t)DAY);
	assert_verdicts(s, "kkkkdd");
	/* those of a person stay, however long nobody saw the host */
	for (i = 1; i < 6; i++)
		s->recs[i].trigger = (char *)"manual";
	decide(s, NOW);
	assert_verdicts(s, "kkkkkk");
	/* and so do those of a host that is at work still */
	for (i = 1; i < 6; i++) {
		s->recs[i].trigger = (char *)"ci";
		s->recs[i].branch = s->recs[i].id;
		s->recs[i].host = s->recs[0].host;
	}
	decide(s, NOW);
	assert_verdicts(s, "kkkkkk");
	free_set(s);
}

UNIT(retention_group)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_have_a_newest_each),
		cmocka_unit_test(what_others_push_takes_no_place_of_our_own),
		cmocka_unit_test(the_newest_that_lacks_nothing_stays),
		cmocka_unit_test(a_name_does_not_run_into_the_next),
		cmocka_unit_test(
		    a_trigger_with_limits_of_its_own_goes_by_them_alone),
		cmocka_unit_test(
		    limits_for_safety_snapshots_only_add_to_two_weeks),
		cmocka_unit_test(
		    what_programs_take_uses_up_no_place_of_a_person),
		cmocka_unit_test(one_with_a_name_outlives_those_without),
		cmocka_unit_test(a_message_of_a_program_is_no_name),
		cmocka_unit_test(
		    the_oldest_named_one_goes_for_a_newer_named_one),
		cmocka_unit_test(ci_hosts_that_are_gone_share_a_group),
	};

	return UNIT_RUN(tests);
}
