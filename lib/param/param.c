#include "param/param.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "layer/layer_template.h"
#include "param/param_internal.h"

/* ---- opening ------------------------------------------------------------- */

static int
add_layers(struct gv_param_private *p, const char *dir)
{
	struct gv_param_place *places = NULL;
	size_t n = 0, i;
	int r = gv_param_places(&places, &n, p, dir);

	for (i = 0; r == 0 && i < n; i++)
		r = gv_param_add(p, places[i].path, places[i].exists);
	free(places);
	return r;
}

static bool
is_in(const struct gv_policy_texts *texts, const char *text)
{
	size_t i;

	for (i = 0; i < texts->n; i++)
		if (strcmp(texts->items[i], text) == 0)
			return true;
	return false;
}

/* A name that no layer has is a typing mistake, unless the policy knows it, or
 * no layer can have it. */
static int
check_name(const struct gv_param_private *p, const char *what, const char *word,
    const char *name)
{
	bool can = false;
	size_t i;

	for (i = 0; name && i < p->n; i++)
		if (!p->files[i]->layer.is_missing &&
		    strstr(p->files[i]->layer.name, name))
			return 0;
	for (i = 0; p->layout->layers[i]; i++)
		can = can || strstr(p->layout->layers[i], word);
	/* documents of a profile are in the common file */
	return name == NULL || !can ||
		strcmp(p->layout->name, "application") == 0
	    ? 0
	    : gv_err(GV_ENOTFOUND, "the %s '%s' has no file of the %s '%s'",
		  p->layout == &p->of_set ? "set" : "layout", p->layout->name,
		  what, name);
}

static int
check_names(
    const struct gv_param_private *p, const struct gv_policy_config *set)
{
	const char *env = p->query.env, *service = p->query.service;
	int r;

	if (p->layout->dialect == GV_PARAM_HIERA)
		return 0;
	if (!(set && env && gv_policy_env(&p->pool->policy, env)) &&
	    (r = check_name(p, "environment", "{env}", env)) < 0)
		return r;
	return set && !(service && is_in(&set->services, service))
	    ? check_name(p, "service", "{service}", service)
	    : 0;
}

/* What the policy says of the environment, where nothing was asked for. */
static void
learn_env(struct gv_param_private *p)
{
	const struct gv_policy_env *env =
	    p->query.env ? gv_policy_env(&p->pool->policy, p->query.env) : NULL;
	const struct gv_policy_texts *regions;

	if (env == NULL)
		return;
	p->tier = env->tier;
	regions = &env->lists[GV_POLICY_ENV_REGION];
	if (p->query.region == NULL && regions->n == 1)
		p->query.region = regions->items[0];
}

static bool
is_veiled(void *ctx, const struct gv_layer_value *value)
{
	return gv_param_veil(ctx, value) != NULL;
}

/* A name may be one that each provider or service gives. */
static int
say_who_gives(const struct gv_param *param, int r)
{
	const struct gv_param_query *q = &param->private->query;
	const struct gv_policy_texts *all = &param->set->providers;
	const char *what = "provider";
	char *why;

	if (q->provider || all->n == 0) {
		all = &param->set->services;
		what = "service";
		if (q->service || all->n == 0)
			return r;
	}
	if ((why = gv_err_save()) == NULL)
		return r;
	r = gv_err(r, "%s; a %s may give it, such as --%s %s", why, what, what,
	    all->items[0]);
	free(why);
	return r;
}

/* Merge what was found, and put values in for names. */
static int
merge(struct gv_param *param)
{
	struct gv_param_private *p = param->private;
	const struct gv_policy_config *set = param->set;
	int r;

	if (param->dialect == GV_PARAM_HIERA)
		return gv_layer_hiera_merge(&param->tree, p->list, p->n);
	if ((r = gv_layer_merge(&param->tree, p->list, p->n, &param->opts)) < 0)
		return r;
	if (set == NULL || !set->is_template)
		return 0;
	r = gv_layer_substitute(&param->tree,
	    &(struct gv_layer_template){ .open = set->open,
		.close = set->close,
		.provider = p->query.provider,
		.leaves_maps = p->query.leaves_maps,
		.layers = p->list,
		.n = p->n,
		.is_veiled = is_veiled,
		.ctx = param });
	return r == GV_EREFUSED ? say_who_gives(param, r) : r;
}

static int
load(struct gv_param *param)
{
	struct gv_param_private *p = param->private;
	const char *dir = "";
	int r;

	/* an empty variable of a script would give what all environments have
	 */
	if (p->query.env && !gv_param_is_name(p->query.env))
		return gv_err(GV_EUSAGE, "'%s' is no name of an environment",
		    p->query.env);
	learn_env(p);
	if ((r = gv_param_find_layout(p, &param->set, &dir)) < 0 ||
	    (r = add_layers(p, dir)) < 0 ||
	    (r = check_names(p, param->set)) < 0)
		return r;
	param->layout = p->layout->name;
	param->dialect = p->layout->dialect;
	param->layers = p->list;
	param->n = p->n;
	param->opts.null_deletes = param->dialect == GV_PARAM_HELM;
	if (p->layout->are_whole) {
		p->whole = (struct gv_layer_rule){ .path = "*",
			.way = GV_LAYER_REPLACE,
			.null_deletes = -1,
			.from = p->layout->name };
		param->opts.rules = &p->whole;
		param->opts.n_rules = 1;
	}
	if (param->set &&
	    (r = gv_param_set_opts(&param->opts, p, param->set)) < 0)
		return r;
	return 0;
}

int
gv_param_open_layers(struct gv_param **out, struct gv_param_pool *pool,
    const struct gv_param_query *query)
{
	struct gv_param *param = calloc(1, sizeof(*param));
	int r;

	if (param == NULL)
		return gv_err_nomem();
	param->private = calloc(1, sizeof(*param->private));
	if (param->private == NULL) {
		free(param);
		return gv_err_nomem();
	}
	param->private->pool = pool;
	param->private->query = *query;
	if ((r = load(param)) < 0) {
		gv_param_close(param);
		return r;
	}
	*out = param;
	return 0;
}

int
gv_param_open(struct gv_param **out, struct gv_param_pool *pool,
    const struct gv_param_query *query)
{
	struct gv_param *param = NULL;
	int r;

	if ((r = gv_param_open_layers(&param, pool, query)) < 0)
		return r;
	if ((r = merge(param)) < 0) {
		gv_param_close(param);
		return r;
	}
	*out = param;
	return 0;
}

bool
gv_param_is_closed(const struct gv_param *param, size_t layer)
{
	return param->private->files[layer]->is_closed;
}

bool
gv_param_is_by_mac(const struct gv_param *param, size_t layer)
{
	return param->private->files[layer]->is_by_mac;
}

void
gv_param_close(struct gv_param *param)
{
	struct gv_param_private *p;

	if (param == NULL)
		return;
	p = param->private;
	gv_layer_tree_release(&param->tree);
	gv_layer_hiera_release(&p->hiera);
	gv_arena_release(&p->arena);
	free(p->files);
	free(p->list);
	free(p);
	free(param);
}

/* ---- explaining ---------------------------------------------------------- */

void
gv_param_explain(
    struct gv_layer_told *out, const struct gv_param *param, const char *key)
{
	gv_layer_explain(
	    out, param->layers, param->n, &param->tree, key, &param->opts);
}

const char *
gv_param_path(const struct gv_param *param, size_t layer)
{
	while (layer > 0 && param->private->files[layer]->is_section)
		layer--;
	return param->layers[layer]->name;
}

int
gv_param_strategy(const char **name, const char **from,
    const struct gv_param *param, const char *key)
{
	const struct gv_layer_rule *rule;
	struct gv_layer_hiera_option o;
	struct gv_buf list = GV_BUF_INIT;
	int r;

	*from = param->layout;
	if (param->dialect == GV_PARAM_HIERA) {
		if ((r = gv_layer_hiera_option_of(&o, param->layers, param->n,
			 key, strcspn(key, ".["))) < 0)
			return r;
		*name = gv_layer_hiera_ways[o.way];
		*from = o.from ? param->layers[o.from->layer]->name : "default";
		return 0;
	}
	rule = gv_layer_rule_of(&param->opts, key);
	if (rule == NULL)
		rule = gv_layer_rule_of_list(&list, &param->opts, key);
	gv_buf_release(&list);
	*name = rule ? gv_layer_ways[rule->way] : "deep";
	*from = rule ? rule->from : "default";
	return 0;
}
