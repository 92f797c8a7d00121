#ifndef GV_RESTORE_H
#define GV_RESTORE_H
/*
 * Brings the files of a snapshot back, byte for byte with their metadata: to
 * a new directory, staged beside it and renamed at the end, or into a tree
 * that stands, where only what differs is written, by a journal that the next
 * command finishes if we cannot. A snapshot's tree may come from a hostile
 * remote: names that are not safe are refused one by one, and nothing is ever
 * written through a symbolic link.
 *
 *	struct gv_restore_opts opts = GV_RESTORE_OPTS_INIT;
 *	opts.to = "/srv/recovered";
 *	r = gv_restore_run(&result, repo, &rec, &opts);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/record_id.h"
#include "repo/oid.h"

struct gv_arena;
struct gv_record;
struct gv_repo;
struct gv_digest;
struct gv_safe;
struct gv_sister_move;

/* What becomes of files that are there. */
enum gv_restore_overwrite {
	GV_RESTORE_REFUSE,     /* DIR must be missing or empty */
	GV_RESTORE_IF_CHANGED, /* replaced where time or size differ and the
				  content does */
	GV_RESTORE_ALWAYS,     /* replaced where the content differs, and all
				  of it is compared */
	GV_RESTORE_IF_NEWER,   /* replaced where the snapshot's is newer */
	GV_RESTORE_NEVER,      /* left: only what is missing is made */
};

enum gv_restore_action {
	GV_RESTORE_CREATE,
	GV_RESTORE_CHANGE, /* other content or kind */
	GV_RESTORE_TOUCH,  /* only time, mode, owner or attributes; of a
			      directory not the time alone */
	GV_RESTORE_DELETE,
	GV_RESTORE_EMPTY,  /* a nested repository: an empty directory; `reason`
			      is its commit, NULL for none yet */
	GV_RESTORE_STAYS,  /* a nested repository that is there: untouched */
	GV_RESTORE_ABSENT, /* not in the snapshot; `reason` says why */
	GV_RESTORE_SKIP,   /* not restored; `reason` says why */
	GV_RESTORE_SEALED, /* some of its values were not to be had; `reason`
			      says why where a key would not help */
};

struct gv_restore_change {
	enum gv_restore_action action;
	const char *path;
	size_t len;
	const char *from; /* with `move`: the snapshot's path; else NULL */
	bool is_dir;
	const char *reason; /* or NULL */
	/* of GV_RESTORE_SEALED */
	const char *scope; /* of the values */
	uint64_t values; /* how many; their placeholders stand in the file … */
	bool is_left;    /* … or what is there was left as it is */
	bool is_crossing;       /* more people would read them: those … */
	const char *to_scope;   /* … of this scope, NULL: of the repository */
	const char *new_reader; /* such as this one; NULL: all of them */
};

/* What follows when all files of a restore in place are restored, such as the
 * other steps of a rollback (gv_rollback_after). It is identified by the safety
 * snapshot. */
struct gv_restore_after {
	/* whether something follows this restore. 0 or a failure */
	int (*is_of)(bool *out, const struct gv_repo *repo, const char *safety);
	/* do what follows, if anything; called before the journal is removed.
	 * Appends to `missed` (NULL: not wanted) what could not be done. 0;
	 * GV_ELOCKED; GV_ERROR */
	int (*played)(const struct gv_repo *repo, const char *safety,
	    struct gv_buf *missed);
};

struct gv_restore_opts {
	const char *to; /* a directory; NULL: the working tree, in place */
	enum gv_restore_overwrite overwrite;
	bool delete;       /* remove files that the snapshot does not hold */
	bool index;        /* in place: the index too */
	bool dry_run;      /* only tell */
	bool as_stored;    /* owners, set-id bits and all attributes also of a
			      snapshot that this clone did not take */
	bool no_owner;     /* everything belongs to who restores */
	bool skip_damaged; /* leave out what cannot be read, else fail */
	bool sync;         /* on disk before DIR gets its name */
	int threads;       /* 0: one a processor */
	/* what opens the values that the snapshot withholds; NULL: nothing
	 * does. A file that is not whole then has placeholders in a new place,
	 * and is never put over one that stands, nor into the working tree */
	struct gv_safe *safe;
	const char *reason; /* why, for the audit chain; or NULL */
	bool cross_scope;   /* in place: also those that more people would read
			       there */
	/* told of each value that is revoked; the reason may be NULL. May be
	 * NULL */
	void (*revoked)(void *ctx, const char *scope,
	    const struct gv_digest *id, const char *reason);
	void *revoked_ctx;
	const char *const *pathspecs; /* git's, from the current directory */
	size_t n_pathspecs;
	/* Whether a path is taken, beside the pathspecs: a file or a link, a
	 * directory that nothing is in, a repository inside. Asked of what the
	 * snapshot holds and of what it does not, from one thread; the same
	 * answer for the same path. Other directories are made where something
	 * in them is, and one that stands stays as it is; what is not taken is
	 * never in the way of what is. NULL: all are taken. */
	bool (*takes)(void *ctx, const char *path, size_t len);
	void *takes_ctx;
	/* Whether a path stays as it is, whatever is taken: asked before that,
	 * of the same, and no less in nobody's way. What else stands is as if
	 * all were taken. NULL: none does. */
	bool (*stays)(void *ctx, const char *path, size_t len);
	void *stays_ctx;
	/* Files are put where another environment has them, but for states,
	 * which are one environment's; no `takes` goes with it. NULL: files
	 * stay where they were. */
	const struct gv_sister_move *move;
	/* the revision that the snapshot is without is there already, and what
	 * it has is compared with nothing (restore_base.h) */
	bool has_base;
	bool only_new; /* in place: refused where a file would be replaced */

	/* What is done, or would be, in the order of the paths of one kind;
	 * from one thread. May be NULL. */
	void (*each)(void *ctx, const struct gv_restore_change *c);
	void *each_ctx;

	/* In place, before anything is touched: take a snapshot of what is
	 * there and set its id. Files that it does not hold are never
	 * replaced. If the tree is already `unless`, which may be NULL, none is
	 * taken, and the id is "". NULL only where the caller took one himself
	 * and `safety` names it. */
	int (*take_safety)(void *ctx, char id[GV_RECORD_ID_LEN + 1],
	    const struct gv_oid *unless);
	/* it may be asked before it is known that files are touched, and again:
	 * then the restore looks at what differs alone, where it can */
	bool may_retake;
	/* files are about to be touched, and this snapshot holds them. 0 or a
	 * failure, which stops it. May be NULL */
	int (*begun)(void *ctx, const char *safety);
	void *safety_ctx;
	const struct gv_restore_after *after; /* or NULL */

	/* Of `to`: a restore into it that was interrupted was finished or
	 * undone first, as the sentence says. May be NULL. */
	void (*recovered)(void *ctx, const char *sentence);
	void *recovered_ctx;

	/* A piece of work begins ("" ends it), so much of it is done; the
	 * second may come from any thread. May be NULL. */
	void (*begin)(void *ctx, const char *title, uint64_t total);
	void (*add)(void *ctx, uint64_t count, uint64_t bytes);
	void *progress_ctx;
};

#define GV_RESTORE_OPTS_INIT                                                   \
	{                                                                      \
		.overwrite = GV_RESTORE_REFUSE                                 \
	}

/* Files and links; directories and nested repositories are not counted, but for
 * the directories that are touched. */
struct gv_restore_result {
	uint64_t created, changed, touched, deleted, unchanged;
	uint64_t skipped;               /* what GV_RESTORE_SKIP was said of */
	uint64_t sealed, sealed_values; /* files that a key would make whole,
					   and of how many values */
	uint64_t crossed;  /* files of which more people would read values */
	uint64_t damaged;  /* files whose values are lost: no key helps */
	uint64_t unread;   /* paths that it lacks, since they could not be
			      read when it was taken */
	uint64_t omitted;  /* files that it leaves to Subversion or Mercurial,
			      and that were not restored */
	uint64_t sparse;   /* files that a sparse checkout had left out, and
			      that were not made */
	uint64_t pointers; /* that were written, of git's large-file filters */
	uint64_t tamed;    /* entries of another clone's snapshot that are not
			      given all that it has */
	uint64_t refused;  /* owners or attributes that the system refused */
	uint64_t stays;    /* with `delete`, of no pathspecs: ignored files that
			      it does not hold, and that may have been there */
	char safety[GV_RECORD_ID_LEN + 1]; /* in place; "" if none was taken */
};

/* Copy a change, with its texts in the arena. 0 or GV_ENOMEM. */
int gv_restore_copy(struct gv_restore_change *out,
    const struct gv_restore_change *c, struct gv_arena *arena);

/* Sort what was told by path; what goes is before what comes in its place. */
void gv_restore_sort(struct gv_restore_change *changes, size_t n);

/* Restore. 0, also where some paths were skipped (out->skipped says);
 * GV_EREFUSED where the target is not one that may be written;
 * GV_ENOTFOUND where a pathspec matches nothing; GV_ECORRUPT for damaged
 * objects; GV_ELOCKED where another restore is under way; GV_ECANCELED;
 * GV_ERROR. On failure DIR is as it was. In place, once the journal stands,
 * what failed is finished by gv_restore_recover(). */
int gv_restore_run(struct gv_restore_result *out, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_restore_opts *opts);

/* Go through a snapshot as a restore would, without writing files: compare the
 * manifest with the tree, and with `deep` build every file in memory.
 * fault(ctx, path, len, reason) gets each mismatch. Objects that cannot be read
 * are passed over: see verify/verify.h. */
struct gv_restore_rehearsal {
	bool deep;
	int threads;
	void (*fault)(
	    void *ctx, const char *path, size_t len, const char *reason);
	/* a file that a sparse checkout had not put on disk; or NULL */
	void (*absent)(void *ctx, const struct gv_oid *oid);
	/* a file in chunks, of that size by the manifest; says whether it told
	 * of a fault itself, and what was found here is not told then */
	bool (*chunked)(void *ctx, const char *path, size_t len,
	    const struct gv_oid *pointer, uint64_t size);
	/* set where a pointer of git's large-file filter stands for a file, so
	 * that the size of what is there is not the file's; or NULL */
	bool *has_pointers;
	void *ctx;
	void (*add)(void *ctx, uint64_t count, uint64_t bytes); /* or NULL */
	void *progress_ctx;
};

/* 0, also where there were faults; GV_ECORRUPT or GV_ENOTFOUND where the
 * trees or the manifest cannot be read; GV_ECANCELED; GV_ENOMEM. */
int gv_restore_rehearse(struct gv_repo *repo, const struct gv_record *rec,
    const struct gv_restore_rehearsal *how);

/* A snapshot, or one directory of it, as a tar archive (see format/tar.h) with
 * all that a restore would bring back; opts says which paths (pathspecs) and
 * hears of those left out and of progress; the rest of it does not count. */
struct gv_restore_archive {
	const char *dir;    /* the directory that is the archive's top, as a
			       path from the snapshot's; "" for all */
	const char *prefix; /* put before each name, or NULL */
	bool gzip;
	bool clear; /* with the values that opts->safe opens, else as stored */
	int (*write)(void *ctx, const void *data, size_t len);
	void *ctx;
};

/* Write it. 0, also where some paths were left out (out->skipped says);
 * GV_EREFUSED where `dir` is no directory; GV_ENOTFOUND; GV_ECORRUPT for
 * damaged objects, and what was written is not to be trusted then; the first
 * negative value of how->write. */
int gv_restore_archive(struct gv_restore_result *out, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_restore_opts *opts,
    const struct gv_restore_archive *how);

enum gv_restore_recovery {
	GV_RESTORE_NOTHING,  /* there was none to recover */
	GV_RESTORE_FINISHED, /* an interrupted one was finished */
	GV_RESTORE_UNDONE,   /* one had touched nothing yet: cleaned up */
};

/* Finish or undo a restore in place that was interrupted. Called at the start
 * of every command that reads or writes the working tree; one access(2) where
 * there is nothing. *what is set to which it was; `sentence` (may be NULL)
 * is appended a sentence about it. 0, GV_ELOCKED while a restore is running,
 * GV_ECORRUPT for a damaged journal, GV_ERROR. */
int gv_restore_recover(enum gv_restore_recovery *what, struct gv_repo *repo,
    const struct gv_restore_after *after, struct gv_buf *sentence);

#endif
