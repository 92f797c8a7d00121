#ifndef GV_SIGHT_INTERNAL_H
#define GV_SIGHT_INTERNAL_H
/*
 * Shared by sight.c and sight_tags.c, which counts what only tags hold. Include
 * it nowhere else.
 */

#include "project/sight.h"

struct gv_refs;

/* Add to sight->commits those of the user that neither a branch nor a remote
 * has, but a tag. 0; GV_ERROR; GV_ECANCELED; GV_ENOMEM. */
int gv_sight_add_tagged(struct gv_sight *sight, const struct gv_repo *repo,
    const struct gv_refs *refs);

#endif
