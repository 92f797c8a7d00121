#include "job/job_unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/systemd.h"
#include "base/utf8.h"

const char *const gv_job_periods[GV_JOB_PERIODS + 1] = { "hourly", "daily",
	"weekly", NULL };

/* By hour, so that many users of a machine do not begin together. */
static unsigned
minute_of(const struct gv_job_unit *u)
{
	return u->spread[0] % 60;
}

/* In the early morning. */
static unsigned
hour_of(const struct gv_job_unit *u)
{
	return 1 + u->spread[1] % 5;
}

static unsigned
day_of(const struct gv_job_unit *u)
{
	return u->spread[2] % 7;
}

/* ---- systemd ------------------------------------------------------------- */

int
gv_job_unit_service(struct gv_buf *out, const struct gv_job_unit *u)
{
	int r;

	gv_buf_addstr(out,
	    "# " GV_JOB_UNIT_MARK "\n"
	    "[Unit]\n"
	    "Description=Scheduled runs of git-vault (%i)\n"
	    "Documentation=man:git-vault-schedule(1)\n\n"
	    "[Service]\n"
	    "Type=oneshot\n");
	if (u->config &&
	    (r = gv_systemd_variable(out, "XDG_CONFIG_HOME", u->config)) < 0)
		return r;
	gv_buf_addstr(out, "ExecStart=");
	if ((r = gv_systemd_word(out, u->program)) < 0)
		return r;
	/* 3: something was done in part, which the reports tell. A stop lets
	 * the run end its child and leave its report */
	gv_buf_addstr(out,
	    " -A -q schedule run\n"
	    "SuccessExitStatus=3\n"
	    "KillMode=mixed\n"
	    "TimeoutStopSec=60\n"
	    "Nice=10\n"
	    "IOSchedulingClass=idle\n"
	    "LimitCORE=0\n");
	return gv_buf_check(out);
}

/* A tenth of the period, at most half an hour. */
static unsigned
random_minutes(const struct gv_job_unit *u)
{
	return u->period == GV_JOB_HOURLY ? 6 : 30;
}

int
gv_job_unit_timer(struct gv_buf *out, const struct gv_job_unit *u)
{
	gv_buf_addf(out,
	    "# " GV_JOB_UNIT_MARK "\n"
	    "[Unit]\n"
	    "Description=Looks for due runs of git-vault (%%i)\n"
	    "Documentation=man:git-vault-schedule(1)\n\n"
	    "[Timer]\n"
	    "OnCalendar=%%i\n"
	    "Persistent=true\n"
	    "RandomizedDelaySec=%um\n\n"
	    "[Install]\n"
	    "WantedBy=timers.target\n",
	    random_minutes(u));
	return gv_buf_check(out);
}

/* ---- crontab ------------------------------------------------------------- */

/* A newline ends an entry, and a '%' begins its input. */
static int
check_cron(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f || *text == '%')
			return gv_err(GV_EREFUSED,
			    "a crontab cannot hold a path with '%%' or control "
			    "characters");
	return 0;
}

int
gv_job_unit_cron(struct gv_buf *out, const struct gv_job_unit *u)
{
	int r;

	if ((r = check_cron(u->program)) < 0 || (r = check_cron(u->config)) < 0)
		return r;
	gv_buf_addf(
	    out, GV_JOB_UNIT_BEGIN "# " GV_JOB_UNIT_MARK "\n%u ", minute_of(u));
	if (u->period == GV_JOB_HOURLY)
		gv_buf_addstr(out, "* * * * ");
	else if (u->period == GV_JOB_DAILY)
		gv_buf_addf(out, "%u * * * ", hour_of(u));
	else
		gv_buf_addf(out, "%u * * %u ", hour_of(u), day_of(u));
	if (u->config) {
		gv_buf_addstr(out, "XDG_CONFIG_HOME=");
		gv_shell_quote(out, u->config);
		gv_buf_addch(out, ' ');
	}
	gv_shell_quote(out, u->program);
	gv_buf_addstr(out, " -A -q schedule run\n" GV_JOB_UNIT_END);
	return gv_buf_check(out);
}

/* ---- XML ----------------------------------------------------------------- */

/* XML has no way to write most control characters. */
static int
add_xml(struct gv_buf *out, const char *text)
{
	const char *p;

	if (!gv_utf8_is_valid(text, strlen(text)))
		return gv_err(GV_EREFUSED,
		    "a scheduler cannot hold a path that is not UTF-8");
	for (p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			return gv_err(GV_EREFUSED,
			    "a scheduler cannot hold a path with control "
			    "characters");
	gv_enc_xml(out, text);
	return gv_buf_check(out);
}

static int
add_words(struct gv_buf *out, const struct gv_job_unit *u)
{
	static const char *const words[] = { "-A", "-q", "schedule", "run" };
	size_t i;
	int r;

	gv_buf_addstr(out,
	    "  <key>ProgramArguments</key>\n  <array>\n"
	    "    <string>");
	r = add_xml(out, u->program);
	gv_buf_addstr(out, "</string>\n");
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		gv_buf_addf(out, "    <string>%s</string>\n", words[i]);
	gv_buf_addstr(out, "  </array>\n");
	return r;
}

int
gv_job_unit_launchd(struct gv_buf *out, const struct gv_job_unit *u)
{
	int r;

	gv_buf_addstr(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!-- " GV_JOB_UNIT_MARK " -->\n"
	    "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
	    "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
	    "<plist version=\"1.0\">\n<dict>\n"
	    "  <key>Label</key>\n  <string>org.git-vault.schedule</string>\n");
	if ((r = add_words(out, u)) < 0)
		return r;
	if (u->config) {
		gv_buf_addstr(out,
		    "  <key>EnvironmentVariables</key>\n  <dict>\n"
		    "    <key>XDG_CONFIG_HOME</key>\n    <string>");
		r = add_xml(out, u->config);
		gv_buf_addstr(out, "</string>\n  </dict>\n");
	}
	gv_buf_addf(out,
	    "  <key>StartCalendarInterval</key>\n  <dict>\n"
	    "    <key>Minute</key>\n    <integer>%u</integer>\n",
	    minute_of(u));
	if (u->period != GV_JOB_HOURLY)
		gv_buf_addf(out,
		    "    <key>Hour</key>\n    <integer>%u</integer>\n",
		    hour_of(u));
	if (u->period == GV_JOB_WEEKLY)
		gv_buf_addf(out,
		    "    <key>Weekday</key>\n    <integer>%u</integer>\n",
		    day_of(u));
	gv_buf_addstr(out,
	    "  </dict>\n"
	    "  <key>ProcessType</key>\n  <string>Background</string>\n"
	    "  <key>LowPriorityIO</key>\n  <true/>\n"
	    "  <key>Nice</key>\n  <integer>10</integer>\n"
	    "</dict>\n</plist>\n");
	return r < 0 ? r : gv_buf_check(out);
}

static void
add_trigger(struct gv_buf *out, const struct gv_job_unit *u)
{
	static const char *const days[] = { "Sunday", "Monday", "Tuesday",
		"Wednesday", "Thursday", "Friday", "Saturday" };

	gv_buf_addf(out,
	    "  <Triggers>\n    <CalendarTrigger>\n"
	    "      <StartBoundary>2026-01-01T%02u:%02u:00</StartBoundary>\n",
	    u->period == GV_JOB_HOURLY ? 0 : hour_of(u), minute_of(u));
	if (u->period == GV_JOB_HOURLY)
		gv_buf_addstr(out,
		    "      <Repetition>\n"
		    "        <Interval>PT1H</Interval>\n"
		    "        <Duration>P1D</Duration>\n"
		    "      </Repetition>\n");
	if (u->period == GV_JOB_WEEKLY)
		gv_buf_addf(out,
		    "      <ScheduleByWeek>\n"
		    "        <WeeksInterval>1</WeeksInterval>\n"
		    "        <DaysOfWeek><%s/></DaysOfWeek>\n"
		    "      </ScheduleByWeek>\n",
		    days[day_of(u)]);
	else
		gv_buf_addstr(out,
		    "      <ScheduleByDay>\n"
		    "        <DaysInterval>1</DaysInterval>\n"
		    "      </ScheduleByDay>\n");
	gv_buf_addstr(out, "    </CalendarTrigger>\n  </Triggers>\n");
}

/* The elements of <Settings> have an order of their own. */
int
gv_job_unit_task(struct gv_buf *out, const struct gv_job_unit *u)
{
	int r;

	gv_buf_addstr(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!-- " GV_JOB_UNIT_MARK " -->\n"
	    "<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/"
	    "windows/2004/02/mit/task\">\n");
	add_trigger(out, u);
	gv_buf_addstr(out,
	    "  <Settings>\n"
	    "    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\n"
	    "    <StartWhenAvailable>true</StartWhenAvailable>\n"
	    "    <Priority>7</Priority>\n"
	    "  </Settings>\n"
	    "  <Actions>\n    <Exec>\n      <Command>");
	r = add_xml(out, u->program);
	gv_buf_addstr(out,
	    "</Command>\n      <Arguments>-A -q schedule run</Arguments>\n"
	    "    </Exec>\n  </Actions>\n</Task>\n");
	return r < 0 ? r : gv_buf_check(out);
}
