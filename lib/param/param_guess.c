#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "param/param_target_internal.h"

/*
 * Services that nobody declares. A name that stands in a path where a layout
 * has a service may be one; it is one if layers are found for it that there are
 * not without it. No layer is read, so one that is broken counts.
 */

#define CANDIDATES 1000

struct guess {
	struct gv_param_targets *out;
	struct gv_param_pool *pool;
	const struct gv_param_layout *layout;
	struct gv_param_private p;     /* for what is asked of the policy */
	struct gv_param_targets maybe; /* services, and their environments */
	struct gv_map envs; /* services to an environment that names them */
};

/* ---- names --------------------------------------------------------------- */

static bool
is_known(const struct guess *g, const char *name, size_t len)
{
	const struct gv_param_search s = { .out = g->out, .p = &g->p };

	return gv_param_target_has(g->out, GV_PARAM_ENVS, name, len) ||
	    gv_param_target_is_other(&s, name, len);
}

/* What a path says, with the environment in it, if it names one. */
static int
add_maybe(struct guess *g, const char *name, size_t len,
    const struct gv_param_words *w)
{
	const size_t had = g->maybe.n[GV_PARAM_SERVICES];
	const char *env = NULL;
	int r;

	if (len == 0 || *name == '.' || is_known(g, name, len))
		return 0;
	if (had == CANDIDATES)
		return gv_err(GV_EREFUSED,
		    "more than %d names of files may be those of services; "
		    "name the services in a set of .gitvault.yaml: git vault "
		    "config init",
		    CANDIDATES);
	if ((r = gv_param_target_add(&g->maybe, GV_PARAM_SERVICES, name, len)) <
	    0)
		return r;
	if (w->words[0])
		env = gv_arena_copy(&g->maybe.arena, w->words[0], w->lens[0]);
	if (w->words[0] && env == NULL)
		return GV_ENOMEM;
	name = gv_arena_copy(&g->maybe.arena, name, len);
	if (name == NULL)
		return GV_ENOMEM;
	return env && gv_map_get(&g->envs, name, len) == NULL
	    ? gv_map_put(&g->envs, name, len, (void *)(uintptr_t)env)
	    : 0;
}

/* What {service} is in the beginning of a path by one of the folders: *dir is
 * the folder by its name. */
static bool
find_dir(struct gv_buf *dir, const char **name, size_t *len,
    const char *pattern, const char *path)
{
	const char *open = strchr(pattern, '{');
	const size_t before = (size_t)(open - pattern);
	const char *slash;

	if (strncmp(path, pattern, before) != 0 ||
	    (slash = strchr(path + before, '/')) == NULL)
		return false;
	*name = path + before;
	*len = (size_t)(slash - *name);
	gv_buf_reset(dir);
	gv_buf_add(dir, path, (size_t)(slash + 1 - path));
	return true;
}

static int
look_in(struct guess *g, const char *dir, const char *path, const char *name,
    size_t len)
{
	const char *const *layers = g->layout->layers;
	struct gv_param_words w;
	const char *at;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && layers[i]; i++)
		for (at = layers[i]; r == 0 && at; at = strchr(at, '|')) {
			at += *at == '|';
			if (!gv_param_matches(&w, at, dir, path))
				continue;
			if (name)
				r = add_maybe(g, name, len, &w);
			else if (w.words[1])
				r = add_maybe(g, w.words[1], w.lens[1], &w);
		}
	return r;
}

static int
look(void *ctx, const char *path)
{
	struct guess *g = ctx;
	struct gv_buf dir = GV_BUF_INIT;
	const char *name = NULL;
	size_t i, len = 0;
	int r = 0;

	for (i = 0; r == 0 && g->layout->dirs[i]; i++)
		if (strchr(g->layout->dirs[i], '{') == NULL)
			r = look_in(g, g->layout->dirs[i], path, NULL, 0);
		else if (find_dir(&dir, &name, &len, g->layout->dirs[i], path))
			r = gv_buf_check(&dir) < 0
			    ? GV_ENOMEM
			    : look_in(g, dir.p, path, name, len);
	gv_buf_release(&dir);
	return r;
}

/* ---- layers -------------------------------------------------------------- */

bool
gv_param_path_has(const char *path, const char *name)
{
	const size_t len = strlen(name);
	const char *at;

	for (at = path; len && (at = strstr(at, name)); at++)
		if ((at == path || strchr("/.-", at[-1])) &&
		    strchr("/.-", at[len]))
			return true;
	return false;
}

/* Whether an environment, with a service or without, has a layer with a name in
 * its path. What cannot be told is said by who reads it. */
static int
has_layer(bool *out, struct guess *g, const char *env, const char *service,
    const char *name)
{
	struct gv_param_private p = { .pool = g->pool,
		.query = { .layout = g->p.query.layout,
		    .env = env,
		    .service = service } };
	const struct gv_policy_config *set;
	struct gv_param_place *places = NULL;
	const char *dir = "";
	size_t n = 0, i;
	int r = gv_param_find_layout(&p, &set, &dir);

	*out = false;
	if (r == 0)
		r = gv_param_places(&places, &n, &p, dir);
	for (i = 0; r == 0 && i < n && !*out; i++)
		*out =
		    places[i].exists && gv_param_path_has(places[i].path, name);
	free(places);
	gv_layer_hiera_release(&p.hiera);
	gv_arena_release(&p.arena);
	return r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

static int
adds(bool *out, struct guess *g, const char *env, const char *name)
{
	bool has = false;
	int r = has_layer(out, g, env, name, name);

	if (r == 0 && *out && (r = has_layer(&has, g, env, NULL, name)) == 0)
		*out = !has;
	return r;
}

static int
is_service(bool *out, struct guess *g, const char *name)
{
	const struct gv_param_targets *t = g->out;
	const char *named = gv_map_get(&g->envs, name, strlen(name));
	size_t i;
	int r = adds(out, g, named, name);

	if (r == 0 && !*out && named)
		r = adds(out, g, NULL, name);
	for (i = 0; r == 0 && !*out && i < t->n[GV_PARAM_ENVS]; i++)
		r = adds(out, g, t->names[GV_PARAM_ENVS][i], name);
	return r;
}

static int
learn_below(void *ctx, const char *path)
{
	const struct gv_param_search *s = ctx;

	return strncmp(path, s->dir, strlen(s->dir)) == 0
	    ? gv_param_target_learn(ctx, path)
	    : 0;
}

/* The environments of a service's own folder. */
static int
learn_envs(struct guess *g, const char *name)
{
	struct gv_param_private p = { .pool = g->pool,
		.query = { .layout = g->p.query.layout, .service = name } };
	struct gv_param_search s = { .out = g->out, .p = &p };
	const struct gv_policy_config *set;
	int r;

	p.query.env = gv_map_get(&g->envs, name, strlen(name));
	r = gv_param_find_layout(&p, &set, &s.dir);
	if (r == 0 && *s.dir && gv_param_path_has(s.dir, name))
		r = gv_param_each_path(g->pool, learn_below, &s);
	gv_param_targets_release(&s.either);
	gv_arena_release(&p.arena);
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
take(struct guess *g)
{
	const struct gv_param_targets *t = &g->maybe;
	const char *name;
	bool is;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < t->n[GV_PARAM_SERVICES]; i++) {
		name = t->names[GV_PARAM_SERVICES][i];
		if ((r = is_service(&is, g, name)) < 0 || !is)
			continue;
		r = gv_param_target_add(
		    g->out, GV_PARAM_SERVICES, name, strlen(name));
		if (r == 0)
			r = learn_envs(g, name);
	}
	return r;
}

/* ---- all ----------------------------------------------------------------- */

int
gv_param_target_patterns(struct gv_param_private *p)
{
	const struct gv_param_query words = { .env = "{env}",
		.service = "{service}",
		.provider = "{provider}",
		.region = "{region}",
		.host = "{host}" };
	const char **layers;
	size_t i, n = 0;
	int r;

	if (p->layout->dialect != GV_PARAM_HIERA)
		return 0;
	r = gv_param_hierarchy(&p->hiera, p->pool, &words);
	/* what is wrong with it is said where it is read */
	if (r < 0)
		return r == GV_EREFUSED ? 0 : r;
	layers = gv_arena_alloc(&p->arena, (p->hiera.n + 1) * sizeof(char *));
	if (layers == NULL)
		return GV_ENOMEM;
	for (i = 0; i < p->hiera.n; i++)
		if (!p->hiera.paths[i].is_glob)
			layers[n++] = p->hiera.paths[i].path;
	layers[n] = NULL;
	p->of_set = *p->layout;
	p->of_set.layers = layers;
	p->layout = &p->of_set;
	return 0;
}

bool
gv_param_may_guess(const struct gv_param_pool *pool, const char *layout)
{
	const struct gv_policy *policy = &pool->policy;

	return layout ? gv_policy_config(&policy->configs, layout) == NULL &&
		gv_policy_config(&policy->configs_also, layout) == NULL
		      : policy->configs.n + policy->configs_also.n == 0;
}

int
gv_param_guess(struct gv_param_targets *out, struct gv_param_pool *pool,
    const char *layout)
{
	struct guess g = { .out = out,
		.pool = pool,
		.p = { .pool = pool, .query.layout = layout } };
	const struct gv_param_layout *l;
	int r = 0;

	for (l = gv_param_layout_table; r == 0 && l->name; l++) {
		if (layout && strcmp(layout, l->name) != 0)
			continue;
		g.p.layout = l;
		if (l->dialect == GV_PARAM_HIERA &&
		    !gv_param_exists(pool, "hiera.yaml"))
			continue;
		if ((r = gv_param_target_patterns(&g.p)) < 0)
			break;
		g.layout = g.p.layout;
		r = gv_param_each_path(pool, look, &g);
		gv_layer_hiera_release(&g.p.hiera);
	}
	if (r == 0)
		r = take(&g);
	gv_map_release(&g.envs);
	gv_param_targets_release(&g.maybe);
	gv_arena_release(&g.p.arena);
	return r;
}
