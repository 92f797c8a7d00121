#include "env/envmap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/team.h"
#include "policy/wish.h"
#include "repo/repo.h"
#include "vault/ledger.h"
#include "vault/scope.h"
#include "walk/census.h"
#include "worktree/index.h"

/* ---- paths --------------------------------------------------------------- */

/* A list of paths that the map's arena holds. */
struct list {
	struct gv_envtree_path **items;
	size_t *n, *cap;
};

static int
add_to(struct gv_envmap *map, const struct list *list, const char *path,
    size_t len)
{
	const char *copy = gv_arena_copy(&map->arena, path, len);

	if (copy == NULL ||
	    gv_vec_grow((void **)list->items, list->cap, *list->n + 1,
		sizeof(**list->items)) < 0)
		return gv_err_nomem();
	(*list->items)[(*list->n)++] = (struct gv_envtree_path){ copy, len };
	return 0;
}

static int
add_path(struct gv_envmap *map, const char *path, size_t len)
{
	return add_to(
	    map, &(struct list){ &map->paths, &map->n, &map->cap }, path, len);
}

static int
add_left(struct gv_envmap *map, const char *path, size_t len)
{
	return add_to(map,
	    &(struct list){ &map->left, &map->n_left, &map->cap_left }, path,
	    len);
}

static int
add_ignored(struct gv_envmap *map, const char *path, size_t len)
{
	return add_to(map,
	    &(struct list){ &map->ignored, &map->n_ignored, &map->cap_ignored },
	    path, len);
}

static int
compare(const void *a, const void *b)
{
	const struct gv_envtree_path *x = a, *y = b;

	return strcmp(x->p, y->p);
}

const char *
gv_envmap_scope(const struct gv_envmap *map, const char *path)
{
	return gv_scope_of(&map->policy, path);
}

bool
gv_envmap_ignores(const struct gv_envmap *map, const char *path)
{
	const struct gv_envtree_path key = { path, strlen(path) };

	return map->n_ignored &&
	    bsearch(&key, map->ignored, map->n_ignored, sizeof(key), compare);
}

static int
add_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	return S_ISDIR(e->mode) ? 0 : add_path(ctx, path, len);
}

static int
add_tree(struct gv_envmap *map, struct gv_repo *repo, const struct gv_oid *tree)
{
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	return r < 0 ? r : gv_tree_walk_mend(odb, tree, add_entry, map);
}

/* Those of HEAD. */
static int
add_commit(struct gv_envmap *map, struct gv_repo *repo)
{
	struct gv_oid tree;
	struct gv_odb *odb;
	int r = gv_ledger_head(&tree, &odb, repo);

	return r <= 0 ? r : gv_tree_walk_mend(odb, &tree, add_entry, map);
}

struct taking {
	struct gv_envmap *map;
	const struct gv_census *census;
	struct gv_buf path;
};

static int
add_rows(struct taking *t, uint32_t dir)
{
	const struct gv_census_dir *d = gv_census_dir(t->census, dir);
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d->n; i++) {
		const struct gv_row *row = &d->rows[i];

		bool is_left = row->flags & (GV_ROW_IGNORED | GV_ROW_SKIPPED);

		if ((row->flags & GV_ROW_PRODUCT) ||
		    (!is_left && (row->flags & GV_ROW_DIR)))
			continue;
		gv_buf_reset(&t->path);
		gv_census_path(t->census, dir, row, &t->path);
		if ((r = gv_buf_check(&t->path)) == 0)
			r = is_left ? add_left(t->map, t->path.p, t->path.len)
				    : add_path(t->map, t->path.p, t->path.len);
		if (r == 0 && !is_left && !(row->flags & GV_ROW_TRACKED) &&
		    (row->flags & (GV_ROW_PRECIOUS | GV_ROW_LOCAL)))
			r = add_ignored(t->map, t->path.p, t->path.len);
	}
	return r;
}

/* Those that a walk has seen, ignored ones among them. */
static int
add_census(struct gv_envmap *map, const struct gv_census *census)
{
	struct taking t = { .map = map, .census = census, .path = GV_BUF_INIT };
	uint32_t dir;
	int r = 0;

	for (dir = 0; r == 0 && dir < gv_census_dirs(census); dir++) {
		const struct gv_census_dir *d = gv_census_dir(census, dir);

		if ((d->flags & GV_CENSUS_GONE) || d->state == GV_DIR_REPO)
			continue;
		r = add_rows(&t, dir);
	}
	if (map->n_ignored)
		qsort(map->ignored, map->n_ignored, sizeof(*map->ignored),
		    compare);
	gv_buf_release(&t.path);
	return r;
}

/* Those of the working tree. */
static int
add_worktree(struct gv_envmap *map, struct gv_repo *repo)
{
	struct gv_census_opts opts = { .repo = repo, .names_only = true };
	struct gv_wish wish = { .policy = NULL };
	struct gv_census *census = NULL;
	struct gv_index *index = NULL;
	int r;

	if ((r = gv_index_open(&index, repo)) < 0 ||
	    (r = gv_wish_open(&wish, repo, index, NULL)) < 0)
		goto out;
	opts.index = index;
	opts.wish = &wish;
	if ((r = gv_census_take(&census, &opts)) == 0)
		r = add_census(map, census);
out:
	gv_census_free(census);
	gv_wish_close(&wish);
	gv_index_close(index);
	return r;
}

/* ---- the policy ---------------------------------------------------------- */

static struct gv_envtree_list
list_of(const struct gv_policy_env *env, enum gv_policy_env_list list)
{
	return (struct gv_envtree_list){ env->lists[list].items,
		env->is_new ? 0 : env->lists[list].n };
}

static enum gv_envtree_tier
tier_of(const struct gv_policy_env *env)
{
	int i;

	for (i = GV_ENVTREE_DEV; env->tier && i < GV_ENVTREE_TIERS; i++)
		if (strcmp(env->tier, gv_envtree_tiers[i]) == 0)
			return (enum gv_envtree_tier)i;
	return GV_ENVTREE_NO_TIER;
}

/* What counts; names that nobody accepted are left out. */
static int
add_said(size_t *n, struct gv_envmap *map, const struct gv_policy *policy)
{
	const struct gv_policy_envs *envs = &policy->envs;
	size_t i;

	map->said = calloc(envs->n + 1, sizeof(*map->said));
	if (map->said == NULL)
		return gv_err_nomem();
	*n = 0;
	for (i = 0; i < envs->n; i++) {
		const struct gv_policy_env *env = &envs->items[i];

		if (env->is_new)
			continue;
		map->said[(*n)++] = (struct gv_envtree_said){ .name = env->name,
			.paths = list_of(env, GV_POLICY_ENV_PATHS),
			.aliases = list_of(env, GV_POLICY_ENV_ALIASES),
			.after = list_of(env, GV_POLICY_ENV_AFTER),
			.regions = list_of(env, GV_POLICY_ENV_REGION),
			.accounts = list_of(env, GV_POLICY_ENV_ACCOUNT),
			.tier = tier_of(env),
			.line = env->line };
	}
	return 0;
}

/* Where the paths come from: the first that is there. */
struct source {
	const struct gv_census *census;
	const struct gv_oid *tree;
	const struct gv_policy *policy; /* NULL: the team's */
};

static int
add_paths(
    struct gv_envmap *map, struct gv_repo *repo, const struct source *source)
{
	if (source->census)
		return add_census(map, source->census);
	if (source->tree)
		return add_tree(map, repo, source->tree);
	return repo->worktree ? add_worktree(map, repo) : add_commit(map, repo);
}

static int
load(struct gv_envmap **out, struct gv_repo *repo, const struct source *source)
{
	struct gv_envmap *map = calloc(1, sizeof(*map));
	size_t n = 0;
	int r;

	if (map == NULL)
		return gv_err_nomem();
	if ((source->policy == NULL &&
		(r = gv_team_load(&map->policy, repo)) < 0) ||
	    (r = add_paths(map, repo, source)) < 0 ||
	    (r = add_said(&n, map,
		 source->policy ? source->policy : &map->policy)) < 0 ||
	    (r = gv_envtree_new(&map->tree, map->paths, map->n, map->said, n)) <
		0) {
		gv_envmap_free(map);
		return r;
	}
	*out = map;
	return 0;
}

int
gv_envmap_load(struct gv_envmap **out, struct gv_repo *repo)
{
	return gv_envmap_load_tree(out, repo, NULL);
}

int
gv_envmap_load_tree(
    struct gv_envmap **out, struct gv_repo *repo, const struct gv_oid *tree)
{
	return load(out, repo, &(struct source){ .tree = tree });
}

int
gv_envmap_load_census(struct gv_envmap **out, struct gv_repo *repo,
    const struct gv_census *census)
{
	return load(out, repo, &(struct source){ .census = census });
}

int
gv_envmap_load_by(struct gv_envmap **out, struct gv_repo *repo,
    const struct gv_oid *tree, const struct gv_policy *policy)
{
	return load(
	    out, repo, &(struct source){ .tree = tree, .policy = policy });
}

void
gv_envmap_free(struct gv_envmap *map)
{
	if (map == NULL)
		return;
	gv_envtree_free(map->tree);
	gv_policy_release(&map->policy);
	gv_arena_release(&map->arena);
	free(map->paths);
	free(map->left);
	free(map->ignored);
	free(map->said);
	free(map);
}

/* ---- scopes -------------------------------------------------------------- */

struct comparing {
	struct gv_envmap_differences *out;
	const struct gv_policy *policy;
};

static int
add_difference(struct gv_envmap_differences *out, const char *path, size_t len,
    const char *scope, const char *env)
{
	struct gv_envmap_difference *last =
	    out->n ? &out->items[out->n - 1] : NULL;

	if (last && strlen(last->folder) == len &&
	    memcmp(last->folder, path, len) == 0 &&
	    strcmp(last->scope, scope) == 0 && strcmp(last->env, env) == 0) {
		last->files++;
		return 0;
	}
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	last = &out->items[out->n++];
	*last = (struct gv_envmap_difference){ strndup(path, len),
		strdup(scope), strdup(env), 1 };
	return last->folder && last->scope && last->env ? 0 : gv_err_nomem();
}

/* The folder that decides, else the one that the file is in. */
static int
compare_scope(void *ctx, const struct gv_envtree_path *path,
    const struct gv_envtree_verdict *v)
{
	const struct comparing *c = ctx;
	const char *scope = gv_scope_of(c->policy, path->p);
	const char *env = v->env ? v->env->name : "";
	size_t len = v->end;

	if (strcmp(scope, v->env ? env : GV_SCOPE_SHARED) == 0 ||
	    gv_scope_is_said(c->policy, path->p))
		return 0;
	if (len == 0 || len == path->len)
		for (len = path->len; len > 0 && path->p[len] != '/';)
			len--;
	return add_difference(c->out, path->p, len, scope, env);
}

int
gv_envmap_differ(struct gv_envmap_differences *out, const struct gv_envmap *map)
{
	struct comparing c = { out, &map->policy };

	memset(out, 0, sizeof(*out));
	return gv_envtree_each(map->tree, compare_scope, &c);
}

void
gv_envmap_differences_release(struct gv_envmap_differences *differences)
{
	size_t i;

	for (i = 0; i < differences->n; i++) {
		free(differences->items[i].folder);
		free(differences->items[i].scope);
		free(differences->items[i].env);
	}
	free(differences->items);
	memset(differences, 0, sizeof(*differences));
}
