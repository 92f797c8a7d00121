#ifndef GV_OWN_H
#define GV_OWN_H
/*
 * Which snapshots this clone took itself, and which of them this working tree:
 * a list of their commits in a file that no fetch, push or mirror reaches.
 * What a commit says of itself (host, author, previous) proves nothing, since
 * whoever can push can write it. Where the file is lost, every snapshot counts
 * as somebody else's. It keeps nothing alive, and an entry outlives a deletion,
 * so that a snapshot that comes back is known again.
 *
 *	r = gv_own_load(&own, repo);
 *	if (!gv_own_has(&own, &rec.commit)) … it came from elsewhere …
 *	gv_own_release(&own);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_repo;

#define GV_OWN_TREE 16 /* digits that name a linked working tree */
#define GV_OWN_ID   25 /* characters of a snapshot's id */

struct gv_own_entry {
	struct gv_oid commit;
	char id[GV_OWN_ID + 1];
	char tree[GV_OWN_TREE + 1]; /* "main", or a linked one's name */
};

struct gv_own {
	struct gv_own_entry *entries; /* as they are in the file */
	size_t n, cap;
	uint32_t *slots; /* places of entries, plus one, by their commits */
	size_t n_slots;  /* a power of 2; 0 where there is no entry */
	size_t damaged;  /* lines that could not be read */
	char tree[GV_OWN_TREE + 1]; /* this working tree; "": it took none */
	bool is_missing;            /* there is no such file */
};

/* Read the repository's list. 0, also if there is no file; GV_ENOMEM or
 * GV_ERROR. The caller releases it. */
int gv_own_load(struct gv_own *out, const struct gv_repo *repo);

/* The same of the bytes of a file, but for `tree`. 0 or GV_ENOMEM. */
int gv_own_parse(struct gv_own *out, const char *text, size_t len);

/* Read no more of the list than its last entry of this working tree, which is
 * of the snapshot that it took last. 1 with that entry alone in *out, which the
 * caller releases; 0 if it is not among the last lines, one of these is damaged
 * or another snapshot is as new; GV_ENOMEM. */
int gv_own_load_last(struct gv_own *out, const struct gv_repo *repo);

/* Append the line of an entry. */
void gv_own_format(struct gv_buf *out, const struct gv_own_entry *entry);

/* Whether this clone took the snapshot, in any of its working trees. */
bool gv_own_has(const struct gv_own *own, const struct gv_oid *commit);

/* The same for a single question, with the list loaded for it: 1 or 0;
 * GV_ENOMEM or GV_ERROR. */
int gv_own_took(const struct gv_repo *repo, const struct gv_oid *commit);

/* Whether this working tree did. */
bool gv_own_is_here(const struct gv_own *own, const struct gv_oid *commit);

/* Whether this working tree took a snapshot after one that claims to be
 * younger, so the clock was set back in between. May also be true if snapshots
 * were rewritten; never wrongly false. */
bool gv_own_is_set_back(const struct gv_own *own);

/* Whether this working tree took snapshots, but the list has none of them. */
bool gv_own_is_lost(const struct gv_own *own, const struct gv_repo *repo);

/* Note that this working tree takes that snapshot. Call it before the ref is
 * created: after a crash in between the list has a line too many, never one too
 * few. Needs the lock of the working tree. 0, or a failure. */
int
gv_own_add(struct gv_repo *repo, const char *id, const struct gv_oid *commit);

/* If this clone took `old`, append lines that say the same of the commit that
 * replaces it. */
void gv_own_renew(struct gv_buf *lines, const struct gv_own *own,
    const struct gv_oid *old, const struct gv_oid *commit);

/* Add such lines to the repository's list, before the refs move. 0, also if
 * `lines` is empty; or a failure. */
int gv_own_append(struct gv_repo *repo, const struct gv_buf *lines);

/* Free; NULL-safe, zeroed struct ok. */
void gv_own_release(struct gv_own *own);

#endif
