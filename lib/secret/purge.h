#ifndef GV_PURGE_H
#define GV_PURGE_H
/*
 * Takes values out of snapshots that hold them in clear: from before they were
 * known to be secret, or from a time when nothing was withheld. Such a snapshot
 * is written again, with its id, its times and its parents, and a placeholder
 * where the value stood, which is sealed as one of any snapshot is. What of the
 * repository is not ours to change is named. The user's own history is not
 * touched: git filter-repo is for that.
 *
 *	const struct gv_purge_opts opts = { .needles = needles, … };
 *	r = gv_purge_run(&result, repo, &opts);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"
#include "repo/oid.h"

struct gv_needles;
struct gv_repo;
struct gv_safe;

#define GV_PURGE_RULE "purged" /* what placeholders name */

enum gv_purge_kind {
	GV_PURGE_REWRITTEN, /* a place of a snapshot: it is sealed now */
	GV_PURGE_REMOVED,   /* a file of a snapshot: it is not there now */
	GV_PURGE_FORGOTTEN, /* a sealed value of a snapshot: it has no value */
	GV_PURGE_TRASH,     /* a snapshot in the trash with it: it is dropped */
	GV_PURGE_LEFT,      /* a place of a snapshot that could not be */
	GV_PURGE_HISTORY,   /* a blob of the user's own history */
	GV_PURGE_STAGED,    /* of the index */
	GV_PURGE_PARENTS,   /* of history that a snapshot alone keeps alive */
	GV_PURGE_REMOTE,    /* of what a fetch brought: refs/vault-remote/ */
	GV_PURGE_OTHERS,    /* of another vault ref */
};

struct gv_purge_note {
	enum gv_purge_kind kind;
	const char *snapshot;        /* its id, or NULL */
	const struct gv_oid *commit; /* of GV_PURGE_REMOVED: as it was */
	const char *path;            /* or NULL */
	const char *where;           /* "tree", "index" or "meta"; or NULL */
	const char *why;             /* of what is left: or NULL */
	struct gv_oid object;        /* the blob */
	size_t places;               /* how many of the path */
	bool is_save;                /* the id is that of an automatic save */
};

struct gv_purge_opts {
	struct gv_safe *safe;             /* to name and seal by */
	const struct gv_needles *needles; /* what must not be in clear; NULL */
	/* ids of sealed values that snapshots must not refer to any more */
	const struct gv_digest *forget;
	size_t n_forget;
	/* the files that Git was not to have, of snapshots that have them in
	 * clear */
	bool precious;
	/* instead of all that: files and folders that no snapshot is to have,
	 * from the top of the working tree */
	const char *const *paths;
	size_t n_paths;
	/* what is taken out is not sealed but gone: the placeholder is all
	 * that the file has from then on */
	bool no_seal;
	bool dry_run;
	int64_t now;
	/* Shown before any ref moves, the objects that hold it, in no order:
	 * copies elsewhere may have them. A second call has more of them. A
	 * failure ends the run, and nothing is changed. NULL: nobody looks. */
	int (*going)(void *ctx, const struct gv_oid *oids, size_t n);
	void (*told)(void *ctx, const struct gv_purge_note *note);
	void *ctx;
};

struct gv_purge_result {
	uint64_t objects;   /* that were searched */
	uint64_t snapshots; /* looked at */
	uint64_t rewritten; /* of them, or would be */
	uint64_t saves;     /* automatic ones that were rewritten */
	uint64_t places;    /* in them that were in clear */
	uint64_t forgotten; /* lines that are gone */
	uint64_t sealed; /* … of files: their values are in the scopes yet */
	uint64_t left;   /* what was told as left, of any kind */
	/* objects with it that nothing but what was rewritten needs: they go
	 * when git drops what nothing reaches */
	uint64_t unreachable;
};

/* Do it, all snapshots or none. 0, also where something is left; GV_ELOCKED
 * where another of us works here, or changed a snapshot meanwhile; GV_EREFUSED;
 * GV_ECORRUPT for a snapshot that cannot be read; GV_ENOMEM; GV_ERROR. */
int gv_purge_run(struct gv_purge_result *out, struct gv_repo *repo,
    const struct gv_purge_opts *opts);

#endif
