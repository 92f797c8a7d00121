#ifndef GV_FOLD_INTERNAL_H
#define GV_FOLD_INTERNAL_H
/*
 * What the files of the fold share; nobody else includes this.
 */

#include "base/buf.h"
#include "fold/fold.h"
#include "object/odb_own.h"

struct gv_odb;
struct gv_pack_adopt;
struct gv_pack_drop;
struct gv_repo;

/* More refs than this in a file each, and packing them is due: each costs a
 * git fetch as much as ten that are packed. */
#define GV_FOLD_REFS 20

struct gv_fold_run {
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_fold_opts *opts;
	struct gv_fold_result *out;
	struct gv_odb_own own;
	struct gv_pack_adopt *whole; /* the new pack */
	struct gv_pack_adopt *cruft; /* of what is kept for now */
	struct gv_pack_drop *drop;
};

/* Do `once` under the lock, and again where another git was faster; then, but
 * for a dry run, `after`, with what came of it. What `after` returned.
 * (fold.c) */
int gv_fold_alone(struct gv_fold_run *run, int (*once)(struct gv_fold_run *run),
    int (*after)(const struct gv_fold_run *run, int r));

/* Begin to work on something that takes long. (fold.c) */
void
gv_fold_begin(const struct gv_fold_run *run, const char *title, uint64_t n);

/* Free what a run holds: first what was hidden comes back, then new packs that
 * were not accepted go, unless somebody has named them. (fold.c) */
void gv_fold_end(struct gv_fold_run *run);

/* The threshold of vault.autoFold; 0: never. *is_set: somebody wrote it.
 * (fold_auto.c) */
size_t gv_fold_limit(const struct gv_repo *repo, bool *is_set);

/* Leave in the list what a fold in the background is to fold: nothing where
 * they are not too many, or the disk has no room for all of it once more.
 * (fold.c) */
void gv_fold_choose(struct gv_odb_own *own, const struct gv_repo *repo);

/* Nothing waits to be reclaimed any more. (fold_waits.c) */
void gv_fold_wait_no_more(const struct gv_repo *repo);

/* Whether something has waited for a day and may be reclaimed by itself, and
 * from what age on: as gv_fold_opts.expire, "never" for never. */
bool gv_fold_waits_is_over(const struct gv_repo *repo);
const char *gv_fold_waits_for(const struct gv_repo *repo);

/* The lines for git pack-objects: every object of that fate, with the end of
 * the path that it has in a snapshot, by which git finds what to make deltas
 * against. (fold_list.c) */
int gv_fold_list(
    struct gv_buf *out, struct gv_fold_run *run, enum gv_odb_own_fate fate);

/* Have git write a pack of the objects in `list`, found by *a afterwards.
 * (fold_pack.c) */
int gv_fold_pack(struct gv_pack_adopt **a, struct gv_fold_run *run,
    const struct gv_buf *list);

/* Everything that has to be kept: all that refs, reflogs, the indexes and HEADs
 * of all worktrees and operations under way reach. */
struct gv_fold_reach {
	struct gv_oid *ids; /* sorted */
	size_t n, cap;
	struct gv_buf
	    tips; /* what it was asked of, to see whether it changed */
};

/* Ask git. The caller releases it. (fold_reach.c) */
int gv_fold_reach_load(struct gv_fold_reach *out, struct gv_fold_run *run);

bool
gv_fold_reach_has(const struct gv_fold_reach *reach, const struct gv_oid *id);

/* 1 where refs and the rest are still what they were, 0 where not, or a
 * failure. */
int gv_fold_reach_is_same(
    const struct gv_fold_reach *reach, struct gv_fold_run *run);

void gv_fold_reach_release(struct gv_fold_reach *reach);

/* What a failure was where the packs are not those any more that were found:
 * another git has repacked them, and GV_EEXISTS says to begin again. (fold.c)
 */
int gv_fold_outrun(const struct gv_fold_run *run, int failure);

/* Where git keeps a commit-graph and a commit is to go, have git write a new
 * graph of what refs reach: it must not name a commit that is gone, or
 * git fsck fails ever after. Before anything goes, so that a crash leaves no
 * such graph. 0; GV_ELOCKED where another git writes it; GV_ERROR.
 * (fold_graph.c) */
int gv_fold_graph(const struct gv_fold_run *run);

/* Hide the old packs, but for one that is the new one. GV_EEXISTS where git is
 * about to name them in a multi-pack-index. (fold_pack.c) */
int gv_fold_hide(struct gv_fold_run *run);

/* Append the ids of objects that the worktrees of a repository name outside of
 * refs and indexes, a line each: HEAD and its like (ORIG_HEAD, MERGE_HEAD,
 * FETCH_HEAD …), and those that a rebase, am, cherry-pick or revert under way
 * has noted. Objects that do not exist are left out. 0 or GV_ENOMEM. */
int gv_fold_stray(struct gv_buf *out, struct gv_repo *repo);

#endif
