#include "unit/unit.h"

#include <string.h>

#include "base/buf.h"
#include "format/answer.h"
#include "job/job_child.h"
#include "job/job_report.h"
#include "job/job_state.h"

static void
note(struct gv_job_state *state, const char *job, int64_t begun, int64_t took,
    enum gv_job_status status)
{
	const struct gv_job_run run = { .id = "20261201T000000Z-00000001",
		.job = job,
		.what = "snapshot",
		.begun = begun,
		.ended = begun + took,
		.status = status,
		.has_size = status == GV_JOB_PARTIAL,
		.stored = 4711 };

	assert_int_equal(gv_job_state_note(state, &run, begun - 5), 0);
}

static void
what_is_written_is_read_again(void **state)
{
	struct gv_job_state s = { .n = 0 }, again;
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	const struct gv_job_last *last;

	(void)state;
	note(&s, "nightly", 1000, 30, GV_JOB_SUCCESS);
	note(&s, "nightly", 2000, 50, GV_JOB_PARTIAL);
	note(&s, NULL, 2500, 1, GV_JOB_FAILED);
	assert_int_equal(gv_job_state_tell(&s, "run nightly", 77), 0);
	assert_int_equal(gv_job_state_tell(&s, "run nightly", 99), 0);
	assert_int_equal(gv_job_state_tell(&s, "rpo a\tb", 5), 0);
	assert_int_equal(gv_job_state_write(&a, &s), 0);
	assert_int_equal(gv_job_state_read(&again, a.p, a.len), 0);
	assert_int_equal(gv_job_state_write(&b, &again), 0);
	assert_string_equal(a.p, b.p);
	last = gv_job_state_find(&again, "nightly");
	assert_non_null(last);
	assert_int_equal(last->due, 1995);
	assert_int_equal(last->ended, 2050);
	assert_int_equal(last->status, GV_JOB_PARTIAL);
	assert_int_equal(last->n_times, 2);
	assert_true(last->has_size);
	assert_int_equal(last->stored, 4711);
	assert_int_equal(last->times[0], 50);
	assert_int_equal(again.n_counts, 1);
	assert_int_equal(again.counts[0].n[GV_JOB_FAILED], 1);
	assert_int_equal(gv_job_state_told(&again, "run nightly")->since, 77);
	assert_int_equal(gv_job_state_told(&again, "run nightly")->time, 99);
	/* what would end a field is blank */
	assert_non_null(gv_job_state_told(&again, "rpo a b"));
	gv_job_state_forget(&again, "run nightly");
	assert_null(gv_job_state_told(&again, "run nightly"));
	/* what the last run does not say is not that of the one before */
	note(&again, "nightly", 3000, 30, GV_JOB_SUCCESS);
	assert_false(gv_job_state_find(&again, "nightly")->has_size);
	gv_job_state_release(&s);
	gv_job_state_release(&again);
	gv_buf_release(&a);
	gv_buf_release(&b);
}

static void
lines_that_are_wrong_are_passed_over(void **state)
{
	static const char text[] =
	    "git-vault-jobs 1\n"
	    "job\ta\t1\t2\t3\tsuccess\tid\t1,2,x\n"
	    "job\ta\t9\t9\t9\tsuccess\tid\t\n" /* twice */
	    "job\tb\t1\t2\t3\twell\tid\t\n"
	    "job\tc\t-1\t2\t3\tsuccess\tid\t\n"
	    "job\td\t99999999999999999999\t2\t3\tsuccess\tid\t\n"
	    "job\te\t1\n"
	    "\t\t\t\t\t\t\t\t\t\t\n"
	    "count\tx\t1\t2\t3\n"
	    "told\tx\n";
	struct gv_job_state s;

	(void)state;
	assert_int_equal(gv_job_state_read(&s, text, strlen(text)), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.jobs[0].due, 1);
	assert_int_equal(s.jobs[0].n_times, 2);
	assert_int_equal(s.n_counts, 1);
	assert_int_equal(s.n_told, 0);
	gv_job_state_release(&s);
	assert_int_equal(gv_job_state_read(&s, "another 1\njob\n", 14), 0);
	assert_int_equal(s.n, 0);
	gv_job_state_release(&s);
}

static void
a_median_needs_three_runs(void **state)
{
	struct gv_job_state s = { .n = 0 };
	int i;

	(void)state;
	note(&s, "a", 1000, 10, GV_JOB_SUCCESS);
	note(&s, "a", 2000, 90, GV_JOB_SUCCESS);
	assert_int_equal(gv_job_state_median(s.jobs), -1);
	/* how long a failure took says nothing */
	note(&s, "a", 3000, 7, GV_JOB_FAILED);
	assert_int_equal(gv_job_state_median(s.jobs), -1);
	note(&s, "a", 4000, 20, GV_JOB_SUCCESS);
	assert_int_equal(gv_job_state_median(s.jobs), 20);
	for (i = 0; i < 20; i++)
		note(&s, "a", 5000 + i, 40, GV_JOB_SUCCESS);
	assert_int_equal(s.jobs[0].n_times, GV_JOB_STATE_TIMES);
	assert_int_equal(gv_job_state_median(s.jobs), 40);
	gv_job_state_release(&s);
}

/* ---- what a command answered --------------------------------------------- */

static void
take(struct gv_job_run *run, struct gv_arena *arena, enum gv_policy_job what,
    int status, const char *said)
{
	struct gv_answer answer;
	struct gv_buf text = GV_BUF_INIT, err = GV_BUF_INIT;

	gv_buf_addstr(&text, said);
	gv_answer_take(&answer, status, &text, &err);
	assert_int_equal(gv_job_child_take(run, arena, what, &answer), 0);
	gv_answer_release(&answer);
}

static void
an_answer_becomes_a_run(void **state)
{
	struct gv_job_run run = { .what = "snapshot" };
	struct gv_arena arena = GV_ARENA_INIT;

	(void)state;
	take(&run, &arena, GV_POLICY_JOB_SNAPSHOT, 0,
	    "{\"id\":\"X\",\"commit\":\"c0\",\"bytes\":500,\"pack_bytes\":20}"
	    "\n");
	assert_int_equal(run.status, GV_JOB_SUCCESS);
	assert_string_equal(run.location, "refs/vault/snapshots/X");
	assert_string_equal(run.checksum, "c0");
	assert_int_equal(run.stored, 20);
	assert_null(run.reason);
	take(&run, &arena, GV_POLICY_JOB_VERIFY, 1, "{\"damaged\":1}\n");
	assert_int_equal(run.status, GV_JOB_FAILED);
	assert_non_null(strstr(run.reason, "git vault verify"));
	take(&run, &arena, GV_POLICY_JOB_PRUNE, 128,
	    "{\"error\":{\"code\":\"locked\",\"message\":\"busy\\nhint: "
	    "x\"}}\n");
	assert_string_equal(run.reason, "busy");
	take(&run, &arena, GV_POLICY_JOB_DRILL, 139, "no JSON at all");
	assert_int_equal(run.exit, 139);
	assert_non_null(strstr(run.reason, "signal"));
	take(&run, &arena, GV_POLICY_JOB_COMPONENTS, 3,
	    "{\"components\":[{\"name\":\"db\",\"status\":\"failed\","
	    "\"reason\":\"no server\",\"bytes\":7},{\"name\":\"logs\","
	    "\"status\":\"success\"},{\"status\":\"odd\"}, 3,"
	    "{\"name\":\"cache\",\"status\":\"stored\",\"reason\":null}]}\n");
	assert_int_equal(run.status, GV_JOB_PARTIAL);
	assert_int_equal(run.n_parts, 5);
	/* as git vault component run says it */
	assert_int_equal(run.parts[4].status, GV_JOB_SUCCESS);
	assert_string_equal(run.parts[0].reason, "no server");
	/* the whole has the reason of the first, and how many there are */
	assert_string_equal(run.reason, "db: no server");
	assert_int_equal(run.parts[1].status, GV_JOB_SUCCESS);
	assert_int_equal(run.parts[2].status, GV_JOB_FAILED);
	take(&run, &arena, GV_POLICY_JOB_REPLICATE, 3,
	    "{\"targets\":[{\"target\":\"near\",\"bytes\":9},{\"target\":"
	    "\"far\",\"error\":\"no answer\"}]}\n");
	assert_string_equal(run.parts[0].name, "near");
	assert_int_equal(run.parts[0].status, GV_JOB_SUCCESS);
	assert_int_equal(run.parts[1].status, GV_JOB_FAILED);
	assert_string_equal(run.parts[1].reason, "no answer");
	take(&run, &arena, GV_POLICY_JOB_REPLICATE, 128,
	    "{\"error\":{\"code\":\"not_found\",\"message\":\"there is no "
	    "target for copies, so nothing was done\",\"hints\":[]}}\n");
	assert_int_equal(run.status, GV_JOB_FAILED);
	assert_non_null(strstr(run.reason, "no target"));
	gv_arena_release(&arena);
}

static void
a_command_has_the_environment_of_its_schedule(void **state)
{
	const char *words[GV_JOB_CHILD_WORDS];
	const struct gv_policy_schedule s = { .what = GV_POLICY_JOB_SNAPSHOT,
		.env = "prod" };

	(void)state;
	gv_job_child_words(words, &s);
	assert_string_equal(words[1], "snapshot");
	assert_string_equal(words[4], "--env");
	assert_string_equal(words[5], "prod");
	assert_null(words[6]);
}

static void
a_command_has_the_components_of_its_schedule(void **state)
{
	const char *words[GV_JOB_CHILD_WORDS], *names[] = { "orders", "users" };
	const struct gv_policy_schedule s = { .what = GV_POLICY_JOB_COMPONENTS,
		.env = "prod",
		.components = { .items = names, .n = 2 } };

	(void)state;
	gv_job_child_words(words, &s);
	assert_string_equal(words[1], "component");
	assert_string_equal(words[2], "run");
	assert_string_equal(words[3], "orders");
	assert_string_equal(words[4], "users");
	assert_null(words[5]);
}

static void
a_report_says_what_is_not_known(void **state)
{
	struct gv_job_part part = { .name = "db", .status = GV_JOB_FAILED };
	struct gv_job_run run = { .id = "I",
		.job = "nightly",
		.what = "snapshot",
		.begun = 100,
		.ended = 130,
		.attempts = 2,
		.bytes = 1000,
		.stored = 300,
		.has_size = true,
		.parts = &part,
		.n_parts = 1 };
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_job_report_text(&text, &run, "h"), 0);
	assert_non_null(strstr(text.p, "\"ratio_percent\":30"));
	assert_non_null(strstr(text.p, "\"seconds\":30"));
	assert_non_null(strstr(text.p, "\"trigger\":\"schedule\""));
	assert_non_null(strstr(text.p, "\"name\":\"db\""));
	gv_buf_reset(&text);
	run.has_size = false;
	run.job = NULL;
	run.ended = 50; /* the clock was set back */
	assert_int_equal(gv_job_report_text(&text, &run, "h"), 0);
	assert_non_null(strstr(text.p, "\"ratio_percent\":null"));
	assert_non_null(strstr(text.p, "\"seconds\":0"));
	assert_non_null(strstr(text.p, "\"trigger\":\"manual\""));
	gv_buf_release(&text);
}

UNIT(job_state)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(lines_that_are_wrong_are_passed_over),
		cmocka_unit_test(a_median_needs_three_runs),
		cmocka_unit_test(an_answer_becomes_a_run),
		cmocka_unit_test(a_command_has_the_environment_of_its_schedule),
		cmocka_unit_test(a_command_has_the_components_of_its_schedule),
		cmocka_unit_test(a_report_says_what_is_not_known),
	};

	return UNIT_RUN(tests);
}
