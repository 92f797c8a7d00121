#include "job/job_list.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "config/policy.h"
#include "job/job_report.h"
#include "policy/team.h"

static const char *
keep(struct gv_job_list *list, const char *text)
{
	return gv_arena_copy(&list->arena, text, strlen(text));
}

static int
time_of(const char **out, struct gv_job_list *list,
    const struct gv_policy_schedule *s)
{
	char text[32];

	if (!s->has_at)
		return 0;
	if (s->hour < 0)
		(void)snprintf(text, sizeof(text), "*:%02d", s->minute);
	else
		(void)snprintf(
		    text, sizeof(text), "%02d:%02d", s->hour, s->minute);
	*out = keep(list, text);
	return *out ? 0 : GV_ENOMEM;
}

static int
keep_components(struct gv_job_listed *one, struct gv_job_list *list,
    const struct gv_policy_texts *names)
{
	const char **copy;
	size_t i;

	if (names->n == 0)
		return 0;
	copy = gv_arena_alloc(&list->arena, names->n * sizeof(*copy));
	if (copy == NULL)
		return GV_ENOMEM;
	for (i = 0; i < names->n; i++)
		if ((copy[i] = keep(list, names->items[i])) == NULL)
			return GV_ENOMEM;
	one->components = copy;
	one->n_components = names->n;
	return 0;
}

static int
add(struct gv_job_list *list, const struct gv_policy_schedule *s, int64_t now,
    gv_job_zone *zone)
{
	struct gv_job_listed *one = &list->items[list->n];
	const struct gv_job_last *last =
	    gv_job_state_find(&list->state, s->name);

	*one = (struct gv_job_listed){ .name = keep(list, s->name),
		.what = gv_policy_jobs[s->what],
		.every = s->every,
		.attempts = s->retry.attempts,
		.last = last,
		.next = gv_job_due_at(s, last ? last->due : 0, now, zone) };
	if (one->name == NULL ||
	    (s->env && (one->env = keep(list, s->env)) == NULL) ||
	    keep_components(one, list, &s->components) < 0)
		return GV_ENOMEM;
	list->n++;
	return time_of(&one->at, list, s);
}

static int
add_all(struct gv_job_list *list, const struct gv_policy_schedules *all,
    int64_t now, gv_job_zone *zone)
{
	size_t i;
	int r = 0;

	if (all->n == 0)
		return 0;
	list->items =
	    gv_arena_alloc(&list->arena, all->n * sizeof(*list->items));
	if (list->items == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && i < all->n; i++)
		r = add(list, &all->items[i], now, zone);
	return r;
}

/* A report that is gone, or that nobody can read, is no reason to list none. */
static int
find_reasons(struct gv_job_list *list, struct gv_repo *repo)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < list->n; i++) {
		const struct gv_job_last *last = list->items[i].last;

		if (last == NULL || last->status == GV_JOB_SUCCESS ||
		    last->id == NULL)
			continue;
		r = gv_job_report_reason(
		    &list->items[i].reason, &list->arena, repo, last->id);
		if (r < 0 && r != GV_ENOMEM && r != GV_ECANCELED)
			r = 0;
	}
	return r;
}

int
gv_job_list_load(struct gv_job_list *out, struct gv_repo *repo, int64_t now,
    gv_job_zone *zone)
{
	struct gv_policy policy;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_team_load(&policy, repo)) == 0 &&
	    (r = gv_job_state_load(&out->state, NULL, repo)) == 0 &&
	    (r = gv_job_running_list(&out->running, repo)) == 0) {
		out->waits = gv_policy_runs_wait(&policy);
		r = add_all(out, gv_policy_runs(&policy), now, zone);
	}
	if (r == 0)
		r = find_reasons(out, repo);
	gv_policy_release(&policy);
	return r;
}

int64_t
gv_job_list_saved(const struct gv_job_list *list)
{
	const char *name = gv_policy_jobs[GV_POLICY_JOB_SNAPSHOT];
	int64_t saved = 0;
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct gv_job_listed *job = &list->items[i];

		if (job->last && job->last->success > saved &&
		    strcmp(job->what, name) == 0)
			saved = job->last->success;
	}
	return saved;
}

void
gv_job_list_release(struct gv_job_list *list)
{
	if (list == NULL)
		return;
	gv_job_running_release(&list->running);
	gv_job_state_release(&list->state);
	gv_arena_release(&list->arena);
	memset(list, 0, sizeof(*list));
}
