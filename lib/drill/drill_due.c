#include "drill/drill_due.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy.h"
#include "drill/drill.h"
#include "policy/team.h"

static bool
is_there(const struct gv_drill_dues *dues, const char *env)
{
	size_t i;

	for (i = 0; i < dues->n; i++)
		if (env == NULL ? dues->items[i].env == NULL
				: dues->items[i].env &&
			    strcmp(dues->items[i].env, env) == 0)
			return true;
	return false;
}

static int
add(struct gv_drill_dues *dues, const struct gv_policy *policy,
    const struct gv_drill_log *log, const char *env, int64_t now)
{
	struct gv_drill_due *due;

	if (is_there(dues, env))
		return 0;
	if (GV_GROW(dues->items, dues->n, dues->cap) < 0)
		return gv_err_nomem();
	due = &dues->items[dues->n];
	*due = (struct gv_drill_due){ .every =
					  gv_policy_drill_every(policy, env) };
	if (env &&
	    (due->env = gv_arena_copy(&dues->arena, env, strlen(env))) == NULL)
		return gv_err_nomem();
	gv_drill_log_judge(&due->state, log, env, now, due->every);
	dues->n++;
	return 0;
}

static int
add_all(struct gv_drill_dues *dues, const struct gv_policy *policy,
    const struct gv_policy_schedules *list, const struct gv_drill_log *log,
    int64_t now)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < list->n; i++)
		if (list->items[i].what == GV_POLICY_JOB_DRILL)
			r = add(dues, policy, log, list->items[i].env, now);
	return r;
}

int
gv_drill_due_find(struct gv_drill_dues *out, const struct gv_policy *policy,
    const struct gv_drill_log *log, int64_t now)
{
	int r;

	*out = (struct gv_drill_dues){ .arena = GV_ARENA_INIT };
	if ((r = add_all(out, policy, &policy->schedules, log, now)) < 0 ||
	    (r = add_all(out, policy, &policy->schedules_also, log, now)) < 0)
		return r;
	out->is_said = out->n > 0;
	return out->n ? 0 : add(out, policy, log, NULL, now);
}

int
gv_drill_due_load(struct gv_drill_dues *out, struct gv_repo *repo,
    const struct gv_drill_log *log, int64_t now)
{
	struct gv_policy policy;
	int r;

	*out = (struct gv_drill_dues){ .arena = GV_ARENA_INIT };
	if ((r = gv_team_load(&policy, repo)) == 0)
		r = gv_drill_due_find(out, &policy, log, now);
	gv_policy_release(&policy);
	return r;
}

const struct gv_drill_logged *
gv_drill_due_newest(const struct gv_drill_log *log, bool passed)
{
	size_t i;

	for (i = 0; i < log->n; i++)
		if (log->items[i].fault == NULL &&
		    (!passed || strcmp(log->items[i].result, "failed") != 0))
			return &log->items[i];
	return NULL;
}

bool
gv_drill_due_is_late(const struct gv_drill_logged **passed,
    const struct gv_drill_dues *dues, const struct gv_drill_due *due,
    const struct gv_drill_log *log, int64_t now)
{
	*passed =
	    dues->is_said ? due->state.passed : gv_drill_due_newest(log, true);
	return *passed == NULL || (*passed)->time + due->every <= now;
}

void
gv_drill_due_release(struct gv_drill_dues *dues)
{
	free(dues->items);
	gv_arena_release(&dues->arena);
}

/* ---- what a record needs ------------------------------------------------- */

static const char *
foreign_or_unsigned(const struct gv_drill_logged *d)
{
	return d->is_foreign
	    ? "the last one is of another vault, or names none"
	    : "the last one is signed by nobody who decides about this "
	      "environment";
}

const struct gv_drill_logged *
gv_drill_due_proof(const char **why, const struct gv_drill_log *log,
    const char *env, int64_t within, int64_t now)
{
	static const char none[] = "none has passed yet";
	size_t i;

	*why = none;
	for (i = 0; i < log->n; i++) {
		const struct gv_drill_logged *d = &log->items[i];

		if (d->fault || d->time > now ||
		    (d->env && strcmp(d->env, env) != 0))
			continue;
		if (!gv_drill_log_counts(log, d, env)) {
			if (*why == none)
				*why = foreign_or_unsigned(d);
			continue;
		}
		if (d->time < now - within) {
			if (*why == none)
				*why = "the last one was too long ago";
			break;
		}
		if (strcmp(d->result, gv_drill_result_code(GV_DRILL_FAILED)) ==
		    0) {
			*why = "the last one has failed";
			break;
		}
		if (strcmp(d->result, gv_drill_result_code(GV_DRILL_PASSED)) !=
		    0)
			*why = "the last one could not run all checks";
		else
			return d;
	}
	return NULL;
}
