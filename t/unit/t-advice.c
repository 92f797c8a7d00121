#include "unit.h"

#include "overview/advice.h"

#define WARN(kind, command)                                                    \
	{                                                                      \
		GV_DOCTOR_WARNING, kind, NULL, NULL, (char *)(command), false, \
		    false                                                      \
	}
#define ERR(kind, command)                                                     \
	{                                                                      \
		GV_DOCTOR_ERROR, kind, NULL, NULL, (char *)(command), false,   \
		    false                                                      \
	}
#define NOTE(kind, command)                                                    \
	{                                                                      \
		GV_DOCTOR_NOTE, kind, NULL, NULL, (char *)(command), false,    \
		    false                                                      \
	}

static const struct gv_advice_facts calm = { .has_tree = true };

static void
nothing_found_is_nothing_to_do(void **state)
{
	struct gv_advice advice;
	size_t i;

	(void)state;
	gv_advice_give(&advice, NULL, 0, &calm);
	for (i = 0; i < GV_ADVICE_LINES; i++) {
		assert_int_equal(advice.lines[i].level, GV_ADVICE_WELL);
		assert_null(advice.lines[i].finding);
	}
	assert_int_equal(advice.findings, 0);
	assert_null(advice.next);
}

static void
a_note_is_no_danger_and_no_next_command(void **state)
{
	const struct gv_doctor_finding findings[] = { NOTE("no_name", "x") };
	struct gv_advice advice;

	(void)state;
	gv_advice_give(&advice, findings, 1, &calm);
	assert_int_equal(advice.findings, 0);
	assert_int_equal(advice.lines[GV_ADVICE_OTHER].level, GV_ADVICE_WELL);
	assert_null(advice.next);
}

/* What loses everything at once is a danger, though doctor only warns of it. */
static void
each_finding_marks_its_line(void **state)
{
	static const struct {
		const char *kind;
		enum gv_advice_line line;
		enum gv_advice_level level;
	} cases[] = {
		{ "one_key", GV_ADVICE_SECRETS, GV_ADVICE_DANGER },
		{ "no_key", GV_ADVICE_SECRETS, GV_ADVICE_DANGER },
		{ "state_conflict", GV_ADVICE_STATES, GV_ADVICE_CARE },
		{ "no_remote", GV_ADVICE_REMOTES, GV_ADVICE_DANGER },
		{ "never_synced", GV_ADVICE_REMOTES, GV_ADVICE_DANGER },
		{ "snapshots_unsent", GV_ADVICE_REMOTES, GV_ADVICE_CARE },
		{ "no_snapshot", GV_ADVICE_SNAPSHOT, GV_ADVICE_DANGER },
		{ "snapshot_old", GV_ADVICE_SNAPSHOT, GV_ADVICE_CARE },
		{ "no_good", GV_ADVICE_GOOD, GV_ADVICE_CARE },
		{ "verified_long_ago", GV_ADVICE_VERIFIED, GV_ADVICE_CARE },
		{ "events_wait", GV_ADVICE_OTHER, GV_ADVICE_CARE },
	};
	struct gv_advice advice;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct gv_doctor_finding f = WARN(cases[i].kind, "x");

		gv_advice_give(&advice, &f, 1, &calm);
		for (k = 0; k < GV_ADVICE_LINES; k++)
			assert_int_equal(advice.lines[k].level,
			    k == cases[i].line ? cases[i].level
					       : GV_ADVICE_WELL);
		assert_ptr_equal(advice.lines[cases[i].line].finding, &f);
		assert_int_equal(advice.findings, 1);
	}
}

static void
an_error_is_a_danger_wherever_it_is(void **state)
{
	const struct gv_doctor_finding findings[] = { ERR("marks_damaged", "r"),
		ERR("receipt_signer", "s") };
	struct gv_advice advice;

	(void)state;
	gv_advice_give(&advice, findings, 2, &calm);
	assert_int_equal(advice.lines[GV_ADVICE_OTHER].level, GV_ADVICE_DANGER);
	assert_int_equal(
	    advice.lines[GV_ADVICE_REMOTES].level, GV_ADVICE_DANGER);
}

/* The first finding of a line is the gravest, and its level the highest. */
static void
a_line_keeps_the_gravest_of_several(void **state)
{
	const struct gv_doctor_finding findings[] = { WARN("no_remote", "a"),
		WARN("snapshots_unsent", "b") };
	struct gv_advice advice;

	(void)state;
	gv_advice_give(&advice, findings, 2, &calm);
	assert_ptr_equal(advice.lines[GV_ADVICE_REMOTES].finding, &findings[0]);
	assert_int_equal(
	    advice.lines[GV_ADVICE_REMOTES].level, GV_ADVICE_DANGER);
	assert_int_equal(advice.findings, 2);
}

static void
next_ends_an_error_then_saves_then_ends_a_warning_then_syncs(void **state)
{
	const struct gv_doctor_finding findings[] = { ERR("a", NULL),
		ERR("b", "mend"), WARN("one_key", "escrow") };
	struct gv_advice_facts facts = { .has_tree = true,
		.changes = 2,
		.unsent = 1,
		.sync = "git vault sync up" };
	struct gv_advice advice;

	(void)state;
	gv_advice_give(&advice, findings, 3, &facts);
	assert_string_equal(advice.next, "mend");
	gv_advice_give(&advice, findings + 2, 1, &facts);
	assert_string_equal(advice.next, "git vault snapshot");
	assert_int_equal(advice.lines[GV_ADVICE_CHANGES].level, GV_ADVICE_CARE);
	facts.gone = 1;
	gv_advice_give(&advice, findings + 2, 1, &facts);
	assert_string_equal(advice.next, "git vault snapshot");
	facts.is_loss = true;
	gv_advice_give(&advice, findings + 2, 1, &facts);
	assert_string_equal(advice.next,
	    "git vault restore latest --in-place --overwrite never");
	facts.gone = 2;
	gv_advice_give(&advice, findings + 2, 1, &facts);
	assert_string_equal(advice.next, "git vault restore latest --in-place");
	facts.gone = 0;
	facts.changes = 0;
	gv_advice_give(&advice, findings + 2, 1, &facts);
	assert_string_equal(advice.next, "escrow");
	gv_advice_give(&advice, NULL, 0, &facts);
	assert_string_equal(advice.next, "git vault sync up");
	facts.unsent = 0;
	gv_advice_give(&advice, NULL, 0, &facts);
	assert_null(advice.next);
}

static void
without_a_working_tree_no_snapshot_is_next(void **state)
{
	const struct gv_advice_facts facts = { .changes = 1 };
	struct gv_advice advice;

	(void)state;
	gv_advice_give(&advice, NULL, 0, &facts);
	assert_null(advice.next);
}

UNIT(advice)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_found_is_nothing_to_do),
		cmocka_unit_test(a_note_is_no_danger_and_no_next_command),
		cmocka_unit_test(each_finding_marks_its_line),
		cmocka_unit_test(an_error_is_a_danger_wherever_it_is),
		cmocka_unit_test(a_line_keeps_the_gravest_of_several),
		cmocka_unit_test(
		    next_ends_an_error_then_saves_then_ends_a_warning_then_syncs),
		cmocka_unit_test(without_a_working_tree_no_snapshot_is_next),
	};

	return UNIT_RUN(tests);
}
