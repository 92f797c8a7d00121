#ifndef GV_UNDO_H
#define GV_UNDO_H
/*
 * The last restore, rollback, prune or deletion of this clone, so that `undo`
 * can reverse it: which it was, and which command reverses it. One file in
 * .git/vault, which no fetch, push or mirror reaches. It is written before the
 * change, so that a kill in between cannot leave an older one as the last.
 *
 *	r = gv_undo_save(repo, &(struct gv_undo){ .what = GV_UNDO_RESTORE,
 *	    .time = now, .id = safety, .words = words, .n = n });
 *	…
 *	r = gv_undo_load(&last, repo);
 *	gv_undo_plan(&plan, r == 0 ? &last : NULL, &facts);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct gv_repo;

enum gv_undo_what {
	GV_UNDO_RESTORE,
	GV_UNDO_ROLLBACK,
	GV_UNDO_DELETE,
	GV_UNDO_PRUNE,
	GV_UNDO_UNDELETE,
	GV_UNDO_N
};

/* Texts of one that was loaded are in its arena. */
struct gv_undo {
	enum gv_undo_what what;
	int64_t time;
	const char *id; /* of a restore or rollback: its safety snapshot, … */
	const char *tree; /* … in which working tree that was: "main", or the
			     name that git gave to a linked one, … */
	const char *dir;  /* … where that was then, … */
	const char *prefix; /* … and from which of its directories, as
			       gv_repo.prefix: paths are relative to it */
	/* of a restore: options and pathspecs of the one that reverses it; of
	 * a deletion: the ids of the snapshots */
	const char *const *words;
	size_t n;
	struct gv_arena arena;
};

/* "restore", "delete", …; static. */
const char *gv_undo_name(enum gv_undo_what what);

/* The name of the repository's working tree, as in gv_undo.tree. */
const char *gv_undo_tree(const struct gv_repo *repo);

/* Remember this as the last one. If it has an id, `tree`, `dir` and `prefix`
 * are set to the repository's. 0 or a failure; then the one before is still
 * remembered. */
int gv_undo_save(struct gv_repo *repo, const struct gv_undo *u);

/* Load it. 0; GV_ENOTFOUND without a message where there is none; GV_ECORRUPT;
 * GV_ENOMEM, GV_ERROR. Release it. */
int gv_undo_load(struct gv_undo *out, const struct gv_repo *repo);

/* The same of the bytes of the file. */
int gv_undo_parse(struct gv_undo *out, const char *text, size_t len);

/* Append the bytes of the file. */
void gv_undo_format(struct gv_buf *out, const struct gv_undo *u);

/* Free; zeroed ok. */
void gv_undo_release(struct gv_undo *u);

/* ---- which command reverses it ------------------------------------------- */

enum gv_undo_verdict {
	GV_UNDO_POSSIBLE,
	GV_UNDO_NONE,      /* there is nothing to reverse */
	GV_UNDO_ELSEWHERE, /* it was done in another working tree */
	GV_UNDO_GONE,      /* what it would need is not here any more */
	GV_UNDO_ALREADY,   /* it is reversed already */
};

/* How things are now. */
struct gv_undo_facts {
	const char *tree; /* this working tree: gv_undo_tree() */
	bool has_safety;  /* the safety snapshot is here */
	/* of each snapshot of a deletion: where it is */
	const enum gv_undo_place {
		GV_UNDO_LIVE,
		GV_UNDO_TRASH,
		GV_UNDO_LOST
	} * places;
};

/* The arguments of git vault that reverse it, NULL-terminated. */
struct gv_undo_plan {
	enum gv_undo_verdict verdict;
	const char **argv; /* free() it; its texts are those of gv_undo */
	size_t n;
	size_t n_lost; /* snapshots that do not come back */
};

/* Decide; pure. `u` NULL: nothing is remembered. 0 or GV_ENOMEM. */
int gv_undo_plan(struct gv_undo_plan *out, const struct gv_undo *u,
    const struct gv_undo_facts *facts);

#endif
