#include "health/health_judge.h"

#include <string.h>

#define MEDIAN_LEAST 3
#define MEDIAN_MOST  9

const char *const gv_health_jobs[GV_HEALTH_JOBS + 1] = { "snapshot",
	"component", "replicate", "verify", "drill", "restore", "recover",
	"rollback", NULL };

const char *const gv_health_day_kinds[GV_HEALTH_DAY_KINDS + 1] = { "before",
	"nothing", "fine", "partly", "failed", "missed", NULL };

#define OF(job) (1u << (job))

const struct gv_health_goal gv_health_goals[GV_HEALTH_GOALS] = {
	{ "backup", OF(GV_HEALTH_SNAPSHOT) | OF(GV_HEALTH_COMPONENT), 0.999 },
	{ "replication", OF(GV_HEALTH_REPLICATE), 0.9999 },
	{ "recovery",
	    OF(GV_HEALTH_RESTORE) | OF(GV_HEALTH_RECOVER) | OF(GV_HEALTH_DRILL),
	    0.95 },
	{ "rollback", OF(GV_HEALTH_ROLLBACK), 0.9 },
};

enum gv_health_job
gv_health_job_of(const char *what)
{
	size_t i;

	if (strcmp(what, "components") == 0)
		return GV_HEALTH_COMPONENT;
	for (i = 0; i < GV_HEALTH_JOBS; i++)
		if (strcmp(gv_health_jobs[i], what) == 0)
			break;
	return (enum gv_health_job)i;
}

/* ---- ratios -------------------------------------------------------------- */

static bool
is_within(const struct gv_job_run *run, unsigned days, int64_t now)
{
	return run->ended <= now && now - run->ended < days * GV_HEALTH_DAY;
}

void
gv_health_ratio(struct gv_health_ratio *out, const struct gv_health_goal *goal,
    const struct gv_job_run *runs, size_t n, unsigned days, int64_t now)
{
	enum gv_health_job job;
	size_t i;

	*out = (struct gv_health_ratio){ .n = 0 };
	for (i = 0; i < n; i++) {
		job = gv_health_job_of(runs[i].what);
		if (job == GV_HEALTH_JOBS || !(goal->jobs & OF(job)) ||
		    runs[i].is_canceled || !is_within(&runs[i], days, now))
			continue;
		out->n++;
		out->good += runs[i].status == GV_JOB_SUCCESS;
	}
}

bool
gv_health_is_met(
    const struct gv_health_goal *goal, const struct gv_health_ratio *ratio)
{
	return (double)ratio->good >= goal->share * (double)ratio->n;
}

double
gv_health_saved(
    size_t *n, const struct gv_job_run *runs, size_t n_runs, int64_t now)
{
	double bytes = 0, stored = 0;
	size_t i, count = 0;

	for (i = 0; i < n_runs; i++) {
		if (!runs[i].has_size || runs[i].bytes == 0 ||
		    !is_within(&runs[i], GV_HEALTH_DAYS, now))
			continue;
		bytes += (double)runs[i].bytes;
		stored += (double)runs[i].stored;
		count++;
	}
	if (n)
		*n = count;
	if (count == 0)
		return -1;
	return stored < bytes ? 1 - stored / bytes : 0;
}

/* ---- runs that take long ------------------------------------------------- */

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
is_same_job(const struct gv_job_run *a, const struct gv_job_run *b)
{
	return is_same(a->job, b->job) && strcmp(a->what, b->what) == 0;
}

/* Of at most MEDIAN_MOST numbers, which are put in order. */
static int64_t
median_of(int64_t *times, size_t n)
{
	int64_t t;
	size_t i, k;

	for (i = 1; i < n; i++) {
		t = times[i];
		for (k = i; k > 0 && times[k - 1] > t; k--)
			times[k] = times[k - 1];
		times[k] = t;
	}
	return times[n / 2];
}

bool
gv_health_is_slow(struct gv_health_slow *out, const struct gv_job_run *runs,
    size_t n, size_t i)
{
	const struct gv_job_run *run = &runs[i];
	int64_t times[MEDIAN_MOST], median;
	size_t k, m = 0;

	for (k = i + 1; k < n && m < MEDIAN_MOST; k++)
		if (is_same_job(&runs[k], run) &&
		    runs[k].status != GV_JOB_FAILED)
			times[m++] = runs[k].ended - runs[k].begun;
	if (m < MEDIAN_LEAST)
		return false;
	/* seconds are whole: what takes none is not compared */
	median = median_of(times, m);
	if (median == 0)
		median = 1;
	*out = (struct gv_health_slow){ .run = run, .median = median };
	return run->ended - run->begun > 2 * median;
}

size_t
gv_health_slowest(struct gv_health_slow *out, size_t most,
    const struct gv_job_run *runs, size_t n)
{
	const struct gv_job_run *seen[64];
	size_t i, k, n_seen = 0, found = 0;

	for (i = 0; i < n && found < most; i++) {
		for (k = 0; k < n_seen; k++)
			if (is_same_job(seen[k], &runs[i]))
				break;
		if (k < n_seen)
			continue;
		if (n_seen == sizeof(seen) / sizeof(seen[0]))
			break;
		seen[n_seen++] = &runs[i];
		if (gv_health_is_slow(&out[found], runs, n, i))
			found++;
	}
	return found;
}

/* ---- days ---------------------------------------------------------------- */

/* The place of a time among the days; -1: before them, GV_HEALTH_DAYS: behind.
 */
static int
day_of(int64_t time, int64_t now)
{
	const int64_t today = now / GV_HEALTH_DAY;
	const int64_t at = time / GV_HEALTH_DAY - today + GV_HEALTH_DAYS - 1;

	if (at < 0 || time < 0)
		return -1;
	return time > now ? GV_HEALTH_DAYS : (int)at;
}

void
gv_health_take(
    struct gv_health_taken *out, const int64_t *times, size_t n, int64_t now)
{
	int64_t before = 0;
	size_t i;
	int day;

	memset(out, 0, sizeof(*out));
	out->now = now;
	for (i = 0; i < n; i++) {
		day = day_of(times[i], now);
		if (day == GV_HEALTH_DAYS)
			continue;
		if (out->first == 0 || times[i] < out->first)
			out->first = times[i];
		if (day < 0) {
			before = times[i] > before ? times[i] : before;
			continue;
		}
		out->n[day]++;
		if (times[i] > out->last[day])
			out->last[day] = times[i];
	}
	for (i = 0; i < GV_HEALTH_DAYS; i++)
		before = out->last[i] = out->last[i] ? out->last[i] : before;
}

/* What runs of snapshots and components say of each day: the worst that was not
 * made good on the same day, and when a snapshot last succeeded, up to its end:
 * one that finds nothing new takes none. */
struct ran {
	unsigned char worst[GV_HEALTH_DAYS];
	int64_t saved[GV_HEALTH_DAYS];
};

static void
look_at_runs(struct ran *out, const struct gv_health_taken *taken,
    const struct gv_job_run *runs, size_t n, const char *env)
{
	unsigned char *worst = out->worst;
	int64_t saved = 0;
	size_t i;
	int day;

	for (i = n; i > 0; i--) {
		const struct gv_job_run *run = &runs[i - 1];
		const enum gv_health_job job = gv_health_job_of(run->what);

		if ((job != GV_HEALTH_SNAPSHOT && job != GV_HEALTH_COMPONENT) ||
		    run->is_canceled ||
		    (run->env && strcmp(run->env, env) != 0))
			continue;
		day = day_of(run->ended, taken->now);
		if (day < 0 || day == GV_HEALTH_DAYS)
			continue;
		if (run->status == GV_JOB_FAILED)
			worst[day] = GV_HEALTH_FAILED;
		else if (run->status == GV_JOB_PARTIAL)
			worst[day] = GV_HEALTH_PARTLY;
		else if (job == GV_HEALTH_SNAPSHOT) {
			worst[day] = GV_HEALTH_FINE;
			out->saved[day] = run->ended;
		}
	}
	for (i = 0; i < GV_HEALTH_DAYS; i++)
		saved = out->saved[i] = out->saved[i] ? out->saved[i] : saved;
}

/* At the end of a day; of today, now. */
static bool
is_missed(const struct gv_health_taken *taken, const struct ran *ran,
    size_t day, int64_t most)
{
	const int64_t last = taken->last[day] > ran->saved[day]
	    ? taken->last[day]
	    : ran->saved[day];
	const int64_t begin =
	    (taken->now / GV_HEALTH_DAY - GV_HEALTH_DAYS + 1 + (int64_t)day) *
	    GV_HEALTH_DAY;
	const int64_t end = begin + GV_HEALTH_DAY;

	return most && (end < taken->now ? end : taken->now) - last > most;
}

void
gv_health_judge_days(unsigned char days[GV_HEALTH_DAYS],
    const struct gv_health_taken *taken, const struct gv_job_run *runs,
    size_t n, const char *env, int64_t most)
{
	struct ran ran = { { 0 }, { 0 } };
	const unsigned char *worst = ran.worst;
	size_t i;

	look_at_runs(&ran, taken, runs, n, env);
	for (i = 0; i < GV_HEALTH_DAYS; i++) {
		if (worst[i] == GV_HEALTH_FAILED)
			days[i] =
			    taken->n[i] ? GV_HEALTH_PARTLY : GV_HEALTH_FAILED;
		else if (worst[i] == GV_HEALTH_PARTLY)
			days[i] = GV_HEALTH_PARTLY;
		else if (taken->last[i] == 0)
			days[i] = GV_HEALTH_BEFORE;
		else if (is_missed(taken, &ran, i, most))
			days[i] = GV_HEALTH_MISSED;
		else
			days[i] = taken->n[i] || worst[i] == GV_HEALTH_FINE
			    ? GV_HEALTH_FINE
			    : GV_HEALTH_NOTHING;
	}
}
