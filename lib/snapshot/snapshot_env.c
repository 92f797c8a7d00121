#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "policy/team.h"
#include "record/record_load.h"
#include "snapshot/snapshot_internal.h"

/*
 * Of which environments a snapshot is: those that its caller names, else those
 * that the policy says are deployed from the branch. A working tree holds the
 * files of all environments, so that these tell nothing.
 */

#define BRANCHES "refs/heads/"

static int
add(struct gv_record *rec, const char *env)
{
	char **list;

	if (gv_record_is_of(rec, env))
		return 0;
	list = realloc(rec->environments,
	    (rec->n_environments + 1) * sizeof(*rec->environments));
	if (list == NULL)
		return gv_err_nomem();
	rec->environments = list;
	list[rec->n_environments] = strdup(env);
	if (list[rec->n_environments] == NULL)
		return gv_err_nomem();
	rec->n_environments++;
	return 0;
}

/* A policy that cannot be read says nothing, for whatever reason: who wants
 * what it says of secrets has refused already. */
static int
add_of_branch(struct gv_record *rec, struct gv_repo *repo)
{
	struct gv_policy policy;
	const char *branch = repo->head_ref;
	size_t i;
	int r;

	if (branch == NULL || strncmp(branch, BRANCHES, strlen(BRANCHES)) != 0)
		return 0;
	branch += strlen(BRANCHES);
	r = gv_team_load(&policy, repo);
	for (i = 0; r == 0 && i < policy.goods.n_branches; i++)
		if (gv_policy_is_branch(&policy.goods.branches[i], branch))
			r = add(rec, policy.goods.branches[i].env);
	gv_policy_release(&policy);
	return r == GV_ENOMEM ? r : 0;
}

int
gv_snapshot_name_envs(struct gv_record *rec, const struct gv_snapshot_run *run)
{
	const struct gv_snapshot_opts *o = run->opts;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < o->n_envs; i++)
		r = add(rec, o->envs[i]);
	return r == 0 && o->n_envs == 0 ? add_of_branch(rec, run->repo) : r;
}

bool
gv_snapshot_has_envs(const struct gv_snapshot_run *run)
{
	const struct gv_snapshot_opts *o = run->opts;
	struct gv_record last = { 0 };
	bool has_all = true;
	size_t i;

	if (o->n_envs == 0)
		return true;
	if (gv_record_load(&last, run->repo, &run->survey.cache->head->commit) <
	    0)
		return false;
	for (i = 0; i < o->n_envs; i++)
		has_all &= gv_record_is_of(&last, o->envs[i]);
	gv_record_release(&last);
	return has_all;
}
