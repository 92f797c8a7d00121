#include "graph/depgraph_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "env/envmap.h"
#include "graph/depgraph_fact.h"
#include "infra/precious.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/wish.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/heap.h"
#include "vault/ledger.h"
#include "walk/census.h"
#include "worktree/index.h"

/*
 * Which files there are, with the ids of those that did not change: by the
 * walk that a snapshot takes, or from a tree.
 */

#define LINK_MOST ((size_t)4096) /* no system follows a longer one */

struct collecting {
	struct gv_depgraph *g;
	struct gv_envmap *map;
	struct gv_depgraph_blob *blobs; /* of each file, in the order added */
	size_t n, cap;
	struct gv_buf path;
	const struct gv_census *census;
	const struct gv_depgraph_mix *mix; /* NULL: one tree alone */
};

/* `id` NULL: unknown. */
static int
add_file(struct collecting *c, const char *path, size_t len, unsigned flags,
    const struct gv_oid *id, bool is_file)
{
	struct gv_envtree_verdict v = { .env = NULL };
	int r;

	if (GV_GROW(c->blobs, c->n, c->cap) < 0)
		return gv_err_nomem();
	if ((r = gv_envtree_of(&v, c->map->tree, path, len)) < 0 ||
	    (r = gv_depgraph_add(
		 c->g, path, len, v.env ? v.env->name : NULL, flags)) < 0)
		return r;
	c->blobs[c->n] = (struct gv_depgraph_blob){ .is_file = is_file &&
		    !(flags & (GV_DEPGRAPH_LEFT | GV_DEPGRAPH_LEFT_ALL)) };
	if (id)
		c->blobs[c->n].id = *id;
	c->n++;
	return 0;
}

/* ---- the working tree ---------------------------------------------------- */

/* What is unknown of these, or of something else than the file's own bytes. */
#define UNKNOWN                                                                \
	(GV_ROW_READ | GV_ROW_UNSTABLE | GV_ROW_POINTER | GV_ROW_CHUNKED |     \
	    GV_ROW_WITHHELD | GV_ROW_LOCAL)

/* Whether a snapshot encrypts the file as a whole, or would if Git ignored it.
 * Other untracked files are within Git's reach, as tracked ones are. */
static bool
is_private(const struct gv_row *row, const struct gv_buf *path)
{
	return !(row->flags & GV_ROW_TRACKED) &&
	    ((row->flags & GV_ROW_PRECIOUS) ||
		gv_precious_rule(path->p, path->len));
}

static int
add_row(struct collecting *c, const struct gv_census_dir *d, uint32_t dir,
    const struct gv_row *row)
{
	const bool is_left = row->flags & GV_ROW_ABSENT;
	const bool is_dir = row->flags & GV_ROW_DIR;
	const bool has_id =
	    !(row->flags & UNKNOWN) && !gv_oid_is_zero(&row->oid);
	unsigned flags = 0;

	/* a repository inside is one whole, of which nothing is known */
	if (is_dir && !is_left &&
	    gv_census_dir(c->census, (uint32_t)row->size)->state != GV_DIR_REPO)
		return 0;
	(void)d;
	gv_buf_reset(&c->path);
	gv_census_path(c->census, dir, row, &c->path);
	if (gv_buf_check(&c->path) < 0)
		return GV_ENOMEM;
	if (c->mix && c->mix->drops(c->mix->ctx, c->path.p, c->path.len))
		return 0;
	if (is_dir)
		flags = GV_DEPGRAPH_LEFT_ALL;
	else if (is_left)
		flags = GV_DEPGRAPH_LEFT;
	else if (S_ISLNK(row->mode))
		flags = GV_DEPGRAPH_LINK;
	else if (is_private(row, &c->path))
		flags = GV_DEPGRAPH_PRIVATE;
	return add_file(c, c->path.p, c->path.len, flags,
	    has_id && !(flags & GV_DEPGRAPH_PRIVATE) ? &row->oid : NULL,
	    S_ISREG(row->mode) || (row->flags & GV_ROW_SPARSE));
}

static int
add_census(struct collecting *c)
{
	uint32_t dir, i;
	int r = 0;

	for (dir = 0; dir < gv_census_dirs(c->census); dir++) {
		const struct gv_census_dir *d = gv_census_dir(c->census, dir);

		if ((d->flags & GV_CENSUS_GONE) || d->state == GV_DIR_REPO)
			continue;
		for (i = 0; i < d->n; i++)
			if ((r = add_row(c, d, dir, &d->rows[i])) < 0)
				return r;
	}
	return r;
}

/* The same walk finds the environments. */
static int
add_worktree(struct collecting *c, struct gv_envmap **map, struct gv_repo *repo)
{
	struct gv_census_opts opts = { .repo = repo };
	struct gv_wish wish = { .policy = NULL };
	struct gv_statcache *old = NULL;
	struct gv_census *census = NULL;
	struct gv_index *index = NULL;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/index", repo->vault_dir);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_index_open(&index, repo)) < 0)
		goto out;
	/* without the cache of the last snapshot the index has the ids */
	if (gv_statcache_open(&old, path.p) == GV_ENOMEM) {
		r = GV_ENOMEM;
		goto out;
	}
	if ((r = gv_wish_open(&wish, repo, index, NULL)) < 0)
		goto out;
	opts.index = index;
	opts.old = old;
	opts.wish = &wish;
	if ((r = gv_census_take(&census, &opts)) < 0 ||
	    (r = gv_envmap_load_census(map, repo, census)) < 0)
		goto out;
	c->map = *map;
	c->census = census;
	r = add_census(c);
out:
	gv_buf_release(&path);
	gv_census_free(census);
	gv_wish_close(&wish);
	gv_statcache_close(old);
	gv_index_close(index);
	/* the walk took more than what is left of it */
	gv_heap_trim();
	return r;
}

/* ---- a tree -------------------------------------------------------------- */

static int
add_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct collecting *c = ctx;
	int r;

	if (S_ISDIR(e->mode) ||
	    (c->mix && !c->mix->takes(c->mix->ctx, path, len)))
		return 0;
	if ((r = add_file(c, path, len,
		 e->mode == GV_MODE_GIT ? GV_DEPGRAPH_LEFT_ALL
		     : S_ISLNK(e->mode) ? GV_DEPGRAPH_LINK
					: 0,
		 &e->oid, S_ISREG(e->mode))) < 0)
		return r;
	c->blobs[c->n - 1].is_stored = true;
	return 0;
}

static int
add_tree(struct collecting *c, struct gv_repo *repo, const struct gv_oid *tree)
{
	struct gv_oid head;
	struct gv_odb *odb;
	int r =
	    tree ? gv_repo_odb(repo, &odb) : gv_ledger_head(&head, &odb, repo);

	if (r < 0 || (r == 0 && tree == NULL))
		return r;
	return gv_tree_walk_mend(odb, tree ? tree : &head, add_entry, c);
}

/* ---- all ----------------------------------------------------------------- */

/* What is to be kept of a run. */
enum keeping {
	KEEP_NOTHING,
	KEEP_SYMBOLS,
	KEEP_ALL, /* the graph, too */
};

/* Read what the files define, and join it. */
static int
link_files(struct gv_depgraph_loaded *out, struct gv_repo *repo, int threads,
    bool keeps)
{
	struct gv_depgraph_filled filled = { .n_read = 0 };
	const int r = gv_depgraph_fill(
	    &filled, &out->graph, repo, out->blobs, threads, keeps);

	if (r < 0)
		return r;
	out->n_read = filled.n_read;
	out->kept.has_key &= !filled.is_unsure;
	free(out->blobs);
	out->blobs = NULL;
	return gv_depgraph_link(&out->graph);
}

/* Take what was kept of these very files, or read them and join that. */
static int
link_all(struct gv_depgraph_loaded *out, struct gv_repo *repo, int threads,
    enum keeping keeping)
{
	int r = keeping == KEEP_ALL
	    ? gv_depgraph_kept_load(&out->kept, &out->graph, repo)
	    : 0;

	if (r != 0)
		return r < 0 ? r : 0;
	r = link_files(out, repo, threads, keeping != KEEP_NOTHING);
	if (r == 0)
		gv_depgraph_kept_save(&out->kept, &out->graph, repo);
	return r;
}

static int
finish(struct gv_depgraph_loaded *out, struct gv_repo *repo, int threads,
    enum keeping keeping)
{
	int r = gv_depgraph_sort(&out->graph);

	if (r == 0 && keeping == KEEP_ALL)
		r = gv_depgraph_kept_key(
		    &out->kept, &out->graph, repo, out->blobs);
	return r < 0 ? r : link_all(out, repo, threads, keeping);
}

/* Add the files. */
static int
collect(struct gv_depgraph_loaded *out, struct gv_repo *repo,
    const struct gv_oid *tree)
{
	struct collecting c = { .g = &out->graph, .path = GV_BUF_INIT };
	int r;

	if (tree == NULL && repo->worktree) {
		r = add_worktree(&c, &out->map, repo);
	} else if ((r = gv_envmap_load_tree(&out->map, repo, tree)) == 0) {
		c.map = out->map;
		r = add_tree(&c, repo, tree);
	}
	gv_buf_release(&c.path);
	out->blobs = c.blobs;
	return r;
}

static int
load(struct gv_depgraph_loaded *out, struct gv_repo *repo,
    const struct gv_oid *tree, int threads, bool is_slim, enum keeping keeping)
{
	int r;

	*out = (struct gv_depgraph_loaded){ .graph = GV_DEPGRAPH_INIT };
	out->graph.is_slim = is_slim;
	if ((r = collect(out, repo, tree)) < 0)
		return r;
	return finish(out, repo, threads, keeping);
}

int
gv_depgraph_load_files(struct gv_depgraph_loaded *out, struct gv_repo *repo)
{
	int r;

	*out = (struct gv_depgraph_loaded){ .graph = GV_DEPGRAPH_INIT };
	if ((r = collect(out, repo, NULL)) < 0 ||
	    (r = gv_depgraph_sort(&out->graph)) < 0)
		return r;
	return gv_depgraph_kept_key(&out->kept, &out->graph, repo, out->blobs);
}

int
gv_depgraph_load_rest(
    struct gv_depgraph_loaded *loaded, struct gv_repo *repo, int threads)
{
	return link_all(loaded, repo, threads, KEEP_ALL);
}

int
gv_depgraph_load(struct gv_depgraph_loaded *out, struct gv_repo *repo,
    const struct gv_oid *tree, int threads)
{
	return load(out, repo, tree, threads, tree != NULL,
	    tree ? KEEP_SYMBOLS : KEEP_ALL);
}

/* Which environment a file is of says the tree that it comes from. */
int
gv_depgraph_load_mixed(struct gv_depgraph_loaded *out, struct gv_repo *repo,
    const struct gv_depgraph_mix *mix, int threads)
{
	struct collecting c = {
		.g = &out->graph, .path = GV_BUF_INIT, .mix = mix
	};
	int r;

	*out = (struct gv_depgraph_loaded){ .graph = GV_DEPGRAPH_INIT };
	out->graph.is_slim = true;
	if ((r = gv_envmap_load_tree(&out->map_of_tree, repo, mix->tree)) < 0)
		goto out;
	c.map = out->map_of_tree;
	if ((r = add_tree(&c, repo, mix->tree)) < 0)
		goto out;
	if (mix->drops && (r = add_worktree(&c, &out->map, repo)) < 0)
		goto out;
out:
	gv_buf_release(&c.path);
	out->blobs = c.blobs;
	return r < 0 ? r : finish(out, repo, threads, KEEP_SYMBOLS);
}

int
gv_depgraph_load_only(struct gv_depgraph_loaded *out, struct gv_repo *repo,
    const struct gv_oid *tree, int threads)
{
	return load(out, repo, tree, threads, false, KEEP_NOTHING);
}

int
gv_depgraph_read_link(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_oid *tree, const struct gv_depgraph_file *file)
{
	struct gv_object object = { .data = NULL };
	struct gv_odb *odb;
	struct gv_oid id;
	unsigned mode;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_tree_find_mend(odb, tree, file->path, &mode, &id)) < 0 ||
	    (r = gv_odb_read_type(odb, &object, &id, GV_OTYPE_BLOB)) < 0)
		return r;
	if (object.len <= LINK_MOST)
		gv_buf_add(out, object.data, object.len);
	gv_object_release(&object);
	return gv_buf_check(out);
}

void
gv_depgraph_unload_links(struct gv_depgraph_loaded *loaded)
{
	gv_depgraph_release_links(&loaded->graph);
	gv_depgraph_kept_release(&loaded->kept);
	free(loaded->blobs);
	loaded->blobs = NULL;
}

void
gv_depgraph_unload(struct gv_depgraph_loaded *loaded)
{
	gv_depgraph_unload_links(loaded);
	gv_depgraph_release(&loaded->graph);
	gv_envmap_free(loaded->map);
	gv_envmap_free(loaded->map_of_tree);
	gv_envtree_free(loaded->tree);
	loaded->map = loaded->map_of_tree = NULL;
	loaded->tree = NULL;
}
