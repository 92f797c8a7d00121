#ifndef GV_RECORD_LOAD_H
#define GV_RECORD_LOAD_H
/*
 * Reads the record of one snapshot, or those of all, from the repository.
 *
 *	r = gv_record_load(&rec, repo, &commit);
 *	r = gv_records_load(&all, repo, &damaged);
 */

#include "record/record.h"

struct gv_buf;
struct gv_repo;

/* Read a snapshot's commit. GV_ECORRUPT where it is not a vault's or of a
 * newer format (which is said), GV_ENOTFOUND where the commit itself is not
 * there. tree, index and meta are set too. */
int gv_record_load(
    struct gv_record *out, struct gv_repo *repo, const struct gv_oid *commit);

/* Read every snapshot of the repository. A damaged one is left out and its
 * sentence appended, one a line, to `damaged` (may be NULL); so is that of
 * damaged marks or tombstones, which then count as none. */
int gv_records_load(
    struct gv_records *out, struct gv_repo *repo, struct gv_buf *damaged);

/* The same for who only looks: what a commit said when it was last read may
 * come out of the cache (record_cache.h), and then nobody has looked whether
 * its bytes are still undamaged. Never for what decides on data. */
int gv_records_recall(
    struct gv_records *out, struct gv_repo *repo, struct gv_buf *damaged);

#endif
