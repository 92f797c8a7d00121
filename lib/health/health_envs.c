#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "drift/drift_source.h"
#include "env/envmap.h"
#include "health/health_internal.h"
#include "param/param.h"
#include "param/param_check.h"
#include "repo/repo.h"
#include "vault/ledger.h"

/* ---- what the policy wants ----------------------------------------------- */

static int
add_env(struct gv_health *h, const struct gv_envmap *map,
    const struct gv_health_taken *taken, const char *name)
{
	struct gv_health_env *env = &h->envs[h->n_envs];
	const struct gv_policy_env *of = gv_policy_env(&map->policy, name);
	int64_t every;
	size_t i;

	if ((env->name = gv_health_keep(h, name)) == NULL)
		return GV_ENOMEM;
	if (of) {
		every = of->times[GV_POLICY_ENV_EVERY];
		env->rpo = of->times[GV_POLICY_ENV_RPO];
		env->rto = of->times[GV_POLICY_ENV_RTO];
		if (every && (env->rpo == 0 || every < env->rpo))
			env->rpo = every;
	}
	for (i = 0; i < h->doctor.n_envs; i++)
		if (strcmp(h->doctor.envs[i].name, name) == 0)
			break;
	env->good = i;
	gv_health_judge_days(
	    env->days, taken, h->runs, h->n_runs, name, env->rpo);
	gv_drill_log_judge(&env->drill, &h->drills, name, h->now,
	    gv_policy_drill_every(&map->policy, name));
	env->is_drilled = env->drill.last != NULL;
	for (i = 0; i < h->dues.n; i++)
		if (h->dues.is_said && h->dues.items[i].env &&
		    strcmp(h->dues.items[i].env, name) == 0)
			env->is_drilled = true;
	for (i = h->drills.n; i > 0; i--) {
		const struct gv_drill_logged *d = &h->drills.items[i - 1];

		if (d->env && strcmp(d->env, name) == 0 && d->ms > 0 &&
		    d->fault == NULL &&
		    gv_drill_log_counts(&h->drills, d, name))
			gv_health_trend_add(
			    &env->recovery, (double)d->ms / 1000);
	}
	h->n_envs++;
	return 0;
}

static int
add_envs(struct gv_health *h, const struct gv_envmap *map,
    const struct gv_health_taken *taken)
{
	const struct gv_envtree_env *const *list;
	size_t i, n;
	int r = 0;

	list = gv_envtree_list(map->tree, &n);
	if (n > GV_HEALTH_ENVS) {
		h->left_out += n - GV_HEALTH_ENVS;
		n = GV_HEALTH_ENVS;
	}
	if (n == 0)
		return 0;
	h->envs = gv_arena_alloc(&h->arena, n * sizeof(*h->envs));
	if (h->envs == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && i < n; i++)
		r = add_env(h, map, taken, list[i]->name);
	return r;
}

/* ---- drift --------------------------------------------------------------- */

static void
count_drift(struct gv_health_env *env, const struct gv_drift_report *report)
{
	size_t i;

	for (i = 0; i < report->n; i++) {
		const struct gv_drift_finding *f = &report->findings[i];

		if (f->verdict != GV_DRIFT_DRIFT)
			continue;
		env->drift[f->class] += f->keys ? f->keys : 1;
		env->drifts += f->keys ? f->keys : 1;
	}
	env->expected = report->counts[GV_DRIFT_INTENDED] +
	    report->counts[GV_DRIFT_ACCEPTED];
}

/* Each with the one before it in the order of promotion. */
static int
compare_all(struct gv_health *h, struct gv_drift_source *source)
{
	struct gv_drift_report report;
	struct gv_health_env *env;
	char today[GV_TIME_MAX];
	size_t i;
	int r = 0;

	gv_time_rfc3339(today, h->now);
	today[10] = '\0';
	for (i = 1; r == 0 && i < source->n_envs; i++) {
		if ((env = gv_health_find_env(h, source->envs[i].name)) == NULL)
			continue;
		report = (struct gv_drift_report){ .n = 0 };
		r = gv_drift_source_compare(
		    &report, source, (unsigned)i - 1, (unsigned)i, today);
		if (r == 0)
			count_drift(env, &report);
		if (r == 0 &&
		    (env->against = gv_health_keep(
			 h, source->envs[i - 1].name)) == NULL)
			r = GV_ENOMEM;
		gv_drift_report_release(&report);
	}
	return r;
}

static int
look_for_drift(struct gv_health *h, struct gv_repo *repo)
{
	struct gv_drift_source *source = NULL;
	int r;

	if (h->n_envs < 2)
		return 0;
	r = gv_drift_source_open(&source, repo);
	if (r == 0)
		r = compare_all(h, source);
	gv_drift_source_close(source);
	return r;
}

/* ---- configuration ------------------------------------------------------- */

static int
keep_problems(struct gv_health *h, struct gv_health_env *env,
    const struct gv_param_report *report)
{
	const struct gv_param_problem *first = NULL;
	size_t i;

	for (i = 0; i < report->n; i++) {
		const struct gv_param_problem *p = &report->items[i];

		env->wrong += p->grade == GV_PARAM_WRONG;
		env->unsure += p->grade == GV_PARAM_UNSURE;
		if (p->grade != GV_PARAM_NOTE &&
		    (first == NULL || p->grade < first->grade))
			first = p;
	}
	env->has_config = report->n_configs > 0;
	if (first == NULL)
		return 0;
	env->config_first = gv_health_keep(h, first->text);
	return env->config_first ? 0 : GV_ENOMEM;
}

static int
check_env(
    struct gv_health *h, struct gv_health_env *env, struct gv_param_pool *pool)
{
	const struct gv_param_query query = { .env = env->name };
	struct gv_param_report report = { .now = h->now };
	int r = gv_param_check(&report, pool, &query, false);

	if (r == 0)
		r = keep_problems(h, env, &report);
	gv_param_report_release(&report);
	return r == GV_ENOTFOUND ? 0 : r;
}

/* Of HEAD, so that a bare repository has it, too, and no program that keeps
 * layers is asked. */
static int
check_config(struct gv_health *h, struct gv_repo *repo)
{
	struct gv_param_pool *pool = NULL;
	struct gv_odb *odb;
	struct gv_oid tree;
	size_t i;
	int r = gv_ledger_head(&tree, &odb, repo);

	if (r <= 0)
		return r;
	r = gv_param_pool_open(&pool, repo, &tree);
	for (i = 0; r == 0 && i < h->n_envs; i++)
		r = check_env(h, &h->envs[i], pool);
	gv_param_pool_close(pool);
	return r;
}

/* ---- all ----------------------------------------------------------------- */

int
gv_health_load_envs(struct gv_health *h, const struct gv_health_taken *taken,
    struct gv_repo *repo)
{
	struct gv_envmap *map = NULL;
	int r = gv_envmap_load(&map, repo);

	/* a bare repository without a commit has none */
	if (r == GV_ENOTFOUND)
		return 0;
	if (r == 0)
		r = add_envs(h, map, taken);
	gv_envmap_free(map);
	if (r < 0)
		return r;
	r = gv_health_settle(h, "drift", look_for_drift(h, repo));
	return r < 0
	    ? r
	    : gv_health_settle(h, "configuration", check_config(h, repo));
}
