#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "record/undo.h"
#include "recover/recover_internal.h"

/*
 * A restore whose earlier try was killed. What that one wrote is in no answer:
 * the next command finished it, and a second restore finds nothing to do. The
 * clone remembers the safety snapshot of its last restore, and what differs
 * from that is what both have written.
 */

int
gv_recover_earlier_find(
    struct gv_recover_earlier *out, const struct gv_recover_job *job)
{
	const uint32_t at = (uint32_t)(job->step - job->run->plan.steps);
	const int64_t first = job->run->progress.steps[at].first;
	struct gv_undo *u = &out->undo;
	int r;

	*out = (struct gv_recover_earlier){ .is_open = false };
	if (!job->was_begun)
		return 0;
	r = gv_undo_load(u, job->run->repo);
	out->is_open = r == 0;
	/* none is remembered, or it cannot be read: nothing is known */
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	if (u->what == GV_UNDO_RESTORE && u->time >= first)
		out->safety = u->id;
	return 0;
}

void
gv_recover_earlier_release(struct gv_recover_earlier *earlier)
{
	if (earlier->is_open)
		gv_undo_release(&earlier->undo);
}

/* "created" or "changed", as the step leaves it. */
static int
keep_one(struct gv_recover_job *job, const struct gv_unjson_node *one)
{
	const char *path = gv_unjson_get_text(one, "path");
	const char *change = gv_unjson_get_text(one, "change");

	if (path == NULL || change == NULL || strcmp(change, "metadata") == 0 ||
	    strcmp(change, "removed") == 0)
		return 0;
	return gv_recover_value(
	    job, strcmp(change, "added") == 0 ? "created" : "changed", path);
}

int
gv_recover_earlier_keep(
    struct gv_recover_job *job, const struct gv_recover_earlier *earlier)
{
	const char *const fixed[] = { "diff", "--no-renames", earlier->safety };
	const struct gv_undo *u = &earlier->undo;
	struct gv_answer answer = GV_ANSWER_INIT;
	const struct gv_unjson_node *list, *one;
	const char **args;
	size_t i = 0, n = sizeof(fixed) / sizeof(*fixed);
	int r;

	/* its paths are behind "--" */
	while (i < u->n && strcmp(u->words[i], "--") != 0)
		i++;
	args = gv_arena_alloc(&job->arena, (n + u->n - i + 1) * sizeof(*args));
	if (args == NULL)
		return GV_ENOMEM;
	memcpy(args, fixed, sizeof(fixed));
	for (; i < u->n; i++)
		args[n++] = u->words[i];
	args[n] = NULL;
	if ((r = gv_recover_ask(&answer, job, args)) < 0)
		r = gv_recover_fail_by(job, r);
	else if (answer.status > 1)
		r = gv_recover_fail_as(job, &answer, args);
	list = gv_unjson_get(gv_answer_root(&answer), "changes");
	for (one = list ? list->first : NULL; r == 0 && one; one = one->next)
		r = keep_one(job, one);
	if (r == 0)
		r = gv_recover_value(job, "safety", earlier->safety);
	gv_answer_release(&answer);
	return r;
}
