#ifndef GV_RECEIVE_INTERNAL_H
#define GV_RECEIVE_INTERNAL_H
/*
 * What the files of receive.h share: receive.c reads a push and runs the
 * checks, receive_ref.c compares vault refs with their table,
 * receive_snapshot.c looks at one snapshot, receive_form.c at the trees of all
 * other vault refs, receive_delete.c at who deletes, receive_good.c at what was
 * found bad, receive_freeze.c at what may not change now, receive_scan.c looks
 * for secrets. Include it nowhere else.
 */

#include <stdbool.h>

#include "hook/receive.h"
#include "vault/ledger.h"

struct gv_odb;

struct gv_receive_job {
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_receive *push;
	struct gv_receive_settings settings;
	struct gv_receive_report *report;
	int64_t now;
	bool is_past;           /* the refs have moved */
	bool has_tombs;         /* `tombs` was read */
	struct gv_ledger tombs; /* of this push, else those that are here */
};

/* Add a fault of a ref (NULL: of none) to the report. 0 or GV_ENOMEM. */
int gv_receive_fault(struct gv_receive_job *job, const char *ref,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same by the thread's message of a failure `r`: 0 where it says something
 * of the push; else `r`, which is of the machine. */
int gv_receive_fault_of(struct gv_receive_job *job, const char *ref, int r);

/* receive_ref.c: whether what is in the commits of a ref is scanned. */
bool gv_receive_is_scanned(const char *ref);

/* Whether it may name a snapshot. */
bool gv_receive_holds_snapshots(const char *ref);

/* The names of vault refs that are not scanned, one after the other, *at
 * being 0 first; one that ends in '/' is of all below it. NULL at the end. */
const char *gv_receive_unscanned(size_t *at);

/* Hold one update against the table. 0 or a failure. */
int gv_receive_check_ref(
    struct gv_receive_job *job, const struct gv_receive_update *u);

/* receive_form.c: whether what is new in the tree of a commit of this kind is
 * what git-vault makes there: names, sizes, and that what is to be sealed is. 0
 * or a failure. */
enum gv_receive_form {
	GV_RECEIVE_SECRETS,
	GV_RECEIVE_STATES,
	GV_RECEIVE_KEYRING,
	GV_RECEIVE_IDKEY,
	GV_RECEIVE_MARKS,
	GV_RECEIVE_DELETIONS,
	GV_RECEIVE_EVENTS,
};

int gv_receive_check_form(struct gv_receive_job *job,
    const struct gv_receive_update *u, enum gv_receive_form form);

/* receive_snapshot.c: whether a snapshot that is created is what it says it
 * is, and whether one may be deleted. 0 or a failure. */
int gv_receive_check_snapshot(
    struct gv_receive_job *job, const struct gv_receive_update *u);
int gv_receive_check_deletion(
    struct gv_receive_job *job, const struct gv_receive_update *u);

/* … and whether there is nothing in its root that nobody would look at. */
int gv_receive_check_root(struct gv_receive_job *job,
    const struct gv_receive_update *u, const struct gv_oid *root);

/* receive_delete.c: whether who pushes may delete what they delete. 0 or a
 * failure. */
int gv_receive_check_deletions(struct gv_receive_job *job);

/* receive_good.c: whether a branch goes to a commit that was revoked in some
 * environment. 0 or a failure. */
int gv_receive_check_good(struct gv_receive_job *job);

/* receive_freeze.c: whether a branch changes what is frozen now. 0 or a
 * failure. */
int gv_receive_check_freeze(struct gv_receive_job *job);

/* receive_scan.c: look for secrets in all that is pushed. 0 or a failure. */
int gv_receive_scan(struct gv_receive_job *job);

#endif
