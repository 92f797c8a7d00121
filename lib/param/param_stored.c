#include <string.h>

#include "base/err.h"
#include "param/param_internal.h"
#include "policy/team.h"
#include "repo/repo.h"

/* Which layers of a pool are kept by programs, and which program that is. */

/* ---- the programs -------------------------------------------------------- */

/* Nobody runs what came by a pull, and nobody is given other values than those
 * of the program by a push that takes it away. */
static int
check(const struct gv_param_pool *pool, const struct gv_policy_config *set)
{
	if (!gv_policy_storage_is_accepted(&pool->policy, set))
		return gv_err(GV_EREFUSED,
		    "%s:%u: who keeps the layers of the set '%s' is not "
		    "accepted here; look at it, then accept it: git vault "
		    "policy diff; git vault policy accept",
		    GV_TEAM_POLICY, set->line, set->name);
	if (set->storage.n && pool->tree && !pool->is_live && !pool->when)
		return gv_err(GV_EREFUSED,
		    "the layers of the set '%s' are kept by a program, and a "
		    "commit does not have them",
		    set->name);
	return 0;
}

static int
keep_failure(struct gv_param_pool *pool, const char *name)
{
	const char *message = gv_err_message();
	char *why = gv_arena_copy(&pool->arena, message, strlen(message));

	if (why == NULL ||
	    gv_map_put(&pool->failed, name, strlen(name), why) < 0)
		return GV_ENOMEM;
	return gv_err(GV_EREFUSED, "%s", why);
}

int
gv_param_find_store(struct gv_param_store **out, struct gv_param_pool *pool,
    const struct gv_policy_config *set)
{
	const size_t len = strlen(set->name);
	const struct gv_repo *repo = pool->repo;
	const char *why;
	int r;

	*out = NULL;
	if ((r = check(pool, set)) < 0 || set->storage.n == 0)
		return r;
	*out = gv_map_get(&pool->stores, set->name, len);
	if (*out)
		return 0;
	/* each service of each environment asks */
	if ((why = gv_map_get(&pool->failed, set->name, len)) != NULL)
		return gv_err(GV_EREFUSED, "%s", why);
	if ((r = gv_param_store_open(out, &set->storage, set->name,
		 repo->worktree ? repo->worktree : repo->git_dir, pool->when)) <
	    0)
		return r == GV_EREFUSED ? keep_failure(pool, set->name) : r;
	if ((r = gv_map_put(&pool->stores, set->name, len, *out)) < 0)
		gv_param_store_close(*out);
	return r;
}

/* Each set of the pool, those of the accepted policy alone behind the others;
 * NULL behind the last. */
static const struct gv_policy_config *
set_at(const struct gv_param_pool *pool, size_t i)
{
	const struct gv_policy_configs *first = &pool->policy.configs;
	const struct gv_policy_configs *also = &pool->policy.configs_also;

	if (i < first->n)
		return &first->items[i];
	return i - first->n < also->n ? &also->items[i - first->n] : NULL;
}

void
gv_param_close_stores(struct gv_param_pool *pool)
{
	const struct gv_policy_config *set;
	size_t i;

	for (i = 0; (set = set_at(pool, i)) != NULL; i++)
		gv_param_store_close(
		    gv_map_del(&pool->stores, set->name, strlen(set->name)));
	gv_map_release(&pool->stores);
	gv_map_release(&pool->failed);
}

void
gv_param_pool_live(struct gv_param_pool *pool)
{
	pool->is_live = true;
}

void
gv_param_pool_when(struct gv_param_pool *pool, int64_t time)
{
	pool->when = time;
}

int
gv_param_pool_stamp(struct gv_buf *out, struct gv_param_pool *pool)
{
	const struct gv_policy_config *set;
	struct gv_param_store *store;
	bool is_any = false;
	size_t i;
	int r;

	for (i = 0; (set = set_at(pool, i)) != NULL; i++) {
		if (set->storage.n == 0)
			continue;
		if ((r = gv_param_find_store(&store, pool, set)) < 0)
			return r;
		gv_param_store_stamp(out, store);
		is_any = true;
	}
	return gv_buf_check(out) < 0 ? GV_ENOMEM : is_any;
}

/* ---- layers -------------------------------------------------------------- */

bool
gv_param_has_layer(struct gv_param_private *p, const char *path)
{
	if (p->store == NULL)
		return gv_param_exists(p->pool, path);
	return gv_map_get(&p->pool->put, path, strlen(path)) ||
	    gv_param_store_version(p->store, path);
}

int
gv_param_read_layer(
    struct gv_buf *out, struct gv_param_private *p, const char *path)
{
	return p->store == NULL || gv_map_get(&p->pool->put, path, strlen(path))
	    ? gv_param_read(out, p->pool, path)
	    : gv_param_store_get(out, p->store, path);
}

bool
gv_param_is_stored(const struct gv_param *param)
{
	return param->private->store != NULL;
}

const char *
gv_param_version(const struct gv_param *param, size_t layer)
{
	const struct gv_param_store *store = param->private->store;

	return store
	    ? gv_param_store_version(store, gv_param_path(param, layer))
	    : NULL;
}

int
gv_param_write(const struct gv_param *param,
    const struct gv_param_stored *layers, size_t n)
{
	return gv_param_store_put(param->private->store, layers, n);
}
