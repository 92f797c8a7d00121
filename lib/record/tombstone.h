#ifndef GV_TOMBSTONE_H
#define GV_TOMBSTONE_H
/*
 * Which snapshots were deleted, so that no other clone brings them back: the
 * ref refs/vault/deleted, whose tree has a file YYYYMM/ID for each id, with the
 * day of its deletion. The entry is written in the same transaction as the
 * deletion of the snapshot's ref. A deletion that is undone keeps its entry,
 * with a number that counts deletions and returns in turns: an odd number means
 * deleted. Two clones merge their lists: of two entries for an id the one with
 * the higher number wins, then the later day. So a snapshot that was brought
 * back stays until somebody deletes it again, however many clones still say
 * that it is deleted.
 *
 *	r = gv_tombstone_split(&refs, &live, odb, &tip);
 *	r = gv_tombstone_add(&edit, &ledger, ids, n);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

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

/* Whether the id is deleted; when, in *day (may be NULL): 1, 0, or a failure.
 * An entry that says nothing that is known deletes. */
int gv_tombstone_find(int64_t *day, struct gv_odb *odb,
    const struct gv_ledger *ledger, const char *id);

/* Write the ids, deleted now, into the edit, and drop entries over a year old;
 * the caller publishes it. An invalid id is skipped. */
int gv_tombstone_add(struct gv_ledger_edit *edit,
    const struct gv_ledger *ledger, const char *const *ids, size_t n);

/* The same of ids that are brought back: whoever says that they are deleted has
 * said it before. */
int gv_tombstone_undo(struct gv_ledger_edit *edit,
    const struct gv_ledger *ledger, const char *const *ids, size_t n);

#define GV_TOMBSTONE_DIGITS 9         /* of a number */
#define GV_TOMBSTONE_MOST   999999998 /* even: the last word is for it */

struct gv_tombstone {
	int64_t day;
	uint32_t count; /* of deletions and of what undid them */
};

/* Read an entry's bytes. 0, or GV_ECORRUPT. */
int gv_tombstone_parse(struct gv_tombstone *out, const void *data, size_t len);

/* Read an entry. 0, or as gv_odb_read_type() and the above; then *out is one
 * that deletes, of no day. */
int gv_tombstone_read(
    struct gv_tombstone *out, struct gv_odb *odb, const struct gv_oid *oid);

/* Whether it says that the snapshot is deleted. */
bool gv_tombstone_deletes(const struct gv_tombstone *stone);

/* Whether `a` was said after `b`. */
bool gv_tombstone_is_newer(
    const struct gv_tombstone *a, const struct gv_tombstone *b);

#endif
