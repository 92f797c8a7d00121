#include <inttypes.h>

#include "base/err.h"
#include "base/time.h"
#include "doctor/doctor_internal.h"
#include "doctor/doctor_judge.h"
#include "replica/replica_owed.h"

/*
 * Copies in stores elsewhere, as this clone remembers them: which targets are
 * behind, and which snapshots have fewer copies than the policy wants.
 */

static int
add_failing(struct gv_doctor *d, const struct gv_copies_target *t,
    const struct gv_doctor_verdict *v)
{
	char age[GV_TIME_MAX];

	gv_time_relative(age, t->failing, d->opts->now);
	return gv_doctor_add_for(d, v->grade, v->kind,
	    (struct gv_doctor_do){
		"git vault replicate push", t->target->name },
	    t->is_partial
		? "pushes to the target %s leave something out, first %s: %s"
		: "pushes to the target %s began to fail %s: %s",
	    t->target->name, age, t->why);
}

/* What is there may be the only copy, so nothing goes by itself. */
static int
add_damaged(struct gv_doctor *d, const struct gv_copies_target *t,
    const struct gv_doctor_verdict *v)
{
	struct gv_buf cmd = GV_BUF_INIT;
	char age[GV_TIME_MAX];
	int r;

	gv_time_relative(age, t->damage.time, d->opts->now);
	gv_replica_memory_mend(&cmd, &t->damage, t->target->name);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, v->grade, v->kind, cmd.p,
		    "the copy in the target %s was found damaged or gone %s: "
		    "%s",
		    t->target->name, age, t->damage.text);
	gv_buf_release(&cmd);
	return r;
}

/* No push helps: this clone can forget a target of its own, and the policy is
 * for its authors. */
static int
add_refused(struct gv_doctor *d, const struct gv_target *t,
    const struct gv_doctor_verdict *v)
{
	const struct gv_doctor_do forget = { "git vault replicate remove",
		t->name };

	(void)gv_target_check_region(t);
	if (t->from)
		return gv_doctor_add(d, v->grade, v->kind,
		    "git vault policy show", "%s", gv_err_message());
	return gv_doctor_add_for(
	    d, v->grade, v->kind, forget, "%s", gv_err_message());
}

/* Somebody has to decide: who sees it, or whoever wrote the policy. */
static int
add_disputed(struct gv_doctor *d, const struct gv_target *t,
    const struct gv_doctor_verdict *v)
{
	(void)gv_target_check_disputed(t);
	return gv_doctor_add(d, v->grade, v->kind,
	    "git vault policy diff && git vault policy accept", "%s",
	    gv_err_message());
}

static int
add_behind(struct gv_doctor *d, const struct gv_copies_target *t,
    const struct gv_doctor_verdict *v)
{
	char age[GV_TIME_MAX];

	gv_time_relative(age, d->opts->now - t->behind_seconds, d->opts->now);
	return gv_doctor_add_for(d, v->grade, v->kind,
	    (struct gv_doctor_do){
		"git vault replicate push", t->target->name },
	    "the target %s lacks %" PRIu64 " snapshot%s (%.1f MB); the oldest "
	    "of these was taken %s",
	    t->target->name, t->behind_snapshots,
	    t->behind_snapshots == 1 ? "" : "s", (double)t->behind_bytes / 1e6,
	    age);
}

static int
look_at(struct gv_doctor *d, const struct gv_copies_target *t)
{
	const struct gv_doctor_judge_target facts = {
		.is_refused = gv_target_is_refused(t->target),
		.is_damaged = t->damage.time != 0,
		.is_failing = t->failing != 0,
		.is_disputed = gv_target_is_disputed(t->target),
		.snapshots = t->behind_snapshots,
		.seconds = t->behind_seconds
	};
	const struct gv_doctor_verdict v = gv_doctor_judge_target(&facts);

	if (v.kind == NULL)
		return 0;
	if (facts.is_damaged)
		return add_damaged(d, t, &v);
	if (facts.is_refused)
		return add_refused(d, t->target, &v);
	if (t->failing)
		return add_failing(d, t, &v);
	return facts.is_disputed ? add_disputed(d, t->target, &v)
				 : add_behind(d, t, &v);
}

/* What a purge took out of this clone and not yet out of the target. */
static int
look_for_owed(struct gv_doctor *d, const struct gv_target *t)
{
	static const char next[] = "git vault purge";
	size_t n;
	int r = gv_replica_owed_count(&n, d->repo, t->name);

	if (r == GV_ECORRUPT)
		return gv_doctor_add(d, GV_DOCTOR_WARNING, "purge_pending",
		    next, "%s", gv_err_message());
	return r < 0 || n == 0
	    ? r
	    : gv_doctor_add(d, GV_DOCTOR_WARNING, "purge_pending", next,
		  "the target %s still has files of an earlier purge", t->name);
}

/* "prod: 3 in 2 regions, verified within 7d" */
static void
add_wanted(struct gv_buf *out, const struct gv_copies_env *env)
{
	const struct gv_policy_copies *want = &env->want;

	gv_buf_addf(
	    out, "%s%s: %u", out->len ? "; " : "", env->name, want->min);
	if (want->regions)
		gv_buf_addf(out, " in %u region%s", want->regions,
		    want->regions == 1 ? "" : "s");
	if (want->verified)
		gv_buf_addf(out, ", verified within %" PRId64 " h",
		    (want->verified + 3599) / 3600);
}

static int
add_lacking(struct gv_doctor *d, const struct gv_copies *copies)
{
	struct gv_buf wanted = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < copies->n_envs; i++)
		if (copies->envs[i].lacking)
			add_wanted(&wanted, &copies->envs[i]);
	if ((r = gv_buf_check(&wanted)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "copies_lacking",
		    gv_copies_next(copies),
		    "%" PRIu64 " of %" PRIu64 " snapshots are not durable: "
		    "they have fewer copies in independent targets than the "
		    "policy wants (%s)",
		    copies->lacking, copies->wanted, wanted.p);
	gv_buf_release(&wanted);
	return r;
}

/* A policy that cannot be read is what gv_doctor_policy() reports. */
int
gv_doctor_targets(struct gv_doctor *d)
{
	struct gv_copies *copies = &d->report->copies;
	size_t i;
	int r = gv_copies_load(copies, d->repo, d->opts->now, GV_COPIES_BYTES);

	if (r == GV_EUSAGE || r == GV_EREFUSED) {
		gv_copies_release(copies);
		return d->is_policy_bad
		    ? 0
		    : gv_doctor_add(d, GV_DOCTOR_ERROR, "target_invalid",
			  "git vault replicate list",
			  "copies go to no target: %s", gv_err_message());
	}
	for (i = 0; r == 0 && i < copies->n; i++) {
		const struct gv_target *t = copies->targets[i].target;
		size_t from = d->report->n;

		if ((r = look_at(d, &copies->targets[i])) == 0)
			r = look_for_owed(d, t);
		for (; from < d->report->n; from++)
			d->report->findings[from].about = t->name;
	}
	return r == 0 && copies->lacking ? add_lacking(d, copies) : r;
}
