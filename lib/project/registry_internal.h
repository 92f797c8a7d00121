#ifndef GV_REGISTRY_INTERNAL_H
#define GV_REGISTRY_INTERNAL_H
/*
 * What the parts of registry.h share: registry.c reads the list,
 * registry_root.c looks for repositories in folders, registry_found.c remembers
 * which it found, registry_edit.c changes the configuration. Include it nowhere
 * else.
 */

#include "project/registry.h"

/* Call fn(ctx, path) for each repository at most `depth` folders below `root`,
 * by name, and for one that it is itself; not below one that was found, in
 * folders that a tool makes again, in hidden ones, or through symbolic links.
 * `looks` counts folders, up to GV_REGISTRY_LOOKS. 0; 1 where that ended it, or
 * fn with a 1; fn's negative value; GV_ENOMEM. A folder that cannot be read is
 * passed over. */
int gv_registry_root_each(const char *root, unsigned depth, size_t *looks,
    int (*fn)(void *ctx, const char *path), void *ctx);

/* Add the projects that were found below a root, and are not there any more. 0
 * or GV_ENOMEM. */
int gv_registry_add_lost(struct gv_registry *reg);

/* Remember those of the registry but one. */
void gv_registry_forget(const struct gv_registry *registry, const char *path);

/* Give vault.<path>.from one value more, or take that one away. 0; GV_ERROR;
 * GV_ELOCKED; GV_ENOMEM. */
int gv_registry_link(const char *path, const char *value, bool is_there);

/* Read what the policy in a folder says, without regard to who wrote it: 1; 0
 * without a policy that can be read; GV_ENOMEM. To be released after 1. */
struct gv_policy;
int gv_registry_policy(struct gv_policy *out, const char *dir);

#endif
