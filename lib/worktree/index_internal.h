#ifndef GV_INDEX_INTERNAL_H
#define GV_INDEX_INTERNAL_H
/*
 * What the files of the index module share: index.c looks things up,
 * index_parse.c reads the file's bytes, index_tree.c its TREE extension,
 * index_list.c asks git where the file alone does not say it all.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "worktree/index.h"

/* What keeps an index's borrowed bytes alive. */
struct gv_index_owner {
	void *map; /* the mapped file, or NULL */
	size_t map_len;
	const void *data; /* the bytes of the file, whoever holds them */
	size_t len;
	size_t huge; /* bytes of entries in huge pages; 0: malloc() has them */
	char *text;  /* what git printed */
	struct gv_arena arena; /* paths that no such bytes hold as a whole */

	/* the extension TREE, if it is well-formed, and what is made of it when
	 * a directory is asked for (index_tree.c) */
	const char *tree;
	size_t tree_len;
	const struct gv_oid *root; /* NULL: not valid */
	pthread_mutex_t lock;      /* of the first time */
	atomic_bool has_trees;
	struct gv_index_tree *trees;
	size_t n_trees;
	struct gv_arena paths;
	uint32_t *slots; /* hash table: 1 + the place of a valid tree, or 0 */
	size_t n_slots;  /* a power of two, or 0 */
};

/* An index without entries. 0 or GV_ENOMEM. */
int gv_index_new(struct gv_index **out);

/* Make room for this many entries more. 0 or GV_ENOMEM. */
int gv_index_reserve(struct gv_index *index, size_t n);

/* Take the entry behind the last one in; there must be room. 0, or GV_ECORRUPT
 * where it does not belong there: its order, its mode, an empty path. */
int gv_index_append(struct gv_index *index, const struct gv_index_entry *e);

/* Take in the extension TREE, which must stay as long as the index. Git does
 * without one that it cannot make sense of, and so do we: no trees then. 0 or
 * GV_ENOMEM. */
int gv_index_take_trees(struct gv_index *index, const char *data, size_t len);

/* Free what is made of it. */
void gv_index_release_trees(struct gv_index_owner *owner);

/* Read the index of this repository through git. 0 or GV_ERROR,
 * GV_ECORRUPT. */
int gv_index_list(struct gv_index **out, const struct gv_repo *repo);

#endif
