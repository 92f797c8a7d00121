#ifndef GV_TREE_H
#define GV_TREE_H
/*
 * Git's tree objects: read entry by entry, and built from sorted entries.
 *
 *	struct gv_tree_iter it;
 *	gv_tree_iter_init(&it, obj.data, obj.len);
 *	while ((r = gv_tree_next(&it, &e)) > 0) …
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"

#define GV_MODE_DIR  0040000u
#define GV_MODE_FILE 0100644u
#define GV_MODE_EXEC 0100755u
#define GV_MODE_LINK 0120000u
#define GV_MODE_GIT  0160000u /* a submodule's commit */

struct gv_odb;

struct gv_tree_entry {
	unsigned mode;
	const char *name; /* borrowed from the tree's bytes; NUL behind it */
	size_t name_len;
	struct gv_oid oid;
};

struct gv_tree_iter {
	const unsigned char *p, *end;
	const char *last; /* for the order check */
	size_t last_len;
	bool last_dir;
	uint64_t files[4]; /* beginnings of `last` that are files */
	bool is_mended;
};

/* Begin at the first entry of a tree's raw bytes, which stay the caller's. */
void gv_tree_iter_init(struct gv_tree_iter *it, const void *data, size_t len);

/* Begin likewise, and pass over a file that has the name of a folder of the
 * same tree: git-vault once wrote such trees. */
void gv_tree_iter_mend(struct gv_tree_iter *it, const void *data, size_t len);

/* The next entry: 1 with *e set, 0 at the end, GV_ECORRUPT for bytes that are
 * no tree: cut short, an invalid mode or name, out of order, double.
 * Names such as "..", ".git" are given as they are: whoever creates files
 * asks gv_path_is_safe(). */
int gv_tree_next(struct gv_tree_iter *it, struct gv_tree_entry *e);

/* Append an entry to a tree's raw bytes; the caller adds them in Git's order.*/
void gv_tree_add(struct gv_buf *tree, unsigned mode, const char *name,
    size_t name_len, const struct gv_oid *oid);

/* Find the entry of `path` ("a/b/c", no empty components) below a tree; the
 * empty path is the tree itself. 0 with mode and id, GV_ENOTFOUND without a
 * message, or the reading's failure. */
int gv_tree_find(struct gv_odb *odb, const struct gv_oid *tree,
    const char *path, unsigned *mode, struct gv_oid *out);

/* The same by gv_tree_iter_mend(). */
int gv_tree_find_mend(struct gv_odb *odb, const struct gv_oid *tree,
    const char *path, unsigned *mode, struct gv_oid *out);

/* Visit every entry below a tree in Git's order, directories before what they
 * hold. fn(ctx, path, path_len, entry) returns 0 to go on, 1 not to enter
 * this directory, negative to stop. Not recursive: depth costs memory only.
 * 0, fn's negative value, or the reading's failure with the path in it. */
int gv_tree_walk(struct gv_odb *odb, const struct gv_oid *tree,
    int (*fn)(
	void *ctx, const char *path, size_t len, const struct gv_tree_entry *e),
    void *ctx);

/* The same by gv_tree_iter_mend(). */
int gv_tree_walk_mend(struct gv_odb *odb, const struct gv_oid *tree,
    int (*fn)(
	void *ctx, const char *path, size_t len, const struct gv_tree_entry *e),
    void *ctx);

/* Compare two trees (NULL for an empty one), never descending into equal
 * subtrees. fn(ctx, path, len, a, b) for each path that differs, files and
 * links only (a directory that is on one side only is entered); a or b is
 * NULL where the path is missing. 0, fn's negative value, or a failure. */
int
gv_tree_diff(struct gv_odb *odb, const struct gv_oid *a, const struct gv_oid *b,
    int (*fn)(void *ctx, const char *path, size_t len,
	const struct gv_tree_entry *a, const struct gv_tree_entry *b),
    void *ctx);

#endif
