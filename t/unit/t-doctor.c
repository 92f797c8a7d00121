#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "doctor/doctor_internal.h"
#include "doctor/doctor_judge.h"
#include "unit/people.h"

#define NOW  INT64_C(1795158764)
#define DAY  INT64_C(86400)
#define WEEK (7 * DAY)

static void
is(struct gv_doctor_verdict v, enum gv_doctor_grade grade, const char *kind)
{
	if (kind == NULL) {
		assert_null(v.kind);
		return;
	}
	assert_non_null(v.kind);
	assert_string_equal(v.kind, kind);
	assert_int_equal(v.grade, grade);
}

/* ---- the list of findings ------------------------------------------------ */

static int
add(struct gv_doctor *d, enum gv_doctor_grade grade, const char *kind,
    const char *command)
{
	return gv_doctor_add(d, grade, kind, command, "%s is wrong", kind);
}

static void
the_gravest_come_first_and_equals_in_the_order_of_the_checks(void **state)
{
	static const char *const order[] = { "ref_broken", "policy_bad",
		"one_key", "snapshot_old", "no_name", "no_modes" };
	struct gv_doctor_report report = { .n = 0 };
	struct gv_doctor d = { .report = &report };
	size_t i;

	(void)state;
	fine(add(&d, GV_DOCTOR_NOTE, "no_name", NULL));
	fine(add(&d, GV_DOCTOR_WARNING, "one_key", NULL));
	fine(add(&d, GV_DOCTOR_ERROR, "ref_broken", NULL));
	fine(add(&d, GV_DOCTOR_NOTE, "no_modes", NULL));
	fine(add(&d, GV_DOCTOR_ERROR, "policy_bad", NULL));
	fine(add(&d, GV_DOCTOR_WARNING, "snapshot_old", NULL));
	gv_doctor_sort(&report);
	assert_int_equal(report.n, 6);
	for (i = 0; i < report.n; i++)
		assert_string_equal(report.findings[i].kind, order[i]);
	assert_int_equal(report.counts[GV_DOCTOR_ERROR], 2);
	assert_int_equal(report.counts[GV_DOCTOR_WARNING], 2);
	assert_int_equal(report.counts[GV_DOCTOR_NOTE], 2);
	gv_doctor_release(&report);
}

static void
a_path_is_quoted_in_the_command(void **state)
{
	struct gv_doctor_report report = { .n = 0 };
	struct gv_doctor d = { .report = &report };

	(void)state;
	fine(gv_doctor_add_for(&d, GV_DOCTOR_WARNING, "stale_lock",
	    (struct gv_doctor_do){ "rm", "a b/$(x).lock" }, "%s", "a lock"));
	assert_string_equal(report.findings[0].command, "rm 'a b/$(x).lock'");
	assert_string_equal(report.findings[0].text, "a lock");
	gv_doctor_release(&report);
}

/* Their commands send something, delete what nobody can make again, or undo
 * what somebody may have set on purpose. */
static void
what_sends_deletes_or_decides_is_never_run_by_fix(void **state)
{
	static const char *const kinds[] = { "no_remote", "never_synced",
		"snapshots_unsent", "one_key", "precious_in_clear",
		"unreachable_snapshots", "unnamed_snapshots", "ref_misnamed",
		"ref_broken", "snapshot_lost", "snapshot_damaged",
		"ref_damaged", "marks_damaged", "policy_bad", "stale_lock",
		"index_damaged", "index_without_pack", "left_by_git",
		"mixed_ownership", "not_writable", "not_shared",
		"world_writable", "clock_behind", "push_forces", "push_carries",
		"push_mirrors", "gc_prunes_never", "receipts_unknown",
		"reseal_pending", "state_lock_old", "trash_damaged",
		"trash_unreadable", "disk_full", "shallow_clone",
		"hooks_not_run", "values_astray", "no_name" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (gv_doctor_is_safe(kinds[i]))
			fail_msg("%s counts as safe", kinds[i]);
}

static void
a_finding_is_safe_by_its_kind_and_with_a_command_alone(void **state)
{
	struct gv_doctor_report report = { .n = 0 };
	struct gv_doctor d = { .report = &report };

	(void)state;
	fine(add(&d, GV_DOCTOR_WARNING, "snapshot_old", "git vault snapshot"));
	fine(add(&d, GV_DOCTOR_ERROR, "refspec_prunes", NULL));
	fine(add(&d, GV_DOCTOR_WARNING, "one_key", "git vault key escrow"));
	assert_true(report.findings[0].is_safe);
	assert_false(report.findings[1].is_safe);
	assert_false(report.findings[2].is_safe);
	gv_doctor_release(&report);
}

static void
what_fix_ended_counts_no_more_and_what_failed_still_does(void **state)
{
	struct gv_doctor_report report = { .n = 0 };
	struct gv_doctor d = { .report = &report };

	(void)state;
	fine(add(&d, GV_DOCTOR_WARNING, "many_packs", "exit 0"));
	fine(add(
	    &d, GV_DOCTOR_WARNING, "loose_refs", "echo no room >&2; exit 3"));
	fine(gv_doctor_fix(&report, 0));
	assert_true(report.findings[0].is_fixed);
	assert_int_equal(gv_doctor_fix(&report, 1), GV_ERROR);
	assert_message("no room");
	assert_false(report.findings[1].is_fixed);
	assert_int_equal(report.counts[GV_DOCTOR_WARNING], 1);
	gv_doctor_release(&report);
}

/* ---- times --------------------------------------------------------------- */

static void
clocks_may_differ_by_ten_minutes(void **state)
{
	(void)state;
	is(gv_doctor_judge_clock(0, NOW), 0, NULL);
	is(gv_doctor_judge_clock(NOW + 600, NOW), 0, NULL);
	is(gv_doctor_judge_clock(NOW + 601, NOW), GV_DOCTOR_WARNING,
	    "clock_behind");
}

static void
age_is_judged_by_what_has_changed_where_that_was_looked_at(void **state)
{
	static const struct {
		struct gv_doctor_judge_age facts;
		const char *kind;
	} cases[] = {
		{ { 0, NOW, WEEK, true, false, false, 0 }, "no_snapshot" },
		{ { 0, NOW, WEEK, false, true, false, 0 }, "no_snapshot" },
		{ { NOW - WEEK, NOW, WEEK, true, true, false, 0 }, NULL },
		{ { NOW - WEEK - 1, NOW, WEEK, true, true, false, 0 },
		    "snapshot_old" },
		/* the tree is as it was then */
		{ { NOW - 9 * WEEK, NOW, WEEK, true, false, true, 0 }, NULL },
		{ { NOW - 9 * WEEK, NOW, WEEK, true, false, true, 1 },
		    "snapshot_old" },
		{ { NOW - DAY, NOW, WEEK, true, false, true, 9 }, NULL },
		/* nobody works in it; a monitor asks nevertheless */
		{ { NOW - 9 * WEEK, NOW, WEEK, false, false, false, 0 }, NULL },
		{ { NOW - 9 * WEEK, NOW, WEEK, false, true, false, 0 },
		    "snapshot_old" },
		/* of one from the future the age is not known */
		{ { NOW + DAY, NOW, 0, true, true, false, 0 }, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is(gv_doctor_judge_age(&cases[i].facts), GV_DOCTOR_WARNING,
		    cases[i].kind);
}

static void
a_vault_is_to_be_verified_once_it_is_old_enough(void **state)
{
	static const struct {
		struct gv_doctor_judge_verified facts;
		const char *kind;
	} cases[] = {
		{ { 0, 0, 0, NOW, WEEK }, NULL },
		{ { 3, NOW - WEEK, 0, NOW, WEEK }, NULL },
		{ { 3, NOW - WEEK - 1, 0, NOW, WEEK }, "verified_long_ago" },
		{ { 3, NOW - 9 * WEEK, NOW - WEEK, NOW, WEEK }, NULL },
		{ { 3, NOW - 9 * WEEK, NOW - WEEK - 1, NOW, WEEK },
		    "verified_long_ago" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is(gv_doctor_judge_verified(&cases[i].facts), GV_DOCTOR_WARNING,
		    cases[i].kind);
}

/* ---- copies -------------------------------------------------------------- */

static void
copies_are_asked_for_where_a_lost_disk_takes_snapshots(void **state)
{
	static const struct {
		struct gv_doctor_judge_copies facts;
		const char *kind;
	} cases[] = {
		{ { 0, 0, NOW, 0, false, false }, NULL },
		{ { 0, 0, NOW, 1, true, false }, NULL },
		{ { 1, NOW, NOW, 0, true, false }, "no_remote" },
		{ { 1, NOW, NOW, 2, true, false }, "never_synced" },
		{ { 1, NOW - DAY, NOW, 1, false, false }, NULL },
		{ { 1, NOW - DAY - 1, NOW, 1, false, false },
		    "snapshots_unsent" },
		{ { 1, NOW, NOW, 0, true, true }, NULL },
		{ { 1, NOW, NOW, 2, true, true }, "never_synced" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is(gv_doctor_judge_copies(&cases[i].facts), GV_DOCTOR_WARNING,
		    cases[i].kind);
}

static void
unsigned_receipts_are_suspect_after_signed_ones_alone(void **state)
{
	(void)state;
	is(gv_doctor_judge_receipts(GV_RECEIPT_KNOWN, true), 0, NULL);
	is(gv_doctor_judge_receipts(GV_RECEIPT_UNSIGNED, false), 0, NULL);
	is(gv_doctor_judge_receipts(GV_RECEIPT_UNSIGNED, true),
	    GV_DOCTOR_WARNING, "receipts_unsigned");
	is(gv_doctor_judge_receipts(GV_RECEIPT_UNKNOWN, true), GV_DOCTOR_NOTE,
	    "receipts_unknown");
	is(gv_doctor_judge_receipts(GV_RECEIPT_BAD, false), GV_DOCTOR_WARNING,
	    "receipts_forged");
}

/* ---- access -------------------------------------------------------------- */

#define ZEROS                                                                  \
	"00000000000000000000000000000000"                                     \
	"00000000000000000000000000000000"

/* A keyring with three scopes, whose readers are these lines; each @ is a key,
 * of ALICE and of BOB. */
static void
read_keyring(struct gv_keyring *k, const char *form)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *at;
	int who = ALICE;

	gv_buf_addstr(&text,
	    "git-vault keyring 1\nversion 2\nprevious " ZEROS
	    "\ntime 2026-11-20T07:12:44Z\nidkey " ZEROS
	    "\nscope dev\nscope prod\nscope shared\n");
	for (at = form; *at; at++)
		if (*at == '@')
			gv_buf_addstr(&text, people[who++].key.p);
		else
			gv_buf_addch(&text, *at);
	gv_buf_addf(&text, "signer alice %s\n", people[ALICE].signer.p);
	fine(gv_buf_check(&text));
	fine(gv_keyring_parse(k, text.p, text.len));
	gv_buf_release(&text);
}

static void
one_key_for_all_scopes_is_told_from_one_for_some(void **state)
{
	struct gv_doctor_judge_single one;
	struct gv_keyring k;

	(void)state;
	read_keyring(&k, "recipient alice owner * @\n");
	fine(gv_doctor_judge_keys(&one, &k));
	assert_int_equal(one.n, 3);
	assert_true(one.is_one);
	assert_string_equal(one.who, "alice");
	assert_string_equal(one.scope, "dev");
	gv_keyring_release(&k);

	read_keyring(&k,
	    "recipient alice owner * @\nrecipient bob reader dev,shared @\n");
	fine(gv_doctor_judge_keys(&one, &k));
	assert_int_equal(one.n, 1);
	assert_string_equal(one.scope, "prod");
	gv_keyring_release(&k);

	read_keyring(
	    &k, "recipient alice owner * @\nrecipient bob reader * @\n");
	fine(gv_doctor_judge_keys(&one, &k));
	assert_int_equal(one.n, 0);
	gv_keyring_release(&k);
}

static void
modes_are_held_against_those_of_the_repository(void **state)
{
	(void)state;
	is(gv_doctor_judge_mode(0755, 0755, false), 0, NULL);
	is(gv_doctor_judge_mode(0555, 0755, false), GV_DOCTOR_ERROR,
	    "not_writable");
	is(gv_doctor_judge_mode(0755, 0775, true), GV_DOCTOR_WARNING,
	    "not_shared");
	is(gv_doctor_judge_mode(0755, 0775, false), 0, NULL);
	is(gv_doctor_judge_mode(0777, 0755, false), GV_DOCTOR_WARNING,
	    "world_writable");
	is(gv_doctor_judge_mode(0777, 0777, false), 0, NULL);
	/* what cannot be written to at all is the worse of two */
	is(gv_doctor_judge_mode(0477, 0755, false), GV_DOCTOR_ERROR,
	    "not_writable");
}

static void
a_disk_is_full_by_size_or_by_share(void **state)
{
	const uint64_t mib = UINT64_C(1) << 20;

	(void)state;
	is(gv_doctor_judge_disk(64 * mib, 64 * mib), 0, NULL);
	is(gv_doctor_judge_disk(64 * mib - 1, 64 * mib), GV_DOCTOR_WARNING,
	    "disk_full");
	is(gv_doctor_judge_disk(100 * mib, 5000 * mib), 0, NULL);
	is(gv_doctor_judge_disk(100 * mib - 1, 5000 * mib), GV_DOCTOR_WARNING,
	    "disk_full");
}

/* ---- Git's configuration ------------------------------------------------- */

static void
a_refspec_is_dangerous_where_it_writes_over_the_vault(void **state)
{
	static const struct {
		const char *spec;
		bool prunes, is_left_out;
		enum gv_doctor_grade grade;
		const char *kind;
	} cases[] = {
		{ "+refs/heads/*:refs/remotes/origin/*", true, false, 0, NULL },
		{ "+refs/*:refs/*", false, false, GV_DOCTOR_WARNING,
		    "refspec_overwrites" },
		{ "+refs/*:refs/*", true, false, GV_DOCTOR_ERROR,
		    "refspec_prunes" },
		{ "refs/*:refs/*", false, false, 0, NULL },
		{ "refs/*:refs/*", true, false, GV_DOCTOR_ERROR,
		    "refspec_prunes" },
		{ "+refs/*:refs/*", true, true, 0, NULL },
		{ "+refs/vault/*:refs/vault/*", false, false, GV_DOCTOR_WARNING,
		    "refspec_overwrites" },
		{ "+refs/vault/*", true, false, 0, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is(gv_doctor_judge_fetch(
		       cases[i].spec, cases[i].prunes, cases[i].is_left_out),
		    cases[i].grade, cases[i].kind);
	is(gv_doctor_judge_push("refs/*:refs/*", false), GV_DOCTOR_NOTE,
	    "push_carries");
	is(gv_doctor_judge_push("+refs/vault/*:refs/vault/*", false),
	    GV_DOCTOR_WARNING, "push_forces");
	is(gv_doctor_judge_push("+refs/*:refs/*", true), 0, NULL);
	is(gv_doctor_judge_push("refs/heads/main", false), 0, NULL);
}

static void
gc_is_warned_of_where_it_deletes_at_once_or_never(void **state)
{
	static const char *const at_once[] = { "now", "all", "0" };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		is(gv_doctor_judge_expiry(at_once[i]), GV_DOCTOR_WARNING,
		    "gc_prunes_at_once");
	is(gv_doctor_judge_expiry("never"), GV_DOCTOR_NOTE, "gc_prunes_never");
	is(gv_doctor_judge_expiry("2.weeks.ago"), 0, NULL);
	is(gv_doctor_judge_expiry(NULL), 0, NULL);
	is(gv_doctor_judge_loosening(240, false, 6701), GV_DOCTOR_WARNING,
	    "gc_loosens");
	is(gv_doctor_judge_loosening(240, false, 6700), 0, NULL);
	is(gv_doctor_judge_loosening(240, true, 6701), 0, NULL);
	is(gv_doctor_judge_loosening(236, false, 6701), 0, NULL);
}

static void
flushing_is_judged_by_what_git_does_with_the_words(void **state)
{
	static const struct {
		int git;
		const char *list;
		bool has_method;
		enum gv_doctor_grade grade;
		const char *kind;
	} cases[] = {
		{ 236, NULL, false, GV_DOCTOR_NOTE, "fsync_default" },
		{ 236, NULL, true, 0, NULL },
		{ 235, NULL, false, 0, NULL },
		{ 239, "committed,reference", false, 0, NULL },
		{ 239, "default", false, GV_DOCTOR_NOTE, "fsync_default" },
		{ 239, "none", false, GV_DOCTOR_WARNING, "fsync_off" },
		{ 239, "all,-reference", false, GV_DOCTOR_WARNING,
		    "fsync_off" },
		{ 239, "committed,-loose-object", false, 0, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is(gv_doctor_judge_fsync(
		       cases[i].git, cases[i].list, cases[i].has_method),
		    cases[i].grade, cases[i].kind);
	is(gv_doctor_judge_fsync_method("writeout-only"), GV_DOCTOR_WARNING,
	    "fsync_off");
	is(gv_doctor_judge_fsync_method("batch"), 0, NULL);
	is(gv_doctor_judge_fsync_method(NULL), 0, NULL);
}

static void
a_key_is_old_by_the_time_that_the_policy_gives_it(void **state)
{
	const int64_t day = 86400, year = 365 * day;

	(void)state;
	is(gv_doctor_judge_key_age(1000 * day, year, 900 * day), 0, NULL);
	is(gv_doctor_judge_key_age(1000 * day, year, 970 * day - 1), 0, NULL);
	is(gv_doctor_judge_key_age(1000 * day, year, 970 * day), GV_DOCTOR_NOTE,
	    "key_expires");
	is(gv_doctor_judge_key_age(1000 * day, year, 1000 * day - 1),
	    GV_DOCTOR_NOTE, "key_expires");
	is(gv_doctor_judge_key_age(1000 * day, year, 1000 * day),
	    GV_DOCTOR_WARNING, "key_expired");
	/* a short time is not soon from its beginning on */
	is(gv_doctor_judge_key_age(1000 * day, 20 * day, 994 * day), 0, NULL);
	is(gv_doctor_judge_key_age(1000 * day, 20 * day, 995 * day),
	    GV_DOCTOR_NOTE, "key_expires");
}

UNIT(doctor)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_gravest_come_first_and_equals_in_the_order_of_the_checks),
		cmocka_unit_test(a_path_is_quoted_in_the_command),
		cmocka_unit_test(
		    what_sends_deletes_or_decides_is_never_run_by_fix),
		cmocka_unit_test(
		    a_finding_is_safe_by_its_kind_and_with_a_command_alone),
		cmocka_unit_test(
		    what_fix_ended_counts_no_more_and_what_failed_still_does),
		cmocka_unit_test(clocks_may_differ_by_ten_minutes),
		cmocka_unit_test(
		    age_is_judged_by_what_has_changed_where_that_was_looked_at),
		cmocka_unit_test(
		    a_vault_is_to_be_verified_once_it_is_old_enough),
		cmocka_unit_test(
		    copies_are_asked_for_where_a_lost_disk_takes_snapshots),
		cmocka_unit_test(
		    unsigned_receipts_are_suspect_after_signed_ones_alone),
		cmocka_unit_test(
		    one_key_for_all_scopes_is_told_from_one_for_some),
		cmocka_unit_test(
		    modes_are_held_against_those_of_the_repository),
		cmocka_unit_test(a_disk_is_full_by_size_or_by_share),
		cmocka_unit_test(
		    a_refspec_is_dangerous_where_it_writes_over_the_vault),
		cmocka_unit_test(
		    gc_is_warned_of_where_it_deletes_at_once_or_never),
		cmocka_unit_test(
		    flushing_is_judged_by_what_git_does_with_the_words),
		cmocka_unit_test(
		    a_key_is_old_by_the_time_that_the_policy_gives_it),
	};

	return cmocka_run_group_tests(tests, people_enter, people_leave);
}
