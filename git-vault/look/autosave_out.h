#ifndef AUTOSAVE_OUT_H
#define AUTOSAVE_OUT_H
/*
 * The automatic saves of a working tree: the list of list --auto, and what
 * other commands say of them.
 *
 *	r = gv_autosave_out_list(ctx, &(struct gv_autosave_out_opts){
 *	    .limit = -1 });
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

struct gv_ctx;
struct gv_record;

struct gv_autosave_out_opts {
	const char *since, *until; /* or NULL; m is minutes */
	const char *const *paths;  /* pathspecs of git, one of which changed */
	int64_t limit;             /* negative: all */
	bool id_only;
};

/* Print the saves that are asked for, newest first, with what changed in each
 * since the one before, or as JSON where that is wanted. 0; 3 where one is
 * damaged; a failure. */
int gv_autosave_out_list(
    struct gv_ctx *ctx, const struct gv_autosave_out_opts *opts);

/* The age of the newest save, if it was made after a time: true. One that
 * cannot be read does not count, and the message stays. */
bool
gv_autosave_out_age(char age[GV_TIME_MAX], struct gv_ctx *ctx, int64_t time);

/* Print that a save was made a snapshot, for a command that marks snapshots. */
void gv_autosave_out_kept(struct gv_ctx *ctx, const char *id);

/* Print that there is no snapshot yet, and what there is: automatic saves, or
 * ways to get a snapshot. */
void gv_autosave_out_none(struct gv_ctx *ctx);

/* After a sync: print that saves stay on this machine, if one is newer than the
 * latest snapshot. */
void gv_autosave_out_stay(struct gv_ctx *ctx);

/* For a restore from what `text` names, which is `rec`. Of the latest snapshot,
 * print that a save is newer, and how to restore that one. Of a save, print how
 * old it is, and whether the latest snapshot is newer. */
void gv_autosave_out_restore(
    struct gv_ctx *ctx, const char *text, const struct gv_record *rec);

/* Refuse an automatic save, unless it was made a snapshot: GV_EREFUSED, and 0
 * for any other id. `what` ends the sentence "X is an automatic save, …".
 * `behind` is the command to run with the id once it is a snapshot; NULL: none.
 */
int gv_autosave_out_refuse(
    struct gv_ctx *ctx, const char *id, const char *what, const char *behind);

#endif
