#ifndef GV_PARAM_H
#define GV_PARAM_H
/*
 * The configuration of an environment of this repository: which files are its
 * layers, read from the working tree or from a tree of Git, and merged by
 * lib/layer as the tool that reads these files merges them.
 *
 *	r = gv_param_pool_open(&pool, repo, NULL);
 *	r = gv_param_open(&param, pool, &(struct gv_param_query){
 *		.env = "prod" });
 *	v = gv_layer_find(param->tree.root, "database.host");
 *	gv_param_close(param);
 *	gv_param_pool_close(pool);
 *
 * Which files they are is said by a set of the policy (config), or known from
 * their names (param_layout.c).
 */

#include <stdbool.h>
#include <stddef.h>

#include "layer/layer.h"

struct gv_buf;
struct gv_oid;
struct gv_policy;
struct gv_policy_config;
struct gv_repo;

/* The files of the working tree, or of a tree of Git (NULL: the former), each
 * of which is read once; and the policy. */
struct gv_param_pool;

/* 0, and the caller closes *out; GV_EREFUSED without a working tree, or where
 * the policy cannot be read; GV_ECORRUPT, GV_ENOMEM, GV_ERROR. */
int gv_param_pool_open(struct gv_param_pool **out, struct gv_repo *repo,
    const struct gv_oid *tree);

/* NULL-safe; what was read is wiped. */
void gv_param_pool_close(struct gv_param_pool *pool);

/* Have a text stand in for a file that was not read yet: what would be if it
 * were written. It is borrowed until the pool is closed. 0 or GV_ENOMEM. */
int gv_param_pool_put(
    struct gv_param_pool *pool, const char *path, const struct gv_buf *text);

/* Write the regular files that Git tracks below a folder; symbolic links, and
 * what is larger than 64 MiB, are left out. 0; GV_ECANCELED, GV_ECORRUPT,
 * GV_ENOMEM, GV_ERROR. */
int gv_param_pool_export(struct gv_param_pool *pool, const char *dir);

/* The tree is what is deployed now: sets whose layers are kept by a program
 * (param_store.h) are read from there. Of other trees they are not known, and
 * refused. */
void gv_param_pool_live(struct gv_param_pool *pool);

/* The tree is of this time: sets whose layers are kept by a program are read as
 * they were then, where it has past versions. */
void gv_param_pool_when(struct gv_param_pool *pool, int64_t time);

/* Append what tells whether the layers that programs keep are the same as
 * before. 1; 0 where there are none; as gv_param_store_open(). */
int gv_param_pool_stamp(struct gv_buf *out, struct gv_param_pool *pool);

/* The policy, borrowed. */
const struct gv_policy *gv_param_policy(const struct gv_param_pool *pool);

/* What is asked for; NULL: nothing is said. */
struct gv_param_query {
	const char *env, *service, *provider, *region, *host;
	const char *layout; /* the name of a set of the policy, or of a layout;
			       NULL: the first that fits */
	bool leaves_maps;   /* without a provider, ${map:…} stays as it is */
};

/* How layers of a layout are merged. */
enum gv_param_dialect {
	GV_PARAM_OWN,
	GV_PARAM_HELM,  /* null deletes */
	GV_PARAM_HIERA, /* layer/layer_hiera.h */
};

extern const char *const gv_param_dialects[];

/* A set of names, and where each layer may be: the names of the layouts, NULL
 * behind the last. */
extern const char *const gv_param_layouts[];

struct gv_param {
	const char *layout;
	const struct gv_policy_config *set; /* of the policy; NULL: none */
	enum gv_param_dialect dialect;
	/* the lowest first; a layer without a file `is_missing` */
	const struct gv_layer *const *layers;
	size_t n;
	struct gv_layer_opts opts;
	struct gv_layer_tree tree;
	struct gv_param_private *private;
};

/* Find the layers, read and merge them. The query is not used afterwards. 0,
 * and the caller closes *out before the pool; GV_ENOTFOUND where there is no
 * layout, or no file of the environment; GV_EREFUSED where a layer cannot be
 * read or merged; GV_ECANCELED, GV_ECORRUPT, GV_ENOMEM, GV_ERROR. */
int gv_param_open(struct gv_param **out, struct gv_param_pool *pool,
    const struct gv_param_query *query);

/* The same, but layers are not merged, and names in them stand for nothing:
 * `tree` is empty. */
int gv_param_open_layers(struct gv_param **out, struct gv_param_pool *pool,
    const struct gv_param_query *query);

/* Whether a layer is encrypted as a whole: it has keys that nobody knows, and
 * gives no value. */
bool gv_param_is_closed(const struct gv_param *param, size_t layer);

/* Whether SOPS vouches for all values of a layer together, and opens none of
 * them after a change by others. */
bool gv_param_is_by_mac(const struct gv_param *param, size_t layer);

/* NULL-safe. */
void gv_param_close(struct gv_param *param);

/* What is shown in place of a value: "<sealed>" of one that is encrypted or a
 * reference to a vault, "<secret>" of one that may be a secret, "<private>" of
 * one whose file Git does not track. NULL: it may be shown. */
const char *
gv_param_veil(const struct gv_param *param, const struct gv_layer_value *value);

/* The same of a file that is to be made, which Git will track. */
const char *gv_param_veil_new(
    const struct gv_param *param, const struct gv_layer_value *value);

/* The same where a secret was asked for: what is encrypted stays that. */
bool gv_param_is_sealed(
    const struct gv_param *param, const struct gv_layer_value *value);

/* Explain a key: out[i] is of layers[i]. */
void gv_param_explain(
    struct gv_layer_told *out, const struct gv_param *param, const char *key);

/* The version that a layer has in the program that keeps it; NULL: it is a
 * file. Borrowed. */
const char *gv_param_version(const struct gv_param *param, size_t layer);

/* Whether a program keeps the layers. */
bool gv_param_is_stored(const struct gv_param *param);

/* Write such layers together, if nobody else has in the meantime. As
 * gv_param_store_put(). */
struct gv_param_stored;
int gv_param_write(const struct gv_param *param,
    const struct gv_param_stored *layers, size_t n);

/* The path of the file that a layer is, or is a section of. */
const char *gv_param_path(const struct gv_param *param, size_t layer);

/* The strategy by which a key is merged, and what set it. 0; GV_EREFUSED,
 * GV_ENOMEM. */
int gv_param_strategy(const char **name, const char **from,
    const struct gv_param *param, const char *key);

/* Who wrote the line of a value, as git blame finds it. */
struct gv_param_author {
	char commit[41]; /* "": it is not committed, or unknown */
	char name[128];
	char summary[128];
	long long time;
};

/* 0, also where Git does not know it; GV_ECANCELED, GV_ENOMEM, GV_ERROR.
 * `commit` is where to look; NULL: the working tree. */
int gv_param_blame(struct gv_param_author *out, const struct gv_repo *repo,
    const char *path, unsigned line, const char *commit);

#endif
