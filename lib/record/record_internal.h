#ifndef GV_RECORD_INTERNAL_H
#define GV_RECORD_INTERNAL_H
/*
 * What the files that read records share; nobody else includes it.
 */

#include <stdbool.h>

struct gv_odb;
struct gv_oid;
struct gv_record;
struct gv_repo;

/* Read the snapshot of that id by its commit, or with `skim` the commit alone:
 * `tree`, `index` and `meta` stay zero. What cannot be read may have been
 * deleted, or written again by a repair --reparent, since its ref was.
 * GV_ENOTFOUND: it was deleted; GV_ECORRUPT or a failure. */
int gv_record_load_now(struct gv_record *out, struct gv_repo *repo,
    const char *id, const struct gv_oid *commit, bool skim);

/* Read the rest of one that came so. 0; GV_ENOTFOUND or GV_ECORRUPT where the
 * trees are not as they must be. */
int gv_record_load_parts(struct gv_record *rec, struct gv_odb *odb);

#endif
