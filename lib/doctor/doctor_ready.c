#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "doctor/doctor_internal.h"
#include "doctor/doctor_judge.h"
#include "drill/drill_due.h"
#include "drill/drill_log.h"
#include "verify/verified.h"

/* Whether what is stored can be counted on: when it was last verified, what
 * each environment can be rolled back to, and whether the audit has all. */

int
gv_doctor_verified(struct gv_doctor *d)
{
	struct gv_doctor_report *report = d->report;
	const struct gv_refs *refs = &report->refs.refs;
	struct gv_doctor_judge_verified facts = { .snapshots = refs->n,
		.now = d->opts->now,
		.within = d->opts->verified_within };
	struct gv_doctor_verdict v;
	struct gv_verified verified = { 0 };
	char age[GV_TIME_MAX];
	int64_t time;
	size_t i;
	int r = gv_verified_load(&verified, d->repo, d->opts->now);

	for (i = 0; r == 0 && i < refs->n; i++) {
		time = gv_verified_get(
		    &verified, gv_doctor_id(report, i), &refs->refs[i].oid);
		report->n_verified += time != 0;
		if (time > report->verified)
			report->verified = time;
	}
	gv_verified_release(&verified);
	if (r < 0)
		return r;
	facts.oldest = refs->n ? gv_doctor_time(report, 0) : 0;
	facts.verified = report->verified;
	v = gv_doctor_judge_verified(&facts);
	if (v.kind == NULL)
		return 0;
	if (report->verified == 0)
		return gv_doctor_add(d, v.grade, v.kind,
		    "git vault verify --all",
		    "no snapshot was ever verified here");
	gv_time_relative(age, report->verified, d->opts->now);
	return gv_doctor_add(d, v.grade, v.kind, "git vault verify --all",
	    "a snapshot was last verified %s", age);
}

static int
add_failed_drill(struct gv_doctor *d, const struct gv_drill_logged *last)
{
	struct gv_buf cmd = GV_BUF_INIT;
	int r;

	gv_buf_addf(&cmd, "git vault drill show %s", last->id);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "drill_failed", cmd.p,
		    "the last recovery drill failed: %s",
		    last->cause ? last->cause : "unknown");
	gv_buf_release(&cmd);
	return r;
}

static int
add_overdue(struct gv_doctor *d, const struct gv_drill_due *due,
    const struct gv_drill_logged *passed)
{
	struct gv_buf cmd = GV_BUF_INIT;
	char age[GV_TIME_MAX] = "";
	int r;

	if (passed)
		gv_time_relative(age, passed->time, d->opts->now);
	gv_buf_addstr(&cmd, "git vault drill run");
	if (due->env)
		gv_buf_addf(&cmd, " --env %s", due->env);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "drill_overdue", cmd.p,
		    passed ? "a recovery drill%s%s last passed %s, and is due "
			     "every %lld days"
			   : "no recovery drill%s%s has passed yet%s; one is "
			     "due every %lld days",
		    due->env ? " of " : "", due->env ? due->env : "", age,
		    (long long)((due->every + 86399) / 86400));
	gv_buf_release(&cmd);
	return r;
}

/* Whoever has never run a drill is asked for one only if the policy does. */
static int
judge_drills(struct gv_doctor *d, const struct gv_drill_log *log,
    const struct gv_drill_dues *dues)
{
	const struct gv_drill_logged *last = gv_drill_due_newest(log, false),
				     *passed;
	size_t i;
	bool is_late = false;
	int r = 0;

	if (last == NULL && !dues->is_said)
		return 0;
	for (i = 0; r == 0 && i < dues->n; i++) {
		const struct gv_drill_due *due = &dues->items[i];

		if (!gv_drill_due_is_late(
			&passed, dues, due, log, d->opts->now))
			continue;
		is_late = true;
		r = add_overdue(d, due, passed);
	}
	return r < 0 || is_late || last == NULL ||
		strcmp(last->result, "failed") != 0
	    ? r
	    : add_failed_drill(d, last);
}

int
gv_doctor_drills(struct gv_doctor *d)
{
	struct gv_drill_log log;
	struct gv_drill_dues dues;
	int r;

	if ((r = gv_drill_log_load(&log, d->repo, NULL)) < 0) {
		gv_drill_log_release(&log);
		return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
	}
	if ((r = gv_drill_due_load(&dues, d->repo, &log, d->opts->now)) == 0)
		r = judge_drills(d, &log, &dues);
	gv_drill_due_release(&dues);
	gv_drill_log_release(&log);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* ---- what can be gone back to ------------------------------------------- */

static int
look_at_env(struct gv_doctor *d, const char *name)
{
	struct gv_doctor_report *report = d->report;
	struct gv_doctor_env *env;
	struct gv_buf cmd = GV_BUF_INIT;
	int r = GV_GROW(report->envs, report->n_envs, report->cap_envs);

	if (r < 0)
		return r;
	env = &report->envs[report->n_envs++];
	*env = (struct gv_doctor_env){ .name = name };
	r = gv_good_resolve(&env->good, &env->rec, d->repo, name);
	env->has_good = r == 0;
	if (r == 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	gv_buf_addf(&cmd, "git vault good list %s", name);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "no_good", cmd.p,
		    "%s cannot be rolled back: %s", name, gv_err_message());
	gv_buf_release(&cmd);
	return r;
}

int
gv_doctor_good(struct gv_doctor *d)
{
	struct gv_goods *goods = &d->report->goods;
	size_t i;
	int r = gv_goods_load(goods, d->repo, NULL);

	if (r < 0 && r != GV_ENOMEM && r != GV_ECANCELED)
		return gv_doctor_add(d, GV_DOCTOR_WARNING, "good_unread",
		    "git vault good list",
		    "known-good records cannot be read: %s", gv_err_message());
	for (i = 0; r == 0 && i < goods->n; i++)
		if (i == 0 ||
		    strcmp(goods->all[i].env, goods->all[i - 1].env) != 0)
			r = look_at_env(d, goods->all[i].env);
	return r;
}

/* ---- the audit ---------------------------------------------------------- */

int
gv_doctor_audit(struct gv_doctor *d)
{
	uint64_t *n = &d->report->waiting;
	int r = gv_audit_waiting(n, d->repo);

	if (r == 0 && *n)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "events_wait",
		    "git vault audit verify",
		    "%" PRIu64 " event%s could not be written to the audit and "
		    "wait%s for the next one",
		    *n, *n == 1 ? "" : "s", *n == 1 ? "s" : "");
	return r;
}
