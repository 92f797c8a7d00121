#include "retention/prune_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "sys/cancel.h"

/* So many policies are asked, each about all snapshots; who has more of them,
 * by forgery or not, keeps what has another one. */
#define MANY 64

/* A policy that snapshots have in their own trees. */
struct own {
	struct gv_oid blob; /* zero: there is none */
	bool is_bad;        /* it cannot be read */
	struct gv_retention says;
};

struct asking {
	struct gv_prune *prune;
	const struct gv_retention_clock *clock;
	struct gv_odb *odb;
	struct own *all;
	size_t n, cap;
};

static bool
is_fatal(int r)
{
	return r == GV_ENOMEM || r == GV_ECANCELED;
}

/* By rules as those of the working tree would be taken. */
static int
decide(struct own *own, const struct asking *a)
{
	struct gv_policy policy;
	int r = gv_team_load_blob(&policy, a->odb, &own->blob);

	if (r < 0) {
		own->is_bad = true;
		return is_fatal(r) ? r : 0;
	}
	(void)gv_policy_complete(&policy.retention);
	policy.retention.envs = &policy.envs;
	r = gv_retention_decide(
	    &own->says, &a->prune->records, &policy.retention, a->clock);
	gv_policy_release(&policy);
	return r;
}

static int
add(struct asking *a, const struct gv_oid *blob)
{
	int r = GV_GROW(a->all, a->n, a->cap);

	if (r < 0)
		return r;
	a->all[a->n] = (struct own){ .blob = *blob };
	return decide(&a->all[a->n++], a);
}

/* What the policy of a tree says; NULL in *out where nobody can tell. */
static int
find_own(const struct own **out, struct asking *a, const struct gv_oid *tree)
{
	struct gv_oid blob;
	unsigned mode;
	size_t i;
	int r = gv_tree_find(a->odb, tree, GV_TEAM_POLICY, &mode, &blob);

	*out = NULL;
	if (r < 0 && r != GV_ENOTFOUND)
		return is_fatal(r) ? r : 0;
	if (r == GV_ENOTFOUND)
		memset(&blob, 0, sizeof(blob));
	for (i = 0; i < a->n; i++)
		if (gv_oid_equal(&a->all[i].blob, &blob))
			break;
	if (i == MANY)
		return 0;
	r = i == a->n ? add(a, &blob) : 0;
	if (r == 0 && !a->all[i].is_bad)
		*out = &a->all[i];
	return r;
}

static int
keep(struct gv_prune *prune, size_t i, const char *why)
{
	struct gv_retention *ret = &prune->retention;
	struct gv_retention_verdict *v = &ret->verdicts[i];

	v->why = gv_arena_copy(&ret->arena, why, strlen(why));
	if (v->why == NULL)
		return GV_ENOMEM;
	v->keep = true;
	ret->n_keep++;
	return 0;
}

/* Whether the snapshot goes only if a user names it. Everybody who can push can
 * name any host. So forged snapshots could push out those of a colleague, and
 * each clone prunes only its own. Snapshots of pipelines are excepted, since a
 * pipeline often has no lasting clone. */
static bool
is_for_others(const struct asking *a, size_t i)
{
	const char *trigger = a->prune->records.records[i].trigger;

	return a->clock->own && !a->clock->own[i] &&
	    !(trigger && strcmp(trigger, gv_policy_lanes[GV_POLICY_CI]) == 0);
}

static int
ask(struct asking *a, size_t i)
{
	const struct own *own;
	int r;

	if (is_for_others(a, i))
		return keep(a->prune, i, "another clone took it\n");
	r = find_own(&own, a, &a->prune->records.records[i].tree);
	if (r < 0 || (own && !own->says.verdicts[i].keep))
		return r;
	return keep(a->prune, i,
	    own ? own->says.verdicts[i].why : "its policy cannot be read\n");
}

int
gv_prune_own(struct gv_prune *prune, struct gv_repo *repo,
    const struct gv_retention_clock *clock)
{
	struct asking a = { .prune = prune, .clock = clock };
	size_t i;
	int r = gv_repo_odb(repo, &a.odb);

	for (i = 0; r == 0 && i < prune->records.n; i++) {
		if (prune->retention.verdicts[i].keep)
			continue;
		if (gv_cancel_requested()) {
			r = gv_cancel_error();
			break;
		}
		r = ask(&a, i);
	}
	for (i = 0; i < a.n; i++)
		gv_retention_release(&a.all[i].says);
	free(a.all);
	return r;
}
