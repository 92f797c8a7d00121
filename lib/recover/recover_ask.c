#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "recover/recover_internal.h"
#include "sys/proc.h"

/* The document is on the one output or, of a failure, on the other one. */
static void
parse(struct gv_recover_answer *a, struct gv_buf *err)
{
	struct gv_buf *at = a->text.len ? &a->text : err;
	char *begin = at->len ? strchr(at->p, '{') : NULL;
	const struct gv_unjson_node *error;

	a->message = "";
	if (at == err) {
		a->text = *err;
		*err = (struct gv_buf)GV_BUF_INIT;
	}
	if (begin == NULL ||
	    gv_unjson_parse(&a->doc, "the answer of git-vault", begin,
		a->text.len - (size_t)(begin - a->text.p)) < 0)
		return;
	error = gv_unjson_get(gv_unjson_root(a->doc), "error");
	if (error && gv_unjson_get_text(error, "message"))
		a->message = gv_unjson_get_text(error, "message");
}

static int
make_argv(const char ***out, const char *self, const char *const *args)
{
	const char **argv = NULL;
	size_t cap = 0, n = 0, i;
	int r;

	for (i = 0; args[i]; i++)
		;
	r = gv_vec_grow((void **)&argv, &cap, i + 3, sizeof(*argv));
	if (r < 0)
		return r;
	argv[n++] = self;
	argv[n++] = "--json";
	for (i = 0; args[i]; i++)
		argv[n++] = args[i];
	argv[n] = NULL;
	*out = argv;
	return 0;
}

int
gv_recover_ask(struct gv_recover_answer *out, struct gv_recover_job *job,
    const char *const *args)
{
	struct gv_proc p = GV_PROC_INIT;
	struct gv_proc_opts how = { .cwd = job->top };
	const char **argv = NULL;
	int r;

	*out = (struct gv_recover_answer){ .text = GV_BUF_INIT, .message = "" };
	if ((r = gv_recover_time_left(&how.timeout_ms, job)) < 0 ||
	    (r = make_argv(&argv, job->how->self, args)) < 0)
		return r;
	how.argv = argv;
	if ((r = gv_recover_program(&p, job, &how)) == 0) {
		out->status = p.status;
		out->text = p.out;
		p.out = (struct gv_buf)GV_BUF_INIT;
		parse(out, &p.err);
	}
	if (p.is_late)
		job->result = GV_PLAN_TIMED_OUT;
	free(argv);
	gv_proc_release(&p);
	return r;
}

void
gv_recover_answer_release(struct gv_recover_answer *a)
{
	gv_unjson_free(a->doc);
	gv_buf_release(&a->text);
}

int
gv_recover_fail_as(
    struct gv_recover_job *job, const struct gv_recover_answer *a)
{
	job->status = a->status;
	if (*a->message)
		return gv_recover_fail(job, "%s", a->message);
	return gv_recover_fail(job, "it ended with status %d", a->status);
}
