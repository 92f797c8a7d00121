#ifndef GV_DEPGRAPH_CHANGE_H
#define GV_DEPGRAPH_CHANGE_H
/*
 * Which files differ between two trees.
 *
 *	r = gv_depgraph_changes(&changes, repo, &a, &b);
 *	gv_depgraph_changes_release(&changes);
 */

#include <stddef.h>

#include "base/arena.h"

struct gv_oid;
struct gv_repo;

enum gv_depgraph_change_kind {
	GV_DEPGRAPH_CHANGED,
	GV_DEPGRAPH_ADDED,
	GV_DEPGRAPH_DELETED,
};

struct gv_depgraph_change {
	const char *path;
	size_t len;
	enum gv_depgraph_change_kind kind;
};

struct gv_depgraph_changes {
	struct gv_depgraph_change *items; /* those of `b` in its order, then
					     what is deleted */
	size_t n, cap;
	struct gv_arena arena;
};

/* List them. 0; GV_ECORRUPT, GV_ENOTFOUND, GV_ENOMEM; to be released in any
 * case. */
int gv_depgraph_changes(struct gv_depgraph_changes *out, struct gv_repo *repo,
    const struct gv_oid *a, const struct gv_oid *b);

/* The same of two trees that Git made, by path, in time that grows with what
 * differs; `a` NULL: all of `b` was added. */
int gv_depgraph_changes_between(struct gv_depgraph_changes *out,
    struct gv_repo *repo, const struct gv_oid *a, const struct gv_oid *b);

void gv_depgraph_changes_release(struct gv_depgraph_changes *changes);

#endif
