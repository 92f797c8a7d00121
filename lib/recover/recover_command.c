#include <string.h>

#include "base/err.h"
#include "base/plain.h"
#include "doc/doc.h"
#include "recover/recover_internal.h"
#include "sys/proc.h"

/*
 * Lines of commands are passed on as they come, without what may be a secret in
 * them, and kept nowhere. What a step
 * gives to others is held against the scanner, since it is written to the
 * journal.
 */

#define LINE_MOST ((size_t)4096)        /* bytes of a line that are shown */
#define OUT_MAX   ((size_t)1024 * 1024) /* bytes that outputs are read from */
#define VALUE_MAX ((size_t)4096)        /* bytes of an output */

struct watch {
	struct gv_recover_job *job;
	struct gv_buf *out; /* takes standard output; NULL: told */
	struct gv_disclosure disclosure;
	bool is_too_much;
};

void
gv_recover_tell(struct gv_recover_job *job, struct gv_disclosure *disclosure,
    const char *line, size_t len)
{
	struct gv_buf text = GV_BUF_INIT;

	if (job->line == NULL)
		return;
	(void)gv_disclosure_line(&text, disclosure, line, len);
	job->line(job->ctx, job, text.len ? text.p : "", text.len);
	gv_buf_release(&text);
}

/* Tell whole lines, and what is too long for one; at the end the rest. */
static void
tell_lines(struct watch *w, struct gv_buf *from, bool is_end)
{
	size_t at = 0, n;
	const char *end;

	while (at < from->len) {
		end = memchr(from->p + at, '\n', from->len - at);
		n = (end ? (size_t)(end - from->p) : from->len) - at;
		if (end == NULL && !is_end && n < LINE_MOST)
			break;
		gv_recover_tell(w->job, &w->disclosure, from->p + at,
		    n < LINE_MOST ? n : LINE_MOST);
		at += n + (end != NULL);
	}
	memmove(from->p, from->p + at, from->len - at);
	gv_buf_truncate(from, from->len - at);
}

static void
take(void *ctx, struct gv_proc *p)
{
	struct watch *w = ctx;
	const bool is_end = p->out_fd < 0 && p->err_fd < 0;

	tell_lines(w, &p->err, is_end);
	if (w->out == NULL) {
		tell_lines(w, &p->out, is_end);
		return;
	}
	if (w->out->len + p->out.len > OUT_MAX)
		w->is_too_much = true;
	else
		gv_buf_add(w->out, p->out.p, p->out.len);
	gv_buf_reset(&p->out);
}

static int
finish(int *status, struct gv_recover_job *job, struct gv_proc *p,
    const struct watch *w, int r)
{
	*status = r < 0 ? -1 : p->status;
	job->signal = p->signal;
	if (r == GV_ECANCELED || r == GV_ENOMEM)
		return r;
	if (p->is_late) {
		r = gv_recover_fail(job, "it took too long, and was ended");
		job->result = GV_PLAN_TIMED_OUT;
		return r;
	}
	if (r < 0)
		return gv_recover_fail(job, "%s", gv_err_message());
	if (!w->is_too_much)
		return 0;
	*status = -1;
	return gv_recover_fail(
	    job, "it printed more than 1 MiB, which is too much for outputs");
}

int
gv_recover_spawn(int *status, struct gv_recover_job *job,
    const struct gv_plan_command *command, const char *dir, struct gv_buf *out)
{
	const char *const shell[] = { "/bin/sh", "-c", command->shell, NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct watch w = {
		.job = job, .out = out, .disclosure = GV_DISCLOSURE_INIT(NULL)
	};
	struct gv_proc_opts how = { .argv =
					command->argv ? command->argv : shell,
		.cwd = job->top,
		.told = take,
		.ctx = &w };
	int r;

	if (job->how->is_rehearsal)
		return gv_recover_box_spawn(status, job, how.argv, dir, out);
	*status = -1;
	if (dir && (r = gv_recover_path(&how.cwd, job, dir)) <= 0)
		return r;
	r = gv_recover_time_left(&how.timeout_ms, job);
	if (r < 0) {
		r = gv_recover_fail(job, "%s", gv_err_message());
		job->result = GV_PLAN_TIMED_OUT;
		return r;
	}
	r = finish(status, job, &p, &w, gv_recover_program(&p, job, &how));
	gv_proc_release(&p);
	gv_disclosure_release(&w.disclosure);
	return r;
}

/* ---- outputs ------------------------------------------------------------- */

static int
select_in(struct gv_buf *out, struct gv_recover_job *job, const char *name,
    const char *path, const struct gv_buf *from)
{
	struct gv_doc doc;
	uint32_t node;
	int r = gv_doc_read(&doc, GV_DOC_FORMAT_JSON, from->p, from->len, NULL);

	if (r < 0)
		return r;
	/* jq's way to begin a path is taken, too */
	node = gv_doc_find(&doc, GV_DOC_NONE, path + (*path == '.'));
	if (doc.n_errors)
		r = gv_recover_fail(job, "output '%s': it is no JSON", name);
	else if (node == GV_DOC_NONE)
		r = gv_recover_fail(
		    job, "output '%s': there is no '%s' in it", name, path);
	else
		gv_doc_text(out, &doc, node);
	gv_doc_release(&doc);
	return r;
}

static int
read_output(struct gv_buf *out, struct gv_recover_job *job,
    const struct gv_plan_output *o, const struct gv_buf *printed)
{
	struct gv_buf file = GV_BUF_INIT;
	const struct gv_buf *from = printed;
	int r = 0;

	if (o->file) {
		r = gv_recover_file_read(&file, job, o->file, OUT_MAX);
		if (r <= 0)
			goto out;
		from = &file;
	}
	if (o->select)
		r = select_in(out, job, o->name, o->select, from);
	else
		gv_buf_add(out, from->p, from->len);
	while (out->len && strchr("\r\n", out->p[out->len - 1]))
		gv_buf_truncate(out, out->len - 1);
out:
	gv_buf_release(&file);
	return r < 0 ? r : 0;
}

static int
keep_output(struct gv_recover_job *job, struct gv_disclosure *disclosure,
    const struct gv_plan_output *o, const struct gv_buf *printed)
{
	struct gv_buf value = GV_BUF_INIT;
	struct gv_disclosed what;
	int r = read_output(&value, job, o, printed);

	if (r < 0 || job->result != GV_PLAN_PASSED)
		goto out;
	if ((r = gv_buf_check(&value)) < 0)
		goto out;
	if (value.len > VALUE_MAX || strlen(value.p) != value.len) {
		r = gv_recover_fail(job,
		    "output '%s' is longer than 4 KiB, or has a NUL in it",
		    o->name);
		goto out;
	}
	r = gv_disclosure_suspect(&what, disclosure, o->name, value.p);
	if (r > 0)
		r = gv_recover_fail(job,
		    "output '%s' likely is a secret (%s), and outputs are "
		    "stored; have the steps that need it read it themselves",
		    o->name, what.rule);
	else if (r == 0)
		r = gv_recover_value(job, o->name, value.p);
out:
	gv_buf_release(&value);
	return r;
}

static int
keep_outputs(struct gv_recover_job *job, const struct gv_buf *printed)
{
	struct gv_disclosure disclosure = GV_DISCLOSURE_INIT(NULL);
	size_t i;
	int r = 0;

	for (i = 0;
	     r == 0 && job->result == GV_PLAN_PASSED && i < job->s.n_outputs;
	     i++)
		r = keep_output(job, &disclosure, &job->s.outputs[i], printed);
	gv_disclosure_release(&disclosure);
	return r;
}

/* ---- the step ------------------------------------------------------------ */

static int
run(struct gv_recover_job *job, const struct gv_plan_command *command,
    const char *dir, struct gv_buf *out)
{
	int status, r = gv_recover_spawn(&status, job, command, dir, out);

	if (r < 0 || status < 0)
		return r;
	job->status = status;
	if (status == 0)
		return 0;
	return job->signal
	    ? gv_recover_fail(job, "signal %d ended it", job->signal)
	    : gv_recover_fail(job, "it ended with status %d", status);
}

int
gv_recover_command(struct gv_recover_job *job)
{
	struct gv_buf printed = GV_BUF_INIT;
	bool wants = false;
	size_t i;
	int r;

	for (i = 0; i < job->s.n_outputs; i++)
		wants = wants || job->s.outputs[i].file == NULL;
	r = run(job, &job->s.command, job->s.dir, wants ? &printed : NULL);
	if (r == 0 && job->result == GV_PLAN_PASSED)
		r = keep_outputs(job, &printed);
	gv_buf_release(&printed);
	return r;
}

int
gv_recover_command_back(struct gv_recover_job *job)
{
	return run(job, &job->s.rollback, job->s.rollback_in, NULL);
}
