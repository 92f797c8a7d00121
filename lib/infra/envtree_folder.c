#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "infra/envtree_internal.h"
#include "infra/region.h"
#include "infra/sister.h"

/* Of the names in a folder, this part must be in folders next to it, which are
 * named like other environments. Over 14 public trees, 40 % took every folder
 * of an environment that has another next to it; 50 % lost some, where one
 * environment has much that the other lacks. */
#define SHARED_PERCENT 40

#define TRIED_MAX 8 /* folders above a file whose names are compared */

enum gv_envtree_rule
gv_envtree_rule_of(enum gv_environment_home kind)
{
	static const enum gv_envtree_rule rules[GV_ENVIRONMENT_HOMES] = {
		[GV_ENVIRONMENT_ENVS] = GV_ENVTREE_HOME,
		[GV_ENVIRONMENT_OVERLAYS] = GV_ENVTREE_OVERLAY,
		[GV_ENVIRONMENT_STAGES] = GV_ENVTREE_HOME,
		[GV_ENVIRONMENT_STACKS] = GV_ENVTREE_STACK,
		[GV_ENVIRONMENT_WORKSPACES] = GV_ENVTREE_WORKSPACE,
		[GV_ENVIRONMENT_STATES] = GV_ENVTREE_WORKSPACE,
		[GV_ENVIRONMENT_INVENTORIES] = GV_ENVTREE_INVENTORY,
		[GV_ENVIRONMENT_GROUP_VARS] = GV_ENVTREE_GROUP_VARS,
		[GV_ENVIRONMENT_NAMESPACES] = GV_ENVTREE_NAMESPACE,
		[GV_ENVIRONMENT_CLUSTERS] = GV_ENVTREE_CLUSTER,
	};

	return rules[kind];
}

/* ---- marks --------------------------------------------------------------- */

static bool
is_between_words(char c)
{
	return c == '.' || c == '-' || c == '_' || c == ' ';
}

/* "local-dev" is what a developer has at home, no environment. */
static bool
has_local(const char *name, size_t len)
{
	static const char local[] = "local";
	const size_t n = sizeof(local) - 1;
	size_t i;

	for (i = 0; i + n <= len; i++)
		if (strncasecmp(name + i, local, n) == 0 &&
		    (i == 0 || is_between_words(name[i - 1])) &&
		    (i + n == len || is_between_words(name[i + n])))
			return true;
	return false;
}

/* The word of a folder's name that names its environment: of several the last,
 * but one that needs no proof before one that does. 1, 0, GV_ENOMEM. */
static int
choose_word(struct gv_envtree_word *out, struct gv_envtree *tree,
    const char *name, size_t len)
{
	struct gv_envtree_word w;
	size_t from = 0;
	int r, is_found = 0;

	while ((r = gv_envtree_next_word(&w, tree, name, len, &from)) > 0) {
		if (is_found && out->proof == GV_ENVIRONMENT_BY_NAME &&
		    w.proof != GV_ENVIRONMENT_BY_NAME)
			continue;
		*out = w;
		is_found = 1;
	}
	return r < 0 ? r : is_found;
}

/* A member of a folder for environments whose name no convention knows. */
static int
mark_custom(struct gv_envtree *tree, struct gv_envtree_folder *folder,
    enum gv_environment_home kind, const struct gv_envtree_mark *from)
{
	const char *name = tree->files[folder->first].path + folder->at;
	struct gv_envtree_mark mark = *from;

	if (!gv_envtree_is_name(name, folder->len) ||
	    folder->kind != GV_ENVIRONMENT_NO_HOME)
		return 0;
	mark.at = folder->at;
	mark.len = folder->len;
	mark.is_whole = true;
	mark.proof = GV_ENVIRONMENT_BY_OTHERS;
	if (kind == GV_ENVIRONMENT_STATES) {
		mark.is_fixed = true;
		mark.rule = GV_ENVTREE_WORKSPACE;
		if (gv_envtree_env_of(&mark.env, tree, name, folder->len) < 0)
			return GV_ENOMEM;
	} else if (kind == GV_ENVIRONMENT_ENVS ||
	    kind == GV_ENVIRONMENT_OVERLAYS ||
	    kind == GV_ENVIRONMENT_INVENTORIES) {
		mark.is_custom = true;
	} else {
		return 0;
	}
	return gv_envtree_add_mark(&folder->mark, tree, &mark);
}

int
gv_envtree_mark_folder(struct gv_envtree *tree, uint32_t number)
{
	struct gv_envtree_folder *f = &tree->folders[number];
	const enum gv_environment_home kind = tree->folders[f->parent].kind;
	const char *name = tree->files[f->first].path + f->at;
	struct gv_envtree_mark mark = { .file = f->first,
		.end = f->at + f->len,
		.other = GV_ENVTREE_NO,
		.env = GV_ENVTREE_NO };
	struct gv_envtree_word w = { .env = GV_ENVTREE_NO };
	bool is_alone;
	int r;

	if (has_local(name, f->len) ||
	    gv_environment_is_own(
		tree->files[f->first].path, tree->files[f->first].len))
		return 0;
	if ((r = choose_word(&w, tree, name, f->len)) < 0)
		return r;
	if (r == 0 || (kind == GV_ENVIRONMENT_STATES && w.len < f->len))
		return mark_custom(tree, f, kind, &mark);
	/* envs/core-sandbox is a team's, envs/prod-eu is of an environment */
	is_alone = w.len == f->len ||
	    (w.proof == GV_ENVIRONMENT_BY_NAME &&
		(w.at == 0 || w.at + w.len == f->len));
	mark.at = f->at + (uint32_t)w.at;
	mark.len = (uint32_t)w.len;
	mark.env = w.env;
	mark.proof = w.proof;
	mark.is_whole = w.len == f->len;
	mark.is_fixed = kind != GV_ENVIRONMENT_NO_HOME && is_alone;
	mark.rule = mark.is_fixed ? gv_envtree_rule_of(kind) : GV_ENVTREE_NONE;
	return gv_envtree_add_mark(&f->mark, tree, &mark);
}

/* ---- folders next to each other ------------------------------------------ */

/* What tells a mark's environment from those of others. */
static uint64_t
identity(const struct gv_envtree *tree, uint32_t mark)
{
	return tree->marks[mark].is_custom ? (uint64_t)mark + GV_ENVTREE_NO + 1
					   : tree->marks[mark].env;
}

/* Whether peers are of several environments, of which those with a known name
 * are not outnumbered: environments/ may as well hold one folder a team, and
 * one of these is called "testing". */
static bool
is_contest(const struct gv_envtree *tree, const struct gv_envtree_peer *peers,
    size_t n)
{
	const uint64_t first = identity(tree, peers[0].mark);
	size_t known = 0, i;
	bool differs = false;

	for (i = 0; i < n; i++) {
		known += !tree->marks[peers[i].mark].is_custom;
		differs |= identity(tree, peers[i].mark) != first;
	}
	return known * 2 >= n && differs;
}

static size_t
run_length(const struct gv_envtree_peer *peers, size_t n)
{
	size_t i = 1;

	while (i < n && peers[i].key == peers[0].key)
		i++;
	return i;
}

/* Fill *out with the marked folders, and note in each whether there is another
 * to compare it with. The key becomes the number of the group, from 1. */
static int
find_groups(
    struct gv_envtree_peer **out, size_t *n_out, struct gv_envtree *tree)
{
	struct gv_envtree_peer *peers;
	size_t i, k, n = 0, len, kept = 0;

	peers = calloc(tree->n_folders + 1, sizeof(*peers));
	if (peers == NULL)
		return gv_err_nomem();
	for (i = 1; i < tree->n_folders; i++) {
		const struct gv_envtree_folder *f = &tree->folders[i];
		struct gv_envtree_mark *m;

		if (f->mark == GV_ENVTREE_NO)
			continue;
		m = &tree->marks[f->mark];
		m->key = gv_envtree_key(f->parent,
		    tree->files[f->first].path + f->at, f->len, m->at - f->at,
		    m->len);
		peers[n].key = m->key;
		peers[n].mark = f->mark;
		peers[n].env = m->env;
		peers[n++].owner = (uint32_t)i;
	}
	gv_envtree_sort_peers(peers, n);
	for (i = 0; i < n; i += len) {
		len = run_length(peers + i, n - i);
		if (!is_contest(tree, peers + i, len))
			continue;
		for (k = 0; k < len; k++)
			peers[kept + k] = peers[i + k];
		for (k = 0; k < len; k++)
			tree->folders[peers[kept + k].owner].tried =
			    peers[kept + k].owner;
		kept += len;
	}
	*out = peers;
	*n_out = kept;
	return 0;
}

/* ---- names in them ------------------------------------------------------- */

struct item {
	uint64_t group, name;
	uint32_t mark;
};

struct items {
	struct item *list;
	size_t n, cap;
};

/* Files that any folder may have. */
static bool
is_anywhere(const char *path, size_t len)
{
	static const char *const begins[] = { "readme", "license", ".git" };
	size_t base = len, i, n;

	while (base > 0 && path[base - 1] != '/')
		base--;
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		n = strlen(begins[i]);
		if (len - base >= n &&
		    strncasecmp(path + base, begins[i], n) == 0)
			return true;
	}
	return false;
}

static int
add_names(struct items *items, const struct gv_envtree *tree,
    const struct gv_envtree_file *file, struct gv_buf *folded)
{
	uint32_t at = tree->folders[file->folder].tried, i;

	if (at == GV_ENVTREE_NO || is_anywhere(file->path, file->len))
		return 0;
	for (i = 0; i < TRIED_MAX && at != GV_ENVTREE_NO; i++) {
		const struct gv_envtree_folder *f = &tree->folders[at];
		const uint32_t end = f->at + f->len + 1;

		gv_buf_reset(folded);
		gv_sister_fold(folded, file->path + end, file->len - end);
		if (gv_buf_check(folded) < 0 ||
		    GV_GROW(items->list, items->n, items->cap) < 0)
			return gv_err_nomem();
		items->list[items->n++] =
		    (struct item){ tree->marks[f->mark].key,
			    gv_map_hash(folded->p, folded->len), f->mark };
		at = tree->folders[f->parent].tried;
	}
	return 0;
}

static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return x->mark < y->mark ? -1 : x->mark > y->mark;
}

/* Count a name that these folders have: for each whether another environment
 * has it, too. */
static void
count_name(struct gv_envtree *tree, const struct item *items, size_t n)
{
	uint32_t one = GV_ENVTREE_NO, two = GV_ENVTREE_NO, other;
	size_t i;

	for (i = 0; i < n; i++) {
		const uint32_t m = items[i].mark;

		if (tree->marks[m].is_custom)
			continue;
		if (one == GV_ENVTREE_NO)
			one = m;
		else if (tree->marks[m].env != tree->marks[one].env)
			two = m;
	}
	for (i = 0; i < n; i++) {
		struct gv_envtree_mark *m = &tree->marks[items[i].mark];

		if (i > 0 && items[i].mark == items[i - 1].mark)
			continue;
		m->total++;
		if (one == GV_ENVTREE_NO)
			continue;
		other =
		    !m->is_custom && m->env == tree->marks[one].env ? two : one;
		if (other == GV_ENVTREE_NO)
			continue;
		m->shared++;
		m->other = other;
	}
}

static int
count_names(struct gv_envtree *tree)
{
	struct items items = { .n = 0 };
	struct gv_buf folded = GV_BUF_INIT;
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && i < tree->n; i++)
		r = add_names(&items, tree, &tree->files[i], &folded);
	if (r == 0 && items.n)
		qsort(items.list, items.n, sizeof(*items.list), compare_items);
	for (i = 0; r == 0 && i < items.n; i = k) {
		for (k = i + 1; k < items.n &&
		     items.list[k].group == items.list[i].group &&
		     items.list[k].name == items.list[i].name;
		     k++)
			;
		count_name(tree, items.list + i, k - i);
	}
	gv_buf_release(&folded);
	free(items.list);
	return r;
}

/* ---- the decision -------------------------------------------------------- */

static bool
has_enough(const struct gv_envtree_mark *m)
{
	return m->shared > 0 &&
	    (uint64_t)m->shared * 100 >= (uint64_t)m->total * SHARED_PERCENT;
}

/* Whether nothing but a region stands behind the word: prod-eu. */
static bool
is_before_region(const struct gv_envtree *tree, const struct gv_envtree_mark *m)
{
	const char *rest = tree->files[m->file].path + m->at + m->len + 1;
	const size_t len = m->end - m->at - m->len - 1;
	struct gv_region region;

	return gv_region_find(&region, rest, len) && region.len == len;
}

/* What a folder's name is worth without others. */
static enum gv_envtree_rule
rule_alone(const struct gv_envtree *tree, const struct gv_envtree_folder *f,
    const struct gv_envtree_mark *m)
{
	if (m->proof != GV_ENVIRONMENT_BY_NAME)
		return GV_ENVTREE_NONE;
	return m->at + m->len == m->end ||
		(m->at == f->at && is_before_region(tree, m))
	    ? GV_ENVTREE_NAME
	    : GV_ENVTREE_NONE;
}

static int
accept_custom(struct gv_envtree *tree, struct gv_envtree_folder *f)
{
	struct gv_envtree_mark *m = &tree->marks[f->mark];
	const enum gv_environment_home kind = tree->folders[f->parent].kind;

	if (!has_enough(m) &&
	    !(kind == GV_ENVIRONMENT_INVENTORIES && f->has_hosts))
		return 0;
	m->rule = gv_envtree_rule_of(kind);
	m->is_fixed = true;
	return gv_envtree_env_of(
	    &m->env, tree, tree->files[f->first].path + f->at, f->len);
}

/* A group in which one folder has enough takes those with a strong name that
 * share anything with it: the environment of a component may be small. */
static void
decide_group(
    struct gv_envtree *tree, const struct gv_envtree_peer *peers, size_t n)
{
	bool is_any = false;
	size_t i;

	for (i = 0; i < n; i++)
		is_any |= has_enough(&tree->marks[peers[i].mark]);
	for (i = 0; i < n; i++) {
		struct gv_envtree_mark *m = &tree->marks[peers[i].mark];

		if (m->is_fixed || m->is_custom)
			continue;
		if (has_enough(m) ||
		    (is_any && m->shared > 0 &&
			m->proof == GV_ENVIRONMENT_BY_NAME))
			m->rule = GV_ENVTREE_DIRECTORY;
	}
}

/* Note in each folder what counts for the files in it. */
static void
inherit(struct gv_envtree *tree)
{
	size_t i;

	for (i = 1; i < tree->n_folders; i++) {
		struct gv_envtree_folder *f = &tree->folders[i];
		const struct gv_envtree_folder *up = &tree->folders[f->parent];
		const struct gv_envtree_mark *m;

		f->home = up->home;
		f->whole = up->whole;
		f->part = up->part;
		f->refused = up->refused;
		if (f->region.len == 0)
			f->region = up->region;
		if (f->account.len == 0)
			f->account = up->account;
		if (f->mark == GV_ENVTREE_NO)
			continue;
		m = &tree->marks[f->mark];
		if (m->rule == GV_ENVTREE_NONE)
			f->refused = m->is_custom ? f->refused : f->mark;
		else if (m->is_fixed)
			f->home = f->mark;
		else if (m->is_whole)
			f->whole = f->mark;
		else
			f->part = f->mark;
	}
}

int
gv_envtree_judge_folders(struct gv_envtree *tree)
{
	struct gv_envtree_peer *peers = NULL;
	size_t i, n = 0, len;
	int r = find_groups(&peers, &n, tree);

	/* a parent has a smaller number than what is in it */
	for (i = 1; i < tree->n_folders; i++)
		if (tree->folders[i].tried == GV_ENVTREE_NO)
			tree->folders[i].tried =
			    tree->folders[tree->folders[i].parent].tried;
	if (r < 0 || (r = count_names(tree)) < 0)
		goto out;
	for (i = 0; i < n; i += len) {
		len = run_length(peers + i, n - i);
		decide_group(tree, peers + i, len);
	}
	for (i = 1; r == 0 && i < tree->n_folders; i++) {
		struct gv_envtree_folder *f = &tree->folders[i];
		struct gv_envtree_mark *m;

		if (f->mark == GV_ENVTREE_NO)
			continue;
		m = &tree->marks[f->mark];
		if (m->is_custom)
			r = accept_custom(tree, f);
		else if (m->rule == GV_ENVTREE_NONE)
			m->rule = rule_alone(tree, f, m);
	}
	if (r < 0)
		goto out;
	inherit(tree);
out:
	free(peers);
	return r;
}
