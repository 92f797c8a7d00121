#ifndef GV_REPLICA_REFS_H
#define GV_REPLICA_REFS_H
/*
 * Which refs of a repository a copy has: branches, tags, notes, and the vault,
 * but nothing that belongs to this clone alone.
 *
 *	r = gv_replica_refs_load(&after, repo);
 *	n = gv_replica_refs_new_snapshots(&before, &after);
 */

#include <stdbool.h>
#include <stdint.h>

#include "replica/replica_manifest.h"

struct gv_buf;
struct gv_repo;

/* Whether a copy has it. Pure. */
bool gv_replica_refs_travels(const char *name);

/* Whether it is the ref of a snapshot. Pure. */
bool gv_replica_refs_is_snapshot(const char *name);

/* Whether a ref of that name cannot be beside those of a sorted manifest: one
 * of both is a folder of the other. Pure. */
bool gv_replica_refs_in_the_way(
    const struct gv_replica_manifest *m, const char *name);

/* Add the refs of the repository that a copy has, sorted, and what HEAD names.
 * A name that is not UTF-8 cannot be in a manifest: *left (NULL: not wanted) is
 * given a line about each. 0; GV_ERROR; GV_ENOMEM. */
int gv_replica_refs_load(struct gv_replica_manifest *out, struct gv_buf *left,
    const struct gv_repo *repo);

/* Of the refs that differ, how many are worth a push: reports of runs go with
 * the next one, or the report of each push would be a reason for another.
 * Pure. */
uint64_t gv_replica_refs_news(const struct gv_replica_manifest *diff);

/* How many snapshots only the second has. Pure. */
uint64_t gv_replica_refs_new_snapshots(const struct gv_replica_manifest *before,
    const struct gv_replica_manifest *after);

#endif
