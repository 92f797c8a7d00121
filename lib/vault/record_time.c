#include "vault/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "sys/clock.h"
#include "sys/proc.h"

static int
no_time(const char *text)
{
	struct gv_buf quoted = GV_BUF_INIT;
	int r;

	gv_path_quote(&quoted, text, strlen(text));
	r = gv_err(GV_EREFUSED,
	    "git reads no time in '%s'; give a date such as "
	    "'2026-01-31 18:00' or '3 hours ago'",
	    quoted.p);
	gv_buf_release(&quoted);
	return r;
}

/* git never fails, and takes what it does not understand for now; so that is
 * only believed where the text says so. */
int
gv_record_time(int64_t *out, const char *text)
{
	static const char answer[] = "--max-age=";
	struct gv_buf since = GV_BUF_INIT, now = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int64_t clock = gv_clock_now().tv_sec, time;
	int r;

	gv_buf_addf(&since, "--since=%s", text);
	gv_buf_addf(&now, "GIT_TEST_DATE_NOW=%lld", (long long)clock);
	r = gv_buf_check(&since) < 0 ? GV_ENOMEM : gv_buf_check(&now);
	if (r == 0) {
		const char *argv[] = { "git", "rev-parse", since.p, NULL };
		const char *env[] = { now.p, NULL };

		r = gv_proc_run(
		    &p, &(struct gv_proc_opts){ .argv = argv, .env = env });
	}
	if (r < 0)
		goto out;
	if (p.status || strncmp(p.out.p, answer, sizeof(answer) - 1) != 0) {
		r = no_time(text);
		goto out;
	}
	time = strtoll(p.out.p + sizeof(answer) - 1, NULL, 10);
	if (time == clock && strcspn(text, "0123456789") == strlen(text) &&
	    strcmp(text, "now") != 0 && strcmp(text, "today") != 0)
		r = no_time(text);
	else
		*out = time;
out:
	gv_buf_release(&since);
	gv_buf_release(&now);
	gv_proc_release(&p);
	return r;
}
