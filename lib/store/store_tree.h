#ifndef GV_STORE_TREE_H
#define GV_STORE_TREE_H
/*
 * Stores that have folders, each of which is listed by itself: their objects in
 * the order of whole names, and what killed writers left. An object is written
 * under a name that no object can have, and then given its own.
 *
 *	struct gv_store_tree tree = { read, remove, self, url };
 *	r = gv_store_tree_list(&tree, prefix, after, fn, ctx);
 */

#include "store/store_internal.h"

/* Begins the names of what is unfinished. */
#define GV_STORE_TREE_PART      ".put-"
#define GV_STORE_TREE_PART_SIZE (sizeof(GV_STORE_TREE_PART) + 16)

/* What a folder has; the names of folders end in '/'. */
struct gv_store_folder {
	struct gv_store_entry {
		char *name;
		struct gv_store_stat stat;
	} * all;
	size_t n, cap;
};

/* Add what is in it. A name that no object, folder or unfinished file can have
 * is passed over. 0; GV_ECORRUPT where there are too many; GV_ENOMEM. */
int gv_store_folder_add(struct gv_store_folder *folder, const char *name,
    size_t len, bool is_folder, const struct gv_store_stat *stat);

/* NULL-safe, zeroed ok. */
void gv_store_folder_release(struct gv_store_folder *folder);

struct gv_store_tree {
	/* Read a folder, "" or "a/b/". 0; GV_ENOTFOUND; of "", the store, a
	 * failure with its sentence where it is not there. */
	int (*read)(void *self, struct gv_store_folder *out, const char *path);
	int (*remove)(void *self, const char *name);
	void *self;
	const char *url;
};

/* As gv_store_list(). */
int gv_store_tree_list(const struct gv_store_tree *tree, const char *prefix,
    const char *after, gv_store_list_fn *fn, void *ctx);

/* Remove the unfinished files that are a day old from the folder of an object.
 * 0, or a failure. */
int gv_store_tree_sweep(const struct gv_store_tree *tree, const char *name);

/* A name that no object can have, by chance. 0 or GV_ERROR. */
int gv_store_tree_part(char out[GV_STORE_TREE_PART_SIZE]);

#endif
