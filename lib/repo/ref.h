#ifndef GV_REF_H
#define GV_REF_H
/*
 * Refs: listed by `git for-each-ref` (vault refs, where nothing about them is
 * odd, from git's files), moved by `git update-ref --stdin`, which
 * checks old values, refuses missing objects and runs the hooks of the user.
 * Several moves are one transaction: all or none.
 *
 *	struct gv_ref_tx tx = GV_REF_TX_INIT;
 *	gv_ref_create(&tx, "refs/vault/snapshots/…", &commit);
 *	r = gv_ref_commit(&tx, repo);
 *	gv_ref_tx_release(&tx);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"
#include "sys/proc.h"

struct gv_repo;

struct gv_ref {
	const char *name;
	struct gv_oid oid;
};

struct gv_refs {
	struct gv_ref *refs; /* sorted by name */
	size_t n;
	char *text; /* what the names point into */
};

enum gv_ref_moved {
	GV_REF_MOVED_NONE, /* all are where they were */
	GV_REF_MOVED_SOME, /* some are not, or it cannot be told */
	GV_REF_MOVED_ALL,
};

struct gv_ref_tx {
	struct gv_buf lines;
	/* Set by gv_ref_commit(), whatever it returns. Where it is not NONE
	 * the objects that the steps name must stay: a ref without them
	 * breaks the repository. */
	enum gv_ref_moved moved;
	/* Set by who knows that the objects which the steps name are there and
	 * stay till the refs stand, in a pack of its own that is kept: then git
	 * need not look for them. */
	bool keeps_objects;
};

#define GV_REF_TX_INIT                                                         \
	{                                                                      \
		GV_BUF_INIT, GV_REF_MOVED_NONE, false                          \
	}

/* List all refs below `prefix` ("" for all of the repository). Symbolic refs
 * such as refs/remotes/origin/HEAD are left out. 0, or GV_ERROR with git's
 * words. */
int gv_ref_list(
    struct gv_refs *out, const struct gv_repo *repo, const char *prefix);

/* The same with the refs of `names` (at most four, NULL behind the last), whose
 * names come before the prefix. */
int gv_ref_list_with(struct gv_refs *out, const struct gv_repo *repo,
    const char *const *names, const char *prefix);

/* Where the ref of that full name stands; *out is zero where there is none. 0;
 * GV_ECORRUPT where its file says nothing; GV_ERROR. */
int
gv_ref_find(struct gv_oid *out, const struct gv_repo *repo, const char *name);

/* Whether the ref has a file of its own. Git passes over one that it cannot
 * read, as if there were none. */
bool gv_ref_has_file(const struct gv_repo *repo, const char *name);

/* Append, a line each, the full names of the refs below the prefix
 * ("refs/vault/") whose files say nothing: git passes over them. 0 or a
 * failure. (ref_broken.c) */
int gv_ref_broken(
    struct gv_buf *out, const struct gv_repo *repo, const char *prefix);

/* Let a ref whose file says nothing stand at a commit. No git command moves it
 * as long as the file is there, and without it there is for a while no such
 * ref, or what packed-refs has: so the file is replaced as git does, under its
 * lock; one that was left goes, see gv_ref_sweep(). 0, GV_ELOCKED, GV_EREFUSED
 * in a quarantine, or a failure. (ref_broken.c) */
int gv_ref_mend(
    const struct gv_repo *repo, const char *name, const struct gv_oid *oid);

/* Append a name that somebody has chosen, a host's, as one part of the name of
 * a ref: what such a part cannot have becomes '-', at its end it goes. False
 * where nothing is left of it. (ref_word.c) */
bool gv_ref_add_word(struct gv_buf *out, const char *name);

#define GV_REF_PATTERNS 64

/* The same of several prefixes (at most GV_REF_PATTERNS, NULL behind the last;
 * none: all refs), in two halves, so that git runs beside us: `p` is started by
 * the first and finished by the second. */
int gv_ref_list_start(struct gv_proc *p, const char *const *prefixes);

/* The same of all refs but those below refs/vault/, refs/vault-remote/ and
 * refs/vault-trash/, of which there may be thousands, and of the refs `ours`
 * (at most eight). Of all where others stand in more than fifty folders. */
int gv_ref_list_start_beside(
    struct gv_proc *p, const struct gv_repo *repo, const char *const *ours);

/* As the two halves of that together, from git's files. 1; 0 where something in
 * them is not of the plainest form, or in a linked working tree: then git is to
 * be asked. GV_ENOMEM. */
int gv_ref_read_beside(
    struct gv_refs *out, const struct gv_repo *repo, const char *const *ours);

int gv_ref_list_finish(struct gv_refs *out, struct gv_proc *p);

/* Take the text of `lines` over, a line each: 40 digits, a blank, a name (one
 * with a blank at its end is left out), as a list in order. 0; GV_ECORRUPT for
 * an invalid line; GV_ENOMEM. */
int gv_refs_parse(struct gv_refs *out, struct gv_buf *lines);

/* Free; NULL-safe. */
void gv_refs_release(struct gv_refs *refs);

/* The ref of that full name, or NULL. */
const struct gv_ref *gv_refs_find(const struct gv_refs *refs, const char *name);

/* Whether a ref by the name `dir` would be the folder of the other, so that git
 * has no room for both. */
bool gv_ref_is_below(const char *name, const char *dir);

/* Add a step: it must not exist yet / must be `old` / is only compared. */
void
gv_ref_create(struct gv_ref_tx *tx, const char *name, const struct gv_oid *oid);
void gv_ref_update(struct gv_ref_tx *tx, const char *name,
    const struct gv_oid *oid, const struct gv_oid *old);
void
gv_ref_delete(struct gv_ref_tx *tx, const char *name, const struct gv_oid *old);
void
gv_ref_verify(struct gv_ref_tx *tx, const char *name, const struct gv_oid *old);

/* Remove the lock files that a killed git left on vault refs: git itself never
 * does, and refuses to touch the ref ever after. A lock counts as left if it is
 * a minute old; one of our own as soon as its process is gone. 0 or GV_ERROR.
 */
int gv_ref_sweep(const struct gv_repo *repo);

/* Carry all steps out, durably, or none. 0, also where git died after it had
 * moved all; GV_EEXISTS where a ref is not what a step expects; GV_ELOCKED
 * where git could not lock one after several tries; GV_EREFUSED inside a
 * push's quarantine; GV_ERROR with git's words, or where refs have moved but
 * could not be flushed. A git that is killed on the way leaves some moved, the
 * first steps before the last ones. */
int gv_ref_commit(struct gv_ref_tx *tx, const struct gv_repo *repo);

/* git failed without saying that nothing was changed, or died: what has become
 * of the refs that these steps were to move? Keeps this thread's message. */
enum gv_ref_moved
gv_ref_settle(const struct gv_ref_tx *tx, const struct gv_repo *repo);

void gv_ref_tx_release(struct gv_ref_tx *tx);

/* How many vault refs, and refs that a fetch brought, lie in a file each
 * and could be packed: none where gc.packRefs forbids it, nor what cannot be
 * read. */
size_t gv_ref_loose(const struct gv_repo *repo);

/* Have git put refs into packed-refs where there are more than `max` of those:
 * only them where git can (2.42), else all refs, as git gc does. *n tells how
 * many of them there were; 0 where nothing was done. 0, GV_ELOCKED where
 * another git holds the file, or GV_ERROR with git's words. */
int gv_ref_pack(size_t *n, const struct gv_repo *repo, size_t max);

#endif
