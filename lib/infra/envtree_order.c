#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/natural.h"
#include "infra/envtree_internal.h"

const char *const gv_envtree_tiers[GV_ENVTREE_TIERS] = {
	[GV_ENVTREE_DEV] = "dev",
	[GV_ENVTREE_TEST] = "test",
	[GV_ENVTREE_STAGING] = "staging",
	[GV_ENVTREE_PROD] = "prod",
};

/* In the usual order of promotion. */
static const struct {
	const char *name;
	enum gv_envtree_tier tier;
} ranks[] = {
	{ "sandbox", GV_ENVTREE_DEV },
	{ "ephemeral", GV_ENVTREE_DEV },
	{ "preview", GV_ENVTREE_DEV },
	{ "dev", GV_ENVTREE_DEV },
	{ "ci", GV_ENVTREE_TEST },
	{ "test", GV_ENVTREE_TEST },
	{ "integration", GV_ENVTREE_TEST },
	{ "qa", GV_ENVTREE_TEST },
	{ "nonprod", GV_ENVTREE_TEST },
	{ "perf", GV_ENVTREE_TEST },
	{ "uat", GV_ENVTREE_STAGING },
	{ "acceptance", GV_ENVTREE_STAGING },
	{ "demo", GV_ENVTREE_STAGING },
	{ "staging", GV_ENVTREE_STAGING },
	{ "preprod", GV_ENVTREE_STAGING },
	{ "canary", GV_ENVTREE_PROD },
	{ "prod", GV_ENVTREE_PROD },
	{ "dr", GV_ENVTREE_PROD },
};

#define N_RANKS (sizeof(ranks) / sizeof(ranks[0]))

/* Of several words the last one decides: "payments-dev". */
enum gv_envtree_tier
gv_envtree_tier_of(const char *name, unsigned *rank)
{
	const size_t len = strlen(name);
	struct gv_environment_word w = { .name = NULL };
	const char *canon = NULL;
	size_t from = 0, i;

	while (gv_environment_next_word(&w, name, len, from)) {
		canon = w.name ? w.name : canon;
		from = w.at + w.len + 1;
	}
	*rank = N_RANKS;
	for (i = 0; canon && i < N_RANKS; i++) {
		if (strcmp(ranks[i].name, canon) != 0)
			continue;
		*rank = (unsigned)i;
		return ranks[i].tier;
	}
	return GV_ENVTREE_NO_TIER;
}

/* The rank of what is known by its tier alone: as the last of that tier. */
static unsigned
rank_of(const struct gv_envtree_env *env)
{
	unsigned rank;
	size_t i;

	if (gv_envtree_tier_of(env->name, &rank) == env->tier || !env->tier)
		return rank;
	for (i = N_RANKS; i > 0; i--)
		if (ranks[i - 1].tier == env->tier)
			return (unsigned)i - 1;
	return rank;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_envtree_env *x = *(struct gv_envtree_env *const *)a;
	const struct gv_envtree_env *y = *(struct gv_envtree_env *const *)b;

	return x->order != y->order ? (x->order < y->order ? -1 : 1)
				    : gv_natural_compare(x->name, y->name);
}

static size_t
place_of(const struct gv_envtree *tree, const char *name)
{
	size_t i;

	for (i = 0; i < tree->n_sorted; i++)
		if (strcmp(tree->sorted[i]->name, name) == 0)
			break;
	return i;
}

/* Move an environment behind the last of those that come before it. Whether it
 * moved. */
static bool
move_behind(struct gv_envtree *tree, const struct gv_envtree_said *said)
{
	size_t at = place_of(tree, said->name), to = at, i, k;
	struct gv_envtree_env *env;

	if (at == tree->n_sorted)
		return false;
	for (i = 0; i < said->after.n; i++) {
		k = place_of(tree, said->after.items[i]);
		if (k < tree->n_sorted && k > to)
			to = k;
	}
	if (to == at)
		return false;
	env = tree->sorted[at];
	memmove(&tree->sorted[at], &tree->sorted[at + 1],
	    (to - at) * sizeof(struct gv_envtree_env *));
	tree->sorted[to] = env;
	return true;
}

/* As often as there are statements: a circle, which the policy's reader
 * refuses, would never come to rest. */
static void
order_by_policy(struct gv_envtree *tree)
{
	size_t round, i;
	bool is_moved = true;

	for (round = 0; is_moved && round < tree->n_said; round++) {
		is_moved = false;
		for (i = 0; i < tree->n_said; i++)
			is_moved |= move_behind(tree, &tree->said[i]);
	}
}

int
gv_envtree_sort(struct gv_envtree *tree)
{
	size_t i;
	unsigned rank;

	tree->sorted =
	    calloc(tree->n_envs + 1, sizeof(struct gv_envtree_env *));
	if (tree->sorted == NULL)
		return gv_err_nomem();
	for (i = 0; i < tree->n_envs; i++) {
		struct gv_envtree_env *env = tree->envs[i];

		if (env->files == 0 && env->said == NULL)
			continue;
		if (env->tier == GV_ENVTREE_NO_TIER)
			env->tier = gv_envtree_tier_of(env->name, &rank);
		env->order = rank_of(env);
		tree->sorted[tree->n_sorted++] = env;
	}
	qsort(tree->sorted, tree->n_sorted, sizeof(struct gv_envtree_env *),
	    compare);
	order_by_policy(tree);
	for (i = 0; i < tree->n_sorted; i++) {
		tree->sorted[i]->order = (unsigned)i + 1;
		tree->sorted[i]->after = i ? tree->sorted[i - 1]->name : NULL;
	}
	return 0;
}
