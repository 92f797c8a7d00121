#include "infra/envtree.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "base/vec.h"
#include "infra/envtree_internal.h"
#include "infra/region.h"

const char *const gv_envtree_rules[GV_ENVTREE_RULES] = {
	[GV_ENVTREE_NONE] = "none",
	[GV_ENVTREE_POLICY] = "policy",
	[GV_ENVTREE_HOME] = "environments",
	[GV_ENVTREE_OVERLAY] = "overlay",
	[GV_ENVTREE_STACK] = "stack",
	[GV_ENVTREE_WORKSPACE] = "workspace",
	[GV_ENVTREE_INVENTORY] = "inventory",
	[GV_ENVTREE_GROUP_VARS] = "group_vars",
	[GV_ENVTREE_NAMESPACE] = "namespace",
	[GV_ENVTREE_CLUSTER] = "cluster",
	[GV_ENVTREE_DIRECTORY] = "directory",
	[GV_ENVTREE_SUFFIX] = "suffix",
	[GV_ENVTREE_SIBLING] = "sibling",
	[GV_ENVTREE_NAME] = "name",
	[GV_ENVTREE_KEY] = "key",
};

int
gv_envtree_add_mark(
    uint32_t *out, struct gv_envtree *tree, const struct gv_envtree_mark *mark)
{
	if (GV_GROW(tree->marks, tree->n_marks, tree->cap_marks) < 0)
		return gv_err_nomem();
	*out = (uint32_t)tree->n_marks;
	tree->marks[tree->n_marks++] = *mark;
	return 0;
}

uint64_t
gv_envtree_key(
    uint32_t folder, const char *name, size_t len, size_t at, size_t word)
{
	const uint64_t front = gv_map_hash(name, at);
	const uint64_t back = gv_map_hash(name + at + word, len - at - word);

	return (front * 0x9e3779b97f4a7c15u) ^ (back + at) ^
	    ((uint64_t)folder * 0xc2b2ae3d27d4eb4fu);
}

static int
compare_peers(const void *a, const void *b)
{
	const struct gv_envtree_peer *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->env != y->env)
		return x->env < y->env ? -1 : 1;
	return x->mark < y->mark ? -1 : x->mark > y->mark;
}

void
gv_envtree_sort_peers(struct gv_envtree_peer *peers, size_t n)
{
	qsort(peers, n, sizeof(*peers), compare_peers);
}

/* ---- the tree ------------------------------------------------------------ */

static int
add_files(
    struct gv_envtree *tree, const struct gv_envtree_path *paths, size_t n)
{
	bool is_sorted = true;
	size_t i;

	tree->files = calloc(n + 1, sizeof(*tree->files));
	if (tree->files == NULL || n >= GV_ENVTREE_NO)
		return gv_err_nomem();
	for (i = 0; i < n; i++) {
		if (paths[i].len == 0 || paths[i].len >= GV_ENVTREE_NO / 2)
			continue;
		tree->files[tree->n] = (struct gv_envtree_file){ paths[i].p,
			(uint32_t)paths[i].len, 0, GV_ENVTREE_NO };
		if (tree->n > 0 &&
		    gv_envtree_compare_files(
			&tree->files[tree->n - 1], &tree->files[tree->n]) > 0)
			is_sorted = false;
		tree->n++;
	}
	if (!is_sorted)
		qsort(tree->files, tree->n, sizeof(*tree->files),
		    gv_envtree_compare_files);
	return 0;
}

/* Add the folder whose name is at that place of the first path in it. */
static int
add_folder(uint32_t *out, struct gv_envtree *tree, uint32_t parent,
    uint32_t file, uint32_t at, uint32_t len)
{
	const char *name = len ? tree->files[file].path + at : "";
	struct gv_envtree_folder *f;
	struct gv_region found;

	if (GV_GROW(tree->folders, tree->n_folders, tree->cap_folders) < 0)
		return gv_err_nomem();
	*out = (uint32_t)tree->n_folders++;
	f = &tree->folders[*out];
	*f = (struct gv_envtree_folder){ .parent = parent,
		.first = file,
		.at = at,
		.len = len,
		.mark = GV_ENVTREE_NO,
		.home = GV_ENVTREE_NO,
		.whole = GV_ENVTREE_NO,
		.part = GV_ENVTREE_NO,
		.refused = GV_ENVTREE_NO,
		.tried = GV_ENVTREE_NO,
		.kind = gv_environment_home_of(name, len) };
	if (gv_region_find(&found, name, len))
		f->region = gv_envtree_span_of(name, &found);
	if (gv_region_find_account(&found, name, len))
		f->account = gv_envtree_span_of(name, &found);
	if (f->kind == GV_ENVIRONMENT_GROUP_VARS)
		tree->folders[parent].has_hosts = true;
	return *out == 0 ? 0 : gv_envtree_mark_folder(tree, *out);
}

static void
note_hosts(struct gv_envtree *tree, const struct gv_envtree_file *file)
{
	struct gv_envtree_folder *f = &tree->folders[file->folder];
	const uint32_t at = file->folder ? f->at + f->len + 1 : 0;
	const char *name = file->path + at;
	const uint32_t len = file->len - at;

	if (tree->folders[f->parent].kind == GV_ENVIRONMENT_INVENTORIES &&
	    ((len >= 5 && memcmp(name, "hosts", 5) == 0) ||
		(len >= 10 && memcmp(name, "inventory.", 10) == 0)))
		f->has_hosts = true;
}

/* Folders come in the order of their first files, so that a parent is before
 * what is in it. */
static int
add_folders(struct gv_envtree *tree)
{
	uint32_t at, end, folder, i;
	int r = add_folder(&folder, tree, 0, 0, 0, 0);

	for (i = 0; r == 0 && i < tree->n; i++) {
		struct gv_envtree_file *file = &tree->files[i];

		folder = i ? tree->files[i - 1].folder : 0;
		at = i ? gv_envtree_common(&tree->files[i - 1], file) : 0;
		while (folder &&
		    tree->folders[folder].at + tree->folders[folder].len >= at)
			folder = tree->folders[folder].parent;
		for (end = at; r == 0 && end < file->len; end++) {
			if (file->path[end] != '/')
				continue;
			r = add_folder(&folder, tree, folder, i, at, end - at);
			at = end + 1;
		}
		file->folder = folder;
		if (r == 0)
			note_hosts(tree, file);
	}
	return r;
}

static int
mark_files(struct gv_envtree *tree)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < tree->n; i++)
		r = gv_envtree_mark_file(
		    &tree->files[i].mark, tree, &tree->files[i], (uint32_t)i);
	return r;
}

/* ---- the whole ----------------------------------------------------------- */

static void
add_place(struct gv_envtree_span *list, size_t *n, struct gv_envtree_span one)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (list[i].len == one.len &&
		    memcmp(list[i].p, one.p, one.len) == 0)
			return;
	if (one.len && *n < GV_ENVTREE_PLACES)
		list[(*n)++] = one;
}

static void
add_places(
    struct gv_envtree_span *out, size_t *n, const struct gv_envtree_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		add_place(out, n,
		    (struct gv_envtree_span){
			list->items[i], strlen(list->items[i]) });
}

static void
count_files(struct gv_envtree *tree)
{
	struct gv_envtree_verdict v;
	struct gv_envtree_env *env;
	size_t i;

	for (i = 0; i < tree->n; i++) {
		gv_envtree_judge(&v, tree, &tree->files[i]);
		if (v.env == NULL)
			continue;
		env = (struct gv_envtree_env *)v.env;
		if (env->files++ == 0)
			env->example =
			    (struct gv_envtree_span){ tree->files[i].path,
				    tree->files[i].len };
		env->by_name += v.rule == GV_ENVTREE_NAME;
		env->rules[v.rule]++;
		add_place(env->regions, &env->n_regions, v.region);
		add_place(env->accounts, &env->n_accounts, v.account);
	}
	for (i = 0; i < tree->n_said; i++) {
		const struct gv_envtree_said *said = &tree->said[i];

		env =
		    (struct gv_envtree_env *)gv_envtree_find(tree, said->name);
		if (env == NULL)
			continue;
		add_places(env->regions, &env->n_regions, &said->regions);
		add_places(env->accounts, &env->n_accounts, &said->accounts);
	}
}

int
gv_envtree_new(struct gv_envtree **out, const struct gv_envtree_path *paths,
    size_t n, const struct gv_envtree_said *said, size_t n_said)
{
	struct gv_envtree *tree = calloc(1, sizeof(*tree));
	int r;

	if (tree == NULL)
		return gv_err_nomem();
	tree->said = said;
	tree->n_said = n_said;
	if ((r = gv_envtree_add_said(tree)) < 0 ||
	    (r = add_files(tree, paths, n)) < 0 ||
	    (r = add_folders(tree)) < 0 ||
	    (r = gv_envtree_judge_folders(tree)) < 0 ||
	    (r = mark_files(tree)) < 0 ||
	    (r = gv_envtree_judge_files(tree)) < 0)
		goto fail;
	count_files(tree);
	if ((r = gv_envtree_sort(tree)) < 0)
		goto fail;
	*out = tree;
	return 0;
fail:
	gv_envtree_free(tree);
	return r;
}

void
gv_envtree_free(struct gv_envtree *tree)
{
	if (tree == NULL)
		return;
	free(tree->files);
	free(tree->folders);
	free(tree->marks);
	free(tree->envs);
	free(tree->sorted);
	gv_map_release(&tree->words);
	gv_map_release(&tree->names);
	gv_map_release(&tree->canons);
	gv_arena_release(&tree->arena);
	free(tree);
}

const struct gv_envtree_env *const *
gv_envtree_list(const struct gv_envtree *tree, size_t *n)
{
	*n = tree->n_sorted;
	return (const struct gv_envtree_env *const *)tree->sorted;
}

const struct gv_envtree_env *
gv_envtree_find(const struct gv_envtree *tree, const char *name)
{
	const uint32_t *env = gv_map_get(&tree->names, name, strlen(name));

	return env ? tree->envs[*env] : NULL;
}

int
gv_envtree_unknown(const struct gv_envtree *tree, const char *word)
{
	struct gv_near near = gv_near_to(word, strlen(word));
	const struct gv_envtree_env *const *list;
	size_t n, i;

	list = gv_envtree_list(tree, &n);
	for (i = 0; i < n; i++)
		gv_near_add(&near, list[i]->name, strlen(list[i]->name));
	if (near.name)
		return gv_err(GV_ENOTFOUND,
		    "there is no environment '%s'; did you mean '%s'?", word,
		    near.name);
	return gv_err(GV_ENOTFOUND,
	    "there is no environment '%s'; to list them: git vault env", word);
}
