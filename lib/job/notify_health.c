#include "job/notify_health.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "config/policy.h"
#include "doctor/doctor.h"
#include "doctor/doctor_judge.h"
#include "job/job_list.h"
#include "policy/consent_diff.h"
#include "policy/team.h"
#include "sys/clock.h"

#define TARGET "target:"

static const char *
keep(struct gv_notify_health *h, const char *text)
{
	return gv_arena_copy(&h->arena, text, strlen(text));
}

int
gv_notify_health_add(
    struct gv_notify_health *h, const struct gv_notify_condition *c)
{
	struct gv_notify_condition *to;

	if (GV_GROW(h->items, h->n, h->cap) < 0)
		return gv_err_nomem();
	to = &h->items[h->n];
	*to = *c;
	if ((to->subject = keep(h, c->subject)) == NULL ||
	    (to->text = keep(h, c->text)) == NULL ||
	    (c->env && (to->env = keep(h, c->env)) == NULL) ||
	    (c->command && (to->command = keep(h, c->command)) == NULL))
		return GV_ENOMEM;
	h->n++;
	return 0;
}

/* ---- runs ---------------------------------------------------------------- */

static const char *
event_of_run(const char *what)
{
	return strcmp(what, "verify") == 0   ? "verify"
	    : strcmp(what, "drill") == 0     ? "drill"
	    : strcmp(what, "replicate") == 0 ? "behind"
					     : "run";
}

/* Of a run that is of no environment, a part may be of one. */
static int
add_part(struct gv_notify_health *h, const struct gv_job_run *run,
    const struct gv_job_part *part)
{
	struct gv_buf text = GV_BUF_INIT, subject = GV_BUF_INIT;
	struct gv_buf command = GV_BUF_INIT;
	const bool is_bad = part->status != GV_JOB_SUCCESS;
	int r;

	gv_buf_addf(&subject, "job:%s:%s", run->job, part->name);
	gv_buf_addf(&text, "%s: the dump of %s %s%s%s", run->job, part->name,
	    is_bad ? "failed" : "succeeded", is_bad && part->reason ? ": " : "",
	    is_bad && part->reason ? part->reason : "");
	gv_buf_addf(&command, "git vault component run %s", part->name);
	if ((r = gv_buf_check(&text)) == 0 &&
	    (r = gv_buf_check(&subject)) == 0 &&
	    (r = gv_buf_check(&command)) == 0)
		r = gv_notify_health_add(h,
		    &(struct gv_notify_condition){ .event = "run",
			.subject = subject.p,
			.env = part->env,
			.text = text.p,
			.command = command.p,
			.is_bad = is_bad,
			.is_narrow = true });
	gv_buf_release(&command);
	gv_buf_release(&text);
	gv_buf_release(&subject);
	return r;
}

static int
add_parts(struct gv_notify_health *h, const struct gv_job_run *run)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && run->env == NULL && i < run->n_parts; i++)
		if (run->parts[i].env)
			r = add_part(h, run, &run->parts[i]);
	return r;
}

int
gv_notify_health_run(struct gv_notify_health *h, const struct gv_job_run *run)
{
	struct gv_buf text = GV_BUF_INIT, subject = GV_BUF_INIT;
	int r;

	gv_buf_addf(&subject, "job:%s", run->job);
	gv_buf_addf(&text, "%s: %s %s%s%s", run->job, run->what,
	    run->status == GV_JOB_SUCCESS       ? "succeeded"
		: run->status == GV_JOB_PARTIAL ? "was done in part"
		: run->is_canceled              ? "was canceled"
						: "failed",
	    run->reason ? ": " : "", run->reason ? run->reason : "");
	if ((r = gv_buf_check(&text)) == 0 && (r = gv_buf_check(&subject)) == 0)
		r = gv_notify_health_add(h,
		    &(struct gv_notify_condition){
			.event = event_of_run(run->what),
			.subject = subject.p,
			.env = run->env,
			.text = text.p,
			.command = "git vault schedule list",
			.is_bad = run->status != GV_JOB_SUCCESS });
	gv_buf_release(&text);
	gv_buf_release(&subject);
	return r < 0 ? r : add_parts(h, run);
}

/* ---- health -------------------------------------------------------------- */

const char *
gv_notify_health_event(const char *kind, bool is_error)
{
	static const struct {
		const char *begin, *event;
	} map[] = { { "drill_", "drill" }, { "verified_", "verify" },
		{ "snapshot_damaged", "verify" }, { "ref_damaged", "verify" },
		{ "target_damaged", "verify" }, { "snapshot_lost", "verify" },
		{ "snapshot_old", "rpo" }, { "no_snapshot", "rpo" },
		{ "policy_", "config" }, { "approval_", "approval" },
		{ "one_key", "key" }, { "no_key", "key" },
		{ "keyring_", "key" }, { "snapshots_unsent", "behind" },
		{ "never_synced", "behind" }, { "no_remote", "behind" },
		{ "target_", "behind" }, { "copies_lacking", "behind" } };
	size_t i;

	for (i = 0; i < sizeof(map) / sizeof(*map); i++)
		if (strncmp(kind, map[i].begin, strlen(map[i].begin)) == 0)
			return map[i].event;
	return is_error ? "health" : NULL;
}

static int
add_finding(struct gv_notify_health *h, const struct gv_doctor_finding *f)
{
	const char *event =
	    gv_notify_health_event(f->kind, f->grade == GV_DOCTOR_ERROR);
	struct gv_buf subject = GV_BUF_INIT;
	int r;

	if (event == NULL || f->grade == GV_DOCTOR_NOTE)
		return 0;
	/* each target by itself, so that the next one is news, too */
	if (f->about)
		gv_buf_addf(&subject, TARGET "%s", f->about);
	else
		gv_buf_addstr(&subject, f->kind);
	if ((r = gv_buf_check(&subject)) == 0)
		r = gv_notify_health_add(h,
		    &(struct gv_notify_condition){ .event = event,
			.subject = subject.p,
			.text = f->text,
			.command = f->command,
			.is_bad = true });
	gv_buf_release(&subject);
	return r;
}

/* That pushes fail is what the job says that makes them, where there is one. */
static int
add_findings(struct gv_notify_health *h, const struct gv_doctor_report *report,
    const struct gv_job_list *jobs)
{
	bool has_job = false;
	size_t i;
	int r = 0;

	for (i = 0; i < jobs->n; i++)
		has_job |= strcmp(jobs->items[i].what, "replicate") == 0;
	for (i = 0; r == 0 && i < report->n; i++)
		if (!has_job ||
		    strcmp(report->findings[i].kind, "target_failing") != 0)
			r = add_finding(h, &report->findings[i]);
	return r;
}

/* "the newest snapshot is of 4 days ago, and was still current 10 hours
 * ago; the policy allows 8 h" */
static int
say_point(struct gv_buf *out, const struct gv_policy_env *env, int64_t newest,
    int64_t saved, int64_t now)
{
	const int64_t point = newest && saved > newest ? saved : newest;
	const int64_t most = env->times[GV_POLICY_ENV_RPO];

	if (newest == 0) {
		gv_buf_addstr(out, "there is no snapshot");
	} else {
		gv_buf_addstr(out, "the newest snapshot is of ");
		gv_time_add_relative(out, newest, now);
	}
	if (point > newest && point >= now) {
		gv_buf_addstr(out, ", and is still current");
	} else if (point > newest) {
		gv_buf_addstr(out, ", and was still current ");
		gv_time_add_relative(out, point, now);
	}
	if (point == 0 || now - point > most)
		gv_buf_addf(out, "; the policy allows %" PRId64 "%s",
		    most % 3600 ? (most + 59) / 60 : most / 3600,
		    most % 3600 ? " min" : " h");
	return gv_buf_check(out);
}

/* A snapshot holds all environments; each says how old it may be. One that was
 * due and found nothing new is as good (`saved`). */
static int
add_rpo(struct gv_notify_health *h, const struct gv_policy_env *env,
    int64_t newest, int64_t saved, int64_t now)
{
	const int64_t point = newest && saved > newest ? saved : newest;
	const int64_t most = env->times[GV_POLICY_ENV_RPO];
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (most == 0)
		return 0;
	if ((r = say_point(&text, env, newest, saved, now)) == 0)
		r = gv_notify_health_add(h,
		    &(struct gv_notify_condition){ .event = "rpo",
			.subject = env->name,
			.env = env->name,
			.text = text.p,
			.command = "git vault snapshot",
			.is_bad = point == 0 || now - point > most });
	gv_buf_release(&text);
	return r;
}

static int
add_policy(struct gv_notify_health *h, struct gv_repo *repo,
    const struct gv_doctor_report *report, const struct gv_job_list *jobs,
    int64_t now)
{
	const size_t n = report->refs.refs.n;
	struct gv_policy policy;
	size_t i;
	int r = gv_team_load(&policy, repo);

	for (i = 0; r == 0 && i < policy.envs.n; i++)
		r = add_rpo(h, &policy.envs.items[i],
		    n ? gv_doctor_time(report, n - 1) : 0,
		    gv_job_list_saved(jobs), now);
	gv_policy_release(&policy);
	/* doctor has reported one that cannot be read */
	return r == GV_EREFUSED ? 0 : r;
}

/* Each key by itself, so that the next one is news, too. */
static int
add_key(struct gv_notify_health *h, const struct gv_doctor_report *report,
    size_t i, int64_t now)
{
	const struct gv_keyring_age *age = &report->ages.items[i];
	const int64_t end = age->since + report->keys_last;
	const struct gv_doctor_verdict v =
	    gv_doctor_judge_key_age(end, report->keys_last, now);
	struct gv_buf text = GV_BUF_INIT, subject = GV_BUF_INIT;
	char date[GV_TIME_MAX];
	int r;

	if (v.kind == NULL)
		return 0;
	gv_time_rfc3339(date, end);
	gv_buf_addf(&subject, "key:%s", age->name);
	gv_buf_addf(&text, "the key of %s %s on %.10s", age->name,
	    end <= now ? "expired" : "expires", date);
	if ((r = gv_buf_check(&text)) == 0 && (r = gv_buf_check(&subject)) == 0)
		r = gv_notify_health_add(h,
		    &(struct gv_notify_condition){ .event = "key",
			.subject = subject.p,
			.text = text.p,
			.command = i == report->own_key ? "git vault key rotate"
							: "git vault key list",
			.is_bad = true });
	gv_buf_release(&text);
	gv_buf_release(&subject);
	return r;
}

static int
add_keys(struct gv_notify_health *h, const struct gv_doctor_report *report,
    int64_t now)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && report->keys_last && i < report->ages.n; i++)
		r = add_key(h, report, i, now);
	return r;
}

static int
add_consent(struct gv_notify_health *h, struct gv_repo *repo)
{
	struct gv_consent_diff diff;
	int r = gv_consent_diff_load(&diff, repo);

	if (r == 0 && diff.n_waits)
		r = gv_notify_health_add(h,
		    &(struct gv_notify_condition){ .event = "consent",
			.subject = "policy",
			.text = "a change of the policy waits until somebody "
				"accepts it",
			.command = "git vault policy diff",
			.is_bad = true });
	gv_consent_diff_release(&diff);
	return r == GV_EREFUSED ? 0 : r;
}

/* Copy what is known of the targets: findings leave out what is of a job, or
 * too new to be reported. */
static int
keep_targets(struct gv_notify_health *h, const struct gv_copies *copies)
{
	size_t i;

	if (copies->targets == NULL)
		return 0;
	h->targets =
	    gv_arena_alloc(&h->arena, (copies->n + 1) * sizeof(*h->targets));
	if (h->targets == NULL)
		return GV_ENOMEM;
	for (i = 0; i < copies->n; i++) {
		const struct gv_copies_target *t = &copies->targets[i];
		struct gv_notify_copies *to = &h->targets[i];

		to->is_well = t->damage.time == 0 && t->failing == 0 &&
		    !gv_target_is_refused(t->target) &&
		    !gv_target_is_disputed(t->target);
		to->is_whole = t->is_known && t->behind_snapshots == 0;
		to->succeeded = t->succeeded;
		if ((to->name = keep(h, t->target->name)) == NULL)
			return GV_ENOMEM;
		h->n_targets++;
	}
	h->has_targets = true;
	return 0;
}

int
gv_notify_health_look(
    struct gv_notify_health *h, struct gv_repo *repo, int64_t now)
{
	const struct gv_doctor_opts opts = { .brief = true,
		.now = now,
		.max_age = GV_DOCTOR_MAX_AGE,
		.verified_within = GV_DOCTOR_VERIFIED_WITHIN };
	struct gv_job_list jobs = { .n = 0 };
	struct gv_doctor_report report;
	int r = gv_doctor_run(&report, repo, &opts);

	if (r == 0 &&
	    (r = gv_job_list_load(&jobs, repo, now, gv_clock_zone)) ==
		GV_EREFUSED)
		r = 0; /* doctor has reported a policy that cannot be read */
	if (r == 0 && (r = keep_targets(h, &report.copies)) == 0 &&
	    (r = add_findings(h, &report, &jobs)) == 0 &&
	    (r = add_keys(h, &report, now)) == 0 &&
	    (r = add_policy(h, repo, &report, &jobs, now)) == 0)
		r = add_consent(h, repo);
	gv_job_list_release(&jobs);
	gv_doctor_release(&report);
	return r;
}

/* ---- what holds again ---------------------------------------------------- */

static bool
is_there(const struct gv_notify_health *h, const char *event, size_t len,
    const char *subject)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (strlen(h->items[i].event) == len &&
		    memcmp(h->items[i].event, event, len) == 0 &&
		    strcmp(h->items[i].subject, subject) == 0)
			return true;
	return false;
}

static bool
is_blind(const struct gv_notify_health *h, const char *event, size_t len)
{
	size_t i;

	for (i = 0; i < h->n_blind; i++)
		if (strlen(h->blind[i]) == len &&
		    memcmp(h->blind[i], event, len) == 0)
			return true;
	return false;
}

static const struct gv_notify_copies *
find_target(const struct gv_notify_health *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->n_targets; i++)
		if (strcmp(h->targets[i].name, name) == 0)
			return &h->targets[i];
	return NULL;
}

/* Whether it is not known that what was reported of a target has ended. */
static bool
is_open(const struct gv_notify_health *h, const struct gv_job_told *told,
    const char *subject)
{
	const struct gv_notify_copies *t;

	if (strncmp(subject, TARGET, strlen(TARGET)) != 0)
		return false;
	if (!h->has_targets)
		return true;
	t = find_target(h, subject + strlen(TARGET));
	return t &&
	    (!t->is_well || (!t->is_whole && t->succeeded < told->since));
}

/* What of a subject is the environment, so that a target that is limited to it
 * hears of the end, too: "configuration:prod", "staging..prod". */
static const char *
env_of(const char *event, const char *subject)
{
	const char *p = NULL;

	if (strcmp(event, "config") == 0 &&
	    strncmp(subject, "configuration:", 14) == 0)
		return subject + 14;
	if (strcmp(event, "drift") == 0)
		p = strstr(subject, "..");
	return p ? p + 2 : NULL;
}

static int
add_again(struct gv_notify_health *h, const char *event, size_t len,
    const char *subject)
{
	const char *const *known = gv_notify_events;
	struct gv_buf text = GV_BUF_INIT;
	char *p;
	int r;

	while (*known &&
	    (strlen(*known) != len || memcmp(*known, event, len) != 0))
		known++;
	if (*known == NULL)
		return 0;
	if (strncmp(subject, "key:", 4) == 0) {
		gv_buf_addf(&text,
		    "the key of %s does not expire soon any more", subject + 4);
	} else if (strncmp(subject, TARGET, strlen(TARGET)) == 0) {
		gv_buf_addf(&text,
		    find_target(h, subject + strlen(TARGET))
			? "the target %s is in order again"
			: "no copies go to the target %s any more",
		    subject + strlen(TARGET));
	} else {
		gv_buf_addstr(&text, subject);
		for (p = text.p; *p; p++)
			if (*p == '_')
				*p = ' ';
		gv_buf_addstr(&text, ": it is not found any more");
	}
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_notify_health_add(h,
		    &(struct gv_notify_condition){ .event = *known,
			.subject = subject,
			.env = env_of(*known, subject),
			.is_narrow = strcmp(*known, "config") == 0 &&
			    env_of(*known, subject) != NULL,
			.text = text.p });
	gv_buf_release(&text);
	return r;
}

int
gv_notify_health_ended(
    struct gv_notify_health *h, const struct gv_job_state *state)
{
	size_t i, len;
	int r = 0;

	for (i = 0; r == 0 && i < state->n_told; i++) {
		const char *key = state->told[i].key;

		len = strcspn(key, " ");
		/* a job's state is known by its next run, and what has
		 * happened does not end */
		if (key[len] == '\0' ||
		    strncmp(key + len + 1, "job:", 4) == 0 ||
		    strncmp(key + len + 1, "once:", 5) == 0 ||
		    is_blind(h, key, len) ||
		    is_there(h, key, len, key + len + 1) ||
		    is_open(h, &state->told[i], key + len + 1))
			continue;
		r = add_again(h, key, len, key + len + 1);
	}
	return r;
}

void
gv_notify_health_release(struct gv_notify_health *h)
{
	free(h->items);
	gv_arena_release(&h->arena);
	memset(h, 0, sizeof(*h));
}
