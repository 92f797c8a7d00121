#include "worktree/index_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

/*
 * TREE holds the ids of directories that git wrote as trees and that nothing
 * has touched since, each directory before those in it:
 *
 *	name NUL entries " " subtrees LF [oid:20]
 *
 * `entries` is -1 for one that was touched: it has no id.
 *
 * Most who open an index ask for the tree of the root alone, if for any. So the
 * rows are only checked when it is opened, and put into a table of paths when
 * another directory is asked for.
 */
#define MAX_PATH_LEN 4096

/* A directory whose subtrees are being read. */
struct open_dir {
	size_t path_len;
	long left;
};

struct reader {
	struct gv_index_owner *owner;
	bool keeps; /* else the rows are only checked */
	const char *p, *end;
	struct gv_buf path;
	struct open_dir *dirs; /* from the root to the present one */
	size_t depth, cap;
	size_t tree_cap;
	size_t spent; /* bytes of all paths */
	size_t allowed;
};

enum step { STEP_DONE, STEP_NOMEM, STEP_MALFORMED };

/* A decimal number that ends in `stop`. */
static bool
read_number(struct reader *r, long *out, char stop)
{
	const char *p = r->p;
	bool negative = p < r->end && *p == '-';
	long v = 0;

	for (p += negative; p < r->end && *p >= '0' && *p <= '9'; p++) {
		if (v > 100000000)
			return false;
		v = v * 10 + (*p - '0');
	}
	if (p == r->end || *p != stop || p == r->p + negative)
		return false;
	r->p = p + 1;
	*out = negative ? -v : v;
	return true;
}

/* Put the row's name behind its parent's path. */
static bool
enter(struct reader *r)
{
	const char *nul = memchr(r->p, '\0', (size_t)(r->end - r->p));
	size_t len;

	if (nul == NULL)
		return false;
	len = (size_t)(nul - r->p);
	if (r->depth == 0) {
		if (len)
			return false;
	} else {
		struct open_dir *parent = &r->dirs[r->depth - 1];

		if (len == 0 || memchr(r->p, '/', len))
			return false;
		parent->left--;
		if (r->keeps) {
			gv_buf_truncate(&r->path, parent->path_len);
			if (r->path.len)
				gv_buf_addch(&r->path, '/');
			gv_buf_add(&r->path, r->p, len);
		}
	}
	r->p = nul + 1;
	r->spent += r->path.len;
	return r->path.len <= MAX_PATH_LEN && r->spent <= r->allowed;
}

static enum step
keep_row(struct reader *r, struct gv_index_tree *tree)
{
	struct gv_index_owner *owner = r->owner;

	tree->path_len = (uint32_t)r->path.len;
	tree->path = gv_arena_copy(&owner->paths, r->path.p, r->path.len);
	if (tree->path == NULL ||
	    gv_vec_grow((void **)&owner->trees, &r->tree_cap,
		owner->n_trees + 1, sizeof(*tree)) < 0)
		return STEP_NOMEM;
	owner->trees[owner->n_trees++] = *tree;
	return STEP_DONE;
}

static enum step
read_row(struct reader *r)
{
	struct gv_index_tree tree = { 0 };
	const bool is_root = r->depth == 0;
	long entries, subtrees;

	if (!enter(r))
		return r->path.failed ? STEP_NOMEM : STEP_MALFORMED;
	if (!read_number(r, &entries, ' ') || !read_number(r, &subtrees, '\n'))
		return STEP_MALFORMED;
	if (entries >= 0) {
		if (r->end - r->p < GV_OID_RAW)
			return STEP_MALFORMED;
		if (is_root && !r->keeps)
			r->owner->root = (const struct gv_oid *)r->p;
		memcpy(tree.oid.id, r->p, GV_OID_RAW);
		r->p += GV_OID_RAW;
	}
	tree.entries = (int32_t)entries;
	if ((r->keeps && keep_row(r, &tree) != STEP_DONE) ||
	    GV_GROW(r->dirs, r->depth, r->cap) < 0)
		return STEP_NOMEM;
	r->dirs[r->depth++] = (struct open_dir){ r->path.len, subtrees };
	while (r->depth && r->dirs[r->depth - 1].left <= 0)
		r->depth--;
	return STEP_DONE;
}

/* The table of valid rows, once all are there. */
static enum step
build_table(struct gv_index_owner *owner)
{
	size_t n = 1, i, at;

	assert(owner->trees || owner->n_trees == 0);
	while (n < 2 * owner->n_trees)
		n *= 2;
	owner->slots = calloc(n, sizeof(*owner->slots));
	if (owner->slots == NULL)
		return STEP_NOMEM;
	owner->n_slots = n;
	for (i = 0; i < owner->n_trees; i++) {
		const struct gv_index_tree *t = &owner->trees[i];

		if (t->entries < 0)
			continue;
		at = gv_map_hash(t->path, t->path_len) & (n - 1);
		while (owner->slots[at])
			at = (at + 1) & (n - 1);
		owner->slots[at] = (uint32_t)i + 1;
	}
	return STEP_DONE;
}

/* Go over all rows, to check or to keep them. */
static enum step
read_all(struct gv_index_owner *owner, const char *data, size_t len, bool keeps)
{
	struct reader r = { .owner = owner,
		.keeps = keeps,
		.p = data,
		.end = data + len,
		.path = GV_BUF_INIT,
		.allowed = 16 * len + MAX_PATH_LEN };
	enum step step = STEP_DONE;

	while (step == STEP_DONE && (r.depth || r.p == data) && len)
		step = read_row(&r);
	if (step == STEP_DONE && r.p != r.end)
		step = STEP_MALFORMED;
	free(r.dirs);
	gv_buf_release(&r.path);
	return step;
}

int
gv_index_take_trees(struct gv_index *index, const char *data, size_t len)
{
	struct gv_index_owner *owner = index->owner;
	enum step step =
	    owner->tree ? STEP_MALFORMED : read_all(owner, data, len, false);

	owner->tree = step == STEP_DONE ? data : NULL;
	owner->tree_len = len;
	if (step != STEP_DONE)
		owner->root = NULL;
	return step == STEP_NOMEM ? gv_err_nomem() : 0;
}

void
gv_index_release_trees(struct gv_index_owner *owner)
{
	free(owner->slots);
	free(owner->trees);
	gv_arena_release(&owner->paths);
	owner->slots = NULL;
	owner->trees = NULL;
	owner->n_slots = owner->n_trees = 0;
}

/* If memory fails, the index has no trees. */
static void
need_trees(struct gv_index_owner *owner)
{
	if (atomic_load_explicit(&owner->has_trees, memory_order_acquire))
		return;
	pthread_mutex_lock(&owner->lock);
	if (!owner->has_trees && owner->tree &&
	    (read_all(owner, owner->tree, owner->tree_len, true) != STEP_DONE ||
		build_table(owner) != STEP_DONE))
		gv_index_release_trees(owner);
	atomic_store_explicit(&owner->has_trees, true, memory_order_release);
	pthread_mutex_unlock(&owner->lock);
}

const struct gv_index_tree *
gv_index_trees(const struct gv_index *index, size_t *n)
{
	struct gv_index_owner *owner = index->owner;

	need_trees(owner);
	*n = owner->n_trees;
	return owner->trees;
}

const struct gv_oid *
gv_index_tree_of(const struct gv_index *index, const char *dir, size_t len)
{
	struct gv_index_owner *owner = index->owner;
	size_t at, mask;

	if (len == 0)
		return owner->root;
	need_trees(owner);
	if (owner->n_slots == 0)
		return NULL;
	mask = owner->n_slots - 1;
	for (at = gv_map_hash(dir, len) & mask; owner->slots[at];
	     at = (at + 1) & mask) {
		const struct gv_index_tree *t =
		    &owner->trees[owner->slots[at] - 1];

		if (t->path_len == len && memcmp(t->path, dir, len) == 0)
			return &t->oid;
	}
	return NULL;
}
