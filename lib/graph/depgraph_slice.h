#ifndef GV_DEPGRAPH_SLICE_H
#define GV_DEPGRAPH_SLICE_H
/*
 * The part of a tree's graph by which a change of some files can be judged:
 * their folders and those above, what these files refer to by path, and the
 * charts that they are in. Its cost grows with that part and not with the tree,
 * so a server can look at a push into a large one. What is far away, and refers
 * to what changed, is not in it: who wants that loads all of the tree.
 *
 *	r = gv_depgraph_load_slice(&loaded, &is_cut, repo, &tree, &changes);
 *	use(&loaded.graph);
 *	gv_depgraph_unload(&loaded);
 */

#include "graph/depgraph_load.h"

struct gv_depgraph_changes;

/* Files that are read for a slice; one with more is cut. */
#define GV_DEPGRAPH_SLICE_MOST 2000

/* Load the slice of a tree around these paths, whether or not they are in it.
 * *is_cut: it is not all there, so nothing follows from what it lacks. 0;
 * GV_ECORRUPT, GV_ENOTFOUND, GV_ENOMEM, GV_ECANCELED. To be unloaded in any
 * case. */
int gv_depgraph_load_slice(struct gv_depgraph_loaded *out, bool *is_cut,
    struct gv_repo *repo, const struct gv_oid *tree,
    const struct gv_depgraph_changes *changes);

#endif
