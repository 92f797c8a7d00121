#ifndef GV_SNAPSHOT_H
#define GV_SNAPSHOT_H
/*
 * Takes a snapshot: census, new blobs, trees, manifest, origin, commit, one
 * pack, one ref. Nothing of it is visible before the ref, and the user's
 * files, index, refs and stash are only read.
 *
 *	struct gv_snapshot_opts opts = { .message = "before the upgrade" };
 *	struct gv_snapshot snap;
 *	r = gv_snapshot_take(&snap, repo, &opts);
 *	gv_snapshot_release(&snap);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/oid.h"
#include "vault/inner.h"
#include "vault/record.h"

struct gv_repo;
struct gv_index;
struct gv_odb;

/* A file that was read whole; and whether its blob is new to the repository. */
struct gv_snapshot_whole {
	const char *path;
	const void *p;
	size_t len;
	const struct gv_oid *blob;
	bool is_new;
};

/* Trees of what is staged, and of what was known before: NULL for what there is
 * not. */
struct gv_snapshot_staged {
	struct gv_odb *odb;
	const struct gv_oid *head, *staged;
	const struct gv_oid *old_tree, *old_staged; /* of the last snapshot */
};

/* Somebody who sees the bytes of all files that are read, in the one pass in
 * which they are read. Nothing that happens to him stops a snapshot. */
struct gv_snapshot_watch {
	/* files are going to be read, once or from the beginning: whether he
	 * wants to see them */
	bool (*ready)(void *ctx, struct gv_repo *repo);
	/* one thread's, or NULL; close() ends it */
	void *(*open)(void *ctx);
	void (*close)(void *thread);
	void (*whole)(void *thread, const struct gv_snapshot_whole *file);
	/* one that is large: it is begun, or begun anew; pieces; some are left
	 * out (holes); that was all of it. The path stays until the end. */
	void (*begin)(void *thread, const char *path);
	void (*add)(void *thread, const void *p, size_t len);
	void (*skip)(void *thread);
	void (*end)(void *thread, const struct gv_oid *blob, bool is_new);
	/* all were read, and what is staged now differs from HEAD and from what
	 * was staged last time; at most once, before done() */
	void (*staged)(void *ctx, const struct gv_snapshot_staged *what);
	/* all were read; beside other work, and maybe twice */
	void (*done)(void *ctx);
};

struct gv_snapshot_opts {
	const char *message; /* subject and body; NULL: one is made */
	const char *trigger; /* NULL: "manual" */
	const char *const *tags;
	size_t n_tags;
	const char *const *only; /* Git pathspecs; none: everything */
	size_t n_only;
	bool force;   /* also where nothing changed */
	bool dry_run; /* look only: no object, no ref, no cache */
	bool recurse; /* first take one of each repository inside, and link
			 it; not in a dry run */
	int threads;  /* 0: one a processor */
	int lock_ms;  /* how long to wait for another of us */
	const struct gv_snapshot_watch *watch; /* NULL: nobody does */
	void *watch_ctx;
	/* told of what goes on; any may be NULL */
	void (*on_begin)(void *ctx, const char *title, uint64_t total);
	void (*on_add)(void *ctx, uint64_t count, uint64_t bytes);
	void *ctx;
};

enum gv_snapshot_trouble {
	GV_SNAPSHOT_UNREADABLE, /* not stored, for want of permission or I/O */
	GV_SNAPSHOT_VANISHED,   /* went while we looked; not stored */
	GV_SNAPSHOT_UNSTABLE,   /* kept changing: stored as read last */
	GV_SNAPSHOT_SPECIAL,    /* socket, FIFO or device: only noted */
	GV_SNAPSHOT_REPO,       /* nested repository: only its commit */
};

struct gv_snapshot_note {
	enum gv_snapshot_trouble what;
	char *path;
	const char *reason; /* static */
};

/* One path of a dry run: what would be stored and by which rule. */
struct gv_snapshot_entry {
	char *path;
	uint64_t size;
	char status;     /* 'A' new, 'M' to be read */
	const char *why; /* "tracked", "untracked", "precious" */
};

struct gv_snapshot {
	char id[GV_RECORD_ID_LEN + 1]; /* "" in a dry run */
	struct gv_oid commit;
	bool created; /* false: nothing changed, `id` is the last one's */
	uint64_t files, bytes, secrets;
	uint64_t stored_files; /* files whose bytes were new */
	uint64_t objects, pack_bytes;
	struct gv_snapshot_note *notes;
	size_t n_notes, cap_notes;
	struct gv_inner *nested; /* with `recurse`: what came of each */
	size_t n_nested, cap_nested;
	struct gv_snapshot_entry *entries; /* of a dry run */
	size_t n_entries, cap_entries;
};

/* What every writer of the vault holds while it works: the lock of this working
 * tree, waited for `wait_ms` milliseconds (0: half a minute). 0 with *lock set,
 * to be let go of by gv_lock_close(); GV_ELOCKED; GV_EREFUSED inside a push's
 * quarantine; GV_ERROR. *lock is -1 on failure. */
int gv_snapshot_lock(int *lock, struct gv_repo *repo, int wait_ms);

/* Forget what the last snapshot of each working tree was, so that the next ones
 * look at every file and stand on nothing that may be lost. */
void gv_snapshot_forget(const struct gv_repo *repo);

/* Take one. 0 also where some files could not be stored (see `notes`), or
 * repositories inside could not be kept (see `nested`); the command then exits
 * with 3. GV_ELOCKED where another of us works; GV_EREFUSED
 * inside a push's quarantine; GV_ECANCELED; GV_ERROR. On failure nothing is
 * left behind. The caller releases *out. */
int gv_snapshot_take(struct gv_snapshot *out, struct gv_repo *repo,
    const struct gv_snapshot_opts *opts);

void gv_snapshot_release(struct gv_snapshot *snap);

/* The tree of the working tree as it is now, as tree/ of a snapshot would be,
 * with its new objects written (unreachable: git's gc removes them in time).
 * `chunked` is a manifest of its files in chunks alone, zero where there are
 * none. For comparing; takes no snapshot. 0 or a failure as above. */
int gv_snapshot_work_tree(
    struct gv_oid *tree, struct gv_oid *chunked, struct gv_repo *repo);

/* Append the paths of those directories of the working tree that a snapshot
 * would hold and in which there is nothing but such directories: each with a
 * '/' and a NUL behind it, what is below before what is above. 0 or a failure
 * as above. */
int gv_snapshot_empty_dirs(struct gv_buf *out, struct gv_repo *repo);

#endif
