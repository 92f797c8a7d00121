#ifndef GV_TRASH_WRITE_H
#define GV_TRASH_WRITE_H
/*
 * Writes the trash: snapshots go in with their deletion, come back, and expire.
 * What is in it is read by record/trash.h.
 *
 *	r = gv_trash_add(&edit, &how, items, n);
 *	r = gv_trash_restore(repo, ids, n, now);
 */

#include "record/trash.h"

struct gv_ledger_edit;
struct gv_marks;

struct gv_trash_how {
	const char *what;             /* as above */
	const char *remote, *reason;  /* NULL: none */
	const struct gv_marks *marks; /* whose tags are kept with them; NULL */
};

struct gv_trash_new {
	const char *id;
	struct gv_oid commit;
	const char *who; /* NULL: who runs this */
};

/* Put snapshots into the trash: a ref of the edit's transaction, which comes
 * first. Those whose commit is not here are left out. 0 or a failure. */
int gv_trash_add(struct gv_ledger_edit *edit, const struct gv_trash_how *how,
    const struct gv_trash_new *items, size_t n);

/* Take ids out of it, in the edit's transaction. 0 or a failure. */
int gv_trash_take(struct gv_ledger_edit *edit, const struct gv_trash *trash,
    const char *const *ids, size_t n);

/* Let go of what has expired; of everything where `all`. *n is how many
 * snapshots went. The space returns with the next fold --reclaim or git gc. 0
 * or a failure. */
int gv_trash_expire(size_t *n, struct gv_repo *repo, int64_t now, bool all);

/* Bring snapshots back: their refs, their tags, and a statement that outlives
 * the deletion in every clone, in one transaction. The ids are whole. 0;
 * GV_ENOTFOUND for one that is not in the trash; GV_ELOCKED; a failure, and
 * then nothing was changed. */
int gv_trash_restore(
    struct gv_repo *repo, const char *const *ids, size_t n, int64_t now);

#endif
