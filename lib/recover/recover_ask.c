#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "base/vec.h"
#include "recover/recover_internal.h"
#include "sys/proc.h"

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
gv_recover_ask(
    struct gv_answer *out, struct gv_recover_job *job, const char *const *args)
{
	struct gv_proc p = GV_PROC_INIT;
	struct gv_proc_opts how = { .cwd = job->top };
	const char **argv = NULL;
	int r;

	*out = (struct gv_answer)GV_ANSWER_INIT;
	if ((r = gv_recover_time_left(&how.timeout_ms, job)) < 0 ||
	    (r = make_argv(&argv, job->how->self, args)) < 0)
		return r;
	how.argv = argv;
	if ((r = gv_recover_program(&p, job, &how)) == 0)
		gv_answer_take(out, p.status, &p.out, &p.err);
	if (p.is_late)
		job->result = GV_PLAN_TIMED_OUT;
	free(argv);
	gv_proc_release(&p);
	return r;
}

/* ---- why it failed ------------------------------------------------------- */

/* The command as a person types it, without its reason and with one option
 * more. */
static int
add_again(struct gv_buf *out, const char *const *args, const char *option)
{
	gv_buf_addstr(out, "git vault");
	for (; *args && strcmp(*args, "--reason") != 0; args++)
		gv_shell_word(out, *args);
	gv_buf_addf(out, " %s", option);
	for (args += *args ? 2 : 0; *args; args++)
		if (args[1] || strcmp(*args, "--") != 0)
			gv_shell_word(out, *args);
	return gv_buf_check(out);
}

static size_t
length(const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *item = list ? list->first : NULL;
	size_t n = 0;

	for (; item; item = item->next)
		n++;
	return n;
}

/* A restore that would leave out what its files need. */
static int
fail_torn(struct gv_recover_job *job, const struct gv_unjson_node *torn,
    const char *const *args)
{
	const struct gv_unjson_node *one = torn->first;
	const char *path = gv_unjson_get_text(one, "path");
	const char *target = gv_unjson_get_text(one, "target");
	const size_t more = length(torn) - 1;
	struct gv_buf again = GV_BUF_INIT, others = GV_BUF_INIT;
	int r;

	if (more)
		gv_buf_addf(&others, ", and %zu more so", more);
	if ((r = gv_buf_check(&others)) == 0 &&
	    (r = add_again(&again, args, "--with-related")) == 0)
		r = gv_recover_fail(job,
		    "%s:%lld uses %s, which is not there%s; to restore that "
		    "too: %s",
		    path ? path : "a file",
		    (long long)gv_unjson_count(gv_unjson_get(one, "line")),
		    target ? target : "a file", others.p ? others.p : "",
		    again.p);
	gv_buf_release(&again);
	gv_buf_release(&others);
	return r;
}

/* A restore that left files as they are. */
static int
fail_skipped(struct gv_recover_job *job, const struct gv_unjson_node *skipped)
{
	const char *path = gv_unjson_get_text(skipped->first, "path");
	const char *why = gv_unjson_get_text(skipped->first, "reason");
	const size_t more = length(skipped) - 1;

	if (more == 0)
		return gv_recover_fail(job, "%s was not restored: %s",
		    path ? path : "a file", why ? why : "it was skipped");
	return gv_recover_fail(job, "%s and %zu more were not restored: %s",
	    path ? path : "a file", more, why ? why : "they were skipped");
}

int
gv_recover_fail_sealed(
    struct gv_recover_job *job, uint64_t n, const char *scope)
{
	return gv_recover_fail(job,
	    "no key here opens %llu secret%s of %s; to bring a saved key "
	    "back: git vault key recover",
	    (unsigned long long)n, n == 1 ? "" : "s", scope);
}

int
gv_recover_fail_as(struct gv_recover_job *job, const struct gv_answer *a,
    const char *const *args)
{
	const struct gv_unjson_node *root =
	    a->doc ? gv_unjson_root(a->doc) : NULL;
	const struct gv_unjson_node *torn = gv_unjson_get(root, "torn");
	const struct gv_unjson_node *sealed = gv_unjson_get(root, "sealed");
	const struct gv_unjson_node *skipped = gv_unjson_get(root, "skipped");
	const char *scope;

	job->status = a->status;
	if (*a->message)
		return gv_recover_fail(job, "%s", a->message);
	if (length(torn))
		return fail_torn(job, torn, args);
	for (sealed = sealed ? sealed->first : NULL; sealed;
	     sealed = sealed->next)
		if ((scope = gv_unjson_get_text(sealed, "scope")) &&
		    gv_unjson_get(sealed, "written")->kind == GV_UNJSON_FALSE)
			return gv_recover_fail_sealed(job,
			    (uint64_t)gv_unjson_count(
				gv_unjson_get(sealed, "secrets")),
			    scope);
	if (length(skipped))
		return fail_skipped(job, skipped);
	return gv_recover_fail(job,
	    "git vault %s ended with status %d and did not say why", *args,
	    a->status);
}
