#ifndef GV_RECORD_REFS_H
#define GV_RECORD_REFS_H
/*
 * The refs of the snapshots that stand, and what was said of them later, in
 * one look. For the modules that read or delete snapshots.
 *
 *	r = gv_record_refs_load(&refs, repo);
 *	gv_record_refs_release(&refs);
 */

#include "base/buf.h"
#include "store/ref.h"
#include "vault/ledger.h"
#include "vault/mark.h"
#include "vault/record.h"

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

/* As gv_records_load(), of these refs. */
int gv_records_load_refs(struct gv_records *out, struct gv_repo *repo,
    const struct gv_record_refs *refs, struct gv_buf *damaged);

/* As gv_record_resolve(), an id being sought among these refs (NULL: those
 * there are now). */
int gv_record_resolve_in(struct gv_record *out, struct gv_repo *repo,
    const struct gv_record_refs *refs, const char *expression);

/* Free; NULL-safe, zeroed struct ok. */
void gv_record_refs_release(struct gv_record_refs *refs);

#endif
