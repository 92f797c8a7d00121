#ifndef GV_REF_INTERNAL_H
#define GV_REF_INTERNAL_H
/*
 * Shared by the parts of store/ref: what git leaves undone when it has moved
 * refs. It flushes a ref's file before it gives it its name, but not the
 * directory: for seconds after its success a power failure takes the ref away.
 */

#include "base/buf.h"
#include "store/ref.h"

struct gv_repo;

/* Before refs move by the lines of a transaction: append the directories that
 * must be flushed afterwards, each with a NUL behind it, from the common
 * directory. 0, GV_ERROR, GV_ENOMEM. (ref_sync.c) */
int gv_ref_sync_plan(struct gv_buf *dirs, const struct gv_repo *repo,
    const struct gv_buf *lines);

/* Afterwards: flush them. 0 or GV_ERROR. (ref_sync.c) */
int gv_ref_sync(const struct gv_repo *repo, const struct gv_buf *dirs);

#endif
