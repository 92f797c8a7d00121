#ifndef GV_HOOK_MERGE_H
#define GV_HOOK_MERGE_H
/*
 * The merge driver of a clone: git's configuration says what is run, and
 * info/attributes for which files. Both are this clone's own, so that nothing
 * of it is committed. Where the driver is missing, git merges lines.
 */

#include <stdbool.h>

struct gv_repo;

#define GV_HOOK_MERGE_NAME "git-vault"

/* Have git run `program` (an absolute path) for files that may be layers of a
 * configuration. *changed: it did not before. 0; GV_EREFUSED where the file of
 * attributes cannot be written; GV_ELOCKED, GV_ERROR, GV_ENOMEM. */
int gv_hook_merge_install(
    bool *changed, const struct gv_repo *repo, const char *program);

/* Take both out again; other lines of the file stay. As above. */
int gv_hook_merge_uninstall(bool *changed, const struct gv_repo *repo);

/* Whether it is there: 1 or 0, or a failure. */
int gv_hook_merge_is(const struct gv_repo *repo);

#endif
