#ifndef GV_ARTIFACT_H
#define GV_ARTIFACT_H
/*
 * What was built, or went into it, by its digest: of which commit, with which
 * snapshot and which versions of states, for which environment. Kept as lines
 * in the note of the commit (note.h), and read from known-good records (good.h)
 * as well. What an artifact is, and where it lies, is not known here.
 *
 *	r = gv_artifact_record(repo, &what);
 *	r = gv_artifacts_find(&found, repo, "sha256:4f…");
 *	gv_artifacts_release(&found);
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "repo/oid.h"

struct gv_bill;
struct gv_disclosure;
struct gv_repo;

struct gv_artifact_what {
	const char *const *items; /* NAME=ALGORITHM:DIGITS, as bill.h has it */
	size_t n;
	const char *const *files; /* what they say: gv_bill_read() */
	size_t n_files;
	const char *env;      /* NULL: for none in particular */
	const char *snapshot; /* an expression; NULL: the newest that was taken
				 on the commit, if any */
	const char *commit;   /* NULL: that of the snapshot, else HEAD */
	int64_t now;          /* seconds since 1970 */
};

/* What was noted. */
struct gv_artifact_done {
	size_t n;           /* digests */
	size_t bare;        /* components of files that have none */
	size_t odd;         /* left out of files: what stood for a digest and is
			       none, and what has a name like a secret */
	struct gv_buf odds; /* of the first: in which file, of what, and why, a
			       NUL behind each; the caller's */
};

/* Note each with its commit, durably; the newest version of each state of the
 * environment belongs to it. *out (it may be NULL) is set by success. 0;
 * GV_EUSAGE for words that are off, and then nothing was noted; GV_EREFUSED for
 * a name that looks like a secret, a snapshot of another commit, or a file of
 * another kind; GV_ENOTFOUND;
 * as gv_note_put(), upon which those before may be there. */
int gv_artifact_record(struct gv_artifact_done *out, struct gv_repo *repo,
    const struct gv_artifact_what *what);

struct gv_artifact_state {
	const char *stack;
	struct gv_oid version;
};

/* One that is known, in one place. Texts are of the list's arena. */
struct gv_artifact {
	const char *name, *digest;
	const char *from;           /* the file that says so; NULL: by hand */
	const char *version, *purl; /* NULL: none */
	const char *env, *snapshot; /* NULL: none */
	struct gv_oid commit;       /* zero: of none */
	struct gv_artifact_state *states;
	size_t n_states;
	int64_t time;         /* seconds since 1970 */
	unsigned record;      /* of the environment; 0: it is of a note */
	const char *standing; /* of that record; static, or NULL */
};

struct gv_artifacts {
	struct gv_artifact *all; /* the newest first */
	size_t n, cap;
	size_t odd; /* lines of notes and records that cannot be read */
	struct gv_arena arena;
};

/* Whether an artifact can be called so: 0; GV_EUSAGE for one that is too long
 * or odd, or that says a password, which all would read; as
 * gv_disclosure_check(). */
int
gv_artifact_check_name(struct gv_disclosure *d, const char *name, size_t len);

/* Leave out of a bill, from an item and an odd one on, what all would read and
 * looks like a secret: whole items, and names of odd ones. `file` is for the
 * user. 0; as gv_disclosure_find(). */
int gv_artifact_clear(struct gv_bill *bill, struct gv_disclosure *d,
    size_t from, size_t odd_from, const char *file);

/* All artifacts if `text` is NULL; else all of that name, NAME@VERSION or
 * address of a package; or by that digest: its digits or the first seven and
 * more, with the algorithm before them or not, or as lock files write it
 * (gv_bill_digest()). 0, also with none; GV_ECORRUPT where the notes are
 * damaged; GV_ERROR; GV_ENOMEM. The caller releases. */
int gv_artifacts_find(
    struct gv_artifacts *out, struct gv_repo *repo, const char *text);

/* Free; NULL-safe, zeroed ok. */
void gv_artifacts_release(struct gv_artifacts *found);

#endif
