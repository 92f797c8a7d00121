#include <string.h>

#include "base/err.h"
#include "base/glob.h"
#include "infra/envtree_internal.h"
#include "infra/region.h"

/* ---- paths --------------------------------------------------------------- */

int
gv_envtree_compare_files(const void *a, const void *b)
{
	const struct gv_envtree_file *x = a, *y = b;
	const uint32_t n = x->len < y->len ? x->len : y->len;
	const int r = memcmp(x->path, y->path, n);

	return r != 0 ? r : (x->len > y->len) - (x->len < y->len);
}

uint32_t
gv_envtree_common(
    const struct gv_envtree_file *a, const struct gv_envtree_file *b)
{
	uint32_t i, end = 0;

	for (i = 0; i < a->len && i < b->len && a->path[i] == b->path[i]; i++)
		if (a->path[i] == '/')
			end = i + 1;
	return end;
}

struct gv_envtree_span
gv_envtree_span_of(const char *name, const struct gv_region *in)
{
	return (struct gv_envtree_span){ name + in->at, in->len };
}

/* ---- the verdict --------------------------------------------------------- */

/* A pattern names files; without a special character also a folder. */
bool
gv_envtree_matches(const char *pattern, const char *path, size_t len)
{
	const size_t n = strlen(pattern);
	const size_t plain = n && pattern[n - 1] == '/' ? n - 1 : n;

	if (gv_glob_literal_len(pattern, n) == n)
		return len >= plain && memcmp(pattern, path, plain) == 0 &&
		    (len == plain || path[plain] == '/');
	return gv_glob_match(pattern, n, path, len, GV_GLOB_PATHNAME);
}

static bool
find_said(struct gv_envtree_verdict *out, const struct gv_envtree *tree,
    const char *path, size_t len)
{
	size_t i, k;

	for (i = 0; i < tree->n_said; i++) {
		const struct gv_envtree_said *said = &tree->said[i];

		for (k = 0; k < said->paths.n; k++) {
			if (!gv_envtree_matches(
				said->paths.items[k], path, len))
				continue;
			out->env = gv_envtree_find(tree, said->name);
			out->rule = GV_ENVTREE_POLICY;
			out->pattern = said->paths.items[k];
			out->line = said->line;
			out->end = len;
			return true;
		}
	}
	return false;
}

static void
fill(struct gv_envtree_verdict *out, const struct gv_envtree *tree,
    uint32_t mark)
{
	const struct gv_envtree_mark *m = &tree->marks[mark];

	out->env = tree->envs[m->env];
	out->rule = m->rule;
	out->at = m->at;
	out->len = m->len;
	out->end = m->end;
	out->shared = m->shared;
	out->total = m->total;
	if (m->other != GV_ENVTREE_NO) {
		const struct gv_envtree_mark *o = &tree->marks[m->other];

		out->other =
		    (struct gv_envtree_span){ tree->files[o->file].path,
			    o->end };
	}
}

static bool
counts(const struct gv_envtree *tree, uint32_t mark)
{
	return mark != GV_ENVTREE_NO &&
	    tree->marks[mark].rule != GV_ENVTREE_NONE;
}

/* Which mark decides, of its folders and its own. */
static uint32_t
choose(const struct gv_envtree *tree, const struct gv_envtree_folder *f,
    uint32_t own)
{
	const bool has_own = counts(tree, own);
	const bool is_sure =
	    has_own && tree->marks[own].rule != GV_ENVTREE_NAME;

	if (is_sure && f->kind != GV_ENVIRONMENT_NO_HOME)
		return own;
	if (f->home != GV_ENVTREE_NO)
		return f->home;
	if (f->whole != GV_ENVTREE_NO)
		return f->whole;
	if (is_sure)
		return own;
	if (f->part != GV_ENVTREE_NO &&
	    (!has_own || tree->marks[f->part].rule != GV_ENVTREE_NAME))
		return f->part;
	return has_own ? own : GV_ENVTREE_NO;
}

static void
find_places(struct gv_envtree_verdict *out, const struct gv_envtree_folder *f,
    const char *path, size_t len)
{
	size_t base = len;
	struct gv_region found;

	while (base > 0 && path[base - 1] != '/')
		base--;
	out->region = f->region;
	out->account = f->account;
	if (gv_region_find(&found, path + base, len - base))
		out->region = gv_envtree_span_of(path + base, &found);
	if (gv_region_find_account(&found, path + base, len - base))
		out->account = gv_envtree_span_of(path + base, &found);
}

static void
judge(struct gv_envtree_verdict *out, const struct gv_envtree *tree,
    const struct gv_envtree_file *file)
{
	const struct gv_envtree_folder *f = &tree->folders[file->folder];
	uint32_t mark;

	memset(out, 0, sizeof(*out));
	find_places(out, f, file->path, file->len);
	if (find_said(out, tree, file->path, file->len))
		return;
	mark = choose(tree, f, file->mark);
	if (mark != GV_ENVTREE_NO) {
		fill(out, tree, mark);
		return;
	}
	mark = file->mark != GV_ENVTREE_NO ? file->mark : f->refused;
	if (mark == GV_ENVTREE_NO)
		return;
	out->refused_at = tree->marks[mark].at;
	out->refused_len = tree->marks[mark].len;
	out->end = tree->marks[mark].end;
}

/* The only place of an environment is that of a file whose path names none. */
static void
add_place(struct gv_envtree_span *out, const struct gv_envtree_list *said)
{
	if (out->len == 0 && said->n == 1)
		*out = (struct gv_envtree_span){ said->items[0],
			strlen(said->items[0]) };
}

void
gv_envtree_judge(struct gv_envtree_verdict *out, const struct gv_envtree *tree,
    const struct gv_envtree_file *file)
{
	judge(out, tree, file);
	if (out->env == NULL || out->env->said == NULL)
		return;
	add_place(&out->region, &out->env->said->regions);
	add_place(&out->account, &out->env->said->accounts);
}

int
gv_envtree_each(const struct gv_envtree *tree, gv_envtree_fn *fn, void *ctx)
{
	struct gv_envtree_verdict v;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < tree->n; i++) {
		const struct gv_envtree_path path = { tree->files[i].path,
			tree->files[i].len };

		gv_envtree_judge(&v, tree, &tree->files[i]);
		r = fn(ctx, &path, &v);
	}
	return r;
}

/* ---- one path ------------------------------------------------------------ */

/* The first file that is not before the path. */
static size_t
lower_bound(const struct gv_envtree *tree, const struct gv_envtree_file *path)
{
	size_t low = 0, high = tree->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (gv_envtree_compare_files(&tree->files[mid], path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
gv_envtree_has(const struct gv_envtree *tree, const char *path, size_t len)
{
	const struct gv_envtree_file file = { .path = path,
		.len = (uint32_t)len };
	const size_t at = lower_bound(tree, &file);

	return at < tree->n &&
	    gv_envtree_compare_files(&tree->files[at], &file) == 0;
}

/* The deepest folder of the tree that both paths are in. */
static uint32_t
shared_folder(const struct gv_envtree *tree, const struct gv_envtree_file *a,
    const struct gv_envtree_file *b)
{
	const uint32_t end = gv_envtree_common(a, b);
	uint32_t f = a->folder;

	while (f && tree->folders[f].at + tree->folders[f].len >= end)
		f = tree->folders[f].parent;
	return f;
}

/* A path that is in no tree: its folders count as far as they are there, and
 * then its name. */
static int
place(struct gv_envtree_file *out, struct gv_envtree *tree, size_t at)
{
	uint32_t before = 0, behind = 0, number = (uint32_t)tree->n;

	if (at > 0)
		before = shared_folder(tree, &tree->files[at - 1], out);
	if (at < tree->n)
		behind = shared_folder(tree, &tree->files[at], out);
	out->folder = tree->folders[before].at + tree->folders[before].len >
		tree->folders[behind].at + tree->folders[behind].len
	    ? before
	    : behind;
	/* marks point to paths of the tree: one slot is left behind them */
	tree->files[number] = *out;
	if (gv_envtree_mark_file(
		&out->mark, tree, &tree->files[number], number) < 0)
		return GV_ENOMEM;
	if (out->mark != GV_ENVTREE_NO)
		gv_envtree_judge_alone(tree, &tree->marks[out->mark]);
	return 0;
}

int
gv_envtree_of(struct gv_envtree_verdict *out, struct gv_envtree *tree,
    const char *path, size_t len)
{
	struct gv_envtree_file file = { .mark = GV_ENVTREE_NO };
	size_t at;

	memset(out, 0, sizeof(*out));
	if (len == 0 || len >= GV_ENVTREE_NO / 2)
		return 0;
	file.path = path;
	file.len = (uint32_t)len;
	at = lower_bound(tree, &file);
	if (at < tree->n &&
	    gv_envtree_compare_files(&tree->files[at], &file) == 0) {
		gv_envtree_judge(out, tree, &tree->files[at]);
		return 0;
	}
	if ((file.path = gv_arena_copy(&tree->arena, path, len)) == NULL ||
	    place(&file, tree, at) < 0)
		return GV_ENOMEM;
	gv_envtree_judge(out, tree, &file);
	return 0;
}
