#include "hook/receive.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "hook/receive_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "sys/cancel.h"

/* ---- what is wrong with it ---- */

void
gv_receive_report_release(struct gv_receive_report *report)
{
	if (report == NULL)
		return;
	gv_buf_release(&report->text);
	gv_buf_release(&report->news);
}

int
gv_receive_fault(
    struct gv_receive_job *job, const char *ref, const char *fmt, ...)
{
	struct gv_buf *text = &job->report->text;
	va_list ap;

	if (job->report->n++ >= GV_RECEIVE_TOLD)
		return 0;
	if (ref)
		gv_buf_addf(text, "%s: ", ref);
	va_start(ap, fmt);
	gv_buf_vaddf(text, fmt, ap);
	va_end(ap);
	gv_buf_addch(text, '\n');
	return gv_buf_check(text);
}

int
gv_receive_fault_of(struct gv_receive_job *job, const char *ref, int r)
{
	if (r != GV_EREFUSED && r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	return gv_receive_fault(job, ref, "%s", gv_err_message());
}

static int
open_job(struct gv_receive_job *job)
{
	int r = gv_receive_settings_read(&job->settings, job->repo);

	return r < 0 ? r : gv_repo_odb(job->repo, &job->odb);
}

/* ---- the checks ---- */

static int
check_refs(struct gv_receive_job *job)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < job->push->n; i++)
		r = gv_cancel_requested()
		    ? gv_cancel_error()
		    : gv_receive_check_ref(job, &job->push->updates[i]);
	return r;
}

static int
check_secrets(struct gv_receive_job *job)
{
	return job->settings.secrets == GV_RECEIVE_REFUSE ? gv_receive_scan(job)
							  : 0;
}

/* All that a push is refused for; the cheap ones first. */
static int (*const checks[])(struct gv_receive_job *job) = {
	check_refs,
	gv_receive_check_deletions,
	gv_receive_check_good,
	gv_receive_check_freeze,
	check_secrets,
};

int
gv_receive_check(struct gv_receive_report *out, struct gv_repo *repo,
    const struct gv_receive *push, int64_t now)
{
	struct gv_receive_job job = {
		.repo = repo, .push = push, .report = out, .now = now
	};
	size_t i;
	int r = open_job(&job);

	for (i = 0; r == 0 && i < sizeof(checks) / sizeof(checks[0]); i++)
		r = checks[i](&job);
	return r;
}

int
gv_receive_look(struct gv_receive_report *out, struct gv_repo *repo,
    const struct gv_receive *push, int64_t now)
{
	struct gv_receive_job job = { .repo = repo,
		.push = push,
		.report = out,
		.now = now,
		.is_past = true };
	int r = open_job(&job);

	return r < 0 ? r : gv_receive_scan(&job);
}
