#ifndef GV_ROLLBACK_FOLLOW_H
#define GV_ROLLBACK_FOLLOW_H
/*
 * The working tree behind a commit that a rollback makes on the current branch:
 * as a checkout of git would do it, with its filters and its refusals, but
 * staged and written down as steps of a restore's journal first, so that it can
 * be finished by whoever comes next. The index and the branch are for
 * rollback_move.c.
 *
 *	r = gv_rollback_follow_open(&follow, &code);
 *	r = gv_rollback_follow_stage(&follow, &place);
 *	r = gv_rollback_follow_steps(&follow, &journal, &place);
 *	gv_rollback_follow_close(&follow);
 */

#include "base/arena.h"
#include "base/map.h"
#include "restore/restore_internal.h"

struct gv_rollback_code;

/* A path that the commit changes. */
struct gv_rollback_change {
	enum gv_restore_action action; /* create, change or delete */
	const char *path;
	size_t len;
	const char *was, *is; /* "MODE ID" in HEAD and in the commit */
	bool is_ours;         /* the index has it as HEAD has, so the working
				 tree follows */
	bool is_staged;
	struct gv_restore_old old;
};

struct gv_rollback_follow {
	struct gv_rollback_code *code;
	struct gv_rollback_change *changes; /* by path, as git sorts them */
	size_t n, cap;
	/* private */
	struct gv_arena arena;
	struct gv_map emptied; /* directories that files go from, */
	struct gv_map made;    /* and that have their step */
	struct gv_restore_journal *journal;
	int root; /* descriptor of the working tree, the place's */
};

/* Find what the commit's tree changes, and what stands there, and have git say
 * whether a checkout would lose anything: all that is not committed and in the
 * way. 0; GV_EREFUSED with git's words where it would; GV_ELOCKED where git is
 * at work; GV_ERROR; GV_ENOMEM. Closed by the caller in any case. */
int gv_rollback_follow_open(
    struct gv_rollback_follow *follow, struct gv_rollback_code *code);

/* Have git write the new files into the staging of this place, as it would into
 * the working tree. 0; GV_ERROR; GV_ENOMEM. */
int gv_rollback_follow_stage(
    struct gv_rollback_follow *follow, const struct gv_restore_place *place);

/* Append the steps that put them in place, and remove what is to go with the
 * directories that this empties. 0; GV_ENOMEM. */
int gv_rollback_follow_steps(struct gv_rollback_follow *follow,
    struct gv_restore_journal *journal, const struct gv_restore_place *place);

/* The commit, in hex, that a change has a submodule at; NULL: it is of a file,
 * or deletes one. */
const char *gv_rollback_follow_repo(const struct gv_rollback_change *change);

/* Zeroed ok. */
void gv_rollback_follow_close(struct gv_rollback_follow *follow);

#endif
