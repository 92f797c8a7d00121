#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "param/param_internal.h"
#include "worktree/index.h"

/* Files as layers. */

/* ---- layers -------------------------------------------------------------- */

static int
add(struct gv_param_private *p, struct gv_param_file *file)
{
	if (GV_GROW(p->files, p->n, p->cap) < 0 ||
	    GV_GROW(p->list, p->n, p->cap_list) < 0)
		return gv_err_nomem();
	p->list[p->n] = &file->layer;
	p->files[p->n++] = file;
	return 0;
}

/* A file that the pool has; NULL: it is not read yet. Its values have the
 * number of their layer, so each number has a file of its own. */
static struct gv_param_file *
find_file(const struct gv_param_private *p, const struct gv_buf *key)
{
	const char *env = p->query.env;
	struct gv_param_file *file =
	    gv_map_get(&p->pool->files, key->p, key->len);

	while (file && file->has_profiles &&
	    !(file->env == env ||
		(file->env && env && strcmp(file->env, env) == 0)))
		file = file->next;
	return file;
}

static int
new_file(struct gv_param_file **out, struct gv_param_private *p,
    const struct gv_buf *key, const char *name)
{
	struct gv_param_pool *pool = p->pool;
	const char *env = p->query.env, *place;
	struct gv_param_file *file;

	if (GV_GROW(pool->list, pool->n, pool->cap) < 0 ||
	    (file = calloc(1, sizeof(*file))) == NULL)
		return gv_err_nomem();
	pool->list[pool->n++] = file;
	file->text = (struct gv_buf)GV_BUF_INIT;
	file->next = gv_map_get(&pool->files, key->p, key->len);
	file->layer.name = gv_arena_copy(&pool->arena, name, strlen(name));
	place = gv_arena_copy(&pool->arena, key->p, key->len);
	if (env)
		file->env = gv_arena_copy(&pool->arena, env, strlen(env));
	if (file->layer.name == NULL || place == NULL || (env && !file->env))
		return GV_ENOMEM;
	*out = file;
	return gv_map_put(&pool->files, place, key->len, file);
}

static int
is_private(bool *out, struct gv_param_pool *pool, const char *path)
{
	int r;

	*out = false;
	if (pool->tree)
		return 0;
	if (pool->index == NULL &&
	    (r = gv_index_open(&pool->index, pool->repo)) < 0)
		return r;
	*out = gv_index_find(pool->index, path, strlen(path), 0) == NULL;
	return 0;
}

/* Read the part of a layer for a provider as a layer of its own. */
static int
read_section(struct gv_param_file *file, const struct gv_param_file *of,
    const char *provider, uint32_t number, bool nests)
{
	const struct gv_layer_read_opts opts = { .layer = number,
		.profile = file->env ? file->env : "default",
		.nests = nests };
	const struct gv_layer_value *all;
	const char *name = file->layer.name;
	int r;

	file->is_section = true;
	file->is_private = of->is_private;
	file->has_profiles = of->has_profiles;
	file->layer = of->layer;
	file->layer.tree = (struct gv_layer_tree){ .root = NULL };
	file->layer.name = name;
	if ((r = gv_layer_read(&file->layer, &opts)) < 0)
		return r;
	all = gv_layer_get(file->layer.tree.root, "providers", 9);
	file->layer.tree.root =
	    (struct gv_layer_value *)(uintptr_t)gv_layer_get(
		all, provider, strlen(provider));
	return 0;
}

/* The part of a layer that is for the provider, as a layer above it. */
static int
add_section(struct gv_param_private *p, const struct gv_param_file *of)
{
	const char *provider = p->query.provider;
	struct gv_buf name = GV_BUF_INIT, key = GV_BUF_INIT;
	struct gv_param_file *file;
	int r;

	if (provider == NULL || of->providers == NULL ||
	    gv_layer_get(of->providers, provider, strlen(provider)) == NULL)
		return 0;
	gv_buf_addf(&name, "%s (providers.%s)", of->layer.name, provider);
	gv_buf_addf(&key, "%zu%s%s:%s:%s", p->n, p->store ? "@" : "",
	    p->store ? p->layout->name : "", of->layer.name, provider);
	if ((r = gv_buf_check(&name)) < 0 || (r = gv_buf_check(&key)) < 0)
		goto out;
	if ((file = find_file(p, &key)) == NULL) {
		if ((r = new_file(&file, p, &key, name.p)) < 0 ||
		    (r = read_section(file, of, provider, (uint32_t)p->n,
			 p->layout->are_dotted)) < 0)
			goto out;
	}
	r = add(p, file);
out:
	gv_buf_release(&name);
	gv_buf_release(&key);
	return r;
}

/* What is for any provider is no part of the configuration. */
static int
take_providers(struct gv_param_file *file)
{
	const struct gv_layer_value *all =
	    gv_layer_get(file->layer.tree.root, "providers", 9);

	if (all == NULL || all->kind != GV_LAYER_MAP)
		return 0;
	file->providers = all;
	return gv_layer_drop(&file->layer, "providers");
}

/* How its values are opened is no part of the configuration, either. */
static int
take_sops(struct gv_param_file *file)
{
	const struct gv_layer_value *root = file->layer.tree.root, *sops, *only;

	sops = root && root->kind == GV_LAYER_MAP
	    ? gv_layer_get(root, "sops", 4)
	    : NULL;
	if (sops == NULL || sops->kind != GV_LAYER_MAP ||
	    (!gv_layer_get(sops, "mac", 3) &&
		!gv_layer_get(sops, "version", 7) &&
		!gv_layer_get(sops, "lastmodified", 12)))
		return 0;
	only = gv_layer_get(sops, "mac_only_encrypted", 18);
	file->has_sops = true;
	file->is_by_mac = gv_layer_get(sops, "mac", 3) &&
	    !(only && only->kind == GV_LAYER_BOOL && gv_layer_is_true(only));
	return gv_layer_drop(&file->layer, "sops");
}

/* Ansible takes such a file for one of variables. */
static bool
is_closed(const struct gv_buf *text)
{
	static const char sign[] = "$ANSIBLE_VAULT;";

	return text->len > strlen(sign) &&
	    memcmp(text->p, sign, strlen(sign)) == 0;
}

static int
read_file(struct gv_param_file *file, struct gv_param_private *p, bool exists)
{
	const char *path = file->layer.name;
	const struct gv_layer_read_opts opts = { .layer = (uint32_t)p->n,
		.profile = p->query.env ? p->query.env : "default",
		.nests = p->layout->are_dotted };
	struct gv_layer *layer = &file->layer;
	int r;

	layer->is_missing = !exists;
	if (!exists)
		return 0;
	if ((r = gv_param_read_layer(&file->text, p, path)) < 0 ||
	    (p->store == NULL &&
		(r = is_private(&file->is_private, p->pool, path)) < 0))
		return r;
	layer->text = file->text.p;
	layer->len = file->text.len;
	if ((file->is_closed = is_closed(&file->text)))
		return 0;
	/* a text with a NUL is no document */
	file->has_profiles = strstr(layer->text, "profile") != NULL;
	if (!gv_doc_format_of(&layer->format, path, layer->text, layer->len))
		layer->format = GV_DOC_FORMAT_YAML;
	if ((r = gv_layer_read(layer, &opts)) < 0 || (r = take_sops(file)) < 0)
		return r;
	return p->layout->dialect == GV_PARAM_OWN && !p->layout->are_whole
	    ? take_providers(file)
	    : 0;
}

/* It is not read again, and fails the same way each time. */
static void
keep_failure(struct gv_param_file *file, int r)
{
	file->failed = r;
	snprintf(file->why, sizeof(file->why), "%s", gv_err_message());
}

int
gv_param_add(struct gv_param_private *p, const char *path, bool exists)
{
	struct gv_buf key = GV_BUF_INIT;
	struct gv_param_file *file;
	int r;

	if (!gv_path_is_all_safe(path))
		return gv_err(GV_EREFUSED,
		    "'%s' is no path inside of the working tree", path);
	/* a program has other files of the same names */
	gv_buf_addf(&key, "%zu%s%s:%s", p->n, p->store ? "@" : "",
	    p->store ? p->layout->name : "", path);
	if ((r = gv_buf_check(&key)) < 0)
		goto out;
	if ((file = find_file(p, &key)) == NULL) {
		if ((r = new_file(&file, p, &key, path)) < 0)
			goto out;
		if ((r = read_file(file, p, exists)) < 0)
			keep_failure(file, r);
	}
	if (file->failed) {
		r = gv_err(file->failed, "%s", file->why);
		goto out;
	}
	if ((r = add(p, file)) == 0)
		r = add_section(p, file);
out:
	gv_buf_release(&key);
	return r;
}
