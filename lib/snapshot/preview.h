#ifndef GV_PREVIEW_H
#define GV_PREVIEW_H
/*
 * What a snapshot of the working tree would hold now, for who compares with it:
 * its trees, with secrets taken out and named as a snapshot does. No snapshot
 * is taken. survey.h tells the paths alone, without reading files.
 *
 *	r = gv_preview_tree(&tree, &partial, NULL, repo);
 */

#include "base/buf.h"
#include "repo/oid.h"

struct gv_repo;

/* The tree of the working tree as it is now, as tree/ of a snapshot would be,
 * with its new objects written, which nothing reaches (scratch.h takes them);
 * values are withheld, and named only.
 * `partial` is a manifest of its files in chunks, and of what is there but not
 * stored, alone; zero where there are none. To `withheld`, if not NULL, what
 * would be encrypted is appended as meta/secrets has it: nothing where that is
 * nothing. For comparing; takes no snapshot. 0 or a failure as of
 * gv_snapshot_take(). */
int gv_preview_tree(struct gv_oid *tree, struct gv_oid *partial,
    struct gv_buf *withheld, struct gv_repo *repo);

/* Append the paths of the files of which a snapshot would withhold something
 * now, a NUL behind each; a path may come twice. Nothing is written. 0 or a
 * failure as above. */
int gv_preview_withheld(struct gv_buf *out, struct gv_repo *repo);

/* Show fn the bytes of each tree that tree/ of a snapshot would be made of now,
 * with its path ("" for the top), what is below before what is above; values
 * are withheld, and named only. Nothing is written. 0, fn's first negative
 * value, or a failure as above. */
int gv_preview_each_tree(struct gv_repo *repo,
    int (*fn)(void *ctx, const struct gv_buf *path, const struct gv_buf *tree),
    void *ctx);

#endif
