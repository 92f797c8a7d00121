#ifndef GV_ROLLBACK_H
#define GV_ROLLBACK_H
/*
 * Going back to what was good, as one thing with its parts: states are made
 * ready as files, then the working tree is restored, then the audit event is
 * written. Each step is noted before it is done, so that the next command
 * finishes or undoes an interrupted rollback. good.h says what is gone back to,
 * restore.h brings the files there.
 *
 *	r = gv_rollback_open(&job, repo);
 *	r = gv_rollback_begin(job, safety);
 *	… files into gv_rollback_dir(job) …
 *	r = gv_rollback_paths_save(&paths, gv_rollback_dir(job));
 *	r = gv_rollback_write(job, &note);
 *	r = gv_restore_run(&result, repo, &rec, &opts);
 *	r = gv_rollback_played(repo, safety, NULL);
 *	r = gv_rollback_end(job, safe, now, &n);
 *	gv_rollback_close(job);
 *
 * In .git/vault/rollback: <id>/, of which `note` says what it is of; `pending`,
 * with its id, until all files of the working tree are where they belong; then
 * that is named `played`, until the event is written. The id is that of the
 * snapshot of what stood before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/arena.h"
#include "record/record_id.h"
#include "repo/oid.h"

struct gv_good;
struct gv_record;
struct gv_repo;
struct gv_restore_after;
struct gv_rollback_env;
struct gv_safe;

/* A state, and the version that was its newest before. */
struct gv_rollback_state {
	const char *stack;
	struct gv_oid version;
};

/* What one is of. */
struct gv_rollback_note {
	char id[GV_RECORD_ID_LEN + 1];
	char snapshot[GV_RECORD_ID_LEN + 1]; /* the files; "": they stay */
	char undoes[GV_RECORD_ID_LEN + 1];   /* "": it undoes none */
	const char *env;
	unsigned record;    /* its number; 0: it undoes one */
	struct gv_oid good; /* its tag; zero with that */
	bool is_whole;      /* all that belongs to the record went back */
	bool is_part;       /* something was left that was to go back */
	/* what of the files went back, as words of rollback_scope.h, and only
	 * the paths that rollback_paths.h has kept; NULL: all */
	const char *scope;
	const struct gv_rollback_state *states; /* by stack */
	size_t n_states;
	/* of one that is a commit on the branch that HEAD was: that branch's
	 * ref (NULL: it is no commit), where it was, and the commit */
	const char *branch;
	struct gv_oid head, commit;
	const char *reason;    /* why, for the audit chain; NULL */
	struct gv_arena arena; /* of one that was loaded */
};

/* Read the note of one that was done here. 0; GV_ENOTFOUND; GV_ECORRUPT;
 * GV_ERROR; GV_ENOMEM. The caller releases. */
int gv_rollback_load(
    struct gv_rollback_note *out, const struct gv_repo *repo, const char *id);

/* NULL-safe, zeroed ok. */
void gv_rollback_note_release(struct gv_rollback_note *note);

struct gv_rollback;

/* Begin: alone in this working tree. 0; GV_ELOCKED; GV_ERROR; GV_ENOMEM. */
int gv_rollback_open(struct gv_rollback **out, struct gv_repo *repo);

/* From here on it is undone if we do not get on; `id` is that of the snapshot
 * of what stands. 0; GV_ERROR. */
int gv_rollback_begin(struct gv_rollback *job, const char *id);

/* The absolute path of its own directory, which is there since
 * gv_rollback_begin(); borrowed. */
const char *gv_rollback_dir(const struct gv_rollback *job);

/* Write its note, durably; the id is set here. 0; GV_ERROR; GV_ENOMEM. */
int
gv_rollback_write(struct gv_rollback *job, const struct gv_rollback_note *note);

/* Whether the rollback under way is the one whose safety snapshot this is. 0; a
 * failure where what says so is damaged. */
int
gv_rollback_is_of(bool *out, const struct gv_repo *repo, const char *safety);

/* All steps are taken of a restore whose safety snapshot this is: if it is that
 * of the rollback under way, its branch moves where it is a commit, and it is
 * not undone any more. Called by the restore while its journal stands. `missed`
 * (NULL: nobody hears it) is appended what git would not do. 0, also
 * where there is none; GV_ELOCKED while git holds the index or the branch;
 * GV_ERROR. */
int gv_rollback_played(
    const struct gv_repo *repo, const char *safety, struct gv_buf *missed);

/* Both functions, for restores in place and their recovery. */
extern const struct gv_restore_after gv_rollback_after;

/* It is done: make a record of it among the known-good ones, signed by an
 * identity of `safe` (NULL: one at hand), whose number *record is (0: none),
 * tell the audit chain, and let go of what it undoes. 0; else why one of both
 * failed: as gv_rollback_record() and gv_audit_tell_done(). It is done all the
 * same; where that may pass, the next command makes the record. Leaves a
 * current directory that is gone for the top of the working tree. */
int gv_rollback_end(struct gv_rollback *job, struct gv_safe *safe, int64_t now,
    unsigned *record);

/* Let go. What was begun and not played is undone at once, unless a journal
 * stands, which the next command finishes. Keeps this thread's message;
 * NULL-safe. */
void gv_rollback_close(struct gv_rollback *job);

/* Finish or undo one that was interrupted: behind gv_restore_recover(), at the
 * start of every command. `sentence` is appended what was done. 0; GV_ELOCKED
 * while one is under way; GV_ERROR. */
int
gv_rollback_recover(struct gv_repo *repo, int64_t now, struct gv_buf *sentence);

/* What was made of it on a branch. */
struct gv_rollback_branch {
	struct gv_oid commit;
	size_t kept; /* files that are as HEAD has them, since the snapshot
			withholds something of them, or the commit has a
			secret in them in clear */
	/* of these, a NUL behind each; the caller's */
	struct gv_buf kept_paths;
	/* other files that are as HEAD has them, since they are not the
	 * environment's */
	size_t apart;
};

/* Make a branch with one commit on top of HEAD. It has the environment's files,
 * or with `own` NULL all files, of the commit that the record is about. A file
 * stays as HEAD has it, or is left out if HEAD does not have it, if the
 * snapshot `rec` stores something of it encrypted, or if it would bring a
 * secret that the policy does not allow. The working tree and the index are not
 * touched. 0; GV_EREFUSED if there is nothing to commit, or the record has no
 * commit or no snapshot; GV_EEXISTS if the branch exists; GV_EUSAGE for an
 * invalid name; GV_ENOTFOUND if the commit is missing; GV_ECORRUPT; GV_ERROR;
 * GV_ENOMEM. */
int gv_rollback_branch(struct gv_rollback_branch *out, struct gv_repo *repo,
    const struct gv_good *good, const struct gv_record *rec,
    struct gv_rollback_env *own, const char *name);

struct gv_restore_change;

/* What a rollback on the current branch is of. */
struct gv_rollback_what {
	const char *env;
	const struct gv_good *good;  /* what is gone back to, */
	const struct gv_record *rec; /* and its snapshot; or NULL, and */
	struct gv_rollback_env *own; /* whose files; NULL: all */
	const struct gv_rollback_note *undone; /* what is taken back */
	const char *reason;                    /* for the audit chain; NULL */
	bool dry_run;
	int64_t now; /* seconds since 1970 */
	/* told of each path that changes; before `safety`, which takes the
	 * snapshot of what stands and sets its id */
	void (*each)(void *ctx, const struct gv_restore_change *c);
	int (*safety)(void *ctx, char id[GV_RECORD_ID_LEN + 1]);
	void *ctx;
};

/* What was made of it. */
struct gv_rollback_commit {
	struct gv_oid commit;     /* zero where that was dry */
	size_t kept;              /* as of a branch */
	struct gv_buf kept_paths; /* the same */
	size_t apart;             /* the same */
	size_t skipped; /* paths that changed meanwhile and are left */
	bool is_moved;  /* the branch has the commit; else it went on meanwhile,
			   and stays */
	bool is_refused; /* or it is where it was, as git would not move it */
	char *untold;    /* why the audit chain was not told; NULL. The
			    caller's */
	char *missed;    /* what of it git would not do, and why; NULL. The
			    caller's */
};

/* The same on the branch that HEAD is, with index and working tree behind it as
 * git's own checkout has them: what is not committed and is not in the way
 * stays. To take one back is a commit more, with the tree that the branch had
 * before. 0; GV_EREFUSED also where HEAD is no branch, a merge or the like is
 * under way, what is not committed would be lost, or commits came since what is
 * to be taken back; GV_ELOCKED; else as gv_rollback_branch(). Until the steps
 * are on disk a failure changes nothing; from then on the next command goes on.
 * What is the caller's in *out is so after a failure, too. */
int gv_rollback_commit(struct gv_rollback_commit *out, struct gv_repo *repo,
    const struct gv_rollback_what *what);

#endif
