#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy.h"
#include "plan/plan_behind.h"
#include "policy/team.h"
#include "recover/recover_internal.h"
#include "record/good.h"
#include "state/track.h"

/*
 * A failover is a switch from one side to another; taken back later, the
 * traffic goes to a side that may have missed what happened since. The sides
 * are known where the values of the pointer name environments; of others only
 * the step's own check tells.
 */

struct side {
	struct gv_plan_side of;
	struct gv_plan_side_state *states;
	size_t cap;
	struct gv_arena arena;
	bool is_known; /* the repository has something of it */
};

/* ---- what a side has ----------------------------------------------------- */

static int
add_state(void *ctx, const struct gv_track_version *v)
{
	struct side *to = ctx;
	struct gv_plan_side_state *s;
	int r;

	if (strcmp(v->env, to->of.name) != 0)
		return 0;
	if ((r = GV_GROW(to->states, to->of.n, to->cap)) < 0)
		return r;
	s = &to->states[to->of.n++];
	*s = (struct gv_plan_side_state){ .has_serial = v->has_serial,
		.serial = v->serial,
		.time = v->time };
	s->stack = gv_arena_copy(&to->arena, v->stack, strlen(v->stack));
	if (v->lineage)
		s->lineage =
		    gv_arena_copy(&to->arena, v->lineage, strlen(v->lineage));
	return s->stack && (s->lineage || !v->lineage) ? 0 : gv_err_nomem();
}

/* A damaged ref is of no state that could be compared. */
static int
skip_bad(void *ctx, const char *ref)
{
	(void)ctx;
	(void)ref;
	return 0;
}

/* Its newest record that counts. */
static int
add_record(struct side *to, struct gv_repo *repo)
{
	struct gv_good good = GV_GOOD_INIT;
	int r = gv_good_resolve(&good, NULL, repo, to->of.name);

	if (r == 0) {
		to->of.record = good.n;
		to->of.recorded = good.time;
	}
	gv_good_release(&good);
	return r == GV_ENOTFOUND ? 0 : r;
}

/* The environment that a value names: by its name, or a word for it. */
static const char *
environment(const struct gv_policy *policy, const char *value)
{
	const struct gv_policy_texts *words;
	size_t i, k;

	for (i = 0; i < policy->envs.n; i++) {
		words = &policy->envs.items[i].lists[GV_POLICY_ENV_ALIASES];
		for (k = 0; k < words->n; k++)
			if (strcmp(words->items[k], value) == 0)
				return policy->envs.items[i].name;
	}
	return value;
}

static int
load(struct side *out, struct gv_repo *repo, const struct gv_policy *policy,
    const char *value)
{
	int r;

	*out = (struct side){ .arena = GV_ARENA_INIT };
	out->of.name = environment(policy, value);
	/* an address is no name of an environment */
	if ((r = add_record(out, repo)) == GV_EUSAGE)
		return 0;
	if (r == 0)
		r = gv_track_each(repo, add_state, skip_bad, out);
	out->of.states = out->states;
	out->is_known = out->of.n || out->of.record;
	return r;
}

static void
unload(struct side *side)
{
	gv_arena_release(&side->arena);
	free(side->states);
}

/* ---- each switch --------------------------------------------------------- */

static int
compare(struct gv_recover_behind *out, struct gv_recover_job *job,
    const struct gv_policy *policy, const char *value, int64_t moved)
{
	struct side old, now = { .arena = GV_ARENA_INIT };
	int r = load(&old, job->run->repo, policy, value);

	if (r == 0 &&
	    (r = load(&now, job->run->repo, policy, job->s.to)) == 0) {
		out->is_unknown |= !old.is_known || !now.is_known;
		if (old.is_known && now.is_known &&
		    gv_plan_is_behind(&out->why, &old.of, &now.of, moved))
			out->is_behind = true;
	}
	unload(&old);
	unload(&now);
	return r;
}

static int
look_at(struct gv_recover_behind *out, struct gv_recover *run,
    const struct gv_recover_how *how, const struct gv_policy *policy,
    uint32_t step)
{
	const struct gv_plan_step_progress *p = &run->progress.steps[step];
	struct gv_recover_job job;
	int r = gv_recover_job_init(&job, run, how, step);

	out->is_unknown = false;
	if (r < 0)
		goto out;
	if (job.s.caught_up) {
		if ((r = gv_recover_probe(&job, job.s.caught_up)) == 0) {
			out->is_behind = true;
			gv_buf_addf(&out->why, "%s",
			    job.detail ? job.detail
				       : "its check does not hold");
		}
	} else if (p->old && job.s.to) {
		r = compare(out, &job, policy, p->old, p->first);
	}
	gv_buf_reset(&out->side);
	gv_buf_addstr(&out->side, p->old ? p->old : job.s.id);
out:
	gv_recover_job_release(&job);
	return r < 0 ? r : gv_buf_check(&out->side);
}

int
gv_recover_behind(struct gv_recover_behind *out, struct gv_recover *run,
    const struct gv_recover_how *how)
{
	struct gv_policy policy = GV_POLICY_INIT;
	bool is_unknown = false;
	uint32_t i;
	int r = gv_team_load(&policy, run->repo);

	*out = (struct gv_recover_behind){ .side = GV_BUF_INIT,
		.why = GV_BUF_INIT };
	for (i = 0; r == 0 && !out->is_behind && i < run->plan.n; i++) {
		if (run->plan.steps[i].kind != GV_PLAN_SWITCH ||
		    run->progress.steps[i].status != GV_PLAN_IS_PASSED)
			continue;
		r = look_at(out, run, how, &policy, i);
		is_unknown |= out->is_unknown;
	}
	out->is_unknown = is_unknown;
	gv_policy_release(&policy);
	return r < 0 ? r : gv_buf_check(&out->why);
}

void
gv_recover_behind_release(struct gv_recover_behind *b)
{
	gv_buf_release(&b->side);
	gv_buf_release(&b->why);
}
