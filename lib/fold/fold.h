#ifndef GV_FOLD_H
#define GV_FOLD_H
/*
 * Combines the many small packs that snapshots leave into one, with deltas over
 * time. It changes only packs that git-vault wrote (object/odb_own.h), and
 * loses no object. Only gv_fold_reclaim() removes objects: those that no ref
 * reaches any more.
 *
 *	struct gv_fold_result res;
 *	r = gv_fold_run(&res, repo, &(struct gv_fold_opts){ 0 });
 *	if (gv_fold_is_due(repo))
 *		gv_fold_start(repo, NULL);	in the background
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "repo/oid.h"

struct gv_repo;

#define GV_FOLD_PACKS 10 /* with more packs of snapshots, a fold is due */

struct gv_fold_opts {
	bool is_auto; /* in the background: lowest priority, only where it is
			 due, packs far larger than the others stay, and
			 git adds to its commit-graph */
	bool dry_run; /* only count */
	int threads;  /* 0: one a processor, at most 4 */
	/* of gv_fold_reclaim(): unreachable objects that are younger stay;
	 * a duration or any of git's date formats; NULL: vault.reclaimExpire,
	 * or two hours ago */
	const char *expire;
	/* told of what goes on; either may be NULL */
	void (*begin)(void *ctx, const char *title, uint64_t total);
	void (*add)(void *ctx, uint64_t count, uint64_t bytes);
	void *ctx;
};

struct gv_fold_result {
	uint64_t packs, bytes; /* that were folded, and their size */
	uint64_t objects;      /* in them, each once */
	bool is_folded;        /* they are one pack now, or with a dry run would
				  be */
	char name[GV_OID_HEX + 1]; /* of that pack; "" for none */
	uint64_t new_bytes;        /* size of what stands in their place */
	uint64_t held;    /* packs of snapshots with a .keep or the like */
	uint64_t refs;    /* vault refs, also fetched ones, that were packed */
	uint64_t dropped; /* objects that nothing reached */
	uint64_t young;   /* objects that nothing reaches, kept for now */
};

/* Fold. 0, also where there is nothing to fold; GV_ELOCKED where another fold
 * or git gc is at work; GV_EREFUSED inside a push's quarantine or where
 * objects are precious; GV_ECORRUPT
 * where an object cannot be read; GV_ECANCELED; GV_ERROR. On failure all
 * packs are as they were. */
int gv_fold_run(struct gv_fold_result *out, struct gv_repo *repo,
    const struct gv_fold_opts *opts);

/* Fold, and leave out what no ref, reflog, index, worktree or operation under
 * way reaches and what is old enough; what is not, goes to a cruft pack. 0 and
 * failures as above; GV_EEXISTS where others kept using the repository. */
int gv_fold_reclaim(struct gv_fold_result *out, struct gv_repo *repo,
    const struct gv_fold_opts *opts);

/* Take the lock of whoever takes packs away, maybe after a while;
 * gv_lock_close() gives it back. 0; GV_ELOCKED, also while git gc is at work;
 * GV_EREFUSED inside a push's quarantine; GV_ERROR. *lock is -1 then. */
int gv_fold_lock(int *lock, const struct gv_repo *repo, bool is_patient);

/* What the background does: gv_fold_reclaim() with vault.autoReclaim where what
 * was deleted has waited for a day, and gv_fold_run() where it is due. 0 and
 * failures as above. */
int gv_fold_upkeep(struct gv_fold_result *out, struct gv_repo *repo,
    const struct gv_fold_opts *opts);

/* Remember that snapshots were deleted, so that the background returns their
 * space some day. The flag: count from now on, even if others wait already. */
void gv_fold_wait(const struct gv_repo *repo, bool anew);

/* Whether there are more packs of snapshots than vault.autoFold allows, or data
 * to be reclaimed, and the background would do good here: not inside a push's
 * quarantine, not with GIT_OBJECT_DIRECTORY set, not where it cannot write; and
 * unless vault.autoFold says otherwise not where gc.auto is 0 or CI is set.
 * Never fails. */
bool gv_fold_is_due(struct gv_repo *repo);

/* Start `git vault fold --auto` on its own, its words going to
 * .git/vault/log. `pid`: NULL, or where its process id goes, for who lives on
 * and has to wait for it (sys/exec.h). 0, or GV_ERROR where it could not be
 * started. */
int gv_fold_start(const struct gv_repo *repo, pid_t *pid);

#endif
