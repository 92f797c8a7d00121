#include "param/param.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "param/param_internal.h"
#include "repo/repo.h"
#include "scan/scan.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "worktree/index.h"

/* ---- opening ------------------------------------------------------------- */

static int
open_place(struct gv_param_private *p)
{
	struct gv_repo *repo = p->repo;

	if (p->query->tree)
		return 0;
	if (repo->worktree == NULL)
		return gv_err(GV_EREFUSED,
		    "a bare repository has no working tree; name a commit or "
		    "snapshot: --at HEAD");
	if ((p->root = gv_dir_open_root(repo->worktree)) < 0)
		return gv_err_sys("cannot open %s", repo->worktree);
	return gv_index_open(&p->index, repo);
}

/* One layer for each pattern that has all its names. */
static int
add_layers(struct gv_param_private *p, const char *dir)
{
	struct gv_buf name = GV_BUF_INIT, first = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && p->layout->layers[i]; i++) {
		r = gv_param_expand(
		    &name, &first, p, p->layout->layers[i], dir);
		if (r == 1)
			r = gv_param_add(p, name.p, true);
		else if (r == 0 && first.len)
			r = gv_param_add(p, first.p, false);
	}
	gv_buf_release(&name);
	gv_buf_release(&first);
	return r;
}

/* A name of an environment that no layer has is a typing mistake. */
static int
check_env(const struct gv_param_private *p)
{
	const char *env = p->query->env;
	size_t i;

	for (i = 0; env && i < p->n; i++)
		if (!p->files[i]->layer.is_missing &&
		    strstr(p->files[i]->layer.name, env))
			return 0;
	/* documents of a profile are in the common file */
	return env == NULL || strcmp(p->layout->name, "application") == 0
	    ? 0
	    : gv_err(GV_ENOTFOUND,
		  "the layout '%s' has no file of the environment '%s'",
		  p->layout->name, env);
}

static int
load(struct gv_param *param)
{
	struct gv_param_private *p = param->private;
	const char *dir = "";
	int r;

	if ((r = open_place(p)) < 0 ||
	    (r = gv_param_find_layout(p, &dir)) < 0 ||
	    (r = p->layout->dialect == GV_PARAM_HIERA
		    ? gv_param_add_hiera(p)
		    : add_layers(p, dir)) < 0 ||
	    (r = check_env(p)) < 0)
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
	return param->dialect == GV_PARAM_HIERA
	    ? gv_layer_hiera_merge(&param->tree, p->list, p->n)
	    : gv_layer_merge(&param->tree, p->list, p->n, &param->opts);
}

int
gv_param_open(struct gv_param **out, struct gv_repo *repo,
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
	param->private->repo = repo;
	param->private->query = query;
	param->private->root = -1;
	if ((r = load(param)) < 0) {
		gv_param_close(param);
		return r;
	}
	*out = param;
	return 0;
}

static void
free_file(struct gv_param_file *file)
{
	if (file->scan) {
		gv_scan_release(file->scan);
		free(file->scan);
	}
	gv_layer_release(&file->layer);
	if (file->text.cap)
		explicit_bzero(file->text.p, file->text.len);
	gv_buf_release(&file->text);
	free(file);
}

void
gv_param_close(struct gv_param *param)
{
	struct gv_param_private *p;
	size_t i;

	if (param == NULL)
		return;
	p = param->private;
	gv_layer_tree_release(&param->tree);
	for (i = 0; i < p->n; i++)
		free_file(p->files[i]);
	if (p->has_rules)
		gv_team_rules_release(&p->rules);
	gv_layer_hiera_release(&p->hiera);
	gv_index_close(p->index);
	gv_file_close(p->root);
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
	*name = rule ? gv_layer_ways[rule->way] : "deep";
	*from = rule ? rule->from : "default";
	return 0;
}
