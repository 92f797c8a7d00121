#ifndef GV_REMOVAL_H
#define GV_REMOVAL_H
/*
 * Deletes snapshots: their refs, their marks, and tombstones for them, in one
 * transaction, which also puts them into the trash (trash.h). There they stay
 * until they expire; what is deleted without the trash, or was damaged, stays
 * until Git's own gc, or a fold, drops what no ref needs.
 *
 *	r = gv_removal_run(&removal, repo, expressions, n, &opts);
 *	gv_removal_release(&removal);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_record_refs;
struct gv_repo;
struct gv_safe;

struct gv_removal_item {
	char *id; /* or the rest of the ref's name, where that is no id */
	struct gv_oid commit;
	bool is_damaged; /* so it does not go to the trash, where its gaps
			  * would keep git gc from ending */
};

struct gv_removal {
	struct gv_removal_item *items;
	size_t n, cap;
	size_t n_again;       /* refs of earlier deletions that had come back */
	const char *event;    /* the kind of the event in the audit chain */
	const char *reason;   /* and why; NULL */
	struct gv_safe *safe; /* an identity of it signs the event; NULL: one
				 of this host */
	bool no_trash;        /* they are not put there */
	bool is_asked; /* a user asked for it, so that `undo` reverses it:
			       see record/undo.h */
};

/* Asked with all that is going to be removed, before it is, whether it may be:
 * 0, or a failure, which ends the removal. It may be asked again for the same
 * where others moved a ref meanwhile, and may put another reason. In a dry run
 * nothing is removed after it. */
typedef int
gv_removal_agree_fn(void *data, struct gv_removal *removal, bool is_dry);

struct gv_removal_opts {
	bool force;           /* also what is damaged, by id */
	bool dry_run;         /* only say which */
	bool no_trash;        /* they do not go to the trash */
	const char *reason;   /* for the audit chain; NULL */
	struct gv_safe *safe; /* as of gv_removal */
	int64_t now;
	gv_removal_agree_fn *agree; /* NULL: nobody is asked */
	void *data;                 /* for it */
};

/* What an approval of exactly this removal is bound to: the way, "delete" or
 * "prune", whether the trash gets them or is emptied, and the commits, in
 * whatever order they are. 0; GV_ENOMEM. */
int gv_removal_subject(struct gv_oid *out, const char *way, bool is_for_good,
    const struct gv_removal *removal);

/* Add one to what is to be deleted; it must not be there yet. */
int gv_removal_add(
    struct gv_removal *removal, const char *id, const struct gv_oid *commit);

/* Whether the commit of one of them is here, to be restored from. */
bool
gv_removal_is_there(const struct gv_removal *removal, struct gv_repo *repo);

/* Whether anything may be deleted: 0, or GV_ECORRUPT where marks or tombstones
 * cannot be read, which might say that it stays. */
int gv_removal_check(const struct gv_record_refs *refs);

/* Delete them, and the refs of earlier deletions that came back; the caller
 * holds the lock. GV_EREFUSED where one is pinned, GV_EEXISTS where somebody
 * else moved a ref meanwhile (look again), GV_ECORRUPT where pins, tombstones
 * or the audit chain, which gets an event in the same transaction, cannot be
 * read: then nothing was deleted. */
int gv_removal_apply(struct gv_removal *removal, struct gv_repo *repo,
    const struct gv_record_refs *refs, int64_t now);

/* Delete the snapshots that the expressions name, all or none. As above, and
 * GV_ENOTFOUND, GV_ECORRUPT as gv_record_resolve(). */
int gv_removal_run(struct gv_removal *out, struct gv_repo *repo,
    const char *const *expressions, size_t n,
    const struct gv_removal_opts *opts);

void gv_removal_release(struct gv_removal *removal);

#endif
