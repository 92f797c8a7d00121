#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "base/vec.h"
#include "doctor/doctor_internal.h"

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
	f.is_safe = f.command && gv_doctor_is_safe(f.kind);
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

/* The gravest first; within a grade in the order of the checks. */
void
gv_doctor_sort(struct gv_doctor_report *report)
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
gv_doctor_report_add(struct gv_doctor_report *report,
    enum gv_doctor_grade grade, const char *kind, const char *command,
    const char *text)
{
	struct gv_doctor d = { .report = report };
	int r = gv_doctor_add(&d, grade, kind, command, "%s", text);

	if (r == 0)
		gv_doctor_sort(report);
	return r;
}
