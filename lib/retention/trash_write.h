#ifndef GV_TRASH_WRITE_H
#define GV_TRASH_WRITE_H
/*
 * Writes the trash: adds snapshots that are deleted, brings them back, and lets
 * them expire. record/trash.h reads it.
 *
 *	r = gv_trash_add(&edit, &how, items, n);
 *	r = gv_trash_restore(repo, ids, n, now);
 */

#include "record/trash.h"

struct gv_ledger_edit;
struct gv_marks;

struct gv_trash_how {
	const char *what;             /* what was done, see record/trash.h */
	const char *remote, *reason;  /* NULL: none */
	const struct gv_marks *marks; /* with the tags to keep; NULL: none */
};

struct gv_trash_new {
	const char *id;
	struct gv_oid commit;
	const char *who; /* NULL: the present user */
};

/* Put snapshots into the trash, by a ref at the start of the edit's
 * transaction. Snapshots whose commit is missing are left out. 0 or a failure.
 */
int gv_trash_add(struct gv_ledger_edit *edit, const struct gv_trash_how *how,
    const struct gv_trash_new *items, size_t n);

/* Remove ids from the trash, in the edit's transaction. 0 or a failure. */
int gv_trash_take(struct gv_ledger_edit *edit, const struct gv_trash *trash,
    const char *const *ids, size_t n);

/* Remove expired snapshots from the trash, or with `all` every snapshot. *n is
 * how many were removed. The next fold --reclaim or git gc frees the space. 0
 * or a failure. */
int gv_trash_expire(size_t *n, struct gv_repo *repo, int64_t now, bool all);

/* Bring snapshots back in one transaction: their refs, their tags, and an entry
 * that overrides the deletion in every clone. The ids are full ids. 0;
 * GV_ENOTFOUND for a snapshot that is not in the trash; GV_ELOCKED. Nothing is
 * changed after a failure. */
int gv_trash_restore(
    struct gv_repo *repo, const char *const *ids, size_t n, int64_t now);

#endif
