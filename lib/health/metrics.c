#include "health/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "health/health.h"

#define PREFIX "git_vault_"

void
gv_metrics_label(struct gv_buf *out, const char *value)
{
	size_t len = strlen(value), n;
	uint32_t c;

	for (; len; value += n, len -= n) {
		n = gv_utf8_next(&c, value, len);
		if (n == 0) {
			gv_buf_addstr(out, "\xef\xbf\xbd");
			n = 1;
		} else if (c == '"' || c == '\\') {
			gv_buf_addch(out, '\\');
			gv_buf_addch(out, (char)c);
		} else if (c == '\n') {
			gv_buf_addstr(out, "\\n");
		} else {
			gv_buf_add(out, value, n);
		}
	}
}

/* ---- families ------------------------------------------------------------ */

struct writer {
	struct gv_buf *out;
	const struct gv_health *h;
	const char *name; /* of the family */
};

static void
family(struct writer *w, const char *name, const char *type, const char *help)
{
	w->name = name;
	gv_buf_addf(w->out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n",
	    name, help, name, type);
}

#define GAUGE(w, name, help)   family(w, name, "gauge", help)
#define COUNTER(w, name, help) family(w, name, "counter", help)

/* Names and values of labels in turn; what has no value is left out. */
#define LABELS(...)                                                            \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}
#define NONE NULL

static void
add_labels(struct writer *w, const char *const *labels)
{
	gv_buf_addf(w->out, PREFIX "%s{repository=\"", w->name);
	gv_metrics_label(w->out, w->h->repository);
	gv_buf_addch(w->out, '"');
	for (; labels && labels[0]; labels += 2) {
		if (labels[1] == NULL)
			continue;
		gv_buf_addf(w->out, ",%s=\"", labels[0]);
		gv_metrics_label(w->out, labels[1]);
		gv_buf_addch(w->out, '"');
	}
	gv_buf_addstr(w->out, "} ");
}

static void
count(struct writer *w, uint64_t value, const char *const *labels)
{
	add_labels(w, labels);
	gv_buf_addf(w->out, "%" PRIu64 "\n", value);
}

static void
share(struct writer *w, double value, const char *const *labels)
{
	add_labels(w, labels);
	gv_buf_addf(w->out, "%.6g\n", value);
}

/* Of a time or a length of it; what is negative is 0. */
static uint64_t
seconds(int64_t value)
{
	return value > 0 ? (uint64_t)value : 0;
}

/* ---- snapshots ----------------------------------------------------------- */

static void
put_snapshots(struct writer *w)
{
	const struct gv_health *h = w->h;
	const size_t all = h->doctor.refs.refs.n;

	GAUGE(w, "snapshots", "Snapshots of this repository.");
	count(w, all, NONE);
	if (h->newest) {
		GAUGE(w, "last_snapshot_timestamp_seconds",
		    "When the newest whole snapshot was taken.");
		count(w, seconds(h->newest), NONE);
		GAUGE(w, "snapshot_bytes",
		    "Bytes of the files of the newest whole snapshot.");
		count(w, h->bytes, NONE);
	}
	GAUGE(w, "store_bytes", "Bytes of the packs of the repository.");
	count(w, h->store, NONE);
	GAUGE(w, "verified_snapshots",
	    "Snapshots that were verified at some time.");
	count(w, h->doctor.n_verified, NONE);
	if (all) {
		GAUGE(w, "verified_ratio", "The same as a share of all.");
		share(w, (double)h->doctor.n_verified / (double)all, NONE);
	}
	GAUGE(w, "last_verified_timestamp_seconds",
	    "When a snapshot was last verified; 0: never.");
	count(w, seconds(h->doctor.verified), NONE);
}

/* ---- jobs ---------------------------------------------------------------- */

static const struct gv_job_count *
counted(const struct gv_health *h, const char *what)
{
	const struct gv_job_state *s = &h->jobs.state;
	size_t i;

	for (i = 0; i < s->n_counts; i++)
		if (strcmp(s->counts[i].what, what) == 0)
			return &s->counts[i];
	return NULL;
}

/* Runs of components are counted under two names: those of the policy's job and
 * of the command. */
static uint64_t
runs_of(const struct gv_health *h, enum gv_health_job job, size_t status)
{
	const struct gv_job_state *s = &h->jobs.state;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < s->n_counts; i++)
		if (gv_health_job_of(s->counts[i].what) == job)
			sum += s->counts[i].n[status];
	return sum;
}

static void
put_counts(struct writer *w)
{
	const struct gv_health *h = w->h;
	const struct gv_job_count *snapshots = counted(h, "snapshot");
	size_t i, k;

	GAUGE(w, "counting", "Whether runs begun by hand are counted here.");
	count(w, h->counts, NONE);

	COUNTER(w, "runs_total",
	    "Runs in this clone since it counts them, by how they ended.");
	for (i = 0; i < GV_HEALTH_JOBS; i++)
		for (k = 0; k < GV_JOB_STATUSES; k++)
			count(w, runs_of(h, (enum gv_health_job)i, k),
			    LABELS("job", gv_health_jobs[i], "result",
				gv_job_statuses[k]));
	COUNTER(w, "added_bytes_total",
	    "Bytes that snapshots added to this clone since it counts them.");
	count(w, snapshots ? snapshots->stored : 0, NONE);
}

/* A job of the policy; what it runs and for which environment are labels. */
static void
put_job(struct writer *w, const struct gv_job_listed *j, uint64_t value)
{
	count(w, value,
	    LABELS("job", j->name, "what", j->what, "environment", j->env));
}

static void
put_last(struct writer *w, const char *name, const char *help,
    uint64_t (*value)(const struct gv_job_last *last))
{
	const struct gv_job_list *list = &w->h->jobs;
	bool has_head = false;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (list->items[i].last == NULL)
			continue;
		if (!has_head)
			GAUGE(w, name, help);
		has_head = true;
		put_job(w, &list->items[i], value(list->items[i].last));
	}
}

static uint64_t
ended(const struct gv_job_last *last)
{
	return seconds(last->ended);
}

static uint64_t
succeeded(const struct gv_job_last *last)
{
	return seconds(last->success);
}

static uint64_t
took(const struct gv_job_last *last)
{
	return seconds(last->ended - last->begun);
}

static uint64_t
status(const struct gv_job_last *last)
{
	return (uint64_t)last->status;
}

static void
put_jobs(struct writer *w)
{
	const struct gv_job_list *list = &w->h->jobs;
	size_t i;

	put_last(w, "last_run_timestamp_seconds",
	    "When a job of the policy last ended here.", ended);
	put_last(w, "last_success_timestamp_seconds",
	    "When it last succeeded here; 0: not known.", succeeded);
	put_last(w, "last_run_duration_seconds", "How long its last run took.",
	    took);
	put_last(w, "last_run_status",
	    "How it ended: 0 success, 1 partial, 2 failed.", status);
	if (list->n == 0)
		return;
	GAUGE(w, "job_period_seconds", "How often the policy wants a job run.");
	for (i = 0; i < list->n; i++)
		put_job(w, &list->items[i], seconds(list->items[i].every));
	GAUGE(w, "job_overdue_seconds",
	    "How long a job is due; 0: it is not due yet.");
	for (i = 0; i < list->n; i++)
		put_job(w, &list->items[i],
		    seconds(w->h->now - list->items[i].next));
}

static void
put_ratios(struct writer *w)
{
	static const unsigned windows[] = { 30, 90 };
	static const char *const names[] = { "30d", "90d" };
	const struct gv_health *h = w->h;
	struct gv_health_ratio r[GV_HEALTH_GOALS][2];
	size_t i, k;

	GAUGE(w, "success_runs",
	    "Runs within the window, of all hosts, as their reports say.");
	for (i = 0; i < GV_HEALTH_GOALS; i++)
		for (k = 0; k < 2; k++) {
			gv_health_ratio(&r[i][k], &gv_health_goals[i], h->runs,
			    h->n_runs, windows[k], h->now);
			count(w, r[i][k].n,
			    LABELS("goal", gv_health_goals[i].name, "window",
				names[k]));
		}
	GAUGE(w, "success_ratio",
	    "The share of these that succeeded as a whole; 1 without runs.");
	for (i = 0; i < GV_HEALTH_GOALS; i++)
		for (k = 0; k < 2; k++)
			share(w,
			    r[i][k].n ? (double)r[i][k].good / (double)r[i][k].n
				      : 1,
			    LABELS("goal", gv_health_goals[i].name, "window",
				names[k]));
	GAUGE(w, "success_ratio_target", "The share that is to succeed.");
	for (i = 0; i < GV_HEALTH_GOALS; i++)
		for (k = 0; k < 2; k++)
			share(w, gv_health_goals[i].share,
			    LABELS("goal", gv_health_goals[i].name, "window",
				names[k]));
}

static void
put_rest(struct writer *w)
{
	const struct gv_health *h = w->h;
	struct gv_health_slow slow[16];
	const double saved = gv_health_saved(NULL, h->runs, h->n_runs, h->now);

	GAUGE(w, "slow_jobs",
	    "Jobs whose last run took more than twice the median.");
	count(w,
	    gv_health_slowest(
		slow, sizeof(slow) / sizeof(slow[0]), h->runs, h->n_runs),
	    NONE);
	if (saved < 0)
		return;
	GAUGE(w, "compression_ratio",
	    "The share of what runs of 90 days captured that did not have to "
	    "be stored.");
	share(w, saved, NONE);
}

/* ---- environments -------------------------------------------------------- */

static void
put_targets(struct writer *w)
{
	const struct gv_health *h = w->h;
	size_t i;

	if (h->n_envs == 0)
		return;
	GAUGE(w, "recovery_point_age_seconds",
	    "Since the newest snapshot that has the environment, or since a "
	    "scheduled one found nothing new.");
	for (i = 0; i < h->n_envs; i++)
		if (h->point)
			count(w, seconds(h->now - h->point),
			    LABELS("environment", h->envs[i].name));
	GAUGE(w, "recovery_point_target_seconds",
	    "How old it may be by the policy; 0: it does not say.");
	for (i = 0; i < h->n_envs; i++)
		count(w, seconds(h->envs[i].rpo),
		    LABELS("environment", h->envs[i].name));
	GAUGE(w, "recovery_target_seconds",
	    "How long a recovery may take by the policy; 0: it does not say.");
	for (i = 0; i < h->n_envs; i++)
		count(w, seconds(h->envs[i].rto),
		    LABELS("environment", h->envs[i].name));
	GAUGE(w, "known_good_timestamp_seconds",
	    "Of the newest known-good record that counts; 0 without one.");
	for (i = 0; i < h->n_envs; i++)
		count(w,
		    h->envs[i].good < h->doctor.n_envs &&
			    h->doctor.envs[h->envs[i].good].has_good
			? seconds(h->doctor.envs[h->envs[i].good].good.time)
			: 0,
		    LABELS("environment", h->envs[i].name));
}

static void
put_drift(struct writer *w)
{
	const struct gv_health *h = w->h;
	size_t i, k;

	if (h->n_envs == 0)
		return;
	GAUGE(w, "drift_keys",
	    "Keys that should not differ from the environment before, by how.");
	for (i = 0; i < h->n_envs; i++)
		for (k = GV_DRIFT_NONE + 1; k < GV_DRIFT_CLASSES; k++)
			if (h->envs[i].drift[k])
				count(w, h->envs[i].drift[k],
				    LABELS("environment", h->envs[i].name,
					"class", gv_drift_classes[k]));
	GAUGE(w, "drift_unexpected_keys", "The same, all together.");
	for (i = 0; i < h->n_envs; i++)
		if (h->envs[i].against)
			count(w, h->envs[i].drifts,
			    LABELS("environment", h->envs[i].name));
	GAUGE(w, "drift_expected_keys",
	    "Keys that differ because they are meant to.");
	for (i = 0; i < h->n_envs; i++)
		if (h->envs[i].against)
			count(w, h->envs[i].expected,
			    LABELS("environment", h->envs[i].name));
	GAUGE(w, "config_valid",
	    "Whether the configuration of HEAD is valid; 0: problems were "
	    "found, or it could not be checked.");
	for (i = 0; i < h->n_envs; i++)
		if (h->envs[i].has_config)
			count(w, !h->envs[i].wrong && !h->envs[i].unsure,
			    LABELS("environment", h->envs[i].name));
}

/* ---- what waits for somebody --------------------------------------------- */

static void
put_waits(struct writer *w)
{
	const struct gv_health *h = w->h;
	size_t i;

	GAUGE(w, "approvals_pending",
	    "Approvals that a run, a rollback or a removal waits for here.");
	for (i = 0; i < h->n_envs; i++)
		count(w, h->envs[i].approvals,
		    LABELS("environment", h->envs[i].name));
	count(w, h->approvals, NONE);
	if (!h->has_secrets)
		return;
	GAUGE(w, "secrets_due",
	    "Secrets in use that were revoked: new values are due.");
	count(w, h->secrets_due, NONE);
}

/* ---- keys ---------------------------------------------------------------- */

static void
put_keys(struct writer *w)
{
	const struct gv_doctor_report *d = &w->h->doctor;
	int64_t end, first = 0;
	uint64_t past = 0;
	size_t i;

	if (d->keys_last == 0 || d->ages.n == 0)
		return;
	for (i = 0; i < d->ages.n; i++) {
		end = d->ages.items[i].since + d->keys_last;
		past += end <= w->h->now;
		if (i == 0 || end < first)
			first = end;
	}
	GAUGE(w, "key_expiry_timestamp_seconds",
	    "When the first key of the keyring is as old as the policy lets it "
	    "become.");
	count(w, seconds(first), NONE);
	GAUGE(w, "keys_expired", "Keys of the keyring that are older.");
	count(w, past, NONE);
}

/* ---- drills -------------------------------------------------------------- */

static const struct gv_drill_state *
drilled(const struct gv_health_env *env)
{
	return env->drill.last ? &env->drill : NULL;
}

static void
put_drills(struct writer *w)
{
	const struct gv_health *h = w->h;
	const struct gv_drill_state *d;
	size_t i;

	GAUGE(w, "last_drill_timestamp_seconds",
	    "When the recovery was last rehearsed.");
	for (i = 0; i < h->n_envs; i++)
		if ((d = drilled(&h->envs[i])) != NULL)
			count(w, seconds(d->last->time),
			    LABELS("environment", h->envs[i].name));
	GAUGE(w, "last_drill_passed", "Whether that passed.");
	for (i = 0; i < h->n_envs; i++)
		if ((d = drilled(&h->envs[i])) != NULL)
			count(w, d->last == d->passed,
			    LABELS("environment", h->envs[i].name));
	GAUGE(w, "recovery_seconds",
	    "How long the recovery took in the last drill that passed.");
	for (i = 0; i < h->n_envs; i++)
		if ((d = drilled(&h->envs[i])) != NULL && d->passed)
			share(w, (double)d->passed->ms / 1000,
			    LABELS("environment", h->envs[i].name));
}

/* ---- copies, components -------------------------------------------------- */

static const char *
kind_of(const struct gv_health_copy *copy)
{
	return copy->is_store ? "store" : "git";
}

static void
put_copies(struct writer *w)
{
	const struct gv_health *h = w->h;
	size_t i;

	if (h->wanted) {
		GAUGE(w, "copies_wanted_snapshots",
		    "Snapshots of which the policy wants copies in stores.");
		count(w, h->wanted, NONE);
		GAUGE(w, "copies_lacking_snapshots",
		    "Those that have too few verified copies.");
		count(w, h->lacking, NONE);
	}
	if (h->n_copies == 0)
		return;
	GAUGE(w, "replica_behind_snapshots",
	    "Snapshots that a remote or store lacks, as it was last seen.");
	for (i = 0; i < h->n_copies; i++)
		count(w, h->copies[i].behind,
		    LABELS("remote", h->copies[i].name, "kind",
			kind_of(&h->copies[i])));
	GAUGE(w, "replica_behind_seconds",
	    "Since the oldest of these was taken.");
	for (i = 0; i < h->n_copies; i++)
		count(w,
		    h->copies[i].since ? seconds(h->now - h->copies[i].since)
				       : 0,
		    LABELS("remote", h->copies[i].name, "kind",
			kind_of(&h->copies[i])));
	GAUGE(w, "replica_last_success_timestamp_seconds",
	    "When a push last left nothing out, or the server wrote its "
	    "receipt; 0: not known.");
	for (i = 0; i < h->n_copies; i++)
		count(w, seconds(h->copies[i].last),
		    LABELS("remote", h->copies[i].name, "kind",
			kind_of(&h->copies[i])));
	GAUGE(w, "replica_last_verified_timestamp_seconds",
	    "When the copy was last verified as a whole; 0: never.");
	for (i = 0; i < h->n_copies; i++)
		if (h->copies[i].is_store)
			count(w, seconds(h->copies[i].verified),
			    LABELS(
				"remote", h->copies[i].name, "kind", "store"));
	GAUGE(w, "replica_damaged",
	    "Whether a push or verification found the copy damaged or gone, "
	    "and none has proved it intact since.");
	for (i = 0; i < h->n_copies; i++)
		if (h->copies[i].is_store)
			count(w, h->copies[i].is_damaged,
			    LABELS(
				"remote", h->copies[i].name, "kind", "store"));
}

static void
put_components(struct writer *w)
{
	const struct gv_health *h = w->h;
	size_t i;

	if (h->n_components == 0)
		return;
	GAUGE(w, "component_last_dump_timestamp_seconds",
	    "When the newest stored dump was made; 0: never.");
	for (i = 0; i < h->n_components; i++)
		count(w, seconds(h->components[i].time),
		    LABELS("environment", h->components[i].env, "component",
			h->components[i].name));
	GAUGE(w, "component_dump_bytes", "How large it is.");
	for (i = 0; i < h->n_components; i++)
		count(w, h->components[i].bytes,
		    LABELS("environment", h->components[i].env, "component",
			h->components[i].name));
}

/* ---- all ----------------------------------------------------------------- */

static size_t
lines(const struct gv_buf *text)
{
	size_t i, n = 0;

	for (i = 0; i < text->len; i++)
		n += text->p[i] == '\n';
	return n;
}

static void
put_verdict(struct writer *w)
{
	static const char *const grades[] = { "note", "warning", "error" };
	const struct gv_health *h = w->h;
	size_t i;

	GAUGE(w, "healthy",
	    "Whether the quick checks found neither errors nor warnings, no "
	    "environment misses its targets or has an invalid configuration, "
	    "each component has a dump, and everything could be read.");
	count(w, gv_health_is_good(h), NONE);
	GAUGE(w, "check_findings", "What the quick checks found.");
	for (i = 0; i < sizeof(grades) / sizeof(grades[0]); i++)
		count(w, h->doctor.counts[i], LABELS("severity", grades[i]));
	GAUGE(w, "unread", "What of these figures could not be read.");
	count(w, lines(&h->problems), NONE);
	GAUGE(w, "left_out",
	    "Environments, components, copies and reports beyond the bounds, "
	    "which no figure here has.");
	count(w, h->left_out, NONE);
}

int
gv_metrics_text(
    struct gv_buf *out, const struct gv_health *health, const char *version)
{
	struct writer w = { .out = out, .h = health };

	GAUGE(&w, "build_info", "The version of git-vault.");
	count(&w, 1, LABELS("version", version));
	put_verdict(&w);
	put_snapshots(&w);
	put_counts(&w);
	put_jobs(&w);
	put_ratios(&w);
	put_rest(&w);
	put_targets(&w);
	put_drift(&w);
	put_waits(&w);
	put_keys(&w);
	put_drills(&w);
	put_copies(&w);
	put_components(&w);
	return gv_buf_check(out);
}
