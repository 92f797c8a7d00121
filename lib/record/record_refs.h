#ifndef GV_RECORD_REFS_H
#define GV_RECORD_REFS_H
/*
 * The refs of the snapshots that stand, and what was said of them later, in
 * one look. For the modules that read or delete snapshots.
 *
 *	r = gv_record_refs_load(&refs, repo);
 *	gv_record_refs_release(&refs);
 */

#include <stdbool.h>

#include "base/buf.h"
#include "record/mark.h"
#include "repo/ref.h"
#include "vault/ledger.h"

struct gv_record;
struct gv_records;

struct gv_record_refs {
	struct gv_refs refs; /* of those that stand, sorted by name */
	size_t n_hidden;     /* behind them: deleted, and here again */
	struct gv_ledger deleted;
	struct gv_marks marks;
	struct gv_buf damaged; /* sentences, one a line: what of it could not
				  be read and counts as empty */
};

/* Load. 0 also where marks or tombstones are damaged; a failure where the
 * refs cannot be listed. The caller releases. */
int gv_record_refs_load(struct gv_record_refs *out, struct gv_repo *repo);

/* Where the ref of the snapshot of that id is now: 1; 0 where there is none;
 * or a failure. For who could not read what it named a moment ago: another
 * process may have deleted it, and returned its space. */
int gv_record_refs_now(
    struct gv_oid *out, const struct gv_repo *repo, const char *id);

/* Whether a snapshot that cannot be read, for the reason that the message
 * tells, was deleted meanwhile. The message stays. */
bool gv_record_refs_lost(const struct gv_repo *repo, const char *id);

/* Load the snapshot of that id, whose ref was at `commit`, or is now. 0;
 * GV_ENOTFOUND where it was deleted meanwhile; GV_ECORRUPT or a failure. */
int gv_record_load_id(struct gv_record *out, struct gv_repo *repo,
    const char *id, const struct gv_oid *commit);

/* As gv_records_load(), of these refs; with GV_RECORD_RECALL in `how` as
 * gv_records_recall(). */
int gv_records_load_refs(struct gv_records *out, struct gv_repo *repo,
    const struct gv_record_refs *refs, unsigned how, struct gv_buf *damaged);

/* Free; NULL-safe, zeroed struct ok. */
void gv_record_refs_release(struct gv_record_refs *refs);

#endif
