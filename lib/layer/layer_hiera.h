#ifndef GV_LAYER_HIERA_H
#define GV_LAYER_HIERA_H
/*
 * The dialect of Hiera 5: no merge without being asked, strategies by key in
 * the data itself (lookup_options), and merges as its deep_merge does them.
 * Layers come from a hiera.yaml, the highest first there, the lowest first
 * here.
 *
 *	r = gv_layer_hiera_paths(&paths, &hiera, facts);
 *	r = gv_layer_hiera_merge(&tree, layers, n);
 *
 * Not supported, and refused by name: mapped_paths, backends other than
 * yaml_data and json_data, %{lookup()} and other functions, convert_to.
 */

#include <stddef.h>

#include "layer/layer.h"

struct gv_buf;

enum gv_layer_hiera_way {
	GV_LAYER_HIERA_FIRST,
	GV_LAYER_HIERA_UNIQUE,
	GV_LAYER_HIERA_HASH,
	GV_LAYER_HIERA_DEEP,
};

extern const char *const gv_layer_hiera_ways[];

struct gv_layer_hiera_option {
	enum gv_layer_hiera_way way;
	bool merges_arrays; /* merge_hash_arrays: by index */
	const char *knockout;
	uint32_t knockout_len;
	const struct gv_layer_value *from; /* what set it; NULL: the default */
};

/* A path of a file, or a pattern of paths (glob), from the highest on. */
struct gv_layer_hiera_path {
	const char *name; /* of its level of the hierarchy */
	const char *path; /* the folder of the data in front of it */
	bool is_glob;
};

struct gv_layer_hiera {
	struct gv_arena arena;
	struct gv_layer_hiera_path *paths;
	size_t n, cap;
};

/* Of a hierarchy; each is a file in memory, and real ones have a dozen. */
#define GV_LAYER_HIERA_PATHS_MAX 200

/* Read the hierarchy of a hiera.yaml, with facts (a map; NULL: none) put into
 * %{name}. A path that names a fact that does not exist is left out, as Hiera
 * does, and one that two levels have stays in the higher one. 0; GV_EREFUSED,
 * also where there are more than GV_LAYER_HIERA_PATHS_MAX; GV_ENOMEM. */
int gv_layer_hiera_read(struct gv_layer_hiera *out,
    const struct gv_layer *hiera, const struct gv_layer_value *facts);
void gv_layer_hiera_release(struct gv_layer_hiera *hiera);

/* How a key is looked up, by the lookup_options of all layers. 0; GV_EREFUSED
 * where they are wrong; GV_ENOMEM. */
int gv_layer_hiera_option_of(struct gv_layer_hiera_option *out,
    const struct gv_layer *const *layers, size_t n, const char *key,
    size_t len);

/* Each key of all layers, looked up. 0; GV_EREFUSED where a strategy cannot
 * merge what the layers have; GV_ENOMEM. Release *out after 0. */
int gv_layer_hiera_merge(
    struct gv_layer_tree *out, const struct gv_layer *const *layers, size_t n);

#endif
