#ifndef GV_LEDGER_H
#define GV_LEDGER_H
/*
 * A vault ref that is a chain of commits, each with a small tree: what is
 * said of snapshots after they were taken. Two clones that wrote are merged
 * as Git merges trees, since every statement is a file of its own.
 *
 *	r = gv_ledger_load(&ledger, odb, tip);
 *	r = gv_ledger_begin(&edit, repo, now);
 *	r = gv_ledger_tree(&edit, &tree, &ledger.tree, changes, n);
 *	r = gv_ledger_step(&edit, &ledger, "refs/vault/marks", &tree, "pin");
 *	r = gv_ledger_publish(&edit);
 *	gv_ledger_end(&edit);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"
#include "repo/ref.h"

struct gv_odb;
struct gv_pack;
struct gv_pack_lane;
struct gv_repo;

struct gv_ledger {
	struct gv_oid tip;    /* the commit; zero: there is none yet */
	struct gv_oid tree;   /* the tree of it; zero with it */
	struct gv_oid merged; /* of another clone: the next step has it as its
				 second parent; zero: none */
};

struct gv_ledger_change {
	const char *name;
	unsigned mode;
	struct gv_oid oid; /* zero: take the entry away */
};

struct gv_ledger_edit {
	struct gv_repo *repo;
	struct gv_odb *odb;
	int64_t now;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_ref_tx tx;    /* steps of the caller may go in here too */
	struct gv_ref_tx *into; /* where steps go: it, or the caller's own */
	struct gv_ref_tx moves; /* those of them that are of ledgers */
	struct gv_oid tip;      /* where the last of them moves to */
	bool is_durable;        /* all objects are, only refs are left */
};

/* Look at the commit `tip` (NULL or zero: there is no such ref). 0, or
 * GV_ECORRUPT, GV_ENOTFOUND. */
int gv_ledger_load(
    struct gv_ledger *out, struct gv_odb *odb, const struct gv_oid *tip);

/* The tree of the commit that HEAD names, and the objects to read it by. 1; 0
 * before the first commit; as gv_ledger_load(). */
int
gv_ledger_head(struct gv_oid *tree, struct gv_odb **odb, struct gv_repo *repo);

/* Begin to write; gv_ledger_end() it whatever comes. 0 or a failure. */
int
gv_ledger_begin(struct gv_ledger_edit *edit, struct gv_repo *repo, int64_t now);

/* The same over the lane and the transaction of a caller who publishes them
 * himself: nothing here needs gv_ledger_publish() then, all the rest is as it
 * is. 0 or a failure. */
int gv_ledger_join(struct gv_ledger_edit *edit, struct gv_repo *repo,
    int64_t now, struct gv_pack_lane *lane, struct gv_ref_tx *tx);

/* Add a blob. */
int gv_ledger_blob(struct gv_ledger_edit *edit, struct gv_oid *out,
    const void *data, size_t len);

/* Add the tree that `old` (NULL or zero: the empty one) becomes by the
 * changes, which are sorted by it. *out is zero where nothing is left. */
int gv_ledger_tree(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid *old, struct gv_ledger_change *changes, size_t n);

/* Add a commit with this tree (zero: the empty one) on top of what the ledger
 * was, and the step of its ref to the transaction. Git carries steps out in
 * their order: if it is killed on the way, those of ledgers decide whether the
 * edit counts as done. */
int gv_ledger_step(struct gv_ledger_edit *edit, const struct gv_ledger *ledger,
    const char *ref, const struct gv_oid *tree, const char *subject);

/* The same, but the commit stands on nothing: what the ledger had and the tree
 * has not is reached by nobody from then on. */
int gv_ledger_renew(struct gv_ledger_edit *edit, const struct gv_ledger *ledger,
    const char *ref, const struct gv_oid *tree, const char *subject);

/* Add such a step to a commit that there is: from `was`, or zero. */
void gv_ledger_move(struct gv_ledger_edit *edit, const char *ref,
    const struct gv_oid *tip, const struct gv_oid *was);

/* Make the objects durable and carry the transaction out. 0, or as
 * gv_ref_commit() says: GV_EEXISTS where another writer was quicker. */
int gv_ledger_publish(struct gv_ledger_edit *edit);

/* The first half of that: the objects are durable and can be read, and no ref
 * names them yet. gv_ledger_publish_again() moves the refs; without it
 * gv_ledger_end() drops the objects. 0 or a failure. */
int gv_ledger_store(struct gv_ledger_edit *edit);

/* After publishing has failed and no ref has moved: once more, with the steps
 * of the edit's own ledgers alone, without those that others put into its
 * transaction; where is_durable. The same. */
int gv_ledger_publish_again(struct gv_ledger_edit *edit);

/* Free; what was not published is gone. NULL-safe, zeroed struct ok. */
void gv_ledger_end(struct gv_ledger_edit *edit);

#endif
