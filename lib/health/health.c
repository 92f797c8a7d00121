#include "health/health.h"

#include <string.h>

#include "base/err.h"
#include "health/health_internal.h"
#include "repo/repo.h"

int
gv_health_settle(struct gv_health *h, const char *part, int r)
{
	if (r >= 0)
		return 0;
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	gv_buf_addf(&h->problems, "%s: %s\n", part, gv_err_message());
	return gv_buf_check(&h->problems);
}

const char *
gv_health_keep(struct gv_health *h, const char *text)
{
	return gv_arena_copy(&h->arena, text, strlen(text));
}

struct gv_health_env *
gv_health_find_env(struct gv_health *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->n_envs; i++)
		if (strcmp(h->envs[i].name, name) == 0)
			return &h->envs[i];
	return NULL;
}

void
gv_health_trend_add(struct gv_health_trend *trend, double value)
{
	if (trend->n == GV_HEALTH_TREND)
		memmove(trend->at, trend->at + 1,
		    --trend->n * sizeof(trend->at[0]));
	trend->at[trend->n++] = value;
}

/* The folder's name; of a bare repository without ".git" at its end. */
static int
name_it(struct gv_health *h, const struct gv_repo *repo)
{
	const char *path = repo->worktree ? repo->worktree : repo->common_dir;
	const char *slash = strrchr(path, '/');
	const char *name = slash && slash[1] ? slash + 1 : path;
	size_t len = strlen(name);

	if (!repo->worktree && len > 4 && strcmp(name + len - 4, ".git") == 0)
		len -= 4;
	h->repository = gv_arena_copy(&h->arena, name, len);
	return h->repository ? 0 : GV_ENOMEM;
}

int
gv_health_load(struct gv_health *out, struct gv_repo *repo,
    const struct gv_health_opts *opts)
{
	const struct gv_doctor_opts look = { .brief = true,
		.now = opts->now,
		.max_age = opts->max_age ? opts->max_age : GV_DOCTOR_MAX_AGE,
		.verified_within = opts->verified_within
		    ? opts->verified_within
		    : GV_DOCTOR_VERIFIED_WITHIN };
	struct gv_health_taken taken;
	int r;

	memset(out, 0, sizeof(*out));
	out->now = opts->now;
	if ((r = name_it(out, repo)) < 0 ||
	    (r = gv_doctor_run(&out->doctor, repo, &look)) < 0 ||
	    (r = gv_health_judge_jobs(&out->doctor, repo, opts->now)) < 0 ||
	    (r = gv_health_load_snapshots(out, &taken, repo)) < 0 ||
	    (r = gv_health_settle(
		 out, "schedule", gv_health_load_jobs(out, repo))) < 0 ||
	    (r = gv_health_load_runs(out, repo)) < 0 ||
	    (r = gv_health_settle(
		 out, "drills", gv_health_load_drills(out, repo))) < 0 ||
	    (r = gv_health_settle(out, "environments",
		 gv_health_load_envs(out, &taken, repo))) < 0 ||
	    (r = gv_health_settle(
		 out, "approvals", gv_health_load_approvals(out, repo))) < 0 ||
	    (r = gv_health_settle(
		 out, "secrets", gv_health_load_secrets(out, repo))) < 0 ||
	    (r = gv_health_settle(
		 out, "copies", gv_health_load_copies(out, repo))) < 0 ||
	    (r = gv_health_settle(
		 out, "components", gv_health_load_components(out, repo))) < 0)
		return r;
	out->point = gv_job_list_saved(&out->jobs);
	if (out->newest == 0 || out->newest > out->point)
		out->point = out->newest;
	return gv_health_settle(
	    out, "events", gv_health_load_events(out, repo));
}

bool
gv_health_is_late(const struct gv_health *h, const struct gv_health_env *env)
{
	return h->point == 0 || (env->rpo && h->now - h->point > env->rpo);
}

bool
gv_health_is_good(const struct gv_health *h)
{
	size_t i;

	for (i = 0; i < h->n_envs; i++)
		if (gv_health_is_late(h, &h->envs[i]) || h->envs[i].wrong)
			return false;
	for (i = 0; i < h->n_components; i++)
		if (h->components[i].time == 0)
			return false;
	return h->snapshots && h->problems.len == 0 &&
	    h->doctor.counts[GV_DOCTOR_ERROR] == 0 &&
	    h->doctor.counts[GV_DOCTOR_WARNING] == 0;
}

void
gv_health_release(struct gv_health *h)
{
	if (h == NULL)
		return;
	gv_doctor_release(&h->doctor);
	gv_job_list_release(&h->jobs);
	gv_drill_due_release(&h->dues);
	gv_drill_log_release(&h->drills);
	gv_audit_found_release(&h->events);
	gv_buf_release(&h->problems);
	gv_arena_release(&h->arena);
	memset(h, 0, sizeof(*h));
}
