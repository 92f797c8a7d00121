#ifndef GV_LOOSE_H
#define GV_LOOSE_H
/*
 * Writes an object as a file of its own, as git hash-object -w does. It is for
 * a single object that is soon garbage, so that git gc removes it. Lasting or
 * many objects go into a pack (object/pack.h).
 *
 *	r = gv_loose_write(&id, repo, GV_OTYPE_BLOB, text, len);
 */

#include <stddef.h>

#include "repo/oid.h"

struct gv_repo;

/* Write it durably, also where it is there already: it is young then, and
 * whole. 0, GV_ERROR, GV_ENOMEM; nothing is left of it on failure, but for a
 * folder, or where it could only not be flushed. */
int gv_loose_write(struct gv_oid *out, const struct gv_repo *repo,
    enum gv_otype type, const void *data, size_t len);

#endif
