#include "unit/unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/section.h"
#include "job/job_unit.h"

static struct gv_job_unit
unit_of(const char *program, enum gv_job_period period)
{
	return (struct gv_job_unit){
		.program = program, .period = period, .spread = { 67, 8, 9 }
	};
}

static void
a_crontab_has_a_minute_of_its_own(void **state)
{
	static const char *const begins[] = { "\n7 * * * * '", "\n7 4 * * * '",
		"\n7 4 * * 2 '" };
	struct gv_buf text = GV_BUF_INIT;
	int i;

	(void)state;
	for (i = 0; i < GV_JOB_PERIODS; i++) {
		struct gv_job_unit u =
		    unit_of("/a b'c/git-vault", (enum gv_job_period)i);

		gv_buf_reset(&text);
		assert_int_equal(gv_job_unit_cron(&text, &u), 0);
		assert_non_null(strstr(text.p, begins[i]));
		assert_non_null(strstr(
		    text.p, "'/a b'\\''c/git-vault' -A -q schedule run\n"));
	}
	gv_buf_release(&text);
}

static void
paths_that_a_scheduler_cannot_hold_are_refused(void **state)
{
	const struct gv_job_unit u = unit_of("/a\nb", GV_JOB_HOURLY);
	const struct gv_job_unit percent = unit_of("/a%b", GV_JOB_HOURLY);
	/* systemd passes over such a line, so nothing would run */
	const struct gv_job_unit latin = unit_of("/caf\xe9", GV_JOB_HOURLY);
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_job_unit_cron(&text, &u), GV_EREFUSED);
	assert_int_equal(gv_job_unit_cron(&text, &percent), GV_EREFUSED);
	assert_int_equal(gv_job_unit_service(&text, &u), GV_EREFUSED);
	assert_int_equal(gv_job_unit_launchd(&text, &u), GV_EREFUSED);
	assert_int_equal(gv_job_unit_task(&text, &u), GV_EREFUSED);
	assert_int_equal(gv_job_unit_service(&text, &latin), GV_EREFUSED);
	assert_int_equal(gv_job_unit_launchd(&text, &latin), GV_EREFUSED);
	assert_int_equal(gv_job_unit_task(&text, &latin), GV_EREFUSED);
	gv_buf_reset(&text);
	assert_int_equal(gv_job_unit_service(&text, &percent), 0);
	assert_non_null(strstr(text.p, "ExecStart=\"/a%%b\" -A"));
	gv_buf_release(&text);
}

static void
xml_is_escaped(void **state)
{
	struct gv_job_unit u = unit_of("/a<b>&c", GV_JOB_WEEKLY);
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	u.config = "/x&y";
	assert_int_equal(gv_job_unit_launchd(&text, &u), 0);
	assert_non_null(strstr(text.p, "<string>/a&lt;b&gt;&amp;c</string>"));
	assert_non_null(strstr(text.p, "<string>/x&amp;y</string>"));
	assert_non_null(strstr(text.p, "<key>Weekday</key>"));
	gv_buf_reset(&text);
	assert_int_equal(gv_job_unit_task(&text, &u), 0);
	assert_non_null(strstr(text.p, "<Command>/a&lt;b&gt;&amp;c</Command>"));
	assert_non_null(strstr(text.p, "<Tuesday/>"));
	gv_buf_release(&text);
}

static void
a_section_goes_and_the_rest_stays(void **state)
{
	static const char rest[] = "0 1 * * * backup\n# END\n";
	struct gv_buf with = GV_BUF_INIT, without = GV_BUF_INIT;

	(void)state;
	assert_int_equal(
	    gv_section_replace(&with, rest, "# B\n", "# E\n", "# B\nx\n# E\n"),
	    0);
	assert_int_equal(
	    gv_section_replace(&without, with.p, "# B\n", "# E\n", NULL), 0);
	assert_string_equal(without.p, rest);
	/* a mark without the other one is not ours */
	gv_buf_reset(&without);
	assert_int_equal(
	    gv_section_replace(&without, "# B\nx\n", "# B\n", "# E\n", NULL),
	    0);
	assert_string_equal(without.p, "# B\nx\n");
	gv_buf_reset(&with);
	gv_buf_reset(&without);
	assert_int_equal(gv_section_replace(&with, "# B\nx\nmine\n", "# B\n",
			     "# E\n", "# B\ny\n# E\n"),
	    0);
	assert_int_equal(
	    gv_section_replace(&without, with.p, "# B\n", "# E\n", NULL), 0);
	assert_string_equal(without.p, "# B\nx\nmine\n");
	gv_buf_release(&with);
	gv_buf_release(&without);
}

UNIT(job_unit)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crontab_has_a_minute_of_its_own),
		cmocka_unit_test(
		    paths_that_a_scheduler_cannot_hold_are_refused),
		cmocka_unit_test(xml_is_escaped),
		cmocka_unit_test(a_section_goes_and_the_rest_stays),
	};

	return UNIT_RUN(tests);
}
