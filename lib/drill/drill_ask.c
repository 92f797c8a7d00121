#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "drill/drill_internal.h"
#include "sys/clock.h"
#include "sys/proc.h"

const char *
gv_drill_text(struct gv_drill *drill, const char *fmt, ...)
{
	struct gv_buf text = GV_BUF_INIT;
	char *out = NULL;
	va_list ap;

	va_start(ap, fmt);
	gv_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (gv_buf_check(&text) == 0)
		out = gv_arena_copy(&drill->arena, text.p, text.len);
	gv_buf_release(&text);
	return out;
}

/* What is left of the budget, or that nothing is. */
static int
time_left(int *ms, struct gv_drill_run *run)
{
	const int64_t left = run->until - (int64_t)(gv_clock_tick() / 1000000);

	run->is_over = left <= 0;
	if (run->is_over)
		return gv_err(GV_ERROR,
		    "the time of the drill is over; --budget gives it more");
	*ms = left > 1 << 30 ? 1 << 30 : (int)left;
	return 0;
}

static int
start(struct gv_proc *p, struct gv_drill_run *run, struct gv_proc_opts *how,
    const char *const *front, size_t n_front, const char *const *args)
{
	/* what a shell runs with small files: a write past them fails */
	static const char limited[] =
	    "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";
	char blocks[16];
	const char *const limit[] = { "sh", "-c", limited, blocks };
	const size_t n_limit = run->blocks < 0 ? 0 : 4;
	const char **argv = NULL;
	size_t cap = 0, n = 0, i;
	int ms = 0, r = time_left(&ms, run);

	(void)snprintf(blocks, sizeof(blocks), "%d", run->blocks);
	for (i = 0; args[i]; i++)
		;
	if (r == 0)
		r = gv_vec_grow((void **)&argv, &cap, n_limit + n_front + i + 1,
		    sizeof(*argv));
	if (r < 0)
		return r;
	for (i = 0; i < n_limit; i++)
		argv[n++] = limit[i];
	for (i = 0; i < n_front; i++)
		argv[n++] = front[i];
	for (i = 0; args[i]; i++)
		argv[n++] = args[i];
	argv[n] = NULL;
	how->argv = argv;
	if (how->cwd == NULL)
		how->cwd = run->clone ? run->clone : run->top;
	if (run->clone_ms && run->clone_ms < ms)
		ms = run->clone_ms;
	how->env = run->env;
	how->timeout_ms = ms;
	how->is_apart = true;
	r = gv_proc_run(p, how);
	if (r == GV_ERROR)
		run->is_over =
		    run->until <= (int64_t)(gv_clock_tick() / 1000000);
	free(argv);
	return r;
}

int
gv_drill_ask(
    struct gv_answer *out, struct gv_drill_run *run, const char *const *args)
{
	const char *const front[] = { run->opts->self, "--json" };
	struct gv_proc_opts how = { .in = NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	*out = (struct gv_answer)GV_ANSWER_INIT;
	if ((r = start(&p, run, &how, front, 2, args)) == 0)
		gv_answer_take(out, p.status, &p.out, &p.err);
	gv_proc_release(&p);
	return r;
}

uint64_t
gv_drill_answer_count(const struct gv_answer *a, const char *key)
{
	const int64_t n = a->doc
	    ? gv_unjson_count(gv_unjson_get(gv_unjson_root(a->doc), key))
	    : -1;

	return n < 0 ? 0 : (uint64_t)n;
}

uint64_t
gv_drill_answer_sealed(bool *is_own, const struct gv_drill_run *run,
    const struct gv_answer *a, const char *key)
{
	const struct gv_unjson_node *list =
	    a->doc ? gv_unjson_get(gv_unjson_root(a->doc), key) : NULL;
	const struct gv_unjson_node *one;
	uint64_t n = 0;

	*is_own = false;
	for (one = list ? list->first : NULL; one; one = one->next) {
		const struct gv_unjson_node *written =
		    gv_unjson_get(one, "written");
		const char *scope = gv_unjson_get_text(one, "scope");
		const int64_t secrets =
		    gv_unjson_count(gv_unjson_get(one, "secrets"));

		if (written && written->kind != GV_UNJSON_FALSE)
			continue;
		n += secrets > 0 ? (uint64_t)secrets : 0;
		*is_own = *is_own || scope == NULL || run->opts->env == NULL ||
		    strcmp(scope, run->opts->env) == 0;
	}
	return n;
}

static int
run_git(struct gv_buf *out, struct gv_drill_run *run, struct gv_proc_opts *how,
    const char *const *args)
{
	const char *const front[] = { "git" };
	struct gv_proc p = GV_PROC_INIT;
	int r = start(&p, run, how, front, 1, args);

	if (r == 0) {
		r = p.status;
		if (out)
			gv_buf_add(out, p.out.p, p.out.len);
		if (out && gv_buf_check(out) < 0)
			r = GV_ENOMEM;
	}
	gv_proc_release(&p);
	return r;
}

int
gv_drill_git(
    struct gv_buf *out, struct gv_drill_run *run, const char *const *args)
{
	struct gv_proc_opts how = { .in = NULL };

	return run_git(out, run, &how, args);
}

int
gv_drill_git_at_home(
    struct gv_buf *out, struct gv_drill_run *run, const char *const *args)
{
	struct gv_proc_opts how = { .in = NULL, .cwd = run->top };

	return run_git(out, run, &how, args);
}

int
gv_drill_git_feed(struct gv_buf *out, struct gv_drill_run *run,
    const char *const *args, const void *in, size_t len)
{
	struct gv_proc_opts how = { .in = in, .in_len = len };

	return run_git(out, run, &how, args);
}
