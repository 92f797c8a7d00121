#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/time.h"
#include "component/component_stored.h"
#include "health/health_internal.h"
#include "policy/team.h"
#include "repo/ref.h"
#include "sys/clock.h"

/*
 * What the schedule of this host says of the vault's health: jobs whose last
 * run was no success, and components that nobody has dumped yet.
 */

static int
add(struct gv_doctor_report *report, const char *kind, const char *verb,
    const char *name, struct gv_buf *text)
{
	struct gv_buf command = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&command, verb);
	gv_shell_word(&command, name);
	if ((r = gv_buf_check(&command)) == 0 && (r = gv_buf_check(text)) == 0)
		r = gv_doctor_report_add(
		    report, GV_DOCTOR_WARNING, kind, command.p, text->p);
	gv_buf_release(&command);
	gv_buf_release(text);
	return r;
}

/* ---- jobs ---------------------------------------------------------------- */

static int
add_job(struct gv_doctor_report *report, const struct gv_job_listed *job,
    int64_t now)
{
	struct gv_buf text = GV_BUF_INIT;
	char age[GV_TIME_MAX];

	gv_time_relative(age, job->last->ended, now);
	gv_buf_addf(&text, "the job %s (%s) %s %s%s%s", job->name, job->what,
	    job->last->status == GV_JOB_PARTIAL ? "was done in part" : "failed",
	    age, job->reason ? ": " : "", job->reason ? job->reason : "");
	return add(
	    report, "job_failing", "git vault schedule run", job->name, &text);
}

/* A policy that cannot be read is a finding already. */
static int
settle(int r)
{
	return r == GV_EREFUSED || r == GV_EUSAGE ? 0 : r;
}

int
gv_health_judge_jobs(
    struct gv_doctor_report *report, struct gv_repo *repo, int64_t now)
{
	struct gv_job_list jobs;
	size_t i;
	int r = gv_job_list_load(&jobs, repo, now, gv_clock_zone);

	for (i = 0; r == 0 && i < jobs.n; i++)
		if (jobs.items[i].last &&
		    jobs.items[i].last->status != GV_JOB_SUCCESS)
			r = add_job(report, &jobs.items[i], now);
	gv_job_list_release(&jobs);
	return settle(r);
}

/* ---- components ---------------------------------------------------------- */

static bool
has_dump(
    const struct gv_refs *dumps, const struct gv_policy_component *component)
{
	const char *id, *env, *name;
	size_t env_len, name_len, i;

	for (i = 0; i < dumps->n; i++)
		if (gv_component_ref_split(&id, &env, &env_len, &name,
			&name_len, dumps->refs[i].name) &&
		    strlen(component->env) == env_len &&
		    strlen(component->name) == name_len &&
		    memcmp(component->env, env, env_len) == 0 &&
		    memcmp(component->name, name, name_len) == 0)
			return true;
	return false;
}

static int
add_component(struct gv_doctor_report *report,
    const struct gv_policy_component *component)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(&text, "the component %s of %s was never dumped",
	    component->name, component->env);
	return add(report, "component_undumped", "git vault component run",
	    component->name, &text);
}

int
gv_health_judge_components(
    struct gv_doctor_report *report, struct gv_repo *repo)
{
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_refs dumps = { .n = 0 };
	size_t i;
	int r = gv_team_load(&policy, repo);

	if (r == 0 && policy.components.n)
		r = gv_component_list(&dumps, repo, NULL, NULL);
	for (i = 0; r == 0 && i < policy.components.n; i++)
		if (!has_dump(&dumps, &policy.components.items[i]))
			r = add_component(report, &policy.components.items[i]);
	gv_refs_release(&dumps);
	gv_policy_release(&policy);
	return settle(r);
}
