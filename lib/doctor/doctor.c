#include "doctor/doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "base/vec.h"
#include "doctor/doctor_internal.h"
#include "repo/refs.h"
#include "sys/cancel.h"

static int (*const checks[])(struct gv_doctor *d) = {
	gv_doctor_versions,
	gv_doctor_file_system,
	gv_doctor_permissions,
	gv_doctor_disk,
	gv_doctor_fsync,
	gv_doctor_gc,
	gv_doctor_refspecs,
	gv_doctor_prefixes,
	gv_doctor_hooks,
	gv_doctor_clone,
	gv_doctor_name,
	gv_doctor_locks,
	gv_doctor_refs,
	gv_doctor_left,
	gv_doctor_packs,
	gv_doctor_graph,
	gv_doctor_fetch,
	gv_doctor_caches,
	gv_doctor_aside,
	gv_doctor_clock,
	gv_doctor_misnamed,
	gv_doctor_trash,
	gv_doctor_own,
	gv_doctor_age,
	gv_doctor_marks,
	gv_doctor_remotes,
	gv_doctor_clear,
	gv_doctor_revoked,
	gv_doctor_scopes,
	gv_doctor_backends,
	gv_doctor_states,
	gv_doctor_state_locks,
	gv_doctor_notes,
	gv_doctor_unreachable,
	gv_doctor_borrowed,
	gv_doctor_elsewhere,
};

/* The command is the finding's from here on, also where that fails. */
static int
add(struct gv_doctor *d, struct gv_doctor_finding f, const char *fmt,
    va_list ap)
{
	struct gv_doctor_report *report = d->report;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_vec_grow(
	    (void **)&report->findings, &report->cap, report->n + 1, sizeof(f));

	if (r == 0) {
		gv_buf_vaddf(&text, fmt, ap);
		f.text = gv_buf_take(&text);
		r = f.text ? 0 : gv_err_nomem();
	}
	if (r < 0) {
		free(f.command);
		return r;
	}
	report->findings[report->n++] = f;
	report->counts[f.grade]++;
	return 0;
}

int
gv_doctor_add(struct gv_doctor *d, enum gv_doctor_grade grade, const char *kind,
    const char *command, const char *fmt, ...)
{
	struct gv_doctor_finding f = { .grade = grade, .kind = kind };
	va_list ap;
	int r;

	f.command = command ? strdup(command) : NULL;
	if (command && f.command == NULL)
		return gv_err_nomem();
	va_start(ap, fmt);
	r = add(d, f, fmt, ap);
	va_end(ap);
	return r;
}

int
gv_doctor_add_for(struct gv_doctor *d, enum gv_doctor_grade grade,
    const char *kind, struct gv_doctor_do command, const char *fmt, ...)
{
	struct gv_doctor_finding f = { .grade = grade, .kind = kind };
	struct gv_buf cmd = GV_BUF_INIT;
	va_list ap;
	int r;

	gv_buf_addf(&cmd, "%s ", command.verb);
	gv_shell_quote(&cmd, command.path);
	f.command = gv_buf_take(&cmd);
	if (f.command == NULL)
		return gv_err_nomem();
	va_start(ap, fmt);
	r = add(d, f, fmt, ap);
	va_end(ap);
	return r;
}

void
gv_doctor_word(struct gv_buf *cmd, const char *fmt, ...)
{
	struct gv_buf word = GV_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	gv_buf_vaddf(&word, fmt, ap);
	va_end(ap);
	gv_shell_word(cmd, word.p);
	cmd->failed |= word.failed;
	gv_buf_release(&word);
}

void
gv_doctor_fixed(struct gv_doctor *d)
{
	struct gv_doctor_finding *f = &d->report->findings[d->report->n - 1];

	f->fixed = true;
	d->report->counts[f->grade]--;
}

/* The gravest first; within a grade in the order of the checks. */
static void
sort(struct gv_doctor_report *report)
{
	struct gv_doctor_finding f;
	size_t i, j;

	for (i = 1; i < report->n; i++) {
		f = report->findings[i];
		for (j = i; j > 0 && report->findings[j - 1].grade < f.grade;
		     j--)
			report->findings[j] = report->findings[j - 1];
		report->findings[j] = f;
	}
}

int
gv_doctor_run(struct gv_doctor_report *out, struct gv_repo *repo,
    const struct gv_doctor_opts *opts)
{
	struct gv_doctor d = { .repo = repo, .opts = opts, .report = out };
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	r = gv_ref_list(&d.snapshots, repo, GV_REFS_SNAPSHOTS);
	for (i = 0; r == 0 && i < sizeof(checks) / sizeof(checks[0]); i++) {
		r = gv_cancel_requested() ? gv_cancel_error() : checks[i](&d);
		out->checks++;
	}
	if (r == 0 && opts->remote) {
		r = gv_doctor_remote(&d);
		out->checks++;
	}
	gv_refs_release(&d.snapshots);
	if (r < 0)
		gv_doctor_release(out);
	else
		sort(out);
	return r;
}

void
gv_doctor_release(struct gv_doctor_report *report)
{
	size_t i;

	if (report == NULL)
		return;
	for (i = 0; i < report->n; i++) {
		free(report->findings[i].text);
		free(report->findings[i].command);
	}
	free(report->findings);
	for (i = 0; i < report->n_remotes; i++)
		free(report->remotes[i].name);
	free(report->remotes);
	gv_probe_release(&report->probe);
	memset(report, 0, sizeof(*report));
}
