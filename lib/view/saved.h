#ifndef GV_SAVED_H
#define GV_SAVED_H
/*
 * What automatic saves of this working tree have: the newest one that holds a
 * path, and what changed from one save to the next.
 *
 *	r = gv_saved_find(&rec, repo, (const char *[]){ "src/vat.js", NULL });
 *	r = gv_saved_compare(&changes, repo, &rec, &before);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct gv_buf;
struct gv_record;
struct gv_repo;

/* Find the newest save that holds something of what pathspecs match (NULL at
 * the end). 1 with *out set, which the caller releases; 0 where none does; a
 * failure. What is damaged is passed over. */
int gv_saved_find(
    struct gv_record *out, struct gv_repo *repo, const char *const *pathspecs);

/* For what a snapshot lacks: add to the message of the failure which save has
 * it, and the command that restores it, `how` being "--in-place" or "--to DIR".
 * With NULL, for what all snapshots lack: say so, and the command that shows
 * its history. `code`, with the message unchanged where no save has it or none
 * can be read. */
int gv_saved_offer(int code, struct gv_repo *repo, const char *const *pathspecs,
    const char *how);

struct gv_saved_change {
	const char *path;
	char what; /* A, M or D: added, modified, deleted */
};

struct gv_saved_changes {
	struct gv_saved_change *items; /* by path */
	size_t n, cap;
	/* private */
	struct gv_arena arena;
};

/* Compare the files of a save with those of the one before. 0; GV_ECORRUPT or
 * GV_ENOTFOUND where a tree cannot be read; GV_ENOMEM. To be released in any
 * case. */
int gv_saved_compare(struct gv_saved_changes *out, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_record *before);

void gv_saved_changes_release(struct gv_saved_changes *changes);

#endif
