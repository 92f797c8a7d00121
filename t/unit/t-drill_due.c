#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "config/policy.h"
#include "drill/drill_due.h"

#define DAY 86400

/* Days ago, environment, result, fault; the newest first. */
static struct gv_drill_logged drills[8];
static struct gv_drill_log drill_log;
static const int64_t now = 1000 * DAY;

static void
begin(void)
{
	memset(drills, 0, sizeof(drills));
	drill_log = (struct gv_drill_log){ .items = drills };
}

static void
add(int64_t days, const char *env, const char *result, const char *fault)
{
	drills[drill_log.n++] = (struct gv_drill_logged){ .id = "d",
		.env = env,
		.result = result,
		.fault = fault,
		.time = now - days * DAY };
}

static const char *
reason(const char *env, int64_t days)
{
	const char *why;

	return gv_drill_due_proof(&why, &drill_log, env, days * DAY, now) ? ""
									  : why;
}

static void
a_drill_proves_for_its_environment_and_time(void **state)
{
	(void)state;
	begin();
	assert_string_equal(reason("prod", 30), "none has passed yet");
	add(1, "dev", "passed", NULL);
	add(2, NULL, "passed", "lost-ref");
	add(10, "prod", "passed", NULL);
	add(20, NULL, "passed", NULL);
	assert_string_equal(reason("prod", 30), "");
	assert_string_equal(reason("dev", 5), "");
	assert_string_equal(reason("test", 30), "");
	assert_string_equal(
	    reason("test", 15), "the last one was too long ago");
	assert_string_equal(reason("prod", 9), "the last one was too long ago");
}

#define REF "refs/vault/reports/drill/"

static bool
stays(const char *id)
{
	char ref[80];

	(void)snprintf(ref, sizeof(ref), REF "%s", id);
	return gv_drill_kept_stays(&drill_log, ref, now);
}

/* day 1000 is 1972-09-27, and 400 days before it 1971-08-24 */
static void
of_old_reports_the_last_of_each_kind_stay(void **state)
{
	static const char *const ids[] = { "19710101T000000Z-00000001",
		"19710102T000000Z-00000002", "19710103T000000Z-00000003",
		"19710104T000000Z-00000004", "19710105T000000Z-00000005",
		"19710106T000000Z-00000006" };
	size_t i;

	(void)state;
	begin();
	add(630, "dev", "failed", NULL);
	add(631, "prod", "failed", "lost-ref");
	add(632, "prod", "could_not_run", NULL);
	add(633, "prod", "failed", NULL);
	add(634, "prod", "passed", NULL);
	add(635, "prod", "failed", NULL);
	for (i = 0; i < drill_log.n; i++)
		drills[i].id = ids[5 - i];
	assert_true(stays(ids[5]));
	assert_true(stays(ids[4]));
	assert_true(stays(ids[3]));
	assert_true(stays(ids[2]));
	assert_false(stays(ids[1]));
	assert_false(stays(ids[0]));
	/* nobody has told of this one; and this one is young */
	assert_false(stays("19700101T000000Z-00000009"));
	assert_true(stays("19710825T000000Z-00000009"));
	assert_true(stays("no-time"));
}

static void
what_failed_or_could_not_run_proves_nothing(void **state)
{
	(void)state;
	begin();
	add(1, "prod", "could_not_run", NULL);
	add(2, "prod", "passed", NULL);
	assert_string_equal(reason("prod", 30), "");
	drills[1].result = "failed";
	assert_string_equal(reason("prod", 30), "the last one has failed");
	drill_log.n = 1;
	assert_string_equal(
	    reason("prod", 30), "the last one could not run all checks");
	/* one that failed hides those before it */
	begin();
	add(1, NULL, "failed", NULL);
	add(2, "prod", "passed", NULL);
	assert_string_equal(reason("prod", 30), "the last one has failed");
	/* nor does one of the future */
	begin();
	add(-2, "prod", "passed", NULL);
	assert_string_equal(reason("prod", 30), "none has passed yet");
}

static void
with_a_keyring_it_is_signed_by_one_of_it(void **state)
{
	struct gv_audit_signer who = { .who = GV_AUDIT_WHO_KEYRING,
		.voice = "prod shared " };
	struct gv_audit_event_at at = { .host = "h" };

	(void)state;
	begin();
	drill_log.found.signers.scopes = "prod shared ";
	add(1, "prod", "passed", NULL);
	assert_string_equal(reason("prod", 30),
	    "the last one is signed by nobody who decides about this "
	    "environment");
	drills[0].at = &at;
	assert_true(*reason("prod", 30) != '\0');
	at.signer = &who;
	assert_string_equal(reason("prod", 30), "");
	who.is_writer = true;
	assert_true(*reason("prod", 30) != '\0');
	who.is_writer = false;
	/* another scope's reader, and an event of another vault */
	who.voice = "shared ";
	assert_true(*reason("prod", 30) != '\0');
	who.voice = "prod shared ";
	drills[0].is_foreign = true;
	at.signer = NULL;
	assert_string_equal(reason("prod", 30),
	    "the last one is of another vault, or names none");
	at.signer = &who;
	drills[0].is_foreign = false;
	who.who = GV_AUDIT_WHO_FORMER;
	assert_true(*reason("prod", 30) != '\0');
	who.who = GV_AUDIT_WHO_HOST;
	assert_true(*reason("prod", 30) != '\0');
	/* a keyring that is refused is none */
	drill_log.found.signers.scopes = NULL;
	drill_log.found.signers.why = "forged";
	assert_true(*reason("prod", 30) != '\0');
}

/* Neither put off nor called for by what anybody can push. */
static void
what_nobody_signed_makes_none_due_nor_done(void **state)
{
	struct gv_audit_signer who = { .who = GV_AUDIT_WHO_KEYRING,
		.voice = "prod shared " };
	struct gv_audit_event_at at = { .host = "h", .signer = &who };
	struct gv_drill_state is;

	(void)state;
	begin();
	drill_log.found.signers.scopes = "prod shared ";
	add(1, "prod", "failed", NULL);
	add(2, "prod", "passed", NULL);
	gv_drill_log_judge(&is, &drill_log, "prod", now, 30 * DAY);
	assert_true(is.is_overdue);
	assert_null(is.last);
	assert_ptr_equal(is.ignored, &drills[0]);
	drills[1].at = &at;
	gv_drill_log_judge(&is, &drill_log, "prod", now, 30 * DAY);
	assert_false(is.is_overdue);
	assert_ptr_equal(is.last, &drills[1]);
	assert_string_equal(reason("prod", 30), "");
}

static void
each_schedule_is_judged_once(void **state)
{
	static const char text[] =
	    "schedule:\n  all: {what: drill, every: 60d}\n"
	    "  often: {what: drill, env: prod, every: 30d}\n"
	    "  rarely: {what: drill, env: prod, every: 40d}\n";
	struct gv_policy policy;
	struct gv_drill_dues dues;

	(void)state;
	begin();
	add(20, NULL, "could_not_run", NULL);
	add(35, NULL, "passed", NULL);
	assert_int_equal(gv_policy_parse(&policy, "f", text, strlen(text)), 0);
	assert_int_equal(gv_drill_due_find(&dues, &policy, &drill_log, now), 0);
	assert_int_equal(dues.n, 2);
	assert_true(dues.is_said);
	assert_null(dues.items[0].env);
	assert_false(dues.items[0].state.is_overdue);
	assert_string_equal(dues.items[1].env, "prod");
	assert_int_equal(dues.items[1].every, 30 * DAY);
	assert_true(dues.items[1].state.is_overdue);
	gv_drill_due_release(&dues);
	gv_policy_release(&policy);
	policy = (struct gv_policy)GV_POLICY_INIT;
	assert_int_equal(gv_drill_due_find(&dues, &policy, &drill_log, now), 0);
	assert_int_equal(dues.n, 1);
	assert_false(dues.is_said);
	assert_int_equal(dues.items[0].every, 90 * DAY);
	gv_drill_due_release(&dues);
}

static void
one_is_late_when_none_passed_in_its_time(void **state)
{
	struct gv_drill_due due = { .env = "prod", .every = 10 * DAY };
	struct gv_drill_dues dues = { .items = &due, .n = 1 };
	const struct gv_drill_logged *passed;

	(void)state;
	begin();
	assert_true(
	    gv_drill_due_is_late(&passed, &dues, &due, &drill_log, now));
	assert_null(passed);
	add(1, "dev", "failed", NULL);
	add(2, "dev", "passed", "lost-ref");
	add(10, "dev", "passed", NULL);
	assert_ptr_equal(gv_drill_due_newest(&drill_log, false), &drills[0]);
	/* without a schedule a drill of any environment counts, for its time */
	assert_true(
	    gv_drill_due_is_late(&passed, &dues, &due, &drill_log, now));
	assert_ptr_equal(passed, &drills[2]);
	assert_false(
	    gv_drill_due_is_late(&passed, &dues, &due, &drill_log, now - 1));
	/* with one, what the state says */
	dues.is_said = true;
	assert_true(
	    gv_drill_due_is_late(&passed, &dues, &due, &drill_log, now - 1));
	due.state.passed = &drills[0];
	assert_false(
	    gv_drill_due_is_late(&passed, &dues, &due, &drill_log, now));
}

UNIT(drill_due)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drill_proves_for_its_environment_and_time),
		cmocka_unit_test(of_old_reports_the_last_of_each_kind_stay),
		cmocka_unit_test(what_failed_or_could_not_run_proves_nothing),
		cmocka_unit_test(with_a_keyring_it_is_signed_by_one_of_it),
		cmocka_unit_test(what_nobody_signed_makes_none_due_nor_done),
		cmocka_unit_test(each_schedule_is_judged_once),
		cmocka_unit_test(one_is_late_when_none_passed_in_its_time),
	};

	return UNIT_RUN(tests);
}
