#ifndef GV_ACCESS_TEMPLATE_H
#define GV_ACCESS_TEMPLATE_H
/*
 * The layers of sets with templates in trees of Git, and the names in them
 * (access_made.h).
 */

#include <stdbool.h>
#include <stddef.h>

#include "access/access_made.h"

struct gv_odb;
struct gv_oid;
struct gv_policy;

/* Whether a file is a layer of a set with `template: true`. */
bool gv_access_is_template(
    const struct gv_policy *policy, const char *path, size_t len);

/* Add the names in all those layers of a tree; zero: none. A layer that cannot
 * be read leaves *out unread. 0; failures to read. */
int gv_access_template_load(struct gv_access_uses *out, struct gv_odb *odb,
    const struct gv_oid *tree, const struct gv_policy *policy);

#endif
