#include "record/record_time.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/path.h"
#include "base/time.h"
#include "config/policy.h"
#include "sys/clock.h"
#include "sys/proc.h"

static int
no_time(const char *text)
{
	struct gv_buf quoted = GV_BUF_INIT;
	int r;

	gv_path_quote(&quoted, text, strlen(text));
	r = gv_err(GV_EREFUSED,
	    "git does not understand the time '%s'; give a date such as "
	    "'2026-01-31 18:00' or '3 hours ago'",
	    quoted.p);
	gv_buf_release(&quoted);
	return r;
}

/* What git reads in a text where the clock says `now`. */
static int
ask(int64_t *out, const char *text, int64_t now)
{
	static const char answer[] = "--max-age=";
	struct gv_buf since = GV_BUF_INIT, clock = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	gv_buf_addf(&since, "--since=%s", text);
	gv_buf_addf(&clock, "GIT_TEST_DATE_NOW=%lld", (long long)now);
	r = gv_buf_check(&since) < 0 ? GV_ENOMEM : gv_buf_check(&clock);
	if (r == 0) {
		const char *argv[] = { "git", "rev-parse", since.p, NULL };
		const char *env[] = { clock.p, NULL };

		r = gv_proc_run(
		    &p, &(struct gv_proc_opts){ .argv = argv, .env = env });
	}
	if (r == 0 &&
	    (p.status || strncmp(p.out.p, answer, sizeof(answer) - 1) != 0))
		r = no_time(text);
	if (r == 0)
		*out = strtoll(p.out.p + sizeof(answer) - 1, NULL, 10);
	gv_buf_release(&since);
	gv_buf_release(&clock);
	gv_proc_release(&p);
	return r;
}

static bool
says_now(const char *text)
{
	return strcasecmp(text, "now") == 0 || strcasecmp(text, "today") == 0 ||
	    (strpbrk(text, "0123456789") && strstr(text, "ago"));
}

/* git never fails, and takes what it does not understand for now; so that is
 * only believed where the text says so, or where it would not be now at
 * another time. Nor does it know of durations: 30d is the 30th to it. */
int
gv_record_time(int64_t *out, const char *text)
{
	enum { EARLIER = 100000 }; /* another time of another day */
	int64_t now = gv_clock_now().tv_sec, time, then;
	int r = gv_policy_ago(out, text, now);

	if (r != 0)
		return r < 0 ? r : 0;
	if ((r = ask(&time, text, now)) == 0 && time == now &&
	    !says_now(text)) {
		if ((r = ask(&then, text, now - EARLIER)) == 0 &&
		    then == now - EARLIER)
			r = no_time(text);
	}
	if (r == 0)
		*out = time;
	return r;
}

int
gv_record_since(int64_t *out, const char *text)
{
	struct gv_buf quoted = GV_BUF_INIT;
	char when[GV_TIME_MAX];
	int64_t time;
	int r;

	if ((r = gv_record_time(&time, text)) < 0)
		return r;
	if (time > gv_clock_now().tv_sec) {
		gv_path_quote(&quoted, text, strlen(text));
		gv_time_rfc3339(when, time);
		r = gv_err(GV_EREFUSED,
		    "'%s', which is %s, is yet to come, so nothing is since "
		    "then",
		    quoted.p, when);
		gv_buf_release(&quoted);
	}
	if (r < 0)
		return r;
	*out = time;
	return 0;
}
