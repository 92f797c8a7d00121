#include "whole/whole.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

const char *const gv_whole_whys[GV_WHOLE_UNAPPLIED + 1] = { "locked", "moved",
	"unfinished", "unapplied" };

int
gv_whole_add_env(struct gv_whole *w, const char *env)
{
	const char *copy;
	size_t i;

	for (i = 0; i < w->n_envs; i++)
		if (strcmp(w->envs[i], env) == 0)
			return 0;
	if (GV_GROW(w->envs, w->n_envs, w->cap_envs) < 0 ||
	    (copy = gv_arena_copy(&w->arena, env, strlen(env))) == NULL)
		return gv_err_nomem();
	w->envs[w->n_envs++] = copy;
	return 0;
}

int
gv_whole_add(struct gv_whole *w, const struct gv_whole_reason *reason)
{
	struct gv_whole_reason own = *reason;
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->reasons[i].why == own.why &&
		    strcmp(w->reasons[i].env, own.env) == 0 &&
		    strcmp(w->reasons[i].stack, own.stack) == 0)
			return 0;
	own.env = gv_arena_copy(&w->arena, own.env, strlen(own.env));
	own.stack = gv_arena_copy(&w->arena, own.stack, strlen(own.stack));
	if (own.env == NULL || own.stack == NULL ||
	    GV_GROW(w->reasons, w->n, w->cap) < 0)
		return gv_err_nomem();
	w->reasons[w->n++] = own;
	return gv_whole_add_env(w, own.env);
}

void
gv_whole_format(struct gv_buf *out, const char *name, enum gv_whole_why why)
{
	gv_buf_addf(out, "%s %s", name, gv_whole_whys[why]);
}

int
gv_whole_parse(struct gv_whole *w, const char *text)
{
	const char *slash = strchr(text, '/');
	const char *space = slash ? strchr(slash, ' ') : NULL;
	struct gv_whole_reason reason = { .n = 0 };
	int i, r = 0;

	if (space == NULL)
		return 0;
	reason.env = gv_arena_copy(&w->arena, text, (size_t)(slash - text));
	reason.stack =
	    gv_arena_copy(&w->arena, slash + 1, (size_t)(space - slash) - 1);
	if (reason.env == NULL || reason.stack == NULL)
		return gv_err_nomem();
	for (i = GV_WHOLE_LOCKED; r == 0 && i <= GV_WHOLE_MOVED; i++) {
		reason.why = (enum gv_whole_why)i;
		if (strcmp(space + 1, gv_whole_whys[i]) == 0)
			r = gv_whole_add(w, &reason);
	}
	return r;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
by_reason(const void *a, const void *b)
{
	const struct gv_whole_reason *x = a, *y = b;
	int c;

	if ((c = strcmp(x->env, y->env)) != 0 ||
	    (c = strcmp(x->stack, y->stack)) != 0)
		return c;
	return (int)x->why - (int)y->why;
}

void
gv_whole_sort(struct gv_whole *w)
{
	if (w->n_envs)
		qsort(w->envs, w->n_envs, sizeof(*w->envs), by_name);
	if (w->n)
		qsort(w->reasons, w->n, sizeof(*w->reasons), by_reason);
}

bool
gv_whole_has(const struct gv_whole *w, const char *env)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (strcmp(w->reasons[i].env, env) == 0)
			return false;
	return true;
}

static void
add_reason(struct gv_buf *out, const struct gv_whole_reason *reason)
{
	switch (reason->why) {
	case GV_WHOLE_LOCKED:
		gv_buf_addstr(out, "it was locked");
		break;
	case GV_WHOLE_MOVED:
		gv_buf_addstr(out, "it changed while the snapshot was taken");
		break;
	case GV_WHOLE_UNFINISHED:
		gv_buf_addf(out, "%" PRIu64 " resource%s tainted or deposed",
		    reason->n, reason->n == 1 ? " is" : "s are");
		break;
	case GV_WHOLE_UNAPPLIED:
		gv_buf_addstr(out, "the code is not that of its commit");
		break;
	}
}

void
gv_whole_add_reasons(
    struct gv_buf *out, const struct gv_whole *w, const char *env)
{
	const char *stack = NULL;
	size_t i;

	for (i = 0; i < w->n; i++) {
		const struct gv_whole_reason *reason = &w->reasons[i];

		if (strcmp(reason->env, env) != 0)
			continue;
		if (stack == NULL || strcmp(stack, reason->stack) != 0)
			gv_buf_addf(out, "%sstate %s: ", stack ? "; " : "",
			    reason->stack);
		else
			gv_buf_addstr(out, ", ");
		stack = reason->stack;
		add_reason(out, reason);
	}
}

void
gv_whole_release(struct gv_whole *w)
{
	free(w->envs);
	free(w->reasons);
	gv_arena_release(&w->arena);
	memset(w, 0, sizeof(*w));
}
