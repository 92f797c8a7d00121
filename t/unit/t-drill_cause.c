#include "unit/unit.h"

#include <string.h>

#include "drill/drill_internal.h"
#include "drill/drill_log.h"

/* From what a stage saw to the name of the cause. */

static void
names_the_cause(void **state)
{
	static const struct {
		const char *code;
		struct gv_drill_symptom s;
	} cases[] = {
		{ "never_pushed",
		    { GV_DRILL_RESTORE, 128, "not_found", "", true, false } },
		{ "lost_ref",
		    { GV_DRILL_RESTORE, 128, "not_found",
			"no snapshot is 'x': there is none", true, true } },
		{ "missing_key",
		    { GV_DRILL_RESTORE, 5, "", "it failed", false, true } },
		{ "wrong_recipient",
		    { GV_DRILL_OBJECTS, 5, "", "it failed", true, true } },
		{ "corrupt_object",
		    { GV_DRILL_RESTORE, 128, "corrupt",
			"a: object 12 is damaged in pack-1", true, true } },
		{ "missing_object",
		    { GV_DRILL_RESTORE, 128, "corrupt",
			"a: object 12 is not in this repository", true,
			true } },
		{ "damaged",
		    { GV_DRILL_OBJECTS, 128, "corrupt", "what it says", true,
			true } },
		{ "disk_full",
		    { GV_DRILL_RESTORE, 128, "error",
			"cannot write a: No space left on device", true,
			true } },
		{ "remote",
		    { GV_DRILL_CLONE, 128, "", "cannot reach it", true,
			true } },
		{ "references",
		    { GV_DRILL_REFERENCES, 1, "", "", true, true } },
		{ "state", { GV_DRILL_STATES, 1, "", "", true, true } },
		{ "validator", { GV_DRILL_VALIDATE, 0, "", "", true, true } },
		{ "unknown",
		    { GV_DRILL_SENTINEL, 1, "", "it went away", true, true } },
		{ "unknown", { GV_DRILL_COMPARE, 0, "", "", true, true } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(
		    gv_drill_cause_code(&cases[i].s), cases[i].code);
}

/* What an event says is read back as it was written, and nothing else is a
 * drill. */
static void
reads_what_it_wrote(void **state)
{
	static const char *const bad[] = { "", "id", "id=1", "result=passed",
		"why not", "=", " = = " };
	struct gv_drill d = { .result = GV_DRILL_COULD_NOT,
		.cause = { .code = "lost_ref" },
		.ms = 1234,
		.files = 7,
		.fault = GV_DRILL_LOST_REF };
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_drill_logged back = { .ms = 0 };
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	(void)state;
	strcpy(d.id, "20261128T183827Z-a23d8e91");
	assert_int_equal(gv_drill_log_format(&text, &d, "ab12"), 0);
	assert_true(gv_drill_log_parse(&back, text.p, &arena));
	assert_string_equal(back.id, d.id);
	assert_string_equal(back.result, "could_not_run");
	assert_string_equal(back.cause, "lost_ref");
	assert_string_equal(back.fault, "lost-ref");
	assert_string_equal(back.report, "ab12");
	assert_int_equal(back.ms, 1234);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		back = (struct gv_drill_logged){ .ms = 0 };
		assert_false(gv_drill_log_parse(&back, bad[i], &arena));
	}
	gv_buf_release(&text);
	gv_arena_release(&arena);
}

static void
knows_what_is_overdue(void **state)
{
	struct gv_drill_logged all[] = {
		{ .id = "7", .result = "passed", .time = 901, .env = "prod" },
		{ .id = "6", .result = "could_not_run", .time = 550 },
		{ .id = "5", .result = "failed", .time = 500, .env = "prod" },
		{ .id = "4", .result = "passed", .time = 400, .fault = "x" },
		{ .id = "3", .result = "passed", .time = 300, .env = "dev" },
		{ .id = "2", .result = "passed", .time = 200 },
		{ .id = "1", .result = "passed", .time = 100, .env = "prod" },
	};
	const struct gv_drill_log log = { .items = all, .n = 7 };
	const struct gv_drill_log none = { .n = 0 };
	struct gv_drill_state s;

	(void)state;
	gv_drill_log_judge(&s, &log, "prod", 600, 399);
	assert_string_equal(s.last->id, "6");
	assert_string_equal(s.passed->id, "2");
	assert_string_equal(s.ignored->id, "7");
	assert_true(s.is_overdue);
	gv_drill_log_judge(&s, &log, "prod", 600, 401);
	assert_false(s.is_overdue);
	assert_int_equal(s.due, 601);
	gv_drill_log_judge(&s, &log, "dev", 600, 400);
	assert_string_equal(s.passed->id, "3");
	gv_drill_log_judge(&s, &log, "staging", 600, 1000);
	assert_string_equal(s.passed->id, "2");
	gv_drill_log_judge(&s, &log, NULL, 600, 1000);
	assert_string_equal(s.last->id, "6");
	assert_string_equal(s.passed->id, "2");
	/* clocks may differ a little */
	gv_drill_log_judge(&s, &log, "prod", 601, 399);
	assert_string_equal(s.passed->id, "7");
	assert_null(s.ignored);
	gv_drill_log_judge(&s, &none, "prod", 600, 1000);
	assert_null(s.last);
	assert_true(s.is_overdue);
}

UNIT(drill_cause)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_cause),
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(knows_what_is_overdue),
	};

	return UNIT_RUN(tests);
}
