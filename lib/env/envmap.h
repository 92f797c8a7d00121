#ifndef GV_ENVMAP_H
#define GV_ENVMAP_H
/*
 * The environments of a repository: the files that a snapshot would hold, or in
 * a bare repository those of HEAD, judged by infra/envtree.h and by what counts
 * of the policy.
 *
 *	r = gv_envmap_load(&map, repo);
 *	gv_envtree_of(&v, map->tree, path, len);
 *	gv_envmap_free(map);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "config/policy.h"
#include "infra/envtree.h"

struct gv_buf;
struct gv_oid;
struct gv_repo;

struct gv_envmap {
	struct gv_envtree *tree;
	struct gv_policy policy;
	size_t n; /* paths */
	/* what snapshots leave out and is no build product, each as its path */
	struct gv_envtree_path *left;
	size_t n_left, cap_left;
	/* what Git ignores and snapshots hold all the same, sorted */
	struct gv_envtree_path *ignored;
	size_t n_ignored, cap_ignored;
	/* private: what the tree borrows */
	struct gv_envtree_path *paths;
	struct gv_envtree_said *said;
	size_t cap;
	struct gv_arena arena;
};

/* Load it. 0; GV_EREFUSED where the policy cannot be read; GV_ECANCELED,
 * GV_ECORRUPT, GV_ENOMEM, GV_ERROR. The caller frees it. */
int gv_envmap_load(struct gv_envmap **out, struct gv_repo *repo);

/* The same of the files of a tree; NULL: as gv_envmap_load(). */
int gv_envmap_load_tree(
    struct gv_envmap **out, struct gv_repo *repo, const struct gv_oid *tree);

/* The same of what a walk of the working tree has seen, for who takes one
 * anyway. */
struct gv_census;
int gv_envmap_load_census(struct gv_envmap **out, struct gv_repo *repo,
    const struct gv_census *census);

/* The same by a policy of the caller's, all of which counts, and which outlives
 * it: map->policy is empty. */
int gv_envmap_load_by(struct gv_envmap **out, struct gv_repo *repo,
    const struct gv_oid *tree, const struct gv_policy *policy);

/* NULL-safe. */
void gv_envmap_free(struct gv_envmap *map);

/* Whether Git ignores a path that snapshots hold: they encrypt all of it, and
 * nothing that stands in it is to be printed. */
bool gv_envmap_ignores(const struct gv_envmap *map, const char *path);

/* The scope that the secrets of a path have (vault/scope.h), by what counts of
 * the policy; as lasting as the map. The path need not exist. */
const char *gv_envmap_scope(const struct gv_envmap *map, const char *path);

/* Which environment a key of a file of the working tree is of, by its name
 * among others (infra/envkey.h); `path` is FILE#KEY, and `len` the length of
 * FILE. v->env stays NULL where none is, or where the file does not exist or
 * cannot be read as a document. `why` gets the reason. 0 or GV_ENOMEM. */
int gv_envmap_key(struct gv_envtree_verdict *v, struct gv_buf *why,
    struct gv_envmap *map, const struct gv_repo *repo, const char *path,
    size_t len);

/* A map or list of a file whose keys, values or elements are named like several
 * environments. */
struct gv_envmap_keys {
	const char *path;  /* of the file */
	const char *place; /* "Mappings.Env"; "" for all of the file */
	size_t line;
	const char *envs; /* their names, ", " between them */
};

/* Report each one of the working tree's files that Git does not ignore, in the
 * order of paths; what is reported lasts for the call. All files that may have
 * some are read. 0; fn's first value that is not 0; GV_ECANCELED; GV_ENOMEM. */
int gv_envmap_each_keys(struct gv_envmap *map, const struct gv_repo *repo,
    int (*fn)(void *ctx, const struct gv_envmap_keys *keys), void *ctx);

/* Files of one folder whose secrets have another scope than their environment,
 * where the policy does not say so. */
struct gv_envmap_difference {
	char *folder; /* "" for the top, no '/' at the end */
	char *scope;
	char *env; /* "" for none: the scope is by the name alone */
	size_t files;
};

struct gv_envmap_differences {
	struct gv_envmap_difference *items; /* by folder */
	size_t n, cap;
};

/* List them. 0 or GV_ENOMEM; to be released in any case. */
int gv_envmap_differ(
    struct gv_envmap_differences *out, const struct gv_envmap *map);

void gv_envmap_differences_release(struct gv_envmap_differences *differences);

#endif
