#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "drift/accepted.h"

#define TODAY "2026-11-28"

static struct gv_drift_finding
finding(const char *key, const char *left, const char *right)
{
	struct gv_drift_finding f = { .key = key,
		.class = GV_DRIFT_VALUE,
		.verdict = GV_DRIFT_DRIFT,
		.severity = GV_DRIFT_NORMAL,
		.says = "differs",
		.keys = 1 };

	if (left)
		f.left = (struct gv_drift_place){
			.path = "a", .value = left, .value_len = strlen(left)
		};
	if (right)
		f.right = (struct gv_drift_place){
			.path = "b", .value = right, .value_len = strlen(right)
		};
	return f;
}

static void
accept(struct gv_buf *text, const struct gv_drift_finding *f,
    const char *reason, const char *until)
{
	char left[GV_ACCEPTED_DIGEST], right[GV_ACCEPTED_DIGEST];
	struct gv_accepted_entry e = { .key = f->key,
		.envs = { "staging", "prod" },
		.digests = { left, right },
		.reason = reason,
		.until = until };

	gv_accepted_digest(left, f, &f->left);
	gv_accepted_digest(right, f, &f->right);
	assert_int_equal(gv_accepted_add(text, &e), 0);
}

/* Apply the text to one finding, whose verdict and sentence are checked. */
static void
check(const struct gv_buf *text, struct gv_drift_finding f, bool is_turned,
    enum gv_drift_verdict verdict, const char *says)
{
	struct gv_drift_report report = { .findings = &f, .n = 1, .keys = 1 };
	struct gv_accepted accepted;

	report.counts[GV_DRIFT_DRIFT] = 1;
	assert_int_equal(
	    gv_accepted_parse(&accepted, "f", text->p, text->len), 0);
	assert_int_equal(gv_accepted_apply(&report, &accepted,
			     is_turned ? "prod" : "staging",
			     is_turned ? "staging" : "prod", TODAY),
	    0);
	assert_int_equal(f.verdict, verdict);
	assert_int_equal(
	    report.counts[GV_DRIFT_ACCEPTED], verdict == GV_DRIFT_ACCEPTED);
	assert_int_equal(
	    report.counts[GV_DRIFT_DRIFT], verdict == GV_DRIFT_DRIFT);
	assert_string_equal(f.says, says);
	gv_arena_release(&report.arena);
	gv_accepted_release(&accepted);
}

static void
what_is_accepted_holds_until_it_changes(void **state)
{
	const struct gv_drift_finding f = finding("a#k", "1", "2");
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	accept(&text, &f, "slow \"disks\"", NULL);
	check(&text, f, false, GV_DRIFT_ACCEPTED, "differs");
	check(&text, finding("a#k", "2", "1"), true, GV_DRIFT_ACCEPTED,
	    "differs");
	check(&text, finding("a#k", "1", "3"), false, GV_DRIFT_DRIFT,
	    "differs (accepted before it changed: slow \"disks\")");
	check(&text, finding("a#k", "1", NULL), false, GV_DRIFT_DRIFT,
	    "differs (accepted before it changed: slow \"disks\")");
	check(
	    &text, finding("a#l", "1", "2"), false, GV_DRIFT_DRIFT, "differs");
	gv_buf_release(&text);
}

static void
what_has_ended_comes_back_with_its_reason(void **state)
{
	const struct gv_drift_finding f = finding("a#k", "1", NULL);
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	accept(&text, &f, "for a test", TODAY);
	check(&text, f, false, GV_DRIFT_ACCEPTED, "differs");
	accept(&text, &f, "for a test", "2026-11-27");
	check(&text, f, false, GV_DRIFT_DRIFT,
	    "differs (accepted until 2026-11-27: for a test)");
	gv_buf_release(&text);
}

static void
weaker_guards_are_never_accepted(void **state)
{
	struct gv_drift_finding f = finding("a#k", "true", "false");
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	accept(&text, &f, "why", NULL);
	f.class = GV_DRIFT_GUARD;
	check(&text, f, false, GV_DRIFT_DRIFT, "differs");
	gv_buf_release(&text);
}

static void
without_a_key_private_values_have_no_digest(void **state)
{
	struct gv_drift_finding f = finding("a#k", "1", "2");
	char text[GV_ACCEPTED_DIGEST];

	(void)state;
	gv_accepted_digest(text, &f, &f.left);
	assert_int_equal(strlen(text), 16);
	f.left.is_hidden = true;
	gv_accepted_digest(text, &f, &f.left);
	assert_string_equal(text, "hidden");
	f.right.is_private = true;
	gv_accepted_digest(text, &f, &f.right);
	assert_string_equal(text, "hidden");
	f.right.path = NULL;
	gv_accepted_digest(text, &f, &f.right);
	assert_string_equal(text, "none");
}

/* What is written "was" against what a side "is" now; "": there is no key. */
static bool
holds(const char *was, const char *is)
{
	struct gv_drift_finding f = finding("a#k", "1", "2");
	struct gv_drift_report report = { .findings = &f, .n = 1 };
	struct gv_accepted_entry e = { .key = "a#k",
		.envs = { "staging", "prod" },
		.digests = { was, "none" },
		.reason = "r" };
	const struct gv_accepted accepted = { .entries = &e, .n = 1 };

	f.left.is_hidden = true;
	f.right.path = NULL;
	snprintf(f.left.digest, sizeof(f.left.digest), "%s", is);
	report.counts[GV_DRIFT_DRIFT] = 1;
	assert_int_equal(gv_accepted_apply(&report, &accepted, "staging",
			     "prod", "2026-11-28"),
	    0);
	gv_arena_release(&report.arena);
	return f.verdict == GV_DRIFT_ACCEPTED;
}

static void
a_secret_that_changes_comes_back_where_there_is_its_key(void **state)
{
	static const char one[] = "0123abcd-0123456789abcdef",
			  two[] = "0123abcd-0123456789abcdee",
			  other[] = "9999abcd-0000000000000000";

	(void)state;
	assert_true(holds(one, one));
	assert_false(holds(one, two));
	assert_true(holds(one, other));
	assert_true(holds(one, ""));
	assert_true(holds("hidden", one));
	assert_true(holds("hidden", ""));
	assert_false(holds("none", one));
	assert_false(holds("none", ""));
	assert_false(holds("0123456789abcdef", one));
	assert_false(holds("0123456789abcdef", ""));
}

static void
an_entry_replaces_the_one_of_its_key(void **state)
{
	const struct gv_drift_finding a = finding("a#k", "1", "2"),
				      b = finding("b#k", "1", "2");
	struct gv_buf text = GV_BUF_INIT;
	struct gv_accepted accepted;

	(void)state;
	accept(&text, &a, "one", NULL);
	accept(&text, &b, "two", "2027-01-31");
	accept(&text, &a, "three", NULL);
	assert_int_equal(
	    gv_accepted_parse(&accepted, "f", text.p, text.len), 0);
	assert_int_equal(accepted.n, 2);
	assert_string_equal(accepted.entries[0].key, "b#k");
	assert_string_equal(accepted.entries[0].until, "2027-01-31");
	assert_string_equal(accepted.entries[1].reason, "three");
	assert_null(strstr(text.p, "one"));
	assert_int_equal(strncmp(text.p, "# Differences", 13), 0);
	gv_accepted_release(&accepted);
	gv_buf_release(&text);
}

static void
what_is_no_list_of_differences_is_refused_with_its_line(void **state)
{
	static const char *const rows[][2] = {
		{ "a: 1\n", "f: line 1: there must be a list 'accepted'" },
		{ "accepted: 1\n", "f: line 1: 'accepted' must be a list" },
		{ "accepted:\n- 1\n", "f: line 2: this is not a difference" },
		{ "accepted:\n- key: k\n",
		    "f: line 2: 'environments' must be a list of two" },
		{ "accepted:\n- key: k\n  environments: [a, b]\n  digests: "
		  "[x, y]\n",
		    "f: line 2: 'reason' is missing" },
		{ "accepted:\n- key: k\n  environments: [a, b]\n  digests: "
		  "[x, y]\n  reason: r\n  until: 2026-13-01\n",
		    "f: line 2: 'until' must be a day such as 2027-01-31" },
		{ "accepted:\n- key: k\n  why: r\n",
		    "f: line 3: there is no such key here" },
	};
	struct gv_accepted accepted;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(gv_accepted_parse(&accepted, "f", rows[i][0],
				     strlen(rows[i][0])),
		    GV_EREFUSED);
		assert_string_equal(gv_err_message(), rows[i][1]);
		gv_accepted_release(&accepted);
	}
	assert_int_equal(
	    gv_accepted_parse(&accepted, "f", "accepted:\n", 10), 0);
	gv_accepted_release(&accepted);
}

UNIT(accepted)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_accepted_holds_until_it_changes),
		cmocka_unit_test(what_has_ended_comes_back_with_its_reason),
		cmocka_unit_test(
		    a_secret_that_changes_comes_back_where_there_is_its_key),
		cmocka_unit_test(weaker_guards_are_never_accepted),
		cmocka_unit_test(without_a_key_private_values_have_no_digest),
		cmocka_unit_test(an_entry_replaces_the_one_of_its_key),
		cmocka_unit_test(
		    what_is_no_list_of_differences_is_refused_with_its_line),
	};

	return UNIT_RUN(tests);
}
