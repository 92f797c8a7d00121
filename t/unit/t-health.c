#include "unit/unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "health/health.h"
#include "health/metrics.h"
#include "job/job_report.h"

#define NOW ((int64_t)1800000000)
#define DAY GV_HEALTH_DAY

static struct gv_job_run
run_of(const char *what, int64_t ago, int64_t took, enum gv_job_status status)
{
	return (struct gv_job_run){ .what = what,
		.begun = NOW - ago - took,
		.ended = NOW - ago,
		.status = status };
}

/* ---- reports ------------------------------------------------------------- */

static void
a_report_is_read_as_it_was_written(void **state)
{
	const struct gv_job_run run = { .id = "20261201T000000Z-00000001",
		.job = "nightly",
		.what = "snapshot",
		.env = "prod",
		.begun = NOW - 60,
		.ended = NOW,
		.status = GV_JOB_PARTIAL,
		.exit = 3,
		.attempts = 2,
		.reason = "a \"file\" was\nunreadable",
		.has_size = true,
		.bytes = 5000000000,
		.stored = 17 };
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_job_run again;

	(void)state;
	assert_int_equal(gv_job_report_text(&text, &run, "web1"), 0);
	assert_int_equal(
	    gv_job_report_parse(&again, &arena, text.p, text.len), 0);
	assert_string_equal(again.job, "nightly");
	assert_string_equal(again.what, "snapshot");
	assert_string_equal(again.env, "prod");
	assert_string_equal(again.reason, run.reason);
	assert_int_equal(again.begun, NOW - 60);
	assert_int_equal(again.ended, NOW);
	assert_int_equal(again.status, GV_JOB_PARTIAL);
	assert_int_equal(again.attempts, 2);
	assert_true(again.has_size && !again.is_canceled);
	assert_int_equal(again.bytes, 5000000000);
	assert_int_equal(again.stored, 17);
	gv_arena_release(&arena);
	gv_buf_release(&text);
}

static void
what_is_no_report_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "{}", "{\"status\":\"success\"}",
		"{\"begin_time\":\"2026-01-02T00:00:00Z\",\"end_time\":"
		"\"2026-01-01T00:00:00Z\",\"kind\":\"verify\",\"status\":"
		"\"success\"}",
		"{\"begin_time\":\"2026-01-01T00:00:00Z\",\"end_time\":"
		"\"2026-01-01T00:00:00Z\",\"kind\":\"verify\",\"status\":"
		"\"splendid\"}",
		("{\"begin_time\":\"2026-01-01T00:00:00Z\",\"end_time\":"
		 "\"2026-01-01T00:00:00Z\",\"kind\":7,\"status\":\"success\"}")
	};
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_job_run run;
	char text[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		memcpy(text, texts[i], strlen(texts[i]) + 1);
		assert_int_equal(
		    gv_job_report_parse(&run, &arena, text, strlen(text)),
		    GV_ECORRUPT);
	}
	gv_arena_release(&arena);
}

/* ---- ratios -------------------------------------------------------------- */

static void
runs_are_counted_within_their_days(void **state)
{
	struct gv_job_run runs[] = {
		run_of("snapshot", -5, 1, GV_JOB_SUCCESS), /* to come */
		run_of("snapshot", DAY, 1, GV_JOB_SUCCESS),
		run_of("components", 2 * DAY, 1, GV_JOB_PARTIAL),
		run_of("snapshot", 3 * DAY, 1, GV_JOB_FAILED),
		run_of("verify", 3 * DAY, 1, GV_JOB_FAILED),
		run_of("component", 31 * DAY, 1, GV_JOB_SUCCESS),
		run_of("snapshot", 91 * DAY, 1, GV_JOB_FAILED),
	};
	const size_t n = sizeof(runs) / sizeof(runs[0]);
	const struct gv_health_goal *backup = &gv_health_goals[0];
	struct gv_health_ratio r;

	(void)state;
	gv_health_ratio(&r, backup, runs, n, 30, NOW);
	assert_int_equal(r.n, 3);
	assert_int_equal(r.good, 1);
	assert_false(gv_health_is_met(backup, &r));
	gv_health_ratio(&r, backup, runs, n, 90, NOW);
	assert_int_equal(r.n, 4);
	assert_int_equal(r.good, 2);
	/* one that somebody stopped says nothing */
	runs[3].is_canceled = true;
	gv_health_ratio(&r, backup, runs, n, 30, NOW);
	assert_int_equal(r.n, 2);
	/* nothing was run, so nothing failed */
	gv_health_ratio(&r, &gv_health_goals[3], runs, n, 90, NOW);
	assert_int_equal(r.n, 0);
	assert_true(gv_health_is_met(&gv_health_goals[3], &r));
}

static void
a_goal_is_met_at_its_very_share(void **state)
{
	const struct {
		size_t goal, good, n;
		bool is_met;
	} rows[] = { { 0, 999, 1000, true }, { 0, 998, 1000, false },
		{ 1, 9999, 10000, true }, { 1, 9998, 10000, false },
		{ 2, 19, 20, true }, { 2, 18, 20, false }, { 3, 9, 10, true },
		{ 3, 8, 10, false } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct gv_health_ratio r = { .n = rows[i].n,
			.good = rows[i].good };

		assert_int_equal(
		    gv_health_is_met(&gv_health_goals[rows[i].goal], &r),
		    rows[i].is_met);
	}
}

static void
what_was_saved_is_a_share_of_all_bytes(void **state)
{
	struct gv_job_run runs[] = {
		run_of("snapshot", 5, 1, GV_JOB_SUCCESS),
		run_of("snapshot", DAY, 1, GV_JOB_SUCCESS),
		run_of("snapshot", 2 * DAY, 1, GV_JOB_SUCCESS),
	};
	size_t n;

	(void)state;
	assert_true(gv_health_saved(&n, runs, 3, NOW) < 0);
	runs[0].has_size = runs[1].has_size = true;
	runs[0].bytes = 900;
	runs[0].stored = 0;
	runs[1].bytes = 100;
	runs[1].stored = 100;
	assert_true(gv_health_saved(&n, runs, 3, NOW) == 0.9);
	assert_int_equal(n, 2);
	/* small files may take more than they hold */
	runs[0].stored = 5000;
	assert_true(gv_health_saved(NULL, runs, 3, NOW) == 0);
}

/* ---- slow runs ----------------------------------------------------------- */

static void
a_run_over_twice_its_median_is_slow(void **state)
{
	struct gv_job_run runs[] = {
		run_of("snapshot", 0, 21, GV_JOB_SUCCESS),
		run_of("verify", 1, 500, GV_JOB_SUCCESS),
		run_of("snapshot", 2, 10, GV_JOB_SUCCESS),
		run_of("snapshot", 3, 900, GV_JOB_FAILED),
		run_of("snapshot", 4, 300, GV_JOB_SUCCESS),
		run_of("snapshot", 5, 9, GV_JOB_PARTIAL),
	};
	struct gv_health_slow slow[4];

	(void)state;
	/* of 10, 300 and 9 */
	assert_true(gv_health_is_slow(slow, runs, 6, 0));
	assert_int_equal(slow[0].median, 10);
	assert_int_equal(gv_health_slowest(slow, 4, runs, 6), 1);
	assert_ptr_equal(slow[0].run, &runs[0]);
	runs[0].begun++;
	assert_false(gv_health_is_slow(slow, runs, 6, 0));
	/* two are no history; a job of the policy has one of its own */
	assert_false(gv_health_is_slow(slow, runs, 5, 0));
	runs[0].begun -= 100;
	runs[0].job = "nightly";
	assert_false(gv_health_is_slow(slow, runs, 6, 0));
}

static void
what_takes_no_time_is_not_slow_at_once(void **state)
{
	struct gv_job_run runs[4];
	struct gv_health_slow slow;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		runs[i] =
		    run_of("snapshot", (int64_t)i, i ? 0 : 2, GV_JOB_SUCCESS);
	assert_false(gv_health_is_slow(&slow, runs, 4, 0));
	runs[0].begun--;
	assert_true(gv_health_is_slow(&slow, runs, 4, 0));
}

/* ---- days ---------------------------------------------------------------- */

/* The last days, a letter each. */
static const char *
days_of(char *out, const struct gv_health_taken *taken,
    const struct gv_job_run *runs, size_t n_runs, int64_t most)
{
	const size_t n = 6;
	static const char letters[] = "b.FpX!";
	unsigned char days[GV_HEALTH_DAYS];
	size_t i;

	gv_health_judge_days(days, taken, runs, n_runs, "prod", most);
	for (i = 0; i < n; i++)
		out[i] = letters[days[GV_HEALTH_DAYS - n + i]];
	out[n] = '\0';
	return out;
}

static void
each_day_is_what_was_taken_on_it(void **state)
{
	const int64_t noon = NOW / DAY * DAY + DAY / 2;
	const int64_t times[] = { noon, noon - 3 * DAY, noon - 4 * DAY,
		noon + 9 * DAY };
	struct gv_job_run runs[] = {
		run_of("snapshot", 0, 1, GV_JOB_FAILED),
		run_of("snapshot", 0, 1, GV_JOB_FAILED),
		run_of("verify", 0, 1, GV_JOB_FAILED),
	};
	struct gv_health_taken taken;
	char out[8];

	(void)state;
	gv_health_take(&taken, times, 4, noon);
	assert_int_equal(taken.first, noon - 4 * DAY);
	assert_string_equal(days_of(out, &taken, NULL, 0, 0), "bFF..F");
	/* older than a day at the end of the day, or now */
	assert_string_equal(days_of(out, &taken, NULL, 0, DAY), "bFF!!F");
	assert_string_equal(days_of(out, &taken, NULL, 0, 2 * DAY), "bFF.!F");
	/* one failed on a day without any, and one with one of another */
	runs[0].ended = noon - DAY;
	runs[1].ended = noon - 3 * DAY;
	runs[2].ended = noon - 2 * DAY;
	assert_string_equal(days_of(out, &taken, runs, 3, DAY), "bFp!XF");
	runs[0].env = "dev";
	assert_string_equal(days_of(out, &taken, runs, 3, DAY), "bFp!!F");
	/* one that found nothing new is as good as one that was taken */
	runs[0] = run_of("snapshot", 0, 1, GV_JOB_SUCCESS);
	runs[0].ended = noon - 2 * DAY;
	assert_string_equal(days_of(out, &taken, runs, 1, 0), "bFFF.F");
	assert_string_equal(days_of(out, &taken, runs, 1, DAY), "bFFF!F");
}

/* ---- labels -------------------------------------------------------------- */

static void
values_of_labels_are_escaped(void **state)
{
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	gv_metrics_label(&text, "a\"b\\c\nd\xff\xc3\xa9");
	assert_int_equal(gv_buf_check(&text), 0);
	assert_string_equal(text.p, "a\\\"b\\\\c\\nd\xef\xbf\xbd\xc3\xa9");
	gv_buf_release(&text);
}

/* ---- OpenMetrics --------------------------------------------------------- */

static void
openmetrics_is_for_those_who_want_it_most(void **state)
{
	static const char *const yes[] = {
		"application/openmetrics-text",
		"application/openmetrics-text; version=1.0.0; charset=utf-8",
		"application/openmetrics-text;version=1.0.0,"
		"application/openmetrics-text;version=0.0.1;q=0.75,"
		"text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		"text/plain;q=0.5 , application/openmetrics-text;q=0.5",
	};
	static const char *const no[] = {
		"",
		" ,;,",
		"*/*",
		"text/plain",
		"text/plain, application/openmetrics-text;q=0.9",
		"application/openmetrics-text;q=0",
		"application/openmetrics-text;q=0.000",
		"application/openmetrics-text;version=0.0.1",
		"application/openmetrics-texts",
		"text/html;a=application/openmetrics-text",
	};
	size_t i;

	(void)state;
	assert_false(gv_metrics_open_is_wanted(NULL));
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(gv_metrics_open_is_wanted(yes[i]));
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(gv_metrics_open_is_wanted(no[i]));
}

static void
openmetrics_names_counters_without_total_and_ends(void **state)
{
	static const char text[] = "# HELP a_total Runs of a_total.\n"
				   "# TYPE a_total counter\n"
				   "a_total{x=\"# TYPE b_total y\"} 3\n"
				   "# TYPE b gauge\nb 1\n";
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_metrics_open_text(&out, text, sizeof(text) - 1), 0);
	assert_string_equal(out.p,
	    "# HELP a Runs of a_total.\n# TYPE a counter\n"
	    "a_total{x=\"# TYPE b_total y\"} 3\n"
	    "# TYPE b gauge\nb 1\n# EOF\n");
	gv_buf_reset(&out);
	assert_int_equal(gv_metrics_open_text(&out, NULL, 0), 0);
	assert_string_equal(out.p, "# EOF\n");
	gv_buf_release(&out);
}

UNIT(health)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_read_as_it_was_written),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(runs_are_counted_within_their_days),
		cmocka_unit_test(a_goal_is_met_at_its_very_share),
		cmocka_unit_test(what_was_saved_is_a_share_of_all_bytes),
		cmocka_unit_test(a_run_over_twice_its_median_is_slow),
		cmocka_unit_test(what_takes_no_time_is_not_slow_at_once),
		cmocka_unit_test(each_day_is_what_was_taken_on_it),
		cmocka_unit_test(values_of_labels_are_escaped),
		cmocka_unit_test(openmetrics_is_for_those_who_want_it_most),
		cmocka_unit_test(
		    openmetrics_names_counters_without_total_and_ends),
	};

	return UNIT_RUN(tests);
}
