#ifndef GV_HISTORY_H
#define GV_HISTORY_H
/*
 * What became of a path over all snapshots: each version of it once, with the
 * snapshots that hold it. Trees decide: of a snapshot no more is read than
 * the trees on the way to the path, and none of them twice.
 *
 *	r = gv_history_load(&h, repo, &(struct gv_history_opts){
 *	    .paths = (const char *[]){ "envs/prod", NULL } });
 *	for (i = 0; i < h.n; i++) … h.versions[i] …
 *	gv_history_release(&h);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/record.h"

struct gv_repo;

#define GV_HISTORY_NONE SIZE_MAX

enum gv_history_change {
	GV_HISTORY_ADDED,
	GV_HISTORY_CHANGED,  /* other content */
	GV_HISTORY_MODE,     /* other mode, the same content */
	GV_HISTORY_TYPE,     /* a file, a link, a directory, a repository */
	GV_HISTORY_METADATA, /* time, owner, attributes, other bits */
	GV_HISTORY_REMOVED,
};

/* Of what. The automatic saves are those of this working tree. */
enum gv_history_of {
	GV_HISTORY_OF_SNAPSHOTS,
	GV_HISTORY_OF_BOTH,
	GV_HISTORY_OF_SAVES,
};

struct gv_history_opts {
	const char *const *paths; /* pathspecs of git, NULL-terminated */
	enum gv_history_of of;
	bool metadata; /* a version is known by its manifest's line
				     too; for one path without magic */
};

/* Snapshots one after the other that hold the same version. */
struct gv_history_run {
	size_t first, last; /* places in `snapshots`: the oldest, the newest */
	size_t n;           /* those between that could not be read not counted
			     */
	size_t before;      /* what to compare the first with: the newest
			       snapshot with what stood before, of a set or a
			       directory if it can be one of all files; or
			       GV_HISTORY_NONE */
	enum gv_history_change change; /* against what stood before */
};

struct gv_history_version {
	bool there;        /* false: the path was gone */
	bool is_set;       /* of several paths, or of a pathspec with magic */
	unsigned mode;     /* of one path: as in a tree */
	struct gv_oid oid; /* of one path */
	uint64_t size;     /* of one file or link: bytes; of a set: files */
	bool has_size;     /* of one file or link: it could be found */
	struct gv_history_run *runs; /* the oldest first; more than one where
					it came back */
	size_t n_runs, cap_runs;
	size_t n; /* how many snapshots hold it */
};

struct gv_history {
	struct gv_records snapshots;         /* the newest first */
	struct gv_history_version *versions; /* by their newest snapshot */
	size_t n, cap;
	struct gv_buf damaged; /* sentences of snapshots that were left out */
};

/* Load it. 0; GV_ENOTFOUND where no snapshot ever held the path (the nearest
 * name of the newest one is said) or where there is no snapshot; GV_EUSAGE
 * for a path outside the working tree; GV_ERROR with git's words for a bad
 * pathspec. What is damaged is left out and named in out->damaged. The caller
 * releases *out. */
int gv_history_load(struct gv_history *out, struct gv_repo *repo,
    const struct gv_history_opts *opts);

/* The same walk for another question: changed[i] is set where snapshot i of
 * `snapshots` differs at the path from the one before it, or is the oldest
 * and holds it. `changed` has room for all. */
int gv_history_mark(bool *changed, struct gv_repo *repo,
    const struct gv_records *snapshots, const char *const *paths,
    struct gv_buf *damaged);

/* Whether the i-th snapshot was deleted since it was loaded: what then cannot
 * be read of it is no damage. */
bool
gv_history_is_lost(const struct gv_history *h, struct gv_repo *repo, size_t i);

/* Free; NULL-safe, zeroed struct ok. */
void gv_history_release(struct gv_history *h);

#endif
