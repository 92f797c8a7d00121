#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "config/policy.h"
#include "image/image_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "param/param.h"
#include "param/param_target.h"
#include "policy/team.h"

/*
 * Which environments and services there are. A set of the policy says it, or
 * its layers do. Where layers are recognised by their names, any folder that
 * has a file of configuration may be a service; whether it is one, its layers
 * tell.
 */

#define GUESSES 1000 /* folders that may be services */

/* ---- files of configuration ---------------------------------------------- */

static bool
is_config(const char *path)
{
	static const char *const ends[] = { ".yaml", ".yml", ".json", ".toml",
		".tfvars", ".tf", ".properties", ".local" };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const size_t len = strlen(name);
	size_t i, n;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		n = strlen(ends[i]);
		if (len >= n && strcmp(name + len - n, ends[i]) == 0)
			return true;
	}
	return strncmp(name, ".env", 4) == 0;
}

static int
look(void *ctx, const char *path, size_t len, const struct gv_tree_entry *a,
    const struct gv_tree_entry *b)
{
	(void)ctx;
	(void)len;
	(void)a;
	(void)b;
	return is_config(path) ? GV_ECANCELED : 0;
}

bool
gv_image_differs(
    struct gv_repo *repo, const struct gv_oid *a, const struct gv_oid *b)
{
	struct gv_odb *odb;

	/* what cannot be compared may have changed */
	return gv_repo_odb(repo, &odb) < 0 ||
	    gv_tree_diff(odb, a, b, look, NULL) < 0;
}

/* ---- services that nobody names ------------------------------------------ */

struct guess {
	struct gv_param_targets *out;
	struct gv_map known; /* those, and the environments */
};

static int
add(struct guess *g, const char *name, size_t len)
{
	struct gv_param_targets *t = g->out;
	const enum gv_param_target of = GV_PARAM_SERVICES;
	char *copy;

	if (len == 0 || *name == '.' || t->n[of] >= GUESSES ||
	    gv_map_get(&g->known, name, len))
		return 0;
	if (GV_GROW(t->names[of], t->n[of], t->cap[of]) < 0 ||
	    (copy = gv_arena_copy(&t->arena, name, len)) == NULL)
		return GV_ENOMEM;
	t->names[of][t->n[of]++] = copy;
	return gv_map_put(&g->known, copy, len, copy);
}

static int
guess(void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	const char *at, *slash;
	int r = 0;

	(void)len;
	if (!S_ISREG(e->mode) || !is_config(path))
		return 0;
	for (at = path; r == 0 && (slash = strchr(at, '/')); at = slash + 1)
		r = add(ctx, at, (size_t)(slash - at));
	/* config/web.yaml, and config/web.prod.yaml */
	return r < 0 ? r : add(ctx, at, strcspn(at, "."));
}

bool
gv_image_path_has(const char *path, const char *name)
{
	const size_t len = strlen(name);
	const char *at;

	for (at = path; len && (at = strstr(at, name)); at++)
		if ((at == path || strchr("/.-", at[-1])) &&
		    strchr("/.-", at[len]))
			return true;
	return false;
}

/* Whether a configuration has a layer with that name in its path. */
static bool
has_layer(const struct gv_param *param, const char *service)
{
	size_t i;

	for (i = 0; i < param->n; i++)
		if (!param->layers[i]->is_missing &&
		    gv_image_path_has(param->layers[i]->name, service))
			return true;
	return false;
}

/* Whether the name, as a service, adds layers to those of an environment. Where
 * they cannot be read, it does if the others can, or if it did before. */
static int
adds(bool *out, struct gv_param_pool *pool, const struct gv_image_opts *opts,
    const char *env, const char *name)
{
	struct gv_param_query query = {
		.layout = opts->layout, .env = env, .service = name
	};
	struct gv_param *with = NULL, *without = NULL;
	int r = gv_param_open(&with, pool, &query), other;

	*out = false;
	if (r == GV_ENOTFOUND)
		return 0;
	query.service = NULL;
	other = gv_param_open(&without, pool, &query);
	if (r == 0)
		*out = has_layer(with, name) &&
		    !(other == 0 && has_layer(without, name));
	else
		*out = other == 0 ||
		    (opts->before &&
			gv_image_has(opts->before, env ? env : "", name));
	gv_param_close(with);
	gv_param_close(without);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

static int
is_service(bool *out, struct gv_param_pool *pool,
    const struct gv_image_opts *opts, const struct gv_param_targets *t,
    const char *name)
{
	const size_t envs = t->n[GV_PARAM_ENVS];
	size_t i;
	int r = 0;

	*out = false;
	for (i = 0; r == 0 && i <= envs && !*out; i++)
		r = adds(out, pool, opts,
		    i < envs ? t->names[GV_PARAM_ENVS][i] : NULL, name);
	return r;
}

static int
guess_services(struct gv_param_targets *t, struct gv_param_pool *pool,
    struct gv_repo *repo, const struct gv_image_opts *opts)
{
	static const char *const clouds[] = { "aws", "azure", "gcp" };
	const enum gv_param_target of = GV_PARAM_SERVICES;
	struct guess g = { .out = t };
	const char *env;
	struct gv_odb *odb;
	bool is;
	size_t i, n = 0;
	int r = gv_repo_odb(repo, &odb);

	/* config/aws.yaml is that of a cloud */
	for (i = 0; r == 0 && i < sizeof(clouds) / sizeof(clouds[0]); i++)
		r = gv_map_put(&g.known, clouds[i], strlen(clouds[i]), t);
	/* config/prod.yaml is that of an environment */
	for (i = 0; r == 0 && i < t->n[GV_PARAM_ENVS]; i++) {
		env = t->names[GV_PARAM_ENVS][i];
		r = gv_map_put(
		    &g.known, env, strlen(env), (void *)(uintptr_t)env);
	}
	if (r == 0)
		r = gv_tree_walk(odb, &opts->tree, guess, &g);
	gv_map_release(&g.known);
	for (i = 0; r == 0 && i < t->n[of]; i++) {
		r = is_service(&is, pool, opts, t, t->names[of][i]);
		if (is)
			t->names[of][n++] = t->names[of][i];
	}
	t->n[of] = n;
	return r;
}

/* ---- all ----------------------------------------------------------------- */

int
gv_image_targets(struct gv_param_targets *out, bool *is_declared,
    struct gv_param_pool *pool, struct gv_repo *repo,
    const struct gv_image_opts *opts)
{
	const struct gv_policy *policy = gv_param_policy(pool);
	int r = gv_param_targets(out, pool, opts->layout);

	if (r < 0)
		return r;
	*is_declared = policy->configs.n + policy->configs_also.n > 0;
	return *is_declared ? 0 : guess_services(out, pool, repo, opts);
}
