#ifndef GV_DEPGRAPH_LOAD_H
#define GV_DEPGRAPH_LOAD_H
/*
 * The graph of a repository: of the working tree as a snapshot would hold it,
 * or of a tree in the object database. The symbols of a file are kept by its id
 * in .git/vault/symbols, so that only files that are new are read; the graph of
 * the working tree is kept in .git/vault/graph, see depgraph_kept.h.
 *
 *	r = gv_depgraph_load(&loaded, repo, NULL, 0);
 *	use(&loaded.graph);
 *	gv_depgraph_unload(&loaded);
 */

#include "graph/depgraph.h"
#include "graph/depgraph_kept.h"

struct gv_buf;
struct gv_depgraph_blob;
struct gv_envmap;
struct gv_envtree;
struct gv_oid;
struct gv_repo;

struct gv_depgraph_loaded {
	struct gv_depgraph graph;
	struct gv_envmap *map; /* the names of environments are of it … */
	struct gv_envmap *map_of_tree; /* … or of this one; NULL */
	uint32_t n_read;         /* files whose symbols were not kept yet */
	struct gv_envtree *tree; /* of a slice, in place of the map */
	struct gv_depgraph_kept kept;   /* of the working tree */
	struct gv_depgraph_blob *blobs; /* private */
};

/* Load the graph of the working tree with all symbols (of HEAD in a bare
 * repository), or of `tree` the relations alone, without values, errors and
 * keys. `threads` 0: one a processor. 0; GV_EREFUSED where the policy cannot be
 * read; GV_ECANCELED, GV_ECORRUPT, GV_ENOTFOUND, GV_ENOMEM, GV_ERROR. To be
 * unloaded in any case. */
int gv_depgraph_load(struct gv_depgraph_loaded *out, struct gv_repo *repo,
    const struct gv_oid *tree, int threads);

/* The same of the working tree in two steps: which files there are, and the key
 * of what follows from them (out->kept); then that. */
int
gv_depgraph_load_files(struct gv_depgraph_loaded *out, struct gv_repo *repo);
int gv_depgraph_load_rest(
    struct gv_depgraph_loaded *loaded, struct gv_repo *repo, int threads);

/* A tree that some files of a tree in the object database would make with what
 * stays of the working tree. */
struct gv_depgraph_mix {
	const struct gv_oid *tree;
	/* whether a path of `tree` is in it */
	bool (*takes)(void *ctx, const char *path, size_t len);
	/* whether a path of the working tree is not: it is replaced, or
	 * deleted. NULL: none of the working tree is in it */
	bool (*drops)(void *ctx, const char *path, size_t len);
	void *ctx;
};

/* The relations alone of such a tree. */
int gv_depgraph_load_mixed(struct gv_depgraph_loaded *out, struct gv_repo *repo,
    const struct gv_depgraph_mix *mix, int threads);

/* Load all symbols of a tree, and keep nothing: for work that may be ended at
 * any moment. */
int gv_depgraph_load_only(struct gv_depgraph_loaded *out, struct gv_repo *repo,
    const struct gv_oid *tree, int threads);

/* Append where a symbolic link of a tree leads. 0; GV_ENOTFOUND, GV_ECORRUPT,
 * GV_ENOMEM. */
int gv_depgraph_read_link(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_oid *tree, const struct gv_depgraph_file *file);

/* Free what the files define and how that is joined: files and folders stay. */
void gv_depgraph_unload_links(struct gv_depgraph_loaded *loaded);

void gv_depgraph_unload(struct gv_depgraph_loaded *loaded);

#endif
