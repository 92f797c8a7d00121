#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "image/image_internal.h"
#include "param/param.h"
#include "param/param_target.h"

/* An image is made from one pool, so that each layer is read once. */
struct maker {
	struct gv_image *image;
	const struct gv_image_opts *opts;
	struct gv_param_pool *pool;
	struct gv_image_freezer freezer;
	struct gv_param_targets targets;
};

/* ---- one configuration --------------------------------------------------- */

static int
add_key(struct gv_buf *out, const char *env, const char *service)
{
	gv_buf_addf(out, "%s\n%s", env, service);
	return gv_buf_check(out);
}

static const struct gv_image_config *
find(const struct gv_image *image, const char *env, const char *service)
{
	const struct gv_image_config *found = NULL;
	struct gv_buf key = GV_BUF_INIT;

	if (add_key(&key, env, service) == 0)
		found = gv_map_get(&image->index, key.p, key.len);
	gv_buf_release(&key);
	return found;
}

/* A copy of what the image before has, which it keeps alive. */
static void
take_before(struct gv_image_config *to, const struct gv_image_config *had,
    struct gv_image *before)
{
	to->root = had->root;
	to->index = had->index;
	to->layers = had->layers;
	to->n_layers = had->n_layers;
	to->from = had->from ? had->from : before;
	gv_shared_hold(&to->from->share);
}

static int
fail(struct maker *m, struct gv_image_config *config,
    const struct gv_image_config *had)
{
	const char *why = gv_err_message();

	config->why = gv_arena_copy(&m->image->arena, why, strlen(why));
	config->since = had && had->why ? had->since : m->opts->now;
	m->image->n_failed++;
	if (had && had->root)
		take_before(config, had, m->opts->before);
	return config->why ? 0 : GV_ENOMEM;
}

/* Whether later layers replace, key by key, what earlier ones say, as readers
 * do that are given layers. */
static bool
is_plain(const struct gv_param *param)
{
	return param->dialect == GV_PARAM_OWN && param->opts.n_rules == 0 &&
	    !param->opts.null_deletes && param->tree.before == NULL &&
	    param->tree.n_clashes == 0;
}

static int
freeze_layers(struct maker *m, struct gv_image_config *config,
    const struct gv_param *param)
{
	struct gv_image_layer *layers =
	    gv_arena_alloc(&m->image->arena, (param->n + 1) * sizeof(*layers));
	const struct gv_layer *layer;
	size_t i, n = 0;
	int r;

	if (layers == NULL)
		return GV_ENOMEM;
	for (i = param->n; i > 0; i--) {
		layer = param->layers[i - 1];
		if (layer->is_missing)
			continue;
		layers[n].name = gv_arena_copy(
		    &m->image->arena, layer->name, strlen(layer->name));
		if (layers[n].name == NULL)
			return GV_ENOMEM;
		if ((r = gv_image_freeze(
			 &layers[n++].root, &m->freezer, layer->tree.root)) < 0)
			return r;
	}
	config->layers = layers;
	config->n_layers = n;
	return 0;
}

static int
freeze(struct maker *m, struct gv_image_config *config,
    const struct gv_param *param)
{
	int r;

	m->freezer.param = param;
	m->freezer.env = config->env;
	if ((r = gv_image_freeze(
		 &config->root, &m->freezer, param->tree.root)) < 0)
		return r;
	return is_plain(param) ? freeze_layers(m, config, param) : 0;
}

/* What says the same as before is not new. */
static void
settle(struct maker *m, struct gv_image_config *config)
{
	const struct gv_image *before = m->opts->before;
	const struct gv_image_config *had =
	    before ? find(before, config->env, config->service) : NULL;

	if (had && had->root &&
	    gv_digest_equal(&had->root->whole, &config->root->whole))
		config->index = had->index;
	else
		config->index = m->opts->index;
}

/* Whether services are declared, and this is what they have in common: names in
 * it may be theirs. Their own configurations say what is wrong with it. */
static bool
is_part(const struct maker *m, const char *env, const char *service)
{
	const struct gv_image *before = m->opts->before;

	return *service == '\0' && m->image->is_declared &&
	    m->targets.n[GV_PARAM_SERVICES] &&
	    !(before && find(before, env, service));
}

static int
add_config(struct maker *m, const char *env, const char *service)
{
	struct gv_image *image = m->image;
	struct gv_image_config *config = &image->configs[image->n];
	const struct gv_param_query query = { .env = *env ? env : NULL,
		.service = *service ? service : NULL,
		.provider = m->opts->provider,
		.layout = m->opts->layout };
	struct gv_buf key = GV_BUF_INIT;
	struct gv_param *param = NULL;
	const char *name;
	int r = gv_param_open(&param, m->pool, &query);

	if (r == GV_ENOTFOUND)
		return 0;
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (r == GV_EREFUSED && is_part(m, env, service))
		return 0;
	config->env = gv_arena_copy(&image->arena, env, strlen(env));
	config->service =
	    gv_arena_copy(&image->arena, service, strlen(service));
	if (r == 0) {
		r = freeze(m, config, param);
		gv_param_close(param);
	}
	if (r == 0)
		settle(m, config);
	else if (r != GV_ENOMEM)
		r = fail(m, config,
		    m->opts->before ? find(m->opts->before, env, service)
				    : NULL);
	if (r < 0)
		return r;
	if ((r = add_key(&key, env, service)) == 0) {
		name = gv_arena_copy(&image->arena, key.p, key.len);
		r = name && config->env && config->service
		    ? gv_map_put(&image->index, name, key.len, config)
		    : GV_ENOMEM;
	}
	gv_buf_release(&key);
	image->n++;
	return r;
}

/* ---- all of them --------------------------------------------------------- */

static int
add_configs(struct maker *m)
{
	const size_t envs = m->targets.n[GV_PARAM_ENVS] + 1;
	const size_t services = m->targets.n[GV_PARAM_SERVICES] + 1;
	size_t i, k;
	int r = 0;

	if (envs > GV_IMAGE_CONFIGS / services)
		return gv_err(GV_EREFUSED,
		    "there are %zu environments and %zu services; at most %d "
		    "configurations are served",
		    envs - 1, services - 1, GV_IMAGE_CONFIGS);
	m->image->configs = calloc(envs * services, sizeof(*m->image->configs));
	if (m->image->configs == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < envs; i++)
		for (k = 0; r == 0 && k < services; k++)
			r = add_config(m,
			    i ? m->targets.names[GV_PARAM_ENVS][i - 1] : "",
			    k ? m->targets.names[GV_PARAM_SERVICES][k - 1]
			      : "");
	return r;
}

/* The newest tree, with what programs keep of it now. */
static int
open_pool(struct gv_param_pool **pool, struct gv_buf *stored,
    struct gv_repo *repo, const struct gv_oid *tree)
{
	int r = gv_param_pool_open(pool, repo, tree);

	if (r < 0)
		return r;
	gv_param_pool_live(*pool);
	r = gv_param_pool_stamp(stored, *pool);
	return r < 0 ? r : 0;
}

static int
make(struct maker *m, struct gv_repo *repo)
{
	int r;

	if ((r = open_pool(&m->pool, &m->image->stored, repo, &m->opts->tree)) <
		0 ||
	    (r = gv_param_targets(&m->targets, m->pool, m->opts->layout)) < 0)
		return r;
	m->image->is_declared = !m->targets.are_guessed;
	if ((r = add_configs(m)) < 0)
		return r;
	return m->image->n
	    ? 0
	    : gv_err(GV_ENOTFOUND, "there is no layered configuration");
}

static void
drop(struct gv_share *share)
{
	struct gv_image *image = (struct gv_image *)share;
	size_t i;

	for (i = 0; i < image->n; i++)
		if (image->configs[i].from)
			gv_shared_put(&image->configs[i].from->share);
	for (i = 0; i < image->n_vaults; i++)
		gv_secret_release(&image->vaults[i]);
	free(image->vaults);
	free(image->configs);
	gv_map_release(&image->index);
	gv_buf_release(&image->stored);
	gv_arena_release(&image->arena);
	free(image);
}

int
gv_image_make(struct gv_image **out, struct gv_repo *repo,
    const struct gv_image_opts *opts)
{
	struct maker m = { .opts = opts };
	int r;

	m.image = calloc(1, sizeof(*m.image));
	if (m.image == NULL)
		return gv_err_nomem();
	gv_shared_init(&m.image->share, drop);
	m.image->tree = opts->tree;
	m.image->stored = (struct gv_buf)GV_BUF_INIT;
	snprintf(m.image->commit, sizeof(m.image->commit), "%s", opts->commit);
	m.freezer.image = m.image;
	m.freezer.opts = opts;
	r = make(&m, repo);
	gv_image_freezer_release(&m.freezer);
	gv_param_targets_release(&m.targets);
	gv_param_pool_close(m.pool);
	if (r == 0)
		*out = m.image;
	else
		gv_shared_put(&m.image->share);
	return r;
}

int
gv_image_is_outdated(struct gv_repo *repo, const struct gv_image *image)
{
	struct gv_param_pool *pool = NULL;
	struct gv_buf now = GV_BUF_INIT;
	int r = open_pool(&pool, &now, repo, &image->tree);

	if (r == 0)
		r = !gv_buf_equal(&now, &image->stored);
	gv_param_pool_close(pool);
	gv_buf_release(&now);
	return r;
}

/* ---- looking up ---------------------------------------------------------- */

const struct gv_image_config *
gv_image_find(
    const struct gv_image *image, const char *env, const char *service)
{
	const struct gv_image_config *found = find(image, env, service);

	return found || image->is_declared || *service == '\0'
	    ? found
	    : find(image, env, "");
}

bool
gv_image_has_env(const struct gv_image *image, const char *env)
{
	size_t i;

	for (i = 0; i < image->n; i++)
		if (strcmp(image->configs[i].env, env) == 0)
			return true;
	return false;
}

bool
gv_image_has(const struct gv_image *image, const char *env, const char *service)
{
	return find(image, env, service) != NULL;
}
