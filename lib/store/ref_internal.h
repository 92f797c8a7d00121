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

/* List the refs of `names` (NULL behind the last), which come before the
 * prefix, and those below a prefix of ours ("refs/vault/…/") from the files
 * that git keeps them in. 1, or 0 where something there is not of the plainest
 * form: then git is to be asked. GV_ENOMEM. (ref_read.c) */
int gv_ref_read(struct gv_refs *out, const struct gv_repo *repo,
    const char *const *names, const char *prefix);

/* Before refs move by the lines of a transaction: append the directories that
 * must be flushed afterwards, each with a NUL behind it, from the common
 * directory. 0, GV_ERROR, GV_ENOMEM. (ref_sync.c) */
int gv_ref_sync_plan(struct gv_buf *dirs, const struct gv_repo *repo,
    const struct gv_buf *lines);

/* Afterwards: flush them. 0 or GV_ERROR. (ref_sync.c) */
int gv_ref_sync(const struct gv_repo *repo, const struct gv_buf *dirs);

#endif
