#ifndef GV_TOMBSTONE_H
#define GV_TOMBSTONE_H
/*
 * What was deleted, so that another clone does not bring it back: the ref
 * refs/vault/deleted, whose tree has a file YYYYMM/ID for each id, with the
 * day of its deletion. It goes with the snapshot's ref in one transaction.
 * Between clones it is a union: of two entries for an id the later day stands.
 *
 *	r = gv_tombstone_split(&refs, &live, odb, &tip);
 *	r = gv_tombstone_add(&edit, &ledger, ids, n);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/oid.h"

#define GV_TOMBSTONE_REF "refs/vault/deleted"

/* How long an entry stands, in seconds: a year. */
#define GV_TOMBSTONE_AGE ((int64_t)366 * 86400)

struct gv_ledger;
struct gv_ledger_edit;
struct gv_odb;
struct gv_refs;

/* Put the snapshots' refs that are deleted behind the others: the first *live
 * ones, sorted as before, are those that stand. `tip` is the commit of the
 * ref, NULL for none. 0; GV_ECORRUPT or GV_ENOTFOUND where it cannot be read,
 * and then all are live. */
int gv_tombstone_split(struct gv_refs *refs, size_t *live, struct gv_odb *odb,
    const struct gv_oid *tip);

/* Whether the id is deleted; when, in *day (may be NULL): 1, 0, or a failure.*/
int gv_tombstone_find(int64_t *day, struct gv_odb *odb,
    const struct gv_ledger *ledger, const char *id);

/* Write the ids, deleted now, into the edit, and drop entries over a year old;
 * the caller publishes it. An id that is none in form is passed over. */
int gv_tombstone_add(struct gv_ledger_edit *edit,
    const struct gv_ledger *ledger, const char *const *ids, size_t n);

/* Read an entry's bytes: the time that it says. 0, or GV_ECORRUPT. */
int gv_tombstone_parse(int64_t *day, const void *data, size_t len);

#endif
