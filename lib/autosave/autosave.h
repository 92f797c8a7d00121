#ifndef GV_AUTOSAVE_H
#define GV_AUTOSAVE_H
/*
 * The chain of automatic saves of a working tree, refs/vault/auto/HOST/TREE.
 * Each save is a commit as a snapshot's is. It hangs on a link: a commit with
 * the link before as its first parent and the save as its last, whose message
 * names the save. So the chain is thinned by new links; only a purge rewrites
 * saves.
 *
 *	r = gv_autosave_load(&chain, repo, NULL);	chain.saves[0] is newest
 *	r = gv_autosave_add(&step, lane, &of);
 *	gv_autosave_release(&chain);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "autosave/thin.h"
#include "repo/oid.h"

struct gv_buf;
struct gv_odb;
struct gv_pack_lane;
struct gv_ref_tx;
struct gv_repo;

#define GV_AUTOSAVE_ID 25 /* characters of a save's id, as a snapshot's */

struct gv_autosave {
	char id[GV_AUTOSAVE_ID + 1];
	int64_t time; /* of the id, in seconds since 1970 */
	struct gv_oid commit;
	struct gv_oid root;   /* the tree of that commit */
	struct gv_oid link;   /* of the chain */
	struct gv_oid before; /* the link before; zero: it is the first */
	unsigned since;       /* saves since the chain was thinned, this too */
};

struct gv_autosaves {
	struct gv_autosave *saves; /* newest first */
	size_t n, cap;
	struct gv_oid tip; /* zero: there is no chain */
};

/* Append the name of this working tree's ref. 0 or GV_ENOMEM. */
int gv_autosave_ref(struct gv_buf *out, struct gv_repo *repo);

/* The end of this working tree's chain: 1; 0 where there is none; GV_ECORRUPT,
 * GV_ENOTFOUND where its link cannot be read. */
int gv_autosave_last(struct gv_autosave *out, struct gv_repo *repo);

/* Read a chain from its end on: that of a ref, or with NULL this working
 * tree's. 0, also where there is none; GV_ECORRUPT or GV_ENOTFOUND where a link
 * cannot be read, with all that are newer in *out. To be released in any case.
 */
int gv_autosave_load(
    struct gv_autosaves *out, struct gv_repo *repo, const struct gv_oid *tip);

void gv_autosave_release(struct gv_autosaves *chain);

/* The newest save of this working tree that is not after a time, or with an id
 * the one of that id. 1; 0 where there is none; as gv_autosave_load(). */
int gv_autosave_find(struct gv_autosave *out, struct gv_repo *repo,
    int64_t time, const char *id);

/* Whether this working tree made the save itself: its chain ends as the file
 * .git/vault/auto says, which no fetch writes. 1, 0 or a failure. */
int gv_autosave_took(struct gv_repo *repo, const struct gv_oid *commit);

/* What a link is made of. */
struct gv_autosave_new {
	struct gv_repo *repo;
	struct gv_oid before; /* the link before; zero: it is the first */
	const char *id;
	struct gv_oid commit, root;
	unsigned since;
	int64_t now;
};

/* Add a link to a pack. 0 or a failure. (autosave_write.c) */
int gv_autosave_add(struct gv_oid *link, struct gv_pack_lane *lane,
    const struct gv_autosave_new *of);

/* Add the step of this working tree's ref to a transaction, and note where it
 * will stand as this clone's own doing. Zero for `was` or `is`: no ref.
 * 0 or a failure. (autosave_write.c) */
int gv_autosave_step(struct gv_ref_tx *tx, struct gv_repo *repo,
    const struct gv_oid *was, const struct gv_oid *is);

/* Add new links for a chain whose saves were rewritten, from the oldest with a
 * link of zero on, and that step. Needs the lock. 0 or a failure.
 * (autosave_write.c) */
int gv_autosave_renew(struct gv_ref_tx *tx, struct gv_pack_lane *lane,
    struct gv_repo *repo, const struct gv_autosaves *chain, int64_t now);

/* Take the lock of the chain, for which only a prune waits: 0 with *lock
 * for gv_lock_close(); GV_ELOCKED where another save is under way; GV_EREFUSED
 * inside a push's quarantine; GV_ERROR. (autosave_write.c) */
int gv_autosave_lock(int *lock, struct gv_repo *repo);

/* How long saves of each class stay, and which class a path is of. */
struct gv_autosave_rules {
	struct gv_thin_rule of[GV_CLASSES];
	enum gv_class (*class_of)(void *ctx, const char *path, size_t len);
	void *ctx;
};

/* Find the class of each save of a chain, by what changed in it since the one
 * before; only where its rule makes a difference, else GV_CLASS_CRITICAL. 0,
 * also where one is damaged; GV_ENOMEM, GV_ECANCELED. (autosave_class.c) */
int gv_autosave_weigh(struct gv_thin_save *out, struct gv_repo *repo,
    const struct gv_autosaves *chain, const struct gv_autosave_rules *rules);

/* Let those go that the rules let go; *n tells how many. Needs the lock. 0;
 * GV_EEXISTS where the chain moved meanwhile; as gv_autosave_load().
 * (autosave_write.c) */
int gv_autosave_thin(size_t *n, struct gv_repo *repo,
    const struct gv_autosave_rules *rules, int64_t now);

/* The same with the lock; nothing where there is no chain. 0; GV_ELOCKED;
 * GV_EREFUSED inside a push's quarantine; as above. (autosave_write.c) */
int gv_autosave_tidy(size_t *n, struct gv_repo *repo,
    const struct gv_autosave_rules *rules, int64_t now);

/* Let the save of a commit and all that are older go; the newest always stays.
 * *n tells how many. Takes the lock. 0, also where that one went meanwhile; as
 * gv_autosave_tidy(). (autosave_write.c) */
int gv_autosave_shorten(
    size_t *n, struct gv_repo *repo, const struct gv_oid *commit, int64_t now);

/* The name of that lock in .git/vault. */
#define GV_AUTOSAVE_LOCK "auto-lock"

#endif
