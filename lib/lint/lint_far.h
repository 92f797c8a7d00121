#ifndef GV_LINT_FAR_H
#define GV_LINT_FAR_H
/*
 * What a push may break, besides what its own neighbourhood shows.
 *
 *	if (gv_lint_is_far(&old.graph, &new.graph, &changes))
 *		check all of the tree
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_depgraph;
struct gv_depgraph_changes;
struct gv_lint_opts;

/* Whether changes between two trees may be an error in files that are not in
 * these slices of them (depgraph_slice.h): a folder is gone, or a name that
 * others may refer to; or a name is new that must be there only once. */
bool gv_lint_is_far(const struct gv_depgraph *was,
    const struct gv_depgraph *now, const struct gv_depgraph_changes *changes);

/* Whether what a rule finds in a slice is so in all of the tree: it looks at
 * paths, and at names of one folder, module or chart. */
bool gv_lint_is_near(const char *rule);

/* Whether the policy protects a path from pushes. */
bool gv_lint_is_protected(
    const struct gv_lint_opts *opts, const char *path, size_t len);

#endif
