#ifndef GV_SCRATCH_H
#define GV_SCRATCH_H
/*
 * A folder for objects that are not to be the repository's: as git's own
 * quarantine of a push, what comes in or is made for the moment lies in it, and
 * the repository's objects are its alternate.
 *
 *	r = gv_scratch_open(&scratch, repo, GV_SCRATCH_BESIDE);
 *	r = gv_scratch_enter(&scratch, &over);
 *	… what is written to `over` goes with it …
 *	gv_scratch_close(&scratch);
 */

#include <stdbool.h>

#include "base/buf.h"
#include "repo/repo.h"

struct gv_proc;

struct gv_scratch {
	struct gv_repo *repo;
	struct gv_buf dir, objects; /* objects: a folder in it */
	int hold;                   /* while it is open the folder is ours */
	/* private: between enter and leave */
	struct gv_repo over;
	char *before; /* the variable of git's, if it was set */
	bool is_guarded;
};

#define GV_SCRATCH_INIT                                                        \
	{                                                                      \
		.dir = GV_BUF_INIT, .objects = GV_BUF_INIT, .hold = -1         \
	}

enum gv_scratch_place {
	GV_SCRATCH_BESIDE,   /* $GIT_DIR/vault */
	GV_SCRATCH_ANYWHERE, /* or, where that cannot be written, $TMPDIR */
	GV_SCRATCH_OBJECTS,  /* the folder of objects, from which files can be
				renamed into it; git prune knows the name */
};

/* Make the folder, which nobody else may enter. Sweep what kills have left of
 * others there. 0; GV_ELOCKED if git prune takes it away again and again;
 * another failure; to be closed whatever comes. */
int gv_scratch_open(
    struct gv_scratch *out, struct gv_repo *repo, enum gv_scratch_place where);

/* Whether nobody has taken it away: git prune does, among the objects, whether
 * it is in use or not. A git that ran in it found no object then. */
bool gv_scratch_is_whole(const struct gv_scratch *s);

/* Append the paths of those that kills have left among the objects, each with a
 * NUL behind it. 0; GV_ENOMEM. */
int gv_scratch_left(struct gv_buf *out, const struct gv_repo *repo);

/* Have new objects go to the folder: those of *over, which is the repository as
 * seen with them and the scratch's own, and those of each git that is run from
 * here on. 0; GV_ENOMEM. */
int gv_scratch_enter(struct gv_scratch *s, struct gv_repo **over);

/* Until it is left no git moves a ref, as in a push's quarantine: one that
 * keeps what a diff driver gave would have it lead to an object that goes. Nor
 * do we store anything. 0; GV_ENOMEM. */
int gv_scratch_guard(struct gv_scratch *s);

/* Between the two, git runs as if the folder were not entered, so that refs of
 * the repository can move; *over can still be read. 0; GV_ENOMEM. */
void gv_scratch_pause(struct gv_scratch *s);
int gv_scratch_resume(struct gv_scratch *s);

/* They go where they went before; what is in the folder is there yet. */
void gv_scratch_leave(struct gv_scratch *s);

/* Leave it, free, and take the folder away; GV_SCRATCH_INIT ok. */
void gv_scratch_close(struct gv_scratch *s);

/* Run a git that sees the repository's objects and writes new ones to the
 * folder. 0 whatever its status. */
int gv_scratch_git(struct gv_proc *p, const struct gv_scratch *s,
    const char *const *argv, const struct gv_buf *in);

#endif
